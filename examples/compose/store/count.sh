#!/bin/sh
count=$(($(cat /visits/count 2>/dev/null || echo 0) + 1))
echo "$count" | tee /visits/count
