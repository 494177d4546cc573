FROM scratch
COPY package.json none*.json /x/
#: expect package.json
