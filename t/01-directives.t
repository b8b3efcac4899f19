# Each way to get a directive wrong: nginx does not start, names the file and
# the line ("# wrong" marks it), and says what would be right.

use lib 't/lib';
use LiveKitTest;
use Test::Nginx::Socket 'no_plan';

write_file('short.secret', "devsecret\n", 0600);
write_file('open.secret', "$LiveKitTest::key\n", 0644);
write_file('empty.secret', "\n", 0600);
write_file('large.secret', "x" x 5000, 0600);

write_policy('', 'empty.json');
write_policy("{\n  \"version\": 1,\n  \"roles\": {\n}\n", 'cut.json');
write_policy(<<'_EOC_', 'unknown.json');
{
  "version": 1,
  "roles": {
    "teacher": { "grants": { "roomJoin": true, "canPublishh": true } }
  }
}
_EOC_
write_policy(<<'_EOC_', 'twice.json');
{
  "version": 1,
  "roles": { "teacher": { "grants": { "roomJoin": true } } },
  "version": 1
}
_EOC_
write_policy(<<'_EOC_', 'type.json');
{
  "version": 1,
  "token": { "ttl": "10m" },
  "roles": { "teacher": { "grants": { "roomJoin": true } } }
}
_EOC_
write_policy(<<'_EOC_', 'privileged.json');
{
  "version": 1,
  "roles": {
    "teacher": { "grants": { "roomJoin": true, "roomRecord": true } }
  }
}
_EOC_
write_policy(<<'_EOC_', 'may_take.json');
{
  "version": 1,
  "roles": {
    "teacher": { "grants": { "roomJoin": true }, "may_take": ["pupil"] },
    "student": { "grants": { "roomJoin": true } }
  }
}
_EOC_
write_policy(<<'_EOC_', 'egress.json');
{
  "version": 1,
  "roles": { "teacher": { "grants": { "roomJoin": true } } },
  "accept": { "room_config": ["egress"] }
}
_EOC_
write_policy('x' x 5_000_000, 'large.json');

no_long_string();
run_tests();

__DATA__

=== TEST 1: livekit_redis without a url
--- http_config
    livekit_redis name=facts;   # wrong
--- must_die
--- error_log
livekit_redis needs a url: redis://host:port/db, rediss://host:port/db or unix:/path


=== TEST 2: livekit_redis with the url of something else
--- http_config
    livekit_redis http://127.0.0.1:6379;   # wrong
--- must_die
--- error_log
invalid Redis url: "redis://host", "rediss://host" or "unix:/path" expected


=== TEST 3: livekit_redis without a host
--- http_config
    livekit_redis redis://;   # wrong
--- must_die
--- error_log
invalid Redis url: "redis://host", "rediss://host" or "unix:/path" expected


=== TEST 4: livekit_redis with a port that cannot be
--- http_config
    livekit_redis redis://127.0.0.1:63790;
    livekit_redis redis://127.0.0.1:637900 name=b;   # wrong
--- must_die
--- error_log
invalid port in Redis url "127.0.0.1"


=== TEST 5: livekit_redis with a database that is not a number, but may be a secret
--- http_config
    livekit_redis redis://127.0.0.1/hunter2;   # wrong
--- must_die
--- error_log
invalid database number in Redis url; it is a number and stands last
--- no_error_log
hunter2


=== TEST 6: livekit_redis with a negative database
--- http_config
    livekit_redis unix:/run/redis.sock:-1;   # wrong
--- must_die
--- error_log
invalid database number in Redis url


=== TEST 7: livekit_redis with a socket's path that is too long
--- http_config eval
"    livekit_redis unix:/" . "x" x 200 . ";   # wrong\n"
--- must_die
--- error_log
too long path in the unix domain socket in Redis url


=== TEST 8: livekit_redis with a host that nobody knows, and no resolver
--- http_config
    livekit_redis redis://no-such-host.invalid;   # wrong
--- must_die
--- error_log
host not found of Redis "default", "no-such-host.invalid"
and no resolver defined to resolve it at run time


=== TEST 9: livekit_redis twice by the same name
--- http_config
    livekit_redis redis://127.0.0.1:6379;
    livekit_redis redis://127.0.0.1:6380;   # wrong
--- must_die
--- error_log
a second livekit_redis with the name "default"; give each its own name=


=== TEST 10: livekit_redis with an empty name
--- http_config
    livekit_redis redis://127.0.0.1 name=;   # wrong
--- must_die
--- error_log
"livekit_redis" directive has an empty name=


=== TEST 11: livekit_redis over TLS without a host
--- http_config
    livekit_redis rediss://;   # wrong
--- must_die
--- error_log
invalid Redis url: "redis://host", "rediss://host" or "unix:/path" expected


=== TEST 12: livekit_redis with several urls that nobody knows the meaning of
--- http_config
    livekit_redis redis://127.0.0.1:6379 redis://127.0.0.1:6380;   # wrong
--- must_die
--- error_log
several urls of Redis "default": add "cluster" if they are nodes of one, or "sentinel=master"


=== TEST 13: livekit_redis with a database of a cluster
--- http_config
    livekit_redis redis://127.0.0.1:6379/2 cluster;   # wrong
--- must_die
--- error_log
a Redis cluster has no databases: leave out the "/2" of the url


=== TEST 14: livekit_redis with a socket in place of sentinels
--- http_config
    livekit_redis unix:/run/redis.sock sentinel=mymaster;   # wrong
--- must_die
--- error_log
a Redis cluster and sentinels are found by "redis://host:port", not by "unix:/run/redis.sock"


=== TEST 15: livekit_redis with a parameter that is not known, whose value could be a secret
--- http_config
    livekit_redis redis://127.0.0.1 pasword=hunter2;   # wrong
--- must_die
--- error_log
invalid parameter "pasword"; livekit_redis takes urls, name=, user=, password=, cluster, replicas, sentinel=,
--- no_error_log
hunter2


=== TEST 16: livekit_redis with a url that lacks a slash, whose password stays unsaid
--- http_config
    livekit_redis redis:/user:hunter2@127.0.0.1;   # wrong
--- must_die
--- error_log
invalid parameter "redis";
--- no_error_log
hunter2


=== TEST 17: livekit_redis with an empty password
--- http_config
    livekit_redis redis://127.0.0.1 password=;   # wrong
--- must_die
--- error_log
a secret is empty; write it as it is, as file:/path or as env:NAME


=== TEST 18: livekit_redis with a user and no password
--- http_config
    livekit_redis redis://127.0.0.1 user=reader;   # wrong
--- must_die
--- error_log
user without password of Redis "default"


=== TEST 19: livekit_redis with a user and no password in its url
--- http_config
    livekit_redis redis://reader@127.0.0.1;   # wrong
--- must_die
--- error_log
no password in Redis url: "redis://user:password@host" or "redis://:password@host" expected


=== TEST 20: livekit_redis with a password that is not encoded, and stays unsaid
--- http_config
    livekit_redis redis://reader:hunter/2@127.0.0.1;   # wrong
--- must_die
--- error_log
"/" in the user or password of a Redis url must be written as "%2F"
--- no_error_log
hunter


=== TEST 21: livekit_redis in a server
--- config
    livekit_redis redis://127.0.0.1;   # wrong
--- must_die
--- error_log
"livekit_redis" directive is not allowed here


=== TEST 22: livekit_redis_timeout of nothing
--- http_config
    livekit_redis_timeout 0;   # wrong
    livekit_redis redis://127.0.0.1;
--- must_die
--- error_log
"livekit_redis_timeout" directive must be at least 1ms


=== TEST 23: livekit_redis_connect_timeout of nothing
--- http_config
    livekit_redis_connect_timeout 0ms;   # wrong
--- must_die
--- error_log
"livekit_redis_connect_timeout" directive must be at least 1ms


=== TEST 24: livekit_redis_timeout that is not a time
--- http_config
    livekit_redis_timeout soon;   # wrong
--- must_die
--- error_log
"livekit_redis_timeout" directive invalid value


=== TEST 25: livekit_redis_timeout twice
--- http_config
    livekit_redis_timeout 1s;
    livekit_redis_timeout 2s;   # wrong
--- must_die
--- error_log
"livekit_redis_timeout" directive is duplicate


=== TEST 26: livekit_redis_connections of none
--- http_config
    livekit_redis_connections 0;   # wrong
--- must_die
--- error_log
value must be between 1 and 64


=== TEST 27: livekit_redis_connections of too many
--- http_config
    livekit_redis_connections 65;   # wrong
--- must_die
--- error_log
value must be between 1 and 64


=== TEST 28: livekit_key without a secret
--- config
    livekit_key LKkey;   # wrong
--- must_die
--- error_log
invalid number of arguments in "livekit_key" directive


=== TEST 29: livekit_key with an empty secret
--- config
    livekit_key LKkey "";   # wrong
--- must_die
--- error_log
a secret is empty; write it as it is, as file:/path or as env:NAME


=== TEST 30: livekit_key with a file that holds nothing
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR/empty.secret;   # wrong
--- must_die
--- error_log
a secret is empty; write it as it is, as file:/path or as env:NAME


=== TEST 31: livekit_key with a file that is not there
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR/missing.secret;   # wrong
--- must_die
--- error_log
missing.secret" failed (2: No such file or directory)


=== TEST 32: livekit_key with a directory
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR;   # wrong
--- must_die
--- error_log
is not a regular file


=== TEST 33: livekit_key with a file that is no secret
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR/large.secret;   # wrong
--- must_die
--- error_log
large.secret" is larger than 4096 bytes


=== TEST 34: livekit_key with a variable that the environment does not have
--- config
    livekit_key LKkey env:LIVEKIT_NO_SUCH_SECRET;   # wrong
--- must_die
--- error_log
environment variable "LIVEKIT_NO_SUCH_SECRET" is not set where nginx was started


=== TEST 35: livekit_key twice by the same name
--- config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_key LKkey "another secret of 32 bytes or even more";   # wrong
--- must_die
--- error_log
API key "LKkey" is empty or was given before; each livekit_key at a level needs another name


=== TEST 36: livekit_key with an empty name
--- config
    livekit_key "" "an api secret of 32 bytes or even more";   # wrong
--- must_die
--- error_log
API key "" is empty or was given before


=== TEST 37: a secret under 32 bytes is a warning, as it is in LiveKit
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR/short.secret;
    location = /hello { return 200 "hello\n"; }
--- request
GET /hello
--- suppress_stderr
--- response_body
hello
--- error_log
[warn]
secret of livekit_key "LKkey" is shorter than 32 bytes; make one with: openssl rand -base64 36
--- no_error_log
devsecret
[error]
[emerg]


=== TEST 38: a secret that everybody may read is a warning
--- config
    livekit_key LKkey file:$TEST_NGINX_DIR/open.secret;
    location = /hello { return 200 "hello\n"; }
--- request
GET /hello
--- suppress_stderr
--- response_body
hello
--- error_log
[warn]
open.secret" can be read by everybody; chmod o= would keep it to its owner
--- no_error_log
an api secret
[error]
[emerg]


=== TEST 39: livekit_url twice
--- config
    livekit_url wss://live.example.com;
    livekit_url wss://live.example.org;   # wrong
--- must_die
--- error_log
"livekit_url" directive is duplicate


=== TEST 40: livekit_url with a variable that nobody sets
--- config
    livekit_url wss://$nobody;
--- must_die
--- error_log
unknown "nobody" variable


=== TEST 41: livekit_policy that is not there
--- config
    livekit_policy $TEST_NGINX_DIR/missing.json;   # wrong
--- must_die
--- error_log
missing.json" failed (2: No such file or directory)


=== TEST 42: livekit_policy twice
--- config
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_policy $TEST_NGINX_DIR/policy.json;   # wrong
--- must_die
--- error_log
"livekit_policy" directive is duplicate


=== TEST 43: an empty policy
--- config
    livekit_policy $TEST_NGINX_DIR/empty.json;   # wrong
--- must_die
--- error_log
/empty.json:1:1: not JSON


=== TEST 44: a policy that ends too early
--- config
    livekit_policy $TEST_NGINX_DIR/cut.json;   # wrong
--- must_die
--- error_log
/cut.json:5:1: not JSON


=== TEST 45: a policy with a grant that LiveKit does not know
--- config
    livekit_policy $TEST_NGINX_DIR/unknown.json;   # wrong
--- must_die
--- error_log
/unknown.json:4:48: unknown
did you mean "canPublish"?


=== TEST 46: a policy that says something twice
--- config
    livekit_policy $TEST_NGINX_DIR/twice.json;   # wrong
--- must_die
--- error_log
/twice.json:4:3: this key is in the same object already; leave one of them out


=== TEST 47: a policy with a number of another type
--- config
    livekit_policy $TEST_NGINX_DIR/type.json;   # wrong
--- must_die
--- error_log
/type.json:3:21: "ttl" of "token" must be a whole number


=== TEST 48: a policy that would hand out a privileged grant by accident
--- config
    livekit_policy $TEST_NGINX_DIR/privileged.json;   # wrong
--- must_die
--- error_log
/privileged.json:4:48: "roomRecord" of "grants" of role "teacher" needs "privileged": true in the role


=== TEST 49: a policy that lets somebody take a role that there is not
--- config
    livekit_policy $TEST_NGINX_DIR/may_take.json;   # wrong
--- must_die
--- error_log
/may_take.json:4:63: unknown role "pupil" in "may_take" of role "teacher"; there are: teacher, student


=== TEST 50: a policy that would let clients start recordings
--- config
    livekit_policy $TEST_NGINX_DIR/egress.json;   # wrong
--- must_die
--- error_log
/egress.json:4:31: "egress" is never accepted from a client


=== TEST 51: a policy that is no policy
--- config
    livekit_policy $TEST_NGINX_DIR/large.json;   # wrong
--- must_die
--- error_log
is larger than 4194304 bytes


=== TEST 52: livekit_session with a preset that there is not
--- config
    livekit_session nextauth secret=s;   # wrong
--- must_die
--- error_log
no such session preset; there are: jwt, next-auth, authjs


=== TEST 53: livekit_session with a parameter that is not known, whose value could be a secret
--- config
    livekit_session next-auth sceret=hunter2;   # wrong
--- must_die
--- error_log
session preset "next-auth" knows only these parameters: secret=, cookie=, salt=, info=, enc=
--- no_error_log
hunter2


=== TEST 54: livekit_session with a parameter of another preset
--- config
    livekit_session authjs "secret=a session secret of 32 bytes or more" bearer;   # wrong
--- must_die
--- error_log
session preset "authjs" knows only these parameters


=== TEST 55: livekit_session without a secret
--- config
    livekit_session next-auth;   # wrong
--- must_die
--- error_log
session preset "next-auth" needs secret=


=== TEST 56: livekit_session with an empty secret
--- config
    livekit_session next-auth secret=;   # wrong
--- must_die
--- error_log
a secret is empty; write it as it is, as file:/path or as env:NAME


=== TEST 57: livekit_session with a secret's file that is not there
--- config
    livekit_session next-auth secret=file:$TEST_NGINX_DIR/missing.secret;   # wrong
--- must_die
--- error_log
missing.secret" failed (2: No such file or directory)


=== TEST 58: livekit_session with "secret" and no value
--- config
    livekit_session next-auth secret;   # wrong
--- must_die
--- error_log
secret= needs a value


=== TEST 59: livekit_session jwt that does not say where the token is
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more";   # wrong
--- must_die
--- error_log
session preset "jwt" needs cookie=, or bearer, or both


=== TEST 60: livekit_session with an algorithm that a secret is nothing for
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=c alg=RS256;   # wrong
--- must_die
--- error_log
alg= names what needs key= or jwks= and no secret=


=== TEST 61: livekit_session with a name that no cookie can have
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" "cookie=a b";   # wrong
--- must_die
--- error_log
cookie= cannot be the name of a cookie


=== TEST 62: livekit_session with something twice
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a cookie=b;   # wrong
--- must_die
--- error_log
cookie is given twice


=== TEST 63: livekit_session with a flag that is given a value
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" bearer=on;   # wrong
--- must_die
--- error_log
bearer takes no value


=== TEST 64: livekit_session with too much leeway
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a leeway=301;   # wrong
--- must_die
--- error_log
leeway= must be 0 to 300 seconds


=== TEST 65: livekit_session with a claim that cannot be
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a identity=user..id;   # wrong
--- must_die
--- error_log
identity= must be 1 to 8 claims such as sub or user.id, separated by commas


=== TEST 66: livekit_session with a prefix that no identity can have
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a prefix=x~;   # wrong
--- must_die
--- error_log
prefix= cannot be a part of an identity


=== TEST 67: livekit_session with an encryption that there is not
--- config
    livekit_session authjs "secret=a session secret of 32 bytes or more" enc=A128GCM;   # wrong
--- must_die
--- error_log
enc= must be A256GCM or A256CBC-HS512


=== TEST 68: livekit_session off beside a session
--- config
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a;
    livekit_session off;   # wrong
--- must_die
--- error_log
"livekit_session" directive "off" stands alone


=== TEST 69: livekit_session off before a session
--- config
    livekit_session off;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=a;   # wrong
--- must_die
--- error_log
"livekit_session" directive follows "livekit_session off" at the same level


=== TEST 70: livekit_session off with a parameter
--- config
    livekit_session off secret=s;   # wrong
--- must_die
--- error_log
"livekit_session" directive "off" stands alone


=== TEST 71: a session secret under 32 bytes is a warning
--- config
    livekit_session jwt secret=file:$TEST_NGINX_DIR/short.secret cookie=a;
    location = /hello { return 200 "hello\n"; }
--- request
GET /hello
--- suppress_stderr
--- response_body
hello
--- error_log
[warn]
a secret= of livekit_session is shorter than 32 bytes
--- no_error_log
devsecret
[error]
[emerg]


=== TEST 72: livekit_room twice
--- config
    livekit_room a;
    livekit_room b;   # wrong
--- must_die
--- error_log
"livekit_room" directive is duplicate


=== TEST 73: livekit_room_pattern that is no regular expression
--- config
    livekit_room_pattern "^(math";   # wrong
--- must_die
--- error_log
livekit_room_pattern: pcre
in "^(math"


=== TEST 74: livekit_room_pattern twice
--- config
    livekit_room_pattern ^a;
    livekit_room_pattern ^b;   # wrong
--- must_die
--- error_log
"livekit_room_pattern" directive is duplicate


=== TEST 75: livekit_access without a command
--- config
    livekit_access role;   # wrong
--- must_die
--- error_log
livekit_access takes "off", or a fact (role, allow, deny, expires), a Redis command and its arguments


=== TEST 76: livekit_access with a fact that there is not
--- config
    livekit_access member HGET a b;   # wrong
--- must_die
--- error_log
livekit_access takes "off", or a fact (role, allow, deny, expires)


=== TEST 77: livekit_access with a command that writes
--- config
    livekit_access role SET k v;   # wrong
--- must_die
--- error_log
livekit_access: "SET" is not one of the commands that only read: GET, HGET, EXISTS, HEXISTS, SISMEMBER, GETBIT, ZSCORE


=== TEST 78: livekit_access with a command that deletes
--- config
    livekit_access allow del k;   # wrong
--- must_die
--- error_log
livekit_access: "del" is not one of the commands that only read


=== TEST 79: livekit_access with a command that reads and deletes
--- config
    livekit_access role GETDEL k;   # wrong
--- must_die
--- error_log
livekit_access: "GETDEL" is not one of the commands that only read


=== TEST 80: livekit_access with a command that writes into a hash
--- config
    livekit_access role HSET k f v;   # wrong
--- must_die
--- error_log
livekit_access: "HSET" is not one of the commands that only read


=== TEST 81: livekit_access with a script
--- config
    livekit_access role EVAL "return 'teacher'" 0;   # wrong
--- must_die
--- error_log
livekit_access: "EVAL" is not one of the commands that only read


=== TEST 82: livekit_access with a command that comes from a variable
--- config
    livekit_access role $arg_command k;   # wrong
--- must_die
--- error_log
livekit_access: "$arg_command" is not one of the commands that only read


=== TEST 83: livekit_access with an argument too few
--- config
    livekit_access role HGET k;   # wrong
--- must_die
--- error_log
livekit_access: HGET takes 2 argument(s), not 1


=== TEST 84: livekit_access with an argument too many
--- config
    livekit_access role GET k v redis=facts;   # wrong
--- must_die
--- error_log
livekit_access: GET takes 1 argument(s), not 2


=== TEST 85: livekit_access that takes a yes for a role
--- config
    livekit_access role SISMEMBER k $livekit_identity;   # wrong
--- must_die
--- error_log
livekit_access: SISMEMBER answers yes or no and can serve "allow" and "deny" only


=== TEST 86: livekit_access that takes a yes for a time
--- config
    livekit_access expires EXISTS k;   # wrong
--- must_die
--- error_log
livekit_access: EXISTS answers yes or no and can serve "allow" and "deny" only


=== TEST 87: livekit_access that asks for a fact twice
--- config
    livekit_access role GET a;
    livekit_access role GET b;   # wrong
--- must_die
--- error_log
the fact "role" is asked for already


=== TEST 88: livekit_access off beside a fact
--- config
    livekit_access role GET a;
    livekit_access off;   # wrong
--- must_die
--- error_log
"livekit_access" directive "off" stands alone


=== TEST 89: livekit_access off before a fact
--- config
    livekit_access off;
    livekit_access role GET a;   # wrong
--- must_die
--- error_log
"livekit_access" directive follows "livekit_access off" at the same level


=== TEST 90: livekit_access with a Redis that there is not
--- config
    location = /token {
        livekit_access role GET a redis=facts;   # wrong
        livekit_token;
    }
--- must_die
--- error_log
no livekit_redis with name=facts; add "livekit_redis redis://host:6379 name=facts;" to the http block


=== TEST 91: several Redis, and none is the one for rooms
--- http_config
    livekit_redis redis://127.0.0.1 name=a;
    livekit_redis redis://127.0.0.1 name=b;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token {
        livekit_token;   # wrong
    }
--- must_die
--- error_log
no livekit_redis with name=default


=== TEST 92: livekit_access that gives nobody a role
--- config
    location = /token {
        livekit_access allow SISMEMBER k $livekit_identity;
        livekit_token;   # wrong
    }
--- must_die
--- error_log
"livekit_token" needs "livekit_access role ..." or a "default_role" in the policy, since its livekit_access gives nobody a role


=== TEST 93: livekit_access off, and a policy without a default_role
--- config
    location = /token {
        livekit_access off;
        livekit_token;   # wrong
    }
--- must_die
--- error_log
"livekit_token" needs a "default_role" in the policy, since with "livekit_access off" nobody has a role


=== TEST 94: livekit_require of something else
--- config
    livekit_require login;   # wrong
--- must_die
--- error_log
"livekit_require" directive takes "session", "access", "access <action>" or "off"


=== TEST 95: livekit_require session with an action, which only a role has
--- config
    livekit_require session record;   # wrong
--- must_die
--- error_log
"livekit_require" directive takes "session", "access", "access <action>" or "off"


=== TEST 96: livekit_require with an action that there is not
--- config
    livekit_require access delete;   # wrong
--- must_die
--- error_log
unknown action "delete"; there are "record", "moderate" and "announce"


=== TEST 97: livekit_require twice
--- config
    livekit_require session;
    livekit_require access;   # wrong
--- must_die
--- error_log
"livekit_require" directive is duplicate


=== TEST 98: livekit_require session without a livekit_session
--- http_config
--- config
    location /private/ {
        livekit_require session;   # wrong
    }
--- must_die
--- error_log
"livekit_require" needs livekit_session, which says how the session cookie is read


=== TEST 99: livekit_require access without a livekit_policy
--- http_config
    livekit_redis redis://127.0.0.1;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    livekit_require access;   # wrong
--- must_die
--- error_log
"livekit_require" needs livekit_policy, which says what a role may do


=== TEST 100: livekit_check of something else
--- config
    location = /check { livekit_check token; }   # wrong
--- must_die
--- error_log
"livekit_check" directive takes nothing, "session", or "access" and an action


=== TEST 101: livekit_check with an action that there is not
--- config
    location = /check { livekit_check access delete; }   # wrong
--- must_die
--- error_log
unknown action "delete"; there are "record", "moderate" and "announce"


=== TEST 102: livekit_check without a livekit_session
--- http_config
--- config
    location = /check { livekit_check session; }   # wrong
--- must_die
--- error_log
"livekit_check" needs livekit_session, which says how the session cookie is read


=== TEST 103: livekit_check outside of a location
--- config
    livekit_check;   # wrong
--- must_die
--- error_log
"livekit_check" directive is not allowed here


=== TEST 104: two endpoints in one location
--- config
    location = /token {
        livekit_token;
        livekit_check;   # wrong
    }
--- must_die
--- error_log
"livekit_check" directive cannot stand beside another endpoint in a location


=== TEST 105: livekit_token twice in a location
--- config
    location = /token {
        livekit_token;
        livekit_token;   # wrong
    }
--- must_die
--- error_log
"livekit_token" directive cannot stand beside another endpoint in a location


=== TEST 106: livekit_token with an argument
--- config
    location = /token { livekit_token on; }   # wrong
--- must_die
--- error_log
invalid number of arguments in "livekit_token" directive


=== TEST 107: livekit_token outside of a location
--- config
    livekit_token;   # wrong
--- must_die
--- error_log
"livekit_token" directive is not allowed here


=== TEST 108: livekit_token without a livekit_key
--- http_config
    livekit_redis redis://127.0.0.1;
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }   # wrong
--- must_die
--- error_log
"livekit_token" needs livekit_key, which signs the tokens


=== TEST 109: livekit_token without a livekit_url
--- http_config
    livekit_redis redis://127.0.0.1;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }   # wrong
--- must_die
--- error_log
"livekit_token" needs livekit_url, which tells clients where LiveKit is


=== TEST 110: livekit_token without a livekit_policy
--- http_config
    livekit_redis redis://127.0.0.1;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }   # wrong
--- must_die
--- error_log
"livekit_token" needs livekit_policy, which says what a role may do


=== TEST 111: livekit_token without a livekit_session
--- http_config
    livekit_redis redis://127.0.0.1;
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
--- config
    location = /token { livekit_token; }   # wrong
--- must_die
--- error_log
"livekit_token" needs livekit_session, which says how the session cookie is read


=== TEST 112: livekit_token where the session is switched off
--- config
    location = /token {
        livekit_session off;
        livekit_token;   # wrong
    }
--- must_die
--- error_log
"livekit_token" needs livekit_session, which says how the session cookie is read


=== TEST 113: livekit_token without a livekit_redis
--- http_config
    livekit_key LKkey "an api secret of 32 bytes or even more";
    livekit_url wss://live.example.com;
    livekit_policy $TEST_NGINX_DIR/policy.json;
    livekit_session jwt "secret=a session secret of 32 bytes or more" cookie=session;
--- config
    location = /token { livekit_token; }   # wrong
--- must_die
--- error_log
"livekit_token" needs livekit_redis in the http block, or "livekit_access off" and a policy with a "default_role"


=== TEST 114: livekit_allow_origin of everybody
--- config
    livekit_allow_origin *;   # wrong
--- must_die
--- error_log
"*" is not an origin; write the scheme, the host and the port if it is not the usual one: https://app.example.com


=== TEST 115: livekit_allow_origin of everybody below a name
--- config
    livekit_allow_origin https://*.example.com;   # wrong
--- must_die
--- error_log
"https://*.example.com" is not an origin


=== TEST 116: livekit_allow_origin with a path
--- config
    livekit_allow_origin https://app.example.com/;   # wrong
--- must_die
--- error_log
"https://app.example.com/" is not an origin


=== TEST 117: livekit_allow_origin without a scheme
--- config
    livekit_allow_origin https://app.example.com app.example.org;   # wrong
--- must_die
--- error_log
"app.example.org" is not an origin


=== TEST 118: livekit_allow_origin of pages that have none
--- config
    livekit_allow_origin null;   # wrong
--- must_die
--- error_log
"null" is not an origin


=== TEST 119: livekit_allow_origin off beside an origin
--- config
    livekit_allow_origin https://app.example.com;
    livekit_allow_origin off;   # wrong
--- must_die
--- error_log
"livekit_allow_origin" directive "off" stands alone


=== TEST 120: livekit_allow_origin off before an origin
--- config
    livekit_allow_origin off;
    livekit_allow_origin https://app.example.com;   # wrong
--- must_die
--- error_log
"livekit_allow_origin" directive follows "livekit_allow_origin off" at the same level


=== TEST 121: livekit_body_size that is not a size
--- config
    livekit_body_size much;   # wrong
--- must_die
--- error_log
"livekit_body_size" directive invalid value


=== TEST 122: livekit_body_size of nothing, which would let no request in
--- config
    livekit_body_size 0;   # wrong
--- must_die
--- error_log
"livekit_body_size" directive must be at least 1 byte


=== TEST 123: livekit_body_size twice
--- config
    livekit_body_size 1k;
    livekit_body_size 2k;   # wrong
--- must_die
--- error_log
"livekit_body_size" directive is duplicate


=== TEST 124: livekit_redis that is two things at once
--- http_config
    livekit_redis redis://127.0.0.1 cluster sentinel=mymaster;   # wrong
--- must_die
--- error_log
is either a "cluster" or behind "sentinel="


=== TEST 125: livekit_redis with replicas of no cluster
--- http_config
    livekit_redis redis://127.0.0.1 replicas;   # wrong
--- must_die
--- error_log
has "replicas" without "cluster"


=== TEST 126: livekit_redis with a password of no sentinels
--- http_config
    livekit_redis redis://127.0.0.1 sentinel_password=hunter2;   # wrong
--- must_die
--- error_log
has credentials for sentinels, but no "sentinel="
--- no_error_log
hunter


=== TEST 127: livekit_redis with sentinels of two minds
--- http_config
    livekit_redis redis://127.0.0.1/1 redis://127.0.0.2/2 sentinel=mymaster;   # wrong
--- must_die
--- error_log
several databases of one Redis "default"


=== TEST 128: livekit_redis with half a cluster in the clear
--- http_config
    livekit_redis redis://127.0.0.1 rediss://127.0.0.2 cluster;   # wrong
--- must_die
--- error_log
"redis://" and "rediss://" for one Redis "default": all or none speak TLS


=== TEST 129: livekit_redis with a password for each node
--- http_config
    livekit_redis redis://:hunter2@127.0.0.1 redis://:hunter3@127.0.0.2 cluster;   # wrong
--- must_die
--- error_log
another user or password in a Redis url: there can be one for all servers only
--- no_error_log
hunter
