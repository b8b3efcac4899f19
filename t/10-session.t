# Who is it?  Signed cookies of an application, good and bad: the identity
# that nginx finds, or the one answer for all that it does not believe.
#
# --- cookie      the Cookie header (more than one: an array)
# --- identity    as whom the request is let in
# --- refused     why it is not, as the log says
#
# Without a "config" the location /me asks for a session and nothing more.

use utf8;

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

our $soon = time + 60;

our $Session = 'livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session';

add_block_preprocessor(sub {
    my $block = shift;

    return unless defined $block->refused || defined $block->identity;

    if (!defined $block->config) {
        $block->set_value(config => "location = /me { livekit_check session; }\n");
        $block->set_value(request => "GET /me");
    }

    if (defined $block->cookie) {
        my $cookie = $block->cookie;
        $block->set_value(more_headers => join "\n", map { "Cookie: $_" }
                                               ref $cookie ? @$cookie : $cookie);
    }

    if (defined $block->identity) {
        my $identity = $block->identity =~ s/\n//r;

        $block->set_value(error_code => 204);
        $block->set_value(response_headers => "X-LiveKit-Identity: $identity");
        return;
    }

    my $reason = $block->refused =~ s/\n//r;

    $block->set_value(error_log => "livekit: unauthorized: $reason:");
    $block->set_value(answer => 401);
});


# header.payload.signature of one token, to be taken apart

sub parts { return split /\./, ::jwt(@_) }

sub raw { return "session=" . ::jwt(_raw => shift) }

no_long_string();
share_nginx();
run_tests();

__DATA__

=== TEST 1: a signed-in user is known
--- cookie eval: ::cookie(sub => "u1")
--- identity: u1


=== TEST 2: other cookies around it make no difference
--- cookie eval: "theme=dark; xsession=1; " . ::cookie(sub => "u1") . "; session2=2; session"
--- identity: u1


=== TEST 3: with a header that has more in it
--- cookie eval: "session=" . ::jwt(_header => '{"typ":"JWT","kid":"k1","alg":"HS256"}', sub => "u1")
--- identity: u1


=== TEST 4: without a cookie nobody is signed in
--- refused: no_session


=== TEST 5: a cookie whose name only resembles it is another cookie
--- cookie eval: "session.0=" . ::jwt(sub => "u1") . "; Session=" . ::jwt(sub => "u1") . "; asession=x"
--- refused: no_session


=== TEST 6: a cookie with nothing in it
--- cookie: session=
--- refused: session_invalid


=== TEST 7: a cookie that is not a token
--- cookie: session=s%3Aabc.def
--- refused: session_invalid


=== TEST 8: a session that is over
--- cookie eval: ::cookie(sub => "u1", exp => time - 1)
--- refused: session_expired


=== TEST 9: a session that has not begun
--- cookie eval: ::cookie(sub => "u1", nbf => time + 60)
--- refused: session_expired


=== TEST 10: a session that has begun
--- cookie eval: ::cookie(sub => "u1", nbf => time - 1, iat => time + 60)
--- identity: u1


=== TEST 11: a cookie that was cut
--- cookie eval: substr(::cookie(sub => "u1"), 0, -5)
--- refused: session_invalid


=== TEST 12: a cookie without its signature
--- cookie eval: "session=" . CORE::join ".", (::parts(sub => "u1"))[0, 1]
--- refused: session_invalid


=== TEST 13: a cookie with an empty signature
--- cookie eval: "session=" . CORE::join ".", (::parts(sub => "u1"))[0, 1], ""
--- refused: session_invalid


=== TEST 14: a cookie with more behind its signature
--- cookie eval: ::cookie(sub => "u1") . "AA"
--- refused: session_invalid


=== TEST 15: a cookie with a fourth part
--- cookie eval: ::cookie(sub => "u1") . ".e30"
--- refused: session_invalid


=== TEST 16: a cookie signed with another key
--- cookie eval: ::cookie(sub => "u1", _secret => "another session secret, of 32 bytes or more")
--- refused: session_invalid


=== TEST 17: a stranger's claims under somebody's signature
--- cookie eval: "session=" . CORE::join ".", (::parts(sub => "u1"))[0], (::parts(sub => "u2"))[1], (::parts(sub => "u1"))[2]
--- refused: session_invalid


=== TEST 18: an unsigned token
--- cookie eval: "session=" . ::base64url('{"alg":"none"}') . "." . (::parts(sub => "u1"))[1] . "."
--- refused: session_invalid


=== TEST 19: a signed token that calls itself unsigned
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"none"}')
--- refused: session_invalid


=== TEST 20: a token that names another algorithm for the same signature
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"HS512","typ":"JWT"}')
--- refused: session_invalid


=== TEST 21: a token that would have the secret taken for a public key
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"RS256","typ":"JWT"}')
--- refused: session_invalid


=== TEST 22: an algorithm in another case is another algorithm
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"hs256"}')
--- refused: session_invalid


=== TEST 23: a header that names two algorithms
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"HS256","alg":"none"}')
--- refused: session_invalid


=== TEST 24: a header with a critical extension, which we would have to understand
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"HS256","crit":["exp"]}')
--- refused: session_invalid


=== TEST 25: a header that says the claims are not encoded
--- cookie eval: ::cookie(sub => "u1", _header => '{"alg":"HS256","b64":false}')
--- refused: session_invalid


=== TEST 26: a header that is no JSON
--- cookie eval: ::cookie(sub => "u1", _header => 'HS256')
--- refused: session_invalid


=== TEST 27: base64 with padding, which is not base64url
--- cookie eval: ::cookie(sub => "u1") . "="
--- refused: session_invalid


=== TEST 28: a session without an end
--- cookie eval: ::cookie(sub => "u1", exp => undef)
--- refused: session_invalid


=== TEST 29: a session whose end is text
--- cookie eval: ::raw('{"sub":"u1","exp":"4000000000"}')
--- refused: session_invalid


=== TEST 30: a session whose end is null
--- cookie eval: ::raw('{"sub":"u1","exp":null}')
--- refused: session_invalid


=== TEST 31: a session whose end is no number that a clock can show
--- cookie eval: ::raw('{"sub":"u1","exp":1e300}')
--- refused: session_invalid


=== TEST 32: a session whose end has a fraction
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000.5}')
--- identity: u1


=== TEST 33: a session whose beginning is text
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000,"nbf":"0"}')
--- refused: session_invalid


=== TEST 34: claims that name two users
--- cookie eval: ::raw('{"sub":"u2","exp":4000000000,"sub":"u1"}')
--- refused: session_invalid


=== TEST 35: claims that name two ends
--- cookie eval: ::raw('{"sub":"u1","exp":1,"exp":4000000000}')
--- refused: session_invalid


=== TEST 36: claims with a NUL, where C would see another name
--- cookie eval: ::raw('{"sub":"u1\u0000evil","exp":4000000000}')
--- refused: session_invalid


=== TEST 37: claims that are not an object
--- cookie eval: ::raw('["u1"]')
--- refused: session_invalid


=== TEST 38: claims that are no JSON
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000')
--- refused: session_invalid


=== TEST 39: claims with something behind them
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000} {}')
--- refused: session_invalid


=== TEST 40: claims that are not UTF-8
--- cookie eval: ::raw("{\"sub\":\"u\xff\",\"exp\":4000000000}")
--- refused: session_invalid


=== TEST 41: claims nested without end
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000,"x":' . "[" x 1000 . "]" x 1000 . '}')
--- refused: session_invalid


=== TEST 42: the same cookie twice is one session
--- cookie eval: ::raw('{"sub":"u1","exp":4000000000}') . "; " . ::raw('{"sub":"u1","exp":4000000000}')
--- identity: u1


=== TEST 43: two cookies of one name are two users, and so nobody
--- cookie eval: ::cookie(sub => "u1") . "; " . ::cookie(sub => "u2")
--- refused: session_ambiguous


=== TEST 44: also where the second is not worth a thing
--- cookie eval: ::cookie(sub => "u1") . "; session=x"
--- refused: session_ambiguous


=== TEST 45: also where the first is not worth a thing
--- cookie eval: "session=; " . ::cookie(sub => "u1")
--- refused: session_ambiguous


=== TEST 46: a cookie may stand in any of several Cookie headers
--- cookie eval: [ "a=1", ::cookie(sub => "u1"), "b=2" ]
--- identity: u1


=== TEST 47: the same cookie in two headers is one session
--- cookie eval: [ ::raw('{"sub":"u1","exp":4000000000}'), ::raw('{"sub":"u1","exp":4000000000}') ]
--- identity: u1


=== TEST 48: two cookies of one name in two headers are nobody
--- cookie eval: [ ::cookie(sub => "u1"), ::cookie(sub => "u2") ]
--- refused: session_ambiguous


=== TEST 49: more Cookie headers than anybody sends
--- cookie eval: [ ::cookie(sub => "u1"), map { "c$_=1" } 1 .. 16 ]
--- refused: session_invalid


=== TEST 50: a number is an identity
--- cookie eval: ::cookie(sub => undef, id => 42)
--- identity: 42


=== TEST 51: a fraction is not
--- cookie eval: ::raw('{"sub":4.2,"exp":4000000000}')
--- refused: no_identity


=== TEST 52: nor is yes
--- cookie eval: ::raw('{"sub":true,"exp":4000000000}')
--- refused: no_identity


=== TEST 53: nor is an object
--- cookie eval: ::raw('{"sub":{"id":"u1"},"exp":4000000000}')
--- refused: no_identity


=== TEST 54: a session of nobody
--- cookie eval: ::cookie(name => "Ann")
--- refused: no_identity


=== TEST 55: an empty name is nobody's, and no other claim stands in for it
--- cookie eval: ::cookie(sub => "", id => "u1")
--- refused: no_identity


=== TEST 56: a claim that is null is not there
--- cookie eval: ::raw('{"sub":null,"user":{"id":"u1"},"exp":4000000000}')
--- identity: u1


=== TEST 57: the usual places of an identity, the first one counts
--- cookie eval: ::cookie(id => "u9", userId => "u8", user => { id => "u1", sub => undef })
--- identity: u1


=== TEST 58: an identity of 256 bytes
--- cookie eval: ::cookie(sub => "x" x 256)
--- identity eval: "x" x 256


=== TEST 59: an identity that LiveKit would not take
--- cookie eval: ::cookie(sub => "x" x 257)
--- refused: no_identity


=== TEST 60: an identity with "#", which LiveKit appends to
--- cookie eval: ::cookie(sub => "u1#u2")
--- refused: no_identity


=== TEST 61: an identity with "~", which parts the device
--- cookie eval: ::cookie(sub => "u1~phone")
--- refused: no_identity


=== TEST 62: an identity with a line break
--- cookie eval: ::cookie(sub => "u1\r\nX-Admin: 1")
--- refused: no_identity


=== TEST 63: an identity that is not ASCII
--- cookie eval: ::raw("{\"sub\":\"\xc3\xbc-1\",\"exp\":4000000000}")
--- identity eval: "\xc3\xbc-1"


=== TEST 64: an e-mail that nobody has verified is no identity
--- cookie eval: ::cookie(email => 'ann@example.com')
--- refused: no_identity


=== TEST 65: an e-mail that says it is not verified is none either
--- cookie eval: ::raw('{"email":"ann@example.com","email_verified":false,"exp":4000000000}')
--- refused: no_identity


=== TEST 66: an e-mail that says in text that it is verified is none either
--- cookie eval: ::raw('{"email":"ann@example.com","email_verified":"true","exp":4000000000}')
--- refused: no_identity


=== TEST 67: an e-mail that the session calls verified is an identity
--- cookie eval: ::raw('{"email":"ann@example.com","email_verified":true,"exp":4000000000}')
--- identity: ann@example.com


=== TEST 68: nobody's own header makes them somebody
--- config
    location = /me { livekit_check session; }
--- request
GET /me?sub=u1&session=u1
--- more_headers eval
"Authorization: Bearer " . ::jwt(sub => "u1")
. "\nX-LiveKit-Identity: u1\nX-Forwarded-User: u1\nsession: " . ::jwt(sub => "u1")
--- refused: no_session


=== TEST 69: an unverified e-mail is an identity where the configuration says so
--- config eval
"location = /me { livekit_check session; $::Session identity=sub,email email_unverified; }"
--- request
GET /me
--- cookie eval: ::cookie(email => 'ann@example.com')
--- identity: ann@example.com


=== TEST 70: identity= says which claim it is, and no other counts
--- config eval
"location = /me { livekit_check session; $::Session identity=user.id,uid; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u9", uid => 7, user => { name => "Ann" })
--- identity: 7


=== TEST 71: a session without that claim is nobody's
--- config eval
"location = /me { livekit_check session; $::Session identity=user.id,uid; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- refused: no_identity


=== TEST 72: prefix= keeps the users of one application from those of another
--- config eval
"location = /me { livekit_check session; $::Session prefix=crm:; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- identity: crm:u1


=== TEST 73: with its prefix, too, an identity must not be too long
--- config eval
"location = /me { livekit_check session; $::Session prefix=crm:; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "x" x 253)
--- refused: no_identity


=== TEST 74: leeway= forgives a clock that is slow
--- config eval
"location = /me { livekit_check session; $::Session leeway=300; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", exp => time - 200)
--- identity: u1


=== TEST 75: and a clock that is fast
--- config eval
"location = /me { livekit_check session; $::Session leeway=300; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", nbf => time + 200)
--- identity: u1


=== TEST 76: but not for ever
--- config eval
"location = /me { livekit_check session; $::Session leeway=300; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", exp => time - 301)
--- refused: session_expired


=== TEST 77: iss=, aud= and azp= hold
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => "https://b", aud => ["mail", "live"], azp => "app")
--- identity: u1


=== TEST 78: a token of another issuer
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => "https://c", aud => "live", azp => "app")
--- refused: session_invalid


=== TEST 79: an issuer is text, not a list
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => ["https://a"], aud => "live", azp => "app")
--- refused: session_invalid


=== TEST 80: a token for another reader
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => "https://a", aud => ["mail"], azp => "app")
--- refused: session_invalid


=== TEST 81: a token for no reader in particular
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => "https://a", azp => "app")
--- refused: session_invalid


=== TEST 82: a token that was made for another application
--- config eval
"location = /me { livekit_check session; $::Session iss=https://a iss=https://b aud=live aud=web azp=app; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", iss => "https://a", aud => "web", azp => "game")
--- refused: session_invalid


=== TEST 83: while a secret is being changed, the old one still holds
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the new session secret, of 32 bytes or more"
                            "secret=a session secret of 32 bytes or more" cookie=session;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- identity: u1


=== TEST 84: expires= names the claim that ends the session
--- config eval
"location = /me { livekit_check session; $::Session expires=session.end; }"
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", session => { end => time - 1 })
--- refused: session_expired


=== TEST 85: a native client sends its session as Bearer
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "Authorization: Bearer " . ::jwt(sub => "u1")
--- identity: u1


=== TEST 86: in any case
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "authorization: bearer  " . ::jwt(sub => "u1")
--- identity: u1


=== TEST 87: and a browser its cookie, as before
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "Authorization: Basic dTE6cHc=\nCookie: " . ::cookie(sub => "u1")
--- identity: u1


=== TEST 88: a Bearer that is forged
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "Authorization: Bearer " . ::jwt(sub => "u1", _secret => "x" x 32)
--- refused: session_invalid


=== TEST 89: a Bearer with nothing in it
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers: Authorization: Bearer
--- refused: no_session


=== TEST 90: a Bearer and a cookie of two users are nobody
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "Authorization: Bearer " . ::jwt(sub => "u1") . "\nCookie: " . ::cookie(sub => "u2")
--- refused: session_ambiguous


=== TEST 91: nginx itself refuses a second Authorization header
--- config eval
"location = /me { livekit_check session; $::Session bearer; }"
--- request
GET /me
--- more_headers eval: "Authorization: Bearer " . ::jwt(sub => "u1") . "\nAuthorization: Bearer " . ::jwt(sub => "u2")
--- error_code: 400


=== TEST 92: of several sessions the one that the request has counts
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=shop prefix=shop:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- identity: u1


=== TEST 93: a bad one does not hide a good one behind it
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=shop prefix=shop:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    }
--- request
GET /me
--- cookie eval: "shop=expired.or.else; " . ::cookie(sub => "u1")
--- identity: u1


=== TEST 94: of two good ones the first counts
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=shop prefix=shop:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1") . "; shop=" . ::jwt(sub => "u7", _secret => "the secret of the shop, of 32 bytes or more")
--- identity: shop:u7


=== TEST 95: of two bad ones the log names the first that was there
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=shop prefix=shop:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1", exp => time - 1)
--- refused: session_expired


=== TEST 96: two applications may use the same cookie with secrets of their own
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=session prefix=shop:;
        livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session prefix=crm:;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- identity: crm:u1


=== TEST 97: a location that has sessions of its own does not know those outside
--- config
    location = /me {
        livekit_check session;
        livekit_session jwt "secret=the secret of the shop, of 32 bytes or more" cookie=shop;
    }
--- request
GET /me
--- cookie eval: ::cookie(sub => "u1")
--- refused: no_session


=== TEST 98: livekit_session off: nobody is anybody there
--- config
    livekit_session off;
    location = /hello { return 200 "[$livekit_identity]\n"; }
--- request
GET /hello
--- more_headers eval: "Cookie: " . ::cookie(sub => "u1")
--- response_body
[]


=== TEST 99: a session's user gets a token, with the session's name
--- config
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", name => "Ann")
--- response_body_filters eval: ::pick("sub", "name")
--- response_body
u1 Ann


=== TEST 100: and no token outlives the session
--- config
    location = /token { livekit_token; }
--- more_headers eval: ::as(sub => "u1", exp => $::soon)
--- response_body_filters eval: ::pick("sub", "exp")
--- response_body eval: "u1 $::soon\n"


=== TEST 101: nor the end that expires= names
--- config eval
"location = /token { livekit_token; $::Session expires=session.end; }"
--- more_headers eval: ::as(sub => "u1", session => { end => $::soon })
--- response_body_filters eval: ::pick("sub", "exp")
--- response_body eval: "u1 $::soon\n"


=== TEST 102: name= says which claim is shown to others
--- config eval
"location = /token { livekit_token; $::Session name=nick,name; }"
--- more_headers eval: ::as(sub => "u1", name => "Ann Smith", nick => "annie")
--- response_body_filters eval: ::pick("sub", "name")
--- response_body
u1 annie


=== TEST 103: without a session there is no token, and the body is not even read
--- config
    location = /token { livekit_token; }
--- request
POST /token
not even JSON
--- more_headers
Content-Type: application/json
--- refused: no_session
