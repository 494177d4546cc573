FROM scratch
COPY package.json /
#: expect package.json
