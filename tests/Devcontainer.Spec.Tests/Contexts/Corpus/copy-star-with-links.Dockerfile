FROM scratch
COPY links/c* links/f* /x/
#: expect app/lib/Lib.cs app/lib/notes.md links/current links/file package.json
