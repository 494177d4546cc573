FROM scratch
COPY links/current /x
#: expect app/lib/Lib.cs app/lib/notes.md links/current
