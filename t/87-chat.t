# livekit_chat: who may say what, what of it is kept, and how it is read.
# What LiveKit does with a message, t/e2e/70-chat.t shows.
#
# LIVEKIT_SOAK=1: ten thousand messages and fifty kills, not some hundreds.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

write_policy(<<'_EOC_');
{
  "version": 1,
  "roles": {
    "teacher": {
      "grants": { "canPublish": true, "canSubscribe": true, "canPublishData": true },
      "actions": ["announce", "moderate"]
    },
    "student": { "grants": { "canSubscribe": true, "canPublishData": true } }
  },
  "rooms": [
    { "match": "webinar-*", "roles": { "student": { "grants": { "canPublishData": false } } } }
  ],
  "chat": {
    "types": {
      "message": {},
      "note": { "store": true },
      "announcement": { "store": true, "action": "announce" },
      "homework": { "store": true, "roles": ["student"] },
      "pinned": { "store": true, "pin": true, "action": "moderate" }
    },
    "max_text": 100, "max_stored": 5, "page": 3
  }
}
_EOC_

# nobody listens there

our $Away = LiveKitStory::free_port();
$ENV{TEST_NGINX_AWAY} = $Away;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => <<'_EOT_') unless defined $block->config;
location = /chat { livekit_chat; livekit_api /_livekit/; }
location /_livekit/ { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_AWAY/; }
_EOT_

    # nginx warns of a chat that nobody hears

    $block->set_value(suppress_stderr => 1) unless $block->config =~ /livekit_api/;

    # of LiveKit, which is away, nginx says so

    $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n")
        unless defined $block->no_error_log || defined $block->must_die;

    LiveKitTest::load_room();
});

# what people do in the stories

package LiveKitStory;

our $Json = JSON::PP->new->canonical->utf8->allow_nonref;

sub post {
    my ($who, %message) = @_;
    $_ = "$_" for values %message;
    return ask('POST /chat', as => $who, json => $Json->encode({ roomName => 'math', %message }));
}

sub page { return ask('GET /chat?' . ($_[1] // 'roomName=math'), as => $_[0]) }

# an answer in one line: status, and the values of the members named

sub line {
    my ($answer, @names) = @_;

    my $got = eval { $Json->decode($answer->body) } or return $answer->status . ' ' . $answer->body;
    return join ' ', $answer->status, map { $Json->encode($got->{$_}) } @names;
}

sub outcome { return line($_[0], qw(stored duplicate sent)) }
sub messages { return @{ $Json->decode($_[0]->body)->{messages} } }
sub entries { return @{ redis('XRANGE', 'lkg:chat:{' . ($_[0] // 'math') . '}', '-', '+') } }

# a Redis that still knows what it knew when it was killed

my $kept_pid;

sub start_kept {
    my $dir = $LiveKitTest::dir;

    unlink "$dir/kept.sock";
    mkdir "$dir/kept";

    $kept_pid = fork // die "fork: $!";

    if ($kept_pid == 0) {
        open STDOUT, '>>', "$dir/kept.log";
        exec 'setpriv', '--pdeathsig', 'KILL', 'redis-server', '--port', 0, '--unixsocket', "$dir/kept.sock",
             '--unixsocketperm', 777, '--dir', "$dir/kept", '--save', '', '--appendonly', 'yes'
            or POSIX::_exit(127);
    }

    eventually { eval { kept_command('PING') eq 'PONG' } } or die "redis-server did not start: see $dir/kept.log";
    kept_command('HSET', 'lkg:room:{math}', 'm:u1', 'teacher');
}

sub kill_kept {
    kill 'KILL', $kept_pid;
    waitpid $kept_pid, 0;
}

sub kept_command {
    my $s = IO::Socket::UNIX->new(Peer => "$LiveKitTest::dir/kept.sock") or die "redis: $!";
    return LiveKitTest::redis_command($s, @_);
}

package main;

no_long_string();
run_tests();

__DATA__

=== TEST 1: a teacher announces something, which is kept, though LiveKit is away
--- story
my $answer = ask('POST /chat', as => 'u1',
                 json => '{"roomName":"math","type":"announcement","message":"No lesson","id":"c-1"}');

my ($entry) = entries();
my %field = @{ $entry->[1] };
my $age = time - $field{time} / 1000;

outcome($answer), $Json->decode($answer->body)->{id} eq $entry->[0] ? 'its id' : 'another id',
$answer->header('Content-Type'), $answer->header('Cache-Control'), scalar entries(),
join(' ', map { "$_=$field{$_}" } grep { $_ ne 'time' } sort keys %field), abs($age) < 60 ? 'now' : $age;
--- response_body
200 true false false
its id
application/json
no-store
1
id=c-1 name= role=teacher sender=u1 text=No lesson type=announcement
now


=== TEST 2: a student may not
--- story
my $answer = post('u2', type => 'announcement', message => 'No lesson', id => 'c-1');

$answer->status, $answer->body =~ s/\n//r, scalar entries(),
scalar(@{ redis('KEYS', 'lkg:chat:*') });
--- response_body
403
{"error":"forbidden","message":"This session may not do that."}
0
0
--- error_log
livekit: forbidden: type_not_allowed announcement, room "math", identity "u2"


=== TEST 3: types are for those whom the policy names
--- story
map { my $type = $_; map { post($_, type => $type, message => 'x')->status } qw(u1 u2) }
    qw(note announcement homework pinned);
--- response_body
200
200
200
403
403
200
200
403


=== TEST 4: a message that is not kept needs LiveKit
--- story
my $answer = post('u2', message => 'hello', id => 'c-1');

$answer->status, $answer->body =~ s/\n//r, scalar @{ redis('KEYS', 'lkg:chat:*') };
--- response_body
502
{"error":"bad_gateway","message":"LiveKit could not be asked; try again."}
0
--- error_log
livekit: no answer from LiveKit to RoomService/SendData


=== TEST 5: who may not publish data in a room has no voice in its chat
--- story
map { post('u2', roomName => 'webinar-1', type => $_, message => 'x')->status } qw(message note homework);
--- response_body
403
403
200


=== TEST 6: a message that is sent again is not stored again
--- story
my @answers = map { post('u1', type => 'note', message => "attempt $_", id => 'c-1') } 1 .. 3;
my %ids = map { $Json->decode($_->body)->{id} => 1 } @answers;

(map { outcome($_) } @answers), scalar(keys %ids), scalar entries(),
(map { $_->{message} } messages(page('u2'))),
redis('TTL', 'lkg:chat:{math}:id:u1:c-1') > 86000 ? 'a day' : 'not a day';
--- response_body
200 true false false
200 true true false
200 true true false
1
1
attempt 1
a day


=== TEST 7: another's id, another room's, and none at all are others
--- story
redis('HSET', 'lkg:room:{music}', 'm:u1' => 'teacher');

(map { outcome($_) } post('u1', type => 'note', message => 'x', id => 'c-1'),
                     post('u2', type => 'note', message => 'x', id => 'c-1'),
                     post('u1', type => 'note', message => 'x', id => 'c-1', roomName => 'music'),
                     post('u1', type => 'note', message => 'x'),
                     post('u1', type => 'note', message => 'x')),
scalar entries(), scalar entries('music');
--- response_body
200 true false false
200 true false false
200 true false false
200 true false false
200 true false false
4
1


=== TEST 8: names that look like each other's are not
--- story
redis('HSET', 'lkg:room:{math}', 'm:a:b' => 'student', 'm:a' => 'student');

map { outcome($_) } post('a:b', type => 'note', message => 'x', id => 'c'),
                    post('a', type => 'note', message => 'x', id => 'b-c'),
                    ask('POST /chat', as => 'a', json => '{"roomName":"math","type":"note","message":"x","id":"b:c"}');
--- response_body
200 true false false
200 true false false
400 null null null


=== TEST 9: sender, name, role and time are not the client's to say
--- story
post('u2', type => 'note', message => 'x', senderId => 'u1', senderName => 'Ann', senderRole => 'teacher',
     role => 'teacher', identity => 'u1', timestamp => 1, time => 1);

my ($message) = messages(page('u1'));

(map { "$_: $message->{$_}" } qw(senderId senderName senderRole)), $message->{timestamp} > 1.6e12 ? 'now' : 'then';
--- response_body
senderId: u2
senderName: 
senderRole: student
now


=== TEST 10: the session's name, and everything else, as it is read
--- story
my $cookie = 'Cookie: ' . cookie(sub => 'u1', name => "A\"nn \x{e9}");
ask('POST /chat', json => '{"roomName":"math","type":"note","message":"hi","id":"c-9"}', headers => [ $cookie ]);

my $body = page('u2')->body;
$body =~ s/1[6-9]\d{11}-\d+/ID/; $body =~ s/\d{13}/TIME/; $body =~ s/\n//;
$body;
--- response_body eval
'{"messages":[{"timestamp":TIME,"id":"ID","clientId":"c-9","roomName":"math","senderId":"u1",'
. "\"senderName\":\"A\\\"nn \xc3\xa9\",\"senderRole\":\"teacher\",\"type\":\"note\",\"message\":\"hi\"}],\"next\":null}\n"


=== TEST 11: text is data: nothing in it ends a script or a string
--- story
my $text = "</script><b onclick='x'>&\"\\\n\t\x{2028}\x{2029}\x{0001}\x{1f600}";
post('u1', type => 'note', message => $text);

my $body = page('u1')->body;
my ($message) = messages(page('u1'));

$message->{message} eq $text ? 'the same text' : "another: $message->{message}",
$body =~ /[<>&]|\xe2\x80[\xa8\xa9]|[\x00-\x09\x0b-\x1f]/ ? 'raw' : 'escaped',
$body =~ /(\\u003c\/script\\u003e.*?)\\u0001/;
--- response_body
the same text
escaped
\u003c/script\u003e\u003cb onclick='x'\u003e\u0026\"\\\n\t\u2028\u2029


=== TEST 12: what is no message
--- story
my $e = "\xc3\xa9";

map { my $answer = ask('POST /chat', as => 'u1', json => $_); $answer->status . ' ' . (($answer->body =~ /"message":"(.*?)"/)[0] // '') }
    '{"roomName":"math"}', '{"roomName":"math","message":""}', '{"roomName":"math","message":1}',
    '{"roomName":"math","message":"x","type":"shout"}', '{"roomName":"math","message":"x","type":1}',
    '{"roomName":"math","message":"x","id":""}', '{"roomName":"math","message":"x","id":"a b"}',
    '{"roomName":"math","message":"x","id":"' . 'x' x 65 . '"}',
    '{"message":"x"}', '{"roomName":"a b","message":"x"}', '{"roomName":"math","room_name":"math","message":"x"}',
    '[]', '{', '{"roomName":"math","message":"' . "\xff" . '"}', '{"roomName":"math","message":"\ud800"}',
    '{"roomName":"math","message":"\u0000"}',
    '{"roomName":"math","type":"note","message":"' . 'x' x 101 . '"}',
    '{"roomName":"math","type":"note","message":"' . $e x 51 . '"}',
    '{"roomName":"math","type":"note","message":"' . $e x 50 . '"}',
    '{"roomName":"math","message":"x","x":"' . 'x' x 16384 . '"}';
--- response_body
400 Say something: message.
400 Say something: message.
400 A field of the request has a wrong type.
400 There are no messages of that type.
400 A field of the request has a wrong type.
400 An id has 1 to 64 letters, digits, _ and -.
400 An id has 1 to 64 letters, digits, _ and -.
400 An id has 1 to 64 letters, digits, _ and -.
400 Say which room: roomName.
400 There can be no room of that name.
400 Say roomName or room_name, not both.
400 The body must be a JSON object.
400 The body is not valid JSON, or a name stands in it twice.
400 The body is not valid JSON, or a name stands in it twice.
400 The body is not valid JSON, or a name stands in it twice.
400 The body is not valid JSON, or a name stands in it twice.
413 The message is too long.
413 The message is too long.
200 
413 The request body is too large.


=== TEST 13: pages, oldest first
--- story
post('u1', type => 'note', message => $_) for 1 .. 5;

my ($after, @said) = '';

for my $limit ('', '', '&limit=1', '&limit=100') {
    my $got = $Json->decode(page('u2', "roomName=math&after=$after$limit")->body);
    my @messages = @{ $got->{messages} };

    push @said, join(' ', (map { $_->{message} } @messages), defined $got->{next} ? 'more' : 'end');
    $after = $messages[-1]{id} if @messages && !$limit;
}

@said;
--- response_body
1 2 3 more
4 5 end
end
end


=== TEST 14: the next page begins where this one ended
--- story
post('u1', type => 'note', message => $_) for 1 .. 4;

my $first = $Json->decode(page('u2', 'roomName=math&limit=2')->body);
my $second = $Json->decode(page('u2', "roomName=math&limit=2&after=$first->{next}")->body);

(map { $_->{message} } @{ $first->{messages} }, @{ $second->{messages} }),
$first->{next} eq $first->{messages}[1]{id} ? 'its last' : 'another', $second->{next} // 'end';
--- response_body
1
2
3
4
its last
end


=== TEST 15: no more are kept than the policy says
--- story
post('u1', type => 'note', message => $_) for 1 .. 12;

map { my %field = @{ $_->[1] }; $field{text} } entries();
--- response_body
8
9
10
11
12


=== TEST 16: arguments that make no sense
--- story
map { my $answer = page('u1', $_); $answer->status . ' ' . (($answer->body =~ /"message":"(.*?)"/)[0] // '') }
    'roomName=math&after=x', 'roomName=math&after=1-1-1', 'roomName=math&after=%2B', 'roomName=math&limit=0',
    'roomName=math&limit=x', 'roomName=math&limit=-1', 'roomName=math&limit=1&limit=2', 'roomName=math&after=1&after=2',
    'roomName=math&room=music', '';
--- response_body
400 after must be the id of a message.
400 after must be the id of a message.
400 after must be the id of a message.
400 limit must be a number from 1.
400 limit must be a number from 1.
400 limit must be a number from 1.
400 An argument is given twice or is not encoded rightly.
400 An argument is given twice or is not encoded rightly.
400 An argument is given twice or is not encoded rightly.
400 Say which room: roomName.


=== TEST 17: a room without messages
--- story
map { s/\n//r } page('u1')->body, page('u1', 'roomName=math&after=0')->body;
--- response_body
{"messages":[],"next":null}
{"messages":[],"next":null}


=== TEST 18: members only, for reading and for writing
--- story
post('u1', type => 'note', message => 'for us');

(map { my $who = $_; map { $_->status . ($_->body =~ /for us/ ? ' leaked' : '') }
       page($who), post($who, type => 'note', message => 'x') } qw(stranger banned kicked former)),
ask('GET /chat?roomName=math')->status, ask('POST /chat', json => '{"roomName":"math","message":"x"}')->status,
page('u1', 'roomName=closed')->status, scalar entries();
--- response_body
403
403
403
403
403
403
403
403
401
401
403
1


=== TEST 19: a pin, and a moderator who takes it away
--- story
my $pin = $Json->decode(post('u1', type => 'pinned', message => 'Page 12')->body)->{id};
my $note = $Json->decode(post('u1', type => 'note', message => 'x')->body)->{id};

my $unpin = sub { post($_[0], type => 'unpin', message => $_[1]) };

$unpin->('u2', $pin)->status, line($unpin->('u1', $note), 'error', 'message'), scalar entries(),
line($unpin->('u1', $pin), 'removed', 'sent'), $Json->decode($unpin->('u1', $pin)->body)->{id} eq $pin ? 'its id' : 'another',
line($unpin->('u1', $pin), 'removed', 'sent'), (map { $_->{type} } messages(page('u2'))),
line($unpin->('u1', 'all of them'), 'error', 'message');
--- response_body
403
409 "conflict" "That message is no pin."
2
200 true false
its id
200 false false
note
400 "bad_request" "To unpin, say as message the pin's id."
--- error_log
livekit: forbidden: type_not_allowed unpin, room "math", identity "u2"


=== TEST 20: what was taken away does not come back when it is sent again
--- story
my $pin = $Json->decode(post('u1', type => 'pinned', message => 'Page 12', id => 'c-1')->body)->{id};
post('u1', type => 'unpin', message => $pin);

outcome(post('u1', type => 'pinned', message => 'Page 12', id => 'c-1')), scalar entries();
--- response_body
200 true true false
0


=== TEST 21: the room is the tenant's, and called as the client calls it
--- config
location = /chat { livekit_chat; livekit_room "$livekit_claim_org:$livekit_requested_room"; }
--- story
redis('HSET', 'lkg:room:{acme:math}', 'm:u1' => 'teacher');

my $cookie = 'Cookie: ' . cookie(sub => 'u1', org => 'acme');
my $answer = ask('POST /chat', json => '{"roomName":"math","type":"note","message":"x"}', headers => [ $cookie ]);

outcome($answer), scalar entries(), scalar entries('acme:math'),
map { $_->{roomName} } messages(ask('GET /chat?roomName=math', headers => [ $cookie ]));
--- response_body
200 true false false
0
1
math


=== TEST 22: Redis is killed, and back: nothing is said twice, and nothing is lost that was acknowledged
--- story
my @said = outcome(post('u1', type => 'note', message => 1, id => 'c-1'));

kill_redis();
push @said, post('u1', type => 'note', message => 2, id => 'c-2')->status;

start_redis();
redis('DEL', 'lkg:chat:{math}', 'lkg:chat:{math}:id:u1:c-1');

eventually { page('u1')->status == 200 };

(@said, map { outcome($_) } map { post('u1', type => 'note', message => $_, id => "c-$_") } 2, 2), scalar entries();
--- response_body
200 true false false
503
200 true false false
200 true true false
1
--- error_log
livekit: no answer about room "math": redis_unavailable


=== TEST 23: Redis is silent when the message comes: 503, and once is enough all the same
--- story
post('u1', type => 'note', message => 1, id => 'c-1');

stop_redis();
my $answer = post('u1', type => 'note', message => 2, id => 'c-2');
cont_redis();

$answer->status, $answer->header('Retry-After'),
eventually { outcome(post('u1', type => 'note', message => 2, id => 'c-2')) =~ /^200 true/ },
outcome(post('u1', type => 'note', message => 2, id => 'c-2')), scalar entries();
--- response_body
503
1
1
200 true true false
2
--- error_log
redis_timeout


=== TEST 24: what an application has written by hand is read, and harmless
--- story
redis('XADD', 'lkg:chat:{math}', '5-1', 'text', "by hand \xff <b>", 'other', 'x');
redis('XADD', 'lkg:chat:{math}', '5-2', 'text', 'x' x 100000, 'time', 'soon');

map { join ' ', $_->{timestamp}, $_->{id}, $_->{clientId} // 'null', $_->{type}, substr $_->{message}, 0, 12 }
    do { my $got = JSON::PP->new->utf8->decode(page('u1')->body); map { $_->{message} =~ s/\x{fffd}/?/; $_ } @{ $got->{messages} } };
--- response_body
5 5-1 null  by hand ? <b
5 5-2 null  xxxxxxxxxxxx


=== TEST 25: a key of another kind is 503
--- story
redis('SET', 'lkg:chat:{math}', 'a string');

page('u1')->status, post('u1', type => 'note', message => 'x', id => 'c-1')->status, redis('GET', 'lkg:chat:{math}');
--- response_body
503
503
a string
--- error_log
livekit: redis answered a script with


=== TEST 26: other methods and types
--- story
map { my $a = ask(@$_); join ' ', $a->status, $a->header('Allow') // '-' }
    [ 'DELETE /chat', as => 'u1' ], [ 'PUT /chat', as => 'u1', json => '{}' ],
    [ 'POST /chat', as => 'u1', headers => [ 'Content-Type: text/plain', 'Content-Length: 0' ] ],
    [ 'POST /chat', as => 'u1', json => '{}', headers => [ 'Origin: https://elsewhere.example.com' ] ];
--- response_body
405 GET, POST
405 GET, POST
415 -
403 -


=== TEST 27: without livekit_api it keeps messages, and sends none
--- config
location = /chat { livekit_chat; }
--- story
outcome(post('u1', type => 'note', message => 'x')), post('u1', message => 'x')->status;
--- response_body
200 true false false
502
--- error_log
"livekit_chat" keeps messages, but sends none into the room without livekit_api


=== TEST 28: it needs Redis
--- http_config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
location = /chat {
    livekit_chat; # wrong
}
--- must_die
--- error_log
"livekit_chat" needs livekit_redis


=== TEST 29: and facts of Redis about the room
--- http_config eval
my $policy = LiveKitTest::write_policy('{"version":1,"roles":{"x":{}},"default_role":"x"}', 'default.json');
$::HttpConfig =~ s/policy\.json/default.json/r
--- config
location = /chat {
    livekit_access off;
    livekit_chat; # wrong
}
--- must_die
--- error_log
"livekit_chat" is for members, who are not known with "livekit_access off"


=== TEST 30: a policy that says something wrong about the chat
--- http_config eval
LiveKitTest::write_policy('{"version":1,"roles":{"x":{}},"chat":{"max_text":0}}', 'wrong.json');
$::HttpConfig =~ s/policy\.json/wrong.json/r
--- config
location = /chat { livekit_chat; }
--- must_die
--- error_log
wrong.json:1:50: "max_text" of "chat" must be a whole number from 1 to 8192


=== TEST 31: Redis is killed in the midst of messages: each that is acknowledged is there, once
--- before
LiveKitTest::write_policy('{"version":1,"roles":{"teacher":{"grants":{"canPublishData":true}}},'
    . '"chat":{"types":{"note":{"store":true}},"max_stored":100000}}', 'many.json');
start_kept();
--- http_config eval
$::HttpConfig =~ s/policy\.json/many.json/r =~ s/livekit_redis \S+;/livekit_redis unix:\$TEST_NGINX_DIR\/kept.sock;/r
--- config
location = /chat { livekit_chat; }
--- story
my $messages = $ENV{LIVEKIT_SOAK} ? 10000 : 300;
my $kills = $ENV{LIVEKIT_SOAK} ? 50 : 6;

my (%stored, $c);

for my $i (1 .. $messages) {
    my $kill = $i % ($messages / $kills) == 0;

    $c = client() if !$c || $i % 500 == 0 || $kill;

    my $text = request('POST /chat', as => 'u1',
                       json => qq({"roomName":"math","type":"note","message":"m-$i","id":"c-$i"}));

    $c->send($text);
    if ($kill) {
        kill_kept();
        start_kept();
    }

    for my $attempt (1 .. 400) {
        my $answer = $c->answer;

        if ($answer->status == 200) {
            $stored{"m-$i"} = $Json->decode($answer->body)->{id};
            last;
        }

        sleep 0.05;
        $c = client();
        $c->send($text);
    }
}

my (%kept, %ids);
for my $entry (@{ kept_command('XRANGE', 'lkg:chat:{math}', '-', '+') }) {
    my %field = @{ $entry->[1] };
    $kept{ $field{text} }++;
    $ids{ $field{text} } = $entry->[0];
}

kill_kept();

scalar(keys %stored) == $messages ? 'all acknowledged' : keys(%stored) . ' acknowledged',
(grep { !$kept{$_} } keys %stored) . ' lost', (grep { $_ > 1 } values %kept) . ' twice',
(grep { !$stored{$_} } keys %kept) . ' too many', (grep { $ids{$_} ne $stored{$_} } keys %stored) . ' by another id';
--- response_body
all acknowledged
0 lost
0 twice
0 too many
0 by another id
--- no_shutdown_error_log
[alert]
[crit]
[emerg]


=== TEST 32: an account of Redis that may do no more than README says
--- before
redis('ACL', 'SETUSER', 'chat', 'on', '>chat-password', '~lkg:room:*', '+hmget', '+ping', '+client|setname', '+select',
      '~lkg:chat:*', '+eval', '+get', '+set', '+xadd', '+xrange', '+xdel');
--- http_config eval
$::HttpConfig =~ s/(livekit_redis \S+);/$1 user=chat password=chat-password;/r
--- story
my $pin = post('u1', type => 'pinned', message => 'Page 12', id => 'c-1');

outcome($pin), outcome(post('u1', type => 'pinned', message => 'Page 12', id => 'c-1')),
scalar(messages(page('u2'))), line(post('u1', type => 'unpin', message => $Json->decode($pin->body)->{id}), 'removed');
--- response_body
200 true false false
200 true true false
1
200 true



=== TEST 33: who may not announce any more cannot have an old announcement said again
--- config eval
"location = /chat { livekit_chat; }\n$LiveKitApi::Location"
--- story
sub posts {
    my %message = @_;
    my $c = client()->send(request('POST /chat', as => 'u1', json => $Json->encode({ roomName => 'math', %message })));
    return $c;
}

my $c = posts(type => 'announcement', message => 'No lesson', id => 'c-1');
my @calls = livekit('{}')->method;
my @answers = $c->answer;

redis('HSET', 'lkg:room:{math}', 'm:u1', 'student');
push @answers, posts(type => 'note', message => 'Hello', id => 'c-1')->answer;

$c = posts(type => 'note', message => 'Hello', id => 'c-2');
my $call = livekit('{}');
push @answers, $c->answer;

(@calls, (map { outcome($_) } @answers),
 LiveKitTest::decode_base64($Json->decode($call->body)->{data}) =~ /"message":"(.*?)"/)
--- response_body
RoomService/SendData
200 true false true
200 true true false
200 true false true
Hello
