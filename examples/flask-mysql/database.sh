#!/bin/sh
# MariaDB with a data directory of its own, made at the first start and kept in the container's writable layer.
set -eu
data=/srv/mysql
if [ ! -d "$data/mysql" ]; then
  mariadb-install-db --datadir="$data" --user=mysql --skip-test-db >/dev/null
fi
# The server runs as mysql, which may not be allowed to look where this file lies.
install -m 644 "$(dirname "$0")/init.sql" /tmp/init.sql
exec mariadbd --no-defaults --datadir="$data" --user=mysql --bind-address=0.0.0.0 --socket=/tmp/mysql.sock \
  --pid-file=/tmp/mysql.pid --init-file=/tmp/init.sql
