# livekit_api: what nginx sends to LiveKit, what it makes of odd answers, and
# what the location must be that leads there.  The calls are livekit_moderation's:
# a mute is one call, a removal several.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

our $Endpoint = "    location = /moderate { livekit_moderation; }\n";

add_block_preprocessor(sub {
    my $block = shift;

    return if defined $block->must_die;

    $block->set_value(http_config => $LiveKitTest::HttpConfig) unless defined $block->http_config;
    $block->set_value(config => $Endpoint . ($block->config // $LiveKitApi::Location));

    LiveKitTest::load_room();
});


sub mute {
    return LiveKitStory::request('POST /moderate', as => 'u1',
        json => '{"roomName":"math","action":"mute","identity":"u2","trackSid":"TR_1"}', @_);
}

sub removal {
    return LiveKitStory::request('POST /moderate', as => 'u1',
        json => '{"roomName":"math","action":"remove","identity":"u2"}', @_);
}

our $Muted = '{"track":{"sid":"TR_1","muted":true}}';


# A call that is answered so, and what the client is told.

sub told {
    my ($answer, %with) = @_;

    my $c = LiveKitStory::client()->send(mute());
    my $call = LiveKitApi::livekit($answer, %with);
    my $said = $c->answer;

    return "$said " . ($said->json->{error} // $said->json->{livekit} // 'nothing');
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: the call is LiveKit's: its path, its type, and nothing of the client's
--- config eval
"    proxy_http_version 1.0;\n$LiveKitApi::Location"        # nginx's default was 1.0, and is 1.1 of late
--- story
my $c = client()->send(::mute(headers => ['Authorization: Bearer native', 'Cookie: theme=dark', 'User-Agent: a browser',
    'X-Forwarded-For: 192.0.2.1', 'Accept-Encoding: gzip', 'If-None-Match: "1"', 'Range: bytes=0-9', 'Expect: 100-continue',
    'Origin: http://localhost', 'TE: trailers']));
my $call = livekit($::Muted);
my @answers = map { $c->answer } 1 .. 2;
($answers[0] . ' ' . $answers[1], $call->{line}, $call->{body},
 sort map { s/(Bearer ).*/$1.../r } grep { !/^(Host|Connection):/ } @{ $call->{headers} })
--- response_body
100 200
POST /twirp/livekit.RoomService/MutePublishedTrack HTTP/1.0
{"room":"math","identity":"u2","track_sid":"TR_1","muted":true}
Authorization: Bearer ...
Content-Length: 63
Content-Type: application/json


=== TEST 2: the token is for this one call: a minute, one grant, one room, nobody
--- story
my $close = request('POST /moderate', as => 'u1', json => '{"roomName":"math","action":"close","deleteRoom":true}');
map { my $c = client()->send($_->[0]); my $call = livekit($_->[1]); $c->answer; $call->claims }
    [::mute(), $::Muted], [::removal(), participants()], [$close, '{}']
--- response_body
{"iss":"LKkey","sub":"","video":{"room":"math","roomAdmin":true}}
{"iss":"LKkey","sub":"","video":{"room":"math","roomAdmin":true}}
{"iss":"LKkey","sub":"","video":{"roomCreate":true}}


=== TEST 3: the first key signs
--- http_config eval
$LiveKitTest::HttpConfig . 'livekit_key LKold "an older secret of 32 bytes or more";'
--- story
my $c = client()->send(::mute());
my $call = livekit($::Muted);
($c->answer, $call->claims)
--- response_body
200
{"iss":"LKkey","sub":"","video":{"room":"math","roomAdmin":true}}


=== TEST 4: LiveKit's errors are mapped, and what it says is for nobody
--- story
map { my $status = $_; "$status: " . ::told([$status, '{"code":"x","msg":"the-inside-of-livekit"}']) }
    200, 204, 301, 400, 401, 403, 404, 408, 409, 412, 429, 500, 501, 502, 503, 504
--- response_body
200: 404 not_found
204: 503 unavailable
301: 503 unavailable
400: 503 unavailable
401: 503 unavailable
403: 503 unavailable
404: 404 not_found
408: 503 unavailable
409: 503 unavailable
412: 409 conflict
429: 503 unavailable
500: 503 unavailable
501: 503 unavailable
502: 503 unavailable
503: 503 unavailable
504: 503 unavailable
--- error_log
livekit: LiveKit answered 401 to RoomService/MutePublishedTrack: the first livekit_key must be one of its keys
livekit: LiveKit answered 500 to RoomService/MutePublishedTrack
--- no_error_log
the-inside-of-livekit
[alert]
[crit]


=== TEST 5: a 401 that repeats the token shows it to nobody
--- story
my $c = client()->send(::mute());
my $call = livekit(undef);
my ($token) = join("\n", @{ $call->{headers} }) =~ /Bearer (\S+)/;
my $text = "invalid token: $token, error: no\n";
$call->{socket}->syswrite("HTTP/1.1 401 Unauthorized\r\nContent-Length: " . length($text) . "\r\n\r\n$text");
my $answer = $c->answer;
("$answer " . $answer->json->{error}, length $token > 100 ? 'a token' : 'none',
 index($answer->head . $answer->body . error_log(), $token) < 0 ? 'hidden' : 'shown')
--- log_level: info
--- response_body
503 unavailable
a token
hidden
--- error_log
livekit: LiveKit answered 401


=== TEST 6: an answer that is broken off, too large, or none is no answer
--- config eval
$LiveKitApi::Location =~ s/(proxy_ignore)/proxy_buffers 4 4k; proxy_buffer_size 4k; $1/r
--- story
my $ok = "HTTP/1.1 200 OK\r\n";
my $big = 5 * 1024 * 1024;
map { my ($name, $answer) = @$_; "$name: " . ::told($answer) }
    ['nothing', ''], ['half a head', "HTTP/1.1 200 OK\r\nContent-"], ['no HTTP', "hello\r\n\r\n"],
    ['no body', "${ok}Content-Length: 40\r\n\r\n"], ['half a body', "${ok}Content-Length: 90\r\n\r\n$::Muted"],
    ['half a chunk', "${ok}Transfer-Encoding: chunked\r\n\r\n40\r\n{\"track\":"],
    ['no last chunk', "${ok}Transfer-Encoding: chunked\r\n\r\n25\r\n$::Muted\r\n"],
    ['too long', "${ok}Content-Length: $big\r\n\r\n{"], ['not JSON', "${ok}Content-Length: 5\r\n\r\n{\"tra"],
    ['nothing in it', "${ok}Content-Length: 0\r\n\r\n"], ['good', $::Muted]
--- response_body
nothing: 503 unavailable
half a head: 503 unavailable
no HTTP: 503 unavailable
no body: 503 unavailable
half a body: 503 unavailable
half a chunk: 503 unavailable
no last chunk: 503 unavailable
too long: 503 unavailable
not JSON: 404 not_found
nothing in it: 404 not_found
good: 200 done
--- error_log
livekit: no answer from LiveKit to RoomService/MutePublishedTrack through "/_livekit": it is broken off or too large
livekit: no answer from LiveKit to RoomService/MutePublishedTrack through "/_livekit": nothing came that is one
too big subrequest response


=== TEST 7: the client's connection lives on after that, and so does the next request on it
--- story
my $c = client()->send(::mute());
livekit("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n{");
my $first = $c->answer;
$c->send(::mute());
livekit($::Muted);
("$first", $c->answer)
--- response_body
503
200
--- error_log
too big subrequest response: 9000000


=== TEST 8: one that never ends its chunks is stopped
--- story
my $c = client()->send(::mute());
my $call = livekit(undef);
my $s = $call->{socket};
local $SIG{PIPE} = 'IGNORE';
$s->syswrite("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
my $n = 0;
for (1 .. 20000) {
    defined $s->syswrite("1000\r\n" . 'x' x 4096 . "\r\n") or last;
    $n++;
}
my $answer = $c->answer;
("$answer", $n < 20000 ? 'stopped' : 'taken')
--- response_body
503
stopped
--- error_log
too big subrequest response


=== TEST 9: slow ones have the time that proxy_read_timeout gives them
--- config eval
$LiveKitApi::Location =~ s/(proxy_ignore)/proxy_read_timeout 100ms; $1/r
--- story
my $c = client()->send(::mute());
my $call = livekit(undef);
my $silent = $c->answer;
$c->send(::mute());
my $half = livekit(undef);
$half->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n{\"track\"");
("$silent " . $silent->json->{error}, $c->answer)
--- response_body
503 unavailable
503
--- error_log
upstream timed out


=== TEST 10: in pieces, in chunks, or up to the end of the connection it is as good
--- config eval
$LiveKitApi::Location . "    location = /moderate-directly { livekit_api /_directly; livekit_moderation; }\n"
    . ($LiveKitApi::Location =~ s/^.*livekit_api.*\n//r =~ s/_livekit/_directly/r =~ s/(proxy_ignore)/proxy_buffering off; $1/r)
--- story
my @all = ("HTTP/1.0 200 OK\r\n\r\n$::Muted", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"tra\r\n20\r\n"
           . substr($::Muted, 5) . "\r\n0\r\n\r\n");
my @said = map { my $answer = $_; map { my $c = client()->send(::mute() =~ s{/moderate}{$_}r); livekit($answer); $c->answer }
                 '/moderate', '/moderate-directly' } @all;
my $c = client()->send(::mute());
my $s = livekit(undef)->{socket};
for (split /(?<=.{7})/s, "HTTP/1.1 200 OK\r\nContent-Length: " . length($::Muted) . "\r\n\r\n$::Muted") {
    $s->syswrite($_);
    sleep 0.002;
}
(@said, $c->answer)
--- response_body
200
200
200
200
200


=== TEST 11: a long list is read whole
--- story
my @many = ('u2', (map { "somebody-$_" } 1 .. 9000), 'u2~phone');
my $list = participants(@many);
my $c = client()->send(::removal());
my @calls = calls($list, '{}', '{}');
(length $list > 800_000 ? 'long' : 'short', @calls, $c->answer->json->{livekit})
--- response_body
long
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~phone","room":"math"}
done


=== TEST 12: a list that is none
--- story
map { my $list = $_; my $c = client()->send(::removal()); my @calls = calls($list); $c->answer->json->{livekit} }
    '{"participants":{}}', '{}', '[]', '{"participants":[', [200, 'null'],
    '{"participants":[null,7,"u2",[],{},{"identity":null},{"identity":7},{"identity":["u2"]}]}'
--- response_body
unavailable
unavailable
unavailable
unavailable
unavailable
done
--- error_log
livekit: LiveKit's list of participants cannot be understood


=== TEST 13: connections, servers and retries are nginx's own
--- http_config eval
$LiveKitTest::HttpConfig . 'upstream live { server 127.0.0.1:1; server $TEST_NGINX_LIVEKIT; keepalive 2; }'
--- config
    livekit_api /_livekit;
    location /_livekit/ {
        internal;
        proxy_pass http://live/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
--- story
my $c = client()->send(::removal());
my $first = livekit(participants('u2', 'u2~a'), keep => 1);
my @more = map { livekit('{}', keep => 1, on => $first->{socket}) } 1 .. 2;
my $answer = $c->answer;
((map { $_->said } $first, @more), $answer->json->{livekit})
--- response_body
RoomService/ListParticipants {"room":"math"}
RoomService/RemoveParticipant {"identity":"u2","room":"math"}
RoomService/RemoveParticipant {"identity":"u2~a","room":"math"}
done
--- error_log
connect() failed (111: Connection refused)


=== TEST 14: clients do not reach the location, and other modules leave the calls alone
--- config eval
"livekit_require session;\nlimit_req zone=few;\n$LiveKitApi::Location"
--- http_config eval
$LiveKitTest::HttpConfig . 'limit_req_zone $livekit_identity$binary_remote_addr zone=few:1m rate=1r/m;'
--- story
my $c = client()->send(::mute());
livekit($::Muted);
($c->answer, map { ask($_, as => 'u1') } 'POST /_livekit/twirp/livekit.RoomService/ListRooms', 'GET /_livekit/')
--- response_body
200
404
404


=== TEST 15: sessions that are looked up are not looked up again for a call
--- config eval
$LiveKitApi::Location . <<'_EOC_'
    livekit_session introspect uri=/_session;
    location = /_session { internal; livekit_session off; default_type application/json; return 200 '{"user":{"id":"u1"}}'; }
_EOC_
--- story
my $c = client()->send(::mute());
livekit($::Muted);
my $asked = () = error_log() =~ /http subrequest "\/_session/g;
($c->answer, $asked)
--- response_body
200
1


=== TEST 16: over HTTP/2
--- config eval
"$ENV{TEST_NGINX_HTTP2}\n$LiveKitApi::Location"
--- story
my $c = h2();
my @streams = map { $c->ask('POST', '/moderate', as => 'u1', headers => ['content-type' => 'application/json'],
    body => ['{"roomName":"math","action":"mute","identity":"u2","trackSid":"TR_1"}']) } 1 .. 2;
livekit($::Muted) for 1 .. 2;
map { $c->answer($_) } @streams
--- response_body
200
200


=== TEST 17: a client that leaves ends what is not told to go on
--- config eval
$LiveKitApi::Location =~ s/proxy_ignore_client_abort on;//r
--- story
my $c = client()->send(::removal());
my $list = livekit(undef);
$c->reset;
my $gone = eventually { !$list->{socket}->sysread(my $bytes, 1) };
($gone, ask('POST /moderate', json => '{}'), alarms())
--- response_body
1
401
none


=== TEST 18: a regular expression may be the location, and one in another
--- config
    livekit_api /_livekit/;
    location /_l {
        location ~ ^/_livekit/(?<path>.*) { internal; proxy_pass http://$TEST_NGINX_LIVEKIT/$path; }
    }
--- story
my $c = client()->send(::mute());
my $call = livekit($::Muted);
($c->answer, $call->method)
--- response_body
200
RoomService/MutePublishedTrack


=== TEST 19: a uri that is none
--- config
    livekit_api livekit; # wrong
--- must_die
--- error_log
"livekit" is not the uri of an internal location, such as /_livekit/


=== TEST 20: one with arguments, variables or codes
--- config
    livekit_api /_livekit/?x=1; # wrong
--- must_die
--- error_log
is not the uri of an internal location


=== TEST 21: twice at a level
--- config
    livekit_api /_livekit/;
    livekit_api /_other/; # wrong
--- must_die
--- error_log
"livekit_api" directive is duplicate


=== TEST 22: no such location
--- config
    location = /moderate { livekit_moderation; }
    livekit_api /_livekit/; # wrong
    location /_livekit { internal; location /_livekit/x/ { internal; } }
--- must_die
--- error_log
livekit_api "/_livekit" leads to a location without proxy_pass


=== TEST 23: none at all
--- http_config eval
$LiveKitTest::HttpConfig . <<'_EOC_'
    server {
        listen 127.0.0.1:1;
        livekit_api /_livekit/; # wrong
        location = /moderate { livekit_moderation; }
        location = /_livekit/ { internal; proxy_pass http://127.0.0.1:1; }
    }
_EOC_
--- config
--- must_die
--- error_log
livekit_api "/_livekit" leads to no location of its server
what it needs is: location /_livekit/ { internal; proxy_pass http://127.0.0.1:7880/; proxy_ignore_client_abort on; }


=== TEST 24: one that clients reach, too
--- config
    location = /moderate { livekit_moderation; }
    livekit_api /_livekit/; # wrong
    location /_livekit/ { proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
livekit_api "/_livekit" leads to a location that clients can reach, too: it lacks "internal"


=== TEST 25: one that a regular expression hides
--- config
    location = /moderate { livekit_moderation; }
    livekit_api /_livekit/; # wrong
    location /_livekit/ { internal; proxy_pass http://127.0.0.1:1; }
    location ~ livekit { proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
leads to a location that clients can reach, too


=== TEST 26: unless it says that none may
--- config
    livekit_api /_livekit/;
    location ^~ /_livekit/ { internal; proxy_pass http://$TEST_NGINX_LIVEKIT/; }
    location ~ livekit { proxy_pass http://127.0.0.1:1; }
--- story
my $c = client()->send(::mute());
livekit($::Muted);
$c->answer
--- response_body
200


=== TEST 27: without a key there is no call
--- http_config eval
$LiveKitTest::HttpConfig =~ s/livekit_key .*//r
--- config
    livekit_api /_livekit/;
    location = /moderate { livekit_moderation; } # wrong
    location /_livekit/ { internal; proxy_pass http://127.0.0.1:1; }
--- must_die
--- error_log
"livekit_moderation" needs livekit_key, which signs the tokens for LiveKit's API
