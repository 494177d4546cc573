FROM scratch AS files
COPY docs/a.md vendor/pkg1/package.json /
FROM base
RUN --mount=from=files,target=/mnt --mount=type=cache,target=/cache --mount=type=tmpfs,target=/scratch cat /mnt/* > /out
#: expect docs/a.md vendor/pkg1/package.json
