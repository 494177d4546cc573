FROM scratch
COPY docs app /x/
#: ignore *
#: ignore !docs
#: ignore docs/deep
#: ignore !app/*.csproj
#: expect app/app.csproj docs/a.md docs/b.md
