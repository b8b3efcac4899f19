# Sessions signed with a private key, of which nginx has the public one: in
# PEM (key=) or as a JWK set (jwks=), which is read again when it changes.
# The keys are made here, and the tokens signed, by openssl.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

use Digest::SHA ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64);

our $Dir = $LiveKitTest::dir;

my $json = JSON::PP->new->canonical->utf8;

my %make = (
    rsa => '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
    ec  => '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    ed  => '-algorithm ED25519',
);

my %alg = (rsa => 'RS256', ec => 'ES256', ed => 'EdDSA');

our %Pem = map { $_ => key_pair($_) } qw(rsa1 rsa2 ec1 ec2 ed1 ed2);

write_file('all.json', jwks(qw(rsa1 rsa2 ec1 ed1)));
write_file('vectors.json', $json->encode(vector_keys()->{jwks}));
write_file('vectors.pem', vector_keys()->{rs256_public_pem});

add_block_preprocessor(sub {
    my $block = shift;

    return if defined $block->must_die;

    if (!defined $block->http_config) {
        $block->set_value(http_config => $LiveKitTest::HttpConfig =~ s/livekit_session .*//r
                                         . '    large_client_header_buffers 4 64k;');
    }

    # "/rs key=... more" in the section "sessions" is a location that asks for it

    my $config = $block->config // '';

    for (split /\n/, $block->sessions // '') {
        my ($uri, $line) = split ' ', $_, 2;
        $config .= "location = $uri { livekit_check session; livekit_session $line; }\n";
    }

    $block->set_value(config => $config =~ s/DIR/$Dir/gr);
});


# A pair of keys, in the files <name>.key and <name>.pem: the public one's text

sub key_pair {
    my $name = shift;

    my ($type) = $name =~ /^([a-z]+)/;

    system("openssl genpkey $make{$type} -out $Dir/$name.key 2>$Dir/openssl.log") == 0
        && system("openssl pkey -in $Dir/$name.key -pubout -out $Dir/$name.pem") == 0
        or die 'openssl: ' . LiveKitStory::slurp("$Dir/openssl.log");

    chmod 0644, "$Dir/$name.pem";

    return LiveKitStory::slurp("$Dir/$name.pem");
}


# The same as a JWK, made of the bytes that openssl shows

sub jwk {
    my ($name, %more) = @_;

    my ($type) = $name =~ /^([a-z]+)/;
    my $der = decode_base64($Pem{$name} =~ s/-----.*?-----//gr);
    my %jwk = (kid => $name, alg => $alg{$type}, use => 'sig', %more);

    if ($type eq 'rsa') {
        my ($n) = `openssl pkey -pubin -in $Dir/$name.pem -noout -text` =~ /Modulus:\s*([0-9a-f:\s]+)/;
        $n =~ s/[:\s]//g;
        %jwk = (%jwk, kty => 'RSA', e => 'AQAB', n => base64url(pack 'H*', $n =~ s/^00//r));

    } elsif ($type eq 'ec') {
        %jwk = (%jwk, kty => 'EC', crv => 'P-256', x => base64url(substr $der, -64, 32),
                y => base64url(substr $der, -32));

    } else {
        %jwk = (%jwk, kty => 'OKP', crv => 'Ed25519', x => base64url(substr $der, -32));
    }

    return \%jwk;
}

sub jwks { return $json->encode({ keys => [ map { ref $_ ? $_ : jwk($_) } @_ ] }) }


# A token that this key signed: its kid and alg are the key's unless given

sub signed {
    my ($name, $header, %claims) = @_;

    my ($type) = $name =~ /^([a-z]+)/;
    my %header = (alg => $alg{$type}, kid => $name, typ => 'JWT', %{ $header // {} });

    delete $header{$_} for grep { !defined $header{$_} } keys %header;

    my $input = base64url($json->encode(\%header)) . '.'
                . base64url($json->encode({ sub => 'u1', exp => time + 3600, %claims }));

    write_file('input', $input);

    my $signature = $type eq 'ed'
        ? `openssl pkeyutl -sign -rawin -inkey $Dir/$name.key -in $Dir/input`
        : `openssl dgst -sha256 -sign $Dir/$name.key $Dir/input`;

    return "$input." . base64url($type eq 'ec' ? flat($signature) : $signature);
}


# The two numbers of an ECDSA signature, which openssl gives in DER

sub flat {
    my $der = shift;

    my (undef, undef, $r, $s) = unpack 'CCxC/ax C/a', $der;

    return join '', map { substr "\0" x 32 . $_, -32 } $r, $s;
}


# A token with this text as the key of its HMAC

sub hmac {
    my ($with, %header) = @_;
    return LiveKitTest::jwt(sub => 'u1', _secret => $with, _header => $json->encode({ alg => 'HS256', %header }));
}

sub who {
    my ($uri, $token, $name) = @_;

    my $a = LiveKitStory::ask("GET $uri", headers => ['Cookie: ' . ($name // 'session') . "=$token"]);

    return $a->header('X-LiveKit-Identity') // "$a";
}


# What the libraries themselves made

sub vector_keys { return $json->decode(LiveKitStory::slurp("$LiveKitTest::root/t/vectors/sessions/signed-jwt-keys.json")) }

sub vectors {
    my $name = shift;
    return @{ $json->decode(LiveKitStory::slurp("$LiveKitTest::root/t/vectors/sessions/$name.json")) };
}

sub vector_line {
    my $v = shift;

    my %preset = (clerk => 'clerk', pem => 'clerk', firebase => 'firebase project=my-proj',
                  supabase => 'supabase ref=abcdefghijklmnop');

    my $line = $preset{ $v->{preset} } // 'jwt alg=' . join ',', @{ $v->{algorithms} };

    $line .= " cookie=$v->{cookie_name}" if $line =~ /^jwt/;
    $line .= $v->{keys}{secret} ? " secret=$v->{keys}{secret}"
             : $v->{keys}{pem} ? ' key=DIR/vectors.pem' : ' jwks=DIR/vectors.json';

    if ($line !~ /^firebase/) {
        $line .= " iss=$v->{issuer}" if $v->{issuer};
        $line .= " azp=$_" for @{ $v->{authorized_parties} // [] };
    }

    return "/$v->{id} $line\n";
}

sub vector_answer {
    my $v = shift;

    my $a = LiveKitStory::ask("GET /$v->{id}", headers => ["Cookie: $v->{cookie_header}"]);

    return "$v->{id}: " . ($a->header('X-LiveKit-Identity') // "$a");
}

sub vector_expect {
    my $v = shift;
    return "$v->{id}: " . ($v->{expect} eq 'accept' ? $v->{claims}{sub} : 401) . "\n";
}


# A Supabase cookie with this access token in it

sub supabase {
    my ($token, %with) = @_;

    my $text = $json->encode({ access_token => $token, token_type => 'bearer', refresh_token => 'r',
                               user => { id => 'somebody-else' }, %{ $with{more} // {} } });

    return $with{raw} ? $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger : 'base64-' . base64url($text);
}


# Writes the file of a JWK set as a program would that is careful

sub replace {
    my ($name, $text) = @_;

    write_file("$name.new", $text);
    rename "$Dir/$name.new", "$Dir/$name" or die "$name: $!";
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: tokens that a key signed, and a key in PEM
--- sessions
/rs jwt cookie=session key=DIR/rsa1.pem
/es jwt cookie=session key=DIR/ec1.pem
/ed jwt cookie=session key=DIR/ed1.pem
/two jwt cookie=session key=DIR/rsa1.pem key=DIR/rsa2.pem
/mixed jwt cookie=session key=DIR/rsa1.pem key=DIR/ec1.pem key=DIR/ed1.pem
--- story
map { my ($uri, @names) = split ' '; "$uri: " . join ' ', map { ::who($uri, ::signed($_)) } @names }
    '/rs rsa1 rsa2 ec1 ed1', '/es ec1 ec2 rsa1 ed1', '/ed ed1 ed2 ec1 rsa1', '/two rsa1 rsa2 ec1', '/mixed rsa1 ec1 ed1 rsa2 ec2 ed2';
--- response_body
/rs: u1 401 401 401
/es: u1 401 401 401
/ed: u1 401 401 401
/two: u1 u1 401
/mixed: u1 u1 u1 401 401 401


=== TEST 2: and as a JWK set: the header's kid says which key it is
--- sessions
/all jwt cookie=session jwks=DIR/all.json
/es jwt cookie=session jwks=DIR/all.json alg=ES256
--- story
map { my ($uri, $name, $header) = @$_; join ' ', "$uri $name", (map { "$_=" . (ref $header->{$_} ? '...' : $header->{$_}) } sort keys %$header), ::who($uri, ::signed($name, $header)) }
    ['/all', 'rsa1', {}], ['/all', 'rsa2', {}], ['/all', 'ec1', {}], ['/all', 'ed1', {}], ['/all', 'ec2', {}], ['/all', 'ed2', {}],
    ['/all', 'rsa1', { kid => 'rsa2' }], ['/all', 'rsa1', { kid => 'ec1' }], ['/all', 'ec2', { kid => 'ec1' }], ['/all', 'rsa1', { kid => 'unknown' }],
    ['/all', 'rsa1', { alg => 'RS512' }], ['/all', 'rsa1', { alg => 'PS256' }], ['/all', 'ec1', { alg => 'ES384' }], ['/all', 'ed1', { alg => 'ES256' }],
    ['/all', 'ec1', { crit => ['exp'] }], ['/all', 'ec1', { jwk => ::jwk('ec2') }], ['/all', 'ec2', { jwk => ::jwk('ec2'), kid => 'ec1' }], ['/es', 'ec1', {}], ['/es', 'rsa1', {}];
--- response_body
/all rsa1 u1
/all rsa2 u1
/all ec1 u1
/all ed1 u1
/all ec2 401
/all ed2 401
/all rsa1 kid=rsa2 401
/all rsa1 kid=ec1 401
/all ec2 kid=ec1 401
/all rsa1 kid=unknown 401
/all rsa1 alg=RS512 401
/all rsa1 alg=PS256 401
/all ec1 alg=ES384 401
/all ed1 alg=ES256 401
/all ec1 crit=... 401
/all ec1 jwk=... u1
/all ec2 jwk=... kid=ec1 401
/es ec1 u1
/es rsa1 401


=== TEST 3: a public key is nobody's secret, and none is no algorithm
--- sessions
/rs jwt cookie=session key=DIR/rsa1.pem
/es jwt cookie=session key=DIR/ec1.pem
/all jwt cookie=session jwks=DIR/all.json
--- story
my $pem = $::Pem{rsa1};
my ($h, $p, $s) = split /\./, ::signed('rsa1');
my $none = sub { LiveKitTest::base64url($_[0]) . ".$p." };
(map({ my $with = $_; join ' ', map { ::who($_, ::hmac($with, kid => 'rsa1')) } '/rs', '/es', '/all' }
     $pem, $pem =~ s/\n\z//r, $pem =~ s/-----.*?-----|\n//gr, MIME::Base64::decode_base64($pem =~ s/-----.*?-----//gr), $::Pem{ec1}, slurp("$LiveKitTest::dir/all.json"), '', 'rsa1'),
 map { my $t = $_; join ' ', map { ::who($_, $t) } '/rs', '/es', '/all' }
     $none->('{"alg":"none"}'), $none->('{"alg":"nOnE","kid":"rsa1"}'), $none->('{"alg":""}'), $none->('{"kid":"rsa1"}'), "$h.$p.", "$h.$p", "$h.$p." . substr($s, 0, -4),
     "$h.$p.${s}AA", "$h.$p.AA", "$h." . LiveKitTest::base64url('{"sub":"u2","exp":4000000000}') . ".$s", $none->('{"alg":["RS256"]}') . $s);
--- response_body eval
"401 401 401\n" x 19


=== TEST 4: an ECDSA signature in another form, or of nothing
--- sessions
/es jwt cookie=session key=DIR/ec1.pem
--- story
my ($h, $p, $s) = split /\./, ::signed('ec1');
my $der = `openssl dgst -sha256 -sign $LiveKitTest::dir/ec1.key $LiveKitTest::dir/input`;
map { ::who('/es', "$h.$p." . LiveKitTest::base64url($_)) } LiveKitTest::unbase64url($s), $der, "\0" x 64, "\xff" x 64, "\0" x 63, '', LiveKitTest::unbase64url($s) . "\0";
--- response_body
u1
401
401
401
401
401
401


=== TEST 5: a new key in the file is taken without a reload, and a broken file changes nothing
--- before
::replace('changing.json', ::jwks('rsa1'));
--- sessions
/me jwt cookie=session jwks=DIR/changing.json
--- story
my ($old, $new, $last) = map { ::signed($_) } qw(rsa1 ec1 ed1);
my @said = ('first: ' . join ' ', map { ::who('/me', $_) } $old, $new);

::replace('changing.json', ::jwks('rsa1', 'ec1'));
eventually { ::who('/me', $new) eq 'u1' } 15;
push @said, 'added: ' . join ' ', map { ::who('/me', $_) } $old, $new;

::replace('changing.json', '{"keys":[');
eventually { error_log() =~ /holds no usable keys/ } 15;
push @said, 'broken: ' . join ' ', map { ::who('/me', $_) } $old, $new, $last;

::replace('changing.json', ::jwks('ed1'));
eventually { ::who('/me', $last) eq 'u1' } 15;
(@said, 'replaced: ' . join(' ', map { ::who('/me', $_) } $old, $new, $last), alarms());
--- response_body
first: u1 401
added: u1 u1
broken: u1 u1 401
replaced: 401 401 u1
none
--- timeout: 60
--- error_log
holds no usable keys; they stay as they were
read new keys from


=== TEST 6: an empty file, one that is gone, and one without a key that fits change nothing
--- before
::replace('going.json', ::jwks('rsa1'));
--- sessions
/me jwt cookie=session jwks=DIR/going.json alg=RS256
--- story
my ($old, $new) = map { ::signed($_) } qw(rsa1 rsa2);
my @said;

::replace('going.json', '');
eventually { error_log() =~ /is empty or too large/ } 15;
push @said, 'empty: ' . ::who('/me', $old);

::replace('going.json', ::jwks('ec1'));
eventually { 1 <= (() = error_log() =~ /no usable keys|read new keys/g) } 15;
push @said, 'of another kind: ' . ::who('/me', $old) . ' ' . ::who('/me', ::signed('ec1'));

unlink "$LiveKitTest::dir/going.json";
push @said, 'gone: ' . ::who('/me', $old);

::replace('going.json', ::jwks('rsa2'));
eventually { ::who('/me', $new) eq 'u1' } 15;
(@said, 'new: ' . ::who('/me', $old) . ' ' . ::who('/me', $new), alarms());
--- response_body
empty: u1
of another kind: u1 401
gone: u1
new: 401 u1
none
--- timeout: 60
--- error_log
is empty or too large


=== TEST 7: every worker reads them, also after a reload
--- before
::replace('workers.json', ::jwks('rsa1'));
--- processes: 2
--- sessions
/me jwt cookie=session jwks=DIR/workers.json
--- story
my ($old, $new) = map { ::signed($_) } qw(rsa1 ec1);
my @before = workers();
kill 'HUP', nginx_pid();
eventually { my %now = map { $_ => 1 } workers(); keys %now == 2 && !grep { $now{$_} } @before };
my @said = ::who('/me', $old);
::replace('workers.json', ::jwks('ec1'));
eventually { 10 == grep { ::who('/me', $new) eq 'u1' } 1 .. 10 } 15;
@said, (join ' ', map { ::who('/me', $_) } $old, $old, $new, $new), alarms();
--- response_body
u1
401 401 u1 u1
none
--- timeout: 60


=== TEST 7.1: a file that is written over at once, with its size and its time as they were
--- before
::write_file('same.json', ::jwks('rsa1'));
--- sessions
/me jwt cookie=session jwks=DIR/same.json
--- story
my ($old, $new) = map { ::signed($_) } qw(rsa1 rsa2);
my @said = join ' ', map { ::who('/me', $_) } $old, $new;
my $file = "$LiveKitTest::dir/same.json";
my ($size, $time) = (stat $file)[7, 9];

for my $key (qw(rsa2 rsa1)) {
    open my $fh, '+<', $file or die $!;
    print {$fh} ::jwks($key);
    close $fh;
    utime $time, $time, $file;

    my $now = $key eq 'rsa2' ? $new : $old;
    eventually { ::who('/me', $now) eq 'u1' } 15;
    push @said, join ' ', map { ::who('/me', $_) } $old, $new;
}
@said, (stat $file)[7] == $size && (stat $file)[9] == $time ? 'as it was' : 'another', alarms();
--- response_body
u1 401
401 u1
u1 401
as it was
none
--- timeout: 60


=== TEST 8: Clerk: azp, the session's status, and its suffixed cookie
--- sessions
/clerk clerk key=DIR/rsa1.pem azp=https://app.example.com azp=https://admin.example.com
--- story
my @claims = (sid => 'sess_1', nbf => time - 10, azp => 'https://app.example.com');
(map({ ::who('/clerk', ::signed('rsa1', {}, @claims, @$_), '__session') }
    [], [azp => 'https://admin.example.com'], [azp => 'https://evil.example.com'], [azp => ['https://app.example.com']], [azp => ''],
    [sts => 'active'], [sts => 'pending'], [exp => time - 1], [exp => time - 60], [exp => undef], [nbf => time + 60]),
 ::who('/clerk', ::signed('rsa1', {}, sid => 's'), '__session'),
 ::who('/clerk', ::signed('rsa2', {}, @claims), '__session'), ::who('/clerk', ::signed('ec1', {}, @claims), '__session'),
 ::who('/clerk', ::signed('rsa1', {}, @claims), 'session'));
--- response_body
u1
u1
401
401
401
u1
401
u1
401
401
401
u1
401
401
401


=== TEST 9: Supabase: the access token in its wrapper, and the public anon key refused
--- sessions
/es supabase ref=abc jwks=DIR/all.json
/hs supabase ref=abc "secret=a session secret of 32 bytes or more"
/bearer supabase ref=abc bearer "secret=a session secret of 32 bytes or more"
--- story
my @claims = (aud => 'authenticated', role => 'authenticated', email => 'ann@example.com', exp => time + 60);
my $token = ::signed('ec1', {}, @claims);
my $hs = LiveKitTest::jwt(sub => 'u1', @claims);
my $anon = LiveKitTest::jwt(iss => 'supabase', ref => 'abc', role => 'anon', exp => time + 60);
my $service = LiveKitTest::jwt(iss => 'supabase', ref => 'abc', role => 'service_role', exp => time + 60);
my $name = 'sb-abc-auth-token';
my $long = ::supabase($token, more => { provider_token => 'x' x 4000 });
my @chunks = $long =~ /(.{1,3180})/g;
my $chunked = "$chunks[0]; " . join '; ', map { "$name.$_=$chunks[$_]" } 1 .. $#chunks;
(map({ ::who($_->[0], ::supabase($_->[1], %{ $_->[2] // {} }), $name) }
     ['/es', $token], ['/es', $token, { raw => 1 }], ['/hs', $hs], ['/es', $hs], ['/hs', $token], ['/hs', $anon], ['/hs', $service],
     ['/hs', LiveKitTest::jwt(sub => 'u1')], ['/es', ::signed('ec2', {}, @claims)], ['/es', '']),
 'chunks: ' . ::who('/es', $chunked, "$name.0"), 'bare: ' . ::who('/es', $token, $name), 'another project: ' . ::who('/es', ::supabase($token), 'sb-xyz-auth-token'),
 map { my $a = ask('GET /bearer', headers => ["Authorization: Bearer $_"]); 'bearer: ' . ($a->header('X-LiveKit-Identity') // "$a") } $hs, $anon);
--- response_body
u1
u1
u1
401
401
401
401
401
401
401
chunks: u1
bare: 401
another project: 401
bearer: u1
bearer: 401


=== TEST 10: Firebase: issuer and audience are the project's
--- sessions
/fb firebase project=my-proj jwks=DIR/all.json
--- story
my @claims = (iss => 'https://session.firebase.google.com/my-proj', aud => 'my-proj', auth_time => time - 5, user_id => 'u1');
map { ::who('/fb', ::signed($_->[0], {}, @claims, @{ $_->[1] }), $_->[2] // '__session') }
    ['rsa1', []], ['rsa1', [], 'session'], ['rsa1', [iss => 'https://securetoken.google.com/my-proj']], ['rsa1', [iss => 'https://session.firebase.google.com/other']],
    ['rsa1', [aud => 'other']], ['ec1', []], ['rsa1', [sub => '']];
--- response_body
u1
u1
401
401
401
401
401


=== TEST 11: a token of a native client, and one for LiveKit
--- config
    location = /token { livekit_token; livekit_session jwt bearer jwks=DIR/all.json iss=https://auth.example.com aud=live name=nick; }
--- story
my $ask = sub { ask(request('POST /token', json => '{"roomName":"math"}', headers => ["Authorization: Bearer $_[0]"])) };
my @good = (iss => 'https://auth.example.com', aud => ['mail', 'live'], nick => 'annie', exp => time + 60);
my ($claims) = LiveKitTest::token_claims($ask->(::signed('ed1', {}, @good))->body);
("$claims->{sub} $claims->{name}", map { $ask->($_)->who } ::signed('ec1', {}, @good, iss => 'https://evil.example.com'), ::signed('ec1', {}, @good, aud => 'mail'), ::signed('ec2', {}, @good));
--- response_body
u1 annie
unauthorized
unauthorized
unauthorized


=== TEST 12: what jose made, for Clerk, Firebase and others
--- sessions eval: CORE::join '', map { ::vector_line($_) } ::vectors('signed-jwt')
--- story
map { ::vector_answer($_) } ::vectors('signed-jwt');
--- response_body eval: CORE::join '', map { ::vector_expect($_) } ::vectors('signed-jwt')


=== TEST 13: what @supabase/ssr made
--- sessions eval: CORE::join '', map { ::vector_line($_) } ::vectors('supabase')
--- story
map { ::vector_answer($_) } ::vectors('supabase');
--- response_body eval: CORE::join '', map { ::vector_expect($_) } ::vectors('supabase')


=== TEST 14: the lines of the configuration that cannot be right
--- config
--- before
LiveKitTest::write_file('none.json', '{"keys":[]}');
LiveKitTest::write_file('half.json', '{"keys":[');
LiveKitTest::write_file('text.pem', 'not a key');
--- story
map {
    my ($status, $said) = LiveKitTest::nginx_t("\nlivekit_session " . s{DIR}{$LiveKitTest::dir}gr . ";\n");
    my ($why, $n) = $said =~ /\[emerg\].*?: (.*?),? in \S+?test\.conf:(\d+)/;
    "$_: " . ($status ? ($n ? "line $n" : $said) : 'fine');
} 'jwt cookie=a key=DIR/rsa1.pem', 'jwt cookie=a', 'jwt cookie=a key=DIR/rsa1.pem secret=x', 'jwt cookie=a key=DIR/rsa1.pem jwks=DIR/all.json',
  'jwt cookie=a key=DIR/missing.pem', 'jwt cookie=a jwks=DIR/missing.json', 'jwt cookie=a key=DIR/text.pem', 'jwt cookie=a jwks=DIR/none.json',
  'jwt cookie=a jwks=DIR/half.json', 'jwt cookie=a key=DIR/rsa1.pem alg=ES256', 'jwt cookie=a key=DIR/rsa1.pem alg=HS256', 'jwt cookie=a key=DIR/rsa1.pem alg=none',
  'jwt cookie=a secret=x alg=RS256', 'jwt cookie=a secret=file:DIR/rsa1.pem', 'jwt key=DIR/rsa1.pem', 'clerk', 'clerk secret=x', 'firebase jwks=DIR/all.json',
  'supabase jwks=DIR/all.json', 'supabase ref=a/b jwks=DIR/all.json', 'clerk jwks=DIR/all.json', 'express secret=x key=DIR/rsa1.pem';
--- response_body
jwt cookie=a key=DIR/rsa1.pem: fine
jwt cookie=a: line 7
jwt cookie=a key=DIR/rsa1.pem secret=x: line 7
jwt cookie=a key=DIR/rsa1.pem jwks=DIR/all.json: line 7
jwt cookie=a key=DIR/missing.pem: line 7
jwt cookie=a jwks=DIR/missing.json: line 7
jwt cookie=a key=DIR/text.pem: line 7
jwt cookie=a jwks=DIR/none.json: line 7
jwt cookie=a jwks=DIR/half.json: line 7
jwt cookie=a key=DIR/rsa1.pem alg=ES256: line 7
jwt cookie=a key=DIR/rsa1.pem alg=HS256: line 7
jwt cookie=a key=DIR/rsa1.pem alg=none: line 7
jwt cookie=a secret=x alg=RS256: line 7
jwt cookie=a secret=file:DIR/rsa1.pem: line 7
jwt key=DIR/rsa1.pem: line 7
clerk: line 7
clerk secret=x: line 7
firebase jwks=DIR/all.json: line 7
supabase jwks=DIR/all.json: line 7
supabase ref=a/b jwks=DIR/all.json: line 7
clerk jwks=DIR/all.json: fine
express secret=x key=DIR/rsa1.pem: line 7
