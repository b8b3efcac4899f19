#!/bin/sh
#
# Each fuzz target for so many seconds, with clang's libFuzzer, under
# AddressSanitizer and UndefinedBehaviorSanitizer.
#
#   t/fuzz/run.sh SECONDS t/fuzz/lkg_json_fuzz.c ...
#
# Or as many inputs as are asked for, where it is only their number that
# counts: optimized, without the sanitizers.
#
#   t/fuzz/run.sh -n INPUTS t/fuzz/lkg_json_fuzz.c ...
#
# What was found goes on from run to run in build/fuzz/<target>/corpus; an
# input that breaks something is in build/fuzz/<target>.

set -eu

cd "$(dirname "$0")/../.."

build=${BUILD:-build}/fuzz
flags="-std=gnu99 -g -Ilib"

if [ "$1" = -n ]; then
    lib=$build/lib-fast
    flags="$flags -O2"
    until="-runs=$2"
    what="$2 inputs"
    shift 2

else
    lib=$build/lib
    flags="$flags -O1 -fno-omit-frame-pointer
           -fsanitize=address,undefined -fno-sanitize-recover=undefined"
    until="-max_total_time=$1"
    what="$1 s"
    shift
fi

cc=${CLANG:-clang}

command -v "$cc" >/dev/null \
    || { echo "make fuzz needs clang (Debian: clang)" >&2; exit 1; }

mkdir -p "$lib"

# the library once for all, of which the fuzzer sees every branch

for source in lib/*.c; do
    object=$lib/$(basename "$source" .c).o
    [ "$object" -nt "$source" ] && [ -z "$(find lib -name '*.h' -newer "$object")" ] \
        || "$cc" $flags -fsanitize=fuzzer-no-link -c -o "$object" "$source"
done

status=0

for source in "$@"; do
    name=$(basename "$source" .c)
    corpus=$build/$name/corpus

    mkdir -p "$corpus"
    t/fuzz/seeds.pl "$name" "$corpus"
    "$cc" $flags -fsanitize=fuzzer -o "$build/$name/fuzz" "$source" "$lib"/*.o \
        -ljansson -lcrypto

    echo "+ $name, $what"

    "$build/$name/fuzz" "$until" -max_len=8192 -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$build/$name/" -print_final_stats=1 \
        "$corpus" > "$build/$name/log" 2>&1 \
        || { status=1; tail -60 "$build/$name/log" >&2; }

    grep -E 'number_of_executed_units|DONE|^Done' "$build/$name/log" || true
done

exit $status
