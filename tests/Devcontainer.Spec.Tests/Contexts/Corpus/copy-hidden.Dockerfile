FROM scratch
COPY app/.hidden .env /x/
#: expect .env app/.hidden
