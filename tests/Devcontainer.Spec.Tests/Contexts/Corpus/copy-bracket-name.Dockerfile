FROM scratch
COPY [[]brackets]/x.txt /x/
#: expect [brackets]/x.txt
