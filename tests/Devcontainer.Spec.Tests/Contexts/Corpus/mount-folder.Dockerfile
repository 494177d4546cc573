FROM base
RUN --mount=source=docs,target=/mnt/docs find /mnt/docs -type f | sort > /out && cat /mnt/docs/deep/* >> /out
#: expect docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt
