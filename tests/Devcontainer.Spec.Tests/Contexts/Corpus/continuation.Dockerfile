FROM scratch
# a comment
COPY \
    # another
    package.json \

    README.md \
    /x/
#: expect README.md package.json
