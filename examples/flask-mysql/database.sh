#!/bin/sh
# MariaDB with a data directory of its own, made at the first start and kept in the container's writable layer.
set -eu
data=/srv/mysql
if [ ! -d "$data/mysql" ]; then
  mariadb-install-db --datadir="$data" --user=mysql --skip-test-db >/dev/null
fi
exec mariadbd --no-defaults --datadir="$data" --user=mysql --bind-address=0.0.0.0 --socket=/tmp/mysql.sock \
  --pid-file=/tmp/mysql.pid --init-file="$(dirname "$0")/init.sql"
