# livekit_moderation: what a moderator may do to whom, what Redis has
# afterwards, what LiveKit is told, and what is said about it.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

write_policy(<<'_EOC_');
{
  "version": 1,
  "roles": {
    "owner":     { "actions": ["record", "moderate", "announce"], "grants": { "canPublish": true } },
    "teacher":   { "actions": ["record", "moderate"], "grants": { "canPublish": true, "canSubscribe": true } },
    "presenter": { "grants": { "canPublish": true, "canSubscribe": true, "canPublishData": true,
                               "canPublishSources": ["microphone", "screen_share"] } },
    "student":   { "grants": { "canSubscribe": true, "canPublishData": true } },
    "speaker":   { "actions": ["announce"] },
    "admin":     { "privileged": true, "grants": { "roomAdmin": true } }
  },
  "rooms": [ { "match": "webinar-*", "roles": { "presenter": { "grants": { "canPublishData": false } } } } ]
}
_EOC_

write_policy(<<'_EOC_', 'open.json');
{
  "version": 1,
  "roles": {
    "teacher":   { "actions": ["moderate"] },
    "presenter": { "grants": { "canPublish": true } },
    "student":   { "grants": { "canSubscribe": true } }
  },
  "default_role": "student"
}
_EOC_

our $Moderation = "    location = /moderate { livekit_moderation; }\n"
                  . "    location = /token { livekit_token; }\n$LiveKitApi::Location";

# LiveKit is not there

our $Away = $Moderation =~ s/\$TEST_NGINX_LIVEKIT/127.0.0.1:1/r;

add_block_preprocessor(sub {
    my $block = shift;

    return if defined $block->must_die;

    $block->set_value(http_config => $LiveKitTest::HttpConfig) unless defined $block->http_config;
    $block->set_value(config => $Moderation) unless defined $block->config;

    LiveKitTest::load_room();
    LiveKitTest::redis('HSET', 'lkg:room:{math}', 'm:u3' => 'teacher', 'm:u4' => 'owner');
});


# What a moderator's page sends.

sub moderate {
    my ($who, $action, $identity, @more) = @_;

    my %body = (roomName => 'math', action => $action, @more);
    $body{identity} = $identity if defined $identity;

    return LiveKitStory::request('POST /moderate', as => $who,
                                 json => JSON::PP->new->canonical->utf8->encode(\%body));
}


# Sends it; answers LiveKit's calls; says what was called, and what was said.

sub moderated {
    my ($request, @answers) = @_;

    my $c = LiveKitStory::client()->send($request);
    my @calls = LiveKitApi::calls(@answers);

    return (@calls, said($c->answer));
}


# One that the client takes back while LiveKit is asked, as nginx knows by then.

sub taken_back {
    my $action = shift;

    my $c = LiveKitStory::h2();
    my $stream = $c->ask('POST', '/moderate', as => 'u1', headers => ['content-type' => 'application/json'],
                         body => [qq({"roomName":"math","action":"$action","identity":"u2"})]);
    my $list = LiveKitApi::livekit(undef);

    $c->reset($stream);
    $c->answer($c->ask('GET', '/moderate', as => 'u1'));

    return ($c, $list);
}


sub said { return "$_[0] " . $_[0]->body =~ s/\n//r }


# A field of the room, its time as what is left of it.

sub field {
    my ($name, $room) = @_;
    my $value = LiveKitTest::redis('HGET', 'lkg:room:{' . ($room // 'math') . '}', $name) // 'nothing';
    return "$name is " . ($value =~ /^\d{10}$/ ? left($value) : $value);
}

sub left {
    my $left = $_[0] - time;
    return $left > 50 && $left <= 60 ? 'a minute' : "$left s";
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: remove takes out every participant that is this person, and no other
--- story
(::moderated(::moderate('u1', 'remove', 'u2'),
             participants('u1', 'u2', 'u22', 'u2~phone', 'u2#x', 'xu2', 'u2~phone#x', ''), ('{}') x 4),
 ::field('d:u2'), ::field('m:u2'), ask(wish('u2')))
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone","room":"math"}
RoomService/RemoveParticipant {"identity":"u2#x","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone#x","room":"math"}
200 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"done","removed":["u2","u2~phone","u2#x","u2~phone#x"]}
d:u2 is a minute
m:u2 is student
403
--- error_log
livekit: forbidden: kicked, room "math", identity "u2"


=== TEST 2: a page names a participant, and means the person
--- story
(::moderated(::moderate('u1', 'remove', 'u2~phone'), participants('u2'), '{}'),
 ::field('d:u2'), ::field('d:u2~phone'))
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
200 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"done","removed":["u2"]}
d:u2 is a minute
d:u2~phone is nothing


=== TEST 3: it holds for who is not in the room as well, and for no member
--- story
(::moderated(::moderate('u1', 'remove', 'nobody'), participants('u1')), ::field('d:nobody'))
--- response_body
RoomService/ListParticipants {"room":"math"}
200 {"action":"remove","roomName":"math","identity":"nobody","stored":true,"livekit":"done","removed":[]}
d:nobody is a minute


=== TEST 4: a kick is not made shorter, and one that nobody could read is made anew
--- story
redis('HSET', 'lkg:room:{math}', 'd:u2', '4102444800', 'd:guest', 'soon');
(::moderated(::moderate('u1', 'remove', 'u2'), participants()),
 redis('HGET', 'lkg:room:{math}', 'd:u2'),
 ::moderated(::moderate('u1', 'remove', 'guest'), participants()), ::field('d:guest'))
--- response_body
RoomService/ListParticipants {"room":"math"}
200 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"done","removed":[]}
4102444800
RoomService/ListParticipants {"room":"math"}
200 {"action":"remove","roomName":"math","identity":"guest","stored":true,"livekit":"done","removed":[]}
d:guest is a minute


=== TEST 5: who leaves in the meantime is no failure
--- story
::moderated(::moderate('u1', 'remove', 'u2'), participants('u2', 'u2~phone'),
            [404, '{"code":"not_found","msg":"participant does not exist"}'], '{}')
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone","room":"math"}
200 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"done","removed":["u2~phone"]}


=== TEST 6: ban for ever, until a time, and no more
--- story
(::moderated(::moderate('u1', 'ban', 'u2'), participants('u2'), '{}'), ::field('b:u2'), ask(wish('u2')),
 ::moderated(::moderate('u1', 'ban', 'u2', until => 4102444800), participants()),
 redis('HGET', 'lkg:room:{math}', 'b:u2'), ask(wish('u2')),
 ::moderated(::moderate('u1', 'ban', 'u2', until => 0), participants()), ::field('b:u2'),
 ::moderated(::moderate('u1', 'unban', 'u2')), ::field('b:u2'), ask(wish('u2')),
 ::moderated(::moderate('u1', 'unban', 'u2')))
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
200 {"action":"ban","roomName":"math","identity":"u2","until":0,"stored":true,"livekit":"done","removed":["u2"]}
b:u2 is 0
403
RoomService/ListParticipants {"room":"math"}
200 {"action":"ban","roomName":"math","identity":"u2","until":4102444800,"stored":true,"livekit":"done","removed":[]}
4102444800
403
RoomService/ListParticipants {"room":"math"}
200 {"action":"ban","roomName":"math","identity":"u2","until":0,"stored":true,"livekit":"done","removed":[]}
b:u2 is 0
200 {"action":"unban","roomName":"math","identity":"u2","stored":true}
b:u2 is nothing
200
200 {"action":"unban","roomName":"math","identity":"u2","stored":true}
--- error_log
livekit: forbidden: banned, room "math", identity "u2"


=== TEST 7: a role changes the membership and what LiveKit allows, all of it
--- story
(::moderated(::moderate('u1', 'role', 'u2', role => 'presenter'), participants('u2', 'u2~tv'), '{}', '{}'),
 ::field('m:u2'), ask(wish('u2'))->status,
 ::moderated(::moderate('u1', 'role', 'u2', role => 'student'), participants('u2'), '{}'), ::field('m:u2'))
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/UpdateParticipant {"identity":"u2","permission":{"agent":false,"canManageAgentSession":false,"canPublish":true,"canPublishData":true,"canPublishSources":["MICROPHONE","SCREEN_SHARE"],"canSubscribe":true,"canSubscribeMetrics":false,"canUpdateMetadata":false,"hidden":false,"recorder":false},"room":"math"}
RoomService/UpdateParticipant {"identity":"u2~tv","permission":{"agent":false,"canManageAgentSession":false,"canPublish":true,"canPublishData":true,"canPublishSources":["MICROPHONE","SCREEN_SHARE"],"canSubscribe":true,"canSubscribeMetrics":false,"canUpdateMetadata":false,"hidden":false,"recorder":false},"room":"math"}
200 {"action":"role","roomName":"math","identity":"u2","role":"presenter","stored":true,"livekit":"done","updated":["u2","u2~tv"]}
m:u2 is presenter
200
RoomService/ListParticipants {"room":"math"}
RoomService/UpdateParticipant {"identity":"u2","permission":{"agent":false,"canManageAgentSession":false,"canPublish":false,"canPublishData":true,"canSubscribe":true,"canSubscribeMetrics":false,"canUpdateMetadata":false,"hidden":false,"recorder":false},"room":"math"}
200 {"action":"role","roomName":"math","identity":"u2","role":"student","stored":true,"livekit":"done","updated":["u2"]}
m:u2 is student


=== TEST 8: the role is what it is in that room
--- story
redis('HSET', 'lkg:room:{webinar-1}', 'm:u1', 'teacher');
my @said = ::moderated(::moderate('u1', 'role', 'u2', role => 'presenter', roomName => 'webinar-1'),
                       participants('u2'), '{}');
($said[1] =~ /"canPublish":true,"canPublishData":false/ ? 'that of webinar-*' : $said[1], ::field('m:u2', 'webinar-1'))
--- response_body
that of webinar-*
m:u2 is presenter


=== TEST 9: a membership keeps its end; one that is over, or was never, gets no role
--- story
my $end = redis('HGET', 'lkg:room:{math}', 'm:guest') =~ s/student//r;
(::moderated(::moderate('u1', 'role', 'guest', role => 'presenter'), participants()),
 redis('HGET', 'lkg:room:{math}', 'm:guest') eq "presenter$end" ? 'the same end' : 'another end',
 (map { (::moderated(::moderate('u1', 'role', $_, role => 'presenter')), ::field("m:$_") =~ s/=\d+/=.../r) }
      'former', 'nobody'))
--- response_body
RoomService/ListParticipants {"room":"math"}
200 {"action":"role","roomName":"math","identity":"guest","role":"presenter","stored":true,"livekit":"done","updated":[]}
the same end
404 {"error":"not_found","message":"There is no such member of the room."}
m:former is student;exp=...
404 {"error":"not_found","message":"There is no such member of the room."}
m:nobody is nothing


=== TEST 10: unless the policy has a role for everybody
--- http_config eval: $LiveKitTest::HttpConfig =~ s/policy\.json/open.json/r
--- story
(::moderated(::moderate('u1', 'role', 'nobody', role => 'presenter'), participants()), ::field('m:nobody'),
 ::moderated(::moderate('u1', 'role', 'former', role => 'presenter')))
--- response_body
RoomService/ListParticipants {"room":"math"}
200 {"action":"role","roomName":"math","identity":"nobody","role":"presenter","stored":true,"livekit":"done","updated":[]}
m:nobody is presenter
404 {"error":"not_found","message":"There is no such member of the room."}


=== TEST 11: a role is given by who has all its actions, a privileged one by nobody
--- story
map { my $role = $_; "$role: " . join ' ', map { redis('HSET', 'lkg:room:{math}', 'm:u2', 'student');
                                               ask(::moderate($_, 'role', 'u2', role => $role)) } 'u1', 'u4' }
    'admin', 'owner', 'speaker', 'ghost', 'Student', "student\n"
--- config eval: $::Away
--- response_body
admin: 403 403
owner: 403 202
speaker: 403 202
ghost: 403 403
Student: 403 403
student
: 403 403
--- error_log
livekit: forbidden: role_not_given, room "math"


=== TEST 12: a moderator has no power over an equal, nor over the own person
--- config eval: $::Away
--- story
my @who = (qw(u1 u3 u4), 'u1~tv');
(map { my $action = $_;
       "$action: " . join ' ', map { (ask(::moderate('u1', $action, $_, role => 'student')))->status } @who }
     qw(remove ban role unban)),
 'owner: ' . join(' ', map { (ask(::moderate('u4', $_, 'u3', role => 'student')))->status } qw(role remove ban)),
 ask(::moderate('u1', 'remove', 'u4'))->body,
 ::field('d:u4'), ::field('m:u3'), ::field('b:u1')
--- response_body
remove: 403 403 403 403
ban: 403 403 403 403
role: 403 403 403 403
unban: 200 200 200 200
owner: 202 202 202
{"error":"forbidden","message":"That cannot be done to yourself or another moderator."}

d:u4 is nothing
m:u3 is student
b:u1 is nothing
--- error_log
livekit: forbidden: moderator, room "math", ban "u3"


=== TEST 13: nobody else has power at all
--- story
redis('HSET', 'lkg:room:{other}', 'm:u2', 'student', 'm:u5', 'teacher');
my @actions = (['remove', 'guest'], ['ban', 'guest'], ['unban', 'banned'], ['role', 'u2', role => 'presenter'],
               ['mute', 'guest', trackSid => 'TR_1'], ['close'], ['open']);
my %before = @{ redis('HGETALL', 'lkg:room:{math}') };
my @said = map { my $who = $_;
                 "$who: " . join ' ', map { my ($action, @more) = @$_;
                                            ask(::moderate($who, $action, @more ? @more : undef)) } @actions }
           qw(u2 guest u5 stranger banned kicked former odd);
my %after = @{ redis('HGETALL', 'lkg:room:{math}') };
(@said, ask(::moderate('u2', 'remove', 'guest'))->body,
 JSON::PP->new->canonical->encode(\%before) eq JSON::PP->new->canonical->encode(\%after) ? 'as it was' : 'changed')
--- response_body
u2: 403 403 403 403 403 403 403
guest: 403 403 403 403 403 403 403
u5: 403 403 403 403 403 403 403
stranger: 403 403 403 403 403 403 403
banned: 403 403 403 403 403 403 403
kicked: 403 403 403 403 403 403 403
former: 403 403 403 403 403 403 403
odd: 403 403 403 403 403 403 403
{"error":"forbidden","message":"This session may not do that."}

as it was
--- error_log
livekit: forbidden: action_not_allowed, room "math", identity "u2"
livekit: forbidden: not_member, room "math", identity "u5"


=== TEST 14: nor a page of another origin, nor somebody without a session
--- story
my $body = '{"roomName":"math","action":"close"}';
((map { ask('POST /moderate', as => 'u1', json => $body, headers => [$_]) }
      'Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site'),
 ask('POST /moderate', json => $body), ask('GET /moderate?roomName=math&action=close', as => 'u1'),
 ask(request('POST /moderate', as => 'u1', headers => ['Content-Length: ' . length $body]) . $body), ::field('state'))
--- response_body
403
403
403
401
405
415
state is nothing
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 15: a moderator of one room has none of another
--- config eval: $::Away
--- story
(ask(::moderate('u5', 'close', undef, roomName => 'math')), ask(::moderate('u1', 'close', undef, roomName => 'webinar-1')),
 ask(::moderate('u1', 'close', undef, roomName => 'no-such-room')), ::field('state', 'webinar-1'),
 ::field('state', 'no-such-room'))
--- response_body
403
403
403
state is nothing
state is nothing
--- error_log
livekit: forbidden: not_member, room "math", identity "u5"


=== TEST 16: close lets nobody in, and the moderator opens again
--- story
(::moderated(::moderate('u1', 'close')), ::field('state'), (map { ask(wish($_)) } 'u1', 'u2'),
 ::moderated(::moderate('u1', 'unban', 'banned')),
 ::moderated(::moderate('u1', 'open')), ::field('state'), (map { ask(wish($_)) } 'u1', 'u2'))
--- response_body
200 {"action":"close","roomName":"math","state":"closed","stored":true}
state is closed
403
403
200 {"action":"unban","roomName":"math","identity":"banned","stored":true}
200 {"action":"open","roomName":"math","state":"open","stored":true}
state is open
200
200
--- error_log
livekit: forbidden: room_closed, room "math", identity "u1"


=== TEST 17: close can end it for all that are inside
--- story
(::moderated(::moderate('u1', 'close', undef, deleteRoom => JSON::PP::true), '{}'),
 ::moderated(::moderate('u1', 'close', undef, deleteRoom => JSON::PP::true),
             [404, '{"code":"not_found","msg":"requested room does not exist"}']),
 ::moderated(::moderate('u1', 'close', undef, deleteRoom => JSON::PP::false)),
 ::moderated(::moderate('u1', 'close', undef, deleteRoom => JSON::PP::true), [500, '{}']))
--- response_body
RoomService/DeleteRoom {"room":"math"}
200 {"action":"close","roomName":"math","state":"closed","stored":true,"livekit":"done"}
RoomService/DeleteRoom {"room":"math"}
200 {"action":"close","roomName":"math","state":"closed","stored":true,"livekit":"done"}
200 {"action":"close","roomName":"math","state":"closed","stored":true}
RoomService/DeleteRoom {"room":"math"}
202 {"action":"close","roomName":"math","state":"closed","stored":true,"livekit":"unavailable","message":"This is stored. LiveKit has not done all that follows from it; send the request again."}
--- error_log
livekit: LiveKit answered 500 to RoomService/DeleteRoom


=== TEST 18: mute a track of one participant, be it an equal's
--- story
(::moderated(::moderate('u1', 'mute', 'u2~phone', trackSid => 'TR_AMxyz'), '{"track":{"sid":"TR_AMxyz"}}'),
 ::moderated(::moderate('u1', 'mute', 'u2', trackSid => 'TR_none'), '{"track":null}'),
 ::moderated(::moderate('u1', 'mute', 'u3', trackSid => 'TR_1', muted => JSON::PP::false),
             [412, '{"code":"failed_precondition","msg":"remote unmute not enabled"}']),
 ::moderated(::moderate('u1', 'mute', 'u2', trackSid => 'TR_1', muted => JSON::PP::true),
             [404, '{"code":"not_found","msg":"track is not found"}']),
 ::moderated(::moderate('u1', 'mute', 'u2', trackSid => 'TR_1'), [503, '{}']))
--- response_body
RoomService/MutePublishedTrack {"identity":"u2~phone","muted":true,"room":"math","track_sid":"TR_AMxyz"}
200 {"action":"mute","roomName":"math","identity":"u2~phone","trackSid":"TR_AMxyz","muted":true,"livekit":"done"}
RoomService/MutePublishedTrack {"identity":"u2","muted":true,"room":"math","track_sid":"TR_none"}
404 {"error":"not_found","message":"There is no such track of this participant."}
RoomService/MutePublishedTrack {"identity":"u3","muted":false,"room":"math","track_sid":"TR_1"}
409 {"error":"conflict","message":"LiveKit does not let others unmute a track."}
RoomService/MutePublishedTrack {"identity":"u2","muted":true,"room":"math","track_sid":"TR_1"}
404 {"error":"not_found","message":"There is no such track of this participant."}
RoomService/MutePublishedTrack {"identity":"u2","muted":true,"room":"math","track_sid":"TR_1"}
503 {"error":"unavailable","message":"LiveKit could not be asked; nothing was changed."}
--- error_log
livekit: LiveKit answered 503 to RoomService/MutePublishedTrack


=== TEST 19: while LiveKit is away what is stored holds, and is said to be all
--- config eval: $::Away
--- story
(::moderated(::moderate('u1', 'remove', 'u2')), ::field('d:u2'),
 ::moderated(::moderate('u1', 'role', 'guest', role => 'presenter')),
 ::moderated(::moderate('u1', 'mute', 'u2', trackSid => 'TR_1')),
 ::moderated(::moderate('u1', 'close')))
--- response_body
202 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"unavailable","removed":[],"message":"This is stored. LiveKit has not done all that follows from it; send the request again."}
d:u2 is a minute
202 {"action":"role","roomName":"math","identity":"guest","role":"presenter","stored":true,"livekit":"unavailable","updated":[],"message":"This is stored. LiveKit has not done all that follows from it; send the request again."}
503 {"error":"unavailable","message":"LiveKit could not be asked; nothing was changed."}
200 {"action":"close","roomName":"math","state":"closed","stored":true}
--- error_log
livekit: no answer from LiveKit to RoomService/ListParticipants through "/_livekit": nothing came that is one


=== TEST 20: LiveKit's error about one device does not keep it from the others
--- story
::moderated(::moderate('u1', 'remove', 'u2'), participants('u2', 'u2~a', 'u2~b'), '{}', [500, '{}'], '{}')
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~a","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~b","room":"math"}
202 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"unavailable","removed":["u2","u2~b"],"message":"This is stored. LiveKit has not done all that follows from it; send the request again."}
--- error_log
livekit: LiveKit answered 500 to RoomService/RemoveParticipant


=== TEST 21: who gives no answer is not asked about the others
--- story
::moderated(::moderate('u1', 'remove', 'u2'), participants('u2', 'u2~a', 'u2~b'), [500, '{}'], '')
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~a","room":"math"}
202 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"unavailable","removed":[],"message":"This is stored. LiveKit has not done all that follows from it; send the request again."}
--- error_log
livekit: no answer from LiveKit to RoomService/RemoveParticipant


=== TEST 22: somebody who came in a thousand times is taken out in portions
--- story
my @all = map { "u2#$_" } 1 .. 1000;
my $c = client()->send(::moderate('u1', 'remove', 'u2'));
my @calls = calls(participants(@all), ('{}') x 64);
my $answer = $c->answer;
(scalar @calls, "$answer", scalar @{ $answer->json->{removed} }, $answer->json->{livekit})
--- response_body
65
202
64
partly


=== TEST 23: without Redis nothing is done
--- http_config eval: $LiveKitTest::HttpConfig =~ s/\$TEST_NGINX_REDIS/redis:\/\/127.0.0.1:1/r
--- story
::said(ask(::moderate('u1', 'remove', 'u2')))
--- response_body
503 {"error":"unavailable","message":"Access cannot be checked at the moment; try again."}
--- error_log
livekit: no answer about room "math"


=== TEST 24: nor where it can be read but not written
--- http_config eval
$LiveKitTest::HttpConfig =~ s/(livekit_redis \S+);/$1 user=reader password=reader-password;/r
--- story
(::said(ask(::moderate('u1', 'remove', 'u2'))), ::field('d:u2'))
--- response_body
503 {"error":"unavailable","message":"This could not be stored for sure; try again."}
d:u2 is nothing
--- error_log
livekit: not stored: redis_data


=== TEST 25: a membership that cannot be read is left alone
--- story
my @bad = ('student;exp=soon', 'student;exp=', ';exp=1', 'student;', 'student;x=1', 'student;exp=9999999999999',
           'x' x 65, '', 'student;exp=-1', 'student;exp=1e9');
(map { redis('HSET', 'lkg:room:{math}', 'm:u2', $_);
       my @said = map { ask(::moderate('u1', $_, 'u2', role => 'presenter')) } qw(role remove ban);
       "@said " . (redis('HGET', 'lkg:room:{math}', 'm:u2') eq $_ ? 'as it was' : 'changed') } @bad)
--- response_body
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
503 503 503 as it was
--- error_log
livekit: the membership in room "math" cannot be understood


=== TEST 26: where the application keeps the memberships, it changes them
--- config eval
"livekit_access role HGET room:\$livekit_room:members \$livekit_identity;\n$::Away"
--- story
(::moderated(::moderate('u1', 'role', 'u2', role => 'presenter')), ::field('m:u2'),
 ask(::moderate('u1', 'remove', 'u2')), ::field('d:u2'), ask(::moderate('u1', 'remove', 'u1')))
--- response_body
409 {"error":"conflict","message":"Who is what in this room is kept elsewhere: change the role there."}
m:u2 is student
202
d:u2 is a minute
403
--- error_log
livekit: forbidden: moderator, room "math", remove "u1"


=== TEST 27: a room with a prefix is one in Redis and in LiveKit, and by its short name to the page
--- config eval
"livekit_room acme:\$livekit_requested_room;\n$::Moderation"
--- story
redis('HSET', 'lkg:room:{acme:math}', 'm:u1', 'teacher', 'm:u2', 'student');
(::moderated(::moderate('u1', 'remove', 'u2'), participants('u2'), '{}'), ::field('d:u2', 'acme:math'))
--- response_body
RoomService/ListParticipants {"room":"acme:math"}
RoomService/RemoveParticipant {"identity":"u2","room":"acme:math"}
200 {"action":"remove","roomName":"math","identity":"u2","stored":true,"livekit":"done","removed":["u2"]}
d:u2 is a minute


=== TEST 28: names of all kinds come whole
--- story
my $who = "a \"b\" \\ \x{e9}\x{1f600}";
my $utf8 = Encode::encode_utf8($who);
redis('HSET', 'lkg:room:{math}', "m:$utf8", 'student');
my $c = client()->send(::moderate('u1', 'remove', $who));
my @calls = map { livekit($_)->said } participants($who), '{}';
my $answer = $c->answer;
($calls[1], $answer->json->{identity} eq $who ? 'the same' : 'another', "@{$answer->json->{removed}}" eq $who ? 1 : 0,
 ::field("d:$utf8") =~ s/.* is //r)
--- response_body eval
"RoomService/RemoveParticipant {\"identity\":\"a \\\"b\\\" \\\\ \xc3\xa9\xf0\x9f\x98\x80\",\"room\":\"math\"}
the same
1
a minute
"


=== TEST 29: requests that cannot be meant
--- story
my $long = 'x' x 257;
my @bodies = ('', '[]', '{', '{"roomName":"math"}', '{"action":"close"}', '{"roomName":"math","action":"kick","identity":"u2"}',
    '{"roomName":"math","action":"remove"}', '{"roomName":"math","action":"remove","identity":""}',
    '{"roomName":"math","action":"remove","identity":7}', '{"roomName":"math","action":"remove","identity":"#x"}',
    '{"roomName":"math","action":"remove","identity":"~x"}', '{"roomName":"math","action":"remove","identity":"u2\n"}',
    '{"roomName":"math","action":"remove","identity":"u2#\u0007"}',
    '{"roomName":"math","action":"remove","identity":"' . $long . '"}',
    '{"roomName":"math","action":"ban","identity":"u2","until":1}', '{"roomName":"math","action":"ban","identity":"u2","until":-1}',
    '{"roomName":"math","action":"ban","identity":"u2","until":"4102444800"}',
    '{"roomName":"math","action":"ban","identity":"u2","until":4102444800.5}',
    '{"roomName":"math","action":"ban","identity":"u2","until":999999999999999}',
    '{"roomName":"math","action":"role","identity":"u2"}', '{"roomName":"math","action":"role","identity":"u2","role":["x"]}',
    '{"roomName":"math","action":"mute","identity":"u2"}', '{"roomName":"math","action":"mute","identity":"u2","trackSid":"a b"}',
    '{"roomName":"math","action":"mute","identity":"u2","trackSid":"TR_1","muted":1}',
    (map { qq({"roomName":"math","action":"$_","identity":"u2","role":"presenter","trackSid":"TR_1","deleteRoom":true}) }
         qw(remove ban unban mute role open)),
    '{"roomName":"math","action":"close","deleteRoom":"yes"}', '{"roomName":"math","roomName":"math","action":"close"}',
    '{"roomName":"math","room_name":"math","action":"close"}', '{"roomName":"a/b","action":"close"}',
    '{"roomName":["math"],"action":"close"}', '{"roomName":"math","action":"close","x":[' . join(',', (1) x 200) . ']}');
my %said;
my %before = @{ redis('HGETALL', 'lkg:room:{math}') };
for my $body (@bodies) {
    my $answer = ask('POST /moderate', as => 'u1', json => $body);
    $said{ ::said($answer) =~ s/.*"message":"(.*)"\}/$answer->status . " $1"/er }++;
}
my %after = @{ redis('HGETALL', 'lkg:room:{math}') };
((map { "$said{$_}: $_" } sort keys %said),
 JSON::PP->new->canonical->encode(\%before) eq JSON::PP->new->canonical->encode(\%after) ? 'as it was' : 'changed')
--- response_body
4: 400 A field of the request has a wrong type.
2: 400 Say which action: remove, ban, unban, mute, role, close or open.
1: 400 Say which role.
3: 400 Say which room: roomName.
2: 400 Say which track: trackSid.
7: 400 Say whom: identity.
4: 400 The body is not valid JSON, or a name stands in it twice.
1: 400 The body must be a JSON object.
1: 400 There can be no room of that name.
6: 400 deleteRoom goes with close alone.
5: 400 until must be a time that is still to come, in seconds since 1970, or 0: for ever.
as it was
--- error_log
livekit: refused: bad_room


=== TEST 30: room_name is as good, and what nobody knows is ignored
--- story
::said(ask('POST /moderate', as => 'u1', json => '{"room_name":"math","action":"open","identity":null,"until":null,"deleteRoom":false,"x":1}'))
--- response_body
200 {"action":"open","roomName":"math","state":"open","stored":true}


=== TEST 31: a client that goes away does not undo what it began
--- config eval: $::Moderation
--- story
my $c = client()->send(::moderate('u1', 'remove', 'u2'));
my $list = livekit(undef);
$c->reset;
sleep 0.1;
my $text = participants('u2', 'u2~phone');
$list->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
close $list->{socket};
calls('{}', '{}')
--- response_body
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone","room":"math"}


=== TEST 32: nor one that takes back its request over HTTP/2
--- config eval
"$ENV{TEST_NGINX_HTTP2}\n$::Moderation"
--- story
my ($c, $list) = ::taken_back('remove');
my $text = participants('u2', 'u2~phone');
$list->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
close $list->{socket};
(calls('{}', '{}'), $c->answer($c->ask('GET', '/moderate', as => 'u1')))
--- response_body
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone","room":"math"}
405
--- error_log
client canceled stream


=== TEST 33: what LiveKit does not answer then is known to be undone
--- config eval
"$ENV{TEST_NGINX_HTTP2}\n$::Moderation"
--- log_level: notice
--- story
map { my ($action, $answer) = @$_;
      my ($c, $list) = ::taken_back($action);
      $list->{socket}->syswrite($answer);
      close $list->{socket};
      (eventually { error_log() =~ /livekit: livekit_unavailable: $action "u2" in room "math"/ },
       $c->answer($c->ask('GET', '/moderate', as => 'u1'))) }
    ['remove', ''], ['ban', "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n{"]
--- response_body
1
405
1
405
--- error_log
livekit: no answer from LiveKit to RoomService/ListParticipants through "/_livekit": nothing came that is one
livekit: no answer from LiveKit to RoomService/ListParticipants through "/_livekit": it is broken off or too large


=== TEST 34: the log says who did what to whom, and no token
--- config eval
"location = /moderate { livekit_moderation; access_log logs/audit.log audit; }\n$LiveKitApi::Location"
--- http_config eval
$LiveKitTest::HttpConfig . 'log_format audit "$livekit_identity $livekit_room $status $livekit_verdict";'
--- log_level: notice
--- story
my @said = (::moderated(::moderate('u1', 'remove', 'u2'), participants('u2'), '{}'),
            ask(::moderate('guest', 'remove', 'u1')), ask(::moderate('u1', 'remove', 'u3')));
my @log;
eventually { @log = split /^/, slurp("$Test::Nginx::Util::ServRoot/logs/audit.log"); @log == 3 };
chomp @log;
(@log, error_log() =~ /eyJ/ ? 'a token' : 'no token')
--- response_body
u1 math 200 moderated
guest math 403 action_not_allowed
u1 math 403 moderator
no token
--- error_log
livekit: moderated: remove "u2" in room "math"


=== TEST 35: what it cannot do without
--- config
    livekit_access off;
    location = /moderate { livekit_moderation; } # wrong
--- must_die
--- error_log
"livekit_moderation" cannot stand beside "livekit_access off"


=== TEST 36: nor without LiveKit's API
--- config
    location = /moderate { livekit_moderation; } # wrong
--- must_die
--- error_log
"livekit_moderation" needs livekit_api, which tells where LiveKit's API is
