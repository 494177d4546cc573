FROM base AS build
WORKDIR /src
COPY global.json .
COPY app/*.csproj app/
RUN cat global.json app/app.csproj > restored
COPY app/ app/
RUN cat app/lib/*.cs > built
FROM base
COPY --from=build /src/built /app/
#: ignore **/bin
#: expect app/.hidden app/Program.cs app/app.csproj app/blank app/empty/ app/lib/Lib.cs app/lib/notes.md global.json
