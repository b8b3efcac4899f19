package LiveKitTest;

# What the suites share: a private redis-server, cookies signed here (with
# Perl's own Digest::SHA, so that the module is not its own judge), and the
# claims of a token as readable JSON.
#
#     use lib 't/lib';
#     use LiveKitTest;
#
# A block that has no "http_config" gets the usual one ($HttpConfig) and a
# room "math" with a teacher u1, a student u2 and others (see load_room).
#
# In the "eval" sections of a block write ::as(...), ::jwt(...) and so on.
#
# A block with "answer: 403", or "answer: 400 A sentence." where it is not the
# usual one, gets exactly that error: status, body and headers.
#
# A block with "must_die" whose configuration has a comment "# wrong" must be
# told that very line of nginx.conf.

use strict;
use warnings;

use Cwd qw(cwd abs_path);
use Digest::SHA qw(hmac_sha256 sha1_hex);
use Encode ();
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw(encode_base64 decode_base64);
use POSIX ();

our ($root, $dir, $secret, $key, $redis_pid);

# A port of loopback that is free, and so is that of a cluster's bus.  It is
# none of those that the system gives to who connects.

my %given;

sub free_port {
    for (1 .. 200) {
        my $port = 12000 + int rand 10000;
        next if $given{$port}++;
        my @free = grep { IO::Socket::INET->new(LocalAddr => "127.0.0.1:$_", Listen => 1) }
                   $port, $port + 10000;
        return $port if @free == 2;
    }

    die "no port is free";
}


BEGIN {
    $root = abs_path($ENV{LIVEKIT_ROOT} || cwd());
    $dir = tempdir("lkt-XXXXXX", TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;

    $secret = "a session secret of 32 bytes or more";
    $key = "an api secret of 32 bytes or even more";

    $ENV{TEST_NGINX_LOAD_MODULES} ||= "$root/build/ngx_http_livekit_module.so"
        unless $ENV{TEST_NGINX_STATIC};
    $ENV{TEST_NGINX_SERVROOT} ||= "$root/build/servroot";
    $ENV{TEST_NGINX_TIMEOUT} ||= 5;

    $ENV{TEST_NGINX_PORT} ||= free_port();
    $ENV{TEST_NGINX_SERVER_PORT} = "127.0.0.1:$ENV{TEST_NGINX_PORT}";
    $ENV{TEST_NGINX_CLIENT_PORT} = $ENV{TEST_NGINX_PORT};

    # Test::Nginx adds one to it for streams, of which there are none here
    $SIG{__WARN__} = sub { warn @_ if $_[0] !~ /isn't numeric in addition/ };
    $ENV{TEST_NGINX_DIR} = $dir;
    $ENV{TEST_NGINX_ROOT} = $root;
    $ENV{TEST_NGINX_REDIS} = "unix:$dir/redis.sock";

    mkdir "$root/build";
    unshift @INC, "$root/build/perl5";      # see t/install.sh
}

use Test::Nginx::Socket ();

our @EXPORT = qw(cookie jwt as claims pick redis redis_in load_room nginx_t
                 write_policy write_file share_nginx base64url $HttpConfig);
use base 'Exporter';

my $json = JSON::PP->new->canonical->utf8;

our $HttpConfig = <<'_EOC_';
    livekit_redis $TEST_NGINX_REDIS;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
_EOC_

our $Policy = <<'_EOC_';
{
  "version": 1,
  "token": { "ttl": 600, "metadata": { "role": "{role}" } },
  "roles": {
    "teacher": {
      "grants": { "roomJoin": true, "canPublish": true, "canSubscribe": true, "canPublishData": true },
      "actions": ["record", "moderate"],
      "may_take": ["student"]
    },
    "student": {
      "grants": { "roomJoin": true, "canPublish": false, "canSubscribe": true, "canPublishData": true }
    }
  },
  "rooms": [
    { "match": "webinar-*", "roles": { "student": { "grants": { "canPublishData": false } } } }
  ]
}
_EOC_


sub base64url {
    my $text = encode_base64(shift, "");
    $text =~ tr{+/}{-_};
    $text =~ s/=+$//;
    return $text;
}


# jwt(sub => "u1", ...): a signed token; exp is in an hour unless given, and
# undef leaves a claim out.  _secret, _header and _raw (claims as text) are
# for those that are not to be believed.

sub jwt {
    my %claims = (exp => time + 3600, @_);

    my $with = delete $claims{_secret} // $secret;
    my $header = delete $claims{_header} // '{"alg":"HS256","typ":"JWT"}';
    my $raw = delete $claims{_raw};

    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;

    my $input = base64url($header) . "." . base64url($raw // $json->encode(\%claims));

    return "$input." . base64url(hmac_sha256($input, $with));
}


# "session=<token>", for a Cookie header

sub cookie { return "session=" . jwt(@_) }


# The headers of somebody who asks the token endpoint, ready for more_headers

sub as { return "Content-Type: application/json\nCookie: " . cookie(@_) }


# The claims of the token in an answer, and whether it is signed with the key.

sub token_claims {
    my ($body, $with) = @_;

    my $answer = eval { $json->decode($body) } or return;
    my ($name) = grep { exists $answer->{$_} } qw(token participant_token participantToken)
        or return;

    my ($h, $p, $s) = split /\./, $answer->{$name};
    my $valid = base64url(hmac_sha256("$h.$p", $with // $key)) eq $s;

    return ($json->decode(unbase64url($p)), $valid);
}


# A filter for response bodies: the claims of the token in them, without the
# times, which differ from run to run; what is checked of those is shown.

sub claims {
    my $body = shift;

    my ($claims, $valid) = token_claims($body) or return $body;

    $claims->{ttl} = $claims->{exp} - $claims->{nbf};
    $claims->{fresh} = abs($claims->{nbf} - time) < 30 && $claims->{iat} == $claims->{nbf}
                       ? JSON::PP::true : JSON::PP::false;
    delete @$claims{qw(exp nbf iat)};

    return ($valid ? "" : "BAD SIGNATURE ") . $json->encode($claims) . "\n";
}


# Makes a filter that shows only these claims, in one line:
# pick("sub", "video.room") gives "u1 math".  An error stays as it is.

sub pick {
    my @paths = @_;

    return sub {
        my $body = shift;

        my ($claims, $valid) = token_claims($body) or return $body;
        return "BAD SIGNATURE\n" unless $valid;

        return join(" ", map { value_at($claims, $_) } @paths) . "\n";
    };
}


sub value_at {
    my ($value, $path) = @_;

    $value = ref $value eq 'HASH' ? $value->{$_} : undef for split /\./, $path;

    return "-" unless defined $value;
    return ref $value ? $json->encode($value) : Encode::encode_utf8($value);
}


sub unbase64url {
    my $text = shift;
    $text =~ tr{-_}{+/};
    return decode_base64($text);
}


sub start_redis {
    return if $redis_pid;

    open my $fh, '>', "$dir/redis.conf" or die "redis.conf: $!";
    print $fh "port 0\nunixsocket $dir/redis.sock\nunixsocketperm 777\n",
              "dir $dir\nsave \"\"\nappendonly no\nlogfile $dir/redis.log\n",
              "user reader on >reader-password ~* +\@read +\@connection\n";
    close $fh;

    $redis_pid = fork;
    die "fork: $!" unless defined $redis_pid;

    if ($redis_pid == 0) {
        # it ends with the test, however that ends

        exec 'setpriv', '--pdeathsig', 'KILL', 'redis-server', "$dir/redis.conf"
            or POSIX::_exit(127);
    }

    for (1 .. 100) {
        return if -S "$dir/redis.sock" && eval { redis('PING') eq 'PONG' };
        select undef, undef, undef, 0.05;
    }

    die "redis-server did not start: see $dir/redis.log";
}


# One command to the private redis-server; dies on an error reply.

sub redis {
    return redis_in(0, @_);
}


# The same in another database, which can serve as another instance.

sub redis_in {
    my ($db, @argv) = @_;

    my $s = IO::Socket::UNIX->new(Peer => "$dir/redis.sock") or die "redis: $!";

    redis_command($s, 'SELECT', $db) if $db;

    return redis_command($s, @argv);
}


sub redis_command {
    my $s = shift;
    my @argv = map { Encode::is_utf8($_) ? Encode::encode_utf8($_) : $_ } @_;

    print $s "*" . @argv . "\r\n", map { "\$" . length($_) . "\r\n$_\r\n" } @argv;
    $s->flush;

    return read_reply($s);
}


sub read_reply {
    my $s = shift;

    my $line = <$s> // die "redis closed the connection";
    $line =~ s/\r\n$//;
    my $rest = substr $line, 1;

    return $rest if $line =~ /^[+:]/;
    die "redis: $rest\n" if $line =~ /^-/;

    return undef if $rest < 0;
    return [ map { read_reply($s) } 1 .. $rest ] if $line =~ /^\*/;

    read $s, my $text, $rest + 2;
    return substr $text, 0, $rest;
}


# The room "math" and what else the blocks take for granted.

sub load_room {
    redis('FLUSHALL');

    redis('HSET', 'lkg:room:{math}',
          'm:u1' => 'teacher', 'm:u2' => 'student',
          'm:banned' => 'student', 'b:banned' => '0',
          'm:unbanned' => 'student', 'b:unbanned' => time - 10,
          'm:kicked' => 'student', 'd:kicked' => time + 60,
          'm:former' => 'student;exp=' . (time - 10),
          'm:guest' => 'student;exp=' . (time + 120),
          'm:odd' => 'nobody', 'm:broken' => 'student;exp=soon');

    redis('HSET', 'lkg:room:{closed}', 'state' => 'closed', 'm:u1' => 'teacher');
    redis('HSET', 'lkg:room:{webinar-1}', 'm:u2' => 'student');
    redis('SET', 'lkg:room:{wrong}', 'a string where a hash should be');

    # memberships as an application might keep them
    redis('HSET', 'room:math:members', 'u1' => 'teacher', 'u2' => 'student');
    redis('SADD', 'room:math:allowed', 'u1', 'u2');
    redis('SET', 'room:math:until:u2', time + 60);
}


sub write_policy {
    my ($text, $name) = @_;
    write_file($name // 'policy.json', $text);
}


# A file in $TEST_NGINX_DIR; mode 0644 unless given.

sub write_file {
    my ($name, $text, $mode) = @_;

    open my $fh, '>', "$dir/$name" or die "$name: $!";
    print $fh $text;
    close $fh;

    chmod $mode // 0644, "$dir/$name";
}


# nginx -t with this in its http block: exit status, and what it says.

sub nginx_t {
    my ($http, $main) = (@_, '');

    my $load = join " ", map { "load_module $_;" }
                             split /\s+/, $ENV{TEST_NGINX_LOAD_MODULES} // '';

    write_file('test.conf', "$load\npid $dir/test.pid;\nevents { }\n$main\n"
                            . "http {\n$http\n}\n");

    # where an nginx of one's own has its access log

    mkdir "$dir/logs";

    # what nginx runs with when Test::Nginx starts it

    local $ENV{LD_PRELOAD} = $ENV{TEST_NGINX_LD_PRELOAD} // $ENV{LD_PRELOAD} // '';

    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $said = `$binary -t -e stderr -p $dir/ -c $dir/test.conf 2>&1`;

    return ($? >> 8, $said);
}


# Blocks that stand next to each other and have the same configuration use
# the same nginx, which makes long tables of cases quick.  Call it before
# run_tests().

my $shared;

sub share_nginx {
    Test::Nginx::Util::no_shuffle();

    # under valgrind Test::Nginx ends nginx after every block

    return if $Test::Nginx::Util::UseValgrind;

    $Test::Nginx::Util::ForceRestartOnTest = 0;
    $shared = 1;
}


sub share_block {
    my $block = shift;

    return unless $shared && defined $block->config;

    # Test::Nginx compares the section "config" only

    my $all = join "\0", map { $_ // '' } $block->config, $block->http_config,
                                         $block->main_config, $block->user_files;

    $block->set_value(config => $block->config . "    # " . sha1_hex($all) . "\n");

    # what an earlier block logged is not this one's

    truncate $Test::Nginx::Util::ErrLogFile, 0;
}


# The errors of an endpoint, as README has them.

my %error = (
    400 => [ 'bad_request', 'The request is not understood.' ],
    401 => [ 'unauthorized', 'There is no valid session; sign in and try again.' ],
    403 => [ 'forbidden', 'This session may not do that.' ],
    405 => [ 'method_not_allowed', 'This method is not supported here.' ],
    413 => [ 'payload_too_large', 'The request body is too large.' ],
    415 => [ 'unsupported_media_type',
             'Send the request as Content-Type: application/json.' ],
    500 => [ 'internal_error', 'The server could not answer.' ],
    503 => [ 'unavailable',
             'Access cannot be checked at the moment; try again.' ],
);

sub expect_error {
    my ($block, $answer) = @_;

    my ($status, $message) = $answer =~ /^\s*(\d+)(?: (.+?))?\s*$/s;
    my ($code, $usual) = @{ $error{$status} };

    $message //= $usual;

    my $headers = join "\n",
        ($block->response_headers // '') =~ /(.+)/g,
        'Content-Type: application/json',
        'Cache-Control: no-store',
        $status == 401 ? 'WWW-Authenticate: Bearer realm="livekit"' : '! WWW-Authenticate',
        $status == 503 ? 'Retry-After: 1' : '! Retry-After',
        $status == 405 ? 'Allow: GET, POST' : '! Allow',
        '! Set-Cookie', '! X-LiveKit-Identity', '! X-LiveKit-Role';

    # each of several requests is answered so

    my $n = ref $block->request eq 'ARRAY' ? @{ $block->request } : 1;

    $block->set_value(error_code => [ ($status) x $n ]);
    $block->set_value(response_headers => [ ($headers) x $n ]);
    $block->set_value(response_body =>
                      [ (qq({"error":"$code","message":"$message"}\n)) x $n ]);

    if (!defined $block->no_error_log && defined $block->error_log) {
        $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n");
    }
}


sub prepare_must_die {
    my $block = shift;

    $block->set_value(config => '') unless defined $block->config;

    # nginx says it on standard error, too

    $block->set_value(suppress_stderr => 1);

    my $log = $block->error_log;

    if (defined $log && !ref $log && $log !~ /\[emerg\]/) {
        $block->set_value(error_log => "[emerg]\n$log");
    }
}


# What the module logs, at any level, holds no secret, cookie or token.  nginx
# itself logs headers when it debugs, and the request line with every error.

sub check_log {
    my $block = shift;

    my $text = do {
        open my $fh, '<', $Test::Nginx::Util::ErrLogFile or return;
        local $/;
        <$fh> // '';
    };

    my $sent = join "\n", map { ref $_ ? join("\n", map { $_ // '' } @$_) : $_ // '' }
                              $block->more_headers, $block->raw_request;
    my @cookies = map { split /;\s*/ } $sent =~ /^Cookie:\s*(.*)/mig;
    my @hidden = ($secret, $key, 'eyJ', map { /=(.{16,})/ } @cookies);
    my $hidden = join '|', map { quotemeta } @hidden;

    my ($said) = grep { /$hidden/ }
                 map { s/, client: .*//r }
                 grep { /^\S+ \S+ \[\w+\] \S+ (?:\*\d+ )?(?:livekit|redis)/ }
                 split /^/, $text;

    Test::More::ok(!defined $said, $block->name . " - no secret in the module's messages")
        or Test::More::diag($said);
}


# nginx must have named the line that is marked as wrong.

sub check_line {
    my $block = shift;

    return unless defined $block->must_die;

    my $conf = $Test::Nginx::Util::ConfFile;

    my ($n, $line);

    open my $fh, '<', $conf or die "$conf: $!";

    while (<$fh>) {
        $n = $. if /# wrong/;
    }

    close $fh;

    return unless $n;

    open $fh, '<', $Test::Nginx::Util::ErrLogFile or die "error.log: $!";

    while (<$fh>) {
        $line //= $_ if /\[emerg\]/;
    }

    close $fh;

    Test::More::like($line, qr/ in \Q$conf\E:$n\b/,
                     $block->name . " - names the line");
}


# Under valgrind and the like ($LIVEKIT_SLOW times as slow) nginx waits so
# much longer for Redis.

sub give_time {
    my $block = shift;

    my $times = $ENV{LIVEKIT_SLOW} || 1;
    return if $times == 1 || defined $block->must_die;

    my $config = $block->http_config;
    return unless $config =~ /livekit_redis /;

    for (['livekit_redis_timeout', 200], ['livekit_redis_connect_timeout', 100]) {
        my ($name, $usual) = @$_;

        $config =~ s/$name \K(\d+)/$1 * $times/e
            or $config .= "\n    $name " . $usual * $times . "ms;\n";
    }

    $block->set_value(http_config => $config);
}


sub import {
    write_policy($Policy);
    start_redis();
    load_room();

    Test::Nginx::Socket::add_test_cleanup_handler(\&check_line);
    Test::Nginx::Socket::add_test_cleanup_handler(\&check_log);

    # the first that is added runs last: a suite's own come before it

    Test::Nginx::Socket::add_block_preprocessor(sub {
        my $block = shift;

        if (!defined $block->http_config) {
            $block->set_value(http_config => $HttpConfig);
        }

        prepare_must_die($block) if defined $block->must_die;
        expect_error($block, $block->answer) if defined $block->answer;

        if (!defined $block->request && !defined $block->must_die
            && !defined $block->raw_request && !defined $block->pipelined_requests)
        {
            $block->set_value(request => "POST /token\n{\"roomName\":\"math\"}");
        }

        if (!defined $block->no_error_log && !defined $block->must_die
            && !defined $block->error_log)
        {
            $block->set_value(no_error_log => "[error]\n[crit]\n[alert]\n[emerg]\n");
        }

        give_time($block);
        share_block($block);
    });

    __PACKAGE__->export_to_level(1, @_);
}


END {
    if ($redis_pid) {
        local $?;
        kill 'KILL', $redis_pid;
        waitpid $redis_pid, 0;
    }
}

1;
