# Sentinel: nginx asks the sentinels where the master is, and asks nobody else
# about a room.  While there is a master there are answers, and none of them
# is an old one's.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitRedis;
use LiveKitTls;
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

=== TEST 1: the sentinels tell where the master is
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
reset_stats(@data);
my @who = map { ask(wish("u$_", "r$_"))->who } 1 .. 3;
"@who", 'master asked ' . asked(master()) . ' times', 'replica asked ' . asked($data[1]) . ' times';
--- response_body
u1 u2 u3
master asked 3 times
replica asked 0 times
--- error_log
redis master "mymaster" is at 127.0.0.1:


=== TEST 2: the first that has an answer will do
--- sentinels
--- http_config eval: ::with('redis://$TEST_NGINX_NOBODY $TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $soon = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
"soon $soon";
--- response_body
soon 1
--- error_log
connect() to 127.0.0.1:


=== TEST 3: the master is killed under traffic
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $traffic = traffic();
sleep 0.3;
my $old = master();
signal('KILL', $old);
spoil();
my $promoted = eventually { role($data[1]) eq 'master' } 15;
my $back = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
my $seen = $traffic->(0.5);
"promoted $promoted", "back $back", 'wrong: ' . "@{ $seen->{wrong} }",
($seen->{right} > 100 ? 'many were right' : "$seen->{right} were right"),
($seen->{unavailable} ? 'some had to wait' : 'nobody noticed'),
($seen->{last} < time - 0.3 ? 'none since it is back' : 'some still');
--- response_body
promoted 1
back 1
wrong: 
many were right
some had to wait
none since it is back


=== TEST 4: another master while the old one is alive: nothing is asked of that any more
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my ($old, $new) = @data;
my $traffic = traffic();
sleep 0.3;
at($sentinels[1], 'SENTINEL', 'FAILOVER', 'mymaster');
spoil();
my $moved = eventually { role($new) eq 'master' && error_log() =~ /is at 127.0.0.1:$new/ } 15;
sleep 0.2;
reset_stats($old);
at($new, 'HSET', 'lkg:room:{r1}', 'b:u1', 0);
my %banned;
for (1 .. 50) { $banned{ask(wish('u1', 'r1'))->who}++ }
at($new, 'HDEL', 'lkg:room:{r1}', 'b:u1');
my $seen = $traffic->(0.3);
my @wrong = grep { $_ ne 'forbidden for u1' } @{ $seen->{wrong} };
"moved $moved", "wrong: @wrong", join(' ', %banned), 'old asked ' . asked($old) . ' times';
--- response_body
moved 1
wrong: 
forbidden 50
old asked 0 times


=== TEST 5: a master that is none any more says so before it answers, even if no sentinel does
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1', 'r1'))->who;
signal('STOP', @sentinels);
spoil();
at($data[0], 'REPLICAOF', split /:/, $ENV{TEST_NGINX_NOBODY});
sleep 0.2;
my %who;
$who{ask(wish('u1', 'r1'))->who}++ for 1 .. 5;
at($data[0], 'REPLICAOF', 'NO', 'ONE');
signal('CONT', @sentinels);
my $back = eventually { ask(wish('u1', 'r1'))->who eq 'u1' } 15;
"before $before", join(' ', %who), "back $back";
--- response_body
before u1
unavailable 5
back 1
--- error_log
redis is not the master any more


=== TEST 6: the sentinels have a password of their own, and so have the servers
--- sentinels: password
--- http_config eval
::with('$TEST_NGINX_SENTINELS sentinel=mymaster sentinel_password=sentinel-secret password=data-secret')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'r1'))->who;
--- response_body
u1


=== TEST 7: it may stand in their urls
--- sentinels: password
--- http_config eval: ::with('$TEST_NGINX_SECRET_SENTINELS sentinel=mymaster password=data-secret')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'r1'))->who;
--- response_body
u1


=== TEST 8: without it the log tells, and requests are 503
--- sentinels: password
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster password=data-secret')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'r1'))->who;
--- response_body
unavailable
--- error_log
redis refused PING: "NOAUTH
no sentinel tells where the master is, and none is known


=== TEST 9: the sentinels are all away: the master that is known goes on
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1', 'r1'))->who;
signal('KILL', @sentinels);
spoil();
my $noticed = eventually { error_log() =~ /the last one known is kept/ };
my %who;
$who{ask(wish("u$_", "r$_"))->who eq "u$_"}++ for 1 .. 20;
"before $before", "noticed $noticed", join(' ', %who);
--- response_body
before u1
noticed 1
1 20
--- error_log
no sentinel tells where the master is, the last one known is kept


=== TEST 10: a name that no sentinel knows, until it does
--- sentinels
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=othermaster')
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1', 'r1'))->who eq 'unavailable' && error_log() =~ /none is known/ };
my $start = time;
my $answer = ask(wish('u1', 'r1'));
my $prompt = within(0.15, $start) ? 'prompt' : 'late';
at($_, 'SENTINEL', 'MONITOR', 'othermaster', '127.0.0.1', $data[0], 2) for @sentinels;
my $soon = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
at($_, 'SENTINEL', 'REMOVE', 'othermaster') for @sentinels;
"before $before", "$answer $prompt", "soon $soon";
--- response_body
before 1
503 prompt
soon 1
--- error_log
sentinel knows no master "othermaster"


=== TEST 11: a sentinel that names a replica is not believed, and asked again
--- sentinels
--- sentinel_says: replica
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $unsure = eventually { ask(wish('u1', 'r1'))->who eq 'unavailable' && error_log() =~ /that it should be/ };
my $asked = asked($data[1]);
sentinel_says({ answer => ['127.0.0.1', "$data[0]"] });
my $soon = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
"unsure $unsure", "replica asked $asked times", "soon $soon";
--- response_body
unsure 1
replica asked 0 times
soon 1
--- error_log
redis is not the master that it should be


=== TEST 12: sentinels that talk nonsense are passed over
--- sentinels
--- sentinel_says: nonsense
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT $TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my @who = map {
    sentinel_says({ answer => $_ });
    my $soon = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
} ['127.0.0.1'], ['127.0.0.1', '0'], ['127.0.0.1', '70000'], ['a b', '1'], ['', '1'], ['x' x 300, '1'], 'here',
  [['127.0.0.1'], '1'], [undef, undef], 7;
"@who";
--- response_body
1 1 1 1 1 1 1 1 1 1
--- error_log
sentinel does not tell the address of a master


=== TEST 13: a host name goes to nginx's resolver
--- sentinels
--- names: redis.invalid 127.0.0.1
--- sentinel_says: name
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT sentinel=mymaster', 'resolver $TEST_NGINX_DNS ipv6=off;')
--- config
    location = /token { livekit_token; }
--- story
my $soon = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
"soon $soon";
--- response_body
soon 1
--- error_log
redis master "mymaster" is at redis.invalid:


=== TEST 14: what is published of another master is nothing to nginx; of this one it is followed at once
--- sentinels
--- sentinel_says: master
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $before = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
at($data[0], 'CONFIG', 'RESETSTAT');
my @other = (split(/:/, $ENV{TEST_NGINX_NOBODY}));
sentinel_says({ answer => ['127.0.0.1', "$data[0]"],
                messages => ["yourmaster 127.0.0.1 $data[0] @other", 'mymaster', '', ' ', "mymaster 1 2 3"] });
sleep 0.4;
my $still = ask(wish('u1', 'r1'))->who;
sentinel_says({ answer => ['127.0.0.1', "$data[0]"], messages => ["mymaster 127.0.0.1 $data[0] @other"] });
my $followed = eventually { error_log() =~ /is at $other[0]:$other[1]/ };
"before $before", "still $still", "followed $followed";
--- response_body
before 1
still u1
followed 1
--- error_log
redis master "mymaster" is at


=== TEST 15: a reload while a master changes: the new workers know the new one
--- sentinels
--- processes: 2
--- http_config eval: ::with('$TEST_NGINX_SENTINELS sentinel=mymaster')
--- config
    location = /token { livekit_token; }
--- story
my $traffic = traffic();
sleep 0.2;
at($sentinels[0], 'SENTINEL', 'FAILOVER', 'mymaster');
spoil();
kill 'HUP', nginx_pid();
my $moved = eventually { role($data[1]) eq 'master' && error_log() =~ /is at 127.0.0.1:$data[1]/ } 15;
my $seen = $traffic->(1);
"moved $moved", "wrong: @{ $seen->{wrong} }", ask(wish('u1', 'r1'))->who;
--- response_body
moved 1
wrong: 
u1


=== TEST 16: over TLS: the sentinels, and the master that they name
--- sentinels: tls
--- http_config eval
::with('$TEST_NGINX_TLS_SENTINELS sentinel=mymaster', 'livekit_redis_ssl_trusted_certificate $TEST_NGINX_DIR/tls/ca.pem;')
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish("u$_", "r$_"))->who } 1 .. 3;
my ($asked) = grep { nginx_at($_) } @sentinels;
my @there = map { my $server = $_; map { $_ == tls_port($server) ? 'tls' : "port $_" } nginx_at($server) } master(), $asked;
"@who", "@there", 'replica asked ' . asked($data[1]) . ' times';
--- response_body
u1 u2 u3
tls tls
replica asked 0 times
--- error_log
redis master "mymaster" is at 127.0.0.1:


=== TEST 17: over TLS: the master is killed under traffic
--- sentinels: tls
--- http_config eval
::with('$TEST_NGINX_TLS_SENTINELS sentinel=mymaster', 'livekit_redis_ssl_trusted_certificate $TEST_NGINX_DIR/tls/ca.pem;')
--- config
    location = /token { livekit_token; }
--- story
my $traffic = traffic();
sleep 0.3;
signal('KILL', master());
spoil();
my $promoted = eventually { role($data[1]) eq 'master' } 15;
my $back = eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
my $seen = $traffic->(0.5);
"promoted $promoted", "back $back", "wrong: @{ $seen->{wrong} }", join(' ', map { $_ == tls_port($data[1]) ? 'tls' : "port $_" } nginx_at($data[1])),
($seen->{right} > 100 ? 'many were right' : "$seen->{right} were right"),
($seen->{last} < time - 0.3 ? 'none since it is back' : 'some still');
--- response_body
promoted 1
back 1
wrong: 
tls
many were right
none since it is back


=== TEST 18: over TLS: sentinels that nobody vouches for are not believed
--- sentinels: tls
--- http_config eval
::with('$TEST_NGINX_TLS_SENTINELS sentinel=mymaster',
       'livekit_redis_ssl_trusted_certificate $TEST_NGINX_DIR/tls/stranger-ca.pem;')
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish("u$_", "r$_"))->who } 1 .. 3;
"@who", 'connected to ' . map { nginx_at($_) } @data, @sentinels;
--- response_body
unavailable unavailable unavailable
connected to 0
--- error_log
redis SSL certificate verify error
no sentinel tells where the master is, and none is known
