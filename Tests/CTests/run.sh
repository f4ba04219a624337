#!/usr/bin/env bash
# Tests of the C interface, against the library as it is linked for users: Swift runtime inside, ICU's data left out.
#
# Usage: Tests/CTests/run.sh BUILD [NAME]
#   BUILD  the folder that `swift build --show-bin-path` tells, after SatchelC and satchel-hub were built there
#   NAME   only tests whose names hold it
# With VALGRIND=1 under valgrind's memcheck: a wrong access or a leak fails.
# With TSAN=1 under ThreadSanitizer, where library and tests were compiled with it: a race between threads fails. The hub, which is another
# program, is then the one of BUILD, and the library is built optimised into .build-tsan: not optimised, each use of a constant
# waits for one lock of the Swift runtime, and eight threads stand still.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compile=(cc)
if [ -n "${TSAN:-}" ]; then
  # The sanitizer needs the dynamic runtime, and a driver that knows it: the toolchain's.
  sanitized=(-c release --sanitize=thread --scratch-path "$root/.build-tsan" --package-path "$root")
  swift build "${sanitized[@]}" --product SatchelC
  objects=$(swift build "${sanitized[@]}" --show-bin-path)/SatchelC.product/Objects.LinkFileList
  toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
  "$toolchain/bin/clang" -std=c11 -O1 -fPIC -c "$root/Tests/CTests/tsan/mutex.c" -o "$scratch/mutex.o"
  mutex='$s15Synchronization12_MutexHandleV'
  swiftc -emit-library -sanitize=thread -use-ld=lld -o "$scratch/libsatchel.so" "@$objects" "$scratch/mutex.o" \
    -lsqlite3 -lcurl -lzstd -larchive -Xlinker "--wrap=${mutex}9_lockSlowyys6UInt32VF" -Xlinker "--wrap=${mutex}11_unlockSlowyyF" \
    -Xlinker -rpath -Xlinker "$toolchain/lib/swift/linux"
  nm -D --undefined-only "$scratch/libsatchel.so" | grep __tsan_ >/dev/null || { echo "FAILED the library was not compiled with the sanitizer"; exit 1; }
  compile=("$toolchain/bin/clang" -fsanitize=thread -fuse-ld=lld -L "$toolchain/lib/swift/linux" -ldispatch -lBlocksRuntime
    -Wl,-rpath,"$toolchain/lib/swift/linux")
  export TSAN_OPTIONS="exitcode=66"
else
  "$root/Packaging/link.sh" "$build" "$scratch" library
fi
# valgrind 3.19 gives up at the debug information of this compiler; the names of functions are elsewhere.
[ -z "${VALGRIND:-}" ] || strip --strip-debug "$scratch/libsatchel.so"
"${compile[@]}" -std=c11 -g -O1 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -I "$root/Sources/CSatchel/include" "$root"/Tests/CTests/*.c \
  -o "$scratch/tests" -L "$scratch" -lsatchel -Wl,-rpath,"$scratch" -pthread -lm

export TMPDIR=$scratch
export SATCHEL_PACK=$root/Fixtures/course/arithmetic-to-algebra.satchelpack
export SATCHEL_MODEL=$root/Fixtures/model/first.safetensors
export SATCHEL_HUB=$build/satchel-hub
run=()
[ -z "${VALGRIND:-}" ] || run=(valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect
  --errors-for-leak-kinds=definite,indirect --trace-children=no --suppressions="$root/Tests/CTests/valgrind.supp")

# The example, as a learner meets it: two answers, then the end of the input.
"${compile[@]}" -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror -I "$root/Sources/CSatchel/include" "$root/Docs/Examples/c/lesson.c" \
  -o "$scratch/lesson" -L "$scratch" -lsatchel -Wl,-rpath,"$scratch"
[ "$(wc -l <"$root/Docs/Examples/c/lesson.c")" -lt 150 ]
printf '1\n2\n' | LANG=en_US.UTF-8 "$scratch/lesson" "$scratch/lesson.sqlite" "$SATCHEL_PACK" Mei >"$scratch/said"
grep -q '^2 answers' "$scratch/said" || { cat "$scratch/said"; echo "FAILED the example in C"; exit 1; }
printf '' | LANG=zh_CN.UTF-8 "$scratch/lesson" "$scratch/lesson.sqlite" "$SATCHEL_PACK" Mei >"$scratch/said"
grep -q '难度' "$scratch/said" || { cat "$scratch/said"; echo "FAILED the example in Chinese"; exit 1; }
echo "ok     the example in C teaches a lesson in both languages"

"${run[@]}" "$scratch/tests" "${@:2}"
