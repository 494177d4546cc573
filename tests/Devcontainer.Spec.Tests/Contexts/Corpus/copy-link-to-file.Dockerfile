FROM scratch
COPY links/file /x/
#: expect links/file package.json
