FROM scratch
COPY <<hello.txt README.md /x/
hello $HOME
hello.txt
#: expect README.md
