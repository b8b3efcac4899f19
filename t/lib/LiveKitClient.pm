package LiveKitClient;

# HTTP clients that do what others do not: send in pieces, all at once, or
# leave in the middle.  LiveKitClient speaks HTTP/1, LiveKitClient::H2 HTTP/2;
# both give answers.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use LiveKitTest ();
use Test::Nginx::Util ();


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

    my $end = time + ($seconds // 5) * ($ENV{LIVEKIT_SLOW} || 1);

    for (;;) {
        my $answer = $self->parse;
        return $answer if $answer;

        return LiveKitClient::Answer->new('closed') if $self->{closed};

        my $left = $end - time;
        return LiveKitClient::Answer->new('nothing') if $left <= 0;

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

    return LiveKitClient::Answer->new($status, $head, $body);
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


package LiveKitClient::H2;

# HTTP/2 without compression, server push and flow control of its own, which
# the small messages of a test do without.

use strict;
use warnings;

use Time::HiRes qw(time);

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
               END_STREAM => 1, END_HEADERS => 4, ACK => 1 };

my %indexed = (0x88 => 200, 0x89 => 204, 0x8c => 400, 0x8d => 404, 0x8e => 500);


sub new {
    my ($class, $address) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $address, Timeout => 5)
                 or die "connect: $!";

    my $self = bless { socket => $socket, input => '', next => 1, streams => {} }, $class;

    $self->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, ''));

    return $self;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags, $stream) . $payload;
}


sub text {
    my $text = shift;
    my $n = length $text;

    return chr($n) . $text if $n < 127;

    my $length = chr 127;

    for ($n -= 127; $n >= 128; $n >>= 7) {
        $length .= chr($n & 127 | 128);
    }

    return $length . chr($n) . $text;
}


# A request: its stream.  as => who is signed in; headers => [name => value];
# body => [pieces]; open => 1 if more of the body is to come.

sub ask {
    my ($self, $method, $uri, %with) = @_;

    my $stream = $self->{next};
    $self->{next} += 2;

    my @headers = (':method' => $method, ':scheme' => 'http', ':authority' => 'localhost',
                   ':path' => $uri, @{ $with{headers} // [] });
    push @headers, cookie => LiveKitTest::cookie(sub => $with{as}) if defined $with{as};

    my @pieces = @{ $with{body} // [] };
    my $block = '';

    while (my ($name, $value) = splice @headers, 0, 2) {
        $block .= chr(0) . text($name) . text($value);
    }

    $self->write(frame(HEADERS, END_HEADERS | (@pieces || $with{open} ? 0 : END_STREAM), $stream, $block));
    $self->more($stream, shift @pieces, @pieces || $with{open}) while @pieces;

    return $stream;
}


sub more {
    my ($self, $stream, $piece, $open) = @_;
    $self->write(frame(DATA, $open ? 0 : END_STREAM, $stream, $piece));
}


sub reset {
    my ($self, $stream) = @_;
    $self->write(frame(RST_STREAM, 0, $stream, pack 'N', 8));
}


sub close {
    my $self = shift;
    $self->{socket}->close;
}


sub write {
    my ($self, @frames) = @_;
    local $SIG{PIPE} = 'IGNORE';
    $self->{socket}->syswrite(join '', @frames);
}


sub answer {
    my ($self, $stream, $seconds) = @_;

    my $end = time + ($seconds // 5) * ($ENV{LIVEKIT_SLOW} || 1);
    my $answer = $self->{streams}{$stream} //= { body => '' };

    until ($answer->{end}) {
        my $left = $end - time;
        return LiveKitClient::Answer->new('nothing') if $left <= 0;
        $self->read($left) or return LiveKitClient::Answer->new('closed');
    }

    return LiveKitClient::Answer->new($answer->{status} // 'reset', $answer->{head}, $answer->{body});
}


sub read {
    my ($self, $seconds) = @_;

    IO::Select->new($self->{socket})->can_read($seconds) or return 1;
    $self->{socket}->sysread(my $bytes, 65536) or return 0;
    $self->{input} .= $bytes;

    while (length $self->{input} >= 9) {
        my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $self->{input};
        my $length = $high << 16 | $low;

        last if length $self->{input} < 9 + $length;

        my $payload = substr $self->{input}, 9, $length;
        substr $self->{input}, 0, 9 + $length, '';

        $self->take($type, $flags, $stream, $payload);
    }

    return 1;
}


sub take {
    my ($self, $type, $flags, $stream, $payload) = @_;

    if ($type == SETTINGS) {
        $self->write(frame(SETTINGS, ACK, 0, '')) unless $flags & ACK;
        return;
    }

    my $answer = $self->{streams}{$stream} //= { body => '' };

    if ($type == HEADERS) {
        $answer->{head} = $payload;
        $payload =~ s/\A\x20//;
        $answer->{status} = $indexed{ord $payload} // substr $payload, 2, 3;
        $answer->{end} = $flags & END_STREAM;

    } elsif ($type == DATA) {
        $answer->{body} .= $payload;
        $answer->{end} = $flags & END_STREAM;

    } elsif ($type == RST_STREAM) {
        $answer->{end} = 1;
    }
}


package LiveKitClient::Answer;

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

    my ($token) = grep { defined } @$json{qw(token participant_token participantToken)};
    return $self->{status} unless $token;

    my ($h, $p) = split /\./, $token;

    return eval { JSON::PP::decode_json(LiveKitTest::unbase64url($p))->{sub} };
}

1;
