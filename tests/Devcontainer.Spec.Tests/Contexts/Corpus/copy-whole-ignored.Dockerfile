FROM scratch
COPY . /src
#: ignore vendor
#: ignore **/*.md
#: ignore links
#: whole
