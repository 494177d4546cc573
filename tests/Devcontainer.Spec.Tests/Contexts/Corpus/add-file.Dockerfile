FROM scratch
ADD README.md /x/
#: expect README.md
