# The module is loaded: what nginx needs for that, and what it does not.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

$ENV{LIVEKIT_TEST_SECRET} = $LiveKitTest::key;

write_file('api.secret', "$LiveKitTest::key\n", 0600);
write_file('session.secret', "$LiveKitTest::secret\r\n", 0600);


# nginx -t, as a package's installation runs it

my ($rc, $said) = nginx_t('');
is($rc, 0, 'nginx -t passes with the module loaded and no directive used');
unlike($said, qr/\[(warn|error|crit|alert|emerg)\]/, 'and has nothing to say about it');

my $all = <<"_EOC_";
    livekit_redis  redis://127.0.0.1:1/3 password=secret;
    livekit_redis  unix:/nowhere/redis.sock name=billing;
    livekit_key    LKkey file:$LiveKitTest::dir/api.secret;
    livekit_url    wss://live.example.com;
    livekit_policy $LiveKitTest::dir/policy.json;
    livekit_session jwt secret=file:$LiveKitTest::dir/session.secret cookie=session;
    server { location = /token { livekit_token; } }
_EOC_

($rc, $said) = nginx_t($all);
is($rc, 0, 'nginx -t passes where no Redis can be reached');
unlike($said, qr/\[(warn|error|crit|alert|emerg)\]/, 'and that is not even a warning');

no_long_string();
run_tests();

__DATA__

=== TEST 1: loaded and not used, the module is not noticed
--- http_config
--- config
    location = /hello { return 200 "hello\n"; }
--- request
GET /hello
--- response_body
hello


=== TEST 2: nginx starts and serves while no Redis runs
--- http_config
    livekit_redis redis://127.0.0.1:1;
    livekit_redis redis://localhost:1/2 name=other;
    livekit_redis_connections 4;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }
    location = /hello { return 200 "hello $livekit_identity\n"; }
--- request
GET /hello
--- more_headers eval
::as(sub => "u1")
--- response_body
hello u1
--- no_error_log
[alert]
[emerg]


=== TEST 3: every directive of the http block may stand there
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
    livekit_redis_connect_timeout 250ms;
    livekit_redis_timeout 500ms;
    livekit_redis_connections 2;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    livekit_room $livekit_requested_room;
    livekit_room_pattern ^m;
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_require session;
    livekit_allow_origin https://app.example.com;
    livekit_body_size 4k;
--- config
    location = /token { livekit_token; }
--- more_headers eval
::as(sub => "u1")
--- response_body_filters eval
::pick("sub", "video.room", "metadata")
--- response_body
u1 math {"role":"teacher"}


=== TEST 4: those of a server may stand there
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
--- config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    livekit_room $livekit_requested_room;
    livekit_room_pattern ^m;
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_require session;
    livekit_allow_origin https://app.example.com;
    livekit_body_size 4k;
    location = /token { livekit_token; }
--- more_headers eval
::as(sub => "u1")
--- response_body_filters eval
::pick("sub", "video.room", "metadata")
--- response_body
u1 math {"role":"teacher"}


=== TEST 5: those of a location may stand there
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
--- config
    location = /token {
        livekit_key LKkey "an api secret of 32 bytes or even more";
        livekit_url wss://live.example.com;
        livekit_policy $TEST_NGINX_DIR/policy.json;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
        livekit_room $livekit_requested_room;
        livekit_room_pattern ^m;
        livekit_access role HGET room:$livekit_room:members $livekit_identity;
        livekit_require session;
        livekit_allow_origin https://app.example.com;
        livekit_body_size 4k;
        livekit_token;
    }
    location = /check {
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
        livekit_check session;
    }
--- request eval
["POST /token\n{\"roomName\":\"math\"}", "GET /check"]
--- more_headers eval
::as(sub => "u1")
--- error_code eval
[200, 204]
--- response_body_filters eval
::pick("sub", "video.room", "metadata")
--- response_body eval
["u1 math {\"role\":\"teacher\"}\n", ""]


=== TEST 6: directives that are not used by any location do no harm
--- http_config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_session next-auth "secret=a session secret of 32 bytes or more";
    livekit_access role HGET room:$livekit_room:members $livekit_identity redis=elsewhere;
    livekit_room tenant:$livekit_requested_room;
    livekit_allow_origin https://app.example.com;
--- config
    location = /hello { return 200 "hello\n"; }
--- request
GET /hello
--- response_body
hello


=== TEST 7: secrets come from files, whose last line may end as lines do
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
    livekit_key LKkey file:$TEST_NGINX_DIR/api.secret;
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt secret=file:$TEST_NGINX_DIR/session.secret cookie=session;
--- config
    location = /token { livekit_token; }
--- more_headers eval
::as(sub => "u1")
--- response_body_filters eval
::pick("sub")
--- response_body
u1
--- no_error_log
[warn]
[error]
[crit]
[alert]
[emerg]


=== TEST 8: secrets come from the environment that nginx is started in
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
    livekit_key LKkey env:LIVEKIT_TEST_SECRET;
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }
--- more_headers eval
::as(sub => "u1")
--- response_body_filters eval
::pick("sub")
--- response_body
u1
