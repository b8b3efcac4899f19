package LiveKitStory;

# For what takes more than one request and its answer: a client that does odd
# things, a Redis that misbehaves, nginx's processes.  More sections of a
# block:
#
#     --- before          Perl that runs before nginx starts
#     --- story           Perl that runs once nginx is up; what it returns is
#                         the "response_body", one line for each value
#     --- fake_redis      options for fake_redis.py, which is there before
#                         nginx starts, at $TEST_NGINX_FAKE
#     --- names           "name address ..." for a name server, which is at
#                         $TEST_NGINX_DNS
#     --- lookups         how often the block may ask Redis about a room
#     --- processes       nginx runs with a master and so many workers
#     --- worker_user     who these are
#
#     use lib 't/lib';
#     use LiveKitTest;
#     use LiveKitStory;
#
# Whatever a block does, nginx must leave without an alert.

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use LiveKitClient ();
use LiveKitTest ();
use Test::Nginx::Socket ();

BEGIN { *free_port = \&LiveKitTest::free_port }

our $Socket;
our $Log = "$LiveKitTest::dir/fake.log";

# how many times longer all takes, under valgrind and the like

our $Slow = $ENV{LIVEKIT_SLOW} || 1;

our @Rooms = ('math', (map { "r$_" } 1 .. 30), map { "fake-$_" } qw(split loris-50 last extra close half
              reset delay-20 delay-100), 'delay-' . 100 * $Slow, 'loris-' . 50 * $Slow,
              map { "cut-$_" } 1 .. 60);

my ($fake, $fake_end, $dns, $dns_end);
my $owner = $$;
my $addresses = 0;

# another address of the server, for HTTP/2

our $H2 = '127.0.0.1:' . free_port();
$ENV{TEST_NGINX_HTTP2} = ($ENV{TEST_NGINX_VERSION_NUM} // 0) < 1025001
                         ? "listen $H2 http2;" : "listen $H2; http2 on;";

# as LiveKitTest's, but with the Redis that misbehaves

our $HttpConfig = $LiveKitTest::HttpConfig;
$HttpConfig =~ s/\$TEST_NGINX_REDIS/\$TEST_NGINX_FAKE/;

*redis = \&LiveKitTest::redis;
*load_room = \&LiveKitTest::load_room;
*cookie = \&LiveKitTest::cookie;


# A request as text.  as => who is signed in; json => a body and its type;
# headers => more header lines; close => 1.

sub request {
    my ($line, %with) = @_;

    my $text = "$line HTTP/" . ($with{http} // "1.1") . "\r\n";

    $text .= "$_\r\n" for 'Host: localhost', @{ $with{headers} // [] };
    $text .= 'Cookie: ' . cookie(sub => $with{as}) . "\r\n" if defined $with{as};
    $text .= "Connection: close\r\n" if $with{close};

    if (defined $with{json}) {
        $text .= "Content-Type: application/json\r\n"
                 . "Content-Length: " . length($with{json}) . "\r\n";
    }

    return $text . "\r\n" . ($with{json} // "");
}


# What an application's page sends for a token.

sub wish {
    my ($who, $room, @more) = @_;
    return request('POST /token', as => $who,
                   json => '{"roomName":"' . ($room // 'math') . '"}', @more);
}


# One request on a connection of its own; whole, or as request() takes it.

sub ask {
    my $c = client();
    $c->send($_[0] =~ /\r\n/ ? $_[0] : request(@_));
    return $c->answer;
}


sub h2 { return LiveKitClient::H2->new($H2) }
sub client { return LiveKitClient->new(@_) }


# Waits for a state of things, which must come; says whether it has.

sub eventually (&;$) {
    my ($there, $seconds) = @_;

    my $end = time + ($seconds // 8) * $Slow;

    while (time < $end) {
        return 1 if $there->();
        sleep 0.02;
    }

    return 0;
}


# Whether something took no longer than it may.

sub within {
    my ($seconds, $start) = @_;
    return time - $start < $seconds * $Slow;
}


# Starts the Redis that misbehaves, in place of the one before.  It knows u1
# as a teacher and u2 as a student of its rooms.  It listens on the socket of
# $TEST_NGINX_FAKE, or with the option --tcp on $TEST_NGINX_FAKE_PORT.

sub fake {
    my @options = @_;

    end_fake();

    unlink $Socket;
    truncate $Log, 0 if -e $Log;

    my $data = "$LiveKitTest::dir/fake.json";

    write_json($data, { map {
        ("lkg:room:{$_}" => { 'm:u1' => 'teacher', 'm:u2' => 'student',
                              /^r(\d+)$/ ? ("m:u$1" => 'teacher') : () })
    } @Rooms });

    my @where = ('--unix', $Socket);
    @where = ('--port', $ENV{TEST_NGINX_FAKE_PORT}) if grep { $_ eq '--tcp' } @options;

    ($fake, $fake_end) = helper('fake_redis.py', '--stdin', '--log', $Log,
                                '--data', $data, @where,
                                grep { $_ ne '--tcp' } @options);
    return;
}


sub end_fake {
    my $signal = shift // 'TERM';

    return unless $fake;

    kill $signal, $fake;
    waitpid $fake, 0;

    undef $fake;
    close $fake_end;
}


# Where it listens is another place in each block, lest the nginx of the block
# before, which ends later, come to it too.

sub new_addresses {
    $addresses++;
    $Socket = "$LiveKitTest::dir/fake-$addresses.sock";
    $ENV{TEST_NGINX_FAKE} = "unix:$Socket";
    $ENV{TEST_NGINX_FAKE_PORT} = free_port();
    return;
}


# What names mean from now on: name => [addresses].

sub names {
    my %names = @_;

    write_json("$LiveKitTest::dir/names.json", \%names);
    return if $dns;

    ($dns, $dns_end, my $said) = helper('fake_dns.py', "$LiveKitTest::dir/names.json");
    ($ENV{TEST_NGINX_DNS}) = map { "127.0.0.1:$_" } $said =~ /(\d+)/;
    return;
}


sub end_dns {
    return unless $dns;

    close $dns_end;
    waitpid $dns, 0;
    undef $dns;
}


# A program of this directory, which says "ready" and ends with its input:
# its pid, its input and what it said.

sub helper {
    my ($program, @options) = @_;

    pipe my $in, my $end or die "pipe: $!";
    pipe my $out, my $say or die "pipe: $!";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        close $end;
        open STDIN, '<&', $in or die "stdin: $!";
        open STDOUT, '>&', $say or die "stdout: $!";
        exec 'python3', "$LiveKitTest::root/t/lib/$program", @options
            or POSIX::_exit(127);
    }

    close $in;
    close $say;

    my $said = $out->getline // '';
    die "$program did not start" unless $said =~ /ready/;

    return ($pid, $end, $said);
}


sub write_json {
    my ($name, $value) = @_;

    open my $fh, '>', "$name.new" or die "$name: $!";
    print $fh JSON::PP::encode_json($value);
    close $fh;

    rename "$name.new", $name or die "$name: $!";
}


sub fake_pid { return $fake }


# Its connections: a value for each, true of those over TLS.

sub opened {
    open my $fh, "<", $Log or return;
    return map { $_->{tls} } grep { $_->{event} eq 'open' } map { JSON::PP::decode_json($_) } <$fh>;
}


# What the fake has seen: lookups as "HMGET key field ...".

sub seen {
    open my $fh, "<", $Log or return;
    my @events = map { JSON::PP::decode_json($_) } <$fh>;
    return map { join ' ', @{ $_->{argv} } }
           grep { $_->{event} eq 'command'
                  && $_->{argv}[0] !~ /^(AUTH|SELECT|CLIENT|PING)$/ } @events;
}


# The private redis-server is killed, and started again.

sub kill_redis {
    kill 'KILL', $LiveKitTest::redis_pid;
    waitpid $LiveKitTest::redis_pid, 0;
    undef $LiveKitTest::redis_pid;
}


sub start_redis {
    LiveKitTest::start_redis();
    load_room();
}


sub stop_redis { kill 'STOP', $LiveKitTest::redis_pid }
sub cont_redis { kill 'CONT', $LiveKitTest::redis_pid }


# Questions about rooms since the counters were reset.

sub lookups {
    my $n = 0;
    for (redis('INFO', 'commandstats') =~ /^cmdstat_(\S+?:calls=\d+)/mg) {
        my ($command, $calls) = split /:calls=/;
        $n += $calls if $command =~ /^(hmget|hget|get|exists|sismember)$/;
    }
    return $n;
}


# nginx's processes

sub nginx_pid {
    my ($pid) = slurp($Test::Nginx::Util::PidFile) =~ /^(\d+)/;
    return $pid // die "nginx is not there";
}


sub workers {
    my $master = nginx_pid();
    open my $fh, '<', "/proc/$master/task/$master/children" or return;
    return split ' ', <$fh> // '';
}


sub gone {
    my $pid = shift;
    return !kill 0, $pid;
}


sub slurp {
    my $name = shift;
    open my $fh, '<', $name or return '';
    local $/;
    return <$fh> // '';
}


sub error_log { return slurp($Test::Nginx::Util::ErrLogFile) }


# Lines of the log that are none of an error's proper ones.

sub alarms {
    my @bad = grep { /\[(alert|crit|emerg)\]/ } split /^/, error_log();
    return @bad ? "@bad" : "none";
}


sub run_story {
    my $code = shift;

    my @said = eval "package LiveKitStory; no strict 'vars'; $code";
    push @said, "died: $@" if $@;

    return join '', map { ($_ // 'nothing') . "\n" } @said;
}


sub import {
    Test::Nginx::Socket::add_block_preprocessor(sub {
        my $block = shift;

        if (defined $block->fake_redis) {
            fake(split ' ', $block->fake_redis);

            my $config = $HttpConfig;
            $config =~ s{\$TEST_NGINX_FAKE}{redis://127.0.0.1:\$TEST_NGINX_FAKE_PORT}
                if $block->fake_redis =~ /--tcp/;
            $config =~ s{redis://}{rediss://} if $block->fake_redis =~ /--tls/;

            $block->set_value(http_config => $config)
                unless defined $block->http_config;
        }

        if (defined $block->names) {
            my ($name, @addresses) = split ' ', $block->names;
            names($name => \@addresses);
        }

        if (defined $block->before) {
            my $trouble = run_story($block->before . '; ()');
            die $block->name . ": $trouble" if $trouble;
        }

        redis('CONFIG', 'RESETSTAT') if defined $block->lookups || defined $block->story;

        if (defined $block->processes) {
            Test::Nginx::Socket::master_on();
            Test::Nginx::Socket::workers($block->processes + 0);

        } else {
            Test::Nginx::Socket::master_off();
            Test::Nginx::Socket::workers(1);
        }

        $Test::Nginx::Util::WorkerUser = $ENV{TEST_NGINX_WORKER_USER};

        if (defined(my $user = $block->worker_user)) {
            my $group = (getpwnam $user)[3] // die "no user $user";
            $Test::Nginx::Util::WorkerUser = "$user " . getgrgid $group;
        }

        if (defined $block->story) {
            my $code = $block->story;

            $block->set_value(request => "GET /once-upon-a-time");
            $block->set_value(config => ($block->config // '')
                                        . "\nlocation = /once-upon-a-time { access_log off; return 200; }\n");
            $block->set_value(response_body_filters => sub { run_story($code) });
        }

        $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n")
            if defined $block->error_log && !defined $block->no_error_log
               && !defined $block->must_die;

        # the Redis that misbehaves may end before nginx does, and "no such
        # socket" is [crit] to nginx

        $block->set_value(no_shutdown_error_log => "[alert]\n[emerg]\n")
            unless defined $block->no_shutdown_error_log
                   || defined $block->must_die;
    });

    Test::Nginx::Socket::add_response_body_check(sub {
        my ($block, $body, $n) = @_;

        return unless defined $block->lookups;

        my $several = $block->pipelined_requests // $block->request;
        return if ref $several eq 'ARRAY' && $n < @$several - 1;

        Test::More::is(lookups(), $block->lookups + 0,
                       $block->name . " - questions to redis");
    });

    Test::Nginx::Util::add_test_cleanup_handler(sub { end_fake(); end_dns(); new_addresses() });
    new_addresses();
}


END {
    if ($$ == $owner) {
        local $?;
        end_fake('KILL');
        end_dns();
    }
}

1;
