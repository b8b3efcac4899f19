#!/bin/sh
#
# The demo: redis-server, livekit-server and nginx with the module, on
# loopback, until Ctrl-C.  Everything it makes is in build/demo/.
#
#   examples/demo/run.sh            starts all, says what to open, and waits
#   examples/demo/run.sh --check    starts all, asks for tokens, and ends
#
# PORT (8080), LIVEKIT_PORT (7880) and LIVEKIT_UDP_PORT (7882) are the ports,
# POLICY is another policy, NGINX another nginx, LIVEKIT_SERVER another
# livekit-server, DEMO_DIR another directory.

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)

: "${PORT:=8080}" "${LIVEKIT_PORT:=7880}" "${LIVEKIT_UDP_PORT:=7882}"
: "${POLICY:=$root/examples/policy.json}" "${LIVEKIT_SERVER:=livekit-server}"
: "${BUILD:=$root/build}" "${DEMO_DIR:=$BUILD/demo}"

mkdir -p "$BUILD" "$DEMO_DIR"
BUILD=$(cd "$BUILD" && pwd -P)
DEMO_DIR=$(cd "$DEMO_DIR" && pwd -P)

PATH=$BUILD:$BUILD/e2e/bin:$PATH:/usr/sbin:/sbin
nginx=${NGINX:-nginx}
unset NGINX                     # nginx would take it for inherited sockets

web=http://127.0.0.1:$PORT
mode=${1:-serve}
pids=


say() { printf '%s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }


# Whatever ends this script ends the servers, the last one first.
stop_all() {
    trap '' INT TERM HUP
    for pid in $pids; do
        kill "$pid" 2>/dev/null || continue
        i=0
        while kill -0 "$pid" 2>/dev/null; do
            i=$((i + 1))
            # livekit-server waits for its guests until it is told twice
            case $i in 5) kill "$pid" ;; 30) kill -KILL "$pid" ;; esac 2>/dev/null || :
            sleep 0.1
        done
    done
    rm -f "$DEMO_DIR/redis.sock"
}

trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP


# start NAME COMMAND ...: runs it in the background, its output in NAME.log
start() {
    name=$1; shift
    "$@" >"$name.log" 2>&1 </dev/null &
    pids="$! $pids"
    say "$!" >"$name.pid"
}

# wait_for NAME COMMAND ...: until the command succeeds or the server ended
wait_for() {
    name=$1; shift
    i=0
    until "$@" >/dev/null 2>&1; do
        i=$((i + 1))
        if ! kill -0 "$(cat "$name.pid")" 2>/dev/null || [ $i -gt 200 ]; then
            tail -n 5 "$name.log" >&2
            fail "$name did not start; its log is in $PWD"
        fi
        sleep 0.1
    done
}

# free PORT VARIABLE: is the port nobody's?
free() {
    refused=0
    curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$1/" || refused=$?
    [ $refused = 7 ] || fail "port $1 is taken; set $2 to another one"
}

secret() { od -An -N 32 -t x1 /dev/urandom | tr -d ' \n'; }

# sign_in WHO NAME: the cookie that /signin/WHO sets
sign_in() {
    cookie=$(lkgrant session make jwt secret=file:session.secret cookie=session \
                 --identity "$1" --name "$2" --ttl 12h)
    say "add_header Set-Cookie \"$cookie; Path=/; HttpOnly; SameSite=Lax\";" \
        >"signin-$1.conf"
}


prepare() {
    [ -e "$BUILD/ngx_http_livekit_module.so" ] || fail "the module is not built; run make"
    for tool in "$nginx" redis-server redis-cli curl lkgrant; do
        command -v "$tool" >/dev/null || fail "$tool is missing; run t/e2e/install.sh demo"
    done

    free "$PORT" PORT
    free "$LIVEKIT_PORT" LIVEKIT_PORT

    umask 077
    cd "$DEMO_DIR"
    [ ${#PWD} -lt 90 ] || fail "the path of $DEMO_DIR is too long for a unix socket; set DEMO_DIR"
    if [ -e nginx.pid ] && kill -0 "$(cat nginx.pid)" 2>/dev/null; then
        fail "the demo runs already in $PWD"
    fi
    [ -e .demo ] || [ -z "$(ls -A)" ] || fail "$PWD holds something else; set DEMO_DIR"
    rm -rf www temp modules ./*.log ./*.conf
    : >.demo
    mkdir -p www temp modules
    ln -s "$BUILD/ngx_http_livekit_module.so" modules/

    cp "$here/index.html" "$here"/*.css "$here"/*.js www/
    cp "$POLICY" policy.json

    secret >session.secret
    secret >livekit.secret
    say "demo: $(cat livekit.secret)" >livekit.keys
    sign_in teacher "Tess Teacher"
    sign_in student "Stu Student"
    sign_in stranger "Sam Stranger"

    sed -e "s|unix:/run/redis/redis.sock|unix:$PWD/redis.sock|" \
        -e "s|127\.0\.0\.1:8080|127.0.0.1:$PORT|g" \
        -e "s|127\.0\.0\.1:7880|127.0.0.1:$LIVEKIT_PORT|g" \
        "$here/nginx.conf" >nginx.conf
    sed -e "s|7880|$LIVEKIT_PORT|" -e "s|7882|$LIVEKIT_UDP_PORT|" \
        "$root/t/e2e/livekit.yaml" >livekit.yaml
}

start_redis() {
    rm -f redis.sock
    start redis redis-server --port 0 --unixsocket "$PWD/redis.sock" \
        --unixsocketperm 700 --save '' --appendonly no --dir "$PWD" --daemonize no
    wait_for redis redis-cli -s redis.sock ping

    lkgrant room add demo teacher teacher --redis "unix:$PWD/redis.sock" >/dev/null
    lkgrant room add demo student student --redis "unix:$PWD/redis.sock" >/dev/null
    say "  redis          $PWD/redis.sock, in memory only"
}

start_livekit() {
    livekit=false
    client=$root/t/e2e/node_modules/livekit-client/dist/livekit-client.esm.mjs

    if ! command -v "$LIVEKIT_SERVER" >/dev/null; then
        say "  livekit-server is missing (it needs Go, see t/e2e/install.sh):"
        say "                 the page shows the tokens instead"
    elif [ ! -e "$client" ]; then
        say "  livekit-client is missing (it needs npm, see t/e2e/install.sh):"
        say "                 the page shows the tokens instead"
    else
        cp "$client" www/
        start livekit "$LIVEKIT_SERVER" --config livekit.yaml --key-file livekit.keys
        wait_for livekit curl -fsS "http://127.0.0.1:$LIVEKIT_PORT/"
        livekit=true
        say "  livekit-server 127.0.0.1:$LIVEKIT_PORT, UDP $LIVEKIT_UDP_PORT"
    fi

    say "{\"livekit\":$livekit,\"room\":\"demo\"}" >www/demo.json
}

start_nginx() {
    set -- -p "$PWD" -c "$PWD/nginx.conf" -e error.log
    # the workers of root's nginx would not be let into this directory
    [ "$(id -u)" != 0 ] || set -- "$@" -g 'user root;'
    start nginx "$nginx" "$@"
    wait_for nginx curl -fsS "$web/"
    say "  nginx          127.0.0.1:$PORT"
}


# ask WHO: the status of a token for the demo room; the answer is in answer.json
ask() {
    curl -sS -o /dev/null -c "$1.jar" "$web/signin/$1"
    curl -sS -o answer.json -w '%{http_code}' -b "$1.jar" "$web/api/connection-details" \
        -H 'Content-Type: application/json' -d '{"roomName":"demo"}'
}

expect() {
    [ "$2" = "$3" ] || fail "$1: $2 where $3 was expected; see $PWD/error.log"
    say "ok - $1: $2"
}

check() {
    curl -fsS "$web/" | grep '<title>nginx-livekit demo</title>' >/dev/null || fail "no page"
    say "ok - the page"
    expect "stranger" "$(ask stranger)" 403
    expect "student" "$(ask student)" 200
    expect "teacher" "$(ask teacher)" 200

    if [ $livekit = true ]; then
        token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' answer.json)
        expect "livekit-server takes the teacher's token" \
            "$(curl -sS -H "Authorization: Bearer $token" "$web/rtc/validate")" success
    fi
    rm -f answer.json ./*.jar
}

serve() {
    cat <<EOF

Open in one browser (two names of this machine, so two sessions):

  as the teacher    $web/signin/teacher
  as the student    http://localhost:$PORT/signin/student

Both join the room "demo", each with a token that nginx made from the session
cookie and the room's entry in Redis.  More to try:

  a stranger        $web/signin/stranger
  Redis is away     kill -STOP $(cat redis.pid), and kill -CONT $(cat redis.pid) again
  what was decided  tail -f $PWD/access.log

Ctrl-C ends all of it.
EOF

    while :; do
        for pid in $pids; do
            kill -0 "$pid" 2>/dev/null || fail "a server ended; its log is in $PWD"
        done
        sleep 1 &
        wait $!
    done
}


case $mode in
    serve|--check) ;;
    *) fail "usage: run.sh [--check]" ;;
esac

prepare
say "nginx-livekit demo"
say
start_redis
start_livekit
start_nginx

if [ "$mode" = --check ]; then
    check
else
    serve
fi
