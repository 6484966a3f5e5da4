#!/bin/sh
# Installs the client programs of every supported major version of PostgreSQL, from the repository of PostgreSQL (PGDG). Debian's own
# package brings the key of that repository.
set -eu
majors="14 15 16 17 18"
. /etc/os-release

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends ca-certificates postgresql-common
key=/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc
echo "deb [signed-by=$key] https://apt.postgresql.org/pub/repos/apt $VERSION_CODENAME-pgdg main" \
  > /etc/apt/sources.list.d/pgdg.list
apt-get update -q
for major in $majors; do
  apt-get install -q -y --no-install-recommends "postgresql-client-$major"
  "/usr/lib/postgresql/$major/bin/pg_dump" --version
  "/usr/lib/postgresql/$major/bin/pg_restore" --version
done
rm -rf /var/lib/apt/lists/*
