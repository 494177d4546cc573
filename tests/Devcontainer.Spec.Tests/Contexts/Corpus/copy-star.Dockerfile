FROM scratch
COPY *.json /x/
#: expect global.json package-lock.json package.json
