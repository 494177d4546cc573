FROM scratch
ENV DIR=docs SUB=deep
ENV BOTH=$DIR/$SUB
COPY $BOTH/c.md /x/
#: expect docs/deep/c.md
