#!/bin/sh
# Ranking quality on the public data sets, by their protocol: each method on fold 0, the shipped model on all folds.
# Usage: Tests/Benchmarks/neighbours.sh PATH-OF-satchel   (data: SATCHEL_SHARED or ../shared)
set -eu
satchel=$1
data=${SATCHEL_SHARED:-$(cd "$(dirname "$0")/../../.." && pwd)/shared}/data/rec
if [ ! -d "$data" ]; then
  echo "skipped: no data sets at $data (set SATCHEL_SHARED)"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

evaluate() {
  name=$1
  shift
  answer=$("$satchel" neighbours evaluate "$@" --json --quiet 2>/dev/null) || answer="not possible"
  echo "$name $answer"
}

for set in mooccubex assist2009-items; do
  file=$data/$set/learners.tsv.gz
  for method in popularity cosine-mean cosine-sum transitions ease both; do
    evaluate "$set" "$file" --fold 0 --method "$method"
  done
  for fold in 1 2 3 4; do evaluate "$set" "$file" --fold "$fold"; done
done

# In mooccubex the item before the last is, for 99 learners in 100, the last one's number without its last digit: a
# fault of the file, not of learners. Without that item:
gzip -dc "$data/mooccubex/learners.tsv.gz" |
  awk 'BEGIN { FS = OFS = "\t" }
    { n = split($2, item, " "); line = ""
      for (i = 1; i <= n; i++)
        if (i != n - 1 || item[i] != int(item[n] / 10)) line = line (line == "" ? "" : " ") item[i]
      print $1, line }' > "$work/clean.tsv"
for method in cosine-sum transitions ease both; do
  evaluate mooccubex-mended "$work/clean.tsv" --fold 0 --method "$method"
done
for fold in 1 2 3 4; do evaluate mooccubex-mended "$work/clean.tsv" --fold "$fold"; done
