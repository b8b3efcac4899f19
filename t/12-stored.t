# Sessions that are kept in Redis, where the cookie holds no more than an id:
# signed (express-session, Better Auth) or as it is.  Cookies are signed here,
# and those that the libraries themselves made are in t/vectors/sessions.

use utf8;

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

our $Secret = 'the secret of the sessions, of 32 bytes or more';

our $Session = qq(livekit_session express "secret=$Secret";);

our $HttpConfig = $LiveKitTest::HttpConfig =~ s/livekit_session .*/$Session/r;

# $TEST_NGINX_FAKE is the Redis that misbehaves, for the sessions alone

our $FakeConfig = $HttpConfig =~ s/express /express redis=sessions /r
                  . qq(    livekit_redis \$TEST_NGINX_FAKE name=sessions;\n);

$ENV{TEST_NGINX_SECRET} = "\"secret=$Secret\"";

add_block_preprocessor(sub {
    my $block = shift;

    if (!defined $block->http_config) {
        $block->set_value(http_config => defined $block->fake_redis ? $FakeConfig : $HttpConfig);
    }

    return if defined $block->must_die;

    my $config = $block->config // '';
    $config .= "location = /me { livekit_check session; }\n" unless $config =~ m{location = /me };
    $block->set_value(config => $config);

    load_sessions();
});


# What the application keeps

sub load_sessions {
    LiveKitTest::load_room();

    my %values = (
        ann    => '{"cookie":{"expires":"2099-01-01T00:00:00.000Z"},"user":{"id":"u1","name":"Ann"}}',
        bob    => '{"cookie":{"expires":null},"passport":{"user":"u2"}}',
        number => '{"userId":42}',
        guest  => '{"cookie":{"expires":null},"views":1}',
        over   => '{"cookie":{"expires":"2020-01-01T00:00:00.000Z"},"userId":"u1"}',
        odd    => '{"cookie":{"expires":"tomorrow"},"userId":"u1"}',
        twice  => '{"userId":"u1","userId":"u2"}',
        half   => '{"userId":"u1"',
        text   => 'u1',
        list   => '["u1"]',
        empty  => '',
        null   => 'null',
        bad    => '{"userId":"u1#u2"}',
    );

    for (keys %values) {
        LiveKitTest::redis('SET', "sess:$_", $values{$_});
        LiveKitTest::redis('SET', "opaque:$_-0123456789abcdef", $values{$_});
    }

    LiveKitTest::redis('DEL', 'sess:wrong');
    LiveKitTest::redis('RPUSH', 'sess:wrong', $values{ann});
}


# The cookies

sub sign {
    my ($id, $with) = @_;
    return encode_base64(hmac_sha256($id, $with // $Secret), '');
}

sub percent { return shift =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }

sub express {
    my ($id, $with) = @_;
    return 'connect.sid=' . percent("s:$id." . sign($id, $with) =~ s/=+$//r);
}

sub better {
    my ($id, $with) = @_;
    return 'better-auth.session_token=' . percent("$id." . sign($id, $with));
}

sub with { return (headers => ["Cookie: theme=dark; " . join '; ', @_]) }

sub token {
    my ($id) = @_;
    return LiveKitStory::request('POST /token', json => '{"roomName":"math"}', with(express($id)));
}


# Who it is, or the answer's error

sub who {
    my ($uri, @cookies) = @_;

    my $a = LiveKitStory::ask("GET $uri", with(@cookies));

    return $a->header('X-LiveKit-Identity') // "$a " . ($a->json->{error} // '-');
}


# nginx -t with this line: what is wrong with it

sub wrong {
    my ($line, $before) = @_;

    my ($status, $said) = LiveKitTest::nginx_t(($before // '') . "\nlivekit_session $line;\n"
        . "server { location / { livekit_require session; } }");
    my ($why, $n) = $said =~ /\[emerg\].*?: (.*?),? in \S+?test\.conf:(\d+)/;

    return 'fine' unless $status;
    return $why ? ($why =~ s/these parameters\K:.*//r) . ", line $n" : $said;
}


# The libraries' own cookies

my %vectors = (
    'express-session'       => [ 'express' ],
    'better-auth'           => [ 'better-auth', 'redis_key=$livekit_session_id' ],
    'authjs-database-redis' => [ 'redis', 'cookie=next-auth.session-token', 'redis_key=user:session:$livekit_session_id',
                                 'user=userId', 'user_key=user:$livekit_session_user' ],
);

sub vectors {
    my $name = shift;

    open my $fh, '<', "$LiveKitTest::root/t/vectors/sessions/$name.json" or die "$name: $!";
    local $/;

    return grep { $_->{cookie_name} !~ /session_data/ } @{ JSON::PP::decode_json(<$fh>) };
}

sub vector_lines {
    my $name = shift;

    my ($preset, @more) = @{ $vectors{$name} };
    my (%secrets, $config);

    for my $v (vectors($name)) {
        my $secret = join ' ', map { qq("secret=$_") }
                               ref $v->{secret} ? @{ $v->{secret} } : $v->{secret} // ();

        $config .= "location = /$v->{id} { livekit_check session; livekit_session $preset $secret @more; }\n";
    }

    return $config;
}

sub vector_answers {
    my $name = shift;

    return map {
        my $v = $_;

        LiveKitTest::redis('FLUSHALL');
        LiveKitTest::redis('SET', $_, $v->{redis}{$_}) for keys %{ $v->{redis} };

        my $a = LiveKitStory::ask("GET /$v->{id}", headers => ["Cookie: $v->{cookie_header}"]);

        "$v->{id}: " . ($a->header('X-LiveKit-Identity') // "$a");
    } vectors($name);
}

write_file('stored.json', JSON::PP::encode_json({ map { $_ => '{"userId":"u1"}' }
                                                  qw(fake-split fake-delay-20) }));

no_long_string();
run_tests();

__DATA__

=== TEST 1: a user whose session is in Redis gets a token
--- config
    location = /token { livekit_token; }
--- more_headers eval
"Content-Type: application/json\nCookie: " . ::express('ann')
--- response_body_filters eval
::pick("sub", "name", "video.room", "video.canPublish")
--- response_body
u1 Ann math true
--- lookups: 2


=== TEST 2: the value says who it is, or that it is nobody
--- config
--- story
map { "$_: " . ::who('/me', ::express($_)) }
    qw(ann bob number guest over odd twice half text list empty null bad wrong unknown);
--- response_body
ann: u1
bob: u2
number: 42
guest: 401 unauthorized
over: u1
odd: u1
twice: 401 unauthorized
half: 401 unauthorized
text: 401 unauthorized
list: 401 unauthorized
empty: 401 unauthorized
null: 401 unauthorized
bad: 401 unauthorized
wrong: 503 unavailable
unknown: 401 unauthorized
--- lookups: 15
--- error_log
the session's value in redis is of another type
unauthorized: no_identity
unauthorized: session_expired
unauthorized: session_invalid


=== TEST 2.1: cookie.expires counts where the line says so: connect-redis need not keep it right
--- config
    location = /me { livekit_check session; livekit_session express $TEST_NGINX_SECRET expires=cookie.expires; }
--- story
map { "$_: " . ::who('/me', ::express($_)) } qw(ann over odd);
--- response_body
ann: u1
over: 401 unauthorized
odd: 401 unauthorized


=== TEST 3: a cookie that is not signed, or badly, costs Redis nothing
--- config
--- story
my $good = ::express('ann');
my ($signature) = $good =~ /\.(.*)/;
map { my $what = $_->[0]; "$what: " . ::who('/me', $_->[1]) }
    ['another secret', ::express('ann', 'x' x 40)], ['another id', "connect.sid=s%3Abob.$signature"],
    ['no signature', 'connect.sid=s%3Aann'], ['an empty one', 'connect.sid=s%3Aann.'],
    ['a cut one', substr $good, 0, -1], ['a longer one', "${good}A"], ['padded', "$good%3D"],
    ['without its mark', 'connect.sid=' . ::percent('ann.') . $signature],
    ['an id as it is', 'connect.sid=ann'], ['empty', 'connect.sid='], ['a bad escape', "connect.sid=s%3Aann.%zz$signature"],
    ['a NUL', ::express("ann\0")], ['a star', ::express('*')], ['a colon', ::express('ann:x')], ['a line', ::express("ann\r\nDEL x")],
    ['two sessions', "$good; " . ::express('bob')], ['a good one', $good], ['the same twice', "$good; $good"],
    ['unencoded', 'connect.sid=s:ann.' . (::sign('ann') =~ s/=//r)];
--- response_body
another secret: 401 unauthorized
another id: 401 unauthorized
no signature: 401 unauthorized
an empty one: 401 unauthorized
a cut one: 401 unauthorized
a longer one: 401 unauthorized
padded: 401 unauthorized
without its mark: 401 unauthorized
an id as it is: 401 unauthorized
empty: 401 unauthorized
a bad escape: 401 unauthorized
a NUL: 401 unauthorized
a star: 401 unauthorized
a colon: 401 unauthorized
a line: 401 unauthorized
two sessions: 401 unauthorized
a good one: u1
the same twice: u1
unencoded: u1
--- lookups: 3


=== TEST 4: while the secret is being changed, the old one still holds
--- config
    location = /me { livekit_check session; livekit_session express "secret=the new secret of the sessions, 32 bytes" $TEST_NGINX_SECRET; }
--- story
(::who('/me', ::express('ann')), ::who('/me', ::express('bob', 'the new secret of the sessions, 32 bytes')),
 ::who('/me', ::express('bob', 'an old secret')));
--- response_body
u1
u2
401 unauthorized
--- lookups: 2


=== TEST 5: cookie=, redis_key= and prefix= as the application has them
--- config
    location = /me { livekit_check session; livekit_session express $TEST_NGINX_SECRET cookie=sid "redis_key=app:$host:$livekit_session_id" prefix=crm:; }
--- story
redis('SET', 'app:localhost:ann', '{"userId":"u7"}');
redis('SET', 'app:localhost:long', '{"userId":"' . 'x' x 253 . '"}');
my $as = sub { ::express(@_) =~ s/connect\.sid/sid/r };
(::who('/me', $as->('ann')), ::who('/me', ::express('ann')), ::who('/me', $as->('bob')), ::who('/me', $as->('long')));
--- response_body
crm:u7
401 unauthorized
401 unauthorized
401 unauthorized


=== TEST 6: sessions in a server of their own
--- http_config eval
$::HttpConfig . '    livekit_redis $TEST_NGINX_REDIS:3 name=sessions;'
--- config
    location = /me    { livekit_check session; livekit_session express $TEST_NGINX_SECRET redis=sessions; }
    location = /token { livekit_token; livekit_session express $TEST_NGINX_SECRET redis=sessions; }
--- story
LiveKitTest::redis_in(3, 'SET', 'sess:ann', '{"userId":"u2"}');
LiveKitTest::redis_in(3, 'SET', 'sess:eve', '{"userId":"stranger"}');
(::who('/me', ::express('ann')), ::who('/me', ::express('bob')), ask(::token('ann'))->who, ask(::token('eve'))->who);
--- response_body
u2
401 unauthorized
u2
forbidden
--- error_log
not_member


=== TEST 7: Better Auth's signed token, and where its storage keeps the value
--- config
    location = /me      { livekit_check session; livekit_session better-auth $TEST_NGINX_SECRET redis_key=$livekit_session_id; }
    location = /usual   { livekit_check session; livekit_session better-auth $TEST_NGINX_SECRET; }
--- story
my $value = sub { qq({"session":{"id":"s9","expiresAt":"$_[0]-01-01T00:00:00.000Z","userId":"u1"},"user":{"id":"u1","name":"Ann"}}) };
my @ids = map { "tokenOf32Characters$_" } 1 .. 3;
redis('SET', $ids[0], $value->(2099));
redis('SET', $ids[1], $value->(2020));
redis('SET', "better-auth:$ids[2]", $value->(2099));
my $secure = ::better($ids[0]) =~ s/^/__Secure-/r;
(map({ "$_: " . ::who('/me', ::better($_)) } @ids), 'usual: ' . ::who('/usual', ::better($ids[2])),
 "secure: " . ::who('/me', $secure), 'forged: ' . ::who('/me', ::better($ids[0], 'x' x 32)),
 'unpadded: ' . ::who('/me', ::better($ids[0]) =~ s/%3D//r), 'raw: ' . ::who('/me', "better-auth.session_token=$ids[0]"));
--- response_body
tokenOf32Characters1: u1
tokenOf32Characters2: 401 unauthorized
tokenOf32Characters3: 401 unauthorized
usual: u1
secure: u1
forged: 401 unauthorized
unpadded: 401 unauthorized
raw: 401 unauthorized
--- lookups: 8


=== TEST 8: an id as it is, and nothing but an id
--- config
    location = /me { livekit_check session; livekit_session redis cookie=sid redis_key=opaque:$livekit_session_id; }
--- story
(map({ "$_: " . ::who('/me', "sid=$_-0123456789abcdef") } qw(ann bob guest over half unknown)),
 map { "$_: " . ::who('/me', "sid=$_") } 'short', 'a.b.c', '../ann-0123456789abcdef', 'ann-0123456789abcdef%00', '%61nn-0123456789abcdef',
     '*nn-0123456789abcdef', 'x:ann-0123456789abcdef', 'x' x 300, '');
--- response_body eval
"ann: u1
bob: u2
guest: 401 unauthorized
over: 401 unauthorized
half: 401 unauthorized
unknown: 401 unauthorized
short: 401 unauthorized
a.b.c: 401 unauthorized
../ann-0123456789abcdef: 401 unauthorized
ann-0123456789abcdef%00: 401 unauthorized
%61nn-0123456789abcdef: 401 unauthorized
*nn-0123456789abcdef: 401 unauthorized
x:ann-0123456789abcdef: 401 unauthorized
" . 'x' x 300 . ": 401 unauthorized
: 401 unauthorized
"
--- lookups: 6


=== TEST 9: next-auth's sessions in Upstash's layout: a second value has name and e-mail
--- http_config eval
$::HttpConfig . "log_format who '\$uri \$livekit_identity \$livekit_name';\n"
--- config
    livekit_session redis cookie=next-auth.session-token redis_key=user:session:$livekit_session_id user=userId user_key=user:$livekit_session_user;
    location = /me    { livekit_check session; }
    location = /token { livekit_token; }
--- story
my $id = '9835b598-0aaf-4396-9487-a1b41d7b1859';
my %session = (good => '{"userId":"u1","expires":"2099-01-01T00:00:00.000Z"}', over => '{"userId":"u1","expires":"2020-01-01T00:00:00.000Z"}',
               nobody => '{"expires":"2099-01-01T00:00:00.000Z"}', number => '{"userId":42}', list => '{"userId":["u1"]}');
my %user = (ann => '{"name":"Ann","email":"ann@example.com"}', none => undef, half => '{"name":', null => 'null', other => '{"id":"u2","userId":"u2"}');
my $ask = sub {
    my ($session, $user) = @_;
    redis('DEL', 'user:u1', 'user:42');
    redis('SET', "user:session:$id", $session{$session});
    redis('SET', 'user:' . ($session eq 'number' ? 42 : 'u1'), $user{$user}) if $user{$user};
    my ($claims) = LiveKitTest::token_claims(ask(request('POST /token', json => '{"roomName":"math"}', ::with("next-auth.session-token=$id")))->body);
    "$session, $user: " . join ' ', ::who('/me', "next-auth.session-token=$id"), $claims->{name} // ();
};
map { $ask->(@$_) } ['good', 'ann'], ['good', 'none'], ['good', 'null'], ['good', 'half'], ['good', 'other'],
                    ['over', 'ann'], ['nobody', 'ann'], ['number', 'ann'], ['list', 'ann'];
--- response_body
good, ann: u1 Ann
good, none: u1
good, null: u1
good, half: 401 unauthorized
good, other: u1
over, ann: 401 unauthorized
nobody, ann: 401 unauthorized
number, ann: 42
list, ann: 401 unauthorized
--- error_log
not_member


=== TEST 10: where the second value is of another type nobody can say
--- config
    location = /me { livekit_check session; livekit_session redis cookie=sid redis_key=opaque:$livekit_session_id user=user.id user_key=user:$livekit_session_user; }
--- story
redis('DEL', 'user:u1');
redis('SADD', 'user:u1', 'Ann');
my $who = ::who('/me', 'sid=ann-0123456789abcdef');
redis('DEL', 'user:u1');
$who, ::who('/me', 'sid=ann-0123456789abcdef');
--- response_body
503 unavailable
u1
--- error_log
livekit: the session's value in redis is of another type


=== TEST 11: logging out ends the session at once
--- config
    location = /token { livekit_token; }
--- story
my $c = client();
my @who;
for (1 .. 2) {
    $c->send(::token('ann'));
    push @who, $c->answer->who;
}
redis('DEL', 'sess:ann');
$c->send(::token('ann'));
push @who, $c->answer->who;
@who;
--- response_body
u1
u1
unauthorized


=== TEST 12: the session's end is the token's
--- config
    location = /token { livekit_token; livekit_session express $TEST_NGINX_SECRET expires=cookie.expires; }
--- story
my $end = int(time) + 90;
redis('SET', 'sess:ann', POSIX::strftime('{"cookie":{"expires":"%Y-%m-%dT%H:%M:%S.000Z"},"userId":"u1"}', gmtime $end));
my ($claims) = LiveKitTest::token_claims(ask(::token('ann'))->body);
$claims->{exp} == $end ? 'the same' : "$claims->{exp}, not $end";
--- response_body
the same


=== TEST 13: Redis silent, mute, broken or not there is 503, never 401
--- fake_redis
--- config
    location = /token { livekit_token; }
    location = /slides { livekit_require session; return 200; }
    location = /stored { livekit_check session; livekit_session express $TEST_NGINX_SECRET redis=sessions redis_key=$arg_mode:$livekit_session_id; }
    location /files/ { livekit_require session; }
--- story
my @said;
for my $mode (qw(fake-stall fake-close fake-half fake-garbage fake-error-LOADING fake-integer fake-array fake-giant)) {
    push @said, "$mode: " . ::who("/stored?mode=$mode", ::express('ann'));
}
fake('--hello=-ERR');
push @said, 'refused: ' . ::who('/me', ::express('ann'));
end_fake();
my $a = ask(::token('ann'));
my $file = ask('GET /files/x', ::with(::express('ann')));
my $nobody = ask('GET /files/x', ::with(::express('ann', 'x' x 32)));
(@said, "gone: $a " . $a->header('Retry-After') . ' ' . $a->json->{error}, "a file: $file " . $file->header('Retry-After'),
 "forged: $nobody");
--- response_body
fake-stall: 503 unavailable
fake-close: 503 unavailable
fake-half: 503 unavailable
fake-garbage: 503 unavailable
fake-error-LOADING: 503 unavailable
fake-integer: 503 unavailable
fake-array: 503 unavailable
fake-giant: 503 unavailable
refused: 503 unavailable
gone: 503 1 unavailable
a file: 503 1
forged: 401
--- error_log
livekit: no answer about the session: redis
--- no_error_log
[alert]
[emerg]


=== TEST 14: an answer in pieces is one, and a null is nobody
--- fake_redis eval: "--data $LiveKitTest::dir/stored.json"
--- config
    location = /stored { livekit_check session; livekit_session express $TEST_NGINX_SECRET redis=sessions redis_key=$arg_mode; }
--- story
map { "$_: " . ::who("/stored?mode=$_", ::express('ann')) } qw(fake-split fake-delay-20 fake-nil);
--- response_body
fake-split: u1
fake-delay-20: u1
fake-nil: 401 unauthorized


=== TEST 15: Redis back again: the session is, too
--- config
--- story
my @who = ::who('/me', ::express('ann'));
kill_redis();
push @who, ::who('/me', ::express('ann'));
start_redis();
::load_sessions();
eventually { ::who('/me', ::express('ann')) eq 'u1' };
@who, ::who('/me', ::express('ann'));
--- response_body
u1
503 unavailable
u1
--- error_log
livekit: no answer about the session


=== TEST 16: several sessions in order, and one's failure does not hide another's success
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=token prefix=jwt:;
        livekit_session express $TEST_NGINX_SECRET prefix=shop:;
        livekit_session redis cookie=sid redis_key=opaque:$livekit_session_id prefix=crm:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=last prefix=last:;
    }
--- story
my $good = LiveKitTest::jwt(sub => 'u9');
my $bad = LiveKitTest::jwt(sub => 'u9', exp => time - 9);
my %cookie = (jwt => "token=$good", old => "token=$bad", last => "last=$good", none => 'x=1',
              forged => ::express('ann', 'x' x 32), crm => 'sid=bob-0123456789abcdef', gone => 'sid=gone-0123456789abcdef',
              map { $_ => ::express($_) } qw(ann guest wrong unknown));
map { "$_: " . ::who('/me', map { $cookie{$_} } split / /) }
    'jwt', 'jwt ann', 'old ann', 'ann', 'ann crm', 'guest crm', 'unknown crm', 'forged crm', 'wrong crm', 'wrong last',
    'wrong gone', 'wrong gone last', 'unknown gone last', 'unknown gone', 'old', 'old forged gone', 'none';
--- response_body
jwt: jwt:u9
jwt ann: jwt:u9
old ann: shop:u1
ann: shop:u1
ann crm: shop:u1
guest crm: crm:u2
unknown crm: crm:u2
forged crm: crm:u2
wrong crm: crm:u2
wrong last: last:u9
wrong gone: 503 unavailable
wrong gone last: last:u9
unknown gone last: last:u9
unknown gone: 401 unauthorized
old: 401 unauthorized
old forged gone: 401 unauthorized
none: 401 unauthorized
--- error_log
of another type


=== TEST 17: one name for sessions of two kinds
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=sid prefix=jwt:;
        livekit_session express $TEST_NGINX_SECRET cookie=sid prefix=signed:;
        livekit_session redis cookie=sid redis_key=opaque:$livekit_session_id prefix=opaque:;
    }
--- story
map { ::who('/me', "sid=$_") } LiveKitTest::jwt(sub => 'u9'), ::express('ann') =~ s/.*?=//r, 'bob-0123456789abcdef';
--- response_body
jwt:u9
signed:u1
opaque:u2
--- lookups: 2


=== TEST 18: files are for those who are signed in
--- config
    root $TEST_NGINX_SERVER_ROOT/html;
    location /slides/ { livekit_require session; }
    location /public/ { }
    location /room/   { livekit_require access; }
--- user_files
>>> slides/a.txt
a slide
>>> public/a.txt
a picture
>>> room/a.txt
the room
--- story
map { my ($uri, @cookies) = @$_; my $a = ask("GET $uri", ::with(@cookies)); "$uri $a " . $a->body =~ s/\n.*//sr }
    ['/slides/a.txt', ::express('ann')], ['/slides/a.txt'], ['/slides/a.txt', ::express('unknown')],
    ['/public/a.txt', ::express('ann')], ['/room/a.txt?room=math', ::express('bob')], ['/room/a.txt?room=closed', ::express('ann')];
--- response_body_like eval
qr{\A/slides/a.txt 200 a slide
/slides/a.txt 401 <html>.*
/slides/a.txt 401 <html>.*
/public/a.txt 200 a picture
/room/a.txt\?room=math 200 the room
/room/a.txt\?room=closed 403 <html>.*
\z}
--- lookups: 6
--- error_log
room_closed


=== TEST 19: who is denied otherwise, redirected, or not asked about, costs Redis no access check
--- config
    location /denied/ { deny all; livekit_require access; }
    location /moved/  { livekit_require session; return 302 /; }
    location /off/    { livekit_session off; livekit_require off; return 200; }
--- story
map { ask("GET $_?room=math", ::with(::express('ann'))) } '/moved/', '/off/', '/denied/';
--- response_body
302
200
403
--- lookups: 1
--- error_log
access forbidden by rule


=== TEST 20: limits, variables and the log know whom Redis knows
--- http_config eval
$::HttpConfig . <<'_EOC_';
    limit_req_zone $livekit_identity$binary_remote_addr zone=user:1m rate=1r/m;
    limit_req_status 429;
    limit_req_log_level info;
    map $livekit_claim_plan $shelf { default basement; pro attic; }
    log_format who '$uri $status $livekit_identity,$livekit_name,$livekit_session_id,$livekit_claim_plan,$livekit_verdict';
_EOC_
--- config
    access_log logs/who.log who;
    location = /token { limit_req zone=user; livekit_token; }
    location = /shelf { root $TEST_NGINX_SERVER_ROOT/html; add_header X-Shelf $shelf; }
    location = /plain { livekit_session off; return 200; }
--- user_files
>>> shelf
--- story
redis('SET', 'sess:pro', '{"user":{"id":"u2","name":"Bob"},"plan":"pro"}');
my @said = map { "$_: " . ask(::token($_)) } qw(ann pro ann pro unknown unknown);
push @said, map { ask('GET /shelf', ::with(::express($_)))->header('X-Shelf') } qw(ann pro unknown);
push @said, ask('GET /plain', ::with(::express('ann')));
my $log = "$Test::Nginx::Util::LogDir/who.log";
eventually { 10 == (() = slurp($log) =~ /\n/g) };
@said, split /\n/, slurp($log);
--- response_body
ann: 200
pro: 200
ann: 429
pro: 429
unknown: 401
unknown: 429
basement
attic
basement
200
/token 200 u1,Ann,ann,-,issued
/token 200 u2,Bob,pro,pro,issued
/token 429 u1,Ann,ann,-,-
/token 429 u2,Bob,pro,pro,-
/token 401 -,-,-,-,session_expired
/token 429 -,-,-,-,-
/shelf 200 u1,Ann,ann,-,-
/shelf 200 u2,Bob,pro,pro,-
/shelf 200 -,-,-,-,-
/plain 200 -,-,-,-,-


=== TEST 21: before the preaccess phase nobody is known yet, and nothing breaks
--- config
    location = /early { set $me "[$livekit_identity]"; root $TEST_NGINX_SERVER_ROOT/html; add_header X-Who "$me [$livekit_identity]"; }
    location = /return { return 200 "[$livekit_identity]"; }
--- user_files
>>> early
--- story
(ask('GET /early', ::with(::express('ann')))->header('X-Who'), ask('GET /return', ::with(::express('ann')))->body);
--- response_body
[] [u1]
[]
--- lookups: 1


=== TEST 22: auth_request to livekit_check
--- config
    location = /check { internal; livekit_check; }
    location /board/  { auth_request /check; auth_request_set $who $livekit_identity; auth_request_set $role $livekit_role;
                        add_header X-Who "$who $role"; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> board/a.txt
the board
--- story
map { my $a = ask('GET /board/a.txt?room=math', ::with(::express($_))); "$_ $a " . ($a->header('X-Who') // '-') }
    qw(ann bob number unknown);
--- response_body
ann 200 u1 teacher
bob 200 u2 student
number 403 -
unknown 401 -
--- error_log
not_member


=== TEST 23: auth_request makes 500 of a session that nobody can look up
--- config
    location = /check { internal; livekit_check session; }
    location /board/  { auth_request /check; error_page 500 =503 /busy; }
    location = /busy  { internal; return 503 "busy\n"; }
--- request
GET /board/
--- more_headers eval
"Cookie: " . ::express('wrong')
--- error_code: 503
--- response_body
busy
--- error_log
auth request unexpected status: 503


=== TEST 24: error pages know who it is, and Redis is not asked twice
--- config
    location /slides/ { livekit_require access; error_page 403 404 503 /refused; error_page 401 = @signin; root $TEST_NGINX_SERVER_ROOT/html; }
    location = /refused { internal; add_header X-Who "$livekit_verdict $livekit_identity $livekit_name" always; return 200 "a page\n"; }
    location @signin { return 302 /signin?why=$livekit_verdict; }
--- story
map {
    my ($id, $room) = @$_;
    my $before = lookups();
    my $a = ask("GET /slides/none?room=$room", ::with(::express($id)));
    join ', ', "$id $a", $a->header('X-Who') // $a->header('Location') =~ s/.*\?//r, lookups() - $before;
} ['ann', 'math'], ['ann', 'closed'], ['number', 'math'], ['wrong', 'math'], ['unknown', 'math'];
--- response_body_like eval
qr{\Aann 404, allowed u1 Ann, 2
ann 403, room_closed u1 Ann, 2
number 403, not_member 42 , 2
wrong 503, session_unavailable  , 1
unknown 302, why=\w+, 1
\z}
--- error_log
not_member


=== TEST 25: try_files, index, rewrite and named locations: one question
--- config
    livekit_require session;
    root $TEST_NGINX_SERVER_ROOT/html;
    location /try/   { try_files $uri.none $uri.gone @other; }
    location @other  { add_header X-Who $livekit_identity; return 200 "other\n"; }
    location /dir/   { index a.txt; add_header X-Who $livekit_identity; }
    location /old/   { rewrite ^/old/(.*) /dir/$1 last; }
--- user_files
>>> dir/a.txt
a file
--- story
map { my $a = ask("GET $_", ::with(::express('ann'))); "$_ $a " . $a->header('X-Who') } '/try/x', '/dir/', '/old/a.txt';
--- response_body
/try/x 200 u1
/dir/ 200 u1
/old/a.txt 200 u1
--- lookups: 3


=== TEST 26: several requests on one connection, one after the other and at once
--- config
    location = /token { livekit_token; }
    location /slides/ { livekit_require session; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/a.txt
a slide
--- story
my $c = client();
my @who = map { $c->send(::token($_)); $c->answer->who } qw(ann unknown bob ann);
my $slide = sub { request('GET /slides/a.txt', ::with(::express($_[0]))) };
$c->send(join '', ::token('bob'), $slide->('ann'), $slide->('unknown'), ::token('ann'), request('GET /me', ::with(::express('bob'))));
my @at_once = map { my $a = $c->answer; $a->body =~ /slide/ ? 'slide' : $a->header('X-LiveKit-Identity') // ($a->json->{token} ? $a->who : "$a") } 1 .. 5;
"@who", "@at_once";
--- response_body
u1 unauthorized u2 u1
u2 slide 401 u1 u2


=== TEST 27: a body in pieces, and one that comes while Redis thinks
--- config
    location = /token { livekit_token; }
--- story
my $c = client();
my ($head, $body) = ::token('ann') =~ /\A(.*\r\n\r\n)(.*)\z/s;
$c->trickle(0.03, $head, $body);
my @who = $c->answer->who;
$c->trickle(0.002, map { $_ } $head, split //, $body);
push @who, $c->answer->who;
stop_redis();
$c->send($head);
sleep 0.05;
$c->send($body);
cont_redis();
@who, $c->answer->who;
--- response_body
u1
u1
u1


=== TEST 28: over HTTP/2
--- config
    $TEST_NGINX_HTTP2
    location = /token { livekit_token; }
--- story
my $c = h2();
my @json = ('content-type' => 'application/json', 'content-length' => 19);
my @streams = map { $c->ask('POST', '/token', headers => [@json, cookie => ::express($_)], body => ['{"roomName"', ':"math"}']) }
                  qw(ann unknown bob wrong);
map { $c->answer($_)->who } @streams;
--- response_body
u1
unauthorized
u2
unavailable
--- error_log
of another type


=== TEST 29: a client that leaves while Redis is silent
--- http_config eval
$::FakeConfig . "livekit_redis_timeout 4s;\nlog_format ends '\$uri \$status';\n"
--- fake_redis: --mode stall
--- config
    $TEST_NGINX_HTTP2
    access_log logs/ends.log ends;
    location = /token { livekit_token; }
    location /slides/ { livekit_require session; }
    location = /check { internal; livekit_check session; }
    location /board/  { auth_request /check; }
--- story
my $start = time;
my @requests = (::token('ann'), map { request("GET $_", ::with(::express('ann'))) } '/me', '/slides/', '/board/');
for my $leave (qw(close reset)) {
    my @clients = map { client()->send($_) } @requests;
    sleep 0.15;
    $_->$leave for @clients;
}
my $c = h2();
my $stream = $c->ask('GET', '/me', headers => [cookie => ::express('ann')]);
sleep 0.1;
$c->reset($stream);
my $log = "$Test::Nginx::Util::LogDir/ends.log";
my $all = eventually { 9 == (() = slurp($log) =~ /\n/g) };
my %ends;
$ends{$_}++ for split /\n/, slurp($log);
($all . (within(3, $start) ? ' soon' : ' late'), (map { "$_ $ends{$_} times" } sort keys %ends), alarms());
--- response_body
1 soon
/board/ 499 2 times
/me 499 3 times
/slides/ 499 2 times
/token 499 2 times
none


=== TEST 30: one that leaves just before the answer comes
--- fake_redis
--- config
    location = /me { livekit_check session; livekit_session express $TEST_NGINX_SECRET redis=sessions redis_key=fake-delay-20:$livekit_session_id; }
--- story
::who('/me', ::express('ann'));
my @gone = map { client()->send(request('GET /me', ::with(::express($_)))) } 1 .. 6;
sleep 0.01;
$_->close for @gone;
::who('/me', ::express('ann')), alarms();
--- response_body
401 unauthorized
none


=== TEST 31: nginx is reloaded and told to quit while a session is looked up
--- fake_redis
--- processes: 1
--- config
    location = /me { livekit_check session; livekit_session express $TEST_NGINX_SECRET redis=sessions redis_key=fake-delay-100:$livekit_session_id; }
--- story
my @before = workers();
my $c = client()->send(request('GET /me', ::with(::express('ann'))));
sleep 0.03;
kill 'HUP', nginx_pid();
my $a = $c->answer;
eventually { my @now = workers(); @now == 1 && $now[0] != $before[0] };
"$a", ::who('/me', ::express('ann')), alarms();
--- response_body
401
401 unauthorized
none


=== TEST 32: no log holds a cookie, a secret or what Redis said
--- log_level: info
--- config
    location = /token { livekit_token; }
--- story
redis('SET', 'sess:private', '{"userId":"u1#private-value"}');
redis('SET', 'sess:broken', 'private-value');
my @cookies = map { ::express($_) } qw(ann wrong private broken unknown);
ask('POST /token', json => '{"roomName":"math"}', ::with($_)) for @cookies, ::express('ann', 'x' x 32);
my $log = join '', grep { !/\[debug\]/ } split /^/, error_log();
($log =~ /livekit: unauthorized/ ? 'a log' : 'no log',
 grep { index($log, $_) >= 0 } 'private-value', $::Secret, map { /%3A\w+\.(.*)/ } @cookies);
--- response_body
a log
--- error_log
unauthorized


=== TEST 33: express-session's own cookies
--- config eval: ::vector_lines('express-session')
--- story
::vector_answers('express-session');
--- response_body
express-basic: user_123
express-browser-session: u-7
express-plus-slash: u-8
express-unencoded: u-8
express-rotation: user_123
neg-express-logged-out: 401
neg-express-wrong-secret: 401
neg-express-no-sig: 401
neg-express-trunc-sig: 401
express-anonymous: 401
--- suppress_stderr


=== TEST 34: Better Auth's own cookies
--- config eval: ::vector_lines('better-auth')
--- story
::vector_answers('better-auth');
--- response_body
ba-basic: user_ba_1
neg-ba-wrong-secret: 401
neg-ba-no-sig: 401
neg-ba-tampered: 401
neg-ba-logged-out: 401
neg-ba-expired-row: 401
--- suppress_stderr


=== TEST 35: the cookies of next-auth's database sessions, with Upstash's adapter
--- config eval: ::vector_lines('authjs-database-redis')
--- story
::vector_answers('authjs-database-redis');
--- response_body
db-v4: ccf8de16-4de3-4b68-93ee-f0295552241d
neg-db-expired: 401
neg-db-unknown: 401


=== TEST 36: the lines of the configuration that cannot be right
--- config
--- story
my $redis = "livekit_redis redis://127.0.0.1:1;";
map { "$_: " . ::wrong($_, $redis) } 'express', 'express secret=', 'redis cookie=a', 'redis redis_key=x:$livekit_session_id', 'express secret=x redis=other',
    'express secret=x redis_key=', 'express secret=x user_key=u:$livekit_session_user', 'express secret=x user=userId',
    'express secret=x user=userId user_key=u',
    'express secret=x user=userId user_key=u:$livekit_session_user', 'express secret=x uri=/a',
    'redis cookie=a redis_key=constant', 'redis cookie=a redis_key=s:$livekit_session_id', 'express secret=x';
--- response_body
express: livekit_session: session preset "express" needs secret=, line 7
express secret=: a secret is empty; write it as it is, as file:/path or as env:NAME, line 7
redis cookie=a: livekit_session needs redis_key=, where the session's value is: redis_key=session:$livekit_session_id, line 7
redis redis_key=x:$livekit_session_id: livekit_session: session preset "redis" needs cookie=, line 7
express secret=x redis=other: no livekit_redis with name=other; add "livekit_redis redis://host:6379 name=other;" to the http block, line 7
express secret=x redis_key=: "redis_key" needs a variable in its value: $livekit_session_id or, for a second value, $livekit_session_user, line 7
express secret=x user_key=u:$livekit_session_user: livekit_session needs both user= and user_key= for a second value: user=userId user_key=user:$livekit_session_user, line 7
express secret=x user=userId: livekit_session needs both user= and user_key= for a second value: user=userId user_key=user:$livekit_session_user, line 7
express secret=x user=userId user_key=u: "user_key" needs a variable in its value: $livekit_session_id or, for a second value, $livekit_session_user, line 7
express secret=x user=userId user_key=u:$livekit_session_user: fine
express secret=x uri=/a: livekit_session: session preset "express" knows only these parameters, line 7
redis cookie=a redis_key=constant: "redis_key" needs a variable in its value: $livekit_session_id or, for a second value, $livekit_session_user, line 7
redis cookie=a redis_key=s:$livekit_session_id: fine
express secret=x: fine


=== TEST 37: a session in Redis needs one
--- config
--- story
::wrong('express secret=x');
--- response_body
"livekit_session" needs livekit_redis in the http block, where the session is kept, line 7
