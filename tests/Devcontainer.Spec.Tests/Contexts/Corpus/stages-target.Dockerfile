FROM scratch AS one
COPY docs/a.md /x/
FROM one AS two
COPY docs/b.md /x/
FROM two AS three
COPY . /all
#: target two
#: expect docs/a.md docs/b.md
