# livekit_metrics: what clients measure, as fetch() and sendBeacon() send it;
# what is kept of it, and what nobody can make grow.
#
# LIVEKIT_SOAK=1: a hundred thousand batches, not some thousands.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => <<'_EOT_') unless defined $block->config;
location = /metrics { livekit_metrics; }
location = /status { livekit_status; }
_EOT_

    $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n")
        unless defined $block->no_error_log || defined $block->must_die;

    LiveKitTest::load_room();
});

# what people do in the stories

package LiveKitStory;

# a batch as a page sends it; type => another type, '' for none; args

sub batch {
    my ($who, $body, %with) = @_;

    my $type = $with{type} // 'application/json';

    return ask(request('POST /metrics' . ($with{args} // ''), as => $who, headers => [
        @{ $with{headers} // [] }, ($type ? "Content-Type: $type" : ()), 'Content-Length: ' . length $body
    ]) . $body);
}

sub samples { return '{"roomName":"' . ($_[1] // 'math') . '","samples":[' . join(',', ('{"rtt":1}') x $_[0]) . ']}' }

sub kept { return @{ redis('XRANGE', 'lkg:metrics:{' . ($_[0] // 'math') . '}', '-', '+') } }

# status, and the answer in short

sub told {
    my $answer = shift;
    my ($message) = $answer->body =~ /"message":"(.*?)"/;
    return $answer->status . ' ' . ($message // $answer->body =~ s/\n//r);
}

sub counters { return sort grep { /^livekit_client_/ } split /\n/, ask('GET /status')->body }

# the memory of nginx's worker, in KiB

sub worker_memory {
    my ($worker) = workers();
    my ($kib) = slurp("/proc/$worker/status") =~ /^VmRSS:\s+(\d+)/m;
    return $kib;
}

package main;

no_long_string();
run_tests();

__DATA__

=== TEST 1: a batch in the seed's shape
--- story
my $answer = batch('u2', <<'_EOT_');
{ "roomName": "math", "samples": [
  { "type": "connectionQuality", "participantId": "u1", "value": "good", "timestamp": 1 },
  { "roomSid": "RM_x", "participantCount": 7, "email": "ann@example.com",
    "stats": { "bandwidth": { "upload": 1, "download": 2 }, "packets": { "sent": 3, "received": 4, "lost": 5 },
               "latency": 6.5, "jitter": 7 } } ] }
_EOT_

my @kept = map { { @{ $_->[1] } } } kept();
my $age = time - $kept[0]{time} / 1000;

told($answer), $answer->header('Cache-Control'), (map { "$_->{identity} $_->{role} $_->{sample}" } @kept),
abs($age) < 60 ? 'now' : $age, redis('TTL', 'lkg:metrics:{math}') > 86000 ? 'a day' : 'not a day';
--- response_body
202 {"samples":2}
no-store
u2 student {"connectionQuality":"good"}
u2 student {"participantCount":7,"stats":{"bandwidth":{"upload":1,"download":2},"packets":{"sent":3,"received":4,"lost":5},"jitter":7,"latency":6.5}}
now
a day


=== TEST 2: as sendBeacon() sends it: text, or a Blob with a type or without
--- story
map { told(batch('u2', samples(1), type => $_)) }
    'text/plain;charset=UTF-8', 'text/plain', 'application/json', '', 'TEXT/PLAIN ; charset=utf-8',
    'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plainer', 'text/html';
--- response_body
202 {"samples":1}
202 {"samples":1}
202 {"samples":1}
202 {"samples":1}
202 {"samples":1}
415 Send the request as Content-Type: application/json.
415 Send the request as Content-Type: application/json.
415 Send the request as Content-Type: application/json.
415 Send the request as Content-Type: application/json.


=== TEST 3: no page of another origin sends one, whatever its type
--- story
map { my $header = $_; map { batch('u2', samples(1), type => $_, headers => [ $header ])->status } 'text/plain', '', 'application/json' }
    'Origin: https://elsewhere.example.com', 'Origin: null', 'Sec-Fetch-Site: cross-site', 'Origin: http://localhost';
--- response_body
403
403
403
403
403
403
403
403
403
202
202
202


=== TEST 4: an array, one sample, and the room in the arguments
--- story
told(batch('u2', '[{"rtt":1},{"rtt":2}]', args => '?roomName=math')),
told(batch('u2', '{"rtt":3}', args => '?room=math')),
told(batch('u2', '{"roomName":"math","rtt":4}')),
told(batch('u2', '{"rtt":5}')), told(batch('u2', '{"rtt":5}', args => '?room=math&room=math')),
(map { my %field = @{ $_->[1] }; $field{sample} } kept());
--- response_body
202 {"samples":2}
202 {"samples":1}
202 {"samples":1}
400 Say which room: roomName.
400 An argument is given twice or is not encoded rightly.
{"rtt":1}
{"rtt":2}
{"rtt":3}
{"rtt":4}


=== TEST 5: what is no batch
--- story
(map { told(batch('u2', $_)) }
     '', '{', '{}', '[]', '{"roomName":"math","samples":[]}', '{"roomName":"math","samples":[{"x":1}]}',
     '{"roomName":"math","rtt":"fast"}', '{"roomName":"math","rtt":-1}', '{"roomName":1,"rtt":1}',
     '{"roomName":"a b","rtt":1}', samples(101)), told(batch('u2', samples(100))),
scalar kept();
--- response_body
400 The body is not valid JSON, or has too much in it.
400 The body is not valid JSON, or has too much in it.
400 There is no sample, or one with a wrong value.
400 There is no sample, or one with a wrong value.
400 There is no sample, or one with a wrong value.
400 There is no sample, or one with a wrong value.
400 There is no sample, or one with a wrong value.
400 There is no sample, or one with a wrong value.
400 A field of the request has a wrong type.
400 There can be no room of that name.
400 There are more than 100 samples, or they are too long.
202 {"samples":100}
100


=== TEST 6: 64 KiB, and no more
--- story
my $fit = samples(1) =~ s/\]\}$/]/r;
my $rest = 65536 - length($fit) - 1;

told(batch('u2', $fit . ' ' x $rest . '}')), told(batch('u2', $fit . ' ' x ($rest + 1) . '}'));
--- response_body
202 {"samples":1}
413 The request body is too large.


=== TEST 7: or as much as livekit_body_size says
--- config
livekit_body_size 100;
location = /metrics { livekit_metrics; }
--- story
told(batch('u2', samples(1) . ' ' x 50)), told(batch('u2', samples(1) . ' ' x 70));
--- response_body
202 {"samples":1}
413 The request body is too large.


=== TEST 8: members only, so that no stream is there for a room that is not
--- story
my @said = map { batch($_, samples(1))->status } 'stranger', 'banned', 'kicked', 'former', undef;
push @said, batch('u2', samples(1, "room-$_"))->status for 1 .. 20;

(map { my $status = $_; "$status: " . grep { $_ == $status } @said } 401, 403, 202), scalar @{ redis('KEYS', 'lkg:metrics:*') };
--- response_body
401: 1
403: 24
202: 0
0


=== TEST 9: a room has its last 10000 samples
--- story
my $c = client();
my $sent = 0;

for (1 .. 105) {
    my $body = samples(100);
    $c->send(request('POST /metrics', as => 'u2', json => $body));
    $sent += $c->answer->status == 202;
}

$sent, redis('XLEN', 'lkg:metrics:{math}');
--- response_body
105
10000


=== TEST 10: sums for Prometheus, by words that are not the client's
--- story
batch('u2', '{"roomName":"math","samples":[{"connectionQuality":"good","rtt":10},{"connectionQuality":"poor","rtt":30.9,"jitter":2}]}');
batch('u1', '{"roomName":"math","samples":[{"connectionQuality":"good","stats":{"latency":5}}]}');
batch('u1', '{"roomName":"math","samples":[{"connectionQuality":"<b>","rtt":1}]}');

counters();
--- response_body
livekit_client_quality_total{quality="good"} 2
livekit_client_quality_total{quality="poor"} 1
livekit_client_samples_total{role="student"} 2
livekit_client_samples_total{role="teacher"} 1
livekit_client_stat_count_total{stat="jitter"} 1
livekit_client_stat_count_total{stat="rtt"} 3
livekit_client_stat_sum_total{stat="jitter"} 2
livekit_client_stat_sum_total{stat="rtt"} 45


=== TEST 11: Redis away, and back
--- story
kill_redis();
my @said = told(batch('u2', samples(1)));

start_redis();
redis('DEL', 'lkg:metrics:{math}');

@said, eventually { batch('u2', samples(1))->status == 202 };
--- response_body
503 Access cannot be checked at the moment; try again.
1
--- error_log
redis_unavailable


=== TEST 12: a key of another kind is 503, and stays as it is
--- story
redis('SET', 'lkg:metrics:{math}', 'a string');

batch('u2', samples(1))->status, redis('GET', 'lkg:metrics:{math}');
--- response_body
503
a string
--- error_log
livekit: redis answered a script with


=== TEST 13: only POST
--- story
map { my $answer = ask("$_ /metrics", as => 'u2'); $answer->status . ' ' . $answer->header('Allow') } 'GET', 'DELETE';
--- response_body
405 POST
405 POST


=== TEST 14: who counts nothing needs no livekit_status
--- config
location = /metrics { livekit_metrics; }
--- story
told(batch('u2', samples(3)));
--- response_body
202 {"samples":3}


=== TEST 15: it is for members, who must be known
--- http_config eval
LiveKitTest::write_policy('{"version":1,"roles":{"x":{}},"default_role":"x"}', 'default.json');
$::HttpConfig =~ s/policy\.json/default.json/r
--- config
location = /metrics {
    livekit_access off;
    livekit_metrics; # wrong
}
--- must_die
--- error_log
"livekit_metrics" is for members, who are not known with "livekit_access off"


=== TEST 16: batches without end, of random rooms and people: neither nginx nor Redis grows with them
--- processes: 1
--- story
my $batches = $ENV{LIVEKIT_SOAK} ? 100_000 : 3_000;
my @members = map { "member-$_" } 1 .. 5;

redis('HSET', "lkg:room:{room-$_}", map { ("m:$_" => 'student') } @members) for 1 .. 3;

srand 7;

my (%said, $c, $before);

for my $i (1 .. $batches) {
    $c = client() if $i % 500 == 1;
    $before = worker_memory() if $i == int($batches / 3);

    my $who = $i % 2 ? $members[rand 5] : "stranger-" . int rand 1e9;
    my $room = $i % 3 ? 'room-' . (1 + int rand 3) : 'other-' . int rand 1e9;

    $c->send(request('POST /metrics', as => $who, json => samples(1 + int rand 100, $room)));
    $said{ $c->answer->status }++;
}

my $grown = worker_memory() - $before;
my $may = $Slow > 1 ? 512 * 1024 : 2048;    # sanitizers keep aside what is freed
my @keys = sort @{ redis('KEYS', 'lkg:metrics:*') };

join(' ', sort keys %said), $said{202} + $said{403} == $batches ? 'each of them' : 'others, too',
@keys, (grep { redis('XLEN', $_) > 10000 } @keys) . ' too long',
(grep { redis('MEMORY', 'USAGE', $_) > 4 * 1024 * 1024 } @keys) . ' too large',
$grown < $may ? 'no growth' : "$grown KiB",
scalar(grep { /role=/ } counters()) . ' label';
--- response_body
202 403
each of them
lkg:metrics:{room-1}
lkg:metrics:{room-2}
lkg:metrics:{room-3}
0 too long
0 too large
no growth
1 label
--- no_error_log
[alert]
[crit]
[emerg]


=== TEST 17: an account of Redis that may do no more than README says
--- before
redis('ACL', 'SETUSER', 'metrics', 'on', '>metrics-password', '~lkg:room:*', '+hmget', '+ping', '+client|setname', '+select',
      '~lkg:metrics:*', '+eval', '+xadd', '+xtrim', '+expire');
--- http_config eval
$::HttpConfig =~ s/(livekit_redis \S+);/$1 user=metrics password=metrics-password;/r
--- story
told(batch('u2', samples(2))), scalar kept();
--- response_body
202 {"samples":2}
2
