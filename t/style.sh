#!/bin/sh
# The form of the source, as far as a script can see it.

cd "$(dirname "$0")/.." || exit 1

files=$(git ls-files 'src/*.[ch]' 'src/redis/*.[ch]' 'lib/*.[ch]' 2>/dev/null)
[ -n "$files" ] || files=$(ls src/*.[ch] src/redis/*.[ch] lib/*.[ch] lib/cli/*.[ch])
n=0
failed=0

check() {
    n=$((n + 1))

    if [ -z "$2" ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        echo "$2" | sed 's/^/#   /' | head -20
        failed=$((failed + 1))
    fi
}

# what awk prints is at fault
look() { awk "$1" $files; }

check "lines have at most 80 columns" \
    "$(look 'length > 80 { print FILENAME ":" FNR }')"

check "no tabs and no blanks at the end of a line" \
    "$(grep -nP '\t| +$' $files)"

check "no // comments" \
    "$(grep -nP '^\s*//|[;{}]\s*//' $files)"

check "no file over 500 lines, and the one header that is installed not over 1000" \
    "$(for f in $files; do l=$(wc -l < "$f"); m=500; [ "$f" = lib/lkgrant.h ] && m=1000
       [ "$l" -le $m ] || echo "$f: $l"; done)"

check "no function over 100 lines" \
    "$(look 'FNR == 1 { s = 0 } /^\{/ { s = FNR }
             /^\}/ { if (s && FNR - s > 100) print FILENAME ":" s; s = 0 }')"

check "two blank lines before a function in src/" \
    "$(awk 'FNR == 1 { b = c = 0 }
            /^$/ { b++; next }
            /^(static )?[a-z_]+[a-z_ ]*( \*+)?$/ && !/^(else|do)$/ {
                if (b == 1 && !c) print FILENAME ":" FNR }
            { c = /\*\/$/ ; b = 0 }' $(echo "$files" | grep '^src/.*\.c$'))"

check "src/ allocates from pools and prints through nginx" \
    "$(grep -nE '[^_a-z](malloc|calloc|realloc|printf|strlen|memcpy|sprintf) *\(' \
        $(echo "$files" | grep '^src/'))"

check "nothing names a place of one machine" \
    "$(git grep -nIE '(/ro[o]t/|/ho[m]e/[a-z])' -- . \
        ':!*package-lock.json' ':!t/style.sh' 2>/dev/null)"

echo "1..$n"
[ $failed = 0 ]
