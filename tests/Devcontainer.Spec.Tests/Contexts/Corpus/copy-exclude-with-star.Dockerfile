FROM scratch
COPY --exclude=deep do* /x/
#: expect docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt
