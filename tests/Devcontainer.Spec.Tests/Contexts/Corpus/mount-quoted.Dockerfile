FROM base
RUN --mount=type=bind,"source=with space",target=/mnt cat /mnt/* > /out
#: expect with space/file one.txt
