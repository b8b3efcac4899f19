# How the module sits in nginx: which phase decides what, how it gets along
# with nginx's own access modules, internal redirects and subrequests, and
# what its variables say where.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

write_policy(<<'_EOC_', 'everybody.json');
{
  "version": 1,
  "roles": { "teacher": { "actions": ["moderate"] }, "guest": {} },
  "default_role": "guest"
}
_EOC_

no_long_string();
run_tests();

__DATA__

=== TEST 1: a file is for those who are signed in
--- config
    location /slides/ { livekit_require session; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/one.txt
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1")
--- response_body
first slide
--- lookups: 0


=== TEST 2: without a session it is 401 and says what is missing
--- config
    location /slides/ { livekit_require session; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/one.txt
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="livekit"
--- response_body_unlike: first slide


=== TEST 3: a file is for the members of the room that is asked for
--- config
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/one.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
first slide
--- lookups: 1


=== TEST 4: those who may not enter get plain 403, whatever the reason
--- config
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/one.txt
first slide
--- story
my @asked = (['stranger', 'room=math'], ['banned', 'room=math'], ['kicked', 'room=math'],
             ['former', 'room=math'], ['odd', 'room=math'], ['u1', 'room=closed'],
             ['u1', 'room=unknown'], ['u1', ''], ['u1', 'room=a/b'],
             ['u1', 'room=math&room=other'], ['u1', 'roomName=math&room=other'], ['u1', 'room=%zz']);

map {
    my $answer = ask("GET /slides/one.txt?$_->[1]", as => $_->[0]);
    "$_->[0] $_->[1]: $answer"
    . ($answer->header('WWW-Authenticate') ? ' with a challenge' : '')
    . ($answer->body =~ /slide/ ? ' with the slide' : '')
} @asked;
--- response_body
stranger room=math: 403
banned room=math: 403
kicked room=math: 403
former room=math: 403
odd room=math: 403
u1 room=closed: 403
u1 room=unknown: 403
u1 : 403
u1 room=a/b: 403
u1 room=math&room=other: 403
u1 roomName=math&room=other: 403
u1 room=%zz: 403
--- lookups: 7
--- error_log
livekit: forbidden: not_member, room "math", identity "stranger"
livekit: forbidden: banned, room "math", identity "banned"
livekit: forbidden: kicked, room "math", identity "kicked"
livekit: forbidden: room_closed, room "closed", identity "u1"


=== TEST 5: what cannot be known is 503 and worth another attempt
--- config
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; }
--- request
GET /slides/one.txt?room=wrong
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1")
--- error_code: 503
--- response_headers
Retry-After: 1
--- error_log
livekit: redis answered the question for "state" with WRONGTYPE


=== TEST 6: an action is for the roles that the policy gives it to
--- config
    location /recordings/ { livekit_require access record; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> recordings/one.txt
a recording
--- story
my $student = ask('GET /recordings/one.txt?room=math', as => 'u2');
my $teacher = ask('GET /recordings/one.txt?room=math', as => 'u1');
"student $student", "teacher $teacher";
--- response_body
student 403
teacher 200
--- error_log
livekit: forbidden: action_not_allowed


=== TEST 7: a level inherits the requirement unless it has its own
--- http_config eval
$LiveKitTest::HttpConfig . "livekit_require session;\n"
--- config
    root $TEST_NGINX_SERVER_ROOT/html;
    location /inherited/ { }
    location /room/      { livekit_require access; }
    location /public/    { livekit_require off; location /public/staff/ { livekit_require session; } }
--- user_files
>>> inherited/a.txt
>>> room/a.txt
>>> public/a.txt
>>> public/staff/a.txt
--- story
my @uris = qw(/inherited/a.txt /room/a.txt?room=math /public/a.txt /public/staff/a.txt /);
map {
    "$_: anybody " . ask("GET $_") . ", a user " . ask("GET $_", as => 'somebody')
    . ", a member " . ask("GET $_", as => 'u2')
} @uris;
--- response_body
/inherited/a.txt: anybody 401, a user 200, a member 200
/room/a.txt?room=math: anybody 401, a user 403, a member 200
/public/a.txt: anybody 200, a user 200, a member 200
/public/staff/a.txt: anybody 401, a user 200, a member 200
/: anybody 401, a user 200, a member 200
--- lookups: 2
--- error_log
not_member


=== TEST 8: an endpoint makes its own check, once, whatever it inherits
--- http_config eval
$LiveKitTest::HttpConfig . "livekit_require access moderate; livekit_allow_origin https://app.example.com;\n"
--- config
    location = /token { livekit_token; }
    location = /check { livekit_check session; }
--- story
my $preflight = ask('OPTIONS /token', headers => ['Origin: https://app.example.com',
                                                  'Access-Control-Request-Method: POST']);
my $nobody = ask('GET /token?roomName=math');

("preflight $preflight", "nobody " . $nobody->json->{error},
 'student ' . ask(wish('u2'))->who, 'session ' . ask('GET /check', as => 'somebody'));
--- response_body
preflight 204
nobody unauthorized
student u2
session 204
--- lookups: 1


=== TEST 9: an upstream hears who is asking
--- config
    location /app/ {
        livekit_require access;
        proxy_set_header X-User $livekit_identity;
        proxy_set_header X-Role $livekit_role;
        proxy_set_header X-Room $livekit_room;
        proxy_set_header X-Verdict $livekit_verdict;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/backend;
    }
    location /backend {
        return 200 "user $http_x_user role $http_x_role room $http_x_room verdict $http_x_verdict\n";
    }
--- request
GET /app/?room=math
--- more_headers eval
"X-User: admin\nX-Role: teacher\nCookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
user u2 role student room math verdict allowed


=== TEST 10: a body that comes before the decision reaches the upstream
--- config
    location /app/ {
        livekit_require access;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/backend;
    }
    location /backend {
        add_header X-Body $request_body;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/sink;
    }
    location /sink { return 200; }
--- request
POST /app/?room=math
a body
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1")
--- response_headers
X-Body: a body


=== TEST 11: try_files goes on where access was granted, and asks once
--- config
    location /files/ {
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
        try_files $uri /files/index.txt;
    }
--- user_files
>>> files/index.txt
the index
--- story
my $member = ask('GET /files/none?room=math', as => 'u1');
my $stranger = ask('GET /files/none?room=math', as => 'stranger');
"member $member: " . $member->body =~ s/\n//r, "stranger $stranger";
--- response_body
member 200: the index
stranger 403
--- lookups: 2
--- error_log
not_member


=== TEST 12: another location behind try_files is guarded as well, at no further cost
--- config
    livekit_require access;
    location /files/ {
        root $TEST_NGINX_SERVER_ROOT/html;
        try_files $uri @app;
    }
    location @app {
        proxy_set_header X-User $livekit_identity;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/backend$uri;
    }
    location /backend { livekit_require off; return 200 "$uri for $http_x_user\n"; }
--- request
GET /files/none?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1")
--- response_body
/backend/files/none for u1
--- lookups: 1


=== TEST 13: an index is found by a redirect inside, which asks once
--- config
    location /slides/ { livekit_require access; root $TEST_NGINX_SERVER_ROOT/html; index one.txt; }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
first slide
--- lookups: 1


=== TEST 14: a file that an upstream points at (X-Accel-Redirect) costs no second question
--- config
    livekit_require access;
    location /app/ { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/backend; }
    location /backend { livekit_require off; add_header X-Accel-Redirect /files/one.txt?room=math; return 200; }
    location /files/ { internal; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> files/one.txt
a file
--- request
GET /app/?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
a file
--- lookups: 1


=== TEST 15: after a redirect inside, another room is another question
--- config
    livekit_require access;
    location /app/ { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/backend; }
    location /backend { livekit_require off; add_header X-Accel-Redirect /files/one.txt; return 200; }
    location /files/ { internal; livekit_room closed; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> files/one.txt
a file
--- request
GET /app/?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1")
--- error_code: 403
--- lookups: 2
--- error_log
livekit: forbidden: room_closed, room "closed", identity "u1"


=== TEST 16: a fact that depends on the file is asked for again when the file changes
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    livekit_access role HGET room:$livekit_room:members $livekit_identity;
    livekit_access deny EXISTS embargo:$uri;
_EOC_
--- config
    location /slides/ {
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
        index one.txt;
    }
--- user_files
>>> slides/one.txt
first slide
--- story
my $before = ask('GET /slides/?room=math', as => 'u2');
redis('SET', 'embargo:/slides/one.txt', 'until noon');
my $under = ask('GET /slides/?room=math', as => 'u2');
redis('DEL', 'embargo:/slides/one.txt');
"before $before", "under embargo $under";
--- response_body
before 200
under embargo 403
--- error_log
livekit: forbidden: not_allowed


=== TEST 17: "return" and "if" come before the access phase
--- config
    livekit_require access;
    location = /moved  { return 301 /new; }
    location = /robots { if ($arg_bot) { return 204; } return 404; }
    location = /rewritten { rewrite ^ /slides last; }
    location = /slides { }
--- story
my $moved = ask('GET /moved');
"moved $moved to " . $moved->header('Location') =~ s{http://[^/]+}{}r,
"robots " . ask('GET /robots?bot=1'), "rewritten " . ask('GET /rewritten');
--- response_body
moved 301 to /new
robots 204
rewritten 401
--- lookups: 0


=== TEST 18: inside an "if" the location's requirement holds
--- config
    location /slides/ {
        livekit_require session;
        root $TEST_NGINX_SERVER_ROOT/html;
        if ($arg_download) { add_header Content-Disposition attachment; }
    }
--- user_files
>>> slides/one.txt
first slide
--- story
my $nobody = ask('GET /slides/one.txt?download=1');
my $user = ask('GET /slides/one.txt?download=1', as => 'u1');
"nobody $nobody", "user $user " . $user->header('Content-Disposition');
--- response_body
nobody 401
user 200 attachment


=== TEST 19: satisfy any: an allowed address needs no session, and costs Redis nothing
--- config
    location /slides/ {
        satisfy any;
        allow 127.0.0.1;
        deny all;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/one.txt?room=math
--- response_body
first slide
--- lookups: 0


=== TEST 20: satisfy any: an address that is denied gets in by its session
--- config
    location /slides/ {
        satisfy any;
        deny all;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
--- request
GET /slides/one.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
first slide
--- response_headers
! WWW-Authenticate
--- lookups: 1


=== TEST 21: satisfy any: neither address nor session
--- config
    location /slides/ {
        satisfy any;
        deny all;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- story
my $nobody = ask('GET /slides/one.txt?room=math');
my $stranger = ask('GET /slides/one.txt?room=math', as => 'stranger');
"nobody $nobody " . $nobody->header('WWW-Authenticate'),
"stranger $stranger " . ($stranger->header('WWW-Authenticate') // 'no challenge');
--- response_body
nobody 401 Bearer realm="livekit"
stranger 403 no challenge
--- error_log
access forbidden by rule


=== TEST 22: satisfy any: with a password there is no need of a session
--- config
    location /slides/ {
        satisfy any;
        auth_basic slides;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/passwords;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
>>> passwords
ann:{PLAIN}ann
--- request
GET /slides/one.txt?room=math
--- more_headers eval
"Authorization: Basic YW5uOmFubg=="
--- response_body
first slide
--- response_headers
! WWW-Authenticate
--- lookups: 0


=== TEST 23: satisfy any: with a session there is no need of a password, and no challenge is left
--- config
    location /slides/ {
        satisfy any;
        auth_basic slides;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/passwords;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
>>> passwords
ann:{PLAIN}ann
--- request
GET /slides/one.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
first slide
--- response_headers
! WWW-Authenticate
--- lookups: 1


=== TEST 24: satisfy any: without either, both are offered
--- config
    location /slides/ {
        satisfy any;
        auth_basic slides;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/passwords;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> passwords
ann:{PLAIN}ann
--- request
GET /slides/one.txt?room=math
--- error_code: 401
--- raw_response_headers_like eval
qr/(?s)WWW-Authenticate: Basic realm="slides".*WWW-Authenticate: Bearer realm="livekit"/
--- lookups: 0


=== TEST 25: satisfy any: Redis away is 503 for those who depend on it, and for nobody else
--- http_config eval
$LiveKitTest::HttpConfig =~ s/\$TEST_NGINX_REDIS/redis:\/\/127.0.0.1:1/r
--- config
    location /slides/ {
        satisfy any;
        auth_basic slides;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/passwords;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
>>> passwords
ann:{PLAIN}ann
--- story
my $member = ask('GET /slides/one.txt?room=math', as => 'u1');
my $ann = ask('GET /slides/one.txt?room=math', headers => ['Authorization: Basic YW5uOmFubg==']);
"member $member, again in " . $member->header('Retry-After'), "with a password $ann";
--- response_body
member 503, again in 1
with a password 200
--- error_log
redis_unavailable
--- no_error_log
[alert]
[emerg]


=== TEST 26: clients that allow and deny keep out cost Redis nothing
--- config
    location /slides/ {
        deny all;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- request
GET /slides/one.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- error_code: 403
--- lookups: 0
--- error_log
access forbidden by rule


=== TEST 27: a password is asked for first, then the session
--- config
    location /slides/ {
        auth_basic slides;
        auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/passwords;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
>>> passwords
ann:{PLAIN}ann
--- story
my @password = (headers => ['Authorization: Basic YW5uOmFubg==']);
my $u = 'GET /slides/one.txt?room=math';

my $session = ask($u, as => 'u2');
my $before = lookups();
my $password = ask($u, @password);
my $both = ask($u, @password, as => 'u2');

"session only: $session " . $session->header('WWW-Authenticate'),
"questions: $before",
"password only: $password " . $password->header('WWW-Authenticate'),
"both: $both";
--- response_body
session only: 401 Basic realm="slides"
questions: 0
password only: 401 Bearer realm="livekit"
both: 200
--- lookups: 1


=== TEST 28: auth_request of another kind comes first, too
--- config
    location = /gate { internal; if ($http_x_gate != open) { return 403; } return 204; }
    location /slides/ {
        auth_request /gate;
        livekit_require access;
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> slides/one.txt
first slide
--- story
my $shut = ask('GET /slides/one.txt?room=math', as => 'u2', headers => ['X-Gate: shut']);
my $before = lookups();
my $open = ask('GET /slides/one.txt?room=math', as => 'u2', headers => ['X-Gate: open']);
"shut $shut", "questions: $before", "open $open";
--- response_body
shut 403
questions: 0
open 200
--- lookups: 1


=== TEST 29: auth_request to livekit_check lets members in and says who they are
--- config
    location = /check { internal; livekit_check; }
    location /board/ {
        auth_request /check;
        auth_request_set $who $sent_http_x_livekit_identity;
        auth_request_set $as $sent_http_x_livekit_role;
        auth_request_set $role $livekit_role;
        auth_request_set $room $livekit_room;
        add_header X-Seen "$who $as $role $room";
        root $TEST_NGINX_SERVER_ROOT/html;
    }
--- user_files
>>> board/a.txt
the board
--- request
GET /board/a.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_headers
X-Seen: u2 student student math
--- response_body
the board
--- lookups: 1


=== TEST 30: auth_request to livekit_check keeps the others out
--- config
    location = /check   { internal; livekit_check; }
    location = /control { internal; livekit_check access moderate; }
    location = /anybody { internal; livekit_check session; }
    root $TEST_NGINX_SERVER_ROOT/html;
    location /board/    { auth_request /check; }
    location /mod/      { auth_request /control; }
    location /lobby/    { auth_request /anybody; }
--- user_files
>>> board/a.txt
>>> mod/a.txt
>>> lobby/a.txt
--- story
my $nobody = ask('GET /board/a.txt?room=math');
("nobody $nobody " . $nobody->header('WWW-Authenticate'),
 'stranger ' . ask('GET /board/a.txt?room=math', as => 'stranger'),
 'no room ' . ask('GET /board/a.txt', as => 'u1'),
 'student who moderates ' . ask('GET /mod/a.txt?room=math', as => 'u2'),
 'teacher who moderates ' . ask('GET /mod/a.txt?room=math', as => 'u1'),
 'stranger in the lobby ' . ask('GET /lobby/a.txt', as => 'stranger'),
 'nobody in the lobby ' . ask('GET /lobby/a.txt'));
--- response_body
nobody 401 Bearer realm="livekit"
stranger 403
no room 403
student who moderates 403
teacher who moderates 200
stranger in the lobby 200
nobody in the lobby 401
--- lookups: 3
--- error_log
not_member


=== TEST 31: auth_request makes 500 of the check's 503; error_page gives it back its meaning
--- config
    location = /check { internal; livekit_check; }
    location /board/  { auth_request /check; error_page 500 =503 /busy; }
    location = /busy  { internal; add_header Retry-After 1 always; return 503 "busy\n"; }
--- request
GET /board/a.txt?room=wrong
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- error_code: 503
--- response_headers
Retry-After: 1
--- response_body
busy
--- error_log
auth request unexpected status: 503


=== TEST 32: livekit_check answers those who ask it directly
--- config
    location = /check { livekit_check; }
--- story
map {
    my ($who, $room) = @$_;
    my $a = ask("GET /check?room=$room", as => $who);
    join ', ', ($who // 'nobody') . " in $room: $a",
         (map { $a->header($_) // () } qw(X-LiveKit-Identity X-LiveKit-Role Content-Type
                                          WWW-Authenticate Retry-After Cache-Control)),
         $a->json->{error} // ();
} ['u1', 'math'], [undef, 'math'], ['stranger', 'math'], ['u1', 'wrong'], ['u1', ''];
--- response_body
u1 in math: 204, u1, teacher, no-store
nobody in math: 401, application/json, Bearer realm="livekit", no-store, unauthorized
stranger in math: 403, application/json, no-store, forbidden
u1 in wrong: 503, application/json, 1, no-store, unavailable
u1 in : 403, application/json, no-store, forbidden
--- error_log
not_member


=== TEST 33: livekit_check with a session or an action
--- config
    location = /session  { livekit_check session; }
    location = /moderate { livekit_check access moderate; }
--- story
("stranger's session " . ask('GET /session', as => 'stranger'),
 "no session " . ask('GET /session'),
 "teacher moderates " . ask('GET /moderate?room=math', as => 'u1'),
 "student moderates " . ask('GET /moderate?room=math', as => 'u2'));
--- response_body
stranger's session 204
no session 401
teacher moderates 204
student moderates 403
--- lookups: 2
--- error_log
action_not_allowed


=== TEST 34: livekit_check does not mind the method, nor a body
--- config
    location = /check { livekit_check; }
--- story
my $c = client();
$c->send(request('POST /check?room=math', as => 'u1', json => '{"roomName":"closed"}'));
my $post = $c->answer;
$c->send(request('DELETE /check?room=math', as => 'u1'));
my $delete = $c->answer;
"POST $post", "DELETE $delete";
--- response_body
POST 204
DELETE 204


=== TEST 35: each user has a limit of requests of their own
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    limit_req_zone $livekit_identity$binary_remote_addr zone=user:1m rate=1r/m;
    limit_req_status 429;
    limit_req_log_level info;
_EOC_
--- config
    limit_req zone=user;
    location = /token { livekit_token; }
--- story
map { "$_: " . ask(wish($_)) } qw(u1 u1 u2 u1 u2);
--- response_body
u1: 200
u1: 429
u2: 200
u1: 429
u2: 429
--- lookups: 2


=== TEST 36: an error page of one's own knows what happened
--- config
    location /slides/ {
        livekit_require access;
        error_page 401 403 503 /refused;
    }
    location = /refused {
        internal;
        add_header X-Verdict "$livekit_verdict $livekit_identity $livekit_role $livekit_room $livekit_requested_room" always;
        return 200 "a page\n";
    }
--- story
map {
    my ($who, $room) = @$_;
    my $a = ask("GET /slides/?room=$room", as => $who);
    join ', ', "$a", $a->header('X-Verdict'), $a->header('WWW-Authenticate') // (),
               $a->header('Retry-After') // (), $a->body =~ s/\n//r;
} [undef, 'math'], ['banned', 'math'], ['u1', 'closed'], ['stranger', 'math'], ['u1', 'wrong'];
--- response_body
401, no_session    math, Bearer realm="livekit", a page
403, banned banned  math math, a page
403, room_closed u1  closed closed, a page
403, not_member stranger  math math, a page
503, redis_data u1  wrong wrong, 1, a page
--- lookups: 4
--- error_log
not_member


=== TEST 37: the sign-in page is where an error page sends those without a session
--- config
    location /slides/ {
        livekit_require session;
        error_page 401 = @signin;
    }
    location @signin { return 302 /signin?why=$livekit_verdict; }
--- request
GET /slides/
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1", exp => time - 3600)
--- error_code: 302
--- raw_response_headers_like: Location: http://[^/]+/signin\?why=session_expired


=== TEST 38: an error page that is guarded itself: nginx's own page, one challenge, one question
--- config
    livekit_require access;
    error_page 401 403 503 /refused.html;
    location /slides/ { }
--- story
my $nobody = ask('GET /slides/?room=math');
my $stranger = ask('GET /slides/?room=math', as => 'stranger');
my $asked = lookups();
my $broken = ask('GET /slides/?room=wrong', as => 'u1');

"nobody $nobody " . $nobody->header('WWW-Authenticate'),
"stranger $stranger, questions: $asked",
"broken $broken " . $broken->header('Retry-After') . ', questions: ' . (lookups() - $asked);
--- response_body
nobody 401 Bearer realm="livekit"
stranger 403, questions: 1
broken 503 1, questions: 1
--- error_log
not_member


=== TEST 39: a location's own log tells the verdict of a request that ended elsewhere
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    log_format livekit '[$uri] $livekit_verdict,$livekit_identity,$livekit_role,$livekit_room';
_EOC_
--- config
    access_log logs/access.log livekit;
    location /slides/ { livekit_require access; error_page 403 /refused; }
    location = /refused { return 200 "refused\n"; }
--- request
GET /slides/?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "banned")
--- error_code: 403
--- access_log
[/refused] banned,banned,-,math
--- error_log
banned


=== TEST 40: the parts of a page (SSI) are not checked again
--- config
    root $TEST_NGINX_SERVER_ROOT/html;
    location /page/  { livekit_require access; ssi on; ssi_types text/plain; }
    location /parts/ { livekit_require access moderate; }
--- user_files
>>> page/a.txt
a page with <!--# include virtual="/parts/b.txt" -->
>>> parts/b.txt
its part
--- request
GET /page/a.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body eval
"a page with its part\n\n"
--- lookups: 1


=== TEST 41: a mirror of the request is not checked again
--- config
    root $TEST_NGINX_SERVER_ROOT/html;
    location /page/ { livekit_require access; mirror /mirror; }
    location = /mirror { internal; livekit_require access moderate; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/sink; }
    location = /sink { return 204; }
--- user_files
>>> page/a.txt
a page
--- request
GET /page/a.txt?room=math
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2")
--- response_body
a page
--- wait: 0.1
--- access_log
"GET /sink?room=math HTTP
--- lookups: 1


=== TEST 42: an endpoint within a page asks for itself
--- config
    root $TEST_NGINX_SERVER_ROOT/html;
    location /page/ { ssi on; ssi_types text/plain; }
    location = /token { livekit_token; }
--- user_files
>>> page/a.txt
<!--# include virtual="/token?roomName=math" -->
--- request
GET /page/a.txt
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u2", name => "Bob")
--- response_body_like: ^\{"serverUrl":"wss://live.example.com","roomName":"math","participantName":"Bob","participantToken":"
--- lookups: 1


=== TEST 43: the session is known in the rewrite phase: set, map and if
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    map $livekit_claim_plan $shelf { default basement; pro attic; }
_EOC_
--- config
    location = /who {
        set $me "$livekit_identity ($livekit_name) $livekit_session_id";
        if ($livekit_identity = "") { return 200 "nobody\n"; }
        if ($livekit_claim_admin = true) { return 200 "$me, admin, $shelf\n"; }
        return 200 "$me, $shelf\n";
    }
--- story
my @ann = (sub => 'u1', name => 'Ann', jti => 'j1');
map { ask('GET /who', headers => ["Cookie: $_"])->body =~ s/\n//r }
    (cookie(@ann), cookie(@ann, plan => 'pro'), cookie(@ann, admin => JSON::PP::true),
     'session=none', cookie(@ann, exp => time - 3600));
--- response_body
u1 (Ann) j1, basement
u1 (Ann) j1, attic
u1 (Ann) j1, admin, basement
nobody
nobody
--- lookups: 0


=== TEST 44: claims are found by name, and by case where that tells them apart
--- config
    location = /claims {
        return 200 "org=$livekit_claim_orgId level=$livekit_claim_level ok=$livekit_claim_ok one=$livekit_claim_one two=$livekit_claim_two list=$livekit_claim_list half=$livekit_claim_half none=$livekit_claim_none email=$livekit_claim_email\n";
    }
--- request
GET /claims
--- more_headers eval
"Cookie: " . LiveKitTest::cookie(sub => "u1", orgId => "acme", level => 7, ok => JSON::PP::false,
    one => "exact", One => "other", Two => "a", TWO => "b", list => [1], half => 0.5)
--- response_body
org=acme level=7 ok=false one=exact two= list= half= none= email=


=== TEST 45: every variable in the log of a token that was issued
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    log_format livekit '<$livekit_verdict,$livekit_identity,$livekit_name,$livekit_session_id,$livekit_claim_org,$livekit_requested_room,$livekit_room,$livekit_role,$livekit_redis_time>';
_EOC_
--- config
    location = /token { livekit_token; access_log logs/access.log livekit; }
--- more_headers eval
"Content-Type: application/json\nCookie: " . LiveKitTest::cookie(sub => "u1", name => "Ann", jti => "j1", org => "acme")
--- access_log eval
qr/^<issued,u1,Ann,j1,acme,math,math,teacher,0\.\d{6}>$/


=== TEST 46: the verdict of each way to be refused
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    log_format livekit '$livekit_verdict';
_EOC_
--- config
    access_log logs/verdicts.log livekit;
    location = /token { livekit_token; }
--- story
my $time = time;
my $two = 'Cookie: ' . cookie(sub => 'u1') . '; ' . cookie(sub => 'u2');
my $ask = sub { ask('GET /token?roomName=' . $_[0], headers => ["Cookie: $_[1]", @_[2 .. $#_]]) };
my $u1 = cookie(sub => 'u1');

$ask->('math', $u1);
$ask->('math', '');
$ask->('math', cookie(sub => 'u1', exp => $time - 3600));
$ask->('math', cookie(sub => 'u1', _secret => 'x' x 40));
$ask->('math', cookie(sub => undef));
ask('GET /token?roomName=math', headers => [$two]);
$ask->('math', cookie(sub => $_)) for qw(banned kicked stranger odd broken);
$ask->('closed', $u1);
$ask->('', $u1);
$ask->('a%20b', $u1);
$ask->('math', $u1, 'Origin: https://evil.example');
ask(wish('u2') =~ s/POST/PUT/r);
ask('POST /token', as => 'u1');
ask('POST /token', as => 'u1', json => '{');
ask('POST /token', as => 'u2', json => '{"roomName":"math","role":"teacher"}');
ask('POST /token', as => 'u1', json => ' ' x 17000);

my @verdicts;

eventually {
    open my $fh, '<', "$Test::Nginx::Util::LogDir/verdicts.log";
    @verdicts = map { s/\n//r } <$fh>;
    @verdicts == 20;
};

@verdicts;
--- response_body
issued
no_session
session_expired
session_invalid
no_identity
session_ambiguous
banned
kicked
not_member
role_unknown
redis_data
room_closed
no_room
bad_room
origin
method_not_allowed
unsupported_media_type
bad_request
role_not_taken
payload_too_large
--- error_log
livekit: forbidden


=== TEST 47: a request that was never about LiveKit has no values, and asks nobody
--- config
    location = /plain {
        return 200 "<$livekit_identity$livekit_name$livekit_session_id$livekit_claim_x$livekit_requested_room$livekit_room$livekit_role$livekit_verdict$livekit_redis_time>\n";
    }
--- request
GET /plain
--- response_body
<>
--- lookups: 0


=== TEST 48: no log of ours holds a secret, a cookie, a token or what Redis said
--- log_level: info
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_';
    log_format livekit '$time_iso8601 $livekit_verdict $livekit_identity $livekit_role $livekit_room $livekit_redis_time';
_EOC_
--- config
    access_log logs/livekit.log livekit;
    location = /token { livekit_token; }
    location /slides/ { livekit_require access; }
--- story
my @cookies = map { cookie(@$_) } [sub => 'u1'], [sub => 'stranger'], [sub => 'broken'],
    [sub => 'banned'], [sub => 'u1', exp => time - 3600], [sub => undef],
    [sub => 'u1', _secret => 'y' x 32];

my @tokens;

for my $cookie (@cookies, 'session=not-a-token-at-all', "$cookies[0]; $cookies[1]") {
    my $a = ask('POST /token', headers => ["Cookie: $cookie"], json => '{"roomName":"math"}');
    push @tokens, $a->json->{token} // ();
    ask('GET /slides/?room=wrong', headers => ["Cookie: $cookie"]);
    ask('GET /slides/?room=math', headers => ["Cookie: $cookie"]);
}

my $logs = error_log();
open my $fh, '<', "$Test::Nginx::Util::LogDir/livekit.log";
$logs .= join '', <$fh>;

my @secret = ($LiveKitTest::secret, $LiveKitTest::key, 'exp=soon', 'not-a-token-at-all',
              'a string where', map { split /\./ } @cookies, @tokens);

(scalar(@tokens) . ' token', $logs =~ /banned/ ? 'a log' : 'no log',
 grep { index($logs, $_) >= 0 } grep { length > 8 && $_ !~ /^(session=)?eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9$/ } @secret);
--- response_body
1 token
a log
--- error_log
cannot be understood


=== TEST 49: what Redis could not say is not known where an error page leads, either
--- config
    livekit_policy $TEST_NGINX_DIR/everybody.json;
    location /slides/ { livekit_require access; error_page 503 = @token; }
    location @token { livekit_token; }
--- story
map { my $a = ask("POST /slides/?room=$_", as => 'u9', json => qq({"roomName":"$_"})); "$_: $a" } 'wrong', 'math'
--- response_body
wrong: 503
math: 404
--- error_log
redis answered the question for "state" with WRONGTYPE
