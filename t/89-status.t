# livekit_status: what is counted, over all workers and over reloads.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

our $Locations = <<'_EOC_';
    location = /token { livekit_token; }
    location = /status { livekit_status; }
    location /app/ {
        livekit_require access;
        livekit_room $arg_room;
        alias $TEST_NGINX_DIR/;
    }
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => $Locations) unless defined $block->config;
});

run_tests();

__DATA__

=== TEST 1: nothing has happened yet
--- request
GET /status
--- response_headers
Content-Type: text/plain; version=0.0.4; charset=utf-8
Cache-Control: no-store
--- response_body_filters eval
sub { $_[0] =~ s/^# HELP livekit_redis.*//msr }
--- response_body
# HELP livekit_info The module's version.
# TYPE livekit_info gauge
livekit_info{version="0.1.0"} 1
# HELP livekit_status_lost_total What was not counted, since there were too many different labels.
# TYPE livekit_status_lost_total counter
livekit_status_lost_total 0



=== TEST 2: a token, a stranger, somebody without a session, and a page that is protected
--- more_headers eval
[ ::as(sub => "u1"), ::as(sub => "u2"), ::as(sub => "u2"), ::as(sub => "u9"), "Content-Type: application/json",
  "Cookie: " . ::cookie(sub => "u2"), "" ]
--- request eval
[ 'POST /token
{"roomName":"math"}',
  'POST /token
{"roomName":"math"}',
  'POST /token
{"roomName":"math"}',
  'POST /token
{"roomName":"math"}',
  'POST /token
{"roomName":"math"}',
  'GET /app/policy.json?room=math',
  'GET /status' ]
--- error_code eval
[ 200, 200, 200, 403, 401, 200, 200 ]
--- response_body_filters eval
sub { CORE::join '', grep { /^livekit_(requests|sessions)_total/ } split /^/, shift }
--- no_error_log
[alert]
--- response_body eval
[ "", "", "", "", "", "", <<'_EOC_' ]
livekit_requests_total{endpoint="require",verdict="allowed",role="student"} 1
livekit_requests_total{endpoint="token",verdict="issued",role="student"} 2
livekit_requests_total{endpoint="token",verdict="issued",role="teacher"} 1
livekit_requests_total{endpoint="token",verdict="no_session",role=""} 1
livekit_requests_total{endpoint="token",verdict="not_member",role=""} 1
livekit_sessions_total{session="jwt"} 5
_EOC_



=== TEST 3: the same as JSON
--- more_headers eval
[ ::as(sub => "u1"), "" ]
--- request eval
[ 'POST /token
{"roomName":"math"}',
  'GET /status?format=json' ]
--- response_headers eval
[ "Content-Type: application/json", "Content-Type: application/json" ]
--- response_body_filters eval
sub { $_[0] =~ /("version".*?),"redis":\[\{"redis":"default"/ ? $1 : "" }
--- response_body eval
[ "", '"version":"0.1.0","lost":0,"counters":['
      . '{"name":"livekit_requests_total","labels":{"endpoint":"token","verdict":"issued","role":"teacher"},"value":1},'
      . '{"name":"livekit_sessions_total","labels":{"session":"jwt"},"value":1}]' ]



=== TEST 4: another format there is not
--- request
GET /status?format=xml
--- answer: 400 There are "format=prometheus" and "format=json".



=== TEST 5: it is only read
--- request
POST /status
--- error_code: 405



=== TEST 6: HEAD
--- request
HEAD /status
--- response_body



=== TEST 7: a livekit_check that auth_request asks is counted once
--- config
    location = /check { internal; livekit_check; }
    location = /status { livekit_status; }
    location /app/ {
        auth_request /check;
        return 200 "never\n";
    }
    location /files/ {
        auth_request /check;
        alias $TEST_NGINX_DIR/;
    }
--- more_headers eval
[ "Cookie: " . ::cookie(sub => "u2"), "" ]
--- request eval
[ 'GET /files/policy.json?roomName=math', 'GET /status' ]
--- response_body_filters eval
sub { CORE::join '', grep { /^livekit_requests/ } split /^/, shift }
--- response_body eval
[ "", qq{livekit_requests_total{endpoint="check",verdict="allowed",role="student"} 1\n} ]



=== TEST 8: two workers count together, and a reload forgets nothing
--- processes: 2
--- story
my @before = workers();
ask(wish('u1')) for 1 .. 12;
kill 'HUP', nginx_pid();
my $others = eventually { my %was = map { $_ => 1 } @before; workers() == 2 && !grep { $was{$_} } workers() };
ask(wish('u1')) for 1 .. 8;
my @lines;
eventually {
    @lines = grep { /^livekit_requests/ } split /\n/, ask('GET /status')->body;
    "@lines" =~ / 20$/;
};
("others $others", @lines);
--- response_body
others 1
livekit_requests_total{endpoint="token",verdict="issued",role="teacher"} 20
