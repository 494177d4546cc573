FROM scratch
COPY --parents --exclude=docs/deep docs /x/
#: expect docs/a.md docs/b.md
