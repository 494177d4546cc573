FROM scratch
COPY links/current/Lib.cs /x/
#: expect app/lib/Lib.cs links/current
