FROM scratch
COPY --exclude=vendor --exclude=links --exclude=.* . /src
#: expect README.md [brackets]/x.txt app/.hidden app/Program.cs app/app.csproj app/bin/skip.dll app/blank app/empty/ app/lib/Lib.cs app/lib/notes.md data.tar.gz docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt global.json package-lock.json package.json scripts/data.txt scripts/run.sh scripts/setup.sh with space/file one.txt ünïcode.txt
