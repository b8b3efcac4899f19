# Redis over TLS: nginx speaks only to the server that it means to.  Whatever
# does not hold is 503 and told in the log; nothing is said to such a server,
# least of all a password.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitTls;
use Test::Nginx::Socket 'no_plan';

# the usual configuration with another "livekit_redis ...;", and more lines;
# making keys takes its time on a machine that does something else, too

sub with {
    my ($redis, @more) = @_;
    unshift @more, 'connect_timeout 1s' unless grep { /^connect_timeout/ } @more;
    unshift @more, 'timeout 2s' unless grep { /^timeout/ } @more;
    my $config = $LiveKitTest::HttpConfig;
    $config =~ s/livekit_redis [^;]*;/livekit_redis $redis;/;
    return join "\n", $config, map { "    livekit_redis_$_;\n" } @more;
}

# what this suite's authority signed is trusted

sub trusting {
    my ($redis, @more) = @_;
    return with($redis, 'ssl_trusted_certificate $TEST_NGINX_DIR/tls/ca.pem', @more);
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: TLS, the certificate verified against the server's address
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish($_))->who } qw(u1 u2 stranger banned u1);
"@who", tls_command('CLIENT', 'LIST') =~ /name=nginx/ ? 'connected' : 'not there';
--- response_body
u1 u2 forbidden forbidden u1
connected
--- error_log
banned


=== TEST 2: whom the system trusts, where no file is named
--- http_config eval: ::with('$TEST_NGINX_TLS')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
u1


=== TEST 3: a host name is verified, and told to the server
--- http_config eval: ::trusting('rediss://localhost:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
my $who = ask(wish('u1'))->who;
my ($tls) = opened();
$who, $tls->{name}, $tls->{version};
--- response_body
u1
localhost
TLSv1.3
--- no_error_log
[alert]
[crit]


=== TEST 4: an address is not told, nor a name that is not to be
--- http_config eval: ::trusting('rediss://localhost:$TEST_NGINX_FAKE_PORT', 'ssl_server_name off')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who, (opened())[0]->{name};
--- response_body
u1
nothing
--- no_error_log
[alert]
[crit]


=== TEST 5: a certificate for another server
--- http_config eval: ::trusting('$TEST_NGINX_TLS password=secret-of-the-right-one')
--- before: redis_tls('other')
--- config
    location = /token { livekit_token; }
--- story
my $answer = eventually { ask(wish('u1')) eq '503' && error_log() =~ /does not match/ };
my $said = tls_command('INFO', 'commandstats');
"told $answer", $said =~ /cmdstat_(auth|ping|hmget)/ ? "it heard $1" : 'it heard nothing';
--- response_body
told 1
it heard nothing
--- error_log
redis SSL certificate does not match "127.0.0.1"
redis_unavailable


=== TEST 6: another name that is configured
--- http_config eval: ::trusting('$TEST_NGINX_TLS', 'ssl_name redis.example.com')
--- before: redis_tls('other')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
u1


=== TEST 7: a certificate whose time is over
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('expired')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log
redis SSL certificate verify error: (10:certificate has expired)


=== TEST 8: a certificate of somebody whom nobody knows
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('stranger')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log eval
qr/redis SSL certificate verify error: \((19|20|21):/
--- no_error_log
[crit]
[alert]


=== TEST 9: the same without a file of one's own
--- http_config eval: ::with('$TEST_NGINX_TLS')
--- before: redis_tls('stranger')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log eval
qr/redis SSL certificate verify error: \((19|20|21):/
--- no_error_log
[crit]
[alert]


=== TEST 10: a file of one's own is trusted in place of the system's
--- http_config eval
::with('$TEST_NGINX_TLS', 'ssl_trusted_certificate $TEST_NGINX_DIR/tls/stranger-ca.pem')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log eval
qr/redis SSL certificate verify error: \((19|20|21):/
--- no_error_log
[crit]
[alert]


=== TEST 11: a certificate that signs itself
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- before
LiveKitTls::run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=self "
                . "-addext subjectAltName=IP:127.0.0.1 -keyout $LiveKitTls::tls/self.key -out $LiveKitTls::tls/self.pem");
LiveKitTls::run("cat $LiveKitTls::tls/self.pem $LiveKitTls::tls/self.key > $LiveKitTls::tls/self.both");
fake('--tcp', '--tls', "$LiveKitTls::tls/self.both");
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who, seen() ? 'it heard something' : 'it heard nothing';
--- response_body
unavailable
it heard nothing
--- error_log eval
qr/redis SSL certificate verify error: \(18:self.signed certificate\)/
--- no_error_log
[crit]
[alert]


=== TEST 12: a certificate that is on the list of those revoked
--- http_config eval: ::trusting('$TEST_NGINX_TLS', 'ssl_crl $TEST_NGINX_DIR/tls/crl.pem')
--- before: redis_tls('revoked')
--- config
    location = /token { livekit_token; }
--- story
my $revoked = ask(wish('u1'))->who;
redis_tls('good');
my $good = eventually { ask(wish('u1'))->who eq 'u1' };
"revoked $revoked", "good $good";
--- response_body
revoked unavailable
good 1
--- error_log
redis SSL certificate verify error: (23:certificate revoked)


=== TEST 13: no verification, where that is asked for
--- http_config eval: ::with('$TEST_NGINX_TLS', 'ssl_verify off')
--- before: redis_tls('expired')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
u1


=== TEST 14: a server that wants to know nginx, which has no certificate
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('good', 'tls-auth-clients' => 'yes', 'tls-protocols' => '"TLSv1.2"')
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'unavailable' && error_log() =~ /alert/ };
--- response_body
1
--- error_log eval
qr/alert (handshake failure|certificate required)/
--- no_error_log
[crit]
[alert]


=== TEST 15: a server that wants to know nginx, and does
--- http_config eval
::trusting('$TEST_NGINX_TLS', 'ssl_certificate $TEST_NGINX_DIR/tls/client.pem',
           'ssl_certificate_key $TEST_NGINX_DIR/tls/client.key')
--- before: redis_tls('good', 'tls-auth-clients' => 'yes')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
u1


=== TEST 16: a server that wants to know nginx, whose certificate it does not trust
--- http_config eval
::trusting('$TEST_NGINX_TLS', 'ssl_certificate $TEST_NGINX_DIR/tls/spy.pem',
           'ssl_certificate_key $TEST_NGINX_DIR/tls/spy.key')
--- before: redis_tls('good', 'tls-auth-clients' => 'yes')
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'unavailable' && error_log() =~ /alert/ };
--- response_body
1
--- error_log
alert unknown ca
--- no_error_log
[crit]
[alert]


=== TEST 17: a certificate without its key
--- http_config eval
::trusting('$TEST_NGINX_TLS', 'ssl_certificate $TEST_NGINX_DIR/tls/client.pem')
--- config
    location = /token { livekit_token; }
--- must_die
--- error_log
no key for the client certificate


=== TEST 18: a file that is not there
--- http_config eval
::with('$TEST_NGINX_TLS', 'ssl_trusted_certificate $TEST_NGINX_DIR/tls/no-such.pem')
--- config
    location = /token { livekit_token; }
--- must_die
--- error_log
no-such.pem


=== TEST 19: no version of TLS that both speak
--- http_config eval: ::trusting('$TEST_NGINX_TLS', 'ssl_protocols TLSv1.3')
--- before: redis_tls('good', 'tls-protocols' => '"TLSv1.2"')
--- config
    location = /token { livekit_token; }
--- story
my $none = ask(wish('u1'))->who;
redis_tls('good');
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"none $none", "then $then";
--- response_body
none unavailable
then 1
--- error_log
SSL_do_handshake() failed


=== TEST 20: TLS 1.2
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('good', 'tls-protocols' => '"TLSv1.2"')
--- config
    location = /token { livekit_token; }
--- story
map { ask(wish($_))->who } qw(u1 u2);
--- response_body
u1
u2


=== TEST 21: TLS to a port that speaks in the clear
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_CLEAR_PORT')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log eval
qr/while SSL handshaking to redis/
--- no_error_log
[crit]
[alert]


=== TEST 22: in the clear to a port that speaks TLS
--- http_config eval: ::with('redis://127.0.0.1:$TEST_NGINX_TLS_PORT')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'))->who;
--- response_body
unavailable
--- error_log eval
qr/redis (closed connection|sent an invalid reply)|recv\(\) failed/
--- no_error_log
[crit]
[alert]


=== TEST 23: a server that never answers a handshake
--- http_config eval
::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT', 'connect_timeout 200ms', 'timeout 2s')
--- fake_redis: --tcp --mute
--- config
    location = /token { livekit_token; }
--- story
my $start = time;
my $answer = ask(wish('u1'));
my $soon = within(1, $start) ? 'within the connect timeout' : 'late';
fake('--tcp', '--tls', "$LiveKitTls::tls/good.both");
my $then = eventually { ask(wish('u1'))->who eq 'u1' };
"$answer $soon", "then $then";
--- response_body
503 within the connect timeout
then 1
--- error_log
redis did not complete the SSL handshake


=== TEST 24: replies in records of one byte
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
map { ask(wish($_, 'fake-split'))->who } qw(u1 u2);
--- response_body
u1
u2


=== TEST 25: a reply longer than a record, and others behind it
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my @clients = map { client()->send(wish(@$_)) } ['u1', 'fake-delay-20'], ['u1', 'fake-big-60000'], ['u2', 'math'],
    ['u1', 'fake-big-50000'], ['u1', 'math'], ['stranger', 'math'];
(join ' ', map { $_->answer->who } @clients), scalar(opened());
--- response_body
u1 unavailable u2 unavailable u1 forbidden
1
--- error_log
redis answered HMGET with another type


=== TEST 26: questions longer than a socket takes at once
--- http_config eval
::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT', 'timeout 3s')
. 'livekit_access role GET "$http_x_pad-$livekit_identity"; large_client_header_buffers 4 64k;'
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location /check { livekit_check; }
--- story
ask('GET /check?room=math', as => 'u1');
my $pad = 'x' x 50000;
my @clients = map { client()->send(request('GET /check?room=math', as => $_, headers => ["X-Pad: $pad"])) }
              map { "p$_" } 1 .. 20;
my @answers = map { $_->answer } @clients;
my %heard;
$heard{substr $_, -3}++ for grep { length > 50000 } seen();
"@answers", scalar(keys %heard), scalar(opened());
--- response_body
403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403
20
1
--- error_log
forbidden


=== TEST 27: close_notify in the middle of a reply: asked again, once
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
my $start = () = seen();
my $half = ask(wish('u1', 'fake-half'))->who;
my $times = grep { /fake-half/ } seen();
my $then = eventually { ask(wish('u2'))->who eq 'u2' };
"half $half, asked $times times", "then $then";
--- response_body
half unavailable, asked 2 times
then 1
--- error_log
redis closed connection with 1 queries in flight


=== TEST 28: a reset in place of a reply, and a server that closes after one
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
ask(wish('u1'));
map { my $mode = $_; my $who = ask(wish('u1', "fake-$mode"))->who;
      "$mode $who, then " . eventually { ask(wish('u2'))->who eq 'u2' } } qw(reset last close);
--- response_body
reset unavailable, then 1
last u1, then 1
close unavailable, then 1
--- error_log
queries in flight


=== TEST 29: the session of the connection before is resumed, if it may be
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish('u1', $_))->who } qw(math fake-last math);
"@who", map { $_->{resumed} ? 'resumed' : 'new' } (opened())[0, 1];
--- response_body
u1 u1 u1
new
resumed
--- no_error_log
[alert]
[crit]


=== TEST 30: the session of the connection before is not resumed, if it may not be
--- http_config eval: ::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT', 'ssl_session_reuse off')
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
my @who = map { ask(wish('u1', $_))->who } qw(math fake-last math);
"@who", map { $_->{resumed} ? 'resumed' : 'new' } (opened())[0, 1];
--- response_body
u1 u1 u1
new
new
--- no_error_log
[alert]
[crit]


=== TEST 31: a server that is killed, and is back
--- http_config eval: ::trusting('$TEST_NGINX_TLS')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
my $before = ask(wish('u1'))->who;
kill_redis_tls();
my @dead = map { ask(wish('u1')) } 1 .. 3;
redis_tls('good');
my $back = eventually { ask(wish('u1'))->who eq 'u1' };
"before $before", "dead @dead", "back $back";
--- response_body
before u1
dead 503 503 503
back 1
--- error_log
redis_unavailable


=== TEST 32: many at once, each for whom it is
--- http_config eval: ::trusting('$TEST_NGINX_TLS', 'connections 2')
--- before: redis_tls('good')
--- config
    location = /token { livekit_token; }
--- story
my @who = ('u1', 'u2', 'stranger') x 12;
my @clients = map { client()->send(wish($_)) } @who;
my %right = (u1 => 'u1', u2 => 'u2', stranger => 'forbidden');
my $wrong = grep { $_->answer->who ne $right{shift @who} } @clients;
"wrong $wrong";
--- response_body
wrong 0
--- error_log
not_member


=== TEST 33: a reload, and an end, with questions in flight
--- http_config eval
::trusting('rediss://127.0.0.1:$TEST_NGINX_FAKE_PORT', 'timeout 3s')
--- processes: 1
--- fake_redis eval: "--tcp --tls $LiveKitTls::tls/good.both"
--- config
    location = /token { livekit_token; }
--- story
eventually { ask(wish('u1'))->who eq 'u1' };
my ($old) = workers();
my $client = client()->send(wish('u1', 'fake-delay-100'));
sleep 0.03;
kill 'HUP', nginx_pid();
my $who = $client->answer->who;
my $left = eventually { gone($old) };
my $again = eventually { ask(wish('u2'))->who eq 'u2' };
$who, "left $left", "again $again", 'alarms ' . alarms();
--- response_body
u1
left 1
again 1
alarms none
