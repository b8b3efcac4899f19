package LiveKitStory;

# For what takes more than one request and its answer: a client that does odd
# things, a Redis that misbehaves, nginx's processes.  More sections of a
# block:
#
#     --- story           Perl that runs once nginx is up; what it returns is
#                         the "response_body", one line for each value
#     --- fake_redis      options for fake_redis.py, which is there before
#                         nginx starts, at $TEST_NGINX_FAKE
#     --- lookups         how often the block may ask Redis about a room
#     --- processes       nginx runs with a master and so many workers
#
#     use lib 't/lib';
#     use LiveKitTest;
#     use LiveKitStory;
#
# Whatever a block does, nginx must leave without an alert.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);
use POSIX ();

use LiveKitTest ();
use Test::Nginx::Socket ();

our $Socket = "$LiveKitTest::dir/fake.sock";
our $Log = "$LiveKitTest::dir/fake.log";

our @Rooms = ('math', map { "fake-$_" } qw(split delay-20 delay-100 loris-50
              last extra close half reset));

my ($fake, $fake_end);
my $owner = $$;

BEGIN {
    $ENV{TEST_NGINX_FAKE} = "unix:$LiveKitTest::dir/fake.sock";
}

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

    my $text = "$line HTTP/" . ($with{http} // "1.1") . "\r\nHost: localhost\r\n";

    $text .= "Cookie: " . cookie(sub => $with{as}) . "\r\n" if defined $with{as};
    $text .= "$_\r\n" for @{ $with{headers} // [] };
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


# One request on a connection of its own.

sub ask {
    my $c = client();
    $c->send(@_ == 1 ? $_[0] : request(@_));
    return $c->answer;
}


sub client { return LiveKitStory::Client->new(@_) }


# Waits for a state of things, which must come; says whether it has.

sub eventually (&;$) {
    my ($there, $seconds) = @_;

    my $end = time + ($seconds // 8);

    while (time < $end) {
        return 1 if $there->();
        sleep 0.02;
    }

    return 0;
}


# Starts the Redis that misbehaves, in place of the one before.  It knows u1
# as a teacher and u2 as a student of its rooms.

sub fake {
    my @options = @_;

    end_fake();

    unlink $Socket;
    truncate $Log, 0 if -e $Log;

    open my $data, '>', "$LiveKitTest::dir/fake.json" or die "fake.json: $!";
    print $data JSON::PP::encode_json({ map {
        ("lkg:room:{$_}" => { 'm:u1' => 'teacher', 'm:u2' => 'student' })
    } @Rooms });
    close $data;

    pipe my $in, my $end or die "pipe: $!";
    pipe my $out, my $said or die "pipe: $!";

    $fake = fork // die "fork: $!";

    if ($fake == 0) {
        close $end;
        open STDIN, '<&', $in or die "stdin: $!";
        open STDOUT, '>&', $said or die "stdout: $!";
        exec 'python3', "$LiveKitTest::root/t/lib/fake_redis.py", '--stdin',
             '--log', $Log, '--data', "$LiveKitTest::dir/fake.json", (grep { $_ eq '--port' } @options)
                            ? () : ('--unix', $Socket), @options
            or POSIX::_exit(127);
    }

    close $in;
    close $said;
    $fake_end = $end;

    die "fake_redis.py did not start" unless ($out->getline // '') =~ /ready/;
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


sub fake_pid { return $fake }


# What the fake has seen: lookups as "HMGET key field ...".

sub seen {
    open my $fh, '<', $Log or return;
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
    open my $fh, '<', $Test::Nginx::Util::PidFile or return;
    return 0 + (<$fh> // 0);
}


sub workers {
    my $master = nginx_pid();
    open my $fh, '<', "/proc/$master/task/$master/children" or return;
    return grep { title($_) =~ /worker process/ } split ' ', <$fh> // '';
}


sub title {
    my $pid = shift;
    open my $fh, '<', "/proc/$pid/cmdline" or return '';
    return <$fh> // '';
}


sub gone {
    my $pid = shift;
    return !kill 0, $pid;
}


sub error_log {
    open my $fh, '<', $Test::Nginx::Util::ErrLogFile or return '';
    local $/;
    return <$fh> // '';
}


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

            $block->set_value(http_config => $HttpConfig)
                unless defined $block->http_config;
        }

        redis('CONFIG', 'RESETSTAT') if defined $block->lookups;

        if (defined $block->processes) {
            Test::Nginx::Socket::master_on();
            Test::Nginx::Socket::workers($block->processes + 0);

        } else {
            Test::Nginx::Socket::master_off();
            Test::Nginx::Socket::workers(1);
        }

        if (defined $block->story) {
            my $code = $block->story;

            $block->set_value(request => "GET /once-upon-a-time");
            $block->set_value(config => ($block->config // '')
                                        . "\nlocation = /once-upon-a-time { return 200; }\n");
            $block->set_value(response_body_filters => sub { run_story($code) });
        }

        $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n")
            if defined $block->error_log && !defined $block->no_error_log
               && !defined $block->must_die;

        $block->set_value(no_shutdown_error_log => "[alert]\n[crit]\n[emerg]\n")
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

    Test::Nginx::Util::add_test_cleanup_handler(sub { end_fake() });
}


END {
    if ($$ == $owner) {
        local $?;
        end_fake('KILL');
    }
}


package LiveKitStory::Client;

use strict;
use warnings;

use Time::HiRes qw(time);


sub new {
    my ($class, %with) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $with{port} // Test::Nginx::Util::server_port_for_client(),
        Timeout => 5) or die "connect: $!";

    return bless { socket => $socket, data => '' }, $class;
}


sub send {
    my ($self, @parts) = @_;

    local $SIG{PIPE} = 'IGNORE';
    $self->{socket}->syswrite($_) for @parts;
    return $self;
}


# Each part in a segment of its own, and not at once.

sub trickle {
    my ($self, $delay, @parts) = @_;

    for my $part (@parts) {
        $self->send($part);
        Time::HiRes::sleep $delay;
    }

    return $self;
}


sub read {
    my ($self, $seconds) = @_;

    return 0 unless IO::Select->new($self->{socket})->can_read($seconds);

    my $n = $self->{socket}->sysread(my $bytes, 65536);
    $self->{closed} = 1 unless $n;
    $self->{data} .= $bytes if $n;

    return $n;
}


# The next answer on the connection; its status is "closed" if nginx closes
# the connection instead, and "nothing" if there is none in time.

sub answer {
    my ($self, $seconds) = @_;

    my $end = time + ($seconds // 5);

    for (;;) {
        my $answer = $self->parse;
        return $answer if $answer;

        return LiveKitStory::Answer->new('closed') if $self->{closed};

        my $left = $end - time;
        return LiveKitStory::Answer->new('nothing') if $left <= 0;

        $self->read($left);
    }
}


sub parse {
    my $self = shift;

    $self->{data} =~ /\A(.*?\r\n)\r\n/s or return;

    my ($head, $length) = ($1, length($1) + 2);
    my ($status) = $head =~ m{^HTTP/1\.[01] (\d+)};

    my $body = '';

    if ($status !~ /^(1..|204|304)$/ && !$self->{head}) {

        if ($head =~ /^Content-Length: (\d+)/mi) {
            return if length $self->{data} < $length + $1;
            $body = substr $self->{data}, $length, $1;
            $length += $1;

        } else {
            return unless $self->{closed};
            $body = substr $self->{data}, $length;
            $length = length $self->{data};
        }
    }

    substr $self->{data}, 0, $length, '';

    return LiveKitStory::Answer->new($status, $head, $body);
}


sub close {
    my $self = shift;
    $self->{socket}->close;
}


sub reset {
    my $self = shift;
    setsockopt $self->{socket}, Socket::SOL_SOCKET, Socket::SO_LINGER,
               pack('ii', 1, 0);
    $self->{socket}->close;
}


package LiveKitStory::Answer;

use strict;
use warnings;

use overload '""' => sub { $_[0]{status} }, 'eq' => sub { "$_[0]" eq "$_[1]" };


sub new {
    my ($class, $status, $head, $body) = @_;
    return bless { status => $status, head => $head // '', body => $body // '',
                   time => Time::HiRes::time }, $class;
}


sub status { return $_[0]{status} }
sub body { return $_[0]{body} }
sub head { return $_[0]{head} }


sub header {
    my ($self, $name) = @_;
    my @values = $self->{head} =~ /^\Q$name\E:[ \t]*(.*?)\r$/mig;
    return @values ? join(', ', @values) : undef;
}


sub json { return eval { JSON::PP::decode_json($_[0]{body}) } // {} }


# Whom the token is for, or what is wrong.

sub who {
    my $self = shift;

    my $json = $self->json;
    return $json->{error} if $json->{error};

    my $token = $json->{token} // return $self->{status};
    my ($h, $p) = split /\./, $token;

    return eval { JSON::PP::decode_json(LiveKitTest::unbase64url($p))->{sub} };
}

1;
