package LiveKitHook;

# Deliveries of LiveKit's webhooks, signed here.
#
#     hooked($body, ...)    POSTs to /hooks as LiveKit does: the answer.  More
#                           claims of the token win over LiveKit's; header =>
#                           "..." stands in Authorization instead of the token.
#     delivery($body, ...)  the same as text, to be sent
#     egress($status, ...)  the body of an event about the recording EG_1 of
#                           the room "math"; more members of its egressInfo.
#     stream()              the stream of events: "id event room", in one line
#     recording($id)        what is known of it: "name=value name=value"

use strict;
use warnings;

use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64);

use LiveKitStory ();
use LiveKitTest ();

use base 'Exporter';

our @EXPORT = qw(hooked delivery hook_token egress stream recording forget);


sub hook_token {
    my ($body, %claims) = @_;

    return LiveKitTest::jwt(iss => 'LKkey', exp => time + 300, nbf => time,
                            sha256 => encode_base64(sha256($body), ''),
                            _secret => $LiveKitTest::key, %claims);
}


sub hooked { return LiveKitStory::ask(delivery(@_)) }


sub delivery {
    my ($body, %with) = @_;

    my $before = delete $with{bearer} // '';
    my $line = delete $with{line} // 'POST /hooks';
    my $header = exists $with{header} ? delete $with{header} : $before . hook_token($body, %with);

    return LiveKitStory::request($line, headers => [
        defined $header ? "Authorization: $header" : (),
        'Content-Type: application/webhook+json', 'Content-Length: ' . length $body,
    ]) . $body;
}


sub egress {
    my ($status, %more) = @_;

    my $rest = join '', map { qq(,"$_":$more{$_}) } sort keys %more;

    return qq({"event":"egress_updated","id":"EV_$status","egressInfo":{"egressId":"EG_1",)
           . qq("roomName":"math","status":"EGRESS_$status",)
           . qq("roomComposite":{"roomName":"math","fileOutputs":[{"filepath":"x.mp4"}]}$rest}});
}


sub stream {
    return join ', ', map { my %f = @{ $_->[1] }; "$f{id} $f{event} $f{room}" }
           @{ LiveKitTest::redis('XRANGE', 'lkg:events', '-', '+') };
}


sub recording {
    my $id = shift // 'EG_1';

    my %f = @{ LiveKitTest::redis('HGETALL', "lkg:rec:$id") };
    delete @f{qw(updatedAt rank)};
    return join ' ', map { "$_=$f{$_}" } sort keys %f;
}


# Everything of events and recordings.

sub forget {
    for (qw(lkg:events lkg:seen:* lkg:rec:*)) {
        my @keys = @{ LiveKitTest::redis('KEYS', $_) };
        LiveKitTest::redis('DEL', @keys) if @keys;
    }
    return;
}

1;
