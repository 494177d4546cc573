FROM scratch
COPY links /x
#: expect links/again links/current links/file links/out
