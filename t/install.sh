#!/bin/sh
# Installs what building and testing nginx-livekit needs on a Debian machine.
# It says what it does, and does only what is still missing.
#
#   t/install.sh build        compiler, nginx, libraries
#   t/install.sh test         that, and redis-server, valgrind, Test::Nginx

set -eu

what=${1:-test}

build="gcc make pkg-config libc6-dev nginx nginx-dev libssl-dev libjwt-dev
       libhiredis-dev libjansson-dev"

tests="g++ redis-server redis-tools perl curl openssl procps python3 valgrind
       libtest-base-perl libtext-diff-perl libtest-longstring-perl
       libfilter-perl libipc-run-perl
       liblist-moreutils-perl liburi-perl libwww-perl libhttp-message-perl
       ca-certificates"

packages=$build
[ "$what" = test ] && packages="$packages $tests"

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "t/install.sh: not root and no sudo; please run as root: $*" >&2
        exit 1
    fi
}

if ! command -v apt-get >/dev/null 2>&1; then
    echo "t/install.sh: no apt-get here; install by hand:" $packages >&2
    exit 1
fi

dir=
policy=
trap '[ -z "$dir" ] || rm -rf "$dir"; [ -z "$policy" ] || as_root rm -f "$policy"' EXIT

missing=
for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' \
        || missing="$missing $p"
done

if [ -n "$missing" ]; then
    echo "+ apt-get install$missing"
    as_root apt-get update -q >/dev/null

    # Debian starts what it installs; these servers are started by the tests.
    if [ ! -e /usr/sbin/policy-rc.d ] && [ -d /usr/sbin ]; then
        printf '#!/bin/sh\nexit 101\n' > "${TMPDIR:-/tmp}/policy-rc.d.$$"
        as_root install -m 755 "${TMPDIR:-/tmp}/policy-rc.d.$$" /usr/sbin/policy-rc.d
        rm -f "${TMPDIR:-/tmp}/policy-rc.d.$$"
        policy=/usr/sbin/policy-rc.d
    fi

    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing >/dev/null
fi

[ "$what" = test ] || exit 0

# Test::Nginx is packaged in Debian sid only.  It is plain Perl, so that one
# package is fetched, from the mirror that this machine uses, and unpacked
# where the suites look for it; the machine's own packages stay as they are.

perl5=$(cd "$(dirname "$0")/.." && pwd -P)/build/perl5

if ! perl -I"$perl5" -MTest::Nginx::Socket -e 1 2>/dev/null; then
    echo "+ libtest-nginx-perl, that one package from Debian sid, in build/perl5"

    dir=$(mktemp -d)
    chmod 755 "$dir"
    mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$perl5"

    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' \
             | awk '$2 !~ /security|updates/ { print $1; exit }')
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg

    echo "deb [signed-by=$keyring] $mirror sid main" > "$dir/sources.list"

    apt="-o Dir::Etc::SourceList=$dir/sources.list
         -o Dir::Etc::SourceParts=/dev/null
         -o Dir::State::Lists=$dir/lists -o Dir::Cache=$dir
         -o APT::Sandbox::User=root"

    apt-get $apt update -q >/dev/null
    (cd "$dir" && apt-get $apt download libtest-nginx-perl >/dev/null)
    dpkg-deb -x "$dir"/libtest-nginx-perl_*.deb "$dir/package"
    cp -R "$dir"/package/usr/share/perl5/. "$perl5"

    perl -I"$perl5" -MTest::Nginx::Socket -e 1
fi
