FROM scratch
ADD *.tar.gz scripts/data.txt /x/
#: expect data.tar.gz scripts/data.txt
