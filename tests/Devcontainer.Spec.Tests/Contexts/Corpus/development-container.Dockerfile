FROM base
ARG USERNAME=dev
ENV SCRIPTS=scripts
COPY --chmod=0755 ${SCRIPTS}/setup.sh /tmp/library/
RUN /tmp/library/setup.sh "$USERNAME" > /out && rm -r /tmp/library
USER $USERNAME
#: expect scripts/setup.sh
