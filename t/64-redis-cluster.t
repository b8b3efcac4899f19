# A cluster: each command goes to the node that has its key's slot, while
# slots move and nodes come, go and fail.  Every answer is the right one.
#
# LIVEKIT_TOPOLOGIES=100: nodes come and go a hundred times, not seven, and
# memory is looked at, too.

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

=== TEST 1: every room is asked for where it is, at once
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'r1'));
reset_stats(@nodes);
my @right = grep { ask(wish("u$_", "r$_"))->who eq "u$_" } 1 .. 30;
my @moved = map { errors($_)->{MOVED} // () } @nodes;
my @busy = grep { asked($_) } @nodes;
scalar(@right) . ' right', 'moved ' . @moved, scalar(@busy) . ' nodes were asked';
--- response_body
30 right
moved 0
3 nodes were asked


=== TEST 2: the slot of a key is what Redis says, whatever stands in the key
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token {
        livekit_room math;
        livekit_access role GET $http_x_key;
        livekit_token;
    }
--- story
my @keys = ('plain', '{a}b', 'a{b}c', '{}x', '{{a}}', 'a{b}{c}', '}{', 'x{', '{a', 'a}b', "\x{e4}", '%', '{user1000}.following',
            'foo{}{bar}', 'foo{{bar}}zap', 'foo{bar}{zap}', 'k' x 300);
in_cluster('SET', $_, 'teacher') for @keys;
sub asks_for { ask('GET /token?roomName=math', as => 'u1', headers => ["X-Key: $_[0]"]) }
asks_for('plain');
reset_stats(@nodes);
my @right = grep { asks_for($_) eq '200' } @keys;
scalar(@keys) - @right . ' wrong', 'moved ' . grep { errors($_)->{MOVED} } @nodes;
--- response_body
0 wrong
moved 0


=== TEST 3: the commands of one question go to several nodes, and it is answered when all are
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token {
        livekit_access role HGET app:$livekit_room:members $livekit_identity;
        livekit_access allow SISMEMBER paid-up $livekit_identity;
        livekit_access deny EXISTS locked:$livekit_identity;
        livekit_token;
    }
--- story
in_cluster('SADD', 'paid-up', map { "u$_" } 1 .. 20);
in_cluster('HSET', "app:r$_:members", "u$_", 'teacher') for 1 .. 30;
in_cluster('SET', "locked:u$_", 1) for 10 .. 30;
reset_stats(@nodes);
my %who;
$who{ask(wish("u$_", "r$_"))->who}++ for 1 .. 30;
my $right = grep { ($who{"u$_"} // 0) == 1 } 1 .. 9;
"$right may enter, $who{forbidden} may not", 'moved ' . grep { errors($_)->{MOVED} } @nodes;
--- response_body
9 may enter, 21 may not
moved 0


=== TEST 4: while a slot is on its way, ASK and MOVED are followed, and the map is not changed too soon
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
my $slot = slot('lkg:room:{r1}');
my $from = owner($slot);
my ($to) = grep { $_ != $from } masters();
my @said = ask(wish('u1', 'r1'))->who;
reset_stats(@nodes);

at($to, 'CLUSTER', 'SETSLOT', $slot, 'IMPORTING', id($from));
at($from, 'CLUSTER', 'SETSLOT', $slot, 'MIGRATING', id($to));
push @said, 'before ' . ask(wish('u1', 'r1'))->who;
at($from, 'MIGRATE', '127.0.0.1', $to, '', 0, 5000, 'KEYS', 'lkg:room:{r1}');
push @said, 'between ' . ask(wish('u1', 'r1'))->who . ' ' . ask(wish('u1', 'r1'))->who;
push @said, 'asked ' . errors($from)->{ASK} . ' times';


at($_, 'CLUSTER', 'SETSLOT', $slot, 'NODE', id($to)) for $to, $from;
push @said, 'after ' . ask(wish('u1', 'r1'))->who;
my $moved = errors($from)->{MOVED};
push @said, 'again ' . ask(wish('u1', 'r1'))->who;
push @said, errors($from)->{MOVED} - $moved . ' more times moved';
push @said, 'somewhere it was moved' if grep { errors($_)->{MOVED} } @nodes;
@said;
--- response_body
u1
before u1
between u1 u1
asked 2 times
after u1
again u1
0 more times moved
somewhere it was moved


=== TEST 5: resharding under traffic: no answer is wrong, none is missing
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
my ($from, $to) = masters();
my $before = grep { owner(slot("lkg:room:{r$_}")) == $to } 1 .. 30;
my $traffic = traffic();
sleep 0.2;
cluster_cli('reshard', "127.0.0.1:$from", '--cluster-from', id($from), '--cluster-to', id($to),
            '--cluster-slots', 1200, '--cluster-pipeline', 5, '--cluster-yes');
my $seen = $traffic->(0.3);
my $after = grep { owner(slot("lkg:room:{r$_}")) == $to } 1 .. 30;
"wrong: @{ $seen->{wrong} }", "503: $seen->{unavailable}", ($seen->{right} > 200 ? 'many were right' : "$seen->{right}"),
($after > $before ? 'rooms have moved' : 'no room moved');
--- response_body
wrong: 
503: 0
many were right
rooms have moved


=== TEST 6: a node is killed: its rooms are 503 until its replica has taken over, the others are not
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
my $victim = owner(slot('lkg:room:{r1}'));
my @other = grep { owner(slot("lkg:room:{r$_}")) != $victim } 1 .. 30;
at($_, 'CONFIG', 'SET', 'cluster-node-timeout', 1000 * $Slow, 'cluster-require-full-coverage', 'no') for @nodes;
my $traffic = traffic();
sleep 0.2;
signal('KILL', $victim);
spoil();
my %who;
$who{ask(wish("u$_", "r$_"))->who eq "u$_" ? 'right' : 'not'}++ for @other;
my $gone = ask(wish('u1', 'r1'))->who;
my $back = eventually { ask(wish('u1', 'r1'))->who eq 'u1' } 20;
sleep 0.3;
my $all = grep { ask(wish("u$_", "r$_"))->who eq "u$_" } 1 .. 30;
my $seen = $traffic->(0.2);
join(' ', %who) eq 'right ' . @other ? 'the others answer' : join(' ', %who), "gone $gone", "back $back", "all $all",
"wrong: @{ $seen->{wrong} }";
--- response_body
the others answer
gone unavailable
back 1
all 30
wrong: 


=== TEST 7: a node that is emptied and removed is forgotten, one that joins is used
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
my ($stays) = masters();
my $new = start(free_port(), 'cluster-enabled yes', 'cluster-node-timeout 2000');
push @nodes, $new;
spoil();
my $traffic = traffic();
cluster_cli('add-node', "127.0.0.1:$new", "127.0.0.1:$stays");

# each is told, for what they hear of each other may take a while

at($_, 'CLUSTER', 'MEET', '127.0.0.1', $new) for grep { $_ != $new } alive();

for my $node (alive()) {
    wait_for { at($node, 'CLUSTER', 'INFO') =~ /cluster_state:ok.*cluster_known_nodes:7/s } 'another node';
}
settled($stays);
cluster_cli('rebalance', "127.0.0.1:$stays", '--cluster-use-empty-masters', '--cluster-pipeline', 50);
my $used = eventually { asked($new) };
settled($stays);
cluster_cli('rebalance', "127.0.0.1:$stays", '--cluster-weight', id($new) . '=0', '--cluster-pipeline', 50);
settled($stays);
cluster_cli('del-node', "127.0.0.1:$stays", id($new));
my $left = eventually { !grep { /name=nginx/ } split /\n/, eval { at($new, 'CLIENT', 'LIST') } // '' } 15;
my $seen = $traffic->(0.2);
"used $used", "left $left", "wrong: @{ $seen->{wrong} }", "503: $seen->{unavailable}";
--- response_body
used 1
left 1
wrong: 
503: 0


=== TEST 8: replicas answer if they may, and only then
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster replicas')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1', 'r1'));
reset_stats(@nodes);
my @right = grep { ask(wish("u$_", "r$_"))->who eq "u$_" } 1 .. 30;
my @replicas = grep { role($_) eq 'slave' && asked($_) } @nodes;
my @masters = grep { asked($_) } masters();
scalar(@right) . ' right', @replicas . ' replicas were asked', @masters . ' masters were';
--- response_body
30 right
3 replicas were asked
0 masters were


=== TEST 9: a master that is paused is not waited for by the others' rooms
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster')
--- config
    location = /token { livekit_token; }
--- story
my %there = map { $_ => owner(slot("lkg:room:{r$_}")) } 1 .. 30;
ask(wish("u$_", "r$_")) for 1 .. 30;
my $victim = $there{1};
signal('STOP', $victim);
my @clients = map { client()->send(wish("u$_", "r$_")) } 1 .. 30;
my @who = map { $_->answer->who } @clients;
signal('CONT', $victim);
spoil();
my @odd = grep { $who[$_ - 1] ne ($there{$_} == $victim ? 'unavailable' : "u$_") } 1 .. 30;
'odd: ' . "@odd";
--- response_body
odd: 
--- error_log
redis_timeout


=== TEST 10: a node without a host is the one that says so
--- cluster_says: nowhere
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster')
--- config
    location = /token { livekit_token; }
--- story
map {
    my $host = $_;
    cluster_says([0, 16383, [$host, $ENV{TEST_NGINX_FAKE_PORT} + 0, 'id']]);
    my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
    ($host // 'nil') . " $soon";
} undef, '', '127.0.0.1';
--- response_body
nil 1
 1
127.0.0.1 1


=== TEST 11: where it has no name its address will do; a name goes to nginx's resolver
--- names: redis.invalid 127.0.0.1
--- cluster_says: nowhere
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster', 'resolver $TEST_NGINX_DNS ipv6=off;')
--- config
    location = /token { livekit_token; }
--- story
my $port = $ENV{TEST_NGINX_FAKE_PORT} + 0;
map {
    cluster_says([0, 16383, $_]);
    my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
    "$_->[0] $soon";
} ['?', $port, 'id', ['hostname', 'none', 'ip', '127.0.0.1']], ['redis.invalid', $port, 'id', []];
--- response_body
? 1
redis.invalid 1


=== TEST 12: IPv6
--- cluster_says: ipv6
--- http_config eval: ::with('redis://[::1]:$TEST_NGINX_FAKE_PORT cluster')
--- config
    location = /token { livekit_token; }
--- story
my $soon = eventually { ask(wish('u1'))->who eq 'u1' };
cluster_says({ redirect => "MOVED 8102 ::1:$ENV{TEST_NGINX_FAKE_PORT}" }, [0, 16383, ['::1', 1]]);
my $loops = ask(wish('u1', 'r1'))->who;
"soon $soon", "loops $loops";
--- response_body
soon 1
loops unavailable


=== TEST 13: a topology that makes no sense is none
--- cluster_says: nowhere
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster')
--- config
    location = /token { livekit_token; }
--- story
my $port = $ENV{TEST_NGINX_FAKE_PORT} + 0;
my $node = ['127.0.0.1', $port, 'id'];
my @said;

for ([[0, 16384, $node], 'slots that there are not'],
     [[7, 5, $node], 'slots that there are not'],
     [[0, 5, $node], [5, 16383, $node], 'a slot twice'],
     [[0, 16383], 'not a range of slots'],
     [5, 'not a range of slots'],
     [[0, 16383, ['127.0.0.1']], 'not a node'],
     [[0, 16383, ['127.0.0.1', 70000]], 'not a node'],
     [[0, 16383, $node, 7], 'not a node'])
{
    my @topology = @$_;
    my $why = pop @topology;
    my $before = () = error_log() =~ /\Q$why\E/g;
    cluster_says(@topology);
    my $told = eventually { $before < (() = error_log() =~ /\Q$why\E/g) } 3;
    push @said, "not told: $why" unless $told;
}

my $none = ask(wish('u1'))->who;

# one that is too long, with nodes that are too many, or that cannot be

sleep 1.2;
cluster_says(map { [$_, $_, [sprintf('127.%d.%d.1', 1 + $_ / 256, $_ % 256), 1]] } 0 .. 1500);
sleep 1.2;
cluster_says([0, 16383, $node], ["x" x 5000000]);
sleep 0.3;
cluster_says([0, 100, ["a b\n", 1]], [101, 16383, $node]);
my $soon = eventually { ask(wish('u1'))->who eq 'u1' } 15;
@said, "none $none", "soon $soon";
--- response_body
none unavailable
soon 1


=== TEST 14: redirections have an end
--- cluster_says: itself
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster')
--- config
    location = /token { livekit_token; }
--- story
my $port = $ENV{TEST_NGINX_FAKE_PORT} + 0;
my $node = ['127.0.0.1', $port, 'id'];
my $slot = 9532;
map {
    cluster_says({ redirect => $_ }, [0, 16383, $node]);
    my $start = time;
    my $who = ask(wish('u1'))->who;
    s/:$port/:PORT/r . ": $who" . (within(0.5, $start) ? '' : ' late');
} "MOVED $slot 127.0.0.1:$port", "ASK $slot 127.0.0.1:$port", "MOVED $slot :$port", "MOVED $slot 127.0.0.1", 'MOVED',
  "MOVED 99999 127.0.0.1:$port", "MOVED $slot a b:$port", "ASK $slot 127.0.0.1:0", 'TRYAGAIN later', 'CLUSTERDOWN now',
  'LOADING still', 'READONLY only';
--- response_body
MOVED 9532 127.0.0.1:PORT: unavailable
ASK 9532 127.0.0.1:PORT: unavailable
MOVED 9532 :PORT: unavailable
MOVED 9532 127.0.0.1: unavailable
MOVED: unavailable
MOVED 99999 127.0.0.1:PORT: unavailable
MOVED 9532 a b:PORT: unavailable
ASK 9532 127.0.0.1:0: unavailable
TRYAGAIN later: unavailable
CLUSTERDOWN now: unavailable
LOADING still: unavailable
READONLY only: unavailable
--- error_log
redis redirects a command more than 3 times
redis redirects a command to nowhere


=== TEST 15: keys in two places for a while, and a cluster that is down for a moment
--- cluster_says: itself
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster', 'livekit_redis_timeout 2s;')
--- config
    location = /token { livekit_token; }
--- story
my $node = ['127.0.0.1', $ENV{TEST_NGINX_FAKE_PORT} + 0, 'id'];
ask(wish('u1'));
my $before = grep { /HMGET/ } seen();
cluster_says({ redirect => 'CLUSTERDOWN now' }, [0, 16383, $node]);
my $down = ask(wish('u1'))->who . ' after ' . ((grep { /HMGET/ } seen()) - $before);
cluster_says({ redirect => 'TRYAGAIN later' }, [0, 16383, $node]);
my $c = client()->send(wish('u1'));
sleep 0.2;
my @asked = seen();
cluster_says([0, 16383, $node]);
my $again = $c->answer->who;
my $times = grep { /HMGET/ } @asked;
"down $down", "again $again", ($times > 6 && $times < 30 ? 'asked now and then' : "asked $times times");
--- response_body
down unavailable after 2
again u1
asked now and then
--- error_log
redis answers CLUSTERDOWN


=== TEST 16: nodes that come and go leave nothing behind
--- cluster_says: everywhere
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_FAKE_PORT cluster')
--- config
    location = /token { livekit_token; }
--- story
my $port = $ENV{TEST_NGINX_FAKE_PORT} + 0;
my ($pid) = nginx_pid();
my $rounds = $ENV{LIVEKIT_TOPOLOGIES} // 7;
my ($most, $left, %said, @memory);
sub sockets { scalar grep { (readlink // '') =~ /socket/ } glob "/proc/$pid/fd/*" }

for my $round (0 .. $rounds - 1) {
    my $first = 2 + 5 * ($round % 7);
    cluster_says({ honest => 1 }, map {
        [3277 * $_, $_ == 4 ? 16383 : 3277 * ($_ + 1) - 1, ['127.0.0.' . ($first + $_), $port]]
    } 0 .. 4);

    eventually { ask(wish('u1', 'r1'))->who eq 'u1' };
    for my $time (0, 1.3) {
        sleep $time;
        for (1 .. 30) {
            my $who = ask(wish("u$_", "r$_"))->who;
            $said{$who eq "u$_" ? 'right' : $who eq 'unavailable' ? $who : 'wrong'}++;
        }
    }

    $most //= sockets();
    $left++ unless eventually { sockets() <= $most };
    push @memory, slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;
}

# each server twice, and then the same over and over again

my $grown = @memory > 14 ? $memory[-1] - $memory[13] : 0;

60 * $rounds - ($said{right} // 0) . ' wrong', (map { "$_: $said{$_}" } grep { $_ ne 'right' } sort keys %said),
$left ? "$left times more than at first" : 'as many as at first', $grown > 512 ? "$grown KiB more" : 'no more memory';
--- response_body
0 wrong
as many as at first
no more memory


=== TEST 17: over TLS a node must have a certificate for the name that it is announced by
--- names: localhost 127.0.0.1
--- cluster_says: nowhere
--- before
$ENV{TEST_NGINX_TLS_NODE} = free_port();
my ($port, $tls) = (free_port(), "$LiveKitTest::dir/tls");
start($port, 'cluster-enabled yes', 'tls-cluster yes', 'tls-port ' . $ENV{TEST_NGINX_TLS_NODE}, "tls-cert-file $tls/good.pem",
      "tls-key-file $tls/good.key", "tls-ca-cert-file $tls/ca.pem", 'tls-auth-clients no');
@nodes = $port;
spoil();
at($port, 'CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
wait_for { at($port, 'CLUSTER', 'INFO') =~ /cluster_state:ok/ } 'a cluster';
at($port, 'HSET', 'lkg:room:{math}', 'm:u1', 'teacher');
--- http_config eval
::with('rediss://127.0.0.1:$TEST_NGINX_TLS_NODE cluster', 'resolver $TEST_NGINX_DNS ipv6=off;',
       'livekit_redis_ssl_trusted_certificate $TEST_NGINX_DIR/tls/ca.pem;')
--- config
    location = /token { livekit_token; }
--- story
my ($port) = @nodes;
my @said = 'by address ' . eventually { ask(wish('u1'))->who eq 'u1' };

for my $name (qw(localhost redis.invalid)) {
    names('localhost' => ['127.0.0.1'], 'redis.invalid' => ['127.0.0.1']);
    at($port, 'CONFIG', 'SET', 'cluster-announce-hostname', $name);
    at($port, 'CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname');
    kill 'HUP', nginx_pid();
    my $due = $name eq 'localhost' ? 'u1' : 'unavailable';
    push @said, "by $name " . eventually { ask(wish('u1'))->who eq $due } 10;
}

@said;
--- processes: 1
--- response_body
by address 1
by localhost 1
by redis.invalid 1
--- error_log
redis SSL certificate does not match "redis.invalid"


=== TEST 18: a master that is paused is asked no more, and only that one, until it has caught up
--- cluster
--- http_config eval: ::with('$TEST_NGINX_CLUSTER cluster', 'livekit_redis_timeout 60ms;')
--- config
    location = /token { livekit_token; }
    location = /status { livekit_status; }
--- story
my %there = map { $_ => owner(slot("lkg:room:{r$_}")) } 1 .. 30;
my $victim = $there{1};
my @its = grep { $there{$_} == $victim } 1 .. 30;
my @others = grep { $there{$_} != $victim } 1 .. 30;
my $number = sub {
    my ($name, $kind) = @_;
    my %of = ask('GET /status')->body =~ /^livekit_redis_$name\{redis="default",server="127.0.0.1:(\d+)"$kind} (\d+)$/mg;
    delete @of{grep { !$of{$_} } keys %of};
    return \%of;
};
my $right = sub { my @rooms = @_; @rooms == grep { ask(wish("u$_", "r$_"))->who eq "u$_" } @rooms };

eventually { $right->(1 .. 30) };
my ($replies, $timed) = ($number->('replies_total', ''), $number->('duration_seconds_count', ''));
my @said = 'the time of every answer is known: ' . (join(' ', %{$replies}{sort keys %$replies}) eq join(' ', %{$timed}{sort keys %$timed}));

signal('STOP', $victim);
my %said;
$said{$_->answer->who}++ for map { client()->send(wish("u$its[$_ % @its]", "r$its[$_ % @its]")) } 1 .. 20;
push @said, 'its rooms: ' . join ' ', %said;
push @said, map { (join ' ', keys %$_) eq $victim ? 'of it' : 'of ' . join ' ', %$_ }
            $number->('refusing', ''), $number->('failures_total', ',kind="timeout"');

my $sent = $number->('queries_total', '')->{$victim};
push @said, 'then ' . ask(wish("u$its[0]", "r$its[0]"))->who for 1 .. 3;
push @said, $number->('queries_total', '')->{$victim} - $sent . ' questions more', 'others: ' . $right->(@others);

signal('CONT', $victim);
push @said, 'again: ' . eventually { $right->(1 .. 30) };
push @said, 'refusing: ' . join ' ', %{ $number->('refusing', '') };
my %late = map { $_ => 1 } error_log() =~ /is too late with 16 answers in a row.*server: 127.0.0.1:(\d+)/g;
@said, 'late: ' . (join(' ', keys %late) eq $victim ? 'it' : join ' ', keys %late);
--- response_body
the time of every answer is known: 1
its rooms: unavailable 20
of it
of it
then unavailable
then unavailable
then unavailable
0 questions more
others: 1
again: 1
refusing: 
late: it
