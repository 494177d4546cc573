FROM scratch
ADD data.tar.gz /x/
#: expect data.tar.gz
