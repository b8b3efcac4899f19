# The token endpoint: who gets which token, in each of the three dialects.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: a teacher asks as the application's own route was asked
--- config
    location = /token { livekit_token; }
--- more_headers eval
"Content-Type: application/json\nCookie: " . LiveKitTest::cookie(sub => "u1", name => "Ann")
--- response_body_filters eval
\&LiveKitTest::claims
--- response_body
{"fresh":true,"iss":"LKkey","metadata":"{\"role\":\"teacher\"}","name":"Ann","sub":"u1","ttl":600,"video":{"canManageAgentSession":false,"canPublish":true,"canPublishData":true,"canSubscribe":true,"canSubscribeMetrics":false,"canUpdateOwnMetadata":false,"room":"math","roomJoin":true}}
--- response_headers
Content-Type: application/json
Cache-Control: no-store
