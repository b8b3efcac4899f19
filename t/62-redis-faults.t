# More ways in which a Redis fails, and what nginx does so that its own load
# does not make them worse: too slow, too full, closing all the time, busy
# with a script, or only one of several.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitTls;
use Test::Nginx::Socket 'no_plan';

# the usual configuration with another "livekit_redis ...;", and more lines

sub with {
    my ($redis, @more) = @_;
    my $config = $LiveKitTest::HttpConfig;
    $config =~ s/livekit_redis [^;]*;/livekit_redis $redis;/;
    return join "\n", $config, @more;
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: a server that falls behind is asked no more until it has caught up
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 60ms;"
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my @late = map { client()->send(wish(@$_)) } ['u1', 'fake-delay-900'], map { ['u2', 'math'] } 1 .. 20;
my @answers = map { $_->answer } @late;
my $start = time;
my $refused = ask(wish('u1'));
my $prompt = within(0.1, $start) ? 'at once' : 'late';
my $asked = () = seen();
my $again = eventually { ask(wish('u1'))->who eq 'u1' };
("@answers[0, 1, 20]", "refused $refused $prompt", "asked $asked", "again $again",
 'connections ' . scalar(opened()));
--- response_body
503 503 503
refused 503 at once
asked 2
again 1
connections 1
--- error_log
redis is too late with 16 answers in a row
redis has caught up


=== TEST 2: a server that answers one question and closes is connected to at a measured pace
--- fake_redis: --close-after 3
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 500ms;"
--- config
    location = /token { livekit_token; }
--- story
my $start = time;
my %said;
my $n = 0;
while (time - $start < 2) { $said{ask(wish($n++ % 2 ? 'u1' : 'u2'))->who}++ }
my $opened = () = opened();
my $limit = 12 + 10 * (time - $start);
("answered " . ($said{u1} && $said{u2} ? 'both' : 'not both'), join(' ', grep { !/^u[12]$/ } keys %said),
 $opened <= $limit ? 'measured' : "$opened connections");
--- response_body
answered both

measured
--- error_log
redis closed connection with 0 queries in flight
--- no_shutdown_error_log
[alert]
[emerg]


=== TEST 3: of many questions on connections that are lost, only some are sent again
--- fake_redis
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 5s;"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my $master = nginx_pid();
my %said;
for my $round (1 .. 30) {
    eventually { ask(wish('u1'))->who eq 'u1' };
    my @clients = map { client()->send(wish('u1', $_ == 1 ? 'fake-close' : 'math')) } 1 .. 30;
    $said{$_->answer->who}++ for @clients;
}
my $then = eventually { ask(wish('u2'))->who eq 'u2' };
kill 'QUIT', $master;
eventually { gone($master) };
my ($replays) = error_log() =~ /redis node: \d+ queries, \d+ answered, (\d+) replayed/;
("then $then", join(' ', grep { !/^(u1|unavailable)$/ } keys %said),
 $replays >= 300 && $replays <= 512 + 150 ? 'some' : $replays);
--- timeout: 30
--- response_body
then 1

some
--- error_log
redis_unavailable


=== TEST 4: what waits for a connection is bounded in bytes: the others are told at once
--- http_config eval
$LiveKitStory::HttpConfig . <<'_EOC_';
    livekit_redis_connect_timeout 1500ms;
    livekit_redis_timeout 1s;
    livekit_access role GET "$http_x_pad:$livekit_identity";
    large_client_header_buffers 4 64k;
_EOC_
--- fake_redis: --mute
--- config
    location = /check { livekit_check; }
    location = /plain { return 204; }
--- story
my $pad = 'x' x 50000;
my $start = time;
my @clients = map { client()->send(request('GET /check?room=math', as => "p$_", headers => ["X-Pad: $pad"])) } 1 .. 30;
my $plain = ask('GET /plain');
my @answers = map { $_->answer } reverse @clients;
my $soon = grep { $_->{time} - $start < 0.8 } @answers;
my $busy = () = error_log() =~ /: redis_busy/g;
("plain $plain", "@answers[0, 29]", $busy >= 5 && $busy <= 15 ? 'some busy' : "busy $busy",
 $soon >= 5 ? 'soon' : "soon $soon");
--- response_body
plain 204
503 503
some busy
soon
--- error_log
redis_busy


=== TEST 5: what is sent to a server that does not read is bounded, too
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    livekit_redis_timeout 800ms;
    livekit_access role GET "$http_x_pad:$livekit_identity";
    large_client_header_buffers 4 128k;
_EOC_
--- config
    location = /check { livekit_check; }
    location = /token { livekit_token; }
--- story
ask('GET /check?room=math', as => 'u1');
my $pad = 'x' x 120000;
stop_redis();
my @clients = map { client()->send(request('GET /check?room=math', as => "p$_", headers => ["X-Pad: $pad"])) } 1 .. 45;
my %said;
$said{$_->answer}++ for @clients;
cont_redis();
my $busy = error_log() =~ /: redis_busy/ ? 'some busy' : 'none busy';
my $back = eventually { ask('GET /check?room=math', as => 'u1') eq '403' };
("said " . join(' ', %said), $busy, "back $back");
--- response_body
said 503 45
some busy
back 1
--- error_log
redis_busy


=== TEST 6: a reply cut in two, wherever it is cut
--- fake_redis
--- config
    location = /token { livekit_token; }
--- story
my %said;
$said{ask(wish('u2', "fake-cut-$_"))->who}++ for 1 .. 60;
(map { "$_ $said{$_}" } sort keys %said), scalar(opened());
--- response_body
u2 60
1


=== TEST 7: a reply cut in two, over TLS
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
my %said;
$said{ask(wish('u2', "fake-cut-$_"))->who}++ for 1 .. 60;
(map { "$_ $said{$_}" } sort keys %said), scalar(opened());
--- response_body
u2 60
1


=== TEST 8: more replies at once than are read in one turn
--- fake_redis
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 2s;"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my @clients = map { client()->send(wish(@$_)) } ['u1', 'fake-delay-100'],
    map { (['u1', 'fake-big-60000'], ['u2', 'math'], ['stranger', 'math']) } 1 .. 12;
my @who = map { $_->answer->who } @clients;
my %right = (1 => 'unavailable', 2 => 'u2', 0 => 'forbidden');
my $wrong = grep { $who[$_] ne $right{$_ % 3} } 1 .. $#who;
$who[0], "wrong $wrong", 'connections ' . scalar(opened());
--- response_body
u1
wrong 0
connections 1
--- error_log
redis answered HMGET with another type


=== TEST 9: a real server that is busy with a script
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
redis('CONFIG', 'SET', 'lua-time-limit', 100);
my $s = IO::Socket::UNIX->new(Peer => "$LiveKitTest::dir/redis.sock");
print $s "EVAL 'while true do end' 0\r\n";
$s->flush;
my $busy = eventually { ask(wish('u1'))->who eq 'unavailable' && error_log() =~ /answers BUSY/ };
redis('SCRIPT', 'KILL');
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
redis('CONFIG', 'SET', 'lua-time-limit', 5000);
"busy $busy", "then $then";
--- response_body
busy 1
then 1
--- error_log
redis answers BUSY


=== TEST 10: a real replica that has lost its master, and may not answer
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1'))->who;
redis('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
redis('REPLICAOF', '127.0.0.1', 1);
my $down = eventually { ask(wish('u1'))->who eq 'unavailable' && error_log() =~ /MASTERDOWN/ };
redis('REPLICAOF', 'NO', 'ONE');
redis('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
my $then = eventually { ask(wish('u1'))->who eq 'u1' } 12;
"before $before", "down $down", "then $then";
--- timeout: 15
--- response_body
before u1
down 1
then 1
--- error_log
redis answers MASTERDOWN


=== TEST 11: a real server without memory answers what only reads
--- config
    location = /token { livekit_token; }
--- story
redis('CONFIG', 'SET', 'maxmemory', 1);
my @who = map { ask(wish($_))->who } qw(u1 u2 stranger);
redis('CONFIG', 'SET', 'maxmemory', 0);
"@who";
--- response_body
u1 u2 forbidden
--- error_log
not_member


=== TEST 12: a real server with no room for another client
--- config
    location = /token { livekit_token; }
--- story
my $s = IO::Socket::UNIX->new(Peer => "$LiveKitTest::dir/redis.sock");
my $redis = sub { LiveKitTest::redis_command($s, @_) };
ask(wish('u1'));
$redis->('CONFIG', 'SET', 'maxclients', 1);
$redis->('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
my $full = eventually { ask(wish('u1'))->who eq 'unavailable' && error_log() =~ /max number of clients/ };
$redis->('CONFIG', 'SET', 'maxclients', 1000);
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"full $full", "then $then";
--- response_body
full 1
then 1
--- error_log
max number of clients reached


=== TEST 13: a socket whose backlog is full
--- http_config eval: ::with('unix:$TEST_NGINX_DIR/full.sock')
--- before
unlink "$LiveKitTest::dir/full.sock";
$LiveKitStory::Full = IO::Socket::UNIX->new(Local => "$LiveKitTest::dir/full.sock", Listen => 1) or die "listen: $!";
chmod 0777, "$LiveKitTest::dir/full.sock";
$LiveKitStory::Fill = [ grep { defined }
    map { IO::Socket::UNIX->new(Peer => "$LiveKitTest::dir/full.sock", Timeout => 0.1) } 1 .. 4 ];
--- config
    location = /token { livekit_token; }
--- story
my $full = ask(wish('u1'))->who;
undef $Full;
undef $Fill;
$full;
--- response_body
unavailable
--- error_log
Resource temporarily unavailable
--- no_error_log
[alert]


=== TEST 14: where nginx has no connection left for another one to Redis
--- config
    location = /token { livekit_token; }
--- story
my ($head, $body) = wish('u1') =~ /\A(.*\r\n\r\n)(.*)\z/s;
my $before = ask($head . $body)->who;
my $c = client()->send($head);
kill_redis();
my @partial;
my $told = eventually {
    push @partial, client()->send("GET /token HTTP/1.1\r\nHost:") for 1 .. 10;
    error_log() =~ /worker_connections are not enough while connecting to redis/;
} 15;
start_redis();
$c->send($body);
my $full = $c->answer->who;
$_->close for @partial;
my $then = eventually { ask(wish('u1'))->who eq 'u1' } 12;
"before $before", "told $told", "full $full", "then $then";
--- timeout: 20
--- response_body
before u1
told 1
full unavailable
then 1
--- error_log
worker_connections are not enough
--- no_error_log
[emerg]
--- no_shutdown_error_log
[emerg]


=== TEST 15: one of several servers away or silent: who does not ask it does not notice
--- http_config eval
::with('$TEST_NGINX_REDIS', 'livekit_redis redis://127.0.0.1:$TEST_NGINX_FAKE_PORT name=app;')
--- fake_redis: --tcp --mode stall
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check; livekit_access role HGET room:x $livekit_identity redis=app; }
--- story
ask(wish('u1'));
my $start = time;
my @silent = map { client()->send(request('GET /check?room=math', as => 'u1')) } 1 .. 20;
my @who = map { ask(wish($_))->who } qw(u1 u2 stranger);
my $soon = within(0.15, $start) ? 'at once' : 'late';
my %said;
$said{$_->answer}++ for @silent;
end_fake();
my $away = ask('GET /check?room=math', as => 'u1');
my @then = map { ask(wish($_))->who } qw(u1 u2 stranger);
"@who $soon", join(' ', %said), "away $away", "@then";
--- response_body
u1 u2 forbidden at once
503 20
away 503
u1 u2 forbidden
--- error_log
redis_timeout


=== TEST 16: a server whose packets are lost: connecting ends in time
--- http_config eval
::with('redis://127.0.0.1:$TEST_NGINX_FULL_PORT', 'livekit_redis_timeout 3s;')
--- before
$LiveKitStory::Full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $!";
$ENV{TEST_NGINX_FULL_PORT} = $LiveKitStory::Full->sockport;
$LiveKitStory::Fill = [ map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_FULL_PORT}",
                                                    Blocking => 0) } 1 .. 4 ];
--- config
    location = /token { livekit_token; }
--- story
my $start = time;
my $lost = ask(wish('u1'));
my $soon = within(1, $start) ? 'in time' : 'late';
undef $Full;
undef $Fill;
"lost $lost $soon";
--- response_body
lost 503 in time
--- error_log
failed (110: Connection timed out) while connecting to redis

=== TEST 17: a password is changed, and no request fails
--- http_config eval: ::with('$TEST_NGINX_REDIS user=gate password=file:$TEST_NGINX_DIR/gate.password')
--- processes: 1
--- before
LiveKitTest::write_file('gate.password', "first-password\n");
redis(qw(ACL SETUSER gate reset on >first-password ~lkg:room:* +hmget +ping +client|setname));
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my %said;
my $as = sub { $said{ask(wish('u1'))->who}++ for 1 .. 5; join ' ', sort keys %said };
redis(qw(ACL SETUSER gate >second-password));
$as->();
LiveKitTest::write_file('gate.password', "second-password\n");
my ($old) = workers();
kill 'HUP', nginx_pid();
$as->() until gone($old);
redis(qw(ACL SETUSER gate <first-password));
$as->();
redis(qw(CLIENT KILL USER gate));
my $said = $as->();
redis(qw(ACL DELUSER gate));
$said;
--- response_body
u1
--- no_error_log
[error]
[crit]
[alert]


=== TEST 18: of those that wait for a connection there may be 4096: who comes then is told at once
--- http_config eval
$LiveKitStory::HttpConfig . <<'_EOC_';
    livekit_redis_connect_timeout 20s;
    livekit_redis_timeout 20s;
    http2_max_concurrent_streams 5000;
    keepalive_requests 10000;
_EOC_
--- fake_redis: --mute
--- config
    $TEST_NGINX_HTTP2
    location = /check { livekit_check; }
    location = /status { livekit_status; }
--- story
my @c = map { h2() } 1 .. 4;
my $check = sub { my ($c, $who) = @_; [$c, $c->ask('GET', '/check?room=math', as => $who), $who] };
my @within = map { $check->($c[$_ % 4], $_ % 5 ? 'u1' : 'stranger') } 1 .. 4096;
my $wait = eventually { ask('GET /status')->body =~ /^livekit_redis_waiting\{.*\} 4096$/m };
my @beyond = map { $check->($_, 'u1') } @c;

my @told = map { my ($c, $stream) = @$_; $c->answer($stream) } @beyond;
my @before = grep { my ($c, $stream) = @$_; $c->{streams}{$stream}{end} } @within;

kill 'USR1', fake_pid();
my %said;
for (@within) { my ($c, $stream, $who) = @$_; $said{"$who " . $c->answer($stream)}++ }

my $then = ask('GET /check?room=math', as => 'u1');
"wait $wait", "@told", @before . ' before', (map { "$_: $said{$_}" } sort keys %said), "then $then";
--- timeout: 30
--- response_body
wait 1
503 503 503 503
0 before
stranger 403: 819
u1 204: 3277
then 204
--- error_log
redis_busy


=== TEST 19: a deadline of more than the second after which a connection is given up
--- http_config eval: $LiveKitStory::HttpConfig . "livekit_redis_timeout 1200ms;"
--- fake_redis
--- config
    location = /token { livekit_token; }
    location = /status { livekit_status; }
--- story
ask(wish('u1'));
my @clients = map { client()->send(wish('u1', 'fake-stall')) } 1 .. 20;
my %said;
$said{$_->answer->who}++ for @clients;
my ($late) = ask('GET /status')->body =~ /^livekit_redis_failures_total\{.*kind="timeout"\} (\d+)/m;
my %why;
$why{$_}++ for error_log() =~ /no answer about room "fake-stall": (\w+)/g;
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
%said, "late $late", %why, "then $then", 'connections ' . opened();
--- response_body
unavailable
20
late 20
redis_timeout
20
then 1
connections 2
--- error_log
redis is too late with 16 answers in a row
