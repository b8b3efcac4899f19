#!/bin/sh
#
# The unit tests and the Test::Nginx suites under AddressSanitizer and
# UndefinedBehaviorSanitizer.  Whatever these report is a failure.
#
#   t/asan.sh [suite.t ...]        all suites by default
#
# The module is instrumented and loaded into the nginx that is installed.
# With NGINX_SRC= and the whole source of an nginx in it, all of nginx is, and
# leaks are looked for, too.
#
#   BUILD=build/asan   where to build

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

build=${BUILD:-build/asan}
[ $# -gt 0 ] || set -- t/*.t

mkdir -p "$build"
build=$(cd "$build" && pwd)
reports=$build/reports
rm -rf "$reports"
mkdir "$reports"

address="-fsanitize=address -fno-omit-frame-pointer"
undefined="-fsanitize=undefined -fno-sanitize-recover=undefined"

export ASAN_OPTIONS=detect_leaks=1,strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

make() { command make -s BUILD="$build" "$@"; }

built()
{
    what=$1
    shift
    ASAN_OPTIONS=detect_leaks=0 make "$@" > "$build/$what.log" 2>&1 \
        || { tail -20 "$build/$what.log" >&2; exit 1; }
}

echo "+ unit tests"
make CFLAGS="-O1 -g $address $undefined" check-unit

# NGX_DEBUG_PALLOC: each piece of a pool is an allocation of its own.  nginx
# itself does what UndefinedBehaviorSanitizer does not like.

if [ -f "${NGINX_SRC:-}/src/core/nginx.c" ]; then
    echo "+ a whole nginx"
    built static NGX_CFLAGS="-O1 $address -DNGX_DEBUG_PALLOC=1" static
    TEST_NGINX_BINARY=$build/nginx-static
    export TEST_NGINX_STATIC=1
    leaks=1

else
    echo "+ the module"
    built module NGX_CFLAGS="-O1 $address $undefined" module
    export TEST_NGINX_LOAD_MODULES="$build/ngx_http_livekit_module.so"
    leaks=0

    nginx=$(command -v "${TEST_NGINX_BINARY:-nginx}" || echo /usr/sbin/nginx)
    asan=$(${CC:-cc} -print-file-name=libasan.so)
    ubsan=$(${CC:-cc} -print-file-name=libubsan.so)
    TEST_NGINX_BINARY=$build/nginx-asan

    printf '#!/bin/sh\nLD_PRELOAD=%s:%s exec %s "$@"\n' "$asan" "$ubsan" "$nginx" \
        > "$TEST_NGINX_BINARY"
    chmod +x "$TEST_NGINX_BINARY"
fi

export TEST_NGINX_BINARY
export ASAN_OPTIONS=detect_leaks=$leaks,exitcode=0,strict_string_checks=1,log_path=$reports/asan
export UBSAN_OPTIONS=print_stacktrace=1,log_path=$reports/ubsan
export LSAN_OPTIONS=suppressions=$root/t/asan.suppress,print_suppressions=0
export TEST_NGINX_SERVROOT="${TEST_NGINX_SERVROOT:-$build/servroot}"
export LIVEKIT_SLOW="${LIVEKIT_SLOW:-3}"

echo "+ suites"
status=0
prove "$@" || status=$?

# nginx leaves some memory behind, and all of it when it refuses to start.  A
# leak of ours is one that nothing points to and that our code is on the stack of.

ours='lkg_|ngx_redis_|ngx_http_livekit_|redisReader'

for report in "$reports"/*; do
    [ -f "$report" ] || continue

    if grep -q LeakSanitizer "$report" \
       && ! awk -v RS= "/Direct leak/ && /$ours/ { n++ } END { exit !n }" "$report"
    then
        continue
    fi

    echo "+ $report" >&2
    cat "$report" >&2
    status=1
done

exit $status
