FROM scratch
COPY docs/ /docs/
#: expect docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt
