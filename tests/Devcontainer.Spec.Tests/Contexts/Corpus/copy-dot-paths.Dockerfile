FROM scratch
COPY ./app/../docs/./a.md ./README.md /x/
#: expect README.md docs/a.md
