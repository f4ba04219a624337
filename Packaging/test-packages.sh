#!/usr/bin/env bash
# Tests what `make programs` and `make deb` made, as those use it who get it: install, compile an app, uninstall; and the packages in a
# clean Debian without Swift.
#
# Usage: SOURCE_DATE_EPOCH=SECONDS test-packages.sh MADE DEBS BUILD [NAME], with the time that the packages were made with
#   MADE   the folder that `make programs` filled
#   DEBS   the folder of the packages
#   BUILD  the folder of the objects, as `swift build --show-bin-path` tells, to link once more
#   NAME   only tests whose names hold it; those of the clean root stand on one another, and run together for `clean`
# The clean root needs root rights for debootstrap and chroot; no mounts, no /proc and no systemd. What it downloads is kept in
# .build/clean-root. The last line is `N passed, N failed`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
made=$(cd "$1" && pwd) debs=$(cd "$2" && pwd) build=$(cd "$3" && pwd) wanted=${4:-}
header=$root/Sources/CSatchel/include/satchel.h
version=$(sed -n 's/.*text = "\(.*\)"/\1/p' "$root/Sources/SatchelCore/SatchelVersion.swift")
library=$made/libsatchel.so.$version
: "${SOURCE_DATE_EPOCH:?the time of the last commit}"
scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT
passed=0 failed=0

# Runs a function as a test: any command of it that fails, fails it, and then what it printed is shown. (No `[ a ] && [ b ]` in a test:
# `set -e` does not see a failure before the `&&`.)
check() { # SENTENCE FUNCTION
  [[ $1 == *"$wanted"* ]] || return 0
  set +e
  (set -e; "$2") >"$scratch/output" 2>&1
  local status=$?
  set -e
  if [ $status = 0 ]; then
    passed=$((passed + 1)) && echo "ok      $1"
  else
    failed=$((failed + 1)) && echo "FAILED  $1"
    sed 's/^/        /' "$scratch/output" | tail -30
  fi
}

install_to() { # install|uninstall, with PREFIX and DESTDIR
  "$here/install.sh" "$1" "$made"
}

# ---- installing

uninstall_leaves_nothing() {
  export DESTDIR=$scratch/machine PREFIX=/opt/satchel LIBDIR=/opt/satchel/lib/somewhere UNITDIR=/etc/systemd/system
  install_to install
  [ "$(find "$DESTDIR" -type f -o -type l | wc -l)" -gt 50 ]
  [ -x "$DESTDIR/opt/satchel/bin/satchel-hub" ]
  [ -e "$DESTDIR/opt/satchel/lib/somewhere/libsatchel.so" ]
  # Twice: what an older install left is taken away with the newer one.
  install_to install
  install_to uninstall
  find "$DESTDIR" -mindepth 1 | tee "$scratch/left"
  [ ! -s "$scratch/left" ]
}

uninstall_leaves_what_is_of_others() {
  export DESTDIR=$scratch/others PREFIX=/usr/local
  mkdir -p "$DESTDIR/usr/local/bin" "$DESTDIR/usr/local/share/man"
  echo mine >"$DESTDIR/usr/local/bin/other"
  find "$DESTDIR" | sort >"$scratch/before"
  install_to install
  install_to uninstall
  find "$DESTDIR" | sort | diff "$scratch/before" -
}

example_compiles_by_pkg_config() {
  export PREFIX=$scratch/prefix
  install_to install
  example_runs "$PREFIX"
}

# Compiles the C example with what pkg-config says, nothing else, and takes a lesson.
example_runs() { # PREFIX
  local build=$scratch/example
  rm -rf "$build"
  cp -r "$root/Docs/Examples/c" "$build"
  PKG_CONFIG_PATH=$1/lib/pkgconfig make -C "$build" CFLAGS='-O1 -Wall -Wextra -Werror'
  printf '1\n1\n' | LD_LIBRARY_PATH=$1/lib "$build/lesson" "$build/lesson.sqlite" "$root/Fixtures/course/"*.satchelpack Mei | tee "$build/said"
  grep -q '^2 answers' "$build/said"
}

a_moved_install_works() {
  export PREFIX=$scratch/here
  install_to install
  mv "$PREFIX" "$scratch/moved"
  example_runs "$scratch/moved"
}

programs_say_their_version() {
  [ "$("$made/satchel" --version)" = "$version" ]
  [ "$("$made/satchel-hub" --version)" = "$version" ]
}

# ---- the library

# The dynamic linker of another machine must find all of these: no Swift among them.
only_system_libraries_are_needed() {
  local file name
  for file in "$library" "$made/satchel" "$made/satchel-hub"; do
    for name in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
      echo "$(basename "$file") needs $name"
      case $name in
      libc.so.6 | libm.so.6 | libstdc++.so.6 | libgcc_s.so.1 | ld-linux-*) ;;
      libsqlite3.so.0 | libcurl.so.4 | libzstd.so.1 | libarchive.so.13) ;;
      *) return 1 ;;
      esac
    done
    if ldd "$file" | grep 'not found'; then return 1; fi
    if readelf -d "$file" | grep -E 'RPATH|RUNPATH|TEXTREL'; then return 1; fi
  done
}

the_soname_is_the_abi() {
  local abi
  abi=$(sed -n 's/#define SATCHEL_ABI_VERSION //p' "$header")
  readelf -d "$library" | grep -F "soname: [libsatchel.so.$abi]"
  [ "$(readlink "$made/libsatchel.so.$abi")" = "libsatchel.so.$version" ]
}

# The list in git, what the library shows, and what the header declares are one.
symbols_are_the_header() {
  grep -v '^#' "$here/libsatchel.symbols" >"$scratch/listed"
  [ "$(wc -l <"$scratch/listed")" -gt 40 ]
  LC_ALL=C sort -uc "$scratch/listed"
  nm -D --defined-only "$library" | awk '{print $3}' | LC_ALL=C sort | diff "$scratch/listed" -
  cc -fpreprocessed -E -P "$header" | grep -oE '\bsatchel_[a-z0-9_]+ ?\(' | tr -d ' (' | LC_ALL=C sort -u | diff "$scratch/listed" -
}

# ---- manual, completions, unit

manual_pages_are_sound() {
  mandoc -T lint -W warning "$made"/man/man*/*
  local page name
  for page in "$made"/man/man*/*; do
    LC_ALL=C.UTF-8 man --warnings=w -Tutf8 -l "$page" 2>"$scratch/warnings" >"$scratch/page"
    cat "$scratch/warnings"
    [ ! -s "$scratch/warnings" ]
    [ "$(wc -l <"$scratch/page")" -gt 15 ]
  done
  for name in $(grep -v '^#' "$here/libsatchel.symbols"); do
    grep -q "^\\\\fB.*[ *]$name(" "$made/man/man3/satchel.h.3" || { echo "no $name"; return 1; }
  done
}

# Each command that the help of a program lists has a page of its own.
every_command_has_a_page() {
  local program command count=0
  for program in satchel satchel-hub; do
    for command in $("$made/$program" --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'); do
      [ -s "$made/man/man1/$program-$command.1" ] || { echo "no page for $program $command"; return 1; }
      count=$((count + 1))
    done
  done
  [ "$count" = "$(($(find "$made/man/man1" -type f | wc -l) - 2))" ]
}

completions_complete() {
  local program
  for program in satchel satchel-hub; do
    bash -c 'source "$1" && complete -p "$2"' _ "$made/completions/$program.bash" "$program"
    grep -q "^#compdef $program" "$made/completions/$program.zsh"
    grep -q "complete -c '\?$program" "$made/completions/$program.fish"
    for shell in zsh fish; do
      if command -v $shell; then $shell -n "$made/completions/$program.$shell"; fi
    done
  done
}

the_unit_is_sound() {
  export PREFIX=$scratch/unit
  install_to install
  local unit=$PREFIX/lib/systemd/system/satchel-hub.service
  # Manual pages in a prefix of a test are not where man looks.
  systemd-analyze verify --man=no "$unit"
  # 100 is a service without any guard, 20 one with nearly all.
  systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" | tail -1
}

# ---- the packages

lintian_finds_no_error() {
  lintian --allow-root --fail-on error,warning --info "$debs"/*satchel*_"$version"_*.deb
}

packing_again_gives_the_same_bytes() {
  local what again=$scratch/again
  mkdir -p "$again/made"
  cp -a "$made"/{man,completions} "$again/made/"
  for what in library satchel satchel-hub; do "$here/link.sh" "$build" "$again/made" $what strip; done
  for what in "libsatchel.so.$version" satchel satchel-hub; do cmp "$made/$what" "$again/made/$what"; done
  "$here/deb.sh" "$again/made" "$again/debs"
  for what in "$debs"/*satchel*_"$version"_*.deb; do cmp "$what" "$again/debs/$(basename "$what")"; done
}

check "an uninstall leaves nothing" uninstall_leaves_nothing
check "an uninstall leaves what is of others" uninstall_leaves_what_is_of_others
check "the C example compiles by pkg-config alone, and runs" example_compiles_by_pkg_config
check "an install that was moved works where it is now" a_moved_install_works
check "the programs say their version" programs_say_their_version
check "only the system's libraries are needed" only_system_libraries_are_needed
check "the soname is the ABI version" the_soname_is_the_abi
check "what the library shows, its list and its header are one" symbols_are_the_header
check "manual pages are sound, and name every function" manual_pages_are_sound
check "every command has a manual page" every_command_has_a_page
check "completions complete" completions_complete
check "the systemd unit is sound and well guarded" the_unit_is_sound
check "lintian finds neither error nor warning" lintian_finds_no_error
check "linking and packing again give the same bytes" packing_again_gives_the_same_bytes
if [ -n "$wanted" ] && [ "$wanted" != clean ]; then
  :
elif [ "$(id -u)" = 0 ]; then
  wanted=''
  # shellcheck source=Packaging/test-clean-root.sh
  . "$here/test-clean-root.sh"
else
  echo "skipped: the clean root needs root rights for debootstrap and chroot"
fi

echo "$passed passed, $failed failed"
[ $failed = 0 ]
