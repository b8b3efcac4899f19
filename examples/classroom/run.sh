#!/bin/sh
#
# The classroom: nginx with the module, Next.js, livekit-server, an egress
# worker and two Redis servers, on loopback, until Ctrl-C.  Everything it
# makes is in build/classroom/.  "make classroom" installs what it needs.
#
# PORT (8080), NEXT_PORT (3000), LIVEKIT_PORT (7880) and LIVEKIT_UDP_PORT
# (7882) are the ports, CLASSROOM_PASSWORD is everybody's password,
# CLASSROOM_DIR another directory, CLIENT_CONFIG another configuration for the
# browser, NGINX another nginx.
#
# A server that dies is started again, unless there is a file NAME.down.

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)

: "${PORT:=8080}" "${NEXT_PORT:=3000}" "${LIVEKIT_PORT:=7880}" "${LIVEKIT_UDP_PORT:=7882}"
: "${BUILD:=$root/build}" "${CLASSROOM_DIR:=$BUILD/classroom}"
: "${CLIENT_CONFIG:=$here/client-config.json}" "${CLASSROOM_PASSWORD:=}"

mkdir -p "$BUILD" "$CLASSROOM_DIR"
BUILD=$(cd "$BUILD" && pwd -P)
CLASSROOM_DIR=$(cd "$CLASSROOM_DIR" && pwd -P)

PATH=$BUILD:$BUILD/e2e/bin:$PATH:/usr/sbin:/sbin
nginx=${NGINX:-nginx}
unset NGINX                     # nginx would take it for inherited sockets

web=http://127.0.0.1:$PORT
servers="redis bus livekit egress next nginx"
started=


say() { printf '%s\n' "$*"; }
fail() { printf 'classroom: %s\n' "$*" >&2; exit 1; }

alive() { kill -0 "$(cat "$1.pid" 2>/dev/null)" 2>/dev/null; }


# Whatever ends this script ends the servers, the last one first.
stop_all() {
    trap '' INT TERM HUP
    cd "$CLASSROOM_DIR"
    for name in $started; do
        pid=$(cat "$name.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || continue
        kill -CONT "$pid" 2>/dev/null || :
        i=0
        while kill -0 "$pid" 2>/dev/null; do
            i=$((i + 1))
            # livekit-server waits for its guests until it is told twice
            case $i in 5) kill "$pid" ;; 30) kill -KILL "$pid" ;; esac 2>/dev/null || :
            sleep 0.1
        done
    done
    rm -f ./*.sock ./*.pid
}

trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP


# begin NAME: starts it in the background, its output in NAME.log
begin() {
    case $1 in
        redis)
            rm -f redis.sock
            # what it holds is there again when it was killed
            run redis redis-server --port 0 --unixsocket "$PWD/redis.sock" --unixsocketperm 700 \
                --save '' --appendonly yes --dir "$PWD/facts" --daemonize no ;;
        bus)
            rm -f bus.sock
            run bus redis-server --port 0 --unixsocket "$PWD/bus.sock" --unixsocketperm 700 \
                --save '' --appendonly no --dir "$PWD" --daemonize no ;;
        livekit)
            run livekit livekit-server --config livekit.yaml --key-file livekit.keys ;;
        egress)
            run egress egress -redis "$PWD/bus.sock" -dir "$PWD" ;;
        next)
            # AUTH_TRUST_HOST: nginx says which of its names was asked for
            run next env -u NEXTAUTH_URL NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 \
                AUTH_TRUST_HOST=true NEXTAUTH_SECRET="$(cat nextauth.secret)" \
                CLASSROOM_PASSWORD="$CLASSROOM_PASSWORD" \
                node "$here/node_modules/next/dist/bin/next" start \
                    --hostname 127.0.0.1 --port "$NEXT_PORT" "$here" ;;
        nginx)
            set -- -p "$PWD" -c "$PWD/nginx.conf" -e error.log
            # the workers of root's nginx would not be let into this directory
            [ "$(id -u)" != 0 ] || set -- "$@" -g 'user root;'
            run nginx "$nginx" "$@" ;;
    esac
}

run() {
    name=$1; shift
    "$@" >>"$name.log" 2>&1 </dev/null &
    say "$!" >"$name.pid"
    case " $started " in *" $name "*) ;; *) started="$name $started" ;; esac
}

is_ready() {
    case $1 in
        redis|bus)  [ "$(redis-cli -s "$1.sock" ping)" = PONG ] ;;
        livekit)    curl -fsS "http://127.0.0.1:$LIVEKIT_PORT/" ;;
        egress)     grep ready egress.log ;;
        next)       curl -fsS "http://127.0.0.1:$NEXT_PORT/api/auth/csrf" ;;
        nginx)      curl -fsS "$web/api/config" ;;
    esac >/dev/null 2>&1
}

wait_for() {
    i=0
    until is_ready "$1"; do
        i=$((i + 1))
        if ! alive "$1" || [ $i -gt 600 ]; then
            tail -n 5 "$1.log" >&2
            fail "$1 did not start; its log is in $PWD"
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

random() { od -An -N "$1" -t x1 /dev/urandom | tr -d ' \n'; }


prepare() {
    [ -e "$BUILD/ngx_http_livekit_module.so" ] || fail "the module is not built; run make classroom"
    [ -e "$here/.next/BUILD_ID" ] || fail "the application is not built; run make classroom"
    for tool in "$nginx" redis-server redis-cli curl node lkgrant livekit-server egress; do
        command -v "$tool" >/dev/null || fail "$tool is missing; run make classroom"
    done

    umask 077
    cd "$CLASSROOM_DIR"
    [ ${#PWD} -lt 90 ] || fail "the path of $PWD is too long for a unix socket; set CLASSROOM_DIR"
    ! alive nginx || fail "the classroom runs already in $PWD"
    [ -e .classroom ] || [ -z "$(ls -A)" ] || fail "$PWD holds something else; set CLASSROOM_DIR"
    free "$PORT" PORT
    free "$NEXT_PORT" NEXT_PORT
    free "$LIVEKIT_PORT" LIVEKIT_PORT

    rm -rf temp modules static facts recordings ./*.log ./*.down ./*.pid ./*.sock
    : >.classroom
    mkdir -p temp modules facts
    ln -s "$BUILD/ngx_http_livekit_module.so" modules/
    ln -s "$here/.next/static" static

    random 32 >nextauth.secret
    random 32 >livekit.secret
    say "classroom: $(cat livekit.secret)" >livekit.keys
    [ -n "$CLASSROOM_PASSWORD" ] || CLASSROOM_PASSWORD=$(random 4)

    cp "$here/policy.json" policy.json
    cp "$CLIENT_CONFIG" client-config.json
    sed -e "s|unix:/run/redis/redis.sock|unix:$PWD/redis.sock|" \
        -e "s|127\.0\.0\.1:8080|127.0.0.1:$PORT|g" \
        -e "s|127\.0\.0\.1:3000|127.0.0.1:$NEXT_PORT|g" \
        -e "s|127\.0\.0\.1:7880|127.0.0.1:$LIVEKIT_PORT|g" \
        "$here/nginx.conf" >nginx.conf
    { sed -e "s|7880|$LIVEKIT_PORT|" -e "s|7882|$LIVEKIT_UDP_PORT|" "$root/t/e2e/livekit.yaml"
      say
      say "redis:"
      say "  address: $PWD/bus.sock"
      say "webhook:"
      say "  api_key: classroom"
      say "  urls: [\"$web/hooks/livekit\"]"
    } >livekit.yaml
}

# member USER ROLE ROOM ...: as an application would write it
member() {
    user=$1 role=$2; shift 2
    for room; do
        lkgrant room add "$room" "$user" "$role" --redis "unix:$PWD/redis.sock" >/dev/null
    done
}

start_all() {
    for server in $servers; do
        begin "$server"
        wait_for "$server"
        if [ "$server" = redis ]; then
            member u-tess teacher math-101 physics
            member u-stu student math-101 physics
            member u-mia student math-101
        fi
    done
}

serve() {
    cat <<EOF
The classroom is open.  Two names of this machine are two sessions in one
browser:

  teacher   $web/rooms/math-101
            user tess, password $CLASSROOM_PASSWORD
  student   http://localhost:$PORT/rooms/math-101
            user stu (or mia, or sam, who is in no room), the same password

More to try, from another terminal in $PWD:

  LiveKit dies              kill -KILL \$(cat livekit.pid)   it comes back, and so does the call
  Redis is away             kill -STOP \$(cat redis.pid)     and -CONT; the call goes on
  new nginx configuration   kill -HUP \$(cat nginx.pid)      nobody notices
  what was decided          tail -f access.log

Ctrl-C ends all of it.
EOF

    while :; do
        for server in $servers; do
            if ! alive "$server" && [ ! -e "$server.down" ]; then
                say "$server ended and is started again" >>classroom.log
                begin "$server"
            fi
        done
        sleep 1 &
        wait $!
    done
}


prepare
start_all
serve
