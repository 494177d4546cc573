ARG KIND=small
FROM scratch AS small
COPY docs/a.md /x/
FROM scratch AS big
COPY vendor /x/
FROM ${KIND}
#: argument KIND=big
#: expect vendor/pkg1/package.json vendor/pkg1/src/p.c vendor/pkg2/package.json vendor/pkg2/src/q.c
