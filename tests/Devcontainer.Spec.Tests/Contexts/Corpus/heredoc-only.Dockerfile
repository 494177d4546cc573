FROM scratch
COPY <<-"a.txt" <<b.txt /x/
	COPY app /looks/like/an/instruction
	a.txt
text
b.txt
#: expect
