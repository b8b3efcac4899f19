# What endpoints keep, in a cluster: all keys of a write are in one slot, and
# while that slot is on its way each write is done once, in the end.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitRedis;
use LiveKitHook;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

write_policy(<<'_EOC_');
{
  "version": 1,
  "roles": {
    "teacher": {
      "grants": { "canPublish": true, "canSubscribe": true, "canPublishData": true },
      "actions": ["record", "moderate"]
    },
    "student": { "grants": { "canSubscribe": true } }
  },
  "chat": { "types": { "note": { "store": true } } }
}
_EOC_

# a chat without LiveKit tells nobody, and is kept all the same

our $Config = <<"_EOC_" . $LiveKitApi::Location;
    location = /token { livekit_token; }
    location = /hooks { livekit_webhook; }
    location = /start { livekit_recording start; }
    location = /stop { livekit_recording stop; }
    location = /list { livekit_recording list; }
    location = /moderate { livekit_moderation; }
    location = /metrics { livekit_metrics; }
    location = /status { livekit_status; }
    location = /chat { livekit_api /_nobody/; livekit_chat; }
    location /_nobody/ { internal; proxy_pass http://$ENV{TEST_NGINX_NOBODY}/; }
_EOC_

# the usual configuration with another "livekit_redis ...;"

sub with {
    my ($redis, @more) = @_;
    my $config = $LiveKitTest::HttpConfig;
    $config =~ s/livekit_redis [^;]*;/livekit_redis $redis;/;
    return join "\n", $config, @more;
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => with('$TEST_NGINX_CLUSTER cluster', 'livekit_redis_timeout 4s;'));
    $block->set_value(config => $Config);

    # what was kept before

    for my $port (LiveKitRedis::masters()) {
        my @keys = grep { !/^lkg:room:/ } @{ LiveKitRedis::at($port, 'KEYS', '*') };
        LiveKitRedis::at($port, 'DEL', $_) for @keys;
    }
});

# what people do in the stories

package LiveKitStory;

use JSON::PP ();

our $Json = JSON::PP->new->canonical->utf8;

sub post { return request("POST /$_[0]", as => $_[1], json => $Json->encode($_[2])) }
sub said { return $_[0]->status . ' ' . $_[0]->body =~ s/\n//r }

# a message of a teacher in the own room, by the client's id; and what became
# of it

sub note { return post('chat', "u$_[0]", { roomName => "r$_[0]", type => 'note', message => "text $_[1]", id => $_[1] }) }

sub outcome {
    my $got = eval { $Json->decode($_[0]->body) } // {};
    return $_[0]->status . ($got->{stored} ? ' stored' : '') . ($got->{duplicate} ? ' before' : '');
}

# the ids of the messages that are kept of a room

sub kept {
    my $entries = in_cluster('XRANGE', "lkg:chat:{r$_[0]}", '-', '+');
    return map { my %message = @{ $_->[1] }; $message{id} } @$entries;
}

sub refused { my ($why) = @_; return map { errors($_)->{$why} ? $_ : () } @nodes }
sub spread { my %owner = map { owner(slot(sprintf $_[0], $_)) => 1 } 1 .. 30; return scalar keys %owner }

# A slot begins to leave for another master, with some of its keys; and ends.

sub leave {
    my ($slot, @keys) = @_;

    my $from = owner($slot);
    my ($to) = grep { $_ != $from } masters();

    at($to, 'CLUSTER', 'SETSLOT', $slot, 'IMPORTING', id($from));
    at($from, 'CLUSTER', 'SETSLOT', $slot, 'MIGRATING', id($to));
    carry($from, $to, @keys);

    return ($from, $to);
}

sub carry {
    my ($from, $to, @keys) = @_;
    at($from, 'MIGRATE', '127.0.0.1', $to, '', 0, 5000, 'KEYS', @keys) if @keys;
}

sub arrive {
    my ($slot, $from, $to) = @_;

    carry($from, $to, @{ at($from, 'CLUSTER', 'GETKEYSINSLOT', $slot, 1000) });
    at($_, 'CLUSTER', 'SETSLOT', $slot, 'NODE', id($to)) for $to, $from;
    settled($to);
}

package main;

no_long_string();
run_tests();

__DATA__

=== TEST 1: chat: messages are kept where their rooms are, each once
--- cluster
--- story
reset_stats(@nodes);
my (%first, %again);
for (1 .. 30) {
    $first{outcome(ask(note($_, 'c-1')))}++;
    $again{outcome(ask(note($_, 'c-1')))}++;
}
my @right = grep { "@{[ kept($_) ]}" eq 'c-1' } 1 .. 30;
my $page = $Json->decode(ask('GET /chat?roomName=r7', as => 'u7')->body);
(%first, %again, scalar(@right) . ' rooms have it once', spread('lkg:chat:{r%d}') . ' nodes keep them',
 "r7: $page->{messages}[0]{message}", 'refused by ' . refused('CROSSSLOT'))
--- response_body
200 stored
30
200 stored before
30
30 rooms have it once
3 nodes keep them
r7: text c-1
refused by 0


=== TEST 2: webhook: an event and that it is known are in one place
--- cluster
--- story
reset_stats(@nodes);
my @bodies = map { qq({"event":"room_started","id":"EV_$_","room":{"name":"r$_"}}) } 1 .. 20;
my %said;
$said{::hooked($_)}++ for @bodies, @bodies;
my @events = map { my %event = @{ $_->[1] }; "$event{id} $event{room}" } @{ in_cluster('XRANGE', 'lkg:events', '-', '+') };
my @right = grep { $events[$_ - 1] eq "EV_$_ r$_" } 1 .. 20;
(%said, scalar(@events), scalar(@right) . ' in their order', 'refused by ' . refused('CROSSSLOT'))
--- response_body
200
40
20
20 in their order
refused by 0


=== TEST 3: recording: the lease, the list, who is there, and what each recording became
--- cluster
--- story
reset_stats(@nodes);
my @said;
for my $n (1 .. 6) {
    my $c = client()->send(post('start', "u$n", { roomName => "r$n" }));
    my $info = qq("egress_id":"EG_$n","room_name":"r$n","error":"");
    calls(qq({$info,"status":"EGRESS_STARTING","started_at":"0"}), participants("u$n", 'guest'));
    my $second = ask(post('start', "u$n", { roomName => "r$n" }))->status;

    my $hook = sub { ::hooked(qq({"event":"egress_$_[0]","id":"EG_$n$_[0]","egressInfo":{"egressId":"EG_$n","roomName":"r$n",)
                              . qq("status":"EGRESS_$_[1]","startedAt":"1800000001500000000"$_[2]}})) };
    push @said, join ' ', $c->answer->status, $second, $hook->('updated', 'ACTIVE', ''),
        in_cluster('GET', "lkg:rec:active:{r$n}"),
        $hook->('ended', 'COMPLETE', ',"endedAt":"1800000061750000000"'),
        in_cluster('GET', "lkg:rec:active:{r$n}") // 'free';

    # another one, to be listed before it

    $c = client()->send(post('start', "u$n", { roomName => "r$n" }));
    $info =~ s/EG_$n/EG_${n}b/;
    calls(qq({$info,"status":"EGRESS_STARTING","started_at":"0"}), participants());
    $c->answer;
    $c = client()->send(post('stop', "u$n", { roomName => "r$n" }));
    calls(qq({$info,"status":"EGRESS_ENDING","started_at":"1800000100000000000"}));
    $said[-1] .= ' ' . $c->answer->status;

    my $list = $Json->decode(ask("GET /list?roomName=r$n", as => "u$n")->body)->{recordings};
    $said[-1] .= join ' ', '', sort map { "$_->{recordingId} $_->{status} (@{ $_->{participants} })" } @$list;
}
(@said, (spread('lkg:rec:EG_%d') . ' nodes keep them'), 'refused by ' . refused('CROSSSLOT'))
--- response_body
200 409 200 EG_1 200 free 200 EG_1 complete (guest u1) EG_1b starting ()
200 409 200 EG_2 200 free 200 EG_2 complete (guest u2) EG_2b starting ()
200 409 200 EG_3 200 free 200 EG_3 complete (guest u3) EG_3b starting ()
200 409 200 EG_4 200 free 200 EG_4 complete (guest u4) EG_4b starting ()
200 409 200 EG_5 200 free 200 EG_5 complete (guest u5) EG_5b starting ()
200 409 200 EG_6 200 free 200 EG_6 complete (guest u6) EG_6b starting ()
3 nodes keep them
refused by 0


=== TEST 4: moderation and measurements: every room's own node knows
--- cluster
--- story
reset_stats(@nodes);
my (%said, @banned, @pardoned);
for my $n (1 .. 12) {
    in_cluster('HSET', "lkg:room:{r$n}", 'm:guest', 'student');
    my $moderate = sub {
        my $c = client()->send(post('moderate', "u$n", { roomName => "r$n", action => $_[0], identity => 'guest' }));
        calls(participants("u$n")) if $_[0] eq 'ban';
        $said{"$_[0] " . $c->answer->status}++;
    };

    $moderate->('ban');
    push @banned, $n if in_cluster('HGET', "lkg:room:{r$n}", 'b:guest') eq '0' && ask(wish('guest', "r$n")) eq '403';
    $moderate->('unban');
    in_cluster('HDEL', "lkg:room:{r$n}", 'd:guest');
    push @pardoned, $n if ask(wish('guest', "r$n"))->who eq 'guest';

    $said{'metrics ' . ask(post('metrics', "u$n", { roomName => "r$n", samples => [ { rtt => $n } ] }))}++;
    $said{kept}++ if @{ in_cluster('XRANGE', "lkg:metrics:{r$n}", '-', '+') } == 1;
}
((map { "$_: $said{$_}" } sort keys %said), scalar(@banned) . ' kept out', scalar(@pardoned) . ' let in again',
 'refused by ' . refused('CROSSSLOT'))
--- response_body
ban 200: 12
kept: 12
metrics 202: 12
unban 200: 12
12 kept out
12 let in again
refused by 0


=== TEST 5: a slot has one key of a message here and one there: it is kept once, when they are together
--- cluster
--- story
my $slot = slot('lkg:chat:{r1}');
my @said = outcome(ask(note(1, 'd-1')));
ask(wish('u1', 'r1'));
reset_stats(@nodes);

my ($from, $to) = leave($slot, 'lkg:chat:{r1}');
my @clients = map { client()->send(note(1, $_)) } 'd-1', 'd-2';
my $again = eventually { (errors($from)->{TRYAGAIN} // 0) > 2 && (errors($to)->{TRYAGAIN} // 0) > 2 };
my $token = ask(wish('u1', 'r1'))->who;
arrive($slot, $from, $to);

push @said, map { outcome($_->answer) } @clients;
("again and again $again", "a token meanwhile $token", @said, join ' ', kept(1));
--- response_body
again and again 1
a token meanwhile u1
200 stored
200 stored before
200 stored
d-1 d-2


=== TEST 6: LiveKit is told that an event is kept when it is
--- cluster
--- story
my $slot = slot('lkg:events');
my $body = sub { qq({"event":"room_finished","id":"EV_way_$_[0]","room":{"name":"r1"}}) };
my @said = ::hooked($body->(1));
reset_stats(@nodes);

my ($from, $to) = leave($slot, 'lkg:events');
my @clients = map { client()->send(::delivery($body->($_))) } 1, 2, 2;
my $again = eventually { (errors($from)->{TRYAGAIN} // 0) > 2 && (errors($to)->{TRYAGAIN} // 0) > 2 };
arrive($slot, $from, $to);

push @said, map { $_->answer } @clients;
("again and again $again", "@said", join ' ', map { my %event = @{ $_->[1] }; $event{id} } @{ in_cluster('XRANGE', 'lkg:events', '-', '+') });
--- response_body
again and again 1
200 200 200 200
EV_way_1 EV_way_2


=== TEST 7: a slot that does not arrive in time: 503, nothing is kept, and it may be sent again
--- cluster
--- story
my $slot = slot('lkg:chat:{r2}');
my @said = outcome(ask(note(2, 'e-1')));

my ($from, $to) = leave($slot, 'lkg:chat:{r2}');
push @said, outcome(client()->send(note(2, 'e-2'))->answer(10));
my ($counted) = ask('GET /status')->body =~ /^livekit_redis_failures_total\{redis="default",server="127.0.0.1:$to",kind="refused"} (\d+)/m;
arrive($slot, $from, $to);

push @said, join ' ', 'kept:', kept(2);
(@said, outcome(ask(note(2, 'e-2'))), join(' ', 'kept:', kept(2)), $counted > 10 ? 'counted' : "counted $counted");
--- response_body
200 stored
503
kept: e-1
200 stored
kept: e-1 e-2
counted
--- error_log
redis answers TRYAGAIN
livekit: not stored: redis_timeout


=== TEST 8: resharding under messages: each is kept once
--- cluster
--- story
my ($from, $to) = masters();
my $before = grep { owner(slot("lkg:chat:{r$_}")) == $to } 1 .. 30;

my $pid = fork // die "fork: $!";
if ($pid == 0) {
    eval {
        cluster_cli('reshard', "127.0.0.1:$from", '--cluster-from', id($from), '--cluster-to', id($to),
                    '--cluster-slots', 1500, '--cluster-pipeline', 1, '--cluster-yes');
    };
    POSIX::_exit($@ ? 1 : 0);
}

# each message twice at once: one of the two is the other's

my (%said, %sent, $done);
for (my $i = 0; !$done || $i % 60; $i++) {
    my ($room, $id) = (1 + $i % 30, "m-$i");
    my @two = map { client()->send(note($room, $id)) } 1, 2;
    $said{join ', ', sort map { outcome($_->answer) } @two}++;
    push @{ $sent{$room} }, $id;
    $done ||= waitpid($pid, 1);
}

my @right = grep { "@{[ kept($_) ]}" eq "@{ $sent{$_} }" } 1 .. 30;
my $after = grep { owner(slot("lkg:chat:{r$_}")) == $to } 1 .. 30;
('resharded ' . ($? ? 'not' : 'well'), join('; ', keys %said), scalar(@right) . ' rooms have all of theirs, in order',
 ($after > $before ? 'rooms have moved' : 'no room moved'), 'refused by ' . refused('CROSSSLOT'));
--- timeout: 60
--- response_body
resharded well
200 stored, 200 stored before
30 rooms have all of theirs, in order
rooms have moved
refused by 0
