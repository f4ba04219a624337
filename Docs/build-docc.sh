#!/usr/bin/env bash
# Builds the DocC archive of the library from the compiler's symbol graphs, without the DocC plugin: no user of Satchel
# should have to resolve a package that only its documentation needs. A warning fails.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-.build/docc}"
graphs="$out/symbol-graphs"
rm -rf "$out"
mkdir -p "$graphs"
swift build --target Satchel -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir \
  -Xswiftc "$PWD/$graphs-all" --scratch-path .build-docc
for module in Satchel SatchelCore SatchelTutor; do
  cp "$graphs-all/$module.symbols.json" "$graphs/"
done
docc=$(command -v docc || dirname "$(command -v swift)")/docc
[ -x "$docc" ] || docc=$(command -v docc)
"$docc" convert Docs/Satchel.docc --additional-symbol-graph-dir "$graphs" \
  --fallback-display-name Satchel --fallback-bundle-identifier org.satchel.Satchel \
  --warnings-as-errors --output-path "$out/Satchel.doccarchive"
echo "documentation in $out/Satchel.doccarchive"
