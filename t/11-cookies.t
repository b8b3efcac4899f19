# Cookies as next-auth, Auth.js and jose themselves made them, and what must
# not be taken for one: t/vectors/sessions/*.json, each of them through nginx.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

use Encode qw(encode_utf8);
use JSON::PP ();

my %preset = (
    'next-auth-v4' => 'next-auth',
    'authjs-v5'    => 'authjs',
    'jwt-hs256'    => 'jwt',
);

my $spec = '';
my $n = 0;

for my $file (sort keys %preset) {
    my @vectors = @{ read_json("$LiveKitTest::root/t/vectors/sessions/$file.json") };

    for my $expect (qw(accept reject)) {
        ok((grep { $_->{expect} eq $expect } @vectors), "there are $file cookies to $expect");
    }

    # those with the same secret use the same nginx

    for my $v (sort { secrets($a) cmp secrets($b) } @vectors) {
        $spec .= block(++$n, $preset{$file}, $v);
    }

    my ($basic) = grep { $_->{id} =~ /basic$/ } @vectors;
    $spec .= token(++$n, $preset{$file}, $basic);
}

write_policy(<<'_EOC_', 'everybody.json');
{ "version": 1, "roles": { "guest": { "grants": { "canSubscribe": true } } }, "default_role": "guest" }
_EOC_

spec_string($spec);
no_long_string();
share_nginx();
run_tests();


sub block {
    my ($n, $preset, $v) = @_;

    my $title = "$preset $v->{id}: " . encode_utf8($v->{reason});
    my $expect = $v->{expect} eq 'accept' ? accepted($v->{claims}) : "--- answer: 401\n";

    return <<"_EOC_";
=== TEST $n: $title
--- http_config
    large_client_header_buffers 4 64k;
--- config
    location = /me {
        ${\ session($preset, $v)}
        livekit_check session;
    }
--- request
GET /me
--- suppress_stderr
--- more_headers eval
${\ header($v)}
$expect

_EOC_
}


# The whole way, from the cookie to a token

sub token {
    my ($n, $preset, $v) = @_;

    return <<"_EOC_";
=== TEST $n: with the session of $preset its user gets a token
--- http_config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy \$TEST_NGINX_DIR/everybody.json;
    livekit_access off;
--- config
    location = /token {
        ${\ session($preset, $v)}
        livekit_token;
    }
--- request
GET /token?roomName=math
--- more_headers eval
${\ header($v)}
--- response_body_filters eval
::pick("sub", "name", "video.room")
--- response_body
$v->{claims}{sub} $v->{claims}{name} math

_EOC_
}


sub session {
    my ($preset, $v) = @_;

    my $cookie = $preset eq 'jwt' ? " cookie=$v->{cookie_name}" : '';

    return "livekit_session $preset" . secrets($v) . "$cookie email_unverified;";
}


# The header as text that an eval section does not look into

sub header {
    my $v = shift;

    return "'Cookie: " . encode_utf8($v->{cookie_header}) =~ s/([\\'])/\\$1/gr . "'";
}


sub secrets {
    my $v = shift;

    my $secrets = $v->{secret} // $v->{keys}{secret};

    return encode_utf8(join '', map { qq( "secret=$_") } ref $secrets ? @$secrets : $secrets);
}


# The identity is the first of these that is there.

sub accepted {
    my $claims = shift;

    my $user = $claims->{user} // {};
    my ($identity) = grep { defined } $claims->{sub}, $user->{sub}, $user->{id},
                                      $claims->{id}, $claims->{email};

    return "--- error_code: 204\n--- response_headers\nX-LiveKit-Identity: "
           . encode_utf8($identity) . "\n";
}


sub read_json {
    my $name = shift;

    open my $fh, '<', $name or die "$name: $!";
    local $/;

    return JSON::PP::decode_json(scalar <$fh>);
}
