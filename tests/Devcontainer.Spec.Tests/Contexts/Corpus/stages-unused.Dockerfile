FROM scratch AS unused
COPY vendor /v
FROM scratch AS built
COPY docs/a.md /x/
FROM scratch
COPY --from=built /x /y
COPY docs/b.md /z/
#: expect docs/a.md docs/b.md
