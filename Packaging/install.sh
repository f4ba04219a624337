#!/usr/bin/env bash
# Installs what `make programs` made, and takes exactly that away again: files, links, and the folders that had to be made for them.
#
# Usage: install.sh install MADE | install.sh uninstall
#   MADE   the folder that holds the library, the programs, man/ and completions/
# Environment:
#   PREFIX   where it goes (/usr/local)
#   DESTDIR  a folder that stands for the root of the machine, to pack from (none)
#   LIBDIR   of the library and its satchel.pc (PREFIX/lib)
#   UNITDIR  of the systemd unit (PREFIX/lib/systemd/system)
#
# What was put there is written down, line by line, in PREFIX/share/satchel/installed: so an uninstall needs neither the build nor the
# same version, and an install over an older one leaves nothing of that behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/..
PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR:-}
LIBDIR=${LIBDIR:-$PREFIX/lib} UNITDIR=${UNITDIR:-$PREFIX/lib/systemd/system}
BINDIR=$PREFIX/bin INCLUDEDIR=$PREFIX/include SHAREDIR=$PREFIX/share
list=$SHAREDIR/satchel/installed
for folder in "$PREFIX" "$LIBDIR" "$UNITDIR" ${DESTDIR:+"$DESTDIR"}; do
  case $folder in /*) ;; *) echo "install.sh: $folder is no absolute path" >&2; exit 64 ;; esac
done

installed=()

# Makes a folder with those above it, and notes each that was not there.
folder() {
  [ ! -d "$DESTDIR$1" ] || return 0
  folder "$(dirname "$1")"
  mkdir -m 755 "$DESTDIR$1"
  installed+=("$1/")
}

put() { # MODE FILE TARGET
  folder "$(dirname "$3")"
  install -m "$1" "$2" "$DESTDIR$3"
  installed+=("$3")
}

link() { # TO TARGET
  folder "$(dirname "$2")"
  ln -sfn "$1" "$DESTDIR$2"
  installed+=("$2")
}

filled() { # TEMPLATE TARGET: with the places of this install
  folder "$(dirname "$2")"
  sed -e "s|@BINDIR@|$BINDIR|g" -e "s|@VERSION@|$version|g" \
    -e "s|@TO_PREFIX@|$(realpath -m --relative-to="$LIBDIR/pkgconfig" "$PREFIX")|g" "$1" >"$DESTDIR$2"
  chmod 644 "$DESTDIR$2"
  installed+=("$2")
}

# The dynamic linker finds a library in its cache; a package's own scripts see to that where DESTDIR is given.
tell_the_linker() {
  if [ -z "$DESTDIR" ] && [ "$(id -u)" = 0 ]; then ldconfig; fi
}

install_all() {
  local made=$1 version abi file
  version=$(sed -n 's/.*text = "\(.*\)"/\1/p' "$root/Sources/SatchelCore/SatchelVersion.swift")
  abi=$(sed -n 's/#define SATCHEL_ABI_VERSION //p' "$root/Sources/CSatchel/include/satchel.h")
  for file in "libsatchel.so.$version" satchel satchel-hub man/man1/satchel.1 completions/satchel.bash; do
    [ -e "$made/$file" ] || { echo "install.sh: no $made/$file: run 'make programs' first" >&2; exit 66; }
  done
  [ ! -e "$DESTDIR$list" ] || uninstall_all
  [ -z "$DESTDIR" ] || mkdir -p "$DESTDIR"

  put 644 "$made/libsatchel.so.$version" "$LIBDIR/libsatchel.so.$version"
  link "libsatchel.so.$version" "$LIBDIR/libsatchel.so.$abi"
  link "libsatchel.so.$abi" "$LIBDIR/libsatchel.so"
  put 644 "$root/Sources/CSatchel/include/satchel.h" "$INCLUDEDIR/satchel.h"
  filled "$here/satchel.pc.in" "$LIBDIR/pkgconfig/satchel.pc"

  for file in satchel satchel-hub; do
    put 755 "$made/$file" "$BINDIR/$file"
    put 644 "$made/completions/$file.bash" "$SHAREDIR/bash-completion/completions/$file"
    put 644 "$made/completions/$file.zsh" "$SHAREDIR/zsh/vendor-completions/_$file"
    put 644 "$made/completions/$file.fish" "$SHAREDIR/fish/vendor_completions.d/$file.fish"
  done
  for file in "$made"/man/man[0-9]/*; do
    put 644 "$file" "$SHAREDIR/man/$(basename "$(dirname "$file")")/$(basename "$file")"
  done
  filled "$here/satchel-hub.service.in" "$UNITDIR/satchel-hub.service"
  put 644 "$root/LICENSE" "$SHAREDIR/doc/satchel/LICENSE"
  put 644 "$here/debian/copyright" "$SHAREDIR/doc/satchel/copyright"

  folder "$(dirname "$list")"
  installed+=("$list")
  printf '%s\n' "${installed[@]}" >"$DESTDIR$list"
  chmod 644 "$DESTDIR$list"
  tell_the_linker
  echo "installed in $DESTDIR$PREFIX: ${#installed[@]} files, links and folders"
}

# The last first, so that a folder is empty when its turn comes; one that others use by now stays.
uninstall_all() {
  local line lines
  mapfile -t lines < <(tac "$DESTDIR$list")
  for line in "${lines[@]}"; do
    case $line in
    */) rmdir --ignore-fail-on-non-empty "$DESTDIR$line" 2>/dev/null || [ ! -d "$DESTDIR$line" ] ;;
    *) rm -f "$DESTDIR$line" ;;
    esac
  done
}

case ${1:-} in
install)
  install_all "${2:?the folder that make programs filled}" ;;
uninstall)
  if [ ! -e "$DESTDIR$list" ]; then
    echo "install.sh: nothing to take away: no $DESTDIR$list" >&2
    exit 0
  fi
  uninstall_all
  tell_the_linker
  echo "uninstalled from $DESTDIR$PREFIX" ;;
*) sed -n '2,14p' "$0" >&2; exit 64 ;;
esac
