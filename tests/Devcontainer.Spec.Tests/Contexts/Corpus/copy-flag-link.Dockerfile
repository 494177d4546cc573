FROM scratch
COPY --link docs/a.md /x/
COPY --link --chmod=0600 --chown=1:2 docs/b.md /y/
#: expect docs/a.md docs/b.md
