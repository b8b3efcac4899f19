# The token endpoint: who gets which token, in each of the three dialects,
# and what a client can ask for in vain.
#
# --- forbidden_field   the field that the policy does not let a client set

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

write_policy(<<'_EOC_', 'accept.json');
{
  "version": 1,
  "token": {
    "ttl": 300,
    "name": "{name} ({role})",
    "metadata": { "room": "{room}", "group": "{claim.group}" },
    "attributes": { "role": "{role}", "team": "{claim.team}" }
  },
  "roles": {
    "teacher": { "grants": { "canPublish": true, "canPublishSources": ["camera", "microphone"] },
                 "ttl": 60 },
    "student": { "grants": { "canSubscribe": true } }
  },
  "accept": {
    "participant_name": true,
    "participant_attributes": ["hand", "role"],
    "room_config": ["empty_timeout", "max_participants", "metadata", "agents", "tags"]
  },
  "devices": true
}
_EOC_

write_policy(<<'_EOC_', 'metadata.json');
{
  "version": 1,
  "roles": {
    "teacher": { "grants": { "canPublish": true } },
    "student": { "grants": { "canSubscribe": true } }
  },
  "accept": { "participant_name": true, "participant_metadata": true }
}
_EOC_

write_policy(<<'_EOC_', 'small.json');
{
  "version": 1,
  "token": { "max_size": 512, "metadata": "{claim.bio}" },
  "roles": { "teacher": { "grants": { "canPublish": true } } }
}
_EOC_

our $Accept = 'livekit_policy $TEST_NGINX_DIR/accept.json;';
our $Metadata = 'livekit_policy $TEST_NGINX_DIR/metadata.json;';

# what a student of "math" gets, whatever else is asked for

our $Student = '{"fresh":true,"iss":"LKkey","metadata":"{\"role\":\"student\"}","sub":"u2",'
               . '"ttl":600,"video":{"canManageAgentSession":false,"canPublish":false,'
               . '"canPublishData":true,"canSubscribe":true,"canSubscribeMetrics":false,'
               . '"canUpdateOwnMetadata":false,"room":"math","roomJoin":true}}' . "\n";

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => "location = /token { livekit_token; }\n")
        unless defined $block->config;

    if (defined $block->forbidden_field) {
        my $field = $block->forbidden_field =~ s/\s//gr;

        $block->set_value(error_code => 403);
        $block->set_value(error_log => qq(livekit: forbidden: forbidden_field $field, room "math"));
        $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n");
        $block->set_value(response_headers => "Content-Type: application/json\n"
                                              . "Cache-Control: no-store\n");
        $block->set_value(response_body =>
            '{"error":"forbidden_field","message":"The policy does not let a client set '
            . qq(this field.","field":"$field"}\n));
    }
});

# a body, and one as LiveKit's TokenSource sends it

sub post { return "POST /token\n$_[0]" }

sub source { return "POST /token\n{\"room_name\":\"math\"" . ($_[0] ? ",$_[0]" : "") . "}" }

# the answer as it is, but for the token

sub shape { return shift =~ s/"eyJ[\w-]+\.[\w-]+\.[\w-]+"/"TOKEN"/r }

no_long_string();
share_nginx();
run_tests();

__DATA__

=== TEST 1: a teacher asks as the application's own route was asked
--- more_headers eval: ::as(sub => "u1", name => "Ann")
--- response_body_filters eval: \&::claims
--- response_body
{"fresh":true,"iss":"LKkey","metadata":"{\"role\":\"teacher\"}","name":"Ann","sub":"u1","ttl":600,"video":{"canManageAgentSession":false,"canPublish":true,"canPublishData":true,"canSubscribe":true,"canSubscribeMetrics":false,"canUpdateOwnMetadata":false,"room":"math","roomJoin":true}}
--- response_headers
Content-Type: application/json
Cache-Control: no-store


=== TEST 2: and is answered as that route answered
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: \&::shape
--- response_body chomp
{"token":"TOKEN","url":"wss://live.example.com"}


=== TEST 3: LiveKit's TokenSource is answered as it expects
--- request eval: ::source()
--- more_headers eval: ::as(sub => "u1")
--- error_code: 201
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_filters eval: \&::shape
--- response_body chomp
{"server_url":"wss://live.example.com","participant_token":"TOKEN"}


=== TEST 4: LiveKit Meet is answered as it expects
--- request
GET /token?roomName=math&participantName=Somebody
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1", name => "Ann")
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_filters eval: \&::shape
--- response_body chomp
{"serverUrl":"wss://live.example.com","roomName":"math","participantName":"Ann","participantToken":"TOKEN"}


=== TEST 5: which shows the identity of people without a name
--- request
GET /token?roomName=math
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- response_body_filters eval: \&::shape
--- response_body chomp
{"serverUrl":"wss://live.example.com","roomName":"math","participantName":"u1","participantToken":"TOKEN"}


=== TEST 6: and the room that they get, where they name none
--- config
    location = /token { livekit_room webinar-1; livekit_token; }
--- request
GET /token
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- response_body_filters eval: \&::shape
--- response_body chomp
{"serverUrl":"wss://live.example.com","roomName":"webinar-1","participantName":"u2","participantToken":"TOKEN"}


=== TEST 7: the token is the same in all of them
--- request eval
[ ::post('{"roomName":"math"}'), ::source(), "GET /token?roomName=math", "GET /token?room_name=math",
  "GET /token?room=math" ]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ 200, 201, 200, 200, 200 ]
--- response_body_filters eval: \&::claims
--- response_body eval: [ ($::Student) x 5 ]


=== TEST 8: names are escaped where they must be
--- request
GET /token?roomName=math
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1", name => "A\"nn \\ <b> & \x{e9}")
--- response_body_filters eval: \&::shape
--- response_body eval
"{\"serverUrl\":\"wss://live.example.com\",\"roomName\":\"math\",\"participantName\":\"A\\\"nn \\\\ <b> & \xc3\xa9\",\"participantToken\":\"TOKEN\"}"


=== TEST 9: in the token, too
--- more_headers eval: ::as(sub => "u\"1\\", name => "A\"nn \\ <b>")
--- init
::redis("HSET", "lkg:room:{math}", "m:u\"1\\", "student");
--- response_body_filters eval: ::pick("sub", "name")
--- response_body
u"1\ A"nn \ <b>


=== TEST 10: a teacher may take the role of a student
--- request eval
[ ::post('{"roomName":"math","role":"student"}'), ::source('"role":"student"'),
  "GET /token?roomName=math&role=student" ]
--- more_headers eval: ::as(sub => "u1")
--- error_code eval: [ 200, 201, 200 ]
--- response_body_filters eval: ::pick("sub", "video.canPublish", "metadata")
--- response_body eval: [ ("u1 false {\"role\":\"student\"}\n") x 3 ]


=== TEST 11: and may ask for the own one, by name or not at all
--- request eval
[ ::post('{"roomName":"math","role":"teacher"}'), ::post('{"roomName":"math","role":""}'),
  ::post('{"roomName":"math","role":null}'), "GET /token?roomName=math&role=" ]
--- more_headers eval: ::as(sub => "u1")
--- error_code eval: [ (200) x 4 ]
--- response_body_filters eval: ::pick("sub", "video.canPublish", "metadata")
--- response_body eval: [ ("u1 true {\"role\":\"teacher\"}\n") x 4 ]


=== TEST 12: a student may not take the role of a teacher
--- request eval
[ ::post('{"roomName":"math","role":"teacher"}'), ::source('"role":"teacher"'),
  "GET /token?roomName=math&role=teacher", "GET /token?roomName=math&role=%74eacher" ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: role_not_taken, room "math", identity "u2"


=== TEST 13: nobody may take a role that there is not, or spell it in another way
--- request eval
[ map { ::post('{"roomName":"math","role":"' . $_ . '"}') } qw(admin Student student\u0020) ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: role_not_taken, room "math", identity "u1"


=== TEST 14: nothing else that a client says adds a grant or changes who it is
--- request eval
[ (map { ::post('{"roomName":"math",' . $_ . '}') }
       '"video":{"roomAdmin":true,"canPublish":true}', '"grants":{"canPublish":true}', '"canPublish":true',
       '"identity":"u1","sub":"u1","user":{"id":"u1"}', '"metadata":"{}","name":"Ann"',
       '"participantIdentity":"u1","participantName":"Ann"', '"ttl":86400,"exp":4000000000,"nbf":0',
       '"Role":"teacher","ROLE":"teacher","role ":"teacher"', '"kind":"agent","hidden":true',
       '"token":"x","url":"wss://evil.example.com"', '"egress":{"room":{}}', '"constructor":{"role":"teacher"}',
       '"role":null,"roomname":"closed","RoomName":"closed"'),
  "POST /token?role=teacher&identity=u1&participant_identity=u1&roomName=closed\n{\"roomName\":\"math\"}",
  "GET /token?roomName=math&identity=u1&participant_identity=u1&participantIdentity=u1&sub=u1&video=1&ttl=86400",
  "GET /token?roomName=math&participantName=u1&metadata=%7B%7D&region=eu&Role=teacher&rolE=teacher",
  "GET /token?roomName=math&roomname=closed&ROOMNAME=closed&role%00=teacher&role%5B%5D=teacher",
]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ (200) x 17 ]
--- response_body_filters eval: \&::claims
--- response_body eval: [ ($::Student) x 17 ]


=== TEST 15: nor does a header
--- more_headers eval
::as(sub => "u2") . <<'_EOC_'

Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.
X-LiveKit-Identity: u1
X-LiveKit-Role: teacher
X-Forwarded-User: u1
X-Original-URL: /token?role=teacher
X-HTTP-Method-Override: GET
Role: teacher
_EOC_
--- response_body_filters eval: \&::claims
--- response_body eval: $::Student


=== TEST 16: nor what is said twice
--- request eval
[ map { ::post("{$_}") } '"roomName":"math","role":"student","role":"teacher"', '"roomName":"closed","roomName":"math"',
                         '"roomName":"math","ro\u006ce":"teacher","role":"student"', '"x":1,"roomName":"math","x":2' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 The body is not valid JSON, or a name stands in it twice.


=== TEST 17: nor in a query string
--- request eval
[ map { "GET /token?$_" } "roomName=math&roomName=math", "roomName=math&%72oomName=closed",
                          "roomName=math&role=student&role=teacher", "roomName=math&role=student&r%6fle=teacher",
                          "roomName=%zz", "roomName=math%", "roomName=math%4", "ro%gomName=math&roomName=math" ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- answer: 400 An argument is given twice or is not encoded rightly.


=== TEST 18: two names of one argument must mean the same room
--- request eval: [ map { "GET /token?$_" } "roomName=math&room_name=closed", "room=closed&roomName=math" ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- answer: 400 An argument is given twice or is not encoded rightly.


=== TEST 19: nor do two cookies
--- more_headers eval: ::as(sub => "u2") . "; " . ::cookie(sub => "u1")
--- answer: 401


=== TEST 20: a query string is decoded
--- request eval: [ map { "GET /token?$_" } "roomName=m%61th", "%72oomName=math", "a&b=&roomName=math&&" ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- error_code eval: [ (200) x 3 ]
--- response_body_filters eval: ::pick("sub", "video.room")
--- response_body eval: [ ("u2 math\n") x 3 ]


=== TEST 21: roomName and room_name together are two dialects at once
--- request eval: [ map { ::post("{$_}") } '"roomName":"math","room_name":"math"', '"room_name":"math","roomName":"closed"' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 Say roomName or room_name, not both.


=== TEST 22: one that is null is not there
--- request eval: [ map { ::post("{$_}") } '"roomName":"math","room_name":null', '"room_name":"math","roomName":null' ]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ 200, 201 ]
--- response_body_filters eval: ::pick("sub", "video.room")
--- response_body eval: [ ("u2 math\n") x 2 ]


=== TEST 23: a name in another case is another name
--- request eval: [ map { ::post("{$_}") } '"roomname":"math"', '"RoomName":"math"', '"room name":"math"' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 Say which room: roomName.
--- error_log
livekit: refused: no_room


=== TEST 24: a body that is no JSON object
--- request eval
[ map { ::post($_) } '["math"]', '"math"', '17', 'null', 'true' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 The body must be a JSON object.


=== TEST 25: a body that is no JSON
--- request eval
[ map { ::post($_) } 'roomName=math', '{"roomName":"math"', '{"roomName":"math"} {}', "{'roomName':'math'}",
                     '{roomName:"math"}', '{"roomName":"math",}', "\xef\xbb\xbf{\"roomName\":\"math\"}",
                     "{\"roomName\":\"m\xff\"}", '{"roomName":"\ud800"}', '{"roomName":"a\u0000"}', '{"x":01,"roomName":"math"}',
                     '{"x":NaN,"roomName":"math"}', '{"roomName":"math"}/**/', "{\"roomName\":\"a\nb\"}", ' ' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 The body is not valid JSON, or a name stands in it twice.


=== TEST 26: no body at all
--- request
POST /token
--- more_headers eval: ::as(sub => "u2") . "\nContent-Length: 0"
--- answer: 400 The body is not valid JSON, or a name stands in it twice.


=== TEST 27: a body that is deeper or has more in it than anybody means
--- request eval
[ ::post('{"roomName":"math","x":' . '[' x 2000 . ']' x 2000 . '}'), ::post('{"roomName":"math","x":' . '{"a":' x 100 . '1' . '}' x 101),
  ::post('{"roomName":"math","x":[' . '0,' x 4000 . '0]}'), ::post('{"roomName":"math",' . CORE::join(",", map { "\"$_\":0" } 1 .. 1000) . '}') ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 The body is not valid JSON, or a name stands in it twice.


=== TEST 28: a field of another type
--- request eval
[ (map { ::post("{$_}") } '"roomName":17', '"roomName":["math"]', '"roomName":{"a":"math"}', '"roomName":true',
                          '"roomName":"math","role":["student"]', '"roomName":"math","role":0'),
  (map { ::source($_) } '"participant_identity":17', '"participant_name":{}', '"participant_metadata":{"a":1}',
                        '"participant_attributes":"a"', '"participant_attributes":[]', '"room_config":[]',
                        '"room_config":"{}"', '"room_config":false') ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 A field of the request has a wrong type.


=== TEST 29: fields that are null or empty count as absent
--- request eval
[ map { ::source($_) } '"participant_name":"","participant_metadata":"","participant_identity":"","participant_attributes":{},"room_config":{}',
                       '"participant_name":null,"participant_metadata":null,"participant_identity":null,"participant_attributes":null,"room_config":null' ]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ 201, 201 ]
--- response_body_filters eval: \&::claims
--- response_body eval: [ ($::Student) x 2 ]


=== TEST 30: a client's name, where the policy does not accept it
--- request eval: ::source('"participant_name":"Teacher"')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: participant_name


=== TEST 31: a client's metadata
--- request eval: ::source('"participant_metadata":"{\"role\":\"teacher\"}"')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: participant_metadata


=== TEST 32: a client's attributes
--- request eval: ::source('"participant_attributes":{"role":"teacher"}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: participant_attributes


=== TEST 33: a client's idea of the room
--- request eval: ::source('"room_config":{"egress":{"room":{"file_outputs":[{"filepath":"x"}]}}}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: room_config


=== TEST 34: in the application's own dialect as well
--- request eval: ::post('{"roomName":"math","room_config":{"max_participants":2}}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: room_config


=== TEST 35: strangers learn nothing of it
--- request eval: ::source('"participant_name":"Teacher"')
--- more_headers eval: ::as(sub => "mallory")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "math", identity "mallory"


=== TEST 36: the own identity may be asked for
--- request eval: ::source('"participant_identity":"u2"')
--- more_headers eval: ::as(sub => "u2")
--- error_code: 201
--- response_body_filters eval: \&::claims
--- response_body eval: $::Student


=== TEST 37: another's may not, nor a device where the policy has none
--- request eval: [ map { ::source("\"participant_identity\":\"$_\"") } "u1", "U2", "u2 ", "u2#x", "u2~phone", "u" ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: identity_mismatch, room "math", identity "u2"


=== TEST 38: with devices a user may join from several
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval: [ map { ::source("\"participant_identity\":\"$_\"") } "u2~phone", "u2~P-1_x", "u2~" . "x" x 32 ]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ (201) x 3 ]
--- response_body_filters eval: ::pick("sub", "attributes.role")
--- response_body eval: [ map { "$_ student\n" } "u2~phone", "u2~P-1_x", "u2~" . "x" x 32 ]


=== TEST 39: from their own
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval
[ map { ::source("\"participant_identity\":\"$_\"") }
      "u1~phone", "u2~", "u2~a b", "u2~a~b", "u2~" . "x" x 33, "u2#x", "u2~a#b", "~phone", "u22~phone", "u2phone" ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: identity_mismatch, room "math", identity "u2"


=== TEST 40: and a ban is for all of them
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval: ::source('"participant_identity":"banned~phone"')
--- more_headers eval: ::as(sub => "banned")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "math", identity "banned"


=== TEST 41: what the policy says of name, metadata, attributes, time and sources is in the token
--- config eval: "$::Accept location = /token { livekit_token; }"
--- more_headers eval: ::as(sub => "u1", name => "Ann", team => "red\"x", group => "a\"b\\c")
--- response_body_filters eval: \&::claims
--- response_body
{"attributes":{"role":"teacher","team":"red\"x"},"fresh":true,"iss":"LKkey","metadata":"{\"room\":\"math\",\"group\":\"a\\\"b\\\\c\"}","name":"Ann (teacher)","sub":"u1","ttl":60,"video":{"canManageAgentSession":false,"canPublish":true,"canPublishData":false,"canPublishSources":["camera","microphone"],"canSubscribe":false,"canSubscribeMetrics":false,"canUpdateOwnMetadata":false,"room":"math","roomJoin":true}}


=== TEST 42: what it accepts from a client, too, and its own attributes win
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval
::source('"participant_name":"Bob \"2\"","participant_attributes":{"hand":"up","role":"teacher"}')
--- more_headers eval: ::as(sub => "u2", name => "Bob", team => "red")
--- error_code: 201
--- response_body_filters eval: ::pick("sub", "name", "attributes", "video.canPublish")
--- response_body
u2 Bob "2" {"hand":"up","role":"student","team":"red"} false


=== TEST 43: metadata as the client has it, where the policy has none itself
--- config eval: "$::Metadata location = /token { livekit_token; }"
--- request eval: ::source('"participant_metadata":"{\"a\":1}"')
--- more_headers eval: ::as(sub => "u2")
--- error_code: 201
--- response_body_filters eval: ::pick("sub", "metadata", "video.canPublish")
--- response_body
u2 {"a":1} false


=== TEST 44: and the fields of a room's configuration, by either spelling
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval
[ map { ::source("\"room_config\":$_") }
      '{"empty_timeout":60,"max_participants":8,"metadata":"m","tags":{"a":"b"},"agents":[{"agent_name":"helper","metadata":"x"}]}',
      '{"emptyTimeout":60,"maxParticipants":8,"metadata":"m","tags":{"a":"b"},"agents":[{"agentName":"helper","metadata":"x"}]}' ]
--- more_headers eval: ::as(sub => "u2")
--- error_code eval: [ 201, 201 ]
--- response_body_filters eval: ::pick("sub", "roomConfig")
--- response_body eval
[ ('u2 {"agents":[{"agentName":"helper","metadata":"x"}],"emptyTimeout":60,"maxParticipants":8,"metadata":"m","tags":{"a":"b"}}' . "\n") x 2 ]


=== TEST 45: never a recording
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval: ::source('"room_config":{"max_participants":8,"egress":{"room":{}}}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: room_config


=== TEST 46: nor a field that it does not name
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval: ::source('"room_config":{"name":"other"}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: room_config


=== TEST 47: nor an attribute that it does not name
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval: ::source('"participant_attributes":{"hand":"up","lk.agent.state":"x"}')
--- more_headers eval: ::as(sub => "u2")
--- forbidden_field: participant_attributes


=== TEST 48: an accepted field with a value that it cannot have
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request eval
[ map { ::source($_) } '"participant_name":"a\u0007b"', '"participant_name":"' . "x" x 257 . '"', '"participant_attributes":{"hand":1}',
                       '"room_config":{"max_participants":"8"}', '"room_config":{"max_participants":-1}',
                       '"room_config":{"max_participants":4294967296}', '"room_config":{"max_participants":8,"maxParticipants":9}',
                       '"room_config":{"tags":{"a":1}}' ]
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 A field of the request has a wrong value.
--- error_log
livekit: forbidden: bad_field


=== TEST 49: what a policy accepts, LiveKit Meet may say in its query string
--- config eval: "$::Metadata location = /token { livekit_token; }"
--- request
GET /token?roomName=math&participantName=Bob+%22B%22&metadata=m&region=eu
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2", name => "Robert")
--- response_body_filters eval: [ [ sub { my $b = shift; my ($shown) = $b =~ /("participantName":".*?"),"participantToken/; ::pick("sub", "name", "metadata")->($b) =~ s/\n/ $shown\n/r } ] ]
--- response_body
u2 Bob "B" m "participantName":"Bob \"B\""


=== TEST 50: but only once
--- config eval: "$::Accept location = /token { livekit_token; }"
--- request
GET /token?roomName=math&participantName=a&participantName=b
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- answer: 400 An argument is given twice or is not encoded rightly.


=== TEST 51: a role may be another in some rooms
--- request eval: ::post('{"roomName":"webinar-1"}')
--- more_headers eval: ::as(sub => "u2")
--- response_body_filters eval: ::pick("sub", "video.room", "video.canSubscribe", "video.canPublishData")
--- response_body
u2 webinar-1 true false


=== TEST 52: the url may be built of variables
--- config
    livekit_url wss://live.$host/$arg_region;
    location = /token { livekit_token; }
--- request
GET /token?roomName=math&region=e"u
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- response_body_filters eval: \&::shape
--- response_body chomp
{"serverUrl":"wss://live.localhost/e\"u","roomName":"math","participantName":"u2","participantToken":"TOKEN"}


=== TEST 53: where one of them is empty there is no url to tell
--- config
    livekit_url wss://live.$host/$arg_region;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 500
--- error_log
livekit: a variable in livekit_url "wss://live.$host/$arg_region" is empty


=== TEST 54: of several keys the first signs
--- config
    livekit_key LKnew "the newest api secret, of 32 bytes or more";
    livekit_key LKkey "an api secret of 32 bytes or even more";
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- response_body_filters eval
sub { my ($claims, $valid) = LiveKitTest::token_claims($_[0], "the newest api secret, of 32 bytes or more"); "$claims->{iss} $valid\n" }
--- response_body
LKnew 1


=== TEST 55: a location's own keys replace those outside
--- config
    livekit_key LKnew "the newest api secret, of 32 bytes or more";
    location = /token { livekit_key LKkey "an api secret of 32 bytes or even more"; livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- response_body_filters eval: ::pick("iss", "sub")
--- response_body
LKkey u2


=== TEST 56: a location's own url, policy and room pattern, too
--- config
    livekit_url wss://outside.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    location = /token {
        livekit_url wss://inside.example.com;
        livekit_policy $TEST_NGINX_DIR/accept.json;
        livekit_token;
    }
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: [ [ sub { my ($url) = $_[0] =~ /"url":"(.*?)"/; ::pick("sub", "attributes.role")->($_[0]) =~ s/\n/ $url\n/r } ] ]
--- response_body
u1 teacher wss://inside.example.com


=== TEST 57: a token that is larger than the policy allows is not issued
--- config
    livekit_policy $TEST_NGINX_DIR/small.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", bio => "x" x 512)
--- answer: 500
--- error_log
livekit: no token for room "math": it would be larger than the policy's max_size


=== TEST 58: nor one that is because of what the client asks for, which it can change
--- config eval: "$::Metadata location = /token { livekit_token; }"
--- request eval: ::source('"participant_metadata":"' . "x" x 4096 . '"')
--- more_headers eval: ::as(sub => "u2")
--- answer: 400 With these fields the token is too large.


=== TEST 59: one that is small enough is
--- config
    livekit_policy $TEST_NGINX_DIR/small.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", bio => "x")
--- response_body_filters eval: ::pick("sub", "metadata")
--- response_body
u1 x


=== TEST 60: methods that ask for no token
--- request eval: [ map { "$_ /token?roomName=math\n" } qw(PUT DELETE PATCH OPTIONS PROPFIND QUERY) ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 405


=== TEST 61: HEAD is one of them
--- request
HEAD /token?roomName=math
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- error_code: 405
--- response_headers
Allow: GET, POST
Cache-Control: no-store
--- response_body:


=== TEST 62: error_page does not come between: clients get the JSON they can read
--- config
    error_page 400 401 403 405 413 415 500 503 /error.html;
    location = /error.html { return 200 "oops\n"; }
    location = /token { livekit_token; }
--- request eval: [ "GET /token?roomName=closed", "GET /token?roomName=nowhere" ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden


=== TEST 63: a url without variables is escaped as well, where it has to be
--- config
    livekit_url 'wss://live.example.com/"a\\b';
    location = /token { livekit_token; }
--- request
GET /token?roomName=math
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- response_body_filters eval: \&::shape
--- response_body chomp
{"serverUrl":"wss://live.example.com/\"a\\b","roomName":"math","participantName":"u2","participantToken":"TOKEN"}
