FROM scratch AS parent
ONBUILD COPY docs/a.md /x/
ONBUILD ADD README.md /y/
FROM parent AS child
COPY docs/b.md /z/
FROM child
#: expect README.md docs/a.md docs/b.md
