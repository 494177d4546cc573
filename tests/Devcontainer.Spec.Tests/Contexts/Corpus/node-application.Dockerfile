# syntax=docker/dockerfile:1
FROM base AS dependencies
WORKDIR /app
COPY package*.json ./
RUN cat package*.json > modules
FROM base
WORKDIR /app
COPY --link --from=dependencies /app/modules .
COPY --link README.md ./
#: expect README.md package-lock.json package.json
