#!/usr/bin/env bash
# Makes the fixture pack, class and model again. Usage: Fixtures/make.sh PATH-OF-satchel
set -euo pipefail
satchel=$1
here=$(cd "$(dirname "$0")" && pwd)
"$satchel" pack "$here/course" --out "$here/course/arithmetic-to-algebra.satchelpack" \
  --key "$here/keys/demonstration.key"
"$satchel" simulate-class --course "$here/course" --learners 200 --answers 120 --seed 1 \
  --out "$here/class/class.csv"
gzip -n9f "$here/class/class.csv"
"$satchel" train "$here/class/class.csv.gz" --out "$here/model/first.safetensors" --seed 1
