FROM scratch
COPY --parents app/lib/Lib.cs docs/deep /x/
#: expect app/lib/Lib.cs docs/deep/c.md docs/deep/d.txt
