# A session in Redis ends when Redis forgets it: connect-redis prolongs it by
# that alone, and nobody's token may last longer.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64);
use Time::HiRes ();

our $Secret = 'the secret of the sessions, of 32 bytes or more';

our $HttpConfig = $LiveKitTest::HttpConfig =~ s/livekit_session .*/livekit_session express "secret=$Secret";/r;

$ENV{TEST_NGINX_SECRET} = "\"secret=$Secret\"";

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $HttpConfig) unless defined $block->http_config;
    $block->set_value(config => ($block->config // '') . <<'_EOC_');
        location = /me    { livekit_check session; }
        location = /token { livekit_token; }
_EOC_
});

sub express { return "connect.sid=s%3A$_[0]." . (encode_base64(hmac_sha256($_[0], $Secret), '') =~ s/=+$//r =~ s/\+/%2B/gr =~ s/\//%2F/gr) }
sub better { return "better-auth.session_token=$_[0]." . (encode_base64(hmac_sha256($_[0], $Secret), '') =~ s/=/%3D/gr =~ s/\+/%2B/gr =~ s/\//%2F/gr) }


# How long a token of this session lasts, to some seconds.  Perl's own time()
# is behind nginx's by a tick.

sub lasts {
    my ($cookie, $uri) = @_;

    my $a = LiveKitStory::ask(LiveKitStory::request('POST ' . ($uri // '/token'), json => '{"roomName":"math"}', headers => ["Cookie: $cookie"]));
    my ($claims) = LiveKitTest::token_claims($a->body) or return "$a";
    my $left = $claims->{exp} - int Time::HiRes::time();

    return (grep { $left <= $_ && $left > $_ - 10 * $LiveKitStory::Slow } 90, 120, 600)[0] // "$left";
}

write_file('stored.json', JSON::PP::encode_json({ map { ("sess:ttl$_" => '{"userId":"u1"}') } -2, -1, -3, 0, 999, 90000 }));

no_long_string();
run_tests();

__DATA__

=== TEST 1: the token ends with the key in Redis, or as the policy says, whichever is earlier
--- config
    location = /end { livekit_token; livekit_session express $TEST_NGINX_SECRET expires=ends; }
--- story
my $end = int(time) + 90;
redis('SET', 'sess:never', '{"userId":"u1"}');
redis('SET', 'sess:soon', '{"userId":"u1"}', 'EX', 90);
redis('SET', 'sess:late', '{"userId":"u1"}', 'EX', 86400);
redis('SET', 'sess:over', '{"userId":"u1"}', 'PX', 700);
redis('SET', 'sess:both', qq({"userId":"u1","ends":$end}), 'EX', 120);
redis('SET', 'sess:other', '{"userId":"u1","ends":"2099-01-01T00:00:00Z"}', 'EX', 120);
my @said = map { "$_: " . ::lasts(::express($_)) } qw(never soon late over);
redis('EXPIRE', 'sess:soon', 120);
(@said, 'prolonged: ' . ::lasts(::express('soon')), map { "$_: " . ::lasts(::express($_), '/end') } qw(both other));
--- response_body
never: 600
soon: 90
late: 600
over: 401
prolonged: 120
both: 90
other: 120


=== TEST 2: that holds for the other sessions in Redis, too
--- config
    location = /better { livekit_token; livekit_session better-auth $TEST_NGINX_SECRET redis_key=$livekit_session_id; }
    location = /opaque { livekit_token; livekit_session redis cookie=sid redis_key=$livekit_session_id user=userId user_key=user:$livekit_session_user; }
--- story
my $id = 'tokenOf32Characters0123456789abc';
redis('SET', $id, '{"session":{"expiresAt":"2099-01-01T00:00:00Z","userId":"u1"},"user":{"id":"u1"},"userId":"u1"}', 'EX', 90);
redis('SET', 'user:u1', '{"name":"Ann"}', 'EX', 30);
(::lasts(::better($id), '/better'), ::lasts("sid=$id", '/opaque'));
--- response_body
90
90


=== TEST 3: a key that is forgotten between the two commands is no session
--- http_config eval
$::HttpConfig =~ s/express /express redis=sessions /r . qq(    livekit_redis \$TEST_NGINX_FAKE name=sessions;\n)
--- fake_redis eval: "--data $LiveKitTest::dir/stored.json"
--- config
--- story
(map({ "$_: " . ::lasts(::express("ttl$_")) } -2, -1, -3, 0, 999, 90000), grep { /ttl-1/ } seen());
--- response_body
-2: 401
-1: 600
-3: 503
0: 401
999: 401
90000: 90
GET sess:ttl-1
PTTL sess:ttl-1
--- error_log
redis does not say when the session ends: the account needs "+pttl"
unauthorized: session_expired


=== TEST 4: an account that may not ask for the end cannot know
--- http_config eval
$::HttpConfig =~ s/(livekit_redis \S+);/$1 user=short password=short;/r
--- config
--- before
redis('ACL', 'SETUSER', 'short', 'reset', 'on', '>short', '~*', '+get', '+hmget', '+ping', '+client|setname', '+select');
--- story
redis('SET', 'sess:ann', '{"userId":"u1"}');
my @said = ::lasts(::express('ann'));
redis('ACL', 'SETUSER', 'short', '+pttl');
(@said, ::lasts(::express('ann')));
--- response_body
503
600
--- error_log
redis does not say when the session ends: the account needs "+pttl"


=== TEST 5: Better Auth ends all sessions of a user that began before some moment
--- config
    location = /better { livekit_token; livekit_session better-auth $TEST_NGINX_SECRET redis_key=app:$livekit_session_id; }
    location = /usual  { livekit_token; livekit_session better-auth $TEST_NGINX_SECRET; }
    location = /own    { livekit_token; livekit_session better-auth $TEST_NGINX_SECRET redis_key=$livekit_session_id:s user_key=gone:$livekit_session_user; }
--- story
my $id = 'tokenOf32Characters0123456789abc';
my $began = int(time) - 100;
my $value = JSON::PP::encode_json({ session => { id => 's1', userId => 'u1', expiresAt => '2099-01-01T00:00:00.000Z',
    createdAt => POSIX::strftime('%Y-%m-%dT%H:%M:%S.250Z', gmtime $began) }, user => { id => 'u1', name => 'Ann' } });
redis('SET', "app:$id", $value);
redis('SET', "better-auth:$id", $value);
redis('SET', "$id:s", $value);
my $ask = sub {
    my ($mark, $key) = @_;
    $key //= 'app:revoked-sessions-before-u1';
    defined $mark ? redis('SET', $key, $mark) : redis('DEL', $key);
    ::lasts(::better($id), '/better');
};
my @said = map { ref $_ ? $ask->(@$_) : $ask->($_) } undef, $began * 1000, $began * 1000 + 250, $began * 1000 + 251, '"' . ($began * 1000) . '"',
    '"' . ($began * 1000 + 999) . '"', '4102444800000', '', 'soon', '{}', '-1', undef, ['4102444800000', 'app:revoked-sessions-before-u2'];
redis('SET', 'better-auth:revoked-sessions-before-u1', '4102444800000');
redis('SET', 'gone:u1', '4102444800000');
("@said", map { ::lasts(::better($id), $_) } '/better', '/usual', '/own');
--- response_body
600 600 600 401 600 401 401 600 401 401 600 600 600
600
401
401


=== TEST 6: where that is kept must be known
--- config
--- story
map {
    my ($status, $said) = LiveKitTest::nginx_t("livekit_redis unix:/nowhere;\nlivekit_session better-auth secret=x $_;\n");
    $status ? $said =~ /\[emerg\] \S+ (.*?) in \S+test\.conf/ : 'fine';
} '', 'redis_key=a:$livekit_session_id', 'redis_key=$livekit_session_id:a', 'redis_key=$livekit_session_id:a user_key=b:$livekit_session_user',
  'user_key=b:$livekit_session_user', 'user=userId';
--- response_body
fine
fine
redis_key= does not end in "$livekit_session_id", so livekit_session needs user_key= as well: user_key=...revoked-sessions-before-$livekit_session_user
fine
fine
livekit_session: session preset "better-auth" knows only these parameters: secret=, cookie=, identity=, name=, email=, expires=, prefix=, leeway=, email_unverified
