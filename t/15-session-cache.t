# What the application says about a session can be kept for some seconds
# (cache=).  Here it is a location of nginx's own that gives a user another
# name each time it is asked: the same name twice is an answer that was kept.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

our $Out = "$LiveKitTest::dir/signed-out";
$ENV{TEST_NGINX_OUT} = $Out;
$ENV{TEST_NGINX_OTHER} = '127.0.0.1:' . LiveKitStory::free_port();

our $HttpConfig = $LiveKitTest::HttpConfig
    =~ s/livekit_session .*/livekit_session introspect uri=\/_session cache=60s;/r;

our $Places = <<'_EOC_';
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    location /app/ {
        livekit_session off;
        if (-f $TEST_NGINX_OUT) { return 200 'null'; }
        return 200 '{"user":{"id":"u1","name":"$request_id"}}';
    }
    location = /app/bob  { livekit_session off; return 200 '{"user":{"id":"u2","name":"$request_id"}}'; }
    location = /app/ends { livekit_session off; return 200 '{"user":{"id":"u1","name":"$request_id"},"expires":$cookie_end}'; }
    location = /app/over { livekit_session off; return 200 '{"user":{"id":"u1"},"expires":1000000000}'; }
_EOC_

our $Me = 'livekit_check session; add_header X-Name $livekit_name always;';

add_block_preprocessor(sub {
    my $block = shift;

    unlink $Out;

    return if defined $block->must_die;

    $block->set_value(http_config => $HttpConfig) unless defined $block->http_config;

    my $config = $block->config // '';
    $config .= $Places unless $config =~ m{location = /_session };
    $config .= "location = /me { $Me }\n" unless $config =~ m{location = /me };

    $block->set_value(config => $config =~ s/ME/$Me/gr);
});


# Who it is, and as which answer of the application: the first is called 1

my %answers;

sub who {
    my ($uri, @headers) = @_;

    my $a = LiveKitStory::ask("GET $uri", headers => \@headers);
    my $identity = $a->header('X-LiveKit-Identity') // return "$a";
    return "$identity " . number($a);
}

sub number {
    my $name = shift->header('X-Name') // '';

    $answers{$name} = 1 + keys %answers unless exists $answers{$name};

    return $answers{$name};
}

sub again { %answers = (); return }

sub sign_out { write_file('signed-out', '') }


# Everything that nginx's processes share

sub shared_memory {
    my $pid = shift;

    open my $maps, '<', "/proc/$pid/maps" or die "maps: $!";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";

    my $all = '';

    while (<$maps>) {
        my ($from, $to) = map { unpack 'Q>', pack 'H*', sprintf '%016s', $_ }
                              /^([0-9a-f]+)-([0-9a-f]+) rw-s .*zero/ or next;

        sysseek $mem, $from, 0 or die "seek: $!";
        sysread $mem, $all, $to - $from, length $all or die "read: $!";
    }

    return $all;
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: who asks again is known; everybody else is asked about
--- config
--- story
::again();
my @ann = ('Cookie: session=ann; theme=dark');
map { "$_->[0]: " . ::who('/me', @$_[1 .. $#$_]) }
    ['ann', @ann], ['ann again', @ann], ['another cookie', 'Cookie: session=ann; theme=light'],
    ['the same in two lines', 'Cookie: session=ann', 'Cookie: theme=dark'],
    ['in other two', 'Cookie: session=ann; ', 'Cookie: theme=dark'],
    ['with Authorization', @ann, 'Authorization: Bearer x'], ['with another', @ann, 'Authorization: Bearer y'],
    ['bob', 'Cookie: session=bob'], ['a page', @ann, 'User-Agent: x', 'Origin: http://localhost', 'Sec-Fetch-Site: same-origin'],
    ['bob again', 'Cookie: session=bob'], ['with the first Authorization again', @ann, 'Authorization: Bearer x'];
--- response_body
ann: u1 1
ann again: u1 1
another cookie: u1 2
the same in two lines: u1 3
in other two: u1 4
with Authorization: u1 5
with another: u1 6
bob: u2 7
a page: u1 1
bob again: u2 7
with the first Authorization again: u1 5


=== TEST 2: another host is another application, and so is another server of the same host
--- http_config eval
$::HttpConfig . "server { listen \$TEST_NGINX_OTHER; server_name localhost; $::Places location = /me { $::Me } }"
--- config
--- story
::again();
my $ask = sub {
    my ($where, $host) = @_;
    ::number(client(port => $where)->send("GET /me HTTP/1.1\r\nHost: $host\r\nCookie: session=ann\r\n\r\n")->answer);
};
map { $_ . ' ' . $ask->($ENV{TEST_NGINX_PORT}, $_) . ' ' . $ask->($ENV{TEST_NGINX_OTHER} =~ /(\d+)$/, $_) }
    'localhost', 'localhost:80', 'other.example.com', 'localhost';
--- response_body
localhost 1 2
localhost:80 3 4
other.example.com 5 6
localhost 1 2


=== TEST 3: lines that say something else share nothing
--- config
    location = /me   { ME }
    location = /same { livekit_session introspect uri=/_session cache=60s; ME }
    location = /time { livekit_session introspect uri=/_session cache=59s; ME }
    location = /more { livekit_session introspect uri=/_session cache=60s prefix=app:; ME }
    location = /path { livekit_session introspect uri=/_session cache=60s identity=user.name; ME }
    location = /uri  { livekit_session introspect uri=/_other cache=60s; ME }
    location = /none { livekit_session introspect uri=/_session; ME }
    location = /_other { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/bob; }
--- story
::again();
map { "$_: " . ::who($_, 'Cookie: session=ann') =~ s/^[0-9a-f]{32}/a name/r } qw(/me /same /time /more /path /uri /none /none /me /more /uri);
--- response_body
/me: u1 1
/same: u1 1
/time: u1 2
/more: app:u1 3
/path: a name 4
/uri: u2 5
/none: u1 6
/none: u1 7
/me: u1 1
/more: app:u1 3
/uri: u2 5


=== TEST 4: who has signed out is believed in for as long as cache= says, and not longer
--- config
    location = /short { livekit_session introspect uri=/_session cache=1s; ME }
--- story
my @ann = ('Cookie: session=ann');
my $before = join ' ', ask('GET /me', headers => \@ann), ask('GET /short', headers => \@ann);
::sign_out();
my $kept = ask('GET /me', headers => \@ann);
my $over = eventually { ask('GET /short', headers => \@ann)->status == 401 };
($before, "kept: $kept", "over: $over", 'still: ' . ask('GET /me', headers => \@ann), 'bob: ' . ask('GET /me', headers => ['Cookie: session=bob']));
--- response_body
204 204
kept: 204
over: 1
still: 204
bob: 204


=== TEST 5: a session that ends earlier is not kept beyond its end
--- config
--- story
my @ends = ('Cookie: session=ends; end=' . (int(time) + 3));
my $first = ask('GET /me', headers => \@ends);
my $then = eventually { ask('GET /me', headers => \@ends)->status == 401 };
($first, "over: $then", 'it was: ' . ask('GET /me', headers => ['Cookie: session=over']));
--- response_body
204
over: 1
it was: 401


=== TEST 6: that nobody is signed in, or that nobody can say, is asked again each time
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    if (-f $TEST_NGINX_OUT) { rewrite ^/app/ /signed-in last; }
    location /app/ {
        livekit_session off;
        location = /app/null  { return 200 'null'; }
        location = /app/empty { return 200 '{}'; }
        location = /app/guest { return 200 '{"user":{"name":"Guest"}}'; }
        location = /app/401   { return 401; }
        location = /app/302   { return 302 /; }
        location = /app/500   { return 500; }
        location = /app/html  { return 200 '<html>'; }
    }
    location = /signed-in { livekit_session off; return 200 '{"user":{"id":"u1"}}'; }
--- story
my @who = qw(null empty guest 401 302 500 html);
my @before = map { ask('GET /me', headers => ["Cookie: session=$_"]) } @who;
::sign_out();
my @after = map { ask('GET /me', headers => ["Cookie: session=$_"]) } @who;
unlink $::Out;
my @kept = map { ask('GET /me', headers => ["Cookie: session=$_"]) } @who;
("@before", "@after", "@kept");
--- response_body
401 401 401 401 401 503 401
204 204 204 204 204 204 204
204 204 204 204 204 204 204
--- error_log
no answer about the session


=== TEST 7: an answer whose Set-Cookie is passed on is not kept, or the next browser would not get it
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    location = /app/ann  { livekit_session off; add_header Set-Cookie "session=ann2"; return 200 '{"user":{"id":"u1","name":"$request_id"}}'; }
    location = /app/bob  { livekit_session off; return 200 '{"user":{"id":"u2","name":"$request_id"}}'; }
    location = /pass { livekit_session introspect uri=/_session cache=60s set_cookie; ME }
--- story
::again();
my $a = ask('GET /pass', headers => ['Cookie: session=ann']);
('sent: ' . $a->header('Set-Cookie'),
 map { "$_->[0] $_->[1]: " . ::who($_->[0], "Cookie: session=$_->[1]") } ['/pass', 'ann'], ['/pass', 'ann'], ['/pass', 'bob'], ['/pass', 'bob'],
                                                                    ['/me', 'ann'], ['/me', 'ann']);
--- response_body
sent: session=ann2
/pass ann: u1 1
/pass ann: u1 2
/pass bob: u2 3
/pass bob: u2 3
/me ann: u1 4
/me ann: u1 4


=== TEST 8: the endpoint, its decision and its log are the same with an answer that was kept
--- http_config eval
$::HttpConfig . "log_format who '\$uri \$status \$livekit_identity \$livekit_claim_plan';\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    location = /app/ann  { livekit_session off; return 200 '{"user":{"id":"u1","name":"$request_id"},"plan":"gold"}'; }
    location = /token { livekit_token; access_log logs/who.log who; }
--- story
my @names = map {
    my $a = ask(request('POST /token', json => '{"roomName":"math"}', headers => ['Cookie: session=ann']));
    my ($claims) = LiveKitTest::token_claims($a->body);
    $claims->{name};
} 1 .. 3;
eventually { 3 == (() = slurp("$Test::Nginx::Util::LogDir/who.log") =~ /\n/g) };
($names[0] eq $names[1] && $names[1] eq $names[2] ? 'the same' : "@names", split /\n/, slurp("$Test::Nginx::Util::LogDir/who.log"));
--- response_body
the same
/token 200 u1 gold
/token 200 u1 gold
/token 200 u1 gold
--- lookups: 3


=== TEST 9: a full zone forgets whom nobody has asked about for longest
--- http_config eval
$::HttpConfig . "livekit_session_cache 32k;\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; }
    location /app/ { livekit_session off; return 200 '{"user":{"id":"u1","name":"$request_id"},"x":"$http_x_pad"}'; }
--- story
::again();
my @pad = ('X-Pad: ' . 'x' x 3000);
my @ask = map { my $n = $_; sub { ::who('/me', "Cookie: session=$n", @pad) } } 0 .. 200;
my @first = map { $ask[$_]->() } 0, 1;
my @used = map { $ask[$_]->(); $ask[0]->() } 2 .. 200;
("@first", (grep { $_ ne 'u1 1' } @used) ? 'forgotten' : 'known all along',
 $ask[1]->() eq 'u1 2' ? 'known' : 'forgotten', $ask[200]->() eq $ask[200]->() ? 'known' : 'forgotten', alarms());
--- response_body
u1 1 u1 2
known all along
forgotten
known
none


=== TEST 10: an answer that is too large to be kept is an answer all the same
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/$cookie_session; subrequest_output_buffer_size 64k; }
    location /app/ { livekit_session off; return 200 '{"user":{"id":"u1","name":"$request_id"},"x":"$http_x_pad$http_x_pad$http_x_pad"}'; }
--- story
::again();
map { my $n = $_; map { "$n: " . ::who('/me', 'Cookie: session=' . $n, 'X-Pad: ' . 'x' x $n) } 1, 2 } 2700, 2800;
--- response_body
2700: u1 1
2700: u1 1
2800: u1 2
2800: u1 3


=== TEST 11: a reload keeps it; a line that was changed begins anew
--- processes: 2
--- config
    location = /me { livekit_session introspect uri=/_session cache=60s; ME }
--- story
::again();
my $conf = slurp($Test::Nginx::Util::ConfFile);
my $reload = sub {
    my @before = workers();
    open my $fh, '>', $Test::Nginx::Util::ConfFile or die $!;
    print $fh shift;
    close $fh;
    kill 'HUP', nginx_pid();
    eventually { my @now = workers(); @now == 2 && !grep { my $w = $_; grep { $_ == $w } @before } @now };
};
my $ask = sub { join ', ', map { ::who('/me', 'Cookie: session=ann') } 1 .. 3 };
my @said = $ask->();
push @said, $reload->($conf), $ask->();
push @said, $reload->($conf =~ s/(location = \/me .*cache=60s)/$1 email_unverified/r), $ask->();
push @said, $reload->($conf), $ask->();
push @said, $reload->($conf =~ s/(livekit_key .*;\n)/$1livekit_session_cache 2m;\n/r), $ask->();
(@said, alarms());
--- response_body
u1 1, u1 1, u1 1
1
u1 1, u1 1, u1 1
1
u1 2, u1 2, u1 2
1
u1 1, u1 1, u1 1
1
u1 3, u1 3, u1 3
none


=== TEST 12: what nginx's processes share holds neither a cookie nor an answer
--- http_config eval
$::HttpConfig . "limit_req_zone \$http_x_mark zone=mark:1m rate=100r/s;\n"
--- config
    location = /_session { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/app/x; }
    location = /app/x { livekit_session off; return 200 '{"user":{"id":"u1","name":"mark-of-an-answer"},"token":"mark-of-a-token"}'; }
    location = /me { limit_req zone=mark burst=10; livekit_check session; }
--- story
my @said = map { ask('GET /me', headers => ['Cookie: session=mark-of-a-cookie', 'X-Mark: mark-of-a-header', 'Authorization: Bearer mark-of-a-bearer']) } 1, 2;
my $memory = ::shared_memory(nginx_pid());
("@said", map { "$_: " . ($memory =~ /mark-of-$_/ ? 'there' : 'not there') } qw(a-header a-cookie an-answer a-token a-bearer));
--- response_body
204 204
a-header: there
a-cookie: not there
an-answer: not there
a-token: not there
a-bearer: not there


=== TEST 13: the lines of the configuration that cannot be right
--- config
--- story
my @said;
for ('livekit_session introspect uri=/a cache=1', 'livekit_session introspect uri=/a cache=60s', 'livekit_session introspect uri=/a cache=1m',
     'livekit_session introspect uri=/a cache=0', 'livekit_session introspect uri=/a cache=61s', 'livekit_session introspect uri=/a cache=',
     'livekit_session introspect uri=/a cache=500ms', 'livekit_session introspect uri=/a cache', 'livekit_session redis cookie=a cache=5s',
     'livekit_session_cache 64k', 'livekit_session_cache 1k', 'livekit_session_cache x', 'livekit_session_cache 1m; livekit_session_cache 2m')
{
    my ($status, $said) = LiveKitTest::nginx_t("\n$_;\n");
    my ($why, $line) = $said =~ /\[emerg\].*?: (.*?) in \S+?test\.conf:(\d+)/;
    $why =~ s/these parameters\K:.*// if $status;
    push @said, s/livekit_session introspect uri=.a //r . ': ' . ($status ? "$why, line $line" : 'fine');
}
@said;
--- response_body
cache=1: fine
cache=60s: fine
cache=1m: fine
cache=0: cache= is a time of 1 to 60 seconds: cache=5s, line 7
cache=61s: cache= is a time of 1 to 60 seconds: cache=5s, line 7
cache=: cache= is a time of 1 to 60 seconds: cache=5s, line 7
cache=500ms: cache= is a time of 1 to 60 seconds: cache=5s, line 7
cache: cache= is a time of 1 to 60 seconds: cache=5s, line 7
livekit_session redis cookie=a cache=5s: livekit_session: session preset "redis" knows only these parameters, line 7
livekit_session_cache 64k: fine
livekit_session_cache 1k: "1k" is no size of at least 32768 bytes: livekit_session_cache 1m, line 7
livekit_session_cache x: "x" is no size of at least 32768 bytes: livekit_session_cache 1m, line 7
livekit_session_cache 1m; livekit_session_cache 2m: "livekit_session_cache" directive is duplicate, line 7
