# May this person enter this room, and as what?  Memberships, bans, kicks and
# closed rooms in Redis; facts that an application keeps in its own way; how
# the room's name is found.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

our $later = time + 300;
our $over = time - 1;

write_policy(<<'_EOC_', 'everybody.json');
{
  "version": 1,
  "token": { "metadata": { "role": "{role}" } },
  "roles": {
    "teacher": { "grants": { "canPublish": true }, "may_take": ["guest"] },
    "guest": { "grants": { "canSubscribe": true } }
  },
  "default_role": "guest"
}
_EOC_

redis('HSET', 'lkg:room:{math}',
      'm:until' => "student;exp=$later",
      'm:suspended' => 'student', 'b:suspended' => $later,
      'm:back' => 'student', 'd:back' => $over,
      'b:stranger' => 0,
      'm:badban' => 'teacher', 'b:badban' => 'for ever',
      'm:badkick' => 'teacher', 'd:badkick' => '-1',
      'm:empty' => '', 'm:option' => 'student;until=1', 'm:epoch' => 'student;exp=0',
      'm:a b"c' => 'student');

redis('HSET', 'lkg:room:{open}', 'state' => 'open', 'm:u1' => 'teacher');
redis('HSET', 'lkg:room:{paused}', 'state' => '', 'm:u1' => 'teacher');
redis('HSET', 'lkg:room:{closed}', 'm:banned' => 'student', 'b:banned' => 0);
redis('HSET', 'lkg:room:{' . 'r' x 128 . '}', 'm:u1' => 'teacher');
redis('HSET', 'lkg:room:{acme:math}', 'm:u1' => 'student');
redis('HSET', 'lkg:room:{lobby}', 'm:u1' => 'student');
redis('HSET', 'lkg:room:{a b}', 'm:u1' => 'student');

# as an application might keep it

redis('HSET', 'room:math:members', 'banned' => 'student', 'kicked' => 'teacher',
      'none' => '', 'long' => 'x' x 5000, 'a b"c' => 'student', 'odd' => 'nobody');
redis('HSET', 'room:closed:members', 'u1' => 'teacher');
redis('SET', 'role:u1', 'teacher');
redis('SADD', 'role:u2', 'student');
redis('MSET', 'until:u1', $later, 'until:u2', $over, 'until:u3', 'tomorrow', 'until:u4', '-5',
      'until:u5', '0', 'until:u6', '99999999999999999999');
redis('ZADD', 'ends', $later, 'u1', $over, 'u2');
redis('MSET', 'flag:u1', '1', 'flag:u2', '0', 'flag:u3', 'false', 'flag:u4', '', 'flag:u5', 'yes',
      'flag:u7', 'no', 'flag:u8', 'OFF', 'flag:u9', '-1', 'flag:u10', 'False');
redis('HSET', 'flags', 'u1', '');
redis('SETBIT', 'bits', 1, 1);
redis('SADD', 'blocked', 'u2');

# other instances

redis_in(1, 'SADD', 'paid-up', 'u1');
redis_in(1, 'HSET', 'lkg:room:{math}', 'm:u1' => 'student');
redis_in(2, 'SET', 'role:u1', 'student');
redis_in(3, 'SET', 'blocked:u2', '1');
redis_in(4, 'SET', 'until:u1', $later);

our $Members = 'livekit_access role HGET room:$livekit_room:members $livekit_identity;';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => "location = /token { livekit_token; }\n")
        unless defined $block->config;

    $block->set_value(response_body_filters => pick('sub', 'video.room', 'metadata'))
        unless defined $block->answer || defined $block->response_body_filters;
});

sub room { return qq(POST /token\n{"roomName":"$_[0]"}) }

no_long_string();
share_nginx();
run_tests();

__DATA__

=== TEST 1: a teacher of the room is let in as a teacher
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 2: a student of the room is let in as a student
--- more_headers eval: ::as(sub => "u2")
--- response_body
u2 math {"role":"student"}


=== TEST 3: a stranger is not let in
--- more_headers eval: ::as(sub => "mallory")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "math", identity "mallory"


=== TEST 4: a member of one room is a stranger in another
--- request eval: ::room("webinar-1")
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "webinar-1", identity "u1"


=== TEST 5: a room of which Redis knows nothing has no members
--- request eval: ::room("nowhere")
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "nowhere", identity "u1"


=== TEST 6: a member that is banned for ever
--- more_headers eval: ::as(sub => "banned")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "math", identity "banned"


=== TEST 7: a member that is banned for a while
--- more_headers eval: ::as(sub => "suspended")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "math", identity "suspended"


=== TEST 8: a member whose ban is over
--- more_headers eval: ::as(sub => "unbanned")
--- response_body
unbanned math {"role":"student"}


=== TEST 9: a member that was just kicked
--- more_headers eval: ::as(sub => "kicked")
--- answer: 403
--- error_log
livekit: forbidden: kicked, room "math", identity "kicked"


=== TEST 10: a member that was kicked a while ago
--- more_headers eval: ::as(sub => "back")
--- response_body
back math {"role":"student"}


=== TEST 11: a closed room lets nobody in
--- request eval: ::room("closed")
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: room_closed, room "closed", identity "u1"


=== TEST 12: a state that is not "open" is closed, whatever it says
--- request eval: ::room("paused")
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: room_closed, room "paused", identity "u1"


=== TEST 13: a room that says it is open is open
--- request eval: ::room("open")
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 open {"role":"teacher"}


=== TEST 14: the answer is the same for all of them, whatever stands against it
--- request eval: ::room("closed")
--- more_headers eval: ::as(sub => "banned")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "closed", identity "banned"


=== TEST 15: a membership that is over
--- more_headers eval: ::as(sub => "former")
--- answer: 403
--- error_log
livekit: forbidden: member_expired, room "math", identity "former"


=== TEST 16: a membership that ended with the epoch is over, not without an end
--- more_headers eval: ::as(sub => "epoch")
--- answer: 403
--- error_log
livekit: forbidden: member_expired, room "math", identity "epoch"


=== TEST 17: no token outlives the membership
--- more_headers eval: ::as(sub => "until")
--- response_body_filters eval: ::pick("sub", "exp")
--- response_body eval: "until $::later\n"


=== TEST 18: a role that the policy does not name
--- more_headers eval: ::as(sub => "odd")
--- answer: 403
--- error_log
livekit: forbidden: role_unknown, room "math", identity "odd"


=== TEST 19: a membership that cannot be understood is not a no, and stays unsaid
--- more_headers eval: ::as(sub => "broken")
--- answer: 503
--- error_log
livekit: the value in redis for "membership" cannot be understood
livekit: no answer about room "math": redis_data
--- no_error_log
soon
[crit]
[alert]
[emerg]


=== TEST 20: nor is a membership with an option that nobody knows
--- more_headers eval: ::as(sub => "option")
--- answer: 503
--- error_log
livekit: the value in redis for "membership" cannot be understood


=== TEST 21: nor is one without a role
--- more_headers eval: ::as(sub => "empty")
--- answer: 503
--- error_log
livekit: the value in redis for "membership" cannot be understood


=== TEST 22: a ban that cannot be understood lets nobody in
--- more_headers eval: ::as(sub => "badban")
--- answer: 503
--- error_log
livekit: the value in redis for "ban" cannot be understood


=== TEST 23: nor does such a kick
--- more_headers eval: ::as(sub => "badkick")
--- answer: 503
--- error_log
livekit: the value in redis for "kick" cannot be understood


=== TEST 24: something else under the room's key
--- request eval: ::room("wrong")
--- more_headers eval: ::as(sub => "u1")
--- answer: 503
--- error_log
livekit: redis answered the question for "state" with WRONGTYPE
livekit: no answer about room "wrong": redis_data


=== TEST 25: an identity with blanks and quotes is asked for as it is
--- more_headers eval: ::as(sub => 'a b"c')
--- response_body
a b"c math {"role":"student"}


=== TEST 26: with a default_role strangers are let in
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "mallory")
--- response_body
mallory math {"role":"guest"}


=== TEST 27: and members as what they are
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 28: but not those who are banned
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "stranger")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "math", identity "stranger"


=== TEST 29: nor members of a role that the policy does not name
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: role_unknown, room "math", identity "u2"


=== TEST 30: memberships that an application keeps in its own hash
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "u2")
--- response_body
u2 math {"role":"student"}


=== TEST 31: of which the room's own hash then says nothing
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "until")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "math", identity "until"


=== TEST 32: but bans hold
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "banned")
--- answer: 403
--- error_log
livekit: forbidden: banned, room "math", identity "banned"


=== TEST 33: and kicks
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "kicked")
--- answer: 403
--- error_log
livekit: forbidden: kicked, room "math", identity "kicked"


=== TEST 34: and closed rooms
--- config eval
"location = /token { livekit_token; $::Members }"
--- request eval: ::room("closed")
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: room_closed, room "closed", identity "u1"


=== TEST 35: and a hash that is none is 503
--- config eval
"location = /token { livekit_token; $::Members }"
--- request eval: ::room("wrong")
--- more_headers eval: ::as(sub => "u1")
--- answer: 503
--- error_log
livekit: redis answered the question for "state" with WRONGTYPE


=== TEST 36: an empty role cannot be understood
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "none")
--- answer: 503
--- error_log
livekit: the value in redis for "role" cannot be understood


=== TEST 37: nor can one that is not a name
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "long")
--- answer: 503
--- error_log
livekit: the value in redis for "role" cannot be understood


=== TEST 38: a role that the policy does not name
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => "odd")
--- answer: 403
--- error_log
livekit: forbidden: role_unknown, room "math", identity "odd"


=== TEST 39: an identity in an argument is one argument, whatever stands in it
--- config eval
"location = /token { livekit_token; $::Members }"
--- more_headers eval: ::as(sub => 'a b"c')
--- response_body
a b"c math {"role":"student"}


=== TEST 40: commands may be written in any case
--- config
    livekit_access role get role:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 41: a role of another type is an error, not a no
--- config
    livekit_access role get role:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 503
--- error_log
livekit: redis answered the question for "role" with WRONGTYPE


=== TEST 42: the fact "expires" ends the token
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: ::pick("sub", "exp")
--- response_body eval: "u1 $::later\n"


=== TEST 43: and keeps out those for whom it is over
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: member_expired, room "math", identity "u2"


=== TEST 44: one that is not there is no end
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u7")
--- response_body
u7 math {"role":"guest"}


=== TEST 45: one that is no time is 503
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- request eval: [ (::room("math")) x 3 ]
--- more_headers eval: [ map { ::as(sub => $_) } qw(u3 u4 u6) ]
--- answer: 503
--- error_log
livekit: the value in redis for "expires" cannot be understood


=== TEST 46: the epoch is over, not without an end
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u5")
--- answer: 403
--- error_log
livekit: forbidden: member_expired, room "math", identity "u5"


=== TEST 47: a score serves as an end
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access expires ZSCORE ends $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: ::pick("sub", "exp")
--- response_body eval: "u1 $::later\n"


=== TEST 48: the fact "allow" lets in those of whom it is true
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access allow SISMEMBER room:math:allowed $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"guest"}


=== TEST 49: and nobody else
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access allow SISMEMBER room:math:allowed $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "mallory")
--- answer: 403
--- error_log
livekit: forbidden: not_allowed, room "math", identity "mallory"


=== TEST 50: what is yes: 1, and any text
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access allow GET flag:$livekit_identity;
    location = /token { livekit_token; }
--- request eval: [ (::room("math")) x 2 ]
--- more_headers eval: [ map { ::as(sub => $_) } qw(u1 u5) ]
--- error_code eval: [ (200) x 2 ]
--- response_body eval: [ map { "$_ math {\"role\":\"guest\"}\n" } qw(u1 u5) ]


=== TEST 51: what is no: 0, false, nothing, what is not there, and what can only be meant so
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access allow GET flag:$livekit_identity;
    location = /token { livekit_token; }
--- request eval: [ (::room("math")) x 8 ]
--- more_headers eval: [ map { ::as(sub => $_) } qw(u2 u3 u4 u6 u7 u8 u9 u10) ]
--- answer: 403
--- error_log
livekit: forbidden: not_allowed


=== TEST 52: a yes of the commands that answer with a number
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_access allow EXISTS flag:$livekit_identity; livekit_token; }
    location = /hash  { livekit_access allow HEXISTS flags $livekit_identity; livekit_token; }
    location = /bit   { livekit_access allow GETBIT bits 1; livekit_token; }
    location = /score { livekit_access allow ZSCORE ends $livekit_identity; livekit_token; }
--- request eval: [ map { "GET $_?room=math" } qw(/token /hash /bit /score) ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- error_code eval: [ (200) x 4 ]
--- response_body eval: [ ("u1 math {\"role\":\"guest\"}\n") x 4 ]


=== TEST 53: and their no
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /token { livekit_access allow EXISTS flag:$livekit_identity; livekit_token; }
    location = /hash  { livekit_access allow HEXISTS flags $livekit_identity; livekit_token; }
    location = /bit   { livekit_access allow GETBIT bits 2; livekit_token; }
    location = /score { livekit_access allow ZSCORE ends $livekit_identity; livekit_token; }
--- request eval: [ map { "GET $_?room=math" } qw(/token /hash /bit /score) ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "nobody")
--- answer: 403
--- error_log
livekit: forbidden: not_allowed


=== TEST 54: the fact "deny" keeps out those of whom it is true
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access deny SISMEMBER blocked $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: not_allowed, room "math", identity "u2"


=== TEST 55: and nobody else
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access deny SISMEMBER blocked $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 56: a "deny" that cannot be answered is not a no
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access deny SISMEMBER flags $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- answer: 503
--- error_log
livekit: redis answered the question for "deny" with WRONGTYPE


=== TEST 57: a "deny" is a yes unless it says no
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access deny GET flag:$livekit_identity;
    location = /token { livekit_token; }
--- request eval: [ (::room("math")) x 4 ]
--- more_headers eval: [ map { ::as(sub => $_) } qw(u1 u5 u7 u9) ]
--- answer: 403
--- error_log
livekit: forbidden: not_allowed


=== TEST 58: as 0, false, nothing and what is not there do
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access deny GET flag:$livekit_identity;
    location = /token { livekit_token; }
--- request eval: [ (::room("math")) x 4 ]
--- more_headers eval: [ map { ::as(sub => $_) } qw(u2 u3 u4 u6) ]
--- error_code eval: [ (200) x 4 ]
--- response_body eval: [ map { "$_ math {\"role\":\"guest\"}\n" } qw(u2 u3 u4 u6) ]


=== TEST 59: of all facts the one that allows least counts
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access allow GET flag:$livekit_identity;
    livekit_access deny SISMEMBER blocked $livekit_identity;
    livekit_access expires GET until:$livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: ::pick("sub", "metadata", "exp")
--- response_body eval: qq(u1 {"role":"teacher"} $::later\n)


=== TEST 60: a variable that is empty asks Redis nothing, and is a no
--- config
    livekit_access role HGET $livekit_claim_org:members $livekit_identity;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: a variable in "$livekit_claim_org:members" of livekit_access is empty


=== TEST 61: facts may come from another Redis
--- http_config eval
$::HttpConfig . '    livekit_redis $TEST_NGINX_REDIS:1 name=billing;'
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access allow SISMEMBER paid-up $livekit_identity redis=billing;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 62: whose no is a no as well
--- http_config eval
$::HttpConfig . '    livekit_redis $TEST_NGINX_REDIS:1 name=billing;'
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access allow SISMEMBER paid-up $livekit_identity redis=billing;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u2")
--- answer: 403
--- error_log
livekit: forbidden: not_allowed, room "math", identity "u2"


=== TEST 63: and without whose answer there is none
--- http_config eval
$::HttpConfig . '    livekit_redis redis://127.0.0.1:1 name=billing;'
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access allow SISMEMBER paid-up $livekit_identity redis=billing;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- answer: 503
--- error_log
livekit: no answer about room "math": redis_unavailable


=== TEST 64: each fact may have a Redis of its own
--- http_config eval
$::HttpConfig . CORE::join '', map { "    livekit_redis \$TEST_NGINX_REDIS:$_ name=r$_;\n" } 1 .. 4
--- config
    livekit_access allow SISMEMBER paid-up $livekit_identity redis=r1;
    livekit_access role GET role:$livekit_identity redis=r2;
    livekit_access deny EXISTS blocked:$livekit_identity redis=r3;
    livekit_access expires GET until:$livekit_identity redis=r4;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body_filters eval: ::pick("sub", "metadata", "exp")
--- response_body eval: qq(u1 {"role":"student"} $::later\n)


=== TEST 65: rooms may stand in another database
--- http_config eval
$::HttpConfig =~ s/REDIS;/REDIS:1;/r
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"student"}


=== TEST 66: the only Redis there is holds the rooms, whatever its name
--- http_config eval
$::HttpConfig =~ s/REDIS;/REDIS name=facts;/r
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity redis=facts;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"teacher"}


=== TEST 67: livekit_access off needs no Redis: everybody has the default role
--- http_config eval
$::HttpConfig =~ s/livekit_redis .*?;//r
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access off;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 math {"role":"guest"}


=== TEST 68: and knows of no other
--- http_config eval
$::HttpConfig =~ s/livekit_redis .*?;//r
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    livekit_access off;
    location = /token { livekit_token; }
--- request
POST /token
{"roomName":"math","role":"teacher"}
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: forbidden: role_not_taken, room "math", identity "u1"


=== TEST 69: a location may switch it off, or on again
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location = /lobby { livekit_access off; livekit_token; }
    location = /class { livekit_token; }
    location = /other { livekit_access role GET role:$livekit_identity; livekit_token; }
--- request eval: [ map { "GET $_?room=math" } qw(/lobby /class /other) ]
--- more_headers eval: [ map { "Cookie: " . ::cookie(sub => $_) } "banned", "u1", "u1" ]
--- error_code eval: [ 200, 200, 200 ]
--- response_body eval
[ "banned math {\"role\":\"guest\"}\n", ("u1 math {\"role\":\"teacher\"}\n") x 2 ]


=== TEST 70: a tenant's room is that tenant's
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "acme")
--- response_body
u1 acme:math {"role":"student"}


=== TEST 71: and no other's
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "globex")
--- answer: 403
--- error_log
livekit: forbidden: not_member, room "globex:math", identity "u1"


=== TEST 72: nobody gets there by naming it
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- request eval: ::room("acme:math")
--- more_headers eval: ::as(sub => "u1", org => "acme")
--- answer: 400 There can be no room of that name.
--- error_log
livekit: refused: bad_room


=== TEST 73: a user without a tenant has no rooms
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 74: nor does one without a name for the tenant
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 75: nor does one whose tenant has a line break in its name
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "acme\nX: y")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 76: a request that names no room gets none of the tenant's
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- request
POST /token
{}
--- more_headers eval: ::as(sub => "u1", org => "acme")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 77: where there is a body, the query string names no room
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- request
POST /token?roomName=math
{}
--- more_headers eval: ::as(sub => "u1", org => "acme")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 78: a tenant's name that would break out of the room's key
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "x}:{acme")
--- answer: 403
--- error_log
livekit: refused: bad_room


=== TEST 79: with the tenant's name a room's can be too long for LiveKit
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", org => "x" x 252)
--- answer: 403
--- error_log
livekit: refused: bad_room


=== TEST 80: a location can be one room, whatever is asked for
--- config
    location = /token { livekit_room lobby; livekit_token; }
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 lobby {"role":"student"}


=== TEST 81: which then nobody has to name
--- config
    location = /token { livekit_room lobby; livekit_token; }
--- request
POST /token
{}
--- more_headers eval: ::as(sub => "u1")
--- error_code: 201
--- response_body
u1 lobby {"role":"student"}


=== TEST 82: the room may stand in the query string
--- config
    location = /token { livekit_room $arg_class; livekit_token; }
--- request
POST /token?class=math
{}
--- more_headers eval: ::as(sub => "u1")
--- error_code: 201
--- response_body
u1 math {"role":"teacher"}


=== TEST 83: where it may look like any other room that is asked for, and no more
--- config
    location = /token { livekit_room $arg_class; livekit_token; }
--- request eval
[ map { "POST /token?class=$_\n{}" } "a:b", "a%20b", "..", "a/b", "r" x 129 ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: refused: bad_room


=== TEST 84: without it there is no room
--- config
    location = /token { livekit_room $arg_class; livekit_token; }
--- request eval: [ "POST /token\n{}", "POST /token?class=\n{}" ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 403
--- error_log
livekit: refused: no_room


=== TEST 85: a room's name of 128 letters
--- request eval: ::room("r" x 128)
--- more_headers eval: ::as(sub => "u1")
--- response_body eval: "u1 " . "r" x 128 . " {\"role\":\"teacher\"}\n"


=== TEST 86: names that no client may ask for
--- request eval
[ map { ::room($_) } "r" x 129, "a b", "a/b", "../math", "a.b", "a:b", "math\\n", "{math}",
                     "\\u00e4", "*", "\\u0085", "<b>" ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 400 There can be no room of that name.
--- error_log
livekit: refused: bad_room


=== TEST 87: livekit_room_pattern allows other names
--- config
    livekit_room_pattern "^[a-z ]+$";
    location = /token { livekit_token; }
--- request eval: ::room("a b")
--- more_headers eval: ::as(sub => "u1")
--- response_body
u1 a b {"role":"student"}


=== TEST 88: and forbids others
--- config
    livekit_room_pattern "^[a-z ]+$";
    location = /token { livekit_token; }
--- request eval: [ map { ::room($_) } "math1", "Math", "" . "math-" ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 400 There can be no room of that name.
--- error_log
livekit: refused: bad_room


=== TEST 89: names that no pattern can allow
--- config
    livekit_room_pattern "(?s)^.*$";
    location = /token { livekit_token; }
--- request eval
[ map { ::room($_) } "a/b", "{math}", "math}", "a\\nb", "a\\u007f", "a\\u0085", "r" x 257 ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 400 There can be no room of that name.
--- error_log
livekit: refused: bad_room


=== TEST 90: nor in a query string, decoded as it is
--- config
    livekit_room_pattern "(?s)^.*$";
    location = /token { livekit_token; }
--- request eval
[ map { "GET /token?roomName=$_" } "a%2Fb", "a/b", "%7Bmath%7D", "a%0Ab", "%ff", "a%00" ]
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- answer: 400 There can be no room of that name.
--- error_log
livekit: refused: bad_room


=== TEST 91: without any room there is nothing to decide
--- request eval: [ "POST /token\n{}", "POST /token\n{\"roomName\":\"\"}", "POST /token\n{\"role\":\"student\"}" ]
--- more_headers eval: ::as(sub => "u1")
--- answer: 400 Say which room: roomName.
--- error_log
livekit: refused: no_room
