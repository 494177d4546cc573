FROM scratch
COPY --parents **/package.json **/*.csproj /x/
#: expect app/app.csproj package.json vendor/pkg1/package.json vendor/pkg2/package.json
