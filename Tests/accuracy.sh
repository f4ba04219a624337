#!/usr/bin/env bash
# Trains on each public data set with the default configuration and prints the test metrics of fold 0.
# Usage: Tests/accuracy.sh PATH-OF-satchel   (data: SATCHEL_SHARED or ../shared)
set -euo pipefail
satchel=$1
data=${SATCHEL_SHARED:-$(cd "$(dirname "$0")/../.." && pwd)/shared}/data/kt
if [ ! -d "$data" ]; then
  echo "skipped: no data sets at $data (set SATCHEL_SHARED)"
  exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for set in assist2009 statics2011 assist2015 algebra2005-sample ednet-sample; do
  printf '%s ' "$set"
  "$satchel" train "$data/$set/interactions.csv.gz" --out "$out/$set.safetensors" \
    --folds-file "$data/$set/folds.csv" --fold 0 --json --quiet
done
