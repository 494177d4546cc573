FROM scratch
COPY docs/[a].md docs/[^a].md /x/
#: expect docs/a.md docs/b.md
