#!/usr/bin/env bash
# Links libsatchel.so or a program with the Swift runtime inside, so that a machine needs no Swift to run it.
#
# Usage: link.sh BUILD FOLDER library|satchel|satchel-hub [strip]
#   BUILD    the folder that `swift build --show-bin-path` tells, after the product SatchelC, satchel or satchel-hub was built
#   FOLDER   where the program goes; or libsatchel.so.0.1.0, with its links libsatchel.so.0 and libsatchel.so
#   strip    leaves out the symbols that only a debugger reads
#
# Not by SwiftPM: it links dynamic libraries against the dynamic runtime whatever it is told (Docs/decisions/0025). It takes the very
# objects that SwiftPM compiled, so that nothing is built twice.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1 folder=$2 what=$3 strip=${4:-}
version=$(sed -n 's/.*text = "\(.*\)"/\1/p' "$here/../Sources/SatchelCore/SatchelVersion.swift")
abi=$(sed -n 's/#define SATCHEL_ABI_VERSION //p' "$here/../Sources/CSatchel/include/satchel.h")
runtime=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")/lib/swift_static/linux
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

icu=$(nm --defined-only "$runtime/lib_FoundationICU.a" 2>/dev/null | sed -n 's/.* \(icudt[0-9]*_dat\)$/\1/p' | head -1)
[ -n "$icu" ] || { echo "link.sh: no ICU data in $runtime/lib_FoundationICU.a: is this another Foundation?" >&2; exit 1; }
cc -c -O2 -fPIC -DICU_DATA="$icu" "$here/icu-without-data.c" -o "$scratch/icu-without-data.o"

case $what in
library)
  product=SatchelC out=libsatchel.so.$version
  options=(-emit-library -Xlinker -soname -Xlinker "libsatchel.so.$abi" -Xlinker --version-script="$here/exports.map" -Xlinker --no-undefined) ;;
satchel) product=satchel out=satchel options=(-Xlinker --defsym=main=SatchelCLI_main) ;;
satchel-hub) product=satchel-hub out=satchel-hub options=(-Xlinker --defsym=main=satchel_hub_main) ;;
*) sed -n '2,8p' "$0" >&2; exit 64 ;;
esac

# 150,000 relative relocations take 2.4 MB as they are and 20 kB packed, which every program reads when it starts. glibc knows the packed form
# from 2.36 on (Debian 12); an older one gets them as they are.
relocations=()
if [ "$(printf '2.36\n%s\n' "$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -V | head -1)" = 2.36 ]; then
  relocations=(-Xlinker -z -Xlinker pack-relative-relocs)
fi

# From the list of objects, not from libSatchelC.a: the static runtime's options export nothing of an archive. With the linker lld: it
# asks for no order of archives, and takes a second where gold takes ten.
swiftc -use-ld=lld -static-stdlib -o "$scratch/$out" "${options[@]}" \
  "$scratch/icu-without-data.o" "@$build/$product.product/Objects.LinkFileList" \
  -lFoundation -lFoundationInternationalization -lFoundationEssentials -lCoreFoundation -l_FoundationICU \
  -l_FoundationCShims -l_FoundationCollections -lswiftDispatch -lswiftSynchronization -lswift_Concurrency \
  -lswift_StringProcessing -lswift_RegexParser \
  -lsqlite3 -lcurl -lzstd -larchive \
  -Xlinker "$here/reproducible.ld" -Xlinker --gc-sections -Xlinker --as-needed -Xlinker -z -Xlinker now -Xlinker --build-id=sha1 "${relocations[@]}" \
  ${strip:+-Xlinker --strip-all}

mv "$scratch/$out" "$folder/$out"
if [ "$what" = library ]; then
  ln -sf "libsatchel.so.$version" "$folder/libsatchel.so.$abi"
  ln -sf "libsatchel.so.$abi" "$folder/libsatchel.so"
fi
