FROM base
WORKDIR /work
RUN --mount=source=./docs/../package.json,target=package.json cp package.json /out
#: expect package.json
