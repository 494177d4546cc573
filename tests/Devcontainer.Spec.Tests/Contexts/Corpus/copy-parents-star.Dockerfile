FROM scratch
COPY --parents vendor/*/package.json /x/
#: expect vendor/pkg1/package.json vendor/pkg2/package.json
