# livekit_client_config: what browsers are told at run time, how they keep it,
# and what nginx does not start with.
#
# --- wrong             a client configuration that is refused; "@" stands
#                       where the message must point

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

write_file('production.json', <<'_EOC_');
{
  "$schema": "client-config.schema.json",
  "comment": "for production",
  "serverUrl": "wss://live.example.com",
  "logLevel": "warn",
  "reconnectDelays": [0, 300, 1200],
  "adaptiveStream": true,
  "videoCaptureDefaults": { "resolution": "h720" },
  "publishDefaults": { "simulcast": true }
}
_EOC_

our $Production = '{"serverUrl":"wss://live.example.com","logLevel":"warn",'
                  . '"reconnectDelays":[0,300,1200],"adaptiveStream":true,'
                  . '"videoCaptureDefaults":{"resolution":"h720"},'
                  . '"publishDefaults":{"simulcast":true}}';

write_file('development.json', '{ "logLevel": "debug" }');
write_file('example.json', LiveKitStory::slurp("$LiveKitTest::root/examples/client-config.json"));
write_file('file.secret', "the secret that is in a file, 32 bytes\n", 0600);

$ENV{A_SECRET} = 'the secret of the environment';

add_block_preprocessor(sub {
    my $block = shift;

    if (defined(my $wrong = $block->wrong)) {
        $wrong =~ s/\n\z//;

        my ($before) = $wrong =~ /^(.*?)@/s;
        my $line = 1 + ($before =~ tr/\n//);
        my $column = 1 + length($before =~ s/.*\n//sr);

        write_file($block->name =~ /(\d+)/ ? "wrong-$1.json" : die, $wrong =~ s/@//r);

        my ($n) = $block->name =~ /(\d+)/;

        $block->set_value(config => "location = /config {\n"
                                    . "    livekit_client_config \$TEST_NGINX_DIR/wrong-$n.json; # wrong\n}\n");
        $block->set_value(must_die => '');
        $block->set_value(error_log => "client configuration $LiveKitTest::dir/wrong-$n.json:$line:$column: "
                                       . $block->says);
        $block->set_value(no_error_log => "an api secret\na session secret\nsecret that is\nsecret of the env");
        return;
    }

    $block->set_value(config => <<'_EOT_') unless defined $block->config;
location = /config { livekit_client_config $TEST_NGINX_DIR/production.json; }
location = /development { livekit_client_config $TEST_NGINX_DIR/development.json; }
_EOT_

    $block->set_value(request => 'GET /config')
        unless defined $block->request || defined $block->story;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a browser is told, without a session, and may keep it if it asks again
--- response_body eval: $::Production
--- response_headers_like
Content-Type: application/json
Cache-Control: no-cache
ETag: "[0-9a-f]{32}"


=== TEST 2: one file for each environment
--- request
GET /development
--- response_body chomp
{"logLevel":"debug"}


=== TEST 3: HEAD gives the same headers
--- request
HEAD /config
--- response_body
--- response_headers eval
"Content-Type: application/json\nCache-Control: no-cache\nContent-Length: " . length $::Production


=== TEST 4: the example is a good one
--- config
location = /config { livekit_client_config $TEST_NGINX_DIR/example.json; }
--- response_body_like: ^\{"serverUrl":"wss://live.example.com",.*"reconnectDelays":\[0,300,.*"simulcast":true


=== TEST 5: who has it already is told 304, until another file is there
--- story
sub get { return ask("GET /config", headers => [ @_ ]) }

my $first = get();
my $tag = $first->header('ETag');

my $same = get("If-None-Match: $tag");
my $weak = get("If-None-Match: W/$tag");
my $other = get('If-None-Match: "0123"');
my $development = ask("GET /development", headers => [ "If-None-Match: $tag" ]);

(map { $_->status } $first, $same, $weak, $other, $development),
"body: '" . $same->body . "'", $same->header('ETag') eq $tag ? 'same tag' : 'another tag',
$same->header('Cache-Control'),
$development->header('ETag') eq $tag ? 'same tag' : 'another tag';
--- response_body
200
304
304
200
200
body: ''
same tag
no-cache
another tag


=== TEST 6: a reload takes up what the file says then, and keeps to the old one if that is wrong
--- processes: 1
--- config
location = /config { livekit_client_config $TEST_NGINX_DIR/changing.json; }
--- before
LiveKitTest::write_file('changing.json', '{"dynacast":true}');
--- story
my @seen;

for my $text ('{"dynacast":false}', '{"dynacast":1}') {
    my ($before) = workers();

    LiveKitTest::write_file('changing.json', $text);
    kill 'HUP', nginx_pid();

    eventually { $text =~ /1/ ? error_log() =~ /"dynacast" must be true or false/ : gone($before) };
    push @seen, ask("GET /config")->body;
}

@seen;
--- response_body
{"dynacast":false}
{"dynacast":false}
--- no_shutdown_error_log
[alert]
[crit]
--- error_log eval: qr/\[emerg\].*changing\.json:1:13: "dynacast" must be true or false/
--- no_error_log
[alert]
[crit]


=== TEST 7: nothing can be sent there
--- request eval: [ "POST /config\n{}", "DELETE /config" ]
--- error_code eval: [ 405, 405 ]
--- response_headers eval: [ ("Allow: GET, HEAD\nCache-Control: no-store") x 2 ]


=== TEST 8: pages of other origins, unless they are allowed
--- request eval: [ ("GET /config") x 3 ]
--- config
location = /config {
    livekit_client_config $TEST_NGINX_DIR/production.json;
    livekit_allow_origin https://app.example.com;
}
--- more_headers eval
[ "Origin: https://elsewhere.example.com", "Origin: https://app.example.com", "" ]
--- error_code eval: [ 403, 200, 200 ]
--- response_headers eval
[ "! Access-Control-Allow-Origin\nVary: Origin",
  "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin",
  "! Access-Control-Allow-Origin\nVary: Origin" ]
--- no_error_log
[crit]
[alert]
[emerg]


=== TEST 9: it needs neither keys, policy nor Redis
--- http_config
--- response_body eval: $::Production


=== TEST 10: an unknown key
--- wrong
{
  "logLevel": "warn",
  @"apdativeStream": true
}
--- says: unknown key "apdativeStream" in the configuration; did you mean "adaptiveStream"?


=== TEST 11: a wrong value
--- wrong
{ "publishDefaults": { "simulcast": @"yes" } }
--- says: "simulcast" of "publishDefaults" must be true or false


=== TEST 12: something that is no JSON
--- wrong
{ "logLevel" @"warn" }
--- says: not JSON: ':' expected near '"warn"'


=== TEST 13: what sounds like a secret
--- wrong
{ "serverUrl": "wss://live.example.com",
  @"LIVEKIT_API_SECRET": "x" }
--- says: "LIVEKIT_API_SECRET" sounds like a secret, and every browser gets this file: leave it out


=== TEST 14: the secret of livekit_key, wherever it stands
--- wrong
{ "comment": @"an api secret of 32 bytes or even more" }
--- says: this text holds a secret of nginx.conf, and every browser gets this file: leave it out, and change the secret


=== TEST 15: a session's secret, within another text
--- wrong
{ "publishDefaults": { "videoCodec": @"x a session secret of 32 bytes or more x" } }
--- says: this text holds a secret of nginx.conf, and every browser gets this file: leave it out, and change the secret


=== TEST 16: a secret that is configured further down, in a file
--- http_config
    server {
        listen unix:$TEST_NGINX_DIR/other.sock;
        location / { livekit_key LKother file:$TEST_NGINX_DIR/file.secret; }
    }
--- wrong
{ "comment": @"the secret that is in a file, 32 bytes" }
--- says: this text holds a secret of nginx.conf, and every browser gets this file: leave it out, and change the secret


=== TEST 17: a secret of the environment
--- http_config
    livekit_key LKenv env:A_SECRET;
--- wrong
{ "comment": @"the secret of the environment" }
--- says: this text holds a secret of nginx.conf, and every browser gets this file: leave it out, and change the secret


=== TEST 18: a URL with a password in it
--- wrong
{ "serverUrl": @"wss://ann:pw\u0040live.example.com" }
--- says: "serverUrl" must be a URL like wss://host, without a user, a password or a query


=== TEST 19: no such file
--- config
location = /config {
    livekit_client_config /no/such/file.json; # wrong
}
--- must_die
--- error_log
open() "/no/such/file.json" failed


=== TEST 20: a second answer in the location
--- config
location = /config {
    livekit_client_config $TEST_NGINX_DIR/production.json;
    livekit_token; # wrong
}
--- must_die
--- error_log
"livekit_token" directive cannot stand beside another endpoint in a location
