FROM scratch
ARG FILE=a
COPY docs/$FILE.md /x/
#: argument FILE=b
#: expect docs/b.md
