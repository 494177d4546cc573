FROM base
COPY docs/a.md /x/
RUN --mount=type=bind,source=package.json,target=/package.json --mount=type=bind,source=package-lock.json,target=/package-lock.json cat /package*.json > /out
#: expect docs/a.md package-lock.json package.json
