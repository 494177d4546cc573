FROM scratch
COPY --parents ./vendor/./*/src /x/
#: expect vendor/pkg1/src/p.c vendor/pkg2/src/q.c
