FROM scratch
COPY links/again/Lib.cs /x/
#: expect app/lib/Lib.cs links/again links/current
