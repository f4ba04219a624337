#!/usr/bin/env bash
# Tests of the Python package, against the library as it is linked for users.
#
# Usage: Tests/PythonTests/run.sh BUILD [pytest's arguments]
#   BUILD  the folder that `swift build --show-bin-path` tells, after SatchelC and satchel-hub were built there
# Makes a virtual environment with pytest in .build/python, where there is none.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The desktop example needs a screen, and Debian's Python with GTK.
missing=()
for package in python3-gi python3-gi-cairo gir1.2-gtk-4.0 xvfb xdotool imagemagick fonts-wqy-microhei; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ]; then
  echo "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

python=$root/.build/python/bin/python
if [ ! -x "$python" ]; then
  python3 -m venv "$root/.build/python"
  "$python" -m pip install --quiet --disable-pip-version-check pytest
fi

"$root/Packaging/link.sh" "$build" "$scratch" library
strip -o "$scratch/stripped.so" "$scratch/libsatchel.so"
export SATCHEL_STRIPPED_LIBRARY=$scratch/stripped.so
export SATCHEL_LIBRARY=$scratch/libsatchel.so.0 SATCHEL_HUB=$build/satchel-hub PYTHONPATH=$root/Sources/SatchelPython
export PYTHONDONTWRITEBYTECODE=1
"$python" -m pytest -q -rs -p no:cacheprovider "${@:2}" "$root/Tests/PythonTests"
