# The production server. Build: `docker build -t expand-contract .`
# Before the first start, and with each release: `docker run --rm -e DATABASE_URL=… expand-contract npm run db:deploy`

# By digest, so that a tag that is moved changes nothing: the index for all platforms, as published in October 2026. To renew, read the
# new one with `docker buildx imagetools inspect node:24-bookworm-slim` and replace version and digest together.
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS base
WORKDIR /app
ENV NPM_CONFIG_UPDATE_NOTIFIER=false CHECKPOINT_DISABLE=1

# What runs in production. Separate from the build, so that a change of the sources does not install again.
FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
# The simulator (workspace sandbox/) is not part of it. i18next and Prisma name TypeScript as an optional peer, and npm counts that as
# optional, not as development: without `--omit=optional` it would be installed.
RUN npm ci --omit=dev --omit=optional --workspaces=false
COPY prisma ./prisma
COPY prisma.config.ts ./
COPY app/infra/database/db-pool.ts ./app/infra/database/
RUN npx prisma generate

FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --workspaces=false
COPY prisma ./prisma
COPY prisma.config.ts vite.config.ts tsconfig.json ./
COPY app ./app
COPY public ./public
RUN npm run build

FROM base AS server
ENV NODE_ENV=production PORT=3000
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/build ./build
COPY package.json prisma.config.ts server.ts shopify.app.toml ./
COPY prisma ./prisma
COPY public ./public
COPY server ./server
# The command line and the worker run from the sources.
COPY app ./app
COPY cli ./cli
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process: SIGTERM reaches the server, which lets requests in flight finish.
CMD ["node", "--max-semi-space-size=8", "server.ts"]
