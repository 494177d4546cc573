ARG ROOT=docs
FROM scratch
ARG ROOT
ARG FILE=a
COPY ${ROOT}/${FILE}.md /x/
#: expect docs/a.md
