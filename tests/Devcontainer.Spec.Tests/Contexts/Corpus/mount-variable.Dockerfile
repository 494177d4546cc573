FROM base
ARG WHERE=docs/deep
RUN --mount=source=${WHERE},target=/mnt/$WHERE cat /mnt/docs/deep/c.md > /out
#: expect docs/deep/c.md docs/deep/d.txt
