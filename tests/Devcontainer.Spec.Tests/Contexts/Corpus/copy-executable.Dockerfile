FROM scratch
COPY scripts/*.sh /usr/local/bin/
#: expect scripts/run.sh scripts/setup.sh
