#!/bin/sh
# Installs what "make bench" compares with, and only what is not there yet:
# load generators and nginx's Lua and njs from Debian, PyJWT from PyPI, the
# Go peer's modules.  The Node.js packages are those of the end-to-end tests.

set -eu

cd "$(dirname "$0")/../.."
root=$(pwd -P)
dir=$root/build/bench
PATH=$root/build/e2e/bin:$PATH
mkdir -p "$dir"

say() { printf 'bench: %s\n' "$*"; }

missing=
for p in wrk nghttp2-client libnginx-mod-http-lua libnginx-mod-http-js \
         lua-nginx-redis lua-cjson valgrind; do
    dpkg-query -W -f '${Status}' $p 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done

if [ -n "$missing" ]; then
    say "installing from Debian:$missing"
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -q >/dev/null
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing >/dev/null
fi

"$root/build/e2e/venv/bin/python" -c 'import jwt' 2>/dev/null || {
    say "installing PyJWT"
    "$root/build/e2e/venv/bin/python" -m pip install -q --disable-pip-version-check PyJWT
}

if [ ! -x "$dir/go-peer" ] || [ -n "$(find t/bench/peers/go -newer "$dir/go-peer" -name '*.go')" ]; then
    say "building the Go peer"
    (cd t/bench/peers/go && go build -o "$dir/go-peer" . && go build -o "$dir/go-library" ./library)
fi

# Node.js looks for packages beside the program

rm -rf "$dir/peers"
cp -R t/bench/peers "$dir/peers"
ln -sfn "$root/t/e2e/node_modules" "$dir/peers/node_modules"

if ! cmp -s t/bench/peers/next/app/api/token/route.js "$dir/next.built"; then
    say "building the Next.js peer"
    (cd "$dir/peers/next" && NEXT_TELEMETRY_DISABLED=1 NEXT_IGNORE_INCORRECT_LOCKFILE=1 \
        ../node_modules/.bin/next build) >"$dir/next-build.log" 2>&1 \
        || { tail -n 20 "$dir/next-build.log" >&2; exit 1; }
    rm -rf "$dir/next"
    mv "$dir/peers/next/.next" "$dir/next"
    cp t/bench/peers/next/app/api/token/route.js "$dir/next.built"
fi

cp -R "$dir/next" "$dir/peers/next/.next"
