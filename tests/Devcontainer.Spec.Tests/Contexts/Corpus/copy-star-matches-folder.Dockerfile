FROM scratch
COPY doc* /x/
#: expect docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt
