FROM scratch
COPY docs/a.md /x/
FROM scratch
COPY app /x/
FROM scratch
COPY --from=0 /x /y
#: expect docs/a.md
