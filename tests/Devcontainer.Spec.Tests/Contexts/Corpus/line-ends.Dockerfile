FROM scratch
COPY docs/a.md \
  docs/b.md /x/
#: expect docs/a.md docs/b.md
