#!/usr/bin/env bash
# Starts the desktop example with the fixture course. It installs what is missing of Debian's packages, and links the library where
# SATCHEL_LIBRARY names none.
#
# Usage: run.sh [--store FILE] [--lang en|zh] [--hub URL]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
sudo=$([ "$(id -u)" = 0 ] || echo sudo)

missing=()
for package in python3-gi python3-gi-cairo gir1.2-gtk-4.0; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}" >&2
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
if [ -z "${SATCHEL_LIBRARY:-}" ]; then
  make -C "$root" library >&2
  export SATCHEL_LIBRARY=$root/.build/c/release/libsatchel.so.0
fi
export PYTHONPATH=$root/Sources/SatchelPython
# Debian's Python: it is the one that has GTK.
exec /usr/bin/python3 "$here/desktop.py" --store "${XDG_DATA_HOME:-$HOME/.local/share}/satchel-desktop/lesson.sqlite" \
  --pack "$root/Fixtures/course/arithmetic-to-algebra.satchelpack" "$@"
