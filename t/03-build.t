#!/usr/bin/perl

# What the build makes: the library offers exactly what lkgrant.h declares,
# and the module shows nothing of it to the rest of nginx.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

my $build = $ENV{BUILD} || 'build';
my $dir = tempdir(CLEANUP => 1);

sub slurp { local (@ARGV, $/) = @_; return scalar <> }

sub symbols {
    return sort map { /\b[TDBR] (\w+)/ ? $1 : () }
        grep { !/ [a-z] / } `nm -D --defined-only $_[0]`;
}

my $header = slurp('lib/lkgrant.h');
$header =~ s{/\*.*?\*/}{}gs;

my @declared = sort $header =~ /^LKG_API[^;]*?\b(lkg_\w+)\(/gm;

cmp_ok(scalar @declared, '>', 30, 'lkgrant.h declares functions');

is_deeply([ grep { $_ ne 'LKGRANT_0' } symbols("$build/liblkgrant.so") ],
    \@declared, 'liblkgrant.so offers these and no others');

like(`readelf -d $build/liblkgrant.so`, qr/SONAME.*\[liblkgrant\.so\.0\]/,
    'its SONAME is liblkgrant.so.0');

like(`nm -D $build/liblkgrant.so`, qr/lkg_decide\@\@LKGRANT_0\.1/,
    'its symbols have a version');

is_deeply([ grep { !/^ngx_/ } symbols("$build/ngx_http_livekit_module.so") ],
    [], 'the module shows nothing but its own names');

is(`nm -D $build/liblkgrant.so | grep -cE ' U (socket|connect|time|clock_gettime|gettimeofday|syslog|printf|fprintf|getenv)(\@|\$)'`,
    "0\n", 'the library neither reads a clock nor does I/O');

my ($version) = slurp('lib/lkgrant.h') =~ /define LKG_VERSION\s+"(.*?)"/;

like(slurp("$build/lkgrant.pc"), qr/^Version: \Q$version\E$/m,
    'lkgrant.pc tells the version');

# The header serves C, in the strictest form, and C++.

for my $lang ([ 'c', 'cc -std=c99 -pedantic' ], [ 'cc', 'c++ -pedantic' ]) {
    my ($ext, $cc) = @$lang;
    my $compiler = (split ' ', $cc)[0];

    open my $fh, '>', "$dir/t.$ext" or die $!;
    print $fh <<'_EOC_';
#include <lkgrant.h>
int main(void)
{
    lkg_ask  ask = LKG_ASK_INIT;
    return ask.size == sizeof(lkg_ask) && lkg_version()[0] ? 0 : 1;
}
_EOC_
    close $fh;

    my $out = `$cc -Wall -Wextra -Werror -Ilib -o $dir/t.$ext.bin $dir/t.$ext -L$build -llkgrant -Wl,-rpath,$build 2>&1`;
    is($out, '', "lkgrant.h compiles without a warning: $cc");
    is(system("$dir/t.$ext.bin"), 0, "and the program runs");
}

done_testing();
