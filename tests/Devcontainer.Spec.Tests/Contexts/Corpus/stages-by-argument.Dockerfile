ARG KIND=small
FROM scratch AS small
COPY docs/a.md /x/
FROM scratch AS big
COPY . /x/
FROM ${KIND} AS chosen
COPY docs/b.md /y/
#: expect docs/a.md docs/b.md
