FROM base
COPY --chmod=0755 scripts/setup.sh /setup.sh
RUN <<EOF
set -e
/setup.sh > /out
COPY=app; echo $COPY >> /out
EOF
#: expect scripts/setup.sh
