FROM scratch
COPY docs/*.md /x/
#: expect docs/a.md docs/b.md
