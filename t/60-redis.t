# Redis away, slow, hostile or otherwise configured: what cannot be known is
# 503, soon and worth another attempt; nothing else suffers, and when Redis is
# back so is nginx, without a reload.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

# the usual configuration with another "livekit_redis ...;"

sub with {
    my ($redis, @more) = @_;
    my $config = $LiveKitTest::HttpConfig;
    $config =~ s/livekit_redis [^;]*;/livekit_redis $redis;/;
    return join "\n", $config, @more;
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: nginx starts without Redis, and goes on when it is there
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1'));
fake('--tcp');
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
"before $before", "soon $soon";
--- response_body
before 503
soon 1
--- error_log
connect() to 127.0.0.1:
redis_unavailable


=== TEST 2: the answer when Redis is not there is prompt, JSON, and says when to come again
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my $start = time;
my $answer = ask(wish('u1'));
my $prompt = within(0.15, $start) ? 'prompt' : 'late';
("$answer $prompt", $answer->header('Retry-After'), $answer->header('Content-Type'),
 $answer->header('Cache-Control'), join ' ', sort keys %{ $answer->json });
--- response_body
503 prompt
1
application/json
no-store
error message
--- error_log
redis_unavailable


=== TEST 3: a socket that is not there yet
--- http_config eval: ::with('$TEST_NGINX_FAKE')
--- config
    location = /token { livekit_token; }
--- before: unlink $Socket
--- story
my $before = ask(wish('u1'));
fake();
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
"before $before", "soon $soon";
--- response_body
before 503
soon 1
--- error_log
[crit]
failed (2: No such file or directory) while connecting to redis
--- no_error_log
[alert]
[emerg]


=== TEST 4: a socket that belongs to others
--- fake_redis
--- processes: 1
--- before: chmod 0600, $Socket
--- config
    location = /token { livekit_token; }
--- story
my $refused = ask(wish('u1'));
chmod 0777, $Socket;
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
"refused $refused", "soon $soon";
--- worker_user: nobody
--- response_body
refused 503
soon 1
--- error_log
[crit]
(13: Permission denied)
--- no_error_log
[alert]
[emerg]


=== TEST 5: a password
--- http_config eval: ::with('$TEST_NGINX_FAKE password=knock')
--- fake_redis: --password knock
--- config
    location = /token { livekit_token; }
--- more_headers eval
"Content-Type: application/json\nCookie: " . LiveKitTest::cookie(sub => "u1")
--- response_body_like: "token"


=== TEST 6: a wrong password is told, but not which
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT password=knock-wrongly')
--- fake_redis: --tcp --password knock
--- log_level: info
--- config
    location = /token { livekit_token; }
--- story
my $answer = ask(wish('u1'));
fake('--tcp', '--password', 'knock-wrongly');
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
"$answer", "soon $soon", error_log() =~ /knock/ ? 'the log tells' : 'the log is silent';
--- response_body
503
soon 1
the log is silent
--- error_log
redis refused AUTH: "WRONGPASS


=== TEST 7: an account of its own, with no more rights than the README says
--- http_config eval: ::with('$TEST_NGINX_REDIS user=gate password=file:$TEST_NGINX_DIR/password')
--- before: LiveKitTest::write_policy("gate-password\n", 'password')
--- config
    location = /token { livekit_token; }
--- story
eventually { error_log() =~ /WRONGPASS/ };
redis(qw(ACL SETUSER gate on >gate-password ~lkg:room:* +hmget +ping +client|setname +select));
my $soon = eventually { ask(wish('u1'))->who eq 'u1' } 10;
redis(qw(ACL DELUSER gate));
"soon $soon", error_log() =~ /gate-password/ ? 'the log tells' : 'the log is silent';
--- response_body
soon 1
the log is silent
--- error_log
redis refused AUTH of user "gate": "WRONGPASS


=== TEST 8: an account that may not read the room
--- http_config eval: ::with('$TEST_NGINX_REDIS user=blind password=blind-password')
--- config
    location = /token { livekit_token; }
--- story
redis(qw(ACL SETUSER blind on >blind-password ~other:* +@read +@connection));
my $answer;
eventually { $answer = ask(wish('u1')); error_log() =~ /NOPERM/ };
redis(qw(ACL DELUSER blind));
"$answer " . $answer->who;
--- response_body
503 unavailable
--- error_log
redis answered the question for "state" with NOPERM


=== TEST 9: a password that changes while it is in use: those who have it may stay, the others wait
--- log_level: error
--- http_config eval: ::with('$TEST_NGINX_REDIS user=gate password=first-password')
--- config
    location = /token { livekit_token; }
--- before
redis(qw(ACL SETUSER gate on >first-password ~lkg:room:* +hmget +ping +client|setname));
--- story
my $known = eventually { ask(wish('u1'))->who eq 'u1' };
redis(qw(ACL SETUSER gate resetpass >second-password));
my $stays = ask(wish('u1'))->who;
redis(qw(CLIENT KILL USER gate));
my $shut = eventually { ask(wish('u1'))->who eq 'unavailable' };
redis(qw(ACL SETUSER gate >first-password));
my $back = eventually { ask(wish('u1'))->who eq 'u1' };
redis(qw(ACL DELUSER gate));
"known $known", "stays $stays", "shut $shut", "back $back";
--- response_body
known 1
stays u1
shut 1
back 1
--- error_log
redis refused AUTH of user "gate": "WRONGPASS


=== TEST 10: a database of its own
--- http_config eval: ::with('$TEST_NGINX_REDIS:3')
--- config
    location = /token { livekit_token; }
--- story
my $elsewhere = ask(wish('u1'))->who;
redis('MOVE', 'lkg:room:{math}', 3);
my $there = ask(wish('u1'))->who;
load_room();
"elsewhere $elsewhere", "there $there";
--- response_body
elsewhere forbidden
there u1
--- error_log
not_member


=== TEST 11: a database that there is not
--- http_config eval: ::with('$TEST_NGINX_REDIS:99')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log
redis refused SELECT: "ERR DB index is out of range


=== TEST 12: a name is looked up without blocking, and every address is tried
--- names: redis.invalid 127.0.0.2 127.0.0.1
--- http_config eval: ::with('redis://redis.invalid:$TEST_NGINX_FAKE_PORT', 'resolver $TEST_NGINX_DNS ipv6=off;')
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
"soon $soon";
--- response_body
soon 1
--- error_log
to be resolved at run time
--- no_error_log
[crit]
[alert]


=== TEST 13: a name that comes to mean another server is followed
--- names: redis.invalid 127.0.0.2
--- http_config eval: ::with('redis://redis.invalid:$TEST_NGINX_FAKE_PORT', 'resolver $TEST_NGINX_DNS ipv6=off;')
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1')) eq '503' && error_log() =~ /connect\(\) to 127.0.0.2/ };
names('redis.invalid' => ['127.0.0.1']);
my $after = eventually { ask(wish('u1'))->who eq 'u1' } 15;
"before $before", "after $after";
--- response_body
before 1
after 1
--- timeout: 20
--- error_log
connect() to 127.0.0.2:
--- no_error_log
[crit]
[alert]


=== TEST 14: a name that nobody knows yet
--- names: other.invalid 127.0.0.1
--- http_config eval: ::with('redis://redis.invalid:$TEST_NGINX_FAKE_PORT', 'resolver $TEST_NGINX_DNS ipv6=off valid=1s;')
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1')) eq '503' && error_log() =~ /could not be resolved/ };
names('redis.invalid' => ['127.0.0.1']);
my $after = eventually { ask(wish('u1'))->who eq 'u1' } 15;
"before $before", "after $after";
--- response_body
before 1
after 1
--- timeout: 20
--- error_log eval
qr/redis.invalid could not be resolved \(3: Host not found\)/
--- no_error_log
[crit]
[alert]


=== TEST 15: no name, no resolver: nginx says so and does not start
--- http_config eval: ::with('redis://redis.invalid:6379')
--- config
    location = /token { livekit_token; }
--- must_die
--- error_log
host not found of Redis "default", "redis.invalid" in
and no resolver defined to resolve it at run time


=== TEST 16: a reply in pieces of one byte
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
map { ask(wish($_, 'fake-split'))->who } qw(u1 u2);
--- response_body
u1
u2


=== TEST 17: a reply that trickles in is not waited for beyond the deadline
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 300ms;"
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my $start = time;
my $slow = ask(wish('u1', 'fake-loris-' . 50 * $Slow));
my $took = time - $start;
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"slow $slow " . $slow->header('Retry-After'),
$took > 0.29 && $took < 0.6 * $Slow ? 'at the deadline' : "after $took s", "then $then";
--- response_body
slow 503 1
at the deadline
then 1
--- error_log
livekit: no answer about room "fake-loris-


=== TEST 18: silence is 503 at the deadline; others are served meanwhile
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 500ms;"
--- fake_redis
--- config
    location = /token { livekit_token; }
    location = /plain { return 200 "plain\n"; }
    root $TEST_NGINX_SERVER_ROOT/html;
    location /slides/ { livekit_require session; }
--- user_files
>>> slides/one.txt
first slide
--- story
ask(wish('u1'));
my $start = time;
my @clients = map { client()->send(wish('u1', 'fake-stall')) } 1 .. 20;
my @others = (ask('GET /plain'), ask('GET /slides/one.txt', as => 'u2'));
my $others = time - $start;
my @answers = map { $_->answer } @clients;
my $all = time - $start;
("others @others " . ($others < 0.4 * $Slow ? 'at once' : "in $others s"),
 "waiting @answers[0, 19] " . $answers[19]->header('Retry-After') . ' ' . $answers[19]->who,
 $all > 0.49 && $all < 0.8 * $Slow ? 'at the deadline' : "after $all s");
--- response_body
others 200 200 at once
waiting 503 503 1 unavailable
at the deadline
--- error_log
redis_timeout


=== TEST 19: the deadline is one for the whole request, error page included
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 300ms;"
--- fake_redis: --mode stall
--- config
    livekit_require access;
    error_page 503 /busy.html;
--- story
my $start = time;
my $answer = ask('GET /slides/?room=math', as => 'u1');
"$answer", within(0.55, $start) ? 'once' : 'twice';
--- response_body
503
once
--- error_log
redis_timeout


=== TEST 20: whatever a server sends instead of an answer is 503, and then all is well
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
map {
    my $bad = ask(wish('u1', "fake-$_"));
    my $then = eventually { ask(wish('u2'))->who eq 'u2' };
    "$_: $bad " . $bad->who . ', then ' . ($then ? 'well' : 'ill');
} qw(garbage giant big-70000 wide-2000 wide-4 nested-100000 nested-5 nested-2 resp3
     status integer nil array half close reset part);
--- response_body
garbage: 503 unavailable, then well
giant: 503 unavailable, then well
big-70000: 503 unavailable, then well
wide-2000: 503 unavailable, then well
wide-4: 503 unavailable, then well
nested-100000: 503 unavailable, then well
nested-5: 503 unavailable, then well
nested-2: 503 unavailable, then well
resp3: 503 unavailable, then well
status: 503 unavailable, then well
integer: 503 unavailable, then well
nil: 503 unavailable, then well
array: 503 unavailable, then well
half: 503 unavailable, then well
close: 503 unavailable, then well
reset: 503 unavailable, then well
part: 503 unavailable, then well
--- timeout: 30
--- error_log
redis sent an invalid reply: Protocol error
redis answered HMGET with another type
redis answered the question for "state" with another type


=== TEST 21: every error of a server is 503, never "not a member"
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
map {
    my $bad = ask(wish('u1', "fake-error-$_"));
    my $then = eventually { ask(wish('u2'))->who eq 'u2' };
    "$_: $bad " . $bad->who . ', then ' . ($then ? 'well' : 'ill');
} qw(LOADING NOAUTH NOPERM MASTERDOWN READONLY WRONGTYPE ERR BUSY CLUSTERDOWN TRYAGAIN
     MOVED OOM MISCONF UNKNOWN);
--- response_body
LOADING: 503 unavailable, then well
NOAUTH: 503 unavailable, then well
NOPERM: 503 unavailable, then well
MASTERDOWN: 503 unavailable, then well
READONLY: 503 unavailable, then well
WRONGTYPE: 503 unavailable, then well
ERR: 503 unavailable, then well
BUSY: 503 unavailable, then well
CLUSTERDOWN: 503 unavailable, then well
TRYAGAIN: 503 unavailable, then well
MOVED: 503 unavailable, then well
OOM: 503 unavailable, then well
MISCONF: 503 unavailable, then well
UNKNOWN: 503 unavailable, then well
--- error_log
redis answers LOADING
redis answered the question for "state" with WRONGTYPE
redis answered the question for "state" with MOVED


=== TEST 22: a reply that is too long is told from one that is too wide
--- fake_redis
--- log_level: error
--- config
    location = /token { livekit_token; }
--- story
map {
    my ($bad, $told) = @$_;
    eventually { ask(wish('u1', "fake-$bad")); error_log() =~ /invalid reply: $told/ };
} ['giant', 'too long'], ['wide-2000', 'too many elements'];
--- response_body
1
1
--- error_log
redis_unavailable


=== TEST 23: a server that wants a password of a connection in use
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'fake-error-NOAUTH')), ask(wish('u2'))->who eq 'u2' || eventually { ask(wish('u2'))->who eq 'u2' };
--- response_body
503
1
--- error_log
redis wants AUTH on a connection in use


=== TEST 24: an answer that nobody asked for ends the connection, and is given to nobody
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
map { ask(wish($_->[0], $_->[1]))->who } ['u1', 'fake-extra'], ['u2', 'math'], ['u1', 'math'],
    ['stranger', 'math'];
--- response_body
u1
u2
u1
forbidden
--- error_log
redis sent what nobody asked for


=== TEST 25: a server that accepts and says nothing
--- fake_redis: --tcp --mute
--- config
    location = /token { livekit_token; }
--- story
my $mute = ask(wish('u1'));
fake('--tcp');
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"mute $mute", "then $then";
--- response_body
mute 503
then 1
--- error_log
redis did not answer on a new connection


=== TEST 26: a server that has no room for another client
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
fake('--tcp', '--hello', '-ERR max number of clients reached');
my $full = eventually { error_log() =~ /max number of clients/ };
my $answer = ask(wish('u1'));
fake('--tcp');
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"full $full $answer", "then $then";
--- response_body
full 1 503
then 1
--- error_log
redis refused
max number of clients reached


=== TEST 27: a server that still reads its data from the disk
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
fake('--tcp', '--ping', '-LOADING Redis is loading the dataset in memory');
my $loading = eventually { ask(wish('u1')) eq '503' && error_log() =~ /LOADING/ };
fake('--tcp');
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"loading $loading", "then $then";
--- response_body
loading 1
then 1
--- error_log
redis refused PING: "LOADING


=== TEST 28: a connection that the server closes between requests is replaced unnoticed
--- config
    location = /token { livekit_token; }
--- story
my @answers;
for (1 .. 5) {
    push @answers, ask(wish('u1'))->who;
    redis(qw(CLIENT KILL TYPE normal));
}
"@answers";
--- response_body
u1 u1 u1 u1 u1
--- error_log
redis closed connection with 0 queries in flight
--- no_error_log
[alert]
[crit]
livekit: no answer


=== TEST 29: questions in flight on a connection that is lost are asked again, once
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 2s;"
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my @clients = map { client()->send(wish(@$_)) } ['u1', 'fake-delay-100'], ['u2', 'fake-last'],
    ['u1', 'math'], ['u2', 'math'], ['stranger', 'math'];
map { $_->answer->who } @clients;
--- response_body
u1
u2
u1
u2
forbidden
--- error_log
redis closed connection with 3 queries in flight


=== TEST 30: a server that is killed: 503 at once, and back without a reload
--- config
    location = /token { livekit_token; }
    location = /plain { return 204; }
--- story
my $before = ask(wish('u1'))->who;
kill_redis();
my $start = time;
my @dead = map { ask(wish('u1')) } 1 .. 5;
my $dead = within(1, $start) ? 'at once' : 'late';
my $plain = ask('GET /plain');
start_redis();
my $back = eventually { ask(wish('u1'))->who eq 'u1' };
"before $before", "dead @dead $dead", "plain $plain", "back $back", ask(wish('u2'))->who;
--- response_body
before u1
dead 503 503 503 503 503 at once
plain 204
back 1
u2
--- error_log
redis_unavailable
--- no_error_log
[alert]
[emerg]


=== TEST 31: a server that is killed with questions in flight
--- http_config eval: $LiveKitTest::HttpConfig . "livekit_redis_timeout 5s;"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
stop_redis();
my @clients = map { client()->send(wish($_)) } ('u1', 'u2') x 10;
sleep 0.2;
my $start = time;
kill_redis();
my @answers = map { $_->answer } @clients;
my $soon = within(2, $start) ? 'soon' : 'late';
start_redis();
my $back = eventually { ask(wish('u1'))->who eq 'u1' };
"@answers $soon", "back $back";
--- response_body
503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 503 soon
back 1
--- error_log eval
[qr/recv\(\) failed|closed connection with 20 queries in flight/, 'redis_unavailable']
--- no_error_log
[alert]
[emerg]


=== TEST 32: a server that hangs, and wakes up: no answer is another's
--- config
    location = /token { livekit_token; }
--- story
my @who = qw(u1 u2 stranger);
my %right = (u1 => 'u1', u2 => 'u2', stranger => 'forbidden');
my %seen;

ask(wish('u1'));

for my $hang (1 .. 2) {
    stop_redis();
    my @hung = map { [$_, client()->send(wish($_))] } (@who) x 5;
    sleep 0.1 * $hang;
    cont_redis();
    my @then = map { [$_, client()->send(wish($_))] } (@who) x 5;

    for (@hung, @then) {
        my ($who, $client) = @$_;
        my $is = $client->answer->who;
        $seen{$is eq $right{$who} ? 'right' : $is eq 'unavailable' ? 'unknown' : 'WRONG'}++;
    }
}

stop_redis();
my $hung = ask(wish('u1'));
cont_redis();
my $back = eventually { ask(wish('u1'))->who eq 'u1' };

$seen{WRONG} ? "$seen{WRONG} wrong" : 'none wrong', $seen{right} ? 'some right' : 'none right',
"hung $hung", "back $back";
--- response_body
none wrong
some right
hung 503
back 1
--- error_log
livekit: no answer about room "math"


=== TEST 33: late answers go to nobody
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my $delay = 'fake-delay-' . 100 * $Slow;
my @late = map { client()->send(wish('u1', $delay)) } 1 .. 6;
sleep 0.05;
my @others = map { client()->send(wish($_)) } qw(u2 stranger u2);
my @answers = map { $_->answer->who } @late, @others;

my $wrong = grep { $_ ne 'u1' && $_ ne 'unavailable' } @answers[0 .. 5];
$wrong += grep { $_ ne 'unavailable' } @answers[5 .. 8];

("wrong $wrong", eventually { 2 <= grep { /$delay/ } seen() },
 eventually { ask(wish('u2'))->who eq 'u2' });
--- response_body
wrong 0
1
1
--- error_log
redis_timeout


=== TEST 34: several connections to a server
--- http_config eval: $LiveKitTest::HttpConfig . "livekit_redis_connections 3;"
--- config
    location = /token { livekit_token; }
--- story
my $n = eventually { 3 == (() = redis(qw(CLIENT LIST)) =~ /name=nginx/g) };
my @clients = map { client()->send(wish($_)) } ('u1', 'u2', 'stranger') x 10;
"three $n", join ' ', map { $_->answer->who } @clients[0 .. 5], @clients[27 .. 29];
--- response_body
three 1
u1 u2 forbidden u1 u2 forbidden u1 u2 forbidden
--- error_log
not_member


=== TEST 35: memberships in another Redis than bans: both are asked at once
--- http_config eval
::with('$TEST_NGINX_REDIS', <<'_EOC_');
    livekit_redis $TEST_NGINX_FAKE name=app;
    livekit_access role HGET "lkg:room:{fake-delay-20}" m:$livekit_identity redis=app;
    livekit_redis_timeout 500ms;
_EOC_
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish($_))->who } qw(u1 u2 stranger);
redis('HSET', 'lkg:room:{math}', 'b:u2', 0);
my $banned = ask(wish('u2'))->who;
load_room();
("@who", "banned $banned", scalar(grep { /^HGET/ } seen()));
--- response_body
u1 u2 forbidden
banned forbidden
4
--- error_log
banned


=== TEST 36: one of two servers away is not known, whichever it is
--- http_config eval
::with('$TEST_NGINX_REDIS', <<'_EOC_');
    livekit_redis redis://127.0.0.1:$TEST_NGINX_FAKE_PORT name=app;
    livekit_access role HGET "lkg:room:{math}" m:$livekit_identity redis=app;
_EOC_
--- fake_redis: --tcp
--- config
    location = /token { livekit_token; }
--- story
my $both = ask(wish('u1'))->who;
end_fake();
my $one = ask(wish('u1'))->who;
fake('--tcp', '--mode', 'stall');
my $silent = ask(wish('u1'))->who;
fake('--tcp');
my $back = eventually { ask(wish('u1'))->who eq 'u1' };
stop_redis();
my $other = ask(wish('u1'))->who;
cont_redis();
my $again = eventually { ask(wish('u1'))->who eq 'u1' };
"both $both", "one $one", "silent $silent", "back $back", "other $other", "again $again";
--- response_body
both u1
one unavailable
silent unavailable
back 1
other unavailable
again 1
--- error_log
redis_unavailable
livekit: no answer about room "math"


=== TEST 37: a server's silence does not fill the log
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- config
    location = /token { livekit_token; }
--- story
my $end = time + 0.8;
ask(wish('u1')) while time < $end;
my $n = () = error_log() =~ /connect\(\) to \S+ failed/g;
$n <= 3 ? 'few lines' : "$n lines";
--- response_body
few lines
--- error_log
connect() to 127.0.0.1:


=== TEST 38: where nginx has no connection left, the one to Redis stays
--- config
    location = /token { livekit_token; }
--- story
my $redis = sub { redis(qw(CLIENT LIST)) =~ /id=(\d+) .*name=nginx/ ? $1 : 'none' };

ask(wish('u1'));
my $before = $redis->();
my @idle = map { client() } 1 .. 100;
my $full = ask(wish('u1'))->who;
my $same = $redis->() eq $before;
"$full", $same ? 'the same' : 'another';
--- response_body
u1
the same
--- error_log
worker_connections are not enough, reusing connections
--- no_error_log
[alert]
livekit: no answer


=== TEST 39: silence is a late answer with a timeout of seconds, too, not a lost connection
--- http_config eval: $LiveKitTest::HttpConfig . "livekit_redis_timeout 1600ms;"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1')) for 1 .. 3;
stop_redis();
my $silent = ask(wish('u1'));
my ($why) = error_log() =~ /no answer about room "math": (\w+)/;
cont_redis();
"$silent $why", eventually { ask(wish('u1')) eq '200' };
--- response_body
503 redis_timeout
1
--- error_log
redis_timeout
