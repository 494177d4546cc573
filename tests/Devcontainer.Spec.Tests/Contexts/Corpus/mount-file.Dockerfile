FROM base
RUN --mount=type=bind,source=scripts/setup.sh,target=/mnt/setup.sh /mnt/setup.sh > /out
#: expect scripts/setup.sh
