FROM scratch
COPY "README.md" 'package.json' with?space/* /x/
#: expect README.md package.json with space/file one.txt
