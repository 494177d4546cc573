FROM scratch
COPY --exclude=** --exclude=!lib/*.cs app /src
#: expect app/lib/Lib.cs
