#!/bin/sh
# CPU of the nginx worker per token, beside nginx's own "return 200" with an
# answer of the same size, in turns in the same run.  The ratio is the point.
#
#   t/bench/run.sh [seconds per round] [rounds]
#
# Needs wrk; BENCH_CONNECTIONS (default "16 64 256") and NGINX can be set.

set -eu

cd "$(dirname "$0")/../.."
root=$(pwd)
seconds=${1:-4}
rounds=${2:-3}
connections=${BENCH_CONNECTIONS:-16 64 256}
nginx=${NGINX:-$(command -v nginx || echo /usr/sbin/nginx)}
module=${MODULE:-$root/build/ngx_http_livekit_module.so}

command -v wrk >/dev/null || { echo "make bench needs wrk (Debian: wrk)" >&2; exit 1; }

dir=$(mktemp -d)
chmod 755 "$dir"
trap 'kill $(cat "$dir/nginx.pid" "$dir/redis.pid" 2>/dev/null) 2>/dev/null || :;
      sleep 0.3; rm -rf "$dir"' EXIT INT TERM
mkdir "$dir/logs"

redis-server --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 777 --save '' --appendonly no \
    --daemonize yes --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" >/dev/null
export LKGRANT_REDIS="unix:$dir/redis.sock"
until redis-cli -s "$dir/redis.sock" ping >/dev/null 2>&1; do sleep 0.1; done

secret="a session secret of 32 bytes or more"
build/lkgrant room add math u2 student >/dev/null
hs256=$(build/lkgrant session make jwt "secret=$secret" cookie=session --identity u2 --name Bob --ttl 86400)
jwe=$(build/lkgrant session make next-auth "secret=$secret" --identity u2 --name Bob --ttl 86400)

cat > "$dir/nginx.conf" <<CONF
load_module $module;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;

    livekit_redis unix:$dir/redis.sock;
    livekit_redis_timeout 2s;
    livekit_key devkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $root/examples/policy.json;
    livekit_session jwt "secret=$secret" cookie=session;
    livekit_session next-auth "secret=$secret";

    server {
        listen 127.0.0.1:18199;
        location = /token { livekit_token; }
        location = /return { default_type application/json; add_header Cache-Control no-store; return 200 'ANSWER'; }
    }
}
CONF

start() {
    "$nginx" -p "$dir" -e "$dir/logs/error.log" -c "$dir/nginx.conf" 2>/dev/null
    until curl -s -o /dev/null http://127.0.0.1:18199/return; do sleep 0.1; done
}

# the same size of answer, for the comparison to be fair

start
answer=$(curl -sf http://127.0.0.1:18199/token -H "Cookie: $hs256" \
    -H 'Content-Type: application/json' -d '{"roomName":"math"}')
kill "$(cat "$dir/nginx.pid")"
while [ -e "$dir/nginx.pid" ]; do sleep 0.1; done
sed -i "s|ANSWER|$(printf %s "$answer" | tr "'" '"')|" "$dir/nginx.conf"
start

worker=$(pgrep -P "$(cat "$dir/nginx.pid")" | head -1)
redis=$(cat "$dir/redis.pid")
hz=$(getconf CLK_TCK)

cat > "$dir/post.lua" <<LUA
wrk.method = "POST"
wrk.body = '{"roomName":"math"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Cookie"] = os.getenv("BENCH_COOKIE")
LUA

cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# one round: "requests cpu-ticks redis-ticks errors"
round() {
    b=$(cpu "$worker"); rb=$(cpu "$redis")
    BENCH_COOKIE=$3 wrk -t 1 -c "$2" -d "${seconds}s" --latency -s "$dir/post.lua" \
        "http://127.0.0.1:18199$1" > "$dir/wrk"
    a=$(cpu "$worker"); ra=$(cpu "$redis")
    awk -v t=$((a - b)) -v rt=$((ra - rb)) '
        / requests in / { n = $1 } /Non-2xx/ { e = $NF } / 99%/ { p = $2 }
        /Socket errors/ { e = $0 }
        END { print n, t, rt, p, (e ? e : 0) }' "$dir/wrk"
}

printf '%-12s %6s %10s %10s %8s %10s %8s %s\n' what conns req/s us/req ratio redis-us p99 failed

for c in $connections; do
    : > "$dir/results"

    for i in $(seq "$rounds"); do
        echo "return $(round /return "$c" "$hs256")" >> "$dir/results"
        echo "hs256 $(round /token "$c" "$hs256")" >> "$dir/results"
        echo "next-auth $(round /token "$c" "$jwe")" >> "$dir/results"
    done

    awk -v c="$c" -v s="$seconds" -v hz="$hz" '
        { n[$1] += $2; t[$1] += $3; r[$1] += $4; p[$1] = $5; e[$1] += $6; k[$1]++ }
        END {
            split("return hs256 next-auth", names)
            base = t["return"] / n["return"]
            for (i = 1; i <= 3; i++) {
                w = names[i]
                printf "%-12s %6d %10.0f %10.2f %8.2f %10.2f %8s %s\n", w, c,
                    n[w] / (s * k[w]), t[w] / hz / n[w] * 1e6,
                    t[w] / n[w] / base, r[w] / hz / n[w] * 1e6, p[w], e[w]
            }
        }' "$dir/results"
done

if grep -q . "$dir/logs/error.log"; then
    echo "error log:"; head -5 "$dir/logs/error.log"
fi
