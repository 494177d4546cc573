FROM scratch
COPY --exclude=bin --exclude=**/*.md app /src
#: expect app/.hidden app/Program.cs app/app.csproj app/blank app/empty/ app/lib/Lib.cs
