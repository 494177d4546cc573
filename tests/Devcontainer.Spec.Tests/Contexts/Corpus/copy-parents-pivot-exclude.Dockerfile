FROM scratch
COPY --parents --exclude=deep/d.txt docs/./deep /x/
#: expect docs/deep/c.md
