# Connections: clients that leave, that send in pieces or several at once,
# HTTP/1.0 to HTTP/2, and what becomes of requests while nginx is reloaded or
# told to quit.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a client that leaves while Redis is silent is let go at once
--- http_config eval
$LiveKitStory::HttpConfig . <<'_EOC_';
    livekit_redis_timeout 4s;
    log_format ends '$uri $status';
_EOC_
--- fake_redis
--- config
    access_log logs/access.log ends;
    location = /token  { livekit_token; }
    location = /check  { livekit_check; }
    location = /inside { internal; livekit_check; }
    location /slides/  { livekit_require access; }
    location /board/   { auth_request /inside; }
--- story
my $silent = 'room=fake-stall';
my @requests = (wish('u1', 'fake-stall'), map { request($_, as => 'u1') }
                "GET /token?$silent", "GET /check?$silent", "GET /slides/?$silent", "GET /board/?$silent");
my $start = time;

for my $leave (qw(close reset)) {
    my @clients = map { client()->send($_) } @requests;
    sleep 0.15;
    $_->$leave for @clients;
}

my @log;
my $all = eventually {
    open my $fh, '<', $Test::Nginx::Util::AccLogFile;
    @log = <$fh>;
    @log == 10;
};
my $soon = within(3, $start) ? 'soon' : 'late';
my %ends;
$ends{$_ =~ s/\n//r}++ for @log;
("$all $soon", (map { "$_ $ends{$_} times" } sort keys %ends), 'alarms ' . alarms());
--- response_body
1 soon
/board/ 499 2 times
/check 499 2 times
/slides/ 499 2 times
/token 499 4 times
alarms none


=== TEST 2: the answer for a client that left is thrown away, those of the others are not
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my @gone = map { client()->send(wish('u1', 'fake-delay-20')) } 1 .. 4;
my @here = map { client()->send(wish($_)) } qw(u2 stranger u1);
sleep 0.01;
$_->close for @gone;
map { $_->answer->who } @here;
--- response_body
u2
forbidden
u1
--- error_log
not_member


=== TEST 3: a client that leaves in the middle of its body
--- config
    location = /token { livekit_token; }
--- story
my $request = wish('u1');
for my $leave (qw(close reset)) {
    my $c = client();
    $c->send(substr $request, 0, -5);
    sleep 0.05;
    $c->$leave;
}
ask(wish('u1'))->who;
--- response_body
u1
--- lookups: 1


=== TEST 4: one connection, several requests, each for whom it is
--- config
    location = /token { livekit_token; }
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- story
my $c = client();
my @who;
for (qw(u1 u2 stranger u1 banned u2)) {
    $c->send(wish($_));
    push @who, $c->answer->who;
}
$c->send(request('GET /slides/one.txt?room=math', as => 'u1'));
push @who, $c->answer;
$c->send(request('GET /slides/one.txt?room=math'));
push @who, $c->answer;
@who;
--- response_body
u1
u2
forbidden
u1
forbidden
u2
200
401
--- error_log
not_member


=== TEST 5: requests sent all at once are answered in their order
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check; }
--- story
my $c = client();
$c->send(join '', wish('u1'), wish('u2'), request('GET /check?room=math', as => 'u2'), wish('stranger'),
                  request('GET /token?roomName=math', as => 'u1'), wish('u2'));
map { my $a = $c->answer; $a->header('X-LiveKit-Identity') // $a->json->{serverUrl} // $a->who } 1 .. 6;
--- response_body
u1
u2
u2
forbidden
wss://live.example.com
u2
--- lookups: 6
--- error_log
not_member


=== TEST 6: a request that comes while the one before it waits has its turn
--- fake_redis
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check; }
    location = /plain { return 204; }
    location /slides/ { livekit_require access; }
--- story
my $u1 = request('GET /slides/?room=fake-delay-100', as => 'u1');
my $c = client();
my @answers;
for my $first (wish('u1', 'fake-delay-100'), request('GET /check?room=fake-delay-100', as => 'u1'), $u1) {
    $c->send($first);
    sleep 0.03;
    $c->send(wish('u2'), request('GET /plain'));
    push @answers, join ' ', map { my $a = $c->answer; $a eq '200' ? $a->who : "$a" } 1 .. 3;
}
@answers;
--- response_body
u1 u2 204
204 u2 204
404 u2 204
--- error_log
No such file or directory


=== TEST 7: a body in pieces, one byte at a time, and late
--- config
    location = /token { livekit_token; }
--- story
my $request = wish('u2');
my ($head, $body) = $request =~ /\A(.*\r\n\r\n)(.*)\z/s;
my @answers;

my $c = client();
$c->trickle(0.02, $head, split //, $body);
push @answers, $c->answer->who;

$c->trickle(0.1, substr($head, 0, 30), substr($head, 30), $body);
push @answers, $c->answer->who;

$c->trickle(0.05, $head . substr($body, 0, 3), substr($body, 3) . wish('u1'));
push @answers, map { $c->answer->who } 1 .. 2;

@answers;
--- response_body
u2
u2
u2
u1
--- lookups: 4


=== TEST 8: a chunked body, whole, in pieces, and with a trailer
--- config
    location = /token { livekit_token; }
--- story
my $head = request('POST /token', as => 'u2', headers => ['Content-Type: application/json',
                                                          'Transfer-Encoding: chunked']);
my @chunks = ("4\r\n{\"ro\r\n", "a\r\nomName\":\"m\r\n", "5\r\nath\"}\r\n", "0\r\n\r\n");
my $c = client();
my @answers;

$c->send($head . join '', @chunks);
push @answers, $c->answer->who;

$c->trickle(0.03, $head, @chunks);
push @answers, $c->answer->who;

$c->trickle(0.003, $head, split //, join '', @chunks);
push @answers, $c->answer->who;

$c->send($head . join('', @chunks) . wish('u1'));
push @answers, map { $c->answer->who } 1 .. 2;

@answers;
--- response_body
u2
u2
u2
u2
u1


=== TEST 9: a body as large as it may be, and one byte more, in both framings
--- config
    location = /token { livekit_token; livekit_body_size 2000; }
--- story
my $json = '{"roomName":"math"}';
my %body = (exactly => $json . ' ' x (2000 - length $json));
$body{over} = $body{exactly} . ' ';
my @answers;

for my $size (qw(exactly over)) {
    my @parts = unpack '(a100)*', $body{$size};
    my $chunked = request('POST /token', as => 'u1', headers => ['Content-Type: application/json',
                                                                'Transfer-Encoding: chunked']);
    my ($head) = request('POST /token', as => 'u1', json => $body{$size}) =~ /\A(.*\r\n\r\n)/s;

    push @answers, "$size: "
        . join ', ', map { $_->answer->who }
          client()->send($head . $body{$size}),
          client()->trickle(0.001, $head, @parts),
          client()->send($chunked . join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @parts) . "0\r\n\r\n"),
          client()->trickle(0.001, $chunked, (map { sprintf "%x\r\n%s\r\n", length, $_ } @parts), "0\r\n\r\n");
}
@answers;
--- response_body
exactly: u1, u1, u1, u1
over: payload_too_large, payload_too_large, payload_too_large, payload_too_large
--- lookups: 4


=== TEST 10: Expect: 100-continue: the body is asked for; those who are refused need not send it
--- config
    location = /token { livekit_token; }
--- story
my ($head, $body) = wish('u1', 'math', headers => ['Expect: 100-continue']) =~ /\A(.*\r\n\r\n)(.*)\z/s;
my $c = client();
$c->send($head);
my $first = $c->answer;
$c->send($body);
my $second = $c->answer->who;

my ($nobody) = request('POST /token', headers => ['Expect: 100-continue'], json => '{"roomName":"math"}')
                 =~ /\A(.*\r\n\r\n)/s;
my $refused = client();
$refused->send($nobody);
("$first", "$second", $refused->answer->who);
--- response_body
100
u1
unauthorized


=== TEST 11: HTTP/1.0
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check; }
--- story
my $c = client();
$c->send(wish('u1', 'math', http => '1.0'));
my $answer = $c->answer;
($answer->who, $c->answer, ask('GET /check?room=math', as => 'u2', http => '1.0'),
 ask('GET /token?roomName=math', as => 'stranger', http => '1.0')->who);
--- response_body
u1
closed
204
forbidden
--- error_log
not_member


=== TEST 12: HTTP/2: a body with and without its length, in pieces, late, and too long
--- config
    $TEST_NGINX_HTTP2
    location = /token { livekit_token; }
    location = /check { livekit_check; }
--- story
my @json = ('content-type' => 'application/json');
my $wish = '{"roomName":"math"}';
my $c = h2();

my $late = $c->ask('POST', '/token', as => 'u2', headers => \@json, open => 1);
my $slow = $c->ask('POST', '/token', as => 'u1', headers => [@json, 'content-length' => 19], open => 1);
my @streams = (
    $c->ask('POST', '/token', as => 'u1', headers => [@json, 'content-length' => 19], body => [$wish]),
    $c->ask('POST', '/token', as => 'u2', headers => \@json, body => [$wish]),
    $c->ask('POST', '/token', as => 'u1', headers => \@json, body => [split //, $wish]),
    $c->ask('POST', '/token', as => 'u1', headers => \@json, body => [$wish, ' ' x 8000]),
    $c->ask('POST', '/token', as => 'u1', headers => \@json, body => [$wish, (' ' x 8000) x 3]),
    $c->ask('POST', '/token', headers => \@json, body => [$wish]),
    $c->ask('GET', '/check?room=math', as => 'u1'),
    $c->ask('POST', '/check?room=math', as => 'u1', body => ['x' x 8000]),
);
sleep 0.05;
$c->more($late, substr($wish, 0, 7), 1);
$c->more($slow, $wish);
sleep 0.05;
$c->more($late, substr $wish, 7);

map { $c->answer($_)->who } $late, $slow, @streams;
--- response_body
u2
u1
u1
u2
u1
u1
payload_too_large
unauthorized
204
204


=== TEST 13: HTTP/2: streams of one connection, each for whom it is
--- fake_redis
--- config
    $TEST_NGINX_HTTP2
    location = /token { livekit_token; }
--- story
my %right = (u1 => 'u1', u2 => 'u2', stranger => 'forbidden');
my @who = ('u1', 'u2', 'stranger') x 10;
my $c = h2();
my @streams = map { $c->ask('GET', '/token?roomName=fake-delay-20', as => $_) } qw(u1 u2);
push @streams, map { $c->ask('GET', '/token?roomName=math', as => $_) } @who;
my @got = map { $c->answer($_)->who } @streams;
my $wrong = grep { $got[$_ + 2] ne $right{$who[$_]} } 0 .. $#who;
"@got[0, 1]", "wrong $wrong";
--- response_body
u1 u2
wrong 0
--- error_log
not_member


=== TEST 14: HTTP/2: streams that end while Redis is silent, and a connection that does
--- http_config eval
$LiveKitStory::HttpConfig . <<'_EOC_';
    livekit_redis_timeout 2s;
    log_format ends '$uri $status';
_EOC_
--- fake_redis
--- config
    $TEST_NGINX_HTTP2
    access_log logs/access.log ends;
    location = /token { livekit_token; }
    location /slides/ { livekit_require access; }
--- story
ask(wish('u1'));
my @uris = ('/token?roomName=fake-stall', '/slides/?room=fake-stall');
my $start = time;
my ($c, $d) = (h2(), h2());
my @streams = map { $c->ask('GET', $_, as => 'u1') } @uris;
$d->ask('GET', $_, as => 'u1') for @uris;
sleep 0.1;
$c->reset($_) for @streams;
$d->close;
my $log;
my $ended = eventually { $log = LiveKitStory::slurp($Test::Nginx::Util::AccLogFile); 5 == ($log =~ tr/\n//) };
my $soon = within(1.5, $start) ? 'soon' : 'late';
my $then = eventually { $c->answer($c->ask('GET', '/token?roomName=math', as => 'u2'))->who eq 'u2' };
"ended $ended $soon", (sort split /\n/, $log), "then $then", 'alarms ' . alarms();
--- response_body
ended 1 soon
/slides/ 499
/slides/ 499
/token 200
/token 499
/token 499
then 1
alarms none
--- error_log
client
--- no_error_log
[alert]
[crit]


=== TEST 15: a body that nobody reads does not hold up the next request
--- fake_redis
--- config
    location = /check { livekit_check; }
    location = /plain { return 204; }
--- story
my $body = 'x' x 50000;
my $head = request('POST /check?room=fake-delay-100', as => 'u1', headers => ['Content-Length: 50000']);
my $c = client();
$c->send($head . substr($body, 0, 100));
sleep 0.03;
$c->send(substr($body, 100) . request('GET /plain'));
my $start = time;
my @answers = map { $c->answer } 1 .. 2;
"@answers", within(2, $start) ? 'soon' : 'late';
--- response_body
204 204
soon


=== TEST 16: a refusal does not wait for the rest of a long body
--- config
    location /slides/ { livekit_require access; client_max_body_size 1m; }
    location = /token { livekit_token; }
--- story
my @answers;
for my $as (undef, 'stranger') {
    my $c = client();
    $c->send(request('POST /slides/?room=math', as => $as, headers => ['Content-Length: 500000']) . 'x' x 1000);
    push @answers, $c->answer(2);
}
push @answers, map { $_->status . ' ' . $_->who }
    ask(request('POST /token', headers => ['Content-Length: 9000', 'Content-Type: application/json']) . '{');
@answers;
--- response_body
401
403
401 unauthorized
--- error_log
not_member


=== TEST 17: several workers, each with a connection of its own
--- processes: 3
--- config
    location = /token { livekit_token; }
--- story
my $connected = eventually { 3 == (() = redis(qw(CLIENT LIST)) =~ /name=nginx/g) };
my @who = (qw(u1 u2 stranger)) x 10;
my @clients = map { client()->send(wish($_)) } @who;
my %right = (u1 => 'u1', u2 => 'u2', stranger => 'forbidden');
my $wrong = grep { $_->answer->who ne $right{shift @who} } @clients;
"connected $connected", "wrong $wrong";
--- response_body
connected 1
wrong 0
--- error_log
not_member


=== TEST 18: a reload with questions in flight: they are answered, and the old worker leaves
--- processes: 1
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 3s;"
--- fake_redis
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check; }
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my @answers;

for (1 .. 3) {
    my ($old) = workers();
    my @clients = map { client()->send($_) } wish('u1', 'fake-delay-100'), wish('u2'),
        request('GET /check?room=math', as => 'u1'), request('GET /slides/one.txt?room=math', as => 'u2');
    sleep 0.03;
    kill 'HUP', nginx_pid();
    my $new = eventually { grep { $_ != $old } workers() };
    push @answers, join ' ', map { my $a = $_->answer; $a->json->{token} ? $a->who : "$a" } @clients;
    my $left = eventually { gone($old) };
    push @answers, "new $new, old left $left, " . ask(wish('u1'))->who;
}
@answers, 'alarms ' . alarms();
--- response_body
u1 u2 204 200
new 1, old left 1, u1
u1 u2 204 200
new 1, old left 1, u1
u1 u2 204 200
new 1, old left 1, u1
alarms none


=== TEST 19: a reload while Redis is silent: 503 at the deadline, and the old worker leaves
--- processes: 1
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 700ms;"
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my ($old) = workers();
my @clients = map { client()->send(wish('u1', 'fake-stall')) } 1 .. 3;
sleep 0.05;
kill 'HUP', nginx_pid();
my @answers = map { $_->answer } @clients;
$_->close for @clients;
my $left = eventually { gone($old) } 3;
("@answers", "old left $left", eventually { ask(wish('u2'))->who eq 'u2' }, 'alarms ' . alarms());
--- response_body
503 503 503
old left 1
1
alarms none
--- error_log
livekit: no answer about room "fake-stall"


=== TEST 20: reloads while Redis is away do not pile up workers
--- processes: 2
--- http_config eval: $LiveKitTest::HttpConfig =~ s/\$TEST_NGINX_REDIS/redis:\/\/127.0.0.1:\$TEST_NGINX_FAKE_PORT/r
--- config
    location = /token { livekit_token; }
--- story
my @answers;
for (1 .. 5) {
    push @answers, ask(wish('u1'));
    kill 'HUP', nginx_pid();
    sleep 0.1;
}
my $two = eventually { workers() == 2 };
fake('--tcp');
"@answers", "two $two", eventually { ask(wish('u1'))->who eq 'u1' };
--- response_body
503 503 503 503 503
two 1
1
--- error_log
redis_unavailable


=== TEST 21: a reload takes up another Redis
--- processes: 1
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1'))->who eq 'u1' };
open my $in, '<', $Test::Nginx::Util::ConfFile;
my $conf = join '', <$in>;
$conf =~ s/\Q$ENV{TEST_NGINX_FAKE}\E/$ENV{TEST_NGINX_REDIS}/;
open my $out, '>', $Test::Nginx::Util::ConfFile;
print $out $conf;
close $out;
my ($old) = workers();
kill 'HUP', nginx_pid();
my $left = eventually { gone($old) };
end_fake();
my $after = eventually { ask(wish('u2'))->who eq 'u2' };
"before $before", "old left $left", "after $after", 'alarms ' . alarms();
--- response_body
before 1
old left 1
after 1
alarms none


=== TEST 22: a reload that fails leaves all as it was
--- processes: 1
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1'))->who eq 'u1' };
open my $in, '<', $Test::Nginx::Util::ConfFile;
my $conf = join '', <$in>;
$conf =~ s/livekit_policy/livekit_polish/;
open my $out, '>', $Test::Nginx::Util::ConfFile;
print $out $conf;
close $out;
my ($old) = workers();
kill 'HUP', nginx_pid();
my $told = eventually { error_log() =~ /unknown directive "livekit_polish"/ };
my $after = ask(wish('u1'))->who;
kill 'KILL', $old;
my $again = eventually { my ($new) = workers(); $new && $new != $old && ask(wish('u2'))->who eq 'u2' };
"before $before", "told $told", "after $after", "a new worker $again";
--- response_body
before 1
told 1
after u1
a new worker 1
--- error_log
[emerg]
[alert]
exited on signal 9
--- no_error_log
[crit]
--- no_shutdown_error_log
[crit]


=== TEST 23: told to quit with questions in flight, nginx answers them first
--- processes: 2
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 3s;"
--- fake_redis
--- config
    location = /token { livekit_token; }
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my $master = nginx_pid();
my @clients = map { client()->send($_) }
    (wish('u1', 'fake-delay-100'), request('GET /slides/one.txt?room=fake-delay-100', as => 'u2')) x 4;
sleep 0.03;
kill 'QUIT', $master;
my @answers = map { my $a = $_->answer; $a->json->{token} ? $a->who : "$a" } @clients;
my $left = eventually { gone($master) };
"@answers", "left $left", 'alarms ' . alarms();
--- response_body
u1 200 u1 200 u1 200 u1 200
left 1
alarms none


=== TEST 24: told to stop, nginx stops, and leaves nothing open
--- processes: 2
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my $master = nginx_pid();
my @clients = map { client()->send(wish('u1', 'fake-stall')) } 1 .. 4;
sleep 0.03;
kill 'TERM', $master;
my @answers = map { $_->answer } @clients;
my $left = eventually { gone($master) };
"@answers", "left $left", 'alarms ' . alarms();
--- response_body
closed closed closed closed
left 1
alarms none


=== TEST 25: without a master process
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1', 'fake-delay-20'))->who;
my $pid = nginx_pid();
my $c = client()->send(wish('u2', 'fake-stall'));
sleep 0.03;
kill 'QUIT', $pid;
my $left = eventually { gone($pid) };
"before $before", "left $left", 'alarms ' . alarms();
--- response_body
before u1
left 1
alarms none
