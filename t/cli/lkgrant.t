#!/usr/bin/perl

# lkgrant: help, policies, tokens and sessions.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use Encode ();
use JSON::PP;
use Lkgrant;
use Test::More;

my $policy = write_file('policy.json', <<'EOF');
{
    "version": 1,
    "token": { "ttl": 600, "name": "{name}",
               "attributes": { "role": "{role}" } },
    "roles": {
        "teacher": {
            "grants": { "roomJoin": true, "canPublish": true,
                        "canSubscribe": true, "canPublishData": true },
            "actions": ["record", "moderate"]
        },
        "student": {
            "grants": { "roomJoin": true, "canPublish": false,
                        "canSubscribe": true, "canPublishData": true }
        },
        "owner": {
            "privileged": true,
            "grants": { "roomJoin": true, "roomAdmin": true }
        }
    }
}
EOF

my $secret = 'a secret of at least thirty-two bytes';
my $secret_file = write_file('secret', "$secret\n", 0600);

my @mint = ('token', 'mint', '--policy', $policy, '--key', 'devkey',
            '--secret', "file:$secret_file", '--identity', 'alice',
            '--room', 'algebra', '--now', $now);


subtest 'help teaches' => sub {
    is(run('--help'), 0, 'lkgrant --help');
    like($out, qr/^lkgrant - /, 'says what it is');
    like($out, qr/^  room +kick +\S/m, 'lists the commands');
    like($out, qr/^Exit status: 0 done; 1 /m, 'and the exit codes');
    is($err, '', 'on standard output only');

    for my $command (map { [split] } $out =~ /^  ([a-z]+ +[a-z]+)  +\S/mg) {
        is(run(@$command, '--help'), 0, "@$command --help");
        like($out, qr/^lkgrant @$command - \S/, 'what it does');
        like($out, qr/^Usage: lkgrant @$command/m, 'usage');
        like($out, qr/^  --json +\S/m, 'options');
        like($out, qr/^Example:\n  .*lkgrant @$command/m, 'example');
        unlike($out, qr/^.{80}/m, '80 columns are enough');
    }

    is(run('room', '--help'), 0, 'help for a group of commands');
    like($out, qr/^  room +unban /m, 'lists them');

    is(run('--version'), 0, '--version');
    like($out, qr/^lkgrant \d+\.\d+\.\d+$/, 'a version');
};


subtest 'what is mistyped is understood' => sub {
    my @cases = (
        [['polcy'],                        'did you mean "policy"?'],
        [['room', 'bann', 'a', 'b'],       'did you mean "room ban"?'],
        [['mint'],                         'did you mean "token mint"?'],
        [['token', 'mint', '--polcy=x'],   'did you mean "--policy"?'],
        [['token', 'mint', '--secrt=' . $secret],
                                           'did you mean "--secret"?'],
        [['room', 'list', '-x'],           'unknown option "-x"'],
        [['something', 'else'],            '"lkgrant --help" lists them'],
        [[],                               '"lkgrant --help" lists them'],
        [['room'],                         '"lkgrant room --help" lists them'],
        [['policy', 'check'],              'too few arguments'],
        [['policy', 'check', 'a', 'b'],    'too many arguments'],
        [['policy', 'check', $policy, '--role', 'x'], 'has no option --role'],
        [['room', 'list', '--json=1'],     '--json takes no value'],
        [['room', 'list', '--redis'],      '--redis needs a value: URL'],
        [['room', 'list', '--user=a', '--user=b'], '--user is given twice'],
        [['token', 'mint'],                'needs --policy FILE'],
        [[@mint, '--role=x', '--ttl=soon'], '--ttl needs seconds'],
        [['token', 'show', '--now=today'], '--now needs seconds since 1970'],
    );

    for my $case (@cases) {
        my ($args, $text) = @$case;

        is(run(@$args), 2, 'exit status 2');
        like($err, qr/^lkgrant: .*\Q$text\E.*\n\z/, "one line: $text");
        unlike($err, qr/\Q$secret\E/, 'without the secret');
        is($out, '', 'nothing on standard output');
    }

    is(run('token', 'mint', '--json'), 2, 'with --json');
    is(json()->{error}, 'usage', 'the error is JSON');
    is($err, '', 'and stands on standard output only');
};


subtest 'options may stand anywhere' => sub {
    for my $args (['--json', 'policy', 'check', $policy],
                  ['policy', '--json', 'check', $policy],
                  ['policy', 'check', '--json', '--', $policy])
    {
        is(run(@$args), 0, "@$args[0 .. 2]");
        ok(json()->{valid}, 'was understood');
    }

    is(run('policy', 'check', '--', '--json'), 4, '-- ends options');
    like($err, qr/--json: cannot be opened/, 'so that this is a file');
};


subtest 'policy check: a good policy' => sub {
    is(run('policy', 'check', $policy), 0, 'exit status 0');
    like($out, qr/^teacher +no +record, moderate +message, pinned +.*\bcanPublish,/m,
         'role, whether privileged, actions, types of messages, grants');
    like($out, qr/^student +no +- +message +roomJoin, canSubscribe, /m,
         'a grant that is false is left out');
    like($out, qr/^owner +yes +- +/m, 'a privileged role');

    is(run('policy', 'check', '-', \ read_file($policy)), 0,
       'from standard input');

    is(run('policy', 'check', $policy, '--json'), 0, 'as JSON');
    my %roles = map { $_->{name} => $_ } @{ json()->{roles} };
    is_deeply([sort keys %roles], [qw/owner student teacher/], 'all roles');
    is_deeply($roles{teacher}{actions}, [qw/record moderate/], 'actions');
    is_deeply($roles{teacher}{chat}, [qw/message pinned/], 'types of messages');
    ok(!$roles{student}{grants}{canPublish}, 'grants');
    ok($roles{owner}{privileged} && !$roles{student}{privileged},
       'privileged');
};


subtest 'policy check: a bad policy' => sub {
    (my $text = read_file($policy)) =~ s/"canPublish": false/"canPublsh": 0/;
    my $bad = write_file('bad.json', $text);

    is(run('policy', 'check', $bad), 1, 'exit status 1');
    like($err, qr/^\Q$bad\E:12:\d+: .*canPublsh/, 'file, line, column, fault');
    is($out, '', 'nothing on standard output');

    is(run('policy', 'check', $bad, '--json'), 1, 'as JSON');
    is(json()->{error}, 'policy', 'error');
    is(json()->{file}, $bad, 'file');
    is(json()->{line}, 12, 'line');
    like(json()->{message}, qr/canPublsh/, 'message');

    is(run('token', 'mint', @mint[4 .. $#mint], '--role=student',
           '--policy', $bad), 1, 'it mints nothing, either');

    is(run('policy', 'check', "$dir/none"), 4, 'a file that is not there');
    like($err, qr/No such file/, 'says so');
};


subtest 'token mint makes what nginx would issue' => sub {
    is(run(@mint, '--role', 'student', '--name', 'Alice'), 0, 'exit status 0');
    my $claims = verified($out, $secret);

    is($claims->{iss}, 'devkey', 'iss is the key');
    is($claims->{sub}, 'alice', 'sub is the identity');
    is($claims->{name}, 'Alice', 'name');
    is($claims->{nbf}, $now, 'nbf is now');
    is($claims->{exp}, $now + 600, 'exp is as the policy says');
    is($claims->{video}{room}, 'algebra', 'the room');
    ok($claims->{video}{roomJoin}, 'may join');
    ok(!$claims->{video}{canPublish}, 'may not publish');
    is_deeply($claims->{attributes}, { role => 'student' }, 'attributes');

    run(@mint, '--role=student', '--ttl=60');
    is(verified($out, $secret)->{exp}, $now + 60, '--ttl shortens');

    run(@mint, '--role=student', '--ttl=2h');
    is(verified($out, $secret)->{exp}, $now + 600, 'and never lengthens');

    is(run(@mint, '--role=teacher', '--json'), 0, 'as JSON');
    my $token = json()->{token};
    is(json()->{expires}, $now + 600, 'expires');
    ok(verified($token, $secret)->{video}{canPublish}, 'token');
};


subtest 'token mint: a refusal' => sub {
    is(run(@mint, '--role=king'), 3, 'a role that the policy does not name');
    like($err, qr/refused: role_unknown: .*"king"/, 'says so');
    is($out, '', 'and prints no token');

    is(run(@mint, '--role=king', '--json'), 3, 'as JSON');
    is(json()->{error}, 'refused', 'error');
    is(json()->{reason}, 'role_unknown', 'reason');
    ok(!exists json()->{token}, 'no token');

    my @other = @mint;
    splice @other, 9, 1, 'alice#1';
    is(run(@other, '--role=student'), 3, 'an identity that LiveKit changes');
    like($err, qr/refused: identity_invalid/, 'says so');

    @other = @mint;
    splice @other, 11, 1, 'al{gebra';
    is(run(@other, '--role=student'), 2, 'a room that Redis cannot hold');
};


subtest 'secrets' => sub {
    my @args = (@mint, '--role=student');

    $ENV{LKGRANT_TEST_SECRET} = $secret;
    $args[7] = 'env:LKGRANT_TEST_SECRET';
    is(run(@args), 0, 'env:NAME');
    ok(verified($out, $secret), 'is that secret');

    $args[7] = $secret;
    is(run(@args), 0, 'the secret itself');
    ok(verified($out, $secret), 'is that secret');
    is($err, '', 'no warning');

    $args[7] = 'file:' . write_file('open', "$secret\n", 0644);
    is(run(@args), 0, 'a file that others can read');
    like($err, qr/^lkgrant: warning: \S+open .*others can read it$/m,
         'is a warning');
    unlike($err, qr/\Q$secret\E/, 'without the secret');

    $args[7] = 'file:' . write_file('newlines', "$secret\n\n", 0600);
    is(run(@args), 0, 'only one newline is cut');
    ok(verified($out, "$secret\n"), 'the other belongs to the secret');
    is($err, '', 'a private file is no warning');

    $args[7] = 'file:' . write_file('empty', "\n", 0600);
    is(run(@args), 2, 'an empty secret is refused');

    $args[7] = 'file:' . write_file('large', 'x' x 70_000, 0600);
    is(run(@args), 1, 'a file that is no secret is refused');

    $args[7] = 'env:LKGRANT_TEST_NONE';
    is(run(@args), 2, 'a variable that is not there');
    like($err, qr/no environment variable LKGRANT_TEST_NONE/, 'says so');

    $args[7] = "file:$dir/none";
    is(run(@args), 4, 'a file that is not there');
};


subtest 'token show' => sub {
    run(@mint, '--role=student', '--ttl=598');
    chomp(my $token = $out);
    my @show = ('token', 'show', '--now', $now);
    my @keys = ('--key=devkey', "--secret=file:$secret_file");

    is(run(@show, $token), 0, 'without a key');
    like($out, qr/"alg": "HS256"/, 'header');
    like($out, qr/"sub": "alice"/, 'claims');
    like($out, qr/^issued now \(2027-01-15T08:00:00Z\)$/m, 'issued');
    like($out, qr/^expires in 9 min 58 s \(2027-01-15T08:09:58Z\)$/m,
         'expires, in words');
    like($out, qr/^not verified/m, 'is not verified');

    is(run(@show, @keys, '-', \ "  $token\n"), 0, 'from standard input');
    like($out, qr/^valid$/m, 'valid');

    is(run(@show, \ $token), 0, 'standard input is the default');

    is(run(@show, '--key=devkey', '--secret=other', $token), 1,
       'another secret');
    like($out, qr/^NOT VALID: the signature/m, 'not valid');

    is(run('token', 'show', '--now', $now + 7200, @keys, $token), 1,
       'an old token');
    like($out, qr/^expired 1 h 50 min ago /m, 'in words');
    like($out, qr/^NOT VALID: .*over/m, 'not valid');

    is(run(@show, '--json', @keys, $token), 0, 'as JSON');
    is(json()->{claims}{sub}, 'alice', 'claims');
    ok(json()->{valid}, 'valid');

    run(@show, '--json', $token);
    ok(exists json()->{valid} && !defined json()->{valid},
       'null where it was not verified');

    is(run(@show, '--json', '--key=k', '--secret=s', $token), 1,
       'not valid, as JSON');
    ok(!json()->{valid} && defined json()->{valid}, 'false');
    is(json()->{error}, 'signature', 'error');

    is(run(@show, 'rubbish'), 1, 'no token at all');
    is(run(@show, \ ''), 1, 'nothing');
    is(run(@show, \ ('x' x 100_000)), 1, 'far too much');
    is(run(@show, '--key=devkey', $token), 2, 'a key without its secret');

    # a token of somebody who writes on our terminal

    $token = signed({ sub => "a\e[31m\x{9b}2J\x{202e}b", exp => $now + 60 },
                    $secret);
    is(run(@show, $token), 0, 'control characters');
    unlike($out, qr/\e|\xc2\x9b|\xe2\x80\xae/, 'never reach the terminal');

    $token = signed({ exp => 9e18, nbf => -5, iat => 'x' }, $secret);
    is(run(@show, $token), 0, 'times that are none');
    like($out, qr/^expires 9000000000000000000, which is no date$/m,
         'are shown as they are');
};


subtest 'session make and show: jwt' => sub {
    my @conf = ('jwt', 'cookie=session', "secret=file:$secret_file");

    is(run('session', 'make', @conf, '--identity=alice', '--name=Alice',
           '--email=a@example.com', '--now', $now), 0, 'make');
    like($out, qr/^session=(\S+)$/, 'name=value');
    chomp(my $cookie = $out);

    is_deeply(verified($cookie =~ s/^session=//r, $secret),
              { sub => 'alice', name => 'Alice', email => 'a@example.com',
                iat => $now, exp => $now + 3600 }, 'claims');

    my @show = ('session', 'show', @conf, '--now', $now + 60);

    is(run(@show, '--cookie', "other=1; $cookie"), 0, 'show');
    like($out, qr/^identity +alice$/m, 'identity');
    like($out, qr/^name +Alice$/m, 'name');
    like($out, qr/^email +a\@example\.com$/m, 'email');
    like($out, qr/^expires +in 59 min \(2027-01-15T09:00:00Z\)$/m, 'expires');
    like($out, qr/"sub": "alice"/, 'claims');

    is(run(@show, '-', \ "a=b\r\nCookie: $cookie\r\n"), 0,
       'headers on standard input');
    is(run(@show, '--cookie=-', \ $cookie), 0, 'or so');

    is(run(@show, '--json', '--cookie', $cookie), 0, 'as JSON');
    is(json()->{identity}, 'alice', 'identity');
    is(json()->{expires}, $now + 3600, 'expires');
    is(json()->{claims}{name}, 'Alice', 'claims');

    is(run(@show, 'bearer', '--authorization',
           'Bearer ' . $cookie =~ s/^session=//r), 0, 'Authorization');

    my %bad = (
        absent    => [@show, '--cookie=other=1'],
        signature => [@show[0 .. 3], 'secret=another', '--now', $now,
                      '--cookie', $cookie],
        ambiguous => [@show, '--cookie', "$cookie; session=x"],
        expired   => ['session', 'show', @conf, '--now', $now + 7200,
                      '--cookie', $cookie],
    );

    for my $error (sort keys %bad) {
        is(run(@{ $bad{$error} }), 1, "$error: exit status 1");
        like($err, qr/^lkgrant: no session: \w/, 'a sentence');

        is(run('--json', @{ $bad{$error} }), 1, 'as JSON');
        is(json()->{error}, $error, "is \"$error\"");
    }

    is(run(@show), 2, 'no cookie is wrong usage');
    is(run(@show, '-', '--cookie=x', \ ''), 2, 'as are two');
    is(run('session', 'show', 'jtw', '--cookie=x'), 2, 'a wrong preset');
    like($err, qr/\bjwt\b.*\bauthjs\b/, 'names those there are');

    is(run('session', 'show', 'jwt', $secret, '--cookie=x'), 2,
       'a secret without secret=');
    unlike($err, qr/\Q$secret\E/, 'is not printed');

    is(run('session', 'show', @conf, 'identiy=x', '--cookie=x'), 2,
       'a wrong parameter');
    unlike($err, qr/\Q$secret\E/, 'no secret is printed');
};


subtest 'session make: claims' => sub {
    my @make = ('session', 'make', 'jwt', 'cookie=s', "secret=$secret",
                '--now', $now);

    run(@make, '--claims={"sub":"bob","role":"x"}');
    is_deeply(verified($out =~ s/^s=//r, $secret),
              { sub => 'bob', role => 'x', iat => $now, exp => $now + 3600 },
              'iat and exp are added');

    run(@make, '--claims={"sub":"bob","iat":1,"exp":2}');
    is_deeply(verified($out =~ s/^s=//r, $secret),
              { sub => 'bob', iat => 1, exp => 2 }, 'where they are missing');

    run(@make, '--claims={"sub":"bob","exp":2}', '--identity=carol',
        '--ttl=5m', '--json');
    is_deeply(verified(json()->{cookie} =~ s/^s=//r, $secret),
              { sub => 'carol', iat => $now, exp => $now + 300 },
              'options win over claims');

    is(run(@make), 2, 'nobody');
    is(run(@make, '--claims=[]'), 2, 'no object');
    is(run(@make, '--claims={"sub":"a","sub":"b"}'), 2, 'a claim twice');
};


subtest 'session: encrypted cookies' => sub {
    for my $preset ('next-auth', 'authjs') {
        my @conf = ($preset, "secret=file:$secret_file");

        run('session', 'make', @conf, '--identity=alice', '--now', $now);
        like($out, qr/^(?:__Secure-)?\Q$preset\E\.session-token=\S+$/,
             "$preset: a cookie");

        is(run('session', 'show', @conf, '-', '--now', $now, \ $out), 0,
           'opens');
        like($out, qr/^identity +alice$/m, 'as alice');

        my $long = encode_json({ sub => 'alice', groups => 'x' x 5000 });
        run('session', 'make', @conf, "--claims=$long", '--now', $now);
        like($out, qr/session-token\.0=\S+; \S+session-token\.1=\S+/,
             'a long one is cut into chunks');
        is(run('session', 'show', @conf, '-', '--now', $now, \ $out), 0,
           'and joined again');
    }

    for my $file ('next-auth-v4', 'authjs-v5') {
        my $vector = vector($file, 'basic');
        my $preset = $file =~ s/-v\d$//r;

        is(run('session', 'show', $preset, "secret=$vector->{secret}",
               '--now', $now, '--cookie', $vector->{cookie_header}, '--json'),
           0, "a cookie that $vector->{lib} $vector->{version} made");
        is_deeply(json()->{claims}, $vector->{claims}, 'has these claims');
        is(json()->{identity}, $vector->{claims}{sub}, 'identity');
    }
};

subtest 'session show: keys in files, and what is kept elsewhere' => sub {
    my @more = @{ decode_json(read_file('t/vectors/sessions/more.json')) };
    my %by_id = map { $_->{id} => $_ } @more;
    my $at = 1_795_350_000;

    for my $id ('jwt-RS256-pem', 'jwt-RS256-jwks', 'jwt-ES256-jwks') {
        my $v = $by_id{$id};
        my %param = map { $_->[0] => $_->[1] } @{ $v->{params} };
        my ($name) = grep { /^(key|jwks)$/ } keys %param;
        my @show = ('session', 'show', 'jwt', 'cookie=t', "alg=$param{alg}", '--cookie', $v->{cookie}, '--now', $at, '--json');

        write_file("$id.keys", $param{$name});

        for my $value ("file:$dir/$id.keys", "$dir/$id.keys", $param{$name}) {
            is(run(@show, "$name=$value"), 0, "$id, $name=" . substr $value, 0, 9);
            is(json()->{identity}, 'u-ann', 'identity');
        }

        is(run(@show, "$name=file:$dir/missing"), 4, 'a file that is not there');
        is(run(@show, "$name=file:$secret_file"), 2, 'one without keys');
    }

    for my $v (grep { $_->{values} && @{ $_->{values} } } @more) {
        my @show = ('session', 'show', $v->{preset}, (map { "$_->[0]=$_->[1]" } @{ $v->{params} }), @{ $v->{nginx} // [] },
                    '--cookie', $v->{cookie}, '--now', $at, '--json');
        my @files = map { defined $v->{values}[$_] ? write_file("stored-$_", Encode::encode_utf8($v->{values}[$_])) : write_file("stored-$_", '') } 0, 1;

        my $status = run(@show, '--stored', $files[0], '--stored-user', $files[1]);

        is($status, $v->{expect} eq 'accept' ? 0 : 1, "$v->{id}: " . ($v->{reason} // 'who it is'));
        is(json()->{identity}, $v->{identity}, 'identity') if $v->{expect} eq 'accept';
        is(json()->{name} // '', $v->{name}, 'name') if $v->{expect} eq 'accept';
    }

    my $v = $by_id{'express-user'};
    my @show = ('session', 'show', 'express', "secret=$v->{params}[0][1]", 'redis_key=sess:$livekit_session_id', 'redis=x', '--cookie', $v->{cookie}, '--now', $at);

    is(run(@show), 1, 'without its value');
    like($err, qr/under the id \S+ \(give its value with --stored\)/, 'it says what is missing');
    is(run(@show, '--stored', '-', \ $v->{values}[0]), 0, 'which may come from standard input');
    like($out, qr/^identity +u-ann$/m, 'and says who it is');
    is(run(@show, '--stored', '-', \ '{"user":'), 1, 'a value that is broken');
    like($err, qr/^lkgrant: no session: malformed/, 'is why');
    is(run(@show, '--stored', "$dir/missing"), 4, 'a file that is not there');
    is(run('session', 'show', 'introspect', 'uri=/_s', 'cache=5s', 'set_cookie', '--cookie=a=b', '--stored', '-', '--now', $at, '--json',
           \ '{"user":{"id":"u1"}}'), 0, "an application's answer");
    is(json()->{identity}, 'u1', 'identity');
    is(run('session', 'show', 'jwt', 'cookie=t', 'redis_key=x', 'secret=x', '--cookie=t=x'), 2, 'a place where there is none to be');
};

done_testing();
