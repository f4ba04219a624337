#!/usr/bin/env bash
# Makes the Debian packages libsatchel0, libsatchel-dev, satchel and satchel-hub of what `make programs` built.
#
# Usage: SOURCE_DATE_EPOCH=SECONDS deb.sh MADE OUT
#   MADE  the folder of what was built (.build/c/release)
#   OUT   gets the .deb files; older ones of these packages there are removed
#
# By debhelper, in a scratch folder of a fixed name: the same built files and the same SOURCE_DATE_EPOCH give the same bytes. Not a source
# package: Debian has no Swift to build it with (Docs/decisions/0026). No root is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${SOURCE_DATE_EPOCH:?the time of the last commit}"
export SOURCE_DATE_EPOCH SATCHEL="$here/.." MADE TZ=UTC LC_ALL=C.UTF-8
MADE=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
version=$(sed -n 's/.*text = "\(.*\)"/\1/p' "$here/../Sources/SatchelCore/SatchelVersion.swift")
abi=$(sed -n 's/#define SATCHEL_ABI_VERSION //p' "$here/../Sources/CSatchel/include/satchel.h")
mail=${DEBEMAIL:-satchel@packages.invalid}

scratch=$MADE/deb
trap 'rm -rf "$scratch"' EXIT
rm -rf "$scratch"
mkdir -p "$scratch/satchel-$version"
cd "$scratch/satchel-$version"
# Whatever the umask of who builds: packages have the modes of these files.
umask 022
cp -r "$here/debian" .
sed -i "s/@MAIL@/$mail/" debian/control
cat >debian/changelog <<END
satchel ($version) unstable; urgency=medium

  * Built from the project's own tree; what changed is told in its CHANGELOG.md.

 -- Satchel maintainers <$mail>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
{
  echo "libsatchel.so.$abi libsatchel0 #MINVER#"
  sed "s/^[a-z].*/ &@Base $version/;/^#/d" "$here/libsatchel.symbols"
} >debian/libsatchel0.symbols

dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo >"$scratch/log" 2>&1 ||
  { cat "$scratch/log" >&2; exit 1; }
grep -i 'warning' "$scratch/log" >&2 || true
for package in libsatchel0 libsatchel-dev satchel satchel-hub; do
  rm -f "$out/${package}_"*.deb
  mv "$scratch/${package}_${version}_"*.deb "$out/"
done
cd "$out"
for file in lib{satchel0,satchel-dev}_*.deb satchel{,-hub}_*.deb; do
  printf '%s  %s  %s kB, installed %s kB\n' "$(sha256sum <"$file" | cut -c1-16)" "$file" \
    "$(($(stat -c %s "$file") / 1000))" "$(dpkg-deb -f "$file" Installed-Size)"
done
