# The guard in front of LiveKit: whom it lets in, and whom it does not, with a
# token that LiveKit itself would take.  What LiveKit reads is t/e2e's matter;
# here a location stands for it that says what has come.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

# each block has the rooms as they were

add_block_preprocessor(sub { LiveKitTest::load_room() });

no_long_string();
run_tests();


package LiveKitStory;

use JSON::PP ();

# A token as LiveKit's SDKs make it.  grants => [...] for true ones,
# no => [...] for false ones; the rest are claims.

sub token {
    my ($who, %with) = @_;

    my %video = (room => delete $with{room} // 'math', roomJoin => JSON::PP::true);

    $video{$_} = JSON::PP::true for @{ delete $with{grants} // [] };
    $video{$_} = JSON::PP::false for @{ delete $with{no} // [] };
    %video = (%video, %{ delete $with{video} // {} });

    return LiveKitTest::jwt(_secret => $LiveKitTest::key, iss => 'LKkey', sub => $who,
                            nbf => int(time) - 5, video => \%video, %with);
}

# as the policy's student, unless it says otherwise

sub student { return token(@_, no => ['canPublish']) }

sub rtc {
    my ($token, @with) = @_;
    return ask("GET /rtc?access_token=$token", @with);
}

sub line { return shift->body =~ s/\n//r }


package main;

__DATA__

=== TEST 1: the token that nginx issued opens LiveKit's door, at each of its paths
--- config
    location = /token { livekit_token; }
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit$uri; }
    location /whip/v1 { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit$uri; }
    location /livekit { return 200 "$uri"; }
--- story
my $token = ask(wish('u1'))->json->{token};
my @bearer = (headers => ["Authorization: Bearer $token"]);

map { "$_: " . ask("GET $_?access_token=$token") . ' ' . line(ask("GET $_", @bearer)) }
    qw(/rtc /rtc/validate /rtc/v1 /rtc/v1/validate /whip/v1);
--- response_body
/rtc: 200 /livekit/rtc
/rtc/validate: 200 /livekit/rtc/validate
/rtc/v1: 200 /livekit/rtc/v1
/rtc/v1/validate: 200 /livekit/rtc/v1/validate
/whip/v1: 200 /livekit/whip/v1
--- lookups: 11


=== TEST 2: without a token it is 401, in few words that any page may read
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- request
GET /rtc/validate
--- error_code: 401
--- response_headers
Content-Type: application/json
Cache-Control: no-store
WWW-Authenticate: Bearer realm="livekit"
Access-Control-Allow-Origin: *
--- response_body
{"error":"unauthorized","message":"There is no valid access token; get one and try again."}
--- error_log
livekit guard: unauthorized: no_token


=== TEST 3: so is a kicked one's 403
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- request eval
"GET /rtc/v1/validate?access_token=" . LiveKitStory::student('kicked')
--- error_code: 403
--- response_headers
Content-Type: application/json
Access-Control-Allow-Origin: *
! WWW-Authenticate
--- response_body
{"error":"forbidden","message":"This access token does not open the room."}
--- error_log
livekit guard: forbidden: kicked, room "math", identity "kicked"


=== TEST 4: and a 503, which may be tried again
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- request eval
"GET /rtc?access_token=" . LiveKitStory::student('u2', room => 'wrong')
--- error_code: 503
--- response_headers
Retry-After: 1
Access-Control-Allow-Origin: *
--- response_body
{"error":"unavailable","message":"Access cannot be checked at the moment; try again."}
--- error_log
livekit: no answer about room "wrong": redis_data


=== TEST 5: a token that is not good is 401, and costs Redis nothing
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my ($header, $payload, $signature) = split /\./, student('u2');
my $other = student('u1');

my @tokens = (
    'another secret' => student('u2', _secret => 'x' x 32),
    'the session\'s secret' => student('u2', _secret => $LiveKitTest::secret),
    'another key' => student('u2', iss => 'LKother'),
    'no key' => student('u2', iss => undef),
    'HS512' => student('u2', _header => '{"alg":"HS512"}'),
    'none' => LiveKitTest::base64url('{"alg":"none"}') . ".$payload.",
    'another\'s claims' => "$header." . (split /\./, $other)[1] . ".$signature",
    'cut' => substr(student('u2'), 0, -4),
    'a part more' => student('u2') . '.x',
    'two parts' => "$header.$payload",
    'no token' => 'x',
    'nothing' => '',
    'over' => student('u2', exp => time - 90),
    'without an end' => student('u2', exp => undef),
    'not begun' => student('u2', nbf => time + 90),
    'a text as its end' => student('u2', exp => 'never'),
    'no object' => student('u2', _raw => '[]'),
    'a key twice' => student('u2', _raw => '{"iss":"LKkey","iss":"LKkey","exp":9999999999}'),
    'a grant that is no boolean' => student('u2', video => { canPublish => 1 }),
    'another\'s name in capitals' => student('u2', Sub => 'u1'),
);
my @said;
while (my ($what, $token) = splice @tokens, 0, 2) {
    push @said, "$what: " . rtc($token);
}
@said;
--- response_body
another secret: 401
the session's secret: 401
another key: 401
no key: 401
HS512: 401
none: 401
another's claims: 401
cut: 401
a part more: 401
two parts: 401
no token: 401
nothing: 401
over: 401
without an end: 401
not begun: 401
a text as its end: 401
no object: 401
a key twice: 401
a grant that is no boolean: 401
another's name in capitals: 401
--- lookups: 0
--- error_log
livekit guard: unauthorized: token_invalid
livekit guard: unauthorized: token_expired


=== TEST 6: clocks may differ as much as LiveKit lets them
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
'over for 30 s: ' . rtc(student('u2', exp => time - 30)),
'begins in 30 s: ' . rtc(student('u2', nbf => time + 30)),
'begins never: ' . rtc(student('u2', nbf => undef));
--- response_body
over for 30 s: 200
begins in 30 s: 200
begins never: 200


=== TEST 7: who has no business in the room any more, whole and by bans alone
--- config
    location /on   { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /bans { livekit_guard bans; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /off  { livekit_guard off; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my @tokens = ([u2 => 'math'], [banned => 'math'], [unbanned => 'math'], [kicked => 'math'],
              [u1 => 'closed'], [stranger => 'math'], [former => 'math'], [guest => 'math'],
              [odd => 'math'], [broken => 'math'], [u1 => 'unknown']);

map {
    my $token = student($_->[0], room => $_->[1]);
    "$_->[0] in $_->[1]: " . join ' ', map { ask("GET /$_?access_token=$token") } qw(on bans off)
} @tokens;
--- response_body
u2 in math: 200 200 200
banned in math: 403 403 200
unbanned in math: 200 200 200
kicked in math: 403 403 200
u1 in closed: 403 403 200
stranger in math: 403 200 200
former in math: 403 200 200
guest in math: 200 200 200
odd in math: 403 200 200
broken in math: 503 200 200
u1 in unknown: 403 200 200
--- lookups: 22
--- error_log
forbidden: banned, room "math", identity "banned"
forbidden: room_closed, room "closed", identity "u1"
forbidden: not_member, room "math", identity "stranger"
forbidden: member_expired, room "math", identity "former"
forbidden: role_unknown, room "math", identity "odd"


=== TEST 8: a kick is for the tokens of before: a new one opens the door again
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $kick = int(time) - 100;
redis('HSET', 'lkg:room:{math}', 'd:u2' => $kick);

my @said = map { my $nbf = $_; "$nbf: " . rtc(student('u2', nbf => defined $nbf ? $kick + $nbf : undef)) }
               -10, 0, 1, 60;
push @said, 'none: ' . rtc(student('u2', nbf => undef));
push @said, 'a device: ' . rtc(student('u2#screen', nbf => $kick - 10));

redis('HDEL', 'lkg:room:{math}', 'd:u2');
@said, 'forgotten: ' . rtc(student('u2', nbf => $kick - 10));
--- response_body
-10: 403
0: 403
1: 200
60: 200
none: 403
a device: 403
forgotten: 200
--- error_log
forbidden: kicked, room "math", identity "u2"


=== TEST 9: a token that grants more than the policy would now is over
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $all = token('u2');

my @said = ('a student with LiveKit\'s defaults: ' . rtc($all),
            'a teacher: ' . rtc(token('u1')),
            'a teacher as a student: ' . rtc(student('u1')),
            'a student in a webinar: ' . rtc(student('u2', room => 'webinar-1', grants => ['canPublishData'])),
            'who says nothing: ' . rtc(token('u2', room => 'webinar-1', no => [qw(canPublish canPublishData)])));

push @said, "a teacher with $_: " . rtc(token('u1', grants => [$_]))
    for qw(roomAdmin roomRecord roomCreate roomList hidden recorder canUpdateOwnMetadata);

push @said, 'an agent: ' . rtc(student('u2', kind => 'agent')),
            'an egress: ' . rtc(student('u2', kind => 'egress')),
            'who does not join: ' . rtc(student('u2', video => { roomJoin => JSON::PP::false })),
            'a phone: ' . rtc(student('u2', sip => { call => JSON::PP::true })),
            'a recording with the room: ' . rtc(student('u2', roomConfig => { egress => { room => { layout => 'grid' } } }));

redis('HSET', 'lkg:room:{math}', 'm:u2' => 'teacher');
push @said, 'promoted: ' . rtc($all);

redis('HSET', 'lkg:room:{math}', 'm:u2' => 'student');
@said, 'demoted: ' . rtc($all);
--- response_body
a student with LiveKit's defaults: 403
a teacher: 200
a teacher as a student: 200
a student in a webinar: 403
who says nothing: 200
a teacher with roomAdmin: 403
a teacher with roomRecord: 403
a teacher with roomCreate: 403
a teacher with roomList: 403
a teacher with hidden: 403
a teacher with recorder: 403
a teacher with canUpdateOwnMetadata: 403
an agent: 403
an egress: 403
who does not join: 403
a phone: 403
a recording with the room: 403
promoted: 200
demoted: 403
--- error_log
livekit guard: forbidden: more_grants canPublish, room "math", identity "u2"
livekit guard: forbidden: more_grants roomAdmin, room "math", identity "u1"
livekit guard: forbidden: not_participant, room "math", identity "u2"
livekit guard: forbidden: no_join, room "math", identity "u2"
livekit guard: forbidden: more_grants roomConfig


=== TEST 10: a user has all devices at once, and the connections that LiveKit adds
--- http_config eval
LiveKitTest::write_policy($LiveKitTest::Policy =~ s/\}\s*\z/, "devices": true }/r, 'devices.json');
$LiveKitTest::HttpConfig =~ s{/policy.json}{/devices.json}r;
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my @who = ('u2', 'u2#screen', 'u2~phone', 'u2~phone#screen', 'banned~phone', 'banned#x', 'u2~a b', '#u2', '~u2', '');

map { "$_: " . rtc(student($_)) } @who;
--- response_body
u2: 200
u2#screen: 200
u2~phone: 200
u2~phone#screen: 200
banned~phone: 403
banned#x: 403
u2~a b: 403
#u2: 403
~u2: 403
: 403
--- error_log
forbidden: banned, room "math", identity "banned"
forbidden: identity_mismatch, room "math", identity "u2"
forbidden: identity_invalid, room "math", identity ""


=== TEST 11: two tokens are one too many, however they are hidden
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $good = student('u2');
my $other = student('kicked');
my $bearer = "Authorization: Bearer $good";

my @queries = (
    "access_token=$good&access_token=$other",
    "access_token=$other&access_token=$good",
    "access_token=$good&access_token=$good",
    "access_token=$good&access%5Ftoken=$other",
    "%61ccess_token=$other&access_token=$good",
    "access_token=$good&%61%63%63%65%73%73%5f%74%6f%6b%65%6e=$other",
    "access_token=&access_token=$good",
    "access_token&access_token=$good",
    "access_token=$good&access_token",
    "ACCESS_TOKEN=$other&access_token=$good",
    "access_token=$good&Access_Token=$other",
    "access_token=$other%zz&access_token=$good",
    "access_token%zz=$other&access_token=$good",
    "access_token=$good&%=$other",
    "a=1;access_token=$other&access_token=$good",
    "access_token=$good;access_token=$other",
    "access_token=$good&a=1#&access_token=$other",
    "access_token=$good#",
    "#access_token=$good",
    "a#&access_token=$good",
    "ACCESS_TOKEN=$good",
    "access+token=$good",
    "?access_token=$good",
    "access_token=$good+",
    "access_token=%20$good",
    "access_token=Bearer%20$good",
    "access_token=$good%00",
    "access_token[]=$good",
);

my @headers = (
    [ $bearer ], [ "authorization: Bearer $other" ], [ "Authorization: bearer $good" ],
    [ "Authorization: Bearer  $good" ], [ "Authorization: $good" ], [ "Authorization: Bearer" ],
    [ "Authorization:" ], [ "Authorization: Token $good" ],
);

(map({ my $a = ask("GET /rtc?$_"); s/\Q$good/good/g; s/\Q$other/other/g; "?$_: $a" } @queries),
 map({ my $a = ask("GET /rtc?access_token=$good", headers => $_); my $h = "@$_";
       $h =~ s/\Q$good/good/g; $h =~ s/\Q$other/other/g; "$h and ?access_token=good: $a" } @headers),
 # which nginx does not take itself
 map({ my $a = ask('GET /rtc', headers => [$_, "Authorization: Bearer $other"]);
       'two headers: ' . ($a =~ /^40[01]$/ ? 'refused' : $a) } $bearer, 'Authorization: Basic dTpw'));
--- response_body
?access_token=good&access_token=other: 401
?access_token=other&access_token=good: 401
?access_token=good&access_token=good: 401
?access_token=good&access%5Ftoken=other: 401
?%61ccess_token=other&access_token=good: 401
?access_token=good&%61%63%63%65%73%73%5f%74%6f%6b%65%6e=other: 401
?access_token=&access_token=good: 401
?access_token&access_token=good: 401
?access_token=good&access_token: 401
?ACCESS_TOKEN=other&access_token=good: 401
?access_token=good&Access_Token=other: 401
?access_token=other%zz&access_token=good: 401
?access_token%zz=other&access_token=good: 401
?access_token=good&%=other: 401
?a=1;access_token=other&access_token=good: 401
?access_token=good;access_token=other: 401
?access_token=good&a=1#&access_token=other: 401
?access_token=good#: 401
?#access_token=good: 401
?a#&access_token=good: 401
?ACCESS_TOKEN=good: 401
?access+token=good: 401
??access_token=good: 401
?access_token=good+: 401
?access_token=%20good: 401
?access_token=Bearer%20good: 401
?access_token=good%00: 401
?access_token[]=good: 401
Authorization: Bearer good and ?access_token=good: 401
authorization: Bearer other and ?access_token=good: 401
Authorization: bearer good and ?access_token=good: 401
Authorization: Bearer  good and ?access_token=good: 401
Authorization: good and ?access_token=good: 401
Authorization: Bearer and ?access_token=good: 401
Authorization: and ?access_token=good: 401
Authorization: Token good and ?access_token=good: 401
two headers: refused
two headers: refused
--- lookups: 0
--- error_log
livekit guard: unauthorized: token_ambiguous


=== TEST 12: one token is one, however it is written
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $good = student('u2');
(my $encoded = $good) =~ s/(.)/sprintf '%%%02x', ord $1/ge;
(my $dots = $good) =~ s/\./%2E/g;

map { my $a = ask("GET /rtc?$_"); s/\Q$good/good/g; s/\Q$encoded/encoded/g; s/\Q$dots/dots/g; "?$_: $a" }
    "access_token=$encoded", "access_token=$dots", "access%5ftoken=$good", "%61%63cess_token=$good",
    "&&access_token=$good&", "protocol=15&access_token=$good&sdk=js&join_request=CgA%3D%3D&x=a%2Bb+c",
    "x=%zz&access_token=$good", "access_token=$good&token=x&access-token=y&xaccess_token=z";
--- response_body
?access_token=encoded: 200
?access_token=dots: 200
?access%5ftoken=good: 200
?%61%63cess_token=good: 200
?&&access_token=good&: 200
?protocol=15&access_token=good&sdk=js&join_request=CgA%3D%3D&x=a%2Bb+c: 200
?x=%zz&access_token=good: 200
?access_token=good&token=x&access-token=y&xaccess_token=z: 200


=== TEST 13: LiveKit may look into forms, so there are none
--- config
    location /whip/v1 { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $good = student('u2');
my $form = 'access_token=' . student('kicked');

my @types = ('application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=utf-8',
             ' Application/X-WWW-FORM-URLencoded', "appl\xc4\xb0cation/x-www-form-urlencoded",
             'multipart/form-data; boundary=x', 'MULTIPART/Form-Data', 'application/sdp',
             'application/trickle-ice-sdpfrag');
map {
    my $type = $_;
    my @said = map {
        my ($uri, @header) = $_ ? ("/whip/v1?access_token=$good") : ('/whip/v1', "Authorization: Bearer $good");
        my $c = client();
        $c->send(request("POST $uri", headers => [@header, "Content-Type:$type", 'Content-Length: ' . length $form]) . $form);
        $c->answer;
    } 1, 0;
    "$type: @said"
} @types;
--- response_body eval
"application/x-www-form-urlencoded: 401 401
application/x-www-form-urlencoded; charset=utf-8: 401 401
 Application/X-WWW-FORM-URLencoded: 401 401
appl\xc4\xb0cation/x-www-form-urlencoded: 401 401
multipart/form-data; boundary=x: 401 401
MULTIPART/Form-Data: 401 401
application/sdp: 200 200
application/trickle-ice-sdpfrag: 200 200
"


=== TEST 14: a page of another origin may ask whether it may ask; nothing else goes without a token
--- config
    location /whip/v1 { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $origin = 'Origin: https://elsewhere.example';
my $method = 'Access-Control-Request-Method: POST';

'a preflight: ' . ask('OPTIONS /whip/v1', headers => [$origin, $method]),
'OPTIONS: ' . ask('OPTIONS /whip/v1', headers => [$origin]),
'no origin: ' . ask('OPTIONS /whip/v1', headers => [$method]),
'POST: ' . ask('POST /whip/v1', headers => [$origin, $method]);
--- response_body
a preflight: 200
OPTIONS: 401
no origin: 401
POST: 401


=== TEST 15: any of the keys, whichever signs first here and there
--- config
    livekit_key LKnew "a new api secret of 32 bytes or even more";
    livekit_key LKkey "an api secret of 32 bytes or even more";
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my @new = (_secret => 'a new api secret of 32 bytes or even more');

'the old one: ' . rtc(student('u2')),
'the new one: ' . rtc(student('u2', iss => 'LKnew', @new)),
'the new one by the old one\'s name: ' . rtc(student('u2', @new)),
'the old one by the new one\'s name: ' . rtc(student('u2', iss => 'LKnew'));
--- response_body
the old one: 200
the new one: 200
the new one by the old one's name: 401
the old one by the new one's name: 401


=== TEST 16: Redis is not there: nobody is let in, nobody is sent away
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my @said = ('before ' . rtc(student('u2')));

kill_redis();
push @said, 'a member ' . rtc(student('u2')), 'one who was kicked ' . rtc(student('kicked')),
            'a bad token ' . rtc('x');
start_redis();

push @said, 'again ' . (eventually { rtc(student('u2')) eq '200' } ? 200 : 'never');
@said;
--- response_body
before 200
a member 503
one who was kicked 503
a bad token 401
again 200
--- error_log
no answer about room "math": redis_unavailable


=== TEST 17: nginx's own modules come first, and cost Redis nothing
--- config
    auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/users;
    location /denied { deny all; livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /basic { auth_basic LiveKit; livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /either { satisfy any; deny all; livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- user_files
>>> users
u:{PLAIN}p
--- story
my $good = student('u2');
my $kicked = student('kicked');
my @basic = (headers => ['Authorization: Basic dTpw']);

my @said = ('denied ' . ask("GET /denied?access_token=$good"),
            'no password ' . ask("GET /basic?access_token=$good"),
            'lookups ' . lookups());

@said, 'a password ' . ask("GET /basic?access_token=$good", @basic),
'kicked ' . ask("GET /basic?access_token=$kicked", @basic),
'a password alone ' . ask('GET /basic', @basic),
'either ' . ask("GET /either?access_token=$good"),
'neither ' . ask("GET /either?access_token=$kicked"),
'nothing ' . ask('GET /either');
--- response_body
denied 403
no password 401
lookups 0
a password 200
kicked 403
a password alone 401
either 200
neither 403
nothing 401
--- error_log
access forbidden by rule


=== TEST 18: an error page has its say
--- config
    location /rtc {
        livekit_guard on;
        error_page 401 403 503 /sorry;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit;
    }
    location = /sorry { internal; return 200 "sorry, $livekit_identity: $livekit_verdict"; }
    location /livekit { return 200; }
--- story
map { my $answer = rtc($_); "$answer " . line($answer) } student('kicked'), 'x', student('u2', room => 'wrong');
--- response_body
403 sorry, kicked: kicked
401 sorry, : token_invalid
503 sorry, u2: redis_data
--- error_log
forbidden: kicked


=== TEST 19: the log tells who it was, by the token and not by a cookie that came along
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_'
    log_format guard '$livekit_verdict|$livekit_identity|$livekit_role|$livekit_room|$livekit_name|$livekit_claim_sub';
    log_format masked '$request_method $uri $status';
_EOC_
--- config
    location /rtc {
        livekit_guard on;
        access_log $TEST_NGINX_SERVER_ROOT/logs/guard.log guard;
        access_log $TEST_NGINX_SERVER_ROOT/logs/guard.log masked;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit;
    }
    location /bans {
        livekit_guard bans;
        access_log $TEST_NGINX_SERVER_ROOT/logs/guard.log guard;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit;
    }
    location /livekit { return 200; }
--- story
rtc(student('u2~x'), as => 'u1');
rtc(student('u2'), as => 'u1');
rtc(token('u1'));
rtc(student('u1', room => 'closed'), as => 'u2');
rtc('x', as => 'u1');
ask('GET /bans?access_token=' . student('u2'), as => 'u1');

my $log = "$Test::Nginx::Util::ServRoot/logs/guard.log";
eventually { 11 == split /\n/, slurp($log) };
split /\n/, slurp($log);
--- response_body
identity_mismatch|u2|student|math|-|-
GET /rtc 403
allowed|u2|student|math|-|-
GET /rtc 200
allowed|u1|teacher|math|-|-
GET /rtc 200
room_closed|u1|-|closed|-|-
GET /rtc 403
token_invalid|-|-|-|-|-
GET /rtc 401
allowed|u2|-|math|-|-
--- error_log
forbidden: room_closed


=== TEST 20: no token in the error log, whoever writes there
--- http_config eval
$LiveKitTest::HttpConfig . "limit_req_zone \$binary_remote_addr zone=one:1m rate=1r/m;\n"
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:1; }
    location /uri { livekit_guard on; proxy_pass http://127.0.0.1:1$request_uri; }
    location /denied { deny all; livekit_guard on; proxy_pass http://127.0.0.1:1; }
    location /limited { limit_req zone=one; livekit_guard on; proxy_pass http://127.0.0.1:1; }
    location /wrong { livekit_guard on; root /nonexistent; }
--- log_level: info
--- story
my $good = student('u2');
my @more = (headers => ["Referer: http://localhost/page?access_token=$good"]);

my @said = map { my $path = $_; "$path " . join ' ', map { ask("GET $path?access_token=$_&x=\"&y=1", @more) }
                     $good, student('kicked'), $good . 'x' }
               qw(/rtc /uri /denied /limited /wrong);

my $log = error_log();
(@said, 'tokens: ' . (() = $log =~ /eyJ|\.[\w-]{43}/g), 'requests: ' . ($log =~ m{request: "GET /rtc\?", } ? 'named' : $log),
 'upstreams: ' . ($log =~ m{upstream: "http://127.0.0.1:1/rtc\?", } ? 'named' : $log),
 'pages: ' . ($log =~ m{referrer: "http://localhost/page\?"} ? 'named' : $log));
--- response_body
/rtc 502 403 401
/uri 502 403 401
/denied 403 403 403
/limited 502 503 503
/wrong 404 403 401
tokens: 0
requests: named
upstreams: named
pages: named
--- error_log
limiting requests


=== TEST 21: the guard inherits, and leaves endpoints alone
--- http_config eval
$LiveKitTest::HttpConfig . "livekit_guard on;\n"
--- config
    location = /token { livekit_token; }
    location /rtc { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /open { livekit_guard off; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { livekit_guard off; return 200; }
--- story
'guarded ' . ask('GET /rtc'), 'a token ' . ask(wish('u2')), 'open ' . ask('GET /open');
--- response_body
guarded 401
a token 200
open 200


=== TEST 22: memberships of the application, with the token's identity and room
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access allow SISMEMBER room:$livekit_requested_room:allowed $livekit_identity;
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /bans { livekit_guard bans; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my @said = map { "$_: " . rtc(student($_), as => 'u1') } qw(u1 u2 stranger banned);

redis('SREM', 'room:math:allowed', 'u2');
push @said, 'not allowed any more: ' . rtc(student('u2'), as => 'u1'),
            'whatever is asked for: ' . ask('GET /rtc?room=other&access_token=' . student('u2')),
            'bans only: ' . ask('GET /bans?access_token=' . student('stranger'));
@said;
--- response_body
u1: 200
u2: 200
stranger: 403
banned: 403
not allowed any more: 403
whatever is asked for: 403
bans only: 200
--- error_log
forbidden: not_allowed, room "math", identity "u2"


=== TEST 23: a token does not know what the session knew
--- config
    livekit_access role HGET room:$livekit_room:members $livekit_claim_sub;
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
'alone: ' . rtc(student('u2')), 'with a cookie: ' . rtc(student('u2'), as => 'u2');
--- response_body
alone: 403
with a cookie: 403
--- error_log
livekit: forbidden: a variable in "$livekit_claim_sub" of livekit_access is empty


=== TEST 24: the room is the token's, in the tenant's own name space
--- config
    livekit_room $livekit_claim_org:$livekit_requested_room;
    location = /token { livekit_token; }
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
redis('HSET', 'lkg:room:{acme:math}', 'm:u2' => 'student', 'm:u1' => 'teacher');

my $token = ask("POST /token", headers => ['Cookie: ' . cookie(sub => 'u2', org => 'acme')],
                json => '{"roomName":"math"}')->json->{token};
my @said = ('issued and let in: ' . rtc($token));

redis('HSET', 'lkg:room:{acme:math}', 'b:u2' => '0');
@said, 'banned there: ' . rtc($token);
--- response_body
issued and let in: 200
banned there: 403
--- error_log
forbidden: banned, room "acme:math", identity "u2"


=== TEST 25: no session is looked up for those who come with a token
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_'
    livekit_session redis cookie=sid redis_key=sess:$livekit_session_id identity=user;
    log_format who '$livekit_identity';
_EOC_
--- config
    location /rtc {
        livekit_guard on;
        access_log $TEST_NGINX_SERVER_ROOT/logs/who.log who;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit;
    }
    location /livekit { livekit_session off; return 200; }
--- story
redis('SET', 'sess:abcdefghijklmnop', '{"user":"u1"}');
my $answer = rtc(student('u2'), headers => ['Cookie: sid=abcdefghijklmnop']);

eventually { slurp("$Test::Nginx::Util::ServRoot/logs/who.log") };
("$answer", slurp("$Test::Nginx::Util::ServRoot/logs/who.log") =~ s/\n//r);
--- response_body
200
u2
--- lookups: 1


=== TEST 26: a session and a token: both are needed where both are asked for
--- config
    location /rtc {
        livekit_require session;
        livekit_guard on;
        add_header X-Who $livekit_identity;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit;
    }
    location /livekit { return 200; }
--- story
'a token ' . rtc(student('u2')),
'a session ' . ask('GET /rtc', as => 'u2'),
'both ' . rtc(student('u2'), as => 'u2'),
'the token tells: ' . rtc(student('u2'), as => 'u1')->header('X-Who');
--- response_body
a token 401
a session 401
both 200
the token tells: u2


=== TEST 27: those who wait for Redis may leave, and requests may come in a row
--- fake_redis
--- http_config eval
$LiveKitStory::HttpConfig . "livekit_redis_timeout 5s;\n"
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
my $token = student('u2', room => 'fake-delay-20');

for (1 .. 5) {
    client()->send(request("GET /rtc?access_token=$token"))->close;
    client()->send(request("GET /rtc?access_token=$token"))->reset;
}

my $c = client();
$c->send(map { request("GET /rtc?access_token=$_") }
         $token, 'x', student('stranger', room => 'fake-split'), $token);
my @said = map { $c->answer . '' } 1 .. 4;

"@said", alarms();
--- response_body
200 401 403 200
none
--- error_log
forbidden: not_member


=== TEST 28: HTTP/2
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_'
    server {
        $TEST_NGINX_HTTP2
        location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    }
_EOC_
--- config
    location /livekit { return 200; }
--- story
my $c = h2();
my $good = student('u2');

my @streams = map { $c->ask(@$_) } ['GET', "/rtc?access_token=$good"],
    ['GET', '/rtc', headers => [authorization => "Bearer $good"]],
    ['GET', "/rtc?access_token=$good", headers => [authorization => 'Bearer ' . student('kicked')]],
    ['GET', '/rtc?access_token=' . student('kicked')];

map { $c->answer($_) . '' } @streams;
--- response_body
200
200
401
403
--- error_log
forbidden: kicked


=== TEST 29: decisions are counted
--- config
    location /rtc { livekit_guard on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
    location /metrics { livekit_status; }
--- story
rtc($_) for student('u2'), student('u1'), student('kicked'), 'x';
sort grep { /endpoint="guard"/ } split /\n/, ask('GET /metrics')->body;
--- response_body
livekit_requests_total{endpoint="guard",verdict="allowed",role="student"} 1
livekit_requests_total{endpoint="guard",verdict="allowed",role="teacher"} 1
livekit_requests_total{endpoint="guard",verdict="kicked",role=""} 1
livekit_requests_total{endpoint="guard",verdict="token_invalid",role=""} 1
--- error_log
forbidden: kicked


=== TEST 30: the guard needs keys
--- http_config
livekit_redis redis://127.0.0.1;
livekit_policy $TEST_NGINX_DIR/policy.json;
--- config
    location /rtc {
        livekit_guard on; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs livekit_key, with which LiveKit's tokens are verified


=== TEST 31: and a policy
--- http_config
livekit_redis redis://127.0.0.1;
livekit_key LKkey "an api secret of 32 bytes or even more";
--- config
    location /rtc {
        livekit_guard on; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs livekit_policy


=== TEST 32: which bans do without
--- http_config
livekit_redis $TEST_NGINX_REDIS;
livekit_key LKkey "an api secret of 32 bytes or even more";
--- config
    location /rtc { livekit_guard bans; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/livekit; }
    location /livekit { return 200; }
--- story
'anybody ' . rtc(token('anybody', grants => ['roomAdmin'])), 'banned ' . rtc(token('banned'));
--- response_body
anybody 200
banned 403
--- error_log
forbidden: banned


=== TEST 33: and Redis
--- http_config
livekit_key LKkey "an api secret of 32 bytes or even more";
livekit_policy $TEST_NGINX_DIR/policy.json;
--- config
    location /rtc {
        livekit_guard bans; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs livekit_redis in the http block


=== TEST 34: there is nothing to guard with where no facts are kept
--- config
    livekit_access off;
    location /rtc {
        livekit_guard bans; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs Redis, which "livekit_access off" does without


=== TEST 35: nobody can have a role
--- config
    livekit_access allow SISMEMBER allowed $livekit_identity;
    location /rtc {
        livekit_guard on; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs "livekit_access role ..." or a "default_role" in the policy


=== TEST 36: the arguments of a connection say nothing about memberships
--- config
    livekit_access role HGET room:$arg_room:members $livekit_identity;
    location /rtc {
        livekit_guard on; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" needs a livekit_access without $arg_...


=== TEST 37: one of three words
--- config
    location /rtc {
        livekit_guard yes; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" directive takes "on", "bans" or "off"


=== TEST 38: and once
--- config
    location /rtc {
        livekit_guard on;
        livekit_guard bans; # wrong
        proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log
"livekit_guard" directive is duplicate
