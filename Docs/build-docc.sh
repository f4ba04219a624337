#!/usr/bin/env bash
# Builds the DocC archive of the library from the compiler's symbol graphs, without the DocC plugin: no user of Satchel
# should have to resolve a package that only its documentation needs (Docs/decisions/0012). A warning fails.
#
# Usage: Docs/build-docc.sh [FOLDER]; the archive goes into FOLDER, else .build/docc. Reuses what `make test` built.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-.build/docc}
graphs=$out/symbol-graphs

docc=$(command -v docc || true)
[ -n "$docc" ] || docc=$(dirname "$(readlink -f "$(command -v swift)")")/docc

rm -rf "$out"
mkdir -p "$graphs"
# SwiftPM says last where it wrote the graphs of all our targets.
written=$(swift package dump-symbol-graph --minimum-access-level public |
  sed -n 's/^Files written to //p')
for module in Satchel SatchelCore SatchelTutor; do
  cp "$written/$module.symbols.json" "$graphs/"
  # Extensions of another module's types stand in files of their own.
  find "$written" -name "$module@*.symbols.json" -exec cp {} "$graphs/" \;
done
"$docc" convert Docs/Satchel.docc --additional-symbol-graph-dir "$graphs" \
  --fallback-display-name Satchel --fallback-bundle-identifier org.satchel.Satchel \
  --warnings-as-errors --output-path "$out/Satchel.doccarchive"
echo "documentation in $out/Satchel.doccarchive"
