FROM scratch
COPY ünïcode.txt /x/
#: expect ünïcode.txt
