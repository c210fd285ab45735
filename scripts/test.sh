#!/bin/sh
# npm test: everything. Goes on after a failure, so that one run shows all; ends with the totals on a line of their own.
set -u
cd "$(dirname "$0")/.."
sh scripts/setup.sh test || exit 1
PATH="$PWD/node_modules/.bin:$PATH"
export PATH

summary=$PWD/.cache/test-summary
: >"$summary"
FAIRLEAD_TEST_SUMMARY=$summary
failures=$PWD/.cache/test-failures
: >"$failures"
FAIRLEAD_TEST_FAILURES=$failures
export FAIRLEAD_TEST_SUMMARY FAIRLEAD_TEST_FAILURES

# step NAME COMMAND...: one line before, one after; its failure counts as one when its tests did not say more.
step() {
  name=$1
  shift
  echo "== $name"
  began=$(date +%s)
  if "$@"; then verdict=passed; else verdict=FAILED; fi
  [ "$verdict" = passed ] || grep -qs "^$name [0-9]* [1-9]" "$summary" || echo "$name 0 1 0" >>"$summary"
  echo "== $name $verdict in $(($(date +%s) - began)) s"
}

for check in format lint types layers unit lab system vm; do
  step "$check" npm run --silent "$check"
done

if [ -s "$failures" ]; then
  echo "== what failed, again"
  cat "$failures"
fi
awk '
  { passed += $2; failed += $3; skipped += $4 }
  $3 > 0 { print "FAILED: " $1 }
  $4 > 0 { print "SKIPPED in " $1 ": " $4 " tests did not run; their reasons are above" }
  END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
  }' "$summary"
