FROM scratch
COPY --parents vendor/./pkg1/src/p.c /x/
#: expect vendor/pkg1/src/p.c
