FROM scratch
COPY docs/b.md /z/
ONBUILD COPY . /x/
#: expect docs/b.md
