FROM scratch
ARG NAME=docs/a.md.bak
ARG LIB=app/x/Lib.cs
COPY ${NAME%.bak} "${LIB/x/lib}" /x/
#: expect app/lib/Lib.cs docs/a.md
