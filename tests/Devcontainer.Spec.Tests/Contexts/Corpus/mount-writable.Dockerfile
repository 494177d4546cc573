FROM base
RUN --mount=type=bind,src=docs,dst=/mnt/docs,rw echo x > /mnt/docs/new && ls /mnt/docs > /out
#: expect docs/a.md docs/b.md docs/deep/c.md docs/deep/d.txt
