# livekit_recording: what LiveKit is asked, what becomes of its answers, who
# may, and that a room is free again after a start that failed.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use LiveKitHook;
use LiveKitApi;
use Test::Nginx::Socket 'no_plan';

use JSON::PP ();

write_policy(<<'_EOC_', 's3.json');
{
  "version": 1,
  "roles": { "teacher": { "actions": ["record"] }, "student": {} },
  "recording": {
    "layout": "speaker", "preset": "H264_1080P_30", "file": "{room}/{id}.mp4",
    "s3": { "bucket": "lessons", "region": "eu", "access_key": "file:$DIR/s3.key", "secret": "env:LIVEKIT_S3_SECRET" }
  }
}
_EOC_

write_policy(<<'_EOC_', 'long.json');
{
  "version": 1, "roles": { "teacher": { "actions": ["record"] } },
  "recording": { "file": "{room}/{room}/{room}/{room}/{room}/{room}/{room}/{room}/{id}.mp4" }
}
_EOC_

{
    my $policy = LiveKitStory::slurp("$LiveKitTest::dir/s3.json");
    write_policy($policy =~ s/\$DIR/$LiveKitTest::dir/r, 's3.json');
    write_policy($policy =~ s/\$DIR/\/nowhere/r, 's3-gone.json');
    write_file('s3.key', "AKIA-of-the-school\n", 0600);
    $ENV{LIVEKIT_S3_SECRET} = 'the secret of the storage';
}

our $Config = <<"_EOC_";
    location = /start { livekit_recording start; }
    location = /stop  { livekit_recording stop; }
    location = /list  { livekit_recording list; }
    location = /hooks { livekit_webhook; }
$LiveKitApi::Location
_EOC_

# LiveKit is not there

our $Away = $Config =~ s/\$TEST_NGINX_LIVEKIT/127.0.0.1:1/r;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => $Config) unless defined $block->config || defined $block->must_die;
    forget();
    load_room();
});

sub post {
    my ($who, $what, $body, %more) = @_;
    return LiveKitStory::request("POST /$what", as => $who, json => $body // '{"roomName":"math"}', %more);
}

# LiveKit's answer about EG_1, as it writes all of it

sub info {
    my ($status, %more) = @_;
    my $json = JSON::PP->new->canonical->utf8;
    return $json->encode({
        egress_id => 'EG_1', room_id => 'RM_1', room_name => 'math', source_type => 'EGRESS_SOURCE_TYPE_WEB',
        status => "EGRESS_$status", started_at => '0', ended_at => '0', error => '', file_results => [],
        room_composite => { room_name => 'math', file_outputs => [ { filepath => 'x.mp4',
            s3 => { access_key => '{access_key}', secret => '{secret}', bucket => 'lessons' } } ] }, %more,
    });
}

# Asks, answers LiveKit's calls; the calls, and what was said. What differs
# from run to run is shown as a word.

sub asked {
    my ($request, @answers) = @_;

    my $c = LiveKitStory::client()->send($request);
    my @calls = LiveKitApi::calls(@answers);
    return map { plain($_) } @calls, said($c->answer);
}

sub said { return "$_[0] " . $_[0]->body =~ s/\n//r }

sub plain {
    return $_[0] =~ s/\d{4}-\d\d-\d\dT[\d:.]+Z/TIME/gr =~ s/\d{4}-\d\d-\d\d/DATE/gr =~ s/[0-9a-f]{24}/ID/gr;
}

sub lease { return plain(redis('GET', 'lkg:rec:active:{math}') // 'none') }

sub started { return asked(post('u1', 'start'), info('STARTING'), LiveKitApi::participants(@_)) }

no_long_string();
run_tests();

__DATA__

=== TEST 1: start: what LiveKit is asked, and what the teacher hears
--- story
my $c = client()->send(::post('u1', 'start'));
my $start = livekit(::info('STARTING'));
my $people = livekit(participants('u1', 'u2', 'u2~phone', 'EG_1#x'));
(map { ::plain($_) } $start->said, $start->claims, $people->said, $people->claims, ::said($c->answer)),
::lease(), ::plain(::recording() =~ s/\d{13}/MS/r), join ' ', sort @{ redis('SMEMBERS', 'lkg:rec:people:{math}:EG_1') };
--- response_body
Egress/StartRoomCompositeEgress {"file_outputs":[{"file_type":"MP4","filepath":"recordings/math/DATE-ID.mp4"}],"layout":"grid","room_name":"math"}
{"iss":"LKkey","sub":"","video":{"roomRecord":true}}
RoomService/ListParticipants {"room":"math"}
{"iss":"LKkey","sub":"","video":{"room":"math","roomAdmin":true}}
200 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
EG_1
room=math startedAt=MS startedBy=u1 status=starting
EG_1 u1 u2


=== TEST 2: an S3 storage: LiveKit hears its secrets, and nobody else does
--- http_config eval: $LiveKitTest::HttpConfig =~ s/policy\.json/s3.json/r
--- main_config
env LIVEKIT_S3_SECRET;
--- story
my @said = ::asked(::post('u1', 'start'), ::info('STARTING'), participants());
my $list = ::said(ask('GET /list?roomName=math', as => 'u1'));
my @leaks = grep { /livekit: / && /AKIA|secret of|lessons/ } split /^/, error_log();
@said, ::plain($list), 'in the log: ' . @leaks;
--- response_body
Egress/StartRoomCompositeEgress {"file_outputs":[{"file_type":"MP4","filepath":"math/ID.mp4","s3":{"access_key":"AKIA-of-the-school","bucket":"lessons","force_path_style":false,"region":"eu","secret":"the secret of the storage"}}],"layout":"speaker","preset":"H264_1080P_30","room_name":"math"}
RoomService/ListParticipants {"room":"math"}
200 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
200 {"recordings":[{"recordingId":"EG_1","status":"starting","startedAt":"TIME","startedBy":"u1","participants":[],"endedAt":null,"file":null,"duration":0,"size":0,"error":null}]}
in the log: 0


=== TEST 3: who may not, and nothing is asked of LiveKit
--- story
::started('u1');
my @cases = (['u2', '{"roomName":"math"}'], ['stranger', '{"roomName":"math"}'], ['banned', '{"roomName":"math"}'],
             [undef, '{"roomName":"math"}'], ['u1', '{"roomName":"closed"}'], ['u1', '{"roomName":"webinar-1"}']);
my @said = map { my ($who, $body) = @$_; join ' ', ($who // 'nobody'), map { ask(::post($who, $_, $body)) . '' } qw(start stop) } @cases;
push @said, join ' ', 'lists', map { ask("GET /list?roomName=math", as => $_) . '' } qw(u2 stranger banned);
push @said, join ' ', 'by id', map { ask(::post($_, 'stop', '{"recordingId":"EG_1"}')) . '' } qw(u2 stranger banned);
(@said, ::lease(), 'calls: ' . (livekit(undef)->{line}));
--- response_body
u2 403 403
stranger 403 403
banned 403 403
nobody 401 401
u1 403 403
u1 403 403
lists 403 403 403
by id 403 403 403
EG_1
calls: nobody calls
--- error_log
action_not_allowed
not_member


=== TEST 4: a closed room's teacher may still see what was recorded? no: closed is closed
--- story
ask('GET /list?roomName=closed', as => 'u1') . '';
--- response_body
403
--- error_log
room_closed


=== TEST 5: pages of other origins
--- story
my @other = (['Origin: https://evil.example'], ['Origin: null'], ['Sec-Fetch-Site: cross-site']);
(map { my $h = $_; join ' ', ask(::post('u1', 'start', undef, headers => $h)), ask(::post('u1', 'stop', undef, headers => $h)),
     ask('GET /list?roomName=math', as => 'u1', headers => $h) } @other), ::lease();
--- response_body
403 403 403
403 403 403
403 403 403
none
--- error_log
another origin


=== TEST 6: methods and bodies
--- story
my @said = map { my $a = ask($_); "$a " . ($a->header('Allow') // '') }
    request('GET /start?roomName=math', as => 'u1'), request('PUT /stop', as => 'u1'), request('POST /list', as => 'u1', json => '{}');
push @said, map { ::said(ask(::post('u1', @$_))) } ['start', '{}'], ['start', '[]'], ['start', '{"roomName":5}'], ['start', '{"roomName":"a/b"}'],
    ['start', '{"roomName":"math","room_name":"math"}'], ['stop', '{"recordingId":["EG_1"]}'], ['stop', '{"recordingId":"a b"}'],
    ['stop', '{"recordingId":"' . 'x' x 65 . '"}'], ['stop', '{"recordingId":"EG_none"}'], ['stop', '{"roomName":"math"}'];
@said;
--- response_body
405 POST
405 POST
405 GET
400 {"error":"bad_request","message":"Say which room: roomName."}
400 {"error":"bad_request","message":"The body must be a JSON object."}
400 {"error":"bad_request","message":"A field of the request has a wrong type."}
400 {"error":"bad_request","message":"There can be no room of that name."}
400 {"error":"bad_request","message":"Say roomName or room_name, not both."}
400 {"error":"bad_request","message":"A field of the request has a wrong type."}
400 {"error":"bad_request","message":"There can be no recording of that id."}
400 {"error":"bad_request","message":"There can be no recording of that id."}
404 {"error":"not_found","message":"There is no such recording."}
404 {"error":"not_found","message":"This room is not being recorded."}
--- error_log
livekit: refused


=== TEST 7: LiveKit's errors, in our words; each time the room is free again
--- story
map { (::asked(::post('u1', 'start'), $_))[1], ::lease() }
    [404, '{"code":"not_found","msg":"requested room does not exist"}'],
    [503, '{"code":"unavailable","msg":"no response from servers"}'],
    [429, '{"code":"resource_exhausted","msg":"x"}'],
    [500, '{"code":"internal","msg":"egress not connected (redis required)"}'],
    [401, 'invalid token: eyJ.eyJ.secret'],
    [400, '{"code":"invalid_argument","msg":"bucket lessons"}'];
--- response_body
404 {"error":"not_found","message":"There is nothing to record: nobody is in the room."}
none
503 {"error":"unavailable","message":"No recorder is free; try again."}
none
503 {"error":"unavailable","message":"No recorder is free; try again."}
none
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
none
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
none
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
none
--- error_log
livekit: LiveKit answered 500 to Egress/StartRoomCompositeEgress


=== TEST 8: no LiveKit: the room is blocked no longer than LiveKit could still be about to start
--- config eval: $::Away
--- story
::said(ask(::post('u1', 'start'))), ::lease(), redis('TTL', 'lkg:rec:active:{math}') <= 15 ? 'for a short while' : 'for long',
::said(ask(::post('u1', 'start')));
--- response_body
503 {"error":"unavailable","message":"LiveKit does not answer; try again."}
?ID
for a short while
409 {"error":"conflict","message":"This room is being recorded already."}
--- error_log
livekit: no answer from LiveKit
--- no_error_log
[alert]
[emerg]


=== TEST 9: an answer that is none
--- story
(map { (::asked(::post('u1', 'start'), $_))[1], redis('DEL', 'lkg:rec:active:{math}') } '{}', '[]', '{"egress_id":"a b","room_name":"math"}', '{"egress_id"');
--- response_body
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
1
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
1
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
1
502 {"error":"bad_gateway","message":"LiveKit could not start the recording."}
1
--- error_log
is not understood


=== TEST 10: two starts at once: one wins
--- processes: 2
--- story
my @clients = map { client()->send(::post('u1', 'start')) } 1 .. 8;
calls(::info('STARTING'), participants('u1'));
my %said;
$said{$_->answer}++ for @clients;
(map { "$_ $said{$_} times" } sort keys %said), ::lease();
--- response_body
200 1 times
409 7 times
EG_1


=== TEST 11: events that are quicker than LiveKit's answer
--- story
my $c = client()->send(::post('u1', 'start'));
my $call = livekit(undef);
::hooked(::egress('STARTING'));
::hooked(::egress('ACTIVE', startedAt => '"1800000001500000000"'));
my $answer = ::info('STARTING');
$call->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer");
calls(participants());
(::plain(::said($c->answer)), ::recording(), ::lease());
--- response_body
200 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
room=math startedAt=1800000001500 startedBy=u1 status=active
EG_1


=== TEST 12: one that is over before LiveKit's answer does not block the room
--- story
my $c = client()->send(::post('u1', 'start'));
my $call = livekit(undef);
::hooked(::egress('FAILED', error => '"no"', endedAt => '"1800000001500000000"'));
my $answer = ::info('STARTING');
$call->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer");
calls(participants());
($c->answer . '', ::lease(), ::recording() =~ s/startedAt=\d+/startedAt=MS/r);
--- response_body
200
none
endedAt=1800000001500 error=no room=math startedAt=MS startedBy=u1 status=failed


=== TEST 13: a client that leaves: what was begun is ended
--- story
my $c = client()->send(::post('u1', 'start'));
my $call = livekit(undef);
$c->close;
sleep 0.1;
my $answer = ::info('STARTING');
$call->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer");
calls(participants('u1'));
eventually { ::lease() eq 'EG_1' }, ::recording() =~ s/startedAt=\d+/startedAt=MS/r, 'alarms ' . alarms();
--- response_body
1
room=math startedAt=MS startedBy=u1 status=starting
alarms none


=== TEST 14: stop, by id and by room
--- story
::started('u1');
my @said = (::asked(::post('u1', 'stop', '{"recordingId":"EG_1"}'), ::info('ENDING')));
push @said, ::asked(::post('u1', 'stop'), ::info('ENDING'));
push @said, 'on record: ' . (::recording() =~ /status=(\w+)/)[0];
::hooked(::egress('COMPLETE', endedAt => '"1800000061750000000"'));
(@said, (map { ::said(ask(::post('u1', 'stop', $_))) } '{"recordingId":"EG_1"}', '{"roomName":"math"}'));
--- response_body
Egress/StopEgress {"egress_id":"EG_1"}
200 {"recordingId":"EG_1","status":"ending"}
Egress/StopEgress {"egress_id":"EG_1"}
200 {"recordingId":"EG_1","status":"ending"}
on record: starting
409 {"error":"conflict","message":"This recording is over."}
404 {"error":"not_found","message":"This room is not being recorded."}


=== TEST 15: what LiveKit may say to a stop
--- story
::started('u1');
map { (::asked(::post('u1', 'stop'), $_))[1] }
    [404, '{"msg":"egress does not exist"}'], [412, '{"msg":"egress with status EGRESS_COMPLETE cannot be stopped"}'],
    [408, '{"code":"deadline_exceeded"}'], [503, '{}'], [500, '{}'], [401, 'eyJ'];
--- response_body
404 {"error":"not_found","message":"LiveKit does not know this recording."}
409 {"error":"conflict","message":"This recording is over."}
503 {"error":"unavailable","message":"The recorder does not answer; try again."}
503 {"error":"unavailable","message":"The recorder does not answer; try again."}
502 {"error":"bad_gateway","message":"LiveKit could not stop the recording."}
502 {"error":"bad_gateway","message":"LiveKit could not stop the recording."}
--- error_log
livekit: LiveKit answered 500 to Egress/StopEgress


=== TEST 16: another room's recording is not stopped by saying that it is of one's own
--- story
redis('HSET', 'lkg:room:{art}', 'm:eve', 'teacher');
::started('u1');
map { ::said(ask(::post('eve', 'stop', $_))) } '{"recordingId":"EG_1"}', '{"recordingId":"EG_1","roomName":"art"}', '{"roomName":"art"}';
--- response_body
403 {"error":"forbidden","message":"This session may not do that."}
403 {"error":"forbidden","message":"This session may not do that."}
404 {"error":"not_found","message":"This room is not being recorded."}
--- error_log
livekit: forbidden: recording "EG_1" is not of room "art"


=== TEST 17: rooms with a tenant before them: the id and the room that was asked for
--- config eval
"    livekit_room school:\$livekit_requested_room;\n$::Config"
--- story
redis('HSET', 'lkg:room:{school:math}', 'm:u1', 'teacher');
my @said = ::asked(::post('u1', 'start'), ::info('STARTING'), participants('u1'));
(@said, (map { (::asked(::post('u1', 'stop', $_), ::info('ENDING')))[-1] } '{"recordingId":"EG_1","roomName":"math"}'),
 ask(::post('u1', 'stop', '{"recordingId":"EG_1"}')) . '');
--- response_body
Egress/StartRoomCompositeEgress {"file_outputs":[{"file_type":"MP4","filepath":"recordings/school=3Amath/DATE-ID.mp4"}],"layout":"grid","room_name":"school:math"}
RoomService/ListParticipants {"room":"school:math"}
200 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
200 {"recordingId":"EG_1","status":"ending"}
400
--- error_log
bad_room


=== TEST 18: list: the latest first, and LiveKit's own words stay inside
--- story
my $file = '[{"filename":"recordings/math/\"x\".mp4","duration":"60250000000","size":"12345","location":"https://lessons.s3.example/x"}]';
::hooked(::egress('COMPLETE', startedAt => '"1800000001500000000"', endedAt => '"1800000061750000000"', fileResults => $file));
::hooked(::egress('FAILED', startedAt => '"1800000101500000000"', endedAt => '"1800000161750000000"',
                  error => '"upload to bucket lessons failed"') =~ s/EG_1/EG_2/r);
redis('HSET', 'lkg:rec:EG_2', 'startedBy', 'a"b');
redis('SADD', 'lkg:rec:people:{math}:EG_1', 'u2', 'u"1');
my $a = ask('GET /list?roomName=math', as => 'u1');
$a->header('Cache-Control'), split / (?=\{"recordingId)/, ::said($a) =~ s/,(?=\{"recordingId)/ /gr;
--- response_body
no-store
200 {"recordings":[{"recordingId":"EG_2","status":"failed","startedAt":"2027-01-15T08:01:41.500Z","startedBy":"a\"b","participants":[],"endedAt":"2027-01-15T08:02:41.750Z","file":null,"duration":0,"size":0,"error":"The recording failed."}
{"recordingId":"EG_1","status":"complete","startedAt":"2027-01-15T08:00:01.500Z","startedBy":null,"participants":["u\"1","u2"],"endedAt":"2027-01-15T08:01:01.750Z","file":"recordings/math/\"x\".mp4","duration":60,"size":12345,"error":null}]}


=== TEST 19: a long list is cut, and takes several questions
--- story
for my $n (100 .. 199) {
    redis('ZADD', 'lkg:rec:list:{math}', $n, "EG_$n");
    redis('HSET', "lkg:rec:EG_$n", 'status', 'complete', 'rank', 3, 'room', 'math');
    redis('SADD', "lkg:rec:people:{math}:EG_$n", map { "somebody-with-a-long-name-$_" } 1 .. 200);
}
my @all = map { $_->{recordingId} } @{ ask('GET /list?roomName=math', as => 'u1')->json->{recordings} };
scalar @all, @all[0, -1];
--- response_body
48
EG_199
EG_152


=== TEST 20: a lost webhook: LiveKit is asked for what has not been heard of, once
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my $items = '{"items":[' . ::info('COMPLETE', ended_at => '1800000061750000000', started_at => '1800000001500000000') . ']}';
my @said = ::asked(request('GET /list?roomName=math', as => 'u1'), $items);
my @again = ::said(ask('GET /list?roomName=math', as => 'u1'));
($said[0], $said[1] =~ /"status":"(\w+)"/, $said[1] eq ::plain($again[0]) ? 'the same' : @again, ::lease());
--- response_body
Egress/ListEgress {"room_name":"math"}
complete
the same
none
--- error_log
livekit: recording "EG_1" of room "math" had not been heard of: LiveKit says "complete"


=== TEST 21: one that still runs is not asked for at every list
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my @said = ::asked(request('GET /list?roomName=math', as => 'u1'), '{"items":[' . ::info('ACTIVE', started_at => '1800000001500000000') . ']}');
($said[1] =~ /"status":"(\w+)"/, (ask('GET /list?roomName=math', as => 'u1')->json->{recordings}[0]{status}), ::lease());
--- response_body
active
active
EG_1


=== TEST 22: one that LiveKit has forgotten does not run
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my @said = ::asked(::post('u1', 'start'), '{"items":[]}', ::info('STARTING', egress_id => 'EG_2'), participants());
@said, ::lease(), (::recording() =~ /(status=\w+)/)[0];
--- response_body
Egress/ListEgress {"room_name":"math"}
Egress/StartRoomCompositeEgress {"file_outputs":[{"file_type":"MP4","filepath":"recordings/math/DATE-ID.mp4"}],"layout":"grid","room_name":"math"}
RoomService/ListParticipants {"room":"math"}
200 {"recordingId":"EG_2","status":"starting","startedAt":"TIME"}
EG_2
status=failed


=== TEST 23: LiveKit cannot say: the list shows what is on record, and nothing is given up
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my @said = map { (::asked(request('GET /list?roomName=math', as => 'u1'), $_))[-1] =~ /^(\d+).*"status":"(\w+)"/ }
    [500, '{}'], '{"items":5}', '[';
("@said", (::asked(::post('u1', 'start'), [503, '{}']))[-1], ::lease());
--- response_body
200 starting 200 starting 200 starting
409 {"error":"conflict","message":"This room is being recorded already."}
EG_1
--- error_log
LiveKit could not say what became of the recordings


=== TEST 24: Redis is away, or not what it should be
--- story
::started('u1');
redis('SET', 'lkg:rec:list:{math}', 'x');
my @said = ask('GET /list?roomName=math', as => 'u1') . '';
redis('DEL', 'lkg:rec:list:{math}', 'lkg:rec:EG_1');
redis('ZADD', 'lkg:rec:list:{math}', 1, 'EG_1');
redis('SET', 'lkg:rec:EG_1', 'x');
push @said, map { ask($_) . '' } request('GET /list?roomName=math', as => 'u1'), ::post('u1', 'stop', '{"recordingId":"EG_1"}');
kill_redis();
push @said, map { ask($_) . '' } request('GET /list?roomName=math', as => 'u1'), ::post('u1', 'start'), ::post('u1', 'stop', '{"recordingId":"EG_1"}');
start_redis();
@said;
--- response_body
503
503
503
503
503
503
--- error_log
redis_data
--- no_error_log
[alert]
[emerg]


=== TEST 25: what has only its place in the list left is none, and nobody asks for it
--- story
::started('u1');
redis('ZADD', 'lkg:rec:list:{math}', 1, 'EG_gone');
my $list = ask('GET /list?roomName=math', as => 'u1');
(join ' ', map { "$_->{recordingId} $_->{status}" } @{ $list->json->{recordings} }), 'on record: ' . ::recording('EG_gone'),
'calls: ' . (livekit(undef)->{line});
--- response_body
EG_1 starting
on record: 
calls: nobody calls


=== TEST 26: what LiveKit says of a recording is not understood: it may still run
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my @items = map { '{"items":[' . ::info('FAILED', egress_id => 'EG_0') . ",$_]}" }
    ::info('PAUSED'), ::info('ACTIVE', room_name => 'a{b}'), ::info('ACTIVE', room_name => '') =~ s/egress_id/egressId/r;
my @said = map { (::asked(request('GET /list?roomName=math', as => 'u1'), $_))[-1] =~ /^(\d+).*"status":"(\w+)"/ } @items;
"@said", (::asked(::post('u1', 'start'), $items[0]))[-1], ::lease(), (::recording() =~ /(status=\w+)/)[0];
--- response_body
200 starting 200 starting 200 starting
409 {"error":"conflict","message":"This room is being recorded already."}
EG_1
status=starting
--- error_log
livekit: what LiveKit says of recording "EG_1" of room "math" is not understood


=== TEST 27: Redis does not say in time whether the room is ours: it is free again
--- story
::started('u1');
redis('HSET', 'lkg:rec:EG_1', 'updatedAt', (time - 120) * 1000);
my $c = client()->send(::post('u1', 'start'));
my $call = livekit(undef);
redis('DEL', 'lkg:rec:active:{math}');
stop_redis();
$call->{socket}->syswrite("HTTP/1.1 500 Said\r\nContent-Length: 2\r\n\r\n{}");
my $late = eventually { error_log() =~ /not stored: redis_timeout/ };
cont_redis();
$late, ::said($c->answer), ::lease();
--- response_body
1
503 {"error":"unavailable","message":"Access cannot be checked at the moment; try again."}
none
--- error_log
livekit: not stored: redis_timeout


=== TEST 28: Redis is late with what is to be put on record: it is told again
--- story
my $c = client()->send(::post('u1', 'start'));
my $call = livekit(undef);
stop_redis();
my $answer = ::info('STARTING');
$call->{socket}->syswrite("HTTP/1.1 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer");
my $late = eventually { error_log() =~ /not stored: redis_timeout/ };
cont_redis();
calls(participants('u1'));
$late, ::plain(::said($c->answer)), ::lease(), ::recording() =~ s/startedAt=\d+/startedAt=MS/r;
--- response_body
1
200 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
EG_1
room=math startedAt=MS startedBy=u1 status=starting
--- error_log
livekit: not stored: redis_timeout


=== TEST 29: it runs and is not on record: who has started it hears that, and the log
--- http_config eval
$LiveKitTest::HttpConfig . "    log_format verdict '\$status \$livekit_verdict';\n"
--- config eval
"    access_log logs/verdict.log verdict;\n$::Config"
--- story
redis('SET', 'lkg:rec:EG_1', 'x');
my ($call, $said) = ::asked(::post('u1', 'start'), ::info('STARTING'));
my $log;
eventually { ($log) = LiveKitStory::slurp("$ENV{TEST_NGINX_SERVROOT}/logs/verdict.log") =~ /^(202.*)/m };
$said, $log;
--- response_body
202 {"recordingId":"EG_1","status":"starting","startedAt":"TIME"}
202 started_unrecorded
--- error_log
livekit: recording "EG_1" of room "math", started by "u1", runs but is not on record


=== TEST 30: a path that is too long is nginx's own fault, and LiveKit is not asked
--- http_config eval: $LiveKitTest::HttpConfig =~ s/policy\.json/long.json/r
--- story
my $room = 'm' x 128;
redis('HSET', "lkg:room:{$room}", 'm:u1', 'teacher');
my $said = ::said(ask(::post('u1', 'start', qq({"roomName":"$room"}))));
$said, redis('GET', "lkg:rec:active:{$room}") // 'none', 'calls: ' . (livekit(undef)->{line});
--- response_body
500 {"error":"internal_error","message":"The server could not answer."}
none
calls: nobody calls
--- error_log
livekit: no recording of room


=== TEST 31: what is needed
--- config
    location = /start {
        livekit_recording start;    # wrong
    }
--- must_die
--- error_log
"livekit_recording" needs livekit_api


=== TEST 32: start, stop or list
--- config
    location = /start {
        livekit_recording pause;    # wrong
    }
--- must_die
--- error_log
invalid value "pause": it is "start", "stop" or "list"


=== TEST 33: a secret of the storage that is not there
--- http_config eval: $LiveKitTest::HttpConfig =~ s/policy\.json/s3-gone.json/r
--- config
    location = /start {
        livekit_recording start;
    }
    livekit_api /_livekit/;
    location /_livekit/ { internal; proxy_pass http://127.0.0.1:1/; }
--- must_die
--- error_log
the policy's recording.s3 needs


=== TEST 34: a long list in pages, whatever is begun meanwhile
--- story
for my $n (100 .. 199) {
    redis('ZADD', 'lkg:rec:list:{math}', $n, "EG_$n");
    redis('HSET', "lkg:rec:EG_$n", 'status', 'complete', 'rank', 3, 'room', 'math') unless $n == 152;
}
my $page = sub {
    my $page = ask("GET /list?roomName=math" . join("", grep { defined } @_), as => 'u1')->json;
    my @ids = map { $_->{recordingId} } @{ $page->{recordings} };
    return ($page->{next}, join ' ', scalar @ids, @ids ? @ids[0, -1] : (), $page->{next} // 'the end');
};
my ($next, @pages) = ('');
for my $more ('', '&limit=1000', '&limit=4', '') {
    ($next, my $said) = $page->($next && "&after=$next", $more);
    push @pages, $said;
    redis('ZADD', 'lkg:rec:list:{math}', 1000, 'EG_1000');
}
my ($rest, $said) = $page->('&limit=3');
@pages, $said, ($page->('&after=EG_100'))[1], ($page->('&after=EG_unknown'))[1], ($page->('&after=&limit='))[1],
map { ask("GET /list?roomName=math&$_", as => 'u1') . '' }
    'limit=0', 'limit=x', 'limit=1&limit=2', 'after=a&after=b', 'after=%3f1', 'after=' . 'x' x 300
--- response_body
47 EG_199 EG_153 EG_152
48 EG_151 EG_104 EG_104
4 EG_103 EG_100 the end
47 EG_199 EG_153 EG_153
2 EG_199 EG_198 EG_198
0 the end
0 the end
47 EG_199 EG_153 EG_153
400
400
400
400
400
400
