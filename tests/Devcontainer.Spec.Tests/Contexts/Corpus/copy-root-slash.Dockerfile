FROM scratch
COPY / /src
#: whole
