#!/bin/sh
#
# Reloads and Redis failures under load.
#
#   t/soak/run.sh [--reloads N] [--seconds S] [--rate R] [--keep]
#
#   --reloads   how often nginx is reloaded: no request may fail, no process
#               may grow (1000)
#   --seconds   how long redis-server is stopped, killed and hung in turn: no
#               answer may be wrong, 503 comes in time, nginx recovers by
#               itself, and other locations do not notice (60)
#   --rate      requests a second (1000)
#   --keep      keeps the logs
#
#   t/soak/run.sh chaos [--events N] [--seconds S] [--rate R] [--seed N] [--asan] [--keep]
#
#   --events    what happens to Redis and to the connections to it, at random:
#               no answer may be wrong, no request stay without one, no worker
#               end (10000)
#   --seconds   how long at most (1200)
#   --rate      requests a second (300)
#   --seed      the dice, to throw them again
#   --asan      with what t/asan.sh has built, and its reports
#
#   NGINX=      the nginx, MODULE= the module to check
#
# They take some minutes, and fail if anything is not as it must be.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

check=soak

if [ "${1:-}" = chaos ]; then
    check=chaos
    shift
fi

for arg do
    shift

    if [ "$arg" != --asan ]; then
        set -- "$@" "$arg"
        continue
    fi

    reports=$root/build/asan/chaos
    rm -rf "$reports"
    mkdir "$reports"

    # what was freed is held back for less than the memory that may be grown by
    export ASAN_OPTIONS="detect_leaks=0,quarantine_size_mb=4,log_path=$reports/asan"
    export UBSAN_OPTIONS="print_stacktrace=1,log_path=$reports/ubsan"

    NGINX=$root/build/asan/nginx-asan
    MODULE=$root/build/asan/ngx_http_livekit_module.so
    set -- "$@" --reports "$reports"
done

exec python3 "$here/$check.py" \
    --nginx "${NGINX:-$(command -v nginx || echo /usr/sbin/nginx)}" \
    --module "${MODULE:-$root/build/ngx_http_livekit_module.so}" \
    "$@"
