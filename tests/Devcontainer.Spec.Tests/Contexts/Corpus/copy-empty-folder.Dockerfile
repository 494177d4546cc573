FROM scratch
COPY app/empty /x/
COPY app/blank /y
#: expect app/blank app/empty/
