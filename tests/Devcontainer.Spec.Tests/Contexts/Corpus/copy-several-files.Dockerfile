FROM scratch
COPY package.json package-lock.json global.json /src/
#: expect global.json package-lock.json package.json
