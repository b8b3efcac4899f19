# The audit trail of examples/audit.conf: what nginx-livekit decided, and
# nothing that anybody could use.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

our $Http = "$LiveKitTest::HttpConfig    include \$TEST_NGINX_ROOT/examples/audit.conf;\n"
            . "    access_log \$TEST_NGINX_DIR/audit.log livekit_audit if=\$livekit_audited;\n";

our $Locations = $LiveKitApi::Location . <<'_EOC_';
    location = /token { livekit_token; }
    location = /moderate { livekit_moderation; }
    location = /start { livekit_recording start; }
    location = /plain { return 204; }
    location /rtc { livekit_guard on; alias $TEST_NGINX_DIR/; }
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $Http);
    $block->set_value(config => $Locations);

    unlink "$LiveKitTest::dir/audit.log";
    load_room();
});

# The lines of the trail so far, each as a hash.

sub trail {
    my $count = shift;
    my @lines;

    LiveKitStory::eventually(sub {
        open my $fh, '<', "$LiveKitTest::dir/audit.log" or return;
        @lines = <$fh>;
        @lines >= $count;
    });

    return map { JSON::PP::decode_json($_) } @lines;
}

# What does not differ from run to run, in one line.

sub said {
    my $line = shift;
    return join ' ', map { "$_=" . ($line->{$_} // 'none') }
                     grep { ($line->{$_} // '') ne '' }
                     qw(method path status verdict identity role room action target);
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: a token, refusals, a kick and the guard after it, a line each; what is no business of ours has none
--- story
my $token = ask(wish('u2'))->json->{token};

ask(wish('u9'));
ask(request('POST /token', json => '{"roomName":"math"}'));
ask('GET /plain');

my $c = client()->send(request('POST /moderate', as => 'u1',
                               json => '{"roomName":"math","action":"remove","identity":"u2"}'));
my @calls = LiveKitApi::calls(participants('u2'), '{}');
$c->answer;

ask("GET /rtc/policy.json?access_token=$token");
ask(request('POST /moderate', as => 'u2', json => '{"roomName":"math","action":"close"}'));

my @trail = ::trail(6);
my $text = LiveKitStory::slurp("$LiveKitTest::dir/audit.log");

(scalar @trail, (map { ::said($_) } @trail),
 'complete: ' . (grep { $_->{time} =~ /^\d{4}-\d\d-\d\dT/ && $_->{request} =~ /^[0-9a-f]{32}$/
                        && $_->{address} eq '127.0.0.1' } @trail),
 'tokens: ' . ($text =~ /eyJ/ ? 'some' : 'none'))
--- response_body
6
method=POST path=/token status=200 verdict=issued identity=u2 role=student room=math
method=POST path=/token status=403 verdict=not_member identity=u9 room=math
method=POST path=/token status=401 verdict=no_session
method=POST path=/moderate status=200 verdict=moderated identity=u1 role=teacher room=math action=remove target=u2
method=GET path=/rtc/policy.json status=403 verdict=kicked identity=u2 room=math
method=POST path=/moderate status=403 verdict=kicked identity=u2 room=math action=close
complete: 6
tokens: none
--- error_log
livekit: forbidden: kicked



=== TEST 2: a name that would end the line, or forge another, stays a name
--- story
ask(request('POST /token', as => 'u","verdict":"issued', json => '{"roomName":"math"}'));
my @trail = ::trail(1);
(scalar @trail, "verdict $trail[0]{verdict}", "identity $trail[0]{identity}")
--- response_body
1
verdict not_member
identity u","verdict":"issued
--- error_log
livekit: forbidden: not_member



=== TEST 3: a recording, and one that a student wants to start
--- story
my $c = client()->send(request('POST /start', as => 'u1', json => '{"roomName":"math"}'));
my @calls = LiveKitApi::calls('{"egress_id":"EG_1","room_name":"math","status":"EGRESS_STARTING"}', participants('u1'));
my $answer = $c->answer;
ask(request('POST /start', as => 'u2', json => '{"roomName":"math"}'));
map { ::said($_) } ::trail(2)
--- response_body
method=POST path=/start status=200 verdict=started identity=u1 role=teacher room=math action=start target=EG_1
method=POST path=/start status=403 verdict=action_not_allowed identity=u2 role=student room=math action=start
--- error_log
livekit: forbidden: action_not_allowed
