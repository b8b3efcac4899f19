# LiveKit's webhooks: what is stored, what is refused, what it means for
# recordings, and what LiveKit hears while Redis is away.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitHook;
use Test::Nginx::Socket 'no_plan';

our $Room = '{"event":"room_started", "id":"EV_room", "room":{"name":"math"}, "createdAt":"1800000000"}';
our $Began = '"1800000001500000000"';
our $Ended = '"1800000061750000000"';
our $File = '[{"filename":"recordings/math/x.mp4","duration":"60250000000","size":"12345",'
            . '"location":"https://bucket.example.com/x.mp4"}]';

sub lease { return redis('GET', 'lkg:rec:active:{math}') // 'none' }

sub joined {
    my ($identity, %more) = @_;
    my $rest = join '', map { qq(,"$_":"$more{$_}") } sort keys %more;
    return qq({"event":"participant_joined","id":"EV_$identity","room":{"name":"math"},)
           . qq("participant":{"identity":"$identity"$rest}});
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => "    location = /hooks { livekit_webhook; }\n")
        unless defined $block->config || defined $block->must_die;
    forget();
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: an event is stored as it came, and nobody else keeps the answer
--- story
my $a = ::hooked($::Room);
my %event = @{ redis('XRANGE', 'lkg:events', '-', '+')->[0][1] };
"$a", $a->header('Cache-Control'), ::stream(), $event{body} eq $::Room ? 'to the byte' : $event{body};
--- response_body
200
no-store
EV_room room_started math
to the byte


=== TEST 2: once, however often LiveKit sends it
--- story
(map { ::hooked($::Room) } 1 .. 3), ::stream(),
redis('TTL', 'lkg:seen:{lkg:events}:EV_room') > 86000 ? 'known for a day' : 'forgotten';
--- response_body
200
200
200
EV_room room_started math
known for a day


=== TEST 3: deliveries that are LiveKit's, and those that are not
--- http_config eval
$LiveKitTest::HttpConfig . "    livekit_key LKold \"another api secret of 32 bytes or more\";\n"
--- story
my $old = 'another api secret of 32 bytes or more';
my @cases = (
    'as LiveKit sends it'  => [],
    'Bearer before it'     => [bearer => 'Bearer '],
    'another key of ours'  => [iss => 'LKold', _secret => $old],
    "another's key"        => [_secret => 'nobody knows this one, at least 32 b'],
    'the wrong key'        => [iss => 'LKold'],
    'no digest'            => [sha256 => undef],
    'an empty digest'      => [sha256 => ''],
    "another's digest"     => [sha256 => 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o='],
    'another algorithm'    => [_header => '{"alg":"HS512"}'],
    'no algorithm'         => [_header => '{"alg":"none"}'],
    'no end'               => [exp => undef],
    '50 s over'            => [exp => time - 50],
    '70 s over'            => [exp => time - 70],
    'not yet'              => [nbf => time + 70],
    'no header'            => [header => undef],
    'an empty header'      => [header => ''],
    'no token'             => [header => 'Bearer '],
    'garbage'              => [header => 'eyJ.eyJ.x'],
    'a password'           => [header => 'Basic dTpw'],
);
my @said;
while (my ($name, $with) = splice @cases, 0, 2) {
    push @said, "$name: " . ::hooked(qq({"event":"room_started","id":"EV_@{[ scalar @said ]}"}), @$with);
}
my @told = grep { /livekit: / && /eyJ/ } split /^/, error_log();
@said, (map { s/ room_started //gr } ::stream()), 'tokens in the log: ' . @told;
--- response_body
as LiveKit sends it: 200
Bearer before it: 200
another key of ours: 200
another's key: 401
the wrong key: 401
no digest: 401
an empty digest: 401
another's digest: 401
another algorithm: 401
no algorithm: 401
no end: 401
50 s over: 200
70 s over: 401
not yet: 401
no header: 401
an empty header: 401
no token: 401
garbage: 401
a password: 401
EV_0, EV_1, EV_2, EV_11
tokens in the log: 0
--- error_log
livekit: webhook refused


=== TEST 4: a participant's token of the same key is no delivery
--- config
    location = /hooks { livekit_webhook; }
    location = /token { livekit_token; }
--- story
my $token = ask(wish('u1'))->json->{token};
(map { ::hooked($::Room, header => $_) } $token, "Bearer $token"), 'stored: ' . ::stream();
--- response_body
401
401
stored: 
--- error_log
livekit: webhook refused


=== TEST 5: one byte that is changed, added or missing
--- story
my $token = ::hook_token($::Room);
my @bodies = ($::Room =~ s/math/meth/r, "$::Room ", substr($::Room, 0, -1), $::Room =~ s/ //gr, '');
(map { ::hooked($_, header => $token) } @bodies), ::hooked($::Room, header => $token);
--- response_body
401
401
401
401
401
200
--- error_log
livekit: webhook refused


=== TEST 6: what the refusal says, and what it does not
--- story
my $a = ::hooked($::Room, sha256 => undef);
"$a " . $a->header('Content-Type'), $a->header('Cache-Control'), $a->{body} =~ s/\n//r;
--- response_body
401 application/json
no-store
{"error":"unauthorized","message":"This is not from LiveKit."}
--- error_log
livekit: webhook refused


=== TEST 7: 64 KiB are taken, and no byte more, whatever the framing
--- config
    client_body_buffer_size 1k;
    location = /hooks { livekit_webhook; }
--- story
my $fits = $::Room . ' ' x (65536 - length $::Room);
my $chunked = sub {
    my $body = shift;
    return ask(request('POST /hooks', headers => ['Transfer-Encoding: chunked',
        'Authorization: ' . ::hook_token($body)])
        . sprintf("%x\r\n%s\r\n", 5, substr($body, 0, 5))
        . sprintf("%x\r\n%s\r\n0\r\n\r\n", length($body) - 5, substr($body, 5)));
};
::hooked($fits), ::hooked("$fits "), $chunked->($fits), $chunked->("$fits "), ::stream();
--- response_body
200
413
200
413
EV_room room_started math


=== TEST 8: a larger livekit_body_size counts, but no more than Redis is sent
--- config
    livekit_body_size 1m;
    location = /hooks { livekit_webhook; }
--- story
my $fits = $::Room . ' ' x (120 * 1024 - length $::Room);
::hooked($fits), ::hooked("$fits "), ::hooked($fits . ' ' x 16384), ::stream();
--- response_body
200
413
413
EV_room room_started math


=== TEST 9: in pieces, one of which never comes
--- story
my $head = request('POST /hooks', headers => ['Authorization: ' . ::hook_token($::Room),
                                             'Content-Length: ' . length $::Room]);
my $slow = client();
$slow->trickle(0.02, $head, unpack '(a20)*', $::Room);
my $cut = client();
$cut->send($head, substr $::Room, 0, 20);
sleep 0.05;
$cut->close;
$slow->answer . '', ::stream(), 'alarms ' . alarms();
--- response_body
200
EV_room room_started math
alarms none


=== TEST 10: POST is the only method
--- story
map { my $a = ::hooked($::Room, line => $_); "$a " . ($a->header('Allow') // '') } 'GET /hooks', 'PUT /hooks', 'OPTIONS /hooks';
--- response_body
405 POST
405 POST
405 POST


=== TEST 11: signed, but no event
--- story
(map { ::hooked($_) } '', '{}', '[]', '{"event":"room_started"', '{"event":"a b","id":"x"}'), 'stored: ' . ::stream();
--- response_body
400
400
400
400
400
stored: 
--- error_log
livekit: webhook of LiveKit's not understood


=== TEST 12: ids and rooms that are odd
--- story
(map { ::hooked($_) }
    '{"event":"room_started","id":"a}b","room":{"name":"x{y"}}',
    '{"event":"room_started","id":"' . 'x' x 200 . '","room":{"name":"' . 'r' x 300 . '"}}',
    '{"event":"room_started","room":{"name":"no id"}}',
    '{"event":"room_started","room":{"name":"no id"}}'),
map { s/sha256-[0-9a-f]{64}/made/gr } ::stream();
--- response_body
200
200
200
200
made room_started , made room_started , made room_started no id


=== TEST 13: the stream does not grow for ever
--- config
    location = /hooks { livekit_webhook events=10; }
--- story
my @bad = grep { $_ ne '200' } map { '' . ::hooked(qq({"event":"room_started","id":"EV_$_"})) } 1 .. 250;
"bad @bad", redis('XLEN', 'lkg:events') < 120 ? 'bounded' : 'not bounded';
--- response_body
bad 
bounded


=== TEST 14: a recording, from its beginning to its end
--- story
my @said = (::hooked(::egress('STARTING')), ::recording(), ::lease());
push @said, ::hooked(::egress('ACTIVE', startedAt => $::Began)), ::recording(), ::lease();
push @said, ::hooked(::egress('ENDING', startedAt => $::Began)), ::lease();
push @said, ::hooked(::egress('COMPLETE', startedAt => $::Began, endedAt => $::Ended, fileResults => $::File)),
    ::recording(), ::lease(), @{ redis('ZRANGE', 'lkg:rec:list:{math}', 0, -1) };
@said;
--- response_body
200
room=math status=starting
EG_1
200
room=math startedAt=1800000001500 status=active
EG_1
200
EG_1
200
duration=60250 endedAt=1800000061750 file=recordings/math/x.mp4 room=math size=12345 startedAt=1800000001500 status=complete
none
EG_1


=== TEST 15: in any order, and more than once: the end is the same
--- story
my %event = (
    S => ::egress('STARTING'),
    A => ::egress('ACTIVE', startedAt => $::Began),
    E => ::egress('ENDING', startedAt => $::Began),
    C => ::egress('COMPLETE', startedAt => $::Began, endedAt => $::Ended, fileResults => $::File),
);
my %ends;
for my $order (qw(SAEC CEAS ECAS CSAE ACSE SCAE CCSA ESAC)) {
    ::forget();
    for my $event (@event{split //, "$order$order"}) {
        my $a = ::hooked($event);
        $ends{"$order: $a"}++ if "$a" ne '200';
    }
    $ends{::recording() . ' lease ' . ::lease()}++;
}
map { "$ends{$_} $_" } sort keys %ends;
--- response_body
8 duration=60250 endedAt=1800000061750 file=recordings/math/x.mp4 room=math size=12345 startedAt=1800000001500 status=complete lease none


=== TEST 16: a recording that fails lets the next one begin; its reason stays in Redis
--- story
::hooked(::egress('STARTING'));
(::hooked(::egress('FAILED', error => '"Start signal not received"', endedAt => $::Ended)), ::recording(), ::lease());
--- response_body
200
endedAt=1800000061750 error=Start signal not received room=math status=failed
none


=== TEST 17: a late event does not take the lease of the next recording
--- story
::hooked(::egress('COMPLETE', endedAt => $::Ended));
::hooked(::egress('ACTIVE') =~ s/EG_1/EG_2/r =~ s/EV_/EV_2/r);
my $second = ::lease();
::hooked(::egress('ACTIVE', startedAt => $::Began));
::hooked(::egress('ENDING', startedAt => $::Began));
($second, ::lease(), ::recording('EG_2'));
--- response_body
EG_2
EG_2
room=math status=active


=== TEST 18: what is no recording of a room is an event and no more
--- story
(::hooked(::egress('ACTIVE') =~ s/"roomComposite".*?\]}/"track":{"roomName":"math","trackId":"TR"}/r),
 ::stream(), 'recording: ' . ::recording(), ::lease());
--- response_body
200
EV_ACTIVE egress_updated math
recording: 
none


=== TEST 19: who was there while it was recorded; recorders, agents and devices do not count
--- story
::hooked(::joined('early'));
::hooked(::egress('ACTIVE', startedAt => $::Began));
::hooked($_) for ::joined('u2'), ::joined('u2~phone'), ::joined('u3#x'), ::joined('EG_1', kind => 'EGRESS'),
    ::joined('helper', kind => 'AGENT'), ::joined('caller', kind => 'SIP');
::hooked(::egress('COMPLETE', endedAt => $::Ended));
::hooked(::joined('late'));
join ' ', sort @{ redis('SMEMBERS', 'lkg:rec:people:{math}:EG_1') };
--- response_body
caller u2 u3


=== TEST 20: all that is kept ends some day, or is bounded
--- story
::hooked(::egress('ACTIVE', startedAt => $::Began));
::hooked(::joined('u2'));
::hooked(::egress('COMPLETE', endedAt => $::Ended));
map { my $ttl = redis('TTL', $_); $ttl > 0 ? () : "$_ $ttl" } sort @{ redis('KEYS', 'lkg:rec:*') };
--- response_body


=== TEST 21: while Redis is away it is 503, and once Redis is back it is stored
--- story
kill_redis();
my $away = ::hooked($::Room);
my @said = ("$away", $away->header('Retry-After'));
start_redis();
@said, eventually { ::hooked($::Room) eq '200' }, ::stream();
--- response_body
503
1
1
EV_room room_started math
--- error_log
livekit: not stored: redis_unavailable
--- no_error_log
[alert]
[emerg]


=== TEST 22: while Redis is silent, too
--- http_config eval: $LiveKitTest::HttpConfig . "    livekit_redis_timeout 300ms;"
--- story
::hooked($::Room);
stop_redis();
my $silent = ::hooked(::egress('ACTIVE'));
cont_redis();
"$silent", eventually { ::hooked(::egress('ACTIVE')) eq '200' }, ::stream(), ::recording();
--- response_body
503
1
EV_room room_started math, EV_ACTIVE egress_updated math
room=math status=active
--- error_log
livekit: not stored: redis_timeout


=== TEST 23: an event that is stored but not followed up is followed up when it comes again
--- story
redis('SET', 'lkg:rec:EG_1', 'no hash');
my $half = ::hooked(::egress('ACTIVE', startedAt => $::Began));
my @said = ("$half", ::stream());
redis('DEL', 'lkg:rec:EG_1');
(@said, ::hooked(::egress('ACTIVE', startedAt => $::Began)), ::stream(), ::recording(), ::lease());
--- response_body
503
EV_ACTIVE egress_updated math
200
EV_ACTIVE egress_updated math
room=math startedAt=1800000001500 status=active
EG_1
--- error_log
livekit: not stored: redis_data


=== TEST 24: an event that cannot be stored is not taken for one that is
--- story
redis('SET', 'lkg:events', 'no stream');
my $wrong = ::hooked($::Room);
redis('DEL', 'lkg:events');
("$wrong", ::hooked($::Room), ::stream());
--- response_body
503
200
EV_room room_started math
--- error_log
livekit: not stored: redis_data


=== TEST 25: ten deliveries of one event at once
--- processes: 2
--- story
my $text = request('POST /hooks', headers => ['Authorization: ' . ::hook_token($::Room),
                                              'Content-Length: ' . length $::Room]) . $::Room;
my @clients = map { client()->send($text) } 1 .. 10;
my %said;
$said{$_->answer}++ for @clients;
(map { "$_ $said{$_} times" } sort keys %said), ::stream();
--- response_body
200 10 times
EV_room room_started math


=== TEST 26: the log tells the verdict
--- http_config eval: $LiveKitTest::HttpConfig . "    log_format verdict '\$status \$livekit_verdict';"
--- config
    location = /hooks { livekit_webhook; access_log logs/verdict.log verdict; }
--- story
::hooked($::Room);
::hooked($::Room);
::hooked($::Room, sha256 => undef);
::hooked('{}');
::hooked($::Room, line => 'GET /hooks');
my @log;
eventually { @log = split /\n/, LiveKitStory::slurp("$ENV{TEST_NGINX_SERVROOT}/logs/verdict.log"); @log == 5 };
@log;
--- response_body
200 stored
200 repeated
401 bad_webhook
400 bad_request
405 method_not_allowed
--- error_log
livekit: webhook refused


=== TEST 27: it needs a key to know LiveKit by
--- http_config
    livekit_redis $TEST_NGINX_REDIS;
--- config
    location = /hooks {
        livekit_webhook;    # wrong
    }
--- must_die
--- error_log
"livekit_webhook" needs livekit_key, with which LiveKit signs, in


=== TEST 28: and a Redis to store in
--- http_config
    livekit_key LKkey "an api secret of 32 bytes or even more";
--- config
    location = /hooks {
        livekit_webhook;    # wrong
    }
--- must_die
--- error_log
"livekit_webhook" needs livekit_redis


=== TEST 29: how many events are kept is a number
--- config
    location = /hooks {
        livekit_webhook events=0;    # wrong
    }
--- must_die
--- error_log
invalid parameter "events=0": it is events= and how many are kept, at least 1


=== TEST 30: it does not share its location
--- config
    location = /hooks {
        livekit_token;
        livekit_webhook;    # wrong
    }
--- must_die
--- error_log
"livekit_webhook" directive cannot stand beside another endpoint in a location
