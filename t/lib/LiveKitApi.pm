package LiveKitApi;

# LiveKit's own API as nginx sees it: this program is the server, which says
# what nginx has sent and answers as it is told, badly if need be.
#
#     use LiveKitApi;
#
#     --- story
#     my $c = client()->send(...);
#     my $call = livekit('{"participants":[]}');      # what nginx sent
#
# $TEST_NGINX_LIVEKIT is where it listens; $LiveKitApi::Location leads there.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();

use LiveKitStory ();
use LiveKitTest ();

my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64) or die "listen: $!";

$ENV{TEST_NGINX_LIVEKIT} = '127.0.0.1:' . $server->sockport;

our $Location = <<'_EOC_';
    livekit_api /_livekit/;
    location /_livekit/ {
        internal;
        proxy_pass http://$TEST_NGINX_LIVEKIT/;
        proxy_ignore_client_abort on;
    }
_EOC_

# One call: nginx's request, once it is answered.  An answer is JSON, which
# makes a 200, [status, JSON], or as it is to be sent; undef: none, and the
# connection stays as long as what is returned.

sub livekit {
    my ($answer, %with) = @_;

    my $socket = delete $with{on};

    if (!$socket) {
        IO::Select->new($server)->can_read(5 * $LiveKitStory::Slow)
            or return bless { line => 'nobody calls', headers => [], body => '' }, 'LiveKitApi::Call';
        $socket = $server->accept;
    }

    my $text = '';

    until (complete($text)) {
        IO::Select->new($socket)->can_read(5 * $LiveKitStory::Slow) or last;
        $socket->sysread($text, 65536, length $text) or last;
    }

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($line, @headers) = split /\r\n/, $head // '';

    my $call = bless { line => $line // 'nothing', headers => \@headers, body => $body // '',
                       socket => $socket }, 'LiveKitApi::Call';

    return $call unless defined $answer;

    $answer = [ 200, $answer ] if !ref $answer && $answer =~ /^[{\[]/;
    $answer = join "\r\n", "HTTP/1.1 $answer->[0] Said", 'Content-Type: application/json',
                   'Content-Length: ' . length $answer->[1], '', $answer->[1] if ref $answer;

    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($answer);
    $socket->close unless $with{keep};

    return $call;
}


sub complete {
    my ($head, $body) = split /\r\n\r\n/, $_[0], 2;
    return defined $body && $head =~ /^Content-Length: (\d+)/mi && length $body >= $1;
}


# A list of participants with these identities, as LiveKit writes it.

sub participants {
    return JSON::PP->new->canonical->utf8->encode({ participants => [ map {
        { sid => "PA_x", identity => $_, state => 'ACTIVE', tracks => [], metadata => '', joined_at => '0' }
    } @_ ] });
}


# The calls that follow each other, each with its answer: "Method {body}".

sub calls {
    my @said;

    for (@_) {
        my $call = livekit($_);
        push @said, $call->said;
        last unless $call->{socket};
    }

    return @said;
}


sub import {
    no strict 'refs';
    *{"LiveKitStory::$_"} = \&$_ for qw(livekit participants calls);
}


package LiveKitApi::Call;

use strict;
use warnings;


sub method {
    my $self = shift;
    return $self->{line} =~ m{^POST /twirp/livekit\.(\S+) HTTP} ? $1 : $self->{line};
}


sub body {
    my $self = shift;
    my $json = JSON::PP->new->canonical->utf8;
    return eval { $json->encode($json->decode($self->{body})) } // "not JSON: $self->{body}";
}


sub said { return $_[0]->method . ' ' . $_[0]->body }


# The claims of its token, but for the times: these are what they should be,
# or are shown.

sub claims {
    my $self = shift;

    my ($token) = join("\n", @{ $self->{headers} }) =~ /^Authorization: Bearer (\S+)$/m;
    my ($claims, $valid) = LiveKitTest::token_claims(qq({"token":"$token"}));

    return 'BAD SIGNATURE' unless $valid;

    delete $claims->{nbf} if $claims->{nbf} == $claims->{iat} && abs($claims->{nbf} - time) < 30;
    delete $claims->{exp} if $claims->{exp} == $claims->{iat} + 60;
    delete $claims->{iat};

    return JSON::PP->new->canonical->utf8->encode($claims);
}

1;
