# Sessions that only the application understands: nginx asks it, with a
# subrequest.  The application is a location of nginx's own, or this program
# itself, which then sees what nginx sends and answers as badly as it likes:
#
#     --- story
#     my $c = client()->send(...);
#     my $head = ::application($answer);      # what nginx sent
#
# $TEST_NGINX_APPLICATION is where it listens.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

use IO::Select;
use IO::Socket::INET;

our $Application = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16)
                   or die "listen: $!";

$ENV{TEST_NGINX_APPLICATION} = '127.0.0.1:' . $Application->sockport;

our $Session = 'livekit_session introspect uri=/_session;';

our $HttpConfig = $LiveKitTest::HttpConfig =~ s/livekit_session .*/$Session/r;

# the application: "session=<name>" in the cookie says what it answers

our $Places = <<'_EOC_';
    location = /_session {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session;
    }
    location /app/ {
        livekit_session off;
        default_type application/json;
        location = /app/ann   { return 200 '{"user":{"id":"u1","name":"Ann"},"expires":"2099-01-01T00:00:00.000Z"}'; }
        location = /app/bob   { return 200 '{"user":{"id":"u2","name":"Bob"}}'; }
        location = /app/over  { return 200 '{"user":{"id":"u1"},"expires":"2020-01-01T00:00:00.000Z"}'; }
        location = /app/none  { return 200 '{}'; }
        location = /app/null  { return 200 'null'; }
        location = /app/empty { return 200 ''; }
        location = /app/guest { return 200 '{"user":{"name":"Guest"}}'; }
        location = /app/mail  { return 200 '{"user":{"email":"ann@example.com"}}'; }
        location = /app/html  { return 200 '<html>sign in</html>'; }
        location = /app/half  { return 200 '{"user":{"id":"u1"'; }
        location = /app/twice { return 200 '{"user":{"id":"u2"},"user":{"id":"u1"}}'; }
        location = /app/204   { return 204; }
        location = /app/302   { return 302 /signin; }
        location = /app/400   { return 400; }
        location = /app/401   { return 401; }
        location = /app/403   { return 403; }
        location = /app/404   { return 404; }
        location = /app/500   { return 500; }
        location = /app/503   { return 503; }
    }
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    return if defined $block->must_die;

    $block->set_value(http_config => $HttpConfig) unless defined $block->http_config;

    my $config = $block->config // '';
    $config .= $Places unless $config =~ m{location = /_session };
    $config .= "location = /me { livekit_check session; }\n" unless $config =~ m{location = /me };

    $block->set_value(config => $config);
});


# One request to the application, and its answer: what was asked.  Without an
# answer the connection stays, and is returned, too.

sub application {
    my $answer = shift;

    IO::Select->new($Application)->can_read(5 * $LiveKitStory::Slow) or return 'nobody asked';
    my $socket = $Application->accept;

    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        $socket->sysread(my $bytes, 65536) or last;
        $head .= $bytes;
    }

    return ($head, $socket) unless defined $answer;

    $socket->syswrite($answer);
    close $socket;

    return $head;
}


sub json_answer {
    my ($body, @headers) = @_;

    return join "\r\n", 'HTTP/1.1 200 OK', 'Content-Type: application/json',
                        'Content-Length: ' . length $body, @headers, '', $body;
}


# The request of somebody whose session has this name

sub with { return (headers => ["Cookie: theme=dark; session=$_[0]"]) }

sub token {
    my ($name, @more) = @_;

    return LiveKitStory::request('POST /token', json => '{"roomName":"math"}',
                                 ::with($name), @more);
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: a user whom the application knows gets a token
--- config
    location = /token { livekit_token; }
--- more_headers
Content-Type: application/json
Cookie: session=ann
--- response_body_filters eval
::pick("sub", "name", "video.room", "video.canPublish")
--- response_body
u1 Ann math true


=== TEST 2: what the application says, and who that is
--- config
--- story
map {
    my $a = ask('GET /me', ::with($_));
    join ' ', "$_:", $a, $a->header('X-LiveKit-Identity') // $a->json->{error};
} qw(ann bob over none null empty guest mail html half twice 204 302 400 401 403 404 500 503);
--- response_body
ann: 204 u1
bob: 204 u2
over: 401 unauthorized
none: 401 unauthorized
null: 401 unauthorized
empty: 401 unauthorized
guest: 401 unauthorized
mail: 401 unauthorized
html: 401 unauthorized
half: 401 unauthorized
twice: 401 unauthorized
204: 401 unauthorized
302: 401 unauthorized
400: 401 unauthorized
401: 401 unauthorized
403: 401 unauthorized
404: 401 unauthorized
500: 503 unavailable
503: 503 unavailable
--- lookups: 0
--- error_log
livekit: no answer about the session from "/_session": 500
livekit: no answer about the session from "/_session": 503
unauthorized: session_expired
unauthorized: no_identity
unauthorized: session_invalid
unauthorized: no_session


=== TEST 3: the same where nginx itself answers for the application
--- config
    location /me/ {
        location = /me/200 { livekit_check session; livekit_session introspect uri=/_200; }
        location = /me/401 { livekit_check session; livekit_session introspect uri=/_401; }
        location = /me/302 { livekit_check session; livekit_session introspect uri=/_302; }
        location = /me/204 { livekit_check session; livekit_session introspect uri=/_204; }
        location = /me/500 { livekit_check session; livekit_session introspect uri=/_500; }
        location = /me/444 { livekit_check session; livekit_session introspect uri=/_file; }
    }
    location = /_200 { internal; return 200 '{"user":{"id":"u1"}}'; }
    location = /_401 { internal; return 401; }
    location = /_302 { internal; return 302 /signin; }
    location = /_204 { internal; return 204; }
    location = /_500 { internal; return 500; }
    location = /_file { internal; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> _file
{"user":{"id":"u2"}}
--- story
map { my $a = ask("GET /me/$_", ::with('x')); "$_: $a " . ($a->header('X-LiveKit-Identity') // '-') }
    qw(200 401 302 204 500 444);
--- response_body
200: 204 u1
401: 401 -
302: 401 -
204: 401 -
500: 503 -
444: 204 u2
--- error_log
livekit: no answer about the session from "/_500": 500


=== TEST 4: an application that is not there: nobody can say
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:1; }
    location = /token { livekit_token; }
    location /slides/ { livekit_require session; }
--- story
my $token = ask(::token('ann'));
my $slides = ask('GET /slides/', ::with('ann'));
("$token " . $token->json->{error} . ' ' . $token->header('Retry-After'),
 "$slides " . $slides->header('Retry-After'), ask('GET /slides/'));
--- response_body
503 unavailable 1
503 1
401
--- error_log
livekit: no answer about the session from "/_session": 502


=== TEST 5: nor can one that does not answer in time
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; proxy_read_timeout 100ms; }
--- story
my $c = client()->send(request('GET /me', ::with('ann')));
my ($head, $socket) = ::application();
$c->answer;
--- response_body
503
--- error_log
upstream timed out
livekit: no answer about the session from "/_session": 504


=== TEST 6: nor one that breaks off, in its headers or its body
--- config
    location = /_session  { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /_directly { internal; proxy_pass http://$TEST_NGINX_APPLICATION; proxy_buffering off; }
    location = /directly  { livekit_check session; livekit_session introspect uri=/_directly; }
--- story
map {
    my $answer = $_;
    join ' ', map {
        my $c = client()->send(request("GET $_", ::with('ann')));
        ::application($answer);
        $c->answer;
    } '/me', '/directly';
} '', "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"user\":{\"id\":\"u1\"}}",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{\"user\":{\"id\":\"u1\"}}\r\n", 'garbage';
--- response_body
503 503
503 503
503 503
503 503
503 503
--- error_log
upstream prematurely closed connection


=== TEST 7: an answer without a length, in chunks, or in pieces is as good
--- config
    location = /_session  { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /_directly { internal; proxy_pass http://$TEST_NGINX_APPLICATION; proxy_buffering off; }
    location = /directly  { livekit_check session; livekit_session introspect uri=/_directly; }
--- story
my @said = map {
    my $answer = $_;
    join ' ', map {
        my $c = client()->send(request("GET $_", ::with('ann')));
        ::application($answer);
        $c->answer->header('X-LiveKit-Identity') // 'nobody';
    } '/me', '/directly';
} "HTTP/1.0 200 OK\r\n\r\n{\"user\":{\"id\":\"u1\"}}",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"use\r\nf\r\nr\":{\"id\":\"u2\"}}\r\n0\r\n\r\n", ::json_answer('{"user":{"id":"u0"}}');

my $c = client()->send(request('GET /me', ::with('ann')));
my ($head, $socket) = ::application();
for (split /(?<=.{9})/, ::json_answer('{"user":{"id":"u3"}}')) {
    $socket->syswrite($_);
    sleep 0.002;
}
@said, $c->answer->header('X-LiveKit-Identity');
--- response_body
u1 u1
u2 u2
u0 u0
u3


=== TEST 8: what the application gets to see, and what not
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; proxy_set_header Host $host; proxy_http_version 1.0; }
    location = /token { livekit_token; }
--- story
my $c = client()->send(request('POST /token?secret=1', json => '{"roomName":"math"}',
    headers => ['Cookie: theme=dark; session=ann', 'Authorization: Bearer native', 'Accept-Encoding: gzip, br',
                'If-None-Match: "1"', 'If-Modified-Since: Sun, 01 Nov 2026 00:00:00 GMT', 'If-Match: *',
                'Range: bytes=0-9', 'If-Range: "1"', 'Expect: 100-continue', 'TE: trailers',
                'User-Agent: a browser', 'X-Forwarded-For: 192.0.2.1']));
my $head = ::application(::json_answer('{"user":{"id":"u1"}}'));
my @answers = ($c->answer, $c->answer);
join(' ', grep { !/100/ } @answers[0 .. 1]) =~ s/ nothing//r, sort grep { /\S/ && !/^Connection: / } split /\r\n/, $head;
--- response_body
200
Authorization: Bearer native
Cookie: theme=dark; session=ann
GET /_session HTTP/1.0
Host: localhost
User-Agent: a browser
X-Forwarded-For: 192.0.2.1


=== TEST 9: all Cookie headers are passed on
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
--- story
my $c = client()->send(request('GET /me', headers => ['Cookie: a=1', 'Cookie: session=ann', 'Cookie: b=2']));
my $head = ::application(::json_answer('{"user":{"id":"u1"}}'));
my @cookies = map { split /; / } $head =~ /^Cookie: (.*?)\r$/mg;
"@cookies", $c->answer->header('X-LiveKit-Identity');
--- response_body
a=1 session=ann b=2
u1


=== TEST 10: the body is for the endpoint: whole, in pieces, late, chunked
--- config
    location = /token { livekit_token; }
--- story
my $whole = ::token('ann');
my ($head, $body) = $whole =~ /\A(.*\r\n\r\n)(.*)\z/s;
my $c = client();
my @who;

$c->send($whole);
push @who, $c->answer->who;
$c->trickle(0.02, $head, $body);
push @who, $c->answer->who;
$c->trickle(0.005, split //, $body) if $c->send($head);
push @who, $c->answer->who;
$c->trickle(0.01, request('POST /token', headers => ['Cookie: session=bob', 'Content-Type: application/json',
                                                    'Transfer-Encoding: chunked']),
            "8\r\n{\"roomNa\r\n", "b\r\nme\":\"math\"}\r\n", "0\r\n\r\n");
push @who, $c->answer->who;
push @who, ask(request('POST /token', json => '{"roomName":"math","x":"' . 'y' x 12000 . '"}', ::with('bob')))->who;
@who;
--- response_body
u1
u1
u1
u2
u2
--- lookups: 5


=== TEST 11: a body that is passed on to the application itself stays whole, too
--- http_config eval
$::HttpConfig . "log_format body '\$request_body';\n"
--- config
    location = /upload { livekit_require session; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/sink; access_log logs/body.log body; }
    location = /sink { livekit_session off; access_log off; return 200 "$content_length\n"; }
    location = /app/carl { livekit_session off; return 200 '{"user":{"id":"u3"}}'; }
--- story
my $a = ask('POST /upload', ::with('ann'), json => '{"a page":"' . 'z' x 5000 . '"}');
my $b = ask('POST /upload', ::with('none'), json => '{"a page":"z"}');
$a->body =~ s/\n//r, "$b";
--- response_body
5013
401


=== TEST 12: over HTTP/2
--- config
    $TEST_NGINX_HTTP2
    location = /token { livekit_token; }
--- story
my $c = h2();
my @json = ('content-type' => 'application/json', 'content-length' => 19);
my @streams = map { $c->ask('POST', '/token', headers => [@json, cookie => "session=$_"],
                            body => ['{"roomName"', ':"math"}']) } qw(ann none bob 500);
my $late = $c->ask('POST', '/token', headers => [@json, cookie => 'theme=dark', cookie => 'session=bob'], open => 1);
sleep 0.05;
$c->more($late, '{"roomName":"math"}');
map { $c->answer($_)->who } @streams, $late;
--- response_body
u1
unauthorized
u2
unavailable
u2
--- error_log
livekit: no answer about the session


=== TEST 13: an answer that does not fit into subrequest_output_buffer_size is none
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /_directly { internal; proxy_pass http://$TEST_NGINX_APPLICATION; proxy_buffering off; }
    location = /directly { livekit_check session; livekit_session introspect uri=/_directly; }
    location = /_large { internal; proxy_pass http://$TEST_NGINX_APPLICATION; subrequest_output_buffer_size 128k; }
    location = /large { livekit_check session; livekit_session introspect uri=/_large; }
--- story
my $body = '{"user":{"id":"u1"},"x":"' . 'y' x 60000 . '"}';
map {
    my ($uri, $answer) = @$_;
    my $c = client()->send(request("GET $uri", ::with('ann')));
    ::application($answer);
    my $a = $c->answer;
    my $next = $c->send(request('GET /once-upon-a-time'))->answer;
    "$uri: $a, then $next";
} ['/me', ::json_answer($body)], ['/me', "HTTP/1.0 200 OK\r\n\r\n$body"],
  ['/me', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)],
  ['/directly', ::json_answer($body)], ['/directly', "HTTP/1.0 200 OK\r\n\r\n$body"],
  ['/large', ::json_answer($body)], ['/large', "HTTP/1.0 200 OK\r\n\r\n$body"];
--- response_body
/me: 503, then 200
/me: 503, then 200
/me: 503, then 200
/directly: 503, then 200
/directly: 503, then 200
/large: 204, then 200
/large: 204, then 200
--- error_log
too big subrequest response
livekit: no answer about the session


=== TEST 13.1: the same where nginx itself answers, over HTTP/2, and for an endpoint
--- config
    $TEST_NGINX_HTTP2
    location = /token { livekit_token; livekit_session introspect uri=/_file; }
    location = /slides { livekit_require session; livekit_session introspect uri=/_file; }
    location = /_file { internal; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files eval
">>> _file\n" . '{"user":{"id":"u1"},"x":"' . 'y' x 60000 . '"}'
--- story
my $c = client()->send(::token('x'));
my $h2 = h2();
my @streams = map { $h2->ask('GET', '/slides', headers => [cookie => 'session=x']) } 1 .. 3;
($c->answer->who, $c->send(request('GET /slides', ::with('x')))->answer,
 join(' ', map { $h2->answer($_) } @streams), alarms());
--- response_body
unavailable
503
503 503 503
none
--- error_log
too big subrequest response


=== TEST 14: the end of the session that the application names ends the token
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /token { livekit_token; }
--- story
my $end = int(time) + 90;
map {
    my $c = client()->send(::token('ann'));
    ::application(::json_answer(qq({"user":{"id":"u1"},$_})));
    my ($claims) = LiveKitTest::token_claims($c->answer->body);
    $claims->{exp} == $end ? 'as the session' : 'no';
} qq("expires":$end), '"expires":"' . POSIX::strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime $end) . '"',
  '"session":{"expiresAt":"' . POSIX::strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime $end) . '"}';
--- response_body
as the session
as the session
as the session


=== TEST 15: a session that the application prolongs is passed on where set_cookie says so
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /keep { livekit_check session; livekit_session introspect uri=/_session set_cookie; }
    location = /slides { livekit_require session; livekit_session introspect uri=/_session set_cookie; return 200; }
    location = /page { livekit_require session; livekit_session introspect uri=/_session set_cookie; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> page
a page
--- story
map {
    my ($uri, $body) = @$_;
    my $c = client()->send(request("GET $uri", ::with('ann')));
    ::application(::json_answer($body, 'Set-Cookie: session=new; HttpOnly', 'Set-Cookie: b=2', 'X-Other: 1'));
    my $a = $c->answer;
    join ', ', "$uri $a", $a->header('Set-Cookie') // 'no cookie', $a->header('X-Other') // ();
} ['/me', '{"user":{"id":"u1"}}'], ['/keep', '{"user":{"id":"u1"}}'], ['/page', '{"user":{"id":"u1"}}'],
  ['/keep', 'null'];
--- response_body
/me 204, no cookie
/keep 204, session=new; HttpOnly, b=2
/page 200, session=new; HttpOnly, b=2
/keep 401, session=new; HttpOnly, b=2


=== TEST 16: who sends nothing that could be a session is not asked about
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /named { livekit_check session; livekit_session introspect uri=/_session cookie=session; }
    location = /slides { livekit_require session; }
--- story
(ask('GET /me'), ask('GET /slides'), ask('GET /named', headers => ['Cookie: theme=dark']),
 IO::Select->new($::Application)->can_read(0) ? 'asked' : 'not asked');
--- response_body
401
401
401
not asked


=== TEST 17: nor is it asked for what needs no session
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /plain { return 200 "plain\n"; }
    location = /file  { root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> file
a file
--- story
(ask('GET /plain', ::with('ann')), ask('GET /file', ::with('ann')),
 IO::Select->new($::Application)->can_read(0) ? 'asked' : 'not asked');
--- response_body
200
200
not asked


=== TEST 18: the question is not asked about itself
--- http_config eval
$::HttpConfig . "livekit_require session;\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; add_header X-Who "$livekit_identity"; proxy_set_header X-Who "[$livekit_identity]"; }
    location /app/ { livekit_session off; livekit_require off; return 200 '{"user":{"id":"u1","name":"$http_x_who"}}'; }
    location = /who { root $TEST_NGINX_SERVER_ROOT/html; add_header X-Who "$livekit_identity $livekit_name"; }
--- user_files
>>> who
--- story
my $a = ask('GET /who', ::with('ann'));
"$a " . $a->header('X-Who');
--- response_body
200 u1 []


=== TEST 19: nor where it is answered elsewhere, by an error page or a named location
--- http_config eval
$::HttpConfig . "livekit_require session;\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:1; error_page 502 =200 @other; }
    location @other { proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /who { root $TEST_NGINX_SERVER_ROOT/html; add_header X-Who "$livekit_identity"; }
--- user_files
>>> who
--- story
my $c = client()->send(request('GET /who', ::with('ann')));
::application(::json_answer('{"user":{"id":"u4"}}'));
my $a = $c->answer;
"$a " . $a->header('X-Who');
--- response_body
200 u4
--- error_log
Connection refused


=== TEST 19.1: whatever the location that is asked does, it asks no more
--- config
    location = /_ssi   { internal; ssi on; ssi_types application/json; default_type application/json; root $TEST_NGINX_SERVER_ROOT/html; }
    location = /ssi    { livekit_check session; livekit_session introspect uri=/_ssi; }
    location = /itself { livekit_check session; livekit_session introspect uri=/itself; }
    location = /one    { livekit_require session; livekit_session introspect uri=/two; root $TEST_NGINX_SERVER_ROOT/html; }
    location = /two    { livekit_require session; livekit_session introspect uri=/one; try_files /one =404; root $TEST_NGINX_SERVER_ROOT/html; default_type application/json; }
    location = /auth   { livekit_check session; livekit_session introspect uri=/_auth; }
    location = /_auth  { internal; auth_request /_session; mirror /_session; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/ann; }
    location = /part   { livekit_require session; return 200 'a part for $livekit_identity'; }
--- user_files
>>> _ssi
{"user":{"id":"<!--# include virtual="/part" -->"}}
>>> one
{"user":{"id":"u5"}}
--- story
map { my $a = ask("GET $_", ::with('ann')); join ' ', "$_:", $a, $a->header('X-LiveKit-Identity') // () } qw(/ssi /itself /one /two /auth);
--- response_body
/ssi: 503
/itself: 503
/one: 200
/two: 200
/auth: 204 u1
--- error_log
nested in-memory subrequest


=== TEST 20: a page, its parts and its error pages: one question for each request
--- http_config eval
$::HttpConfig . "log_format who '\$uri \$livekit_identity';\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    location = /app/ann { livekit_session off; access_log logs/asked.log who; return 200 '{"user":{"id":"u1"}}'; }
    location = /slides { livekit_require session; access_log logs/who.log who; error_page 404 /missing; root $TEST_NGINX_SERVER_ROOT/html; }
    location = /missing { access_log logs/who.log who; return 200 "nothing for $livekit_identity\n"; }
--- story
my $a = ask('GET /slides', ::with('ann'));
sleep 0.05;
"$a " . $a->body =~ s/\n//r, split /\n/, slurp("$Test::Nginx::Util::LogDir/who.log")
    . slurp("$Test::Nginx::Util::LogDir/asked.log");
--- response_body
404 nothing for u1
/missing u1
/app/ann -
--- error_log
No such file


=== TEST 21: auth_request: the session is the application's, the decision nginx's
--- config
    location = /check  { internal; livekit_check; }
    location /board/   { auth_request /check; auth_request_set $who $livekit_identity; add_header X-Who $who; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> board/a.txt
the board
--- story
map {
    my $a = ask('GET /board/a.txt?room=math', ::with($_));
    "$_ $a " . ($a->header('X-Who') // '-')
} qw(ann none bob);
--- response_body
ann 200 u1
none 401 -
bob 200 u2
--- lookups: 2


=== TEST 22: several sessions, of all kinds, in order
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=token prefix=jwt:;
        livekit_session introspect uri=/_session prefix=app: cookie=session;
        livekit_session introspect uri=/_other prefix=other: cookie=other;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=last prefix=last:;
    }
    location = /_other { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_other; }
--- story
my $good = LiveKitTest::jwt(sub => 'u9');
my $bad = LiveKitTest::jwt(sub => 'u9', exp => time - 9);
map {
    my $a = ask('GET /me', headers => ["Cookie: $_"]);
    join ' ', s/\Q$good\E/good/r =~ s/\Q$bad\E/bad/r, '-', $a, $a->header('X-LiveKit-Identity') // ();
} "token=$good; session=ann", "token=$bad; session=ann", "session=none; other=bob", "session=401; other=bob",
  "session=500; other=bob", "session=none; other=none; last=$good", "session=500; other=none; last=$good",
  "session=none; other=500; last=$bad", "session=500; other=none; last=$bad", "session=500; other=500",
  "session=none; other=none; last=$bad", "other=ann";
--- response_body
token=good; session=ann - 204 jwt:u9
token=bad; session=ann - 204 app:u1
session=none; other=bob - 204 other:u2
session=401; other=bob - 204 other:u2
session=500; other=bob - 204 other:u2
session=none; other=none; last=good - 204 last:u9
session=500; other=none; last=good - 204 last:u9
session=none; other=500; last=bad - 503
session=500; other=none; last=bad - 503
session=500; other=500 - 503
session=none; other=none; last=bad - 401
other=ann - 204 other:u1
--- error_log
livekit: no answer about the session


=== TEST 23: the same where nginx itself answers
--- config
    location = /me {
        livekit_check session;
        livekit_session introspect uri=/_401 cookie=a;
        livekit_session introspect uri=/_500 cookie=b;
        livekit_session introspect uri=/_200 cookie=c prefix=c:;
    }
    location = /_401 { internal; return 401; }
    location = /_500 { internal; proxy_pass http://127.0.0.1:1; }
    location = /_200 { internal; return 200 '{"user":{"id":"u1"}}'; }
--- story
map { my $a = ask('GET /me', headers => ["Cookie: $_"]); join ' ', "$_ -", $a, $a->header('X-LiveKit-Identity') // () }
    'a=1', 'b=1', 'c=1', 'a=1; b=1', 'a=1; c=1', 'b=1; c=1', 'a=1; b=1; c=1';
--- response_body
a=1 - 401
b=1 - 503
c=1 - 204 c:u1
a=1; b=1 - 503
a=1; c=1 - 204 c:u1
b=1; c=1 - 204 c:u1
a=1; b=1; c=1 - 204 c:u1
--- error_log
Connection refused


=== TEST 24: limits, variables and the log know whom the application knows
--- http_config eval
$::HttpConfig . <<'_EOC_';
    limit_req_zone $livekit_identity$binary_remote_addr zone=user:1m rate=1r/m;
    limit_req_status 429;
    limit_req_log_level info;
    log_format who '$uri $status $livekit_identity';
_EOC_
--- config
    location = /token { limit_req zone=user; livekit_token; access_log logs/who.log who; }
--- story
my @said = map { "$_: " . ask(::token($_)) } qw(ann bob ann bob);
eventually { 4 == (() = slurp("$Test::Nginx::Util::LogDir/who.log") =~ /\n/g) };
@said, split /\n/, slurp("$Test::Nginx::Util::LogDir/who.log");
--- response_body
ann: 200
bob: 200
ann: 429
bob: 429
/token 200 u1
/token 200 u2
/token 429 u1
/token 429 u2


=== TEST 25: a client that leaves while the application thinks
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /token { livekit_token; }
    location /slides/ { livekit_require session; }
    location = /check { internal; livekit_check; }
    location /board/ { auth_request /check; }
--- story
my @sockets;
for my $leave (qw(close reset)) {
    for (::token('ann'), map { request("GET $_?room=math", ::with('ann')) } '/me', '/slides/', '/board/') {
        my $c = client()->send($_);
        my ($head, $socket) = ::application();
        push @sockets, $socket;
        $c->$leave;
        sleep 0.02;
        $socket->syswrite(::json_answer('{"user":{"id":"u1"}}'));
        close $socket;
    }
}
my $c = client()->send(request('GET /me', ::with('ann')));
::application(::json_answer('{"user":{"id":"u1"}}'));
$c->answer, alarms();
--- response_body
204
none
--- lookups: 0


=== TEST 26: and one over HTTP/2
--- config
    $TEST_NGINX_HTTP2
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /token { livekit_token; }
--- story
my $c = h2();
my @json = ('content-type' => 'application/json', 'content-length' => 19, cookie => 'session=ann');
my $gone = $c->ask('POST', '/token', headers => \@json, open => 1);
my ($head, $socket) = ::application();
$c->reset($gone);
sleep 0.05;
$socket->syswrite(::json_answer('{"user":{"id":"u1"}}'));
close $socket;
my $here = $c->ask('POST', '/token', headers => \@json, body => ['{"roomName":"math"}']);
::application(::json_answer('{"user":{"id":"u2"}}'));
$c->answer($here)->who, alarms();
--- response_body
u2
none


=== TEST 27: several requests on one connection, one after the other and at once
--- config
    location = /token { livekit_token; }
    location /slides/ { livekit_require session; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> slides/a.txt
a slide
--- story
my $c = client();
my @who = map { $c->send(::token($_)); $c->answer->who } qw(ann none bob ann);
my $slide = sub { request('GET /slides/a.txt', ::with($_[0])) };
$c->send(join '', ::token('bob'), $slide->('ann'), $slide->('none'), ::token('ann'), request('GET /me', ::with('bob')));
my @at_once = map { my $a = $c->answer; $a->status == 200 && $a->body =~ /slide/ ? 'slide' : $a->header('X-LiveKit-Identity') // ($a->json->{token} ? $a->who : "$a") } 1 .. 5;
"@who", "@at_once";
--- response_body
u1 unauthorized u2 u1
u2 slide 401 u1 u2


=== TEST 28: a request that comes while the application thinks about the one before has its turn
--- config
    location = /_session { internal; proxy_pass http://$TEST_NGINX_APPLICATION; }
    location = /token { livekit_token; }
--- story
my $c = client()->send(::token('ann'));
my ($head, $socket) = ::application();
$c->send(request('GET /me', ::with('bob')));
sleep 0.05;
$socket->syswrite(::json_answer('{"user":{"id":"u1"}}'));
close $socket;
my $first = $c->answer->who;
my $second = ::application(::json_answer('{"user":{"id":"u2"}}'));
$first, ($second =~ /session=bob/ ? 'bob' : $second), $c->answer->header('X-LiveKit-Identity');
--- response_body
u1
bob
u2


=== TEST 29: the lines of the configuration that cannot be right
--- config
--- story
my @said;
for ('introspect', 'introspect uri=', 'introspect uri=http://a/', 'introspect uri=/a secret=x', 'introspect uri=/a redis_key=x',
     'introspect uri=/a set_cookie', 'introspect uri=/a set_cookie=off', 'jwt secret=x cookie=a uri=/a')
{
    my ($status, $said) = LiveKitTest::nginx_t("\nlivekit_session $_;\n");
    my ($why, $line) = $said =~ /\[emerg\].*?: (.*?) in \S+?test\.conf:(\d+)/;
    $why =~ s/these parameters\K:.*// if $status;
    push @said, "$_: " . ($status ? "$why, line $line" : 'fine');
}
@said;
--- response_body
introspect: livekit_session introspect needs uri=, an internal location that leads to the application, line 7
introspect uri=: uri= is an internal location that leads to the application: uri=/_session, line 7
introspect uri=http://a/: uri= is an internal location that leads to the application: uri=/_session, line 7
introspect uri=/a secret=x: livekit_session: session preset "introspect" knows only these parameters, line 7
introspect uri=/a redis_key=x: livekit_session: session preset "introspect" knows only these parameters, line 7
introspect uri=/a set_cookie: fine
introspect uri=/a set_cookie=off: "set_cookie" has no value, line 7
jwt secret=x cookie=a uri=/a: livekit_session: session preset "jwt" knows only these parameters, line 7
