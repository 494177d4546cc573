FROM scratch
ARG TARGETARCH
ARG TARGETOS
COPY docs/${TARGETARCH:+a}.md docs/${TARGETOS#linu}y.md* /x/
#: expect docs/a.md
