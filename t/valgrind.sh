#!/bin/sh
#
# The unit tests and the Test::Nginx suites under valgrind's memcheck.
# Whatever it reports is a failure.
#
#   t/valgrind.sh [suite.t ...]    all suites by default
#
#   BUILD=build        where the module and the unit tests are
#   LIVEKIT_SLOW=8     how much more time all may take

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

[ $# -gt 0 ] || set -- t/*.t

build=$(cd "${BUILD:-build}" && pwd)
reports=$build/valgrind
rm -rf "$reports"
mkdir "$reports"

memcheck="valgrind -q --leak-check=full --show-leak-kinds=definite
          --errors-for-leak-kinds=definite --num-callers=40
          --gen-suppressions=all --suppressions=$root/t/valgrind.suppress"
memcheck=$(echo $memcheck)

echo "+ unit tests"
unit=
for source in t/unit/*_test.c; do
    unit="$unit $build/unit/$(basename "$source" .c)"
done

status=0
prove -e "$memcheck --error-exitcode=99" $unit || status=$?

nginx=$(command -v "${TEST_NGINX_BINARY:-nginx}" || echo /usr/sbin/nginx)
export TEST_NGINX_BINARY="$reports/nginx"

cat > "$TEST_NGINX_BINARY" <<EOS
#!/bin/sh
case " \$* " in *" -V "*|*" -v "*) exec $nginx "\$@" ;; esac
exec $memcheck --log-file=$reports/%p.log $nginx "\$@"
EOS
chmod +x "$TEST_NGINX_BINARY"

export TEST_NGINX_LOAD_MODULES="${TEST_NGINX_LOAD_MODULES:-$build/ngx_http_livekit_module.so}"
export TEST_NGINX_SERVROOT="${TEST_NGINX_SERVROOT:-$reports/servroot}"
export TEST_NGINX_TIMEOUT="${TEST_NGINX_TIMEOUT:-60}"
export LIVEKIT_SLOW="${LIVEKIT_SLOW:-8}"

echo "+ suites"
prove "$@" || status=$?

for report in "$reports"/*.log; do
    [ -s "$report" ] || continue
    echo "+ $report" >&2
    cat "$report" >&2
    status=1
done

exit $status
