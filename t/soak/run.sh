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
#   NGINX=      the nginx, MODULE= the module to check
#
# It takes some minutes, and fails if anything is not as it must be.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

exec python3 "$here/soak.py" \
    --nginx "${NGINX:-$(command -v nginx || echo /usr/sbin/nginx)}" \
    --module "${MODULE:-$root/build/ngx_http_livekit_module.so}" \
    "$@"
