FROM scratch
COPY ../../package.json /x/
#: expect package.json
