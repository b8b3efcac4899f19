# examples/production.conf: nginx takes it as it is, and what it says holds.
# To run it has other addresses, and no TLS; nothing else of it is changed.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitApi;
use LiveKitClient;
use LiveKitHook;

use strict;
use warnings;

use Test::More;

my $dir = "$LiveKitTest::dir/production";
my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $conf = LiveKitStory::slurp("$LiveKitTest::root/examples/production.conf");

mkdir "$dir$_" for '', qw(/livekit /tls /modules /logs);

sub put { my ($name, $text, $mode) = @_; LiveKitTest::write_file("production/$name", $text, $mode) }

for (split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '') {
    symlink $_, "$dir/modules/" . (split m{/})[-1];
}

put('mime.types', "types { text/html html; }\n");
put('audit.conf', LiveKitStory::slurp("$LiveKitTest::root/examples/audit.conf"));
put("livekit/$_", LiveKitStory::slurp("$LiveKitTest::root/examples/$_")) for qw(policy.json client-config.json);
put('livekit/api.secret', "$LiveKitTest::key\n", 0600);
put('livekit/nextauth.secret', "the secret of next-auth, 32 bytes\n", 0600);
put('livekit/redis.password', "reader-password\n", 0600);

system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=classroom.example.com -days 2 "
       . "-keyout $dir/tls/privkey.pem -out $dir/tls/fullchain.pem 2>/dev/null") == 0 or die 'openssl';

# as it is, but where the module is compiled in, or where only root may have
# such ports

sub test {
    my $text = shift;
    $text =~ s/^load_module.*\n//m if $ENV{TEST_NGINX_STATIC};
    $text =~ s/listen (80|443)\b/listen 10$1/g if $>;
    put('nginx.conf', $text);
    my $said = `$binary -t -e stderr -p $dir/ -c $dir/nginx.conf 2>&1`;
    return ($?, $said);
}

my ($rc, $said) = test($conf);
is($rc, 0, 'nginx takes examples/production.conf as it is') or diag $said;
unlike($said, qr/\[(warn|error|alert)\]/, 'without a warning') or diag $said;

# every directive that an endpoint has is in it

for (qw(livekit_token livekit_guard livekit_moderation livekit_webhook livekit_status livekit_client_config
        livekit_chat livekit_metrics), map { "livekit_recording $_" } qw(start stop list)) {
    like($conf, qr/\b$_\b/, "it shows $_");
}

# and each of these lines is needed

for my $line ('livekit_redis ', 'livekit_key ', 'livekit_policy ', 'livekit_session ', 'livekit_api ', 'livekit_url ') {
    (my $less = $conf) =~ s/^\s*\Q$line\E.*\n//m or die $line;
    ($rc, $said) = test($less);
    isnt($rc, 0, "without ${line}nginx says what is missing");
    like($said, qr/\[emerg\].*livekit_/, 'by its name');
}

# running

my %port = map { $_ => LiveKitStory::free_port() } qw(https http inside);
my $running = $conf;
my @changes = (
    ['listen 443 ssl;', "listen 127.0.0.1:$port{https};"],
    ['listen 80;', "listen 127.0.0.1:$port{http};"],
    ['listen 127.0.0.1:8090;', "listen 127.0.0.1:$port{inside};"],
    ['redis://127.0.0.1:6379 password=file:livekit/redis.password', "unix:$LiveKitTest::dir/redis.sock"],
    ['127.0.0.1:7880', $ENV{TEST_NGINX_LIVEKIT}],
    ['127.0.0.1:3000', '127.0.0.1:1'],
    ['APIclassroom file', 'LKkey file'],
    ['worker_processes auto', 'worker_processes 1'],
);
for (@changes) {
    my ($from, $to) = @$_;
    like($running, qr/\Q$from\E/, "it says $from");
    $running =~ s/\Q$from\E/$to/;
}
$running =~ s/^load_module.*\n//m if $ENV{TEST_NGINX_STATIC};
put('nginx.conf', ($> ? '' : "user root;\n") . "daemon off;\npid $dir/nginx.pid;\nerror_log $dir/logs/error.log notice;\n$running");

my $pid = fork // die "fork: $!";
if ($pid == 0) {
    exec 'setpriv', '--pdeathsig', 'TERM', $binary, '-p', "$dir/", '-c', "$dir/nginx.conf", '-e', "$dir/logs/error.log" or POSIX::_exit(127);
}

sub asked {
    my ($port, @request) = @_;
    my $c = LiveKitClient->new(port => $port{$port});
    $c->send(LiveKitStory::request(@request));
    return $c->answer;
}

LiveKitTest::load_room();
ok(LiveKitStory::eventually(sub { -e "$dir/nginx.pid" && eval { asked('inside', 'GET /metrics') eq '200' } }), 'it runs');

is(asked('http', 'GET /rooms?x=1')->header('Location'), 'https://classroom.example.com/rooms?x=1', 'plain HTTP is sent to TLS');
is(asked('https', "POST $_", json => '{"roomName":"math"}') . '', '401', "nobody is let in at $_")
    for map { "/api/$_" } qw(connection-details chat metrics moderation recordings/start recordings/stop);
is(asked('https', 'GET /api/recordings?roomName=math') . '', '401', 'nor at /api/recordings');
is(asked('https', 'GET /api/config')->json->{serverUrl}, 'wss://live.example.com', 'browsers have their configuration');
is(asked('https', $_) . '', '401', "nor at $_") for 'GET /rtc', 'GET /rtc/validate', 'GET /rtc/v1', 'GET /rtc?access_token=eyJ.eyJ.x';
is(asked('https', "GET $_") . '', '404', "$_ is for nginx alone") for '/_livekit/', '/_livekit/twirp/livekit.RoomService/ListRooms';
is(asked('https', 'GET /')->header('X-Content-Type-Options'), 'nosniff', 'all else is the application');
is(asked('https', 'POST /hooks/livekit') . '', '502', 'where webhooks do not arrive from outside');

# those of the room, with sessions as next-auth makes them

my $tool = $ENV{LKGRANT} || "$LiveKitTest::root/build/lkgrant";

sub signed_in {
    chomp(my $cookie = `$tool session make --identity $_[0] next-auth secret=file:$dir/livekit/nextauth.secret`);
    return (headers => ["Cookie: $cookie"]);
}

my $asks = '{"roomName":"math"}';
is(asked('https', 'POST /api/connection-details', signed_in('u2'), json => $asks)->who, 'u2', 'a student has a token');
is(asked('https', 'POST /api/connection-details', signed_in('banned'), json => $asks) . '', '403', 'the banned have none');
is(asked('https', 'POST /api/recordings/start', signed_in('u2'), json => $asks) . '', '403', 'a student does not record');
is(asked('https', 'GET /api/recordings?roomName=math', signed_in('u1'))->body, '{"recordings":[]}', 'a teacher sees what there is');

my $body = '{"event":"room_started","id":"EV_p","room":{"name":"math"}}';
my $hook = LiveKitClient->new(port => $port{inside});
$hook->send(LiveKitStory::request('POST /hooks/livekit', headers => [
    'Authorization: ' . LiveKitHook::hook_token($body), 'Content-Length: ' . length $body]) . $body);
is($hook->answer . '', '200', "LiveKit's webhooks are kept");
like(LiveKitHook::stream(), qr/^EV_p room_started math$/, 'in Redis');

my %said;
$said{asked('https', 'POST /api/recordings/start', json => '{"roomName":"math"}')}++ for 1 .. 12;
ok($said{429}, 'who asks too often is told so');

unlike(LiveKitStory::slurp("$dir/logs/access.log"), qr/eyJ/, 'no token is in the access log');
unlike(LiveKitStory::slurp("$dir/logs/error.log"), qr/\[(alert|emerg|crit)\]|eyJ/, 'nor in the error log, and no alert');

kill 'QUIT', $pid;
waitpid $pid, 0;
is($?, 0, 'it ends as it should');

done_testing();
