FROM scratch
COPY app /src
#: expect app/.hidden app/Program.cs app/app.csproj app/bin/skip.dll app/blank app/empty/ app/lib/Lib.cs app/lib/notes.md
