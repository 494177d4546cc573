FROM scratch
COPY vendor /x/
#: ignore vendor/**
#: ignore !vendor/*/package.json
#: expect vendor/pkg1/package.json vendor/pkg2/package.json
