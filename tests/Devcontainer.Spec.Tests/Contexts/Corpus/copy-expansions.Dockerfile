FROM scratch
ARG NAME=docs/a.md.bak
ARG VERSION=v1
COPY ${NAME%.bak} ${GONE:-docs/b.md} ${VERSION:+README.md} docs/deep/${GONE:-c}.md /x/
#: expect README.md docs/a.md docs/b.md docs/deep/c.md
