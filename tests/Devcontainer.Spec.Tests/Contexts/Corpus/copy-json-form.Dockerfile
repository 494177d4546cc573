FROM scratch
COPY ["with space/file one.txt", "README.md", "/x/"]
#: expect README.md with space/file one.txt
