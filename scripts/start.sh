#!/bin/sh
# npm start: a web page that counts its visits in Redis, on a network of its own, on this machine.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh runtime
exec node_modules/.bin/node examples/composetest/run.ts "$@"
