FROM base
RUN --mount=target=/mnt/all find /mnt/all | sort > /out
#: whole
