FROM base
RUN --mount=source=links/current,target=/mnt/current cat /mnt/current/Lib.cs > /out
#: expect app/lib/Lib.cs app/lib/notes.md links/current
