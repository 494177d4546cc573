# escape=`
FROM scratch
COPY `
  docs/a.md `
  /x/
#: expect docs/a.md
