#!/usr/bin/perl

# What a fuzz target begins with: t/fuzz/seeds.pl TARGET DIR puts into DIR
# what t/vectors and examples have for it, in the form that it reads.

use strict;
use warnings;

use Encode ();
use JSON::PP ();

my ($target, $dir) = @ARGV;

my $json = JSON::PP->new->canonical->utf8;
my $n = 0;

my %seeds = (
    lkg_session_fuzz => sub {
        my @vectors = map { @{ read_json($_) } } grep { !/keys/ } glob 't/vectors/sessions/*.json';
        my $kinds = () = slurp('t/fuzz/lkg_session_fuzz.c') =~ /^    \{ "[a-z0-9-]+", \{/mg;

        # header lines; claims; values that are kept elsewhere; keys

        for my $v (@vectors) {
            my $kind = $n % $kinds;
            my $cookie = $v->{cookie} // $v->{cookie_header};

            seed(chr($kind) . Encode::encode_utf8($cookie)) if $cookie && length $cookie < 6000;
            seed(chr($kinds + $kind) . $json->encode($v->{claims})) if ref $v->{claims};
            seed(chr(3 * $kinds + $kind) . Encode::encode_utf8($_))
                for grep { defined } @{ $v->{values} // [] }, values %{ $v->{redis} // {} };
            seed(chr($_->[0] eq 'jwks' ? 4 * $kinds : 5 * $kinds) . $_->[1])
                for grep { $_->[0] =~ /^(jwks|key)$/ } @{ $v->{params} // [] };
        }
    },
    lkg_json_fuzz => sub {
        for my $v (map { @{ read_json($_) } } grep { !/keys/ } glob 't/vectors/sessions/*.json') {
            seed($json->encode($v->{claims})) if ref $v->{claims};
            seed(Encode::encode_utf8($_)) for grep { defined } values %{ $v->{redis} // {} };
        }
        seed(slurp($_)) for glob 'examples/*.json';

        # where two readers of JSON are likeliest to differ

        seed($_) for '-0', '-0.0', '1e5', '1E+05', '1.5e-3', '1e400', '01', '1.', '.5', '+1',
            '9223372036854775807', '-9223372036854775808', '9223372036854775808',
            '"\ud83c\udf89"', '"\ud83c"', '"\u0000"', '"\/\b\f"', "\"\xed\xa0\x80\"",
            "\"\xf4\x90\x80\x80\"", "\"\xc0\xaf\"", "\"\x7f\"", "\xef\xbb\xbf{}",
            '{"a":1,"\u0061":2}', '[[[[[[]]]]]]', '[1,]', '{"a":1,}', " \t\r\n[\x0b]";
    },
    lkg_policy_fuzz => sub { seed(slurp($_)) for glob 'examples/policy*.json' },
    lkg_token_fuzz => sub {
        seed(chr(0) . $_->{token}) for grep { $_->{token} } @{ read_json('t/vectors/livekit-tokens.json')->{cases} };
    },
    lkg_webhook_fuzz => sub {
        my $all = slurp('t/vectors/webhooks.json');
        seed($json->encode($_)) for objects($json->decode($all));
    },
    lkg_access_fuzz => sub {
        for my $value ('student', 'student;exp=1800000100', '0', '1800000001', 'open', 'closed', '1', 'false') {
            my $none = join '', map { chr($_) . chr(255) } grep { $_ != 1 } 0 .. 3;

            seed($none . chr($_) . chr(length $value) . $value) for 0 .. 7;
        }
    },
);

($seeds{$target} // sub { })->();


sub seed {
    open my $fh, '>:raw', sprintf '%s/seed-%04d', $dir, $n++ or die "$dir: $!";
    print $fh shift;
    close $fh;
}


# Every object in it, of any depth

sub objects {
    my $value = shift;

    return ref $value eq 'HASH' ? ($value, map { objects($_) } values %$value)
         : ref $value eq 'ARRAY' ? map { objects($_) } @$value : ();
}


sub read_json { return $json->decode(slurp(shift)) }


sub slurp {
    my $name = shift;

    open my $fh, '<:raw', $name or die "$name: $!";
    local $/;

    return scalar <$fh>;
}
