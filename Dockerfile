# The commands that need neither Terraform nor this repository, with the client programs of PostgreSQL 14 to 18:
#   docker run --rm --init -e NEON_DATABASE_URL -e PILOT_LIGHT_OUTPUTS <image> sync neon-to-rds --dry-run
# A sync inside AWS (pnpm sync --on-fargate) runs this image. docs/runbooks/sync-on-fargate.md describes both.

FROM node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS build
WORKDIR /source
RUN npm install --global pnpm@12.21.0
# The packages are a layer of their own, which a change of the sources does not repeat.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN --mount=type=cache,id=pnpm,target=/pnpm pnpm fetch --ignore-scripts --store-dir=/pnpm
COPY . .
RUN --mount=type=cache,id=pnpm,target=/pnpm \
  pnpm install --offline --frozen-lockfile --ignore-scripts --store-dir=/pnpm \
  && npx tsc -b \
  && node scripts/bundle.mjs \
  && image/assemble.sh /app

FROM node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c
RUN --mount=type=bind,source=image/install-clients.sh,target=/install-clients.sh /install-clients.sh
COPY --from=build /app /app
RUN ln -s /app/image/pilot-light /usr/local/bin/pilot-light
USER node
WORKDIR /home/node
ENTRYPOINT ["pilot-light"]
CMD ["sync", "--help"]
