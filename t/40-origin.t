# Where a request comes from, and what it carries: pages of other origins,
# CORS and its preflight; the body's type, size and framing.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

my $pem = "$LiveKitTest::dir/localhost.pem";

system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 30"
       . " -keyout $pem.key -out $pem.crt 2>/dev/null && cat $pem.key $pem.crt > $pem") == 0
    or die "openssl made no certificate";

our $Elsewhere = 'Requests from this origin are not allowed.';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => "location = /token { livekit_token; }\n")
        unless defined $block->config;

    $block->set_value(response_body_filters => pick('sub', 'video.room'))
        unless defined $block->answer || defined $block->response_body_filters;
});

# a request of u2 with more headers

sub with { return CORE::join "\n", as(sub => "u2"), @_ }

# a JSON body of just so many bytes

sub body { return '{"roomName":"math"' . " " x ($_[0] - 19) . "}" }

# a request as it goes over the wire, and one in chunks

sub raw {
    my ($headers, $body) = @_;

    return "POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . (join "", map { "$_\r\n" } split(/\n/, as(sub => "u2")), @$headers) . "\r\n"
           . $body;
}

sub chunked {
    return raw([ 'Transfer-Encoding: chunked' ],
               join "", map { sprintf "%x\r\n%s\r\n", length, $_ } @_, "");
}

no_long_string();
share_nginx();
run_tests();

__DATA__

=== TEST 1: a page of the same origin may ask
--- more_headers eval: ::with("Origin: http://localhost")
--- response_body
u2 math
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Allow-Credentials
! Vary


=== TEST 2: on its own port
--- more_headers eval: ::with("Host: app.example.com:8080", "Origin: http://app.example.com:8080")
--- response_body
u2 math


=== TEST 3: where the usual port is written down or not
--- request eval: [ ("GET /token?roomName=math") x 4 ]
--- more_headers eval
[ map { ::with("Host: $_->[0]", "Origin: $_->[1]") }
      [ "app.example.com:80", "http://app.example.com" ], [ "app.example.com", "http://app.example.com:80" ],
      [ "app.example.com:443", "https://app.example.com" ], [ "app.example.com", "https://app.example.com:443" ] ]
--- error_code eval: [ (200) x 4 ]
--- response_body eval: [ ("u2 math\n") x 4 ]


=== TEST 4: also behind a proxy that ends TLS
--- more_headers eval: ::with("Host: app.example.com", "Origin: https://app.example.com", "X-Forwarded-Proto: https")
--- response_body
u2 math


=== TEST 5: names of hosts know no case
--- more_headers eval: ::with("Host: App.Example.com", "Origin: HTTP://app.example.COM")
--- response_body
u2 math


=== TEST 6: clients that are no pages send no Origin
--- request eval: [ "POST /token\n{\"roomName\":\"math\"}", "GET /token?roomName=math" ]
--- more_headers eval: ::with()
--- error_code eval: [ 200, 200 ]
--- response_body eval: [ ("u2 math\n") x 2 ]


=== TEST 7: a page of another origin may not ask
--- more_headers eval: ::with("Origin: https://evil.example.com")
--- answer eval: "403 $::Elsewhere"
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Allow-Credentials
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 8: nor one that only looks like this
--- request eval: [ ("GET /token?roomName=math") x 19 ]
--- more_headers eval
[ map { ::with("Host: app.example.com", "Origin: $_") }
      'null', '', 'http://app.example.com.evil.com', 'http://evilapp.example.com', 'http://example.com',
      'http://x.app.example.com', 'http://app.example.com:8080', 'https://app.example.com:80',
      'http://app.example.com:443', 'http://app.example.com/', 'http://app.example.com@evil.com',
      'http://evil.com@app.example.com', 'app.example.com', '//app.example.com', 'file://app.example.com',
      'ftp://app.example.com', 'http://', 'https://', 'http://app.example.com http://app.example.com' ]
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 9: the port counts
--- request eval: [ ("GET /token?roomName=math") x 3 ]
--- more_headers eval
[ map { ::with("Host: app.example.com:8080", "Origin: $_") }
      "http://app.example.com", "http://app.example.com:80", "http://app.example.com:8081" ]
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 10: what a proxy says of the host does not
--- more_headers eval: ::with("Origin: http://evil.example.com", "X-Forwarded-Host: evil.example.com", "Forwarded: host=evil.example.com")
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 11: of two origins neither is believed
--- request eval: [ ("GET /token?roomName=math") x 3 ]
--- more_headers eval
[ ::with("Origin: http://localhost", "Origin: https://evil.example.com"),
  ::with("Origin: https://evil.example.com", "Origin: http://localhost"),
  ::with("Origin: http://localhost", "origin: http://localhost") ]
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 12: over TLS a page that came without it is another origin
--- http_config eval
$::HttpConfig . <<'_EOC_'
    server {
        listen unix:$TEST_NGINX_DIR/tls.sock ssl;
        ssl_certificate $TEST_NGINX_DIR/localhost.pem;
        ssl_certificate_key $TEST_NGINX_DIR/localhost.pem;
        location = /token { livekit_token; }
    }
_EOC_
--- config
    location = /token { proxy_pass https://unix:$TEST_NGINX_DIR/tls.sock; proxy_set_header Host $http_host; }
--- request eval: [ ("GET /token?roomName=math") x 2 ]
--- more_headers eval: [ map { ::with("Host: app.example.com", "Origin: $_") } "http://app.example.com", "http://app.example.com:80" ]
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 13: and one that came by it is not
--- http_config eval
$::HttpConfig . <<'_EOC_'
    server {
        listen unix:$TEST_NGINX_DIR/tls.sock ssl;
        ssl_certificate $TEST_NGINX_DIR/localhost.pem;
        ssl_certificate_key $TEST_NGINX_DIR/localhost.pem;
        location = /token { livekit_token; }
    }
_EOC_
--- config
    location = /token { proxy_pass https://unix:$TEST_NGINX_DIR/tls.sock; proxy_set_header Host $http_host; }
--- more_headers eval: ::with("Host: app.example.com", "Origin: https://app.example.com")
--- response_body
u2 math


=== TEST 14: a browser that says it is elsewhere is believed, also without an Origin
--- request eval: [ ("GET /token?roomName=math") x 3 ]
--- more_headers eval
[ map { ::with($_) } "Sec-Fetch-Site: cross-site", "sec-fetch-site: CROSS-SITE",
                     "Sec-Fetch-Site: cross-site\nOrigin: http://localhost" ]
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 15: not if it says so and the contrary
--- more_headers eval: ::with("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site")
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 16: it may say that it is here
--- request eval: [ ("GET /token?roomName=math") x 3 ]
--- more_headers eval: [ map { ::with("Sec-Fetch-Site: $_") } qw(same-origin same-site none) ]
--- error_code eval: [ (200) x 3 ]
--- response_body eval: [ ("u2 math\n") x 3 ]


=== TEST 17: another subdomain is the same site and another origin
--- more_headers eval: ::with("Sec-Fetch-Site: same-site", "Origin: http://blog.localhost")
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 18: pages of an allowed origin may ask, and read the answer
--- config
    livekit_allow_origin https://app.example.com http://localhost:3000;
    location = /token { livekit_token; }
--- request eval: [ ("GET /token?roomName=math") x 2 ]
--- more_headers eval
[ ::with("Origin: https://app.example.com", "Sec-Fetch-Site: cross-site"), ::with("Origin: http://localhost:3000") ]
--- error_code eval: [ 200, 200 ]
--- response_body eval: [ ("u2 math\n") x 2 ]
--- response_headers eval
[ map { "Access-Control-Allow-Origin: $_\nAccess-Control-Allow-Credentials: true\nVary: Origin\nCache-Control: no-store" }
      "https://app.example.com", "http://localhost:3000" ]


=== TEST 19: errors as well
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- more_headers
Origin: https://app.example.com
Content-Type: application/json
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Credentials: true
Vary: Origin
--- answer: 401


=== TEST 20: when they may not
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request
POST /token
{"roomName":"closed"}
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Credentials: true
Vary: Origin
--- answer: 403
--- error_log
livekit: forbidden: room_closed


=== TEST 21: when they ask for nothing that can be understood
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request
POST /token
[]
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Credentials: true
Vary: Origin
--- answer: 400 The body must be a JSON object.


=== TEST 22: when they ask in another way
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request
PUT /token
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Vary: Origin
--- answer: 405


=== TEST 23: when they send too much
--- config
    livekit_allow_origin https://app.example.com;
    livekit_body_size 10;
    location = /token { livekit_token; }
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Vary: Origin
--- answer: 413


=== TEST 24: when they send something else
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- more_headers
Origin: https://app.example.com
Content-Type: text/plain
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Vary: Origin
--- answer: 415


=== TEST 25: when Redis has no answer
--- http_config eval
$::HttpConfig =~ s/livekit_redis .*?;/livekit_redis redis:\/\/127.0.0.1:1;/r
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Vary: Origin
--- answer: 503
--- error_log
livekit: no answer about room "math": redis_unavailable


=== TEST 26: the own pages may ask as before
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- more_headers eval: ::with("Origin: http://localhost")
--- response_headers
Vary: Origin
! Access-Control-Allow-Origin
--- response_body
u2 math


=== TEST 27: those of yet another origin may not
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request eval: [ ("GET /token?roomName=math") x 6 ]
--- more_headers eval
[ map { ::with("Origin: $_") } "https://evil.example.com", "http://app.example.com", "https://app.example.com:8443", "null",
                               "https://app.example.com.evil.com", "https://app.example.com/" ]
--- response_headers
Vary: Origin
! Access-Control-Allow-Origin
! Access-Control-Allow-Credentials
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 27.1: the usual port of an allowed origin may be written down; browsers leave it out
--- config
    livekit_allow_origin https://app.example.com:443 HTTP://shop.example.com:80 https://odd.example.com:80;
    location = /token { livekit_token; }
--- request eval: [ ("GET /token?roomName=math") x 4 ]
--- more_headers eval
[ map { ::with("Origin: $_") } "https://app.example.com", "http://shop.example.com", "https://odd.example.com:80", "https://odd.example.com" ]
--- error_code eval: [ 200, 200, 200, 403 ]
--- no_error_log
[alert]


=== TEST 28: an allowed origin beside another one is not believed
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- more_headers eval: ::with("Origin: https://app.example.com", "Origin: https://evil.example.com")
--- response_headers
Vary: Origin
! Access-Control-Allow-Origin
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 29: a location's own origins replace those outside
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_allow_origin https://web.example.com; livekit_token; }
    location = /own { livekit_allow_origin off; livekit_token; }
--- request eval: [ map { "GET $_?roomName=math" } "/token", "/own" ]
--- more_headers eval: ::with("Origin: https://app.example.com")
--- response_headers
! Access-Control-Allow-Origin
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 30: before a page of an allowed origin asks, the browser asks whether it may
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request
OPTIONS /token
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: POST
Access-Control-Request-Headers: content-type
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Allow-Credentials: true
Access-Control-Allow-Methods: GET, POST
Access-Control-Allow-Headers: Authorization, Content-Type
Access-Control-Max-Age: 600
Cache-Control: no-store
Vary: Origin
! Content-Type
--- response_body:


=== TEST 31: for a page of another origin it may not
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request
OPTIONS /token
--- more_headers
Origin: https://evil.example.com
Access-Control-Request-Method: POST
--- response_headers
Vary: Origin
! Access-Control-Allow-Origin
! Access-Control-Allow-Methods
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 32: nor where no other origin is allowed
--- request
OPTIONS /token
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: POST
--- response_headers
! Access-Control-Allow-Origin
! Access-Control-Allow-Methods
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 33: OPTIONS that is no preflight is a method like others
--- config
    livekit_allow_origin https://app.example.com;
    location = /token { livekit_token; }
--- request eval: [ ("OPTIONS /token\n") x 2 ]
--- more_headers eval: [ "Origin: https://app.example.com", "Access-Control-Request-Method: POST" ]
--- answer: 405


=== TEST 34: JSON is what the type says it is
--- request eval: [ ("POST /token\n{\"roomName\":\"math\"}") x 5 ]
--- more_headers eval
[ map { "Content-Type: $_\nCookie: " . ::cookie(sub => "u2") }
      "application/json", "application/json; charset=utf-8", "Application/JSON", "application/json ; a=b", "application/json;" ]
--- error_code eval: [ (200) x 5 ]
--- response_body eval: [ ("u2 math\n") x 5 ]


=== TEST 35: what a form or a page elsewhere can send without asking is not
--- request eval: [ ("POST /token\n{\"roomName\":\"math\"}") x 12 ]
--- more_headers eval
[ map { "Content-Type: $_\nCookie: " . ::cookie(sub => "u2") }
      "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=application/json", "application/jsonp", "application/json5", "application/json-patch+json",
      "application/ld+json", "text/json", "json", "", "application/json, text/plain" ]
--- answer: 415


=== TEST 36: nor what has no type
--- more_headers eval: "Cookie: " . ::cookie(sub => "u2")
--- answer: 415


=== TEST 37: it is said before anybody has to sign in
--- more_headers
Content-Type: text/plain
--- answer: 415


=== TEST 38: GET has no body and needs no type
--- request
GET /token?roomName=math
--- more_headers eval: "Content-Type: text/plain\nCookie: " . ::cookie(sub => "u2")
--- response_body
u2 math


=== TEST 39: a body of just 16k
--- request eval: "POST /token\n" . ::body(16384)
--- more_headers eval: ::with()
--- response_body
u2 math


=== TEST 40: a body of one byte more
--- request eval: "POST /token\n" . ::body(16385)
--- more_headers eval: ::with()
--- answer: 413


=== TEST 41: which is said before it is sent
--- config
    lingering_timeout 50ms;
    location = /token { livekit_token; }
--- raw_request eval: ::raw([ "Content-Length: 999999999999" ], "")
--- answer: 413


=== TEST 42: and before anybody has to sign in
--- request eval: "POST /token\n" . ::body(16385)
--- more_headers
Content-Type: application/json
--- answer: 413


=== TEST 43: in chunks, without a length, it is the same: just 16k
--- raw_request eval: ::chunked(substr(::body(16384), 0, 10000), substr(::body(16384), 10000))
--- response_body
u2 math


=== TEST 44: in chunks: one byte more
--- raw_request eval: ::chunked(substr(::body(16385), 0, 10000), substr(::body(16385), 10000))
--- answer: 413


=== TEST 45: in chunks: a single one that is too large
--- raw_request eval: ::chunked(::body(100000))
--- answer: 413


=== TEST 46: in chunks: an empty body
--- raw_request eval: ::chunked()
--- answer: 400 The body is not valid JSON, or a name stands in it twice.


=== TEST 47: in chunks of one byte
--- raw_request eval: ::chunked(split //, '{"roomName":"math"}')
--- response_body
u2 math


=== TEST 48: a body may arrive in pieces
--- raw_request eval
[ ::raw([ "Content-Length: 19" ], '{"room'), 'Name":', '"math"', '}' ]
--- raw_request_middle_delay: 0.03
--- response_body
u2 math


=== TEST 49: after its header
--- raw_request eval: [ ::raw([ "Content-Length: 19" ], ''), '{"roomName":"math"}' ]
--- raw_request_middle_delay: 0.03
--- response_body
u2 math


=== TEST 50: a large one, too
--- raw_request eval
[ ::raw([ "Content-Length: 16384" ], substr ::body(16384), 0, 1), map { substr ::body(16384), $_ * 4096 + 1, 4096 } 0 .. 3 ]
--- raw_request_middle_delay: 0.02
--- response_body
u2 math


=== TEST 51: chunks may arrive in pieces
--- raw_request eval
[ ::raw([ "Transfer-Encoding: chunked" ], "1"), "3\r\n", '{"roomName":"math"', "}\r", "\n0\r\n", "\r\n" ]
--- raw_request_middle_delay: 0.02
--- response_body
u2 math


=== TEST 52: with a body of more than 16k in pieces the answer does not wait for the end
--- raw_request eval
[ ::raw([ "Transfer-Encoding: chunked" ], "8000\r\n"), map { " " x 8192 } 1 .. 3 ]
--- raw_request_middle_delay: 0.02
--- answer: 413


=== TEST 53: livekit_body_size is the limit
--- config
    livekit_body_size 19;
    location = /token { livekit_token; }
--- more_headers eval: ::with()
--- response_body
u2 math


=== TEST 54: to the byte
--- config
    livekit_body_size 18;
    location = /token { livekit_token; }
--- more_headers eval: ::with()
--- answer: 413


=== TEST 55: in chunks as well
--- config
    livekit_body_size 18;
    location = /token { livekit_token; }
--- raw_request eval: ::chunked('{"roomName"', ':"math"}')
--- answer: 413


=== TEST 56: and may be more
--- config
    livekit_body_size 64k;
    location = /token { livekit_token; }
--- request eval: "POST /token\n" . ::body(65536)
--- more_headers eval: ::with()
--- response_body
u2 math


=== TEST 57: nginx's own limit does not count at an endpoint, whose errors are JSON
--- config
    location /api/ {
        client_max_body_size 10;
        location = /api/token { livekit_token; }
    }
    location = /token { client_max_body_size 1m; livekit_token; }
--- request eval: [ "POST /api/token\n" . ::body(8000), "POST /token\n" . ::body(16385) ]
--- more_headers eval: ::with()
--- error_code eval: [ 200, 413 ]
--- response_body eval
[ "u2 math\n", qq({"error":"payload_too_large","message":"The request body is too large."}\n) ]


=== TEST 58: but everywhere else
--- config
    location = /token { livekit_token; }
    location = /upload { client_max_body_size 10; proxy_pass http://127.0.0.1:$server_port/hello; }
    location = /hello { return 200 "hello\n"; }
--- request
POST /upload
more than ten bytes
--- error_code: 413
--- response_body_like: 413 Request Entity Too Large
--- error_log
client intended to send too large body


=== TEST 59: a small buffer for bodies makes no difference
--- config
    client_body_buffer_size 16;
    client_body_in_file_only on;
    location = /token { livekit_token; }
--- request eval: "POST /token\n" . ::body(9000)
--- more_headers eval: ::with()
--- response_body
u2 math
--- no_error_log
a client request body is buffered to a temporary file
[error]
[crit]
[alert]
[emerg]


=== TEST 60: a request without a host comes from nowhere that a page could be
--- raw_request eval
"GET /token?roomName=math HTTP/1.0\r\nOrigin: http://localhost\r\nCookie: " . ::cookie(sub => "u2") . "\r\n\r\n"
--- answer eval: "403 $::Elsewhere"
--- error_log
livekit: forbidden: the request comes from another origin


=== TEST 61: but clients of HTTP/1.0 that are no pages may ask
--- raw_request eval
"GET /token?roomName=math HTTP/1.0\r\nCookie: " . ::cookie(sub => "u2") . "\r\n\r\n"
--- response_body
u2 math
