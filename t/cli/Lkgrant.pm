package Lkgrant;

# What the tests of the command-line tool share: they run it, and look at what
# it says.  LKGRANT names the tool; by default it is build/lkgrant.

use strict;
use warnings;

use Digest::SHA qw/hmac_sha256/;
use Exporter qw/import/;
use File::Temp qw/tempdir/;
use FindBin;
use JSON::PP;
use MIME::Base64 qw/encode_base64url decode_base64url/;
use POSIX ();
use Test::More;

our @EXPORT = qw/$dir $err $now $out json read_file run signed spawn vector
                 verified write_file/;

our ($out, $err);
our $dir = tempdir(CLEANUP => 1);

# Times are given to the tool, so that no test depends on the clock.

our $now = 1_800_000_000;       # 2027-01-15T08:00:00Z

my $lkgrant = $ENV{LKGRANT} || 'build/lkgrant';
my $main = $$;
my @children;

delete $ENV{LKGRANT_REDIS};


# Runs the tool; the last argument may be a reference to its standard input.
# Returns the exit status and sets $out and $err.

sub run
{
    my @args = @_;
    my $input = ref $args[-1] ? ${ pop @args } : '';

    write_file('stdin', $input);

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', "$dir/stdin" or POSIX::_exit(126);
        open STDOUT, '>', "$dir/stdout" or POSIX::_exit(126);
        open STDERR, '>', "$dir/stderr" or POSIX::_exit(126);
        { no warnings; exec { $lkgrant } 'lkgrant', @args }
        POSIX::_exit(127);
    }

    waitpid $pid, 0;
    ($out, $err) = (read_file("$dir/stdout"), read_file("$dir/stderr"));

    die "$lkgrant cannot be run\n" if $? >> 8 == 127;

    return $? & 127 ? "signal " . ($? & 127) : $? >> 8;
}


sub json
{
    return JSON::PP->new->utf8->decode($out);
}


# Claims of a token whose HS256 signature another implementation verified.

sub verified
{
    my ($token, $key) = @_;

    chomp $token;
    my ($header, $claims, $signature) = split /\./, $token;

    is(encode_base64url(hmac_sha256("$header.$claims", $key)), $signature,
       'signature');
    is(decode_json(decode_base64url($header))->{alg}, 'HS256', 'HS256');

    return decode_json(decode_base64url($claims));
}


sub signed
{
    my ($claims, $key) = @_;

    my $text = join '.', map { encode_base64url(encode_json($_)) }
        { alg => 'HS256', typ => 'JWT' }, $claims;

    return "$text." . encode_base64url(hmac_sha256($text, $key));
}


sub write_file
{
    my ($name, $text, $mode) = @_;

    open my $f, '>', "$dir/$name" or die "$dir/$name: $!";
    print $f $text;
    close $f or die "$dir/$name: $!";
    chmod $mode, "$dir/$name" if defined $mode;

    return "$dir/$name";
}


sub read_file
{
    my ($path) = @_;

    open my $f, '<', $path or die "$path: $!";
    local $/;

    return scalar(<$f>) // '';
}


# One of the sessions that the real libraries made.

sub vector
{
    my ($file, $id) = @_;

    my $all = decode_json(read_file(
        "$FindBin::Bin/../vectors/sessions/$file.json"));

    return (grep { $_->{id} eq $id } @$all)[0];
}


# Runs a sub in a process of its own, which ends with the test.

sub spawn
{
    my ($run) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $run->();
        POSIX::_exit(127);
    }

    push @children, $pid;

    return $pid;
}


END {
    if ($$ == $main) {
        my $status = $?;
        kill 'TERM', @children;
        waitpid $_, 0 for @children;
        $? = $status;
    }
}

1;
