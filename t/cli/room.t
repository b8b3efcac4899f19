#!/usr/bin/perl

# lkgrant room, with a real redis-server on a unix socket, and with fakes that
# answer what no Redis should.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Lkgrant;
use POSIX ();
use Socket qw/SOCK_STREAM/;
use Test::More;

my $key = 'lkg:room:{algebra}';
my $socket = "$dir/redis.sock";
my @redis = ("--redis=unix:$socket", '--now', $now);
my $secret = 'quoted in an error';
my $fakes = 0;

start_redis();


subtest 'room: members' => sub {
    is(run('room', 'add', 'algebra', 'alice', 'teacher', @redis), 0, 'add');
    is($out, "algebra: alice is now teacher\n", 'says so');
    is(redis('HGET', $key, 'm:alice'), 'teacher', 'the field');

    is(run('room', 'add', 'algebra', 'alice', 'student', @redis), 0, 'again');
    like($out, qr/was a member already, and is now student/, 'says so');

    my %expires = (
        '+30m'                 => $now + 1800,
        '+2h'                  => $now + 7200,
        '+7d'                  => $now + 604800,
        1_800_000_001          => 1_800_000_001,
        '2028-02-29'           => 1_835_395_200,
        '2028-02-29T12:30Z'    => 1_835_440_200,
        '2028-02-29T12:30:05Z' => 1_835_440_205,
    );

    for my $time (sort keys %expires) {
        is(run('room', 'add', 'algebra', 'bob', 'student', @redis,
               "--expires=$time"), 0, "--expires=$time");
        is(redis('HGET', $key, 'm:bob'), "student;exp=$expires{$time}",
           'the field');
    }

    for my $time ($now - 1, $now, 1, 0, -1, '+', '+0', '+1y', '+1mm', 'soon',
                  '2027-02-29', '2027-06-31', '2028-01-01T25:00Z',
                  '2028-01-01T12:00', '2028-01-01 12:00Z', '9' x 15, '9' x 30)
    {
        is(run('room', 'add', 'algebra', 'carol', 'student', @redis,
               "--expires=$time"), 2, "--expires=$time is refused");
    }

    for my $role ('', 'a;exp=5', ';', 'x' x 100) {
        is(run('room', 'add', 'algebra', 'carol', $role, @redis), 2,
           'no role: ' . substr $role, 0, 10);
    }

    is(redis('HEXISTS', $key, 'm:carol'), 0, 'nothing was written');

    is(run('room', 'add', 'algebra', 'dora', 'student', @redis, '--json',
           '--expires=+1h'), 0, 'as JSON');
    is_deeply(json(), { room => 'algebra', identity => 'dora',
                        role => 'student', expires => $now + 3600,
                        added => JSON::PP::true }, 'all of it');

    is(run('room', 'remove', 'algebra', 'dora', @redis), 0, 'remove');
    like($out, qr/dora is no longer a member/, 'says so');
    like($err, qr/RemoveParticipant/, 'and what it does not do');
    is(redis('HEXISTS', $key, 'm:dora'), 0, 'the field is gone');

    is(run('room', 'remove', 'algebra', 'dora', @redis), 0, 'again');
    like($out, qr/dora was no member/, 'says so');
};


subtest 'room: bans and kicks' => sub {
    is(run('room', 'ban', 'algebra', 'eve', @redis), 0, 'ban');
    is(redis('HGET', $key, 'b:eve'), 0, 'for ever');
    like($err, qr/RemoveParticipant/, 'says what it does not do');

    is(run('room', 'ban', 'algebra', 'eve', @redis, '--until=+1d'), 0,
       'ban for a day');
    is(redis('HGET', $key, 'b:eve'), $now + 86400, 'until then');

    redis('HSET', $key, 'm:eve', 'student');
    is(run('room', 'unban', 'algebra', 'eve', @redis), 0, 'unban');
    is(redis('HEXISTS', $key, 'b:eve'), 0, 'the field is gone');
    is(redis('HGET', $key, 'm:eve'), 'student', 'and the membership is not');

    is(run('room', 'kick', 'algebra', 'eve', @redis), 0, 'kick');
    is(redis('HGET', $key, 'd:eve'), $now + 60, 'for a minute');
    like($err, qr/RemoveParticipant/, 'says what it does not do');

    is(run('room', 'kick', 'algebra', 'eve', @redis, '--for=600', '--json'),
       0, 'kick for longer');
    is(redis('HGET', $key, 'd:eve'), $now + 600, 'until then');
    is(json()->{until}, $now + 600, 'as JSON');
    like(json()->{note}, qr/RemoveParticipant/, 'with the note');
    is($err, '', 'which does not stand on standard error, then');

    is(run('room', 'kick', 'algebra', 'eve', @redis, '--for=0'), 2,
       'a kick for no time is refused');
};


subtest 'room: open and close' => sub {
    is(run('room', 'close', 'algebra', @redis), 0, 'close');
    is(redis('HGET', $key, 'state'), 'closed', 'the field');

    run('room', 'list', 'algebra', @redis);
    like($out, qr/^algebra: closed$/m, 'listed so');

    is(run('room', 'open', 'algebra', @redis, '--json'), 0, 'open');
    is(redis('HGET', $key, 'state'), 'open', 'the field');
    is_deeply(json(), { room => 'algebra', state => 'open' }, 'as JSON');
};


subtest 'room: names that Redis or LiveKit could not keep' => sub {
    my @bad_rooms = ('', 'a{b', 'a}b', "a\nb", 'x' x 257);
    my @bad_people = ('', 'a#b', 'a~b', "a\tb", "\xff", 'x' x 257);

    is(run('room', 'ban', $_, 'alice', @redis), 2, 'a room') for @bad_rooms;
    is(run('room', 'ban', 'x', $_, @redis), 2, 'a person') for @bad_people;

    is(redis('EXISTS', 'lkg:room:{x}'), 0, 'nothing was written');

    my $name = "J\xc3\xbcrgen von Stra\xc3\x9fe\@example.org";
    is(run('room', 'add', 'org:physik', $name, 'student', @redis), 0,
       'others are welcome');
    is(redis('HGET', 'lkg:room:{org:physik}', "m:$name"), 'student',
       'as they are');
};


subtest 'room list' => sub {
    redis('DEL', $key);
    redis('HSET', $key, 'm:alice', 'teacher');
    redis('HSET', $key, 'm:bob', 'student;exp=' . ($now + 90));
    redis('HSET', $key, 'b:bob', 0);
    redis('HSET', $key, 'd:carol', $now + 30);
    redis('HSET', $key, 'm:dave', 'student;exp=tomorrow');
    redis('HSET', $key, "m:\e[2J\xff", 'student');
    redis('HSET', $key, 'note', 'an application may have its own');

    is(run('room', 'list', 'algebra', @redis), 0, 'people of a room');
    like($out, qr/^algebra: open$/m, 'its state');
    like($out, qr/^alice +teacher +never +- +-$/m, 'a member');
    like($out, qr/^bob +student +ends in 1 min 30 s \(\S+\) +for ever +-$/m,
         'one whose membership ends, and who is banned');
    like($out, qr/^carol +- +- +- +ends in 30 s \(\S+\)$/m, 'one kicked');
    like($out, qr/^dave +- +unreadable: nginx answers 503 +- +-$/m,
         'what nginx cannot read');
    unlike($out, qr/\e/, 'nothing drives the terminal');
    unlike($out, qr/an application/, 'fields of others are let alone');

    is(run('room', 'list', 'algebra', @redis, '--json'), 0, 'as JSON');
    is(json()->{state}, 'open', 'state');
    my %people = map { $_->{identity} => $_ } @{ json()->{people} };
    is($people{bob}{role}, 'student', 'role');
    is($people{bob}{expires}, $now + 90, 'expires');
    ok($people{bob}{banned} && !defined $people{bob}{banned_until}, 'banned');
    is($people{carol}{kicked_until}, $now + 30, 'kicked');
    ok($people{dave}{unreadable} && !$people{bob}{unreadable}, 'unreadable');

    is(run('room', 'list', 'empty', @redis), 0, 'a room without people');
    like($out, qr/^empty: open\nnobody /, 'says so');

    redis('SET', "lkg:room:{n$_}", 1) for 1 .. 1500;
    redis('SET', 'other', 1);

    is(run('room', 'list', @redis), 0, 'all rooms');
    is_deeply([split /\n/, $out],
              [sort 'algebra', 'org:physik', map { "n$_" } 1 .. 1500],
              'each of them once');

    is(run('room', 'list', @redis, '--json'), 0, 'as JSON');
    is(scalar @{ json()->{rooms} }, 1502, 'all of them');
};


subtest 'which Redis' => sub {
    local $ENV{LKGRANT_REDIS} = "unix:$socket:3";

    is(run('room', 'open', 'third'), 0, 'LKGRANT_REDIS, with a database');
    run('room', 'list');
    is($out, "third\n", 'its own rooms');

    is(run('room', 'list', '--redis', "unix:$socket"), 0, '--redis');
    unlike($out, qr/third/, 'wins');

    for my $url ('localhost', 'http://localhost', 'redis://', 'redis://h:0',
                 'redis://h:70000', 'redis://h/x', 'redis://[::1', 'unix:x',
                 'redis://h:6379/1/2', 'redis://u%4:p@h', 'redis://u@h')
    {
        is(run('room', 'list', '--redis', $url), 2, "$url is no address");
        like($err, qr/redis:\/\/.*unix:/, 'says what is');
    }

    is(run('room', 'list', '--redis=rediss://h'), 2, 'no TLS');
    is(run('room', 'list', '--redis=unix:/' . 'x' x 200), 2,
       'a path that no socket can have');
    is(run('room', 'list', '--redis', "unix:$socket:99"), 4,
       'a database that is not there');
    like($err, qr/SELECT/, 'says so');
};


subtest 'passwords' => sub {
    my $password = 'p@ss:w/ord';
    my $file = write_file('password', "$password\n", 0600);

    redis('ACL', 'SETUSER', 'desk', 'on', ">$password", '~lkg:room:*',
          '+@read', '+@write', '+select');
    redis('ACL', 'SETUSER', 'reader', 'on', ">$password", '~*', '+@read');
    redis('ACL', 'SETUSER', 'default', '-@all', '+auth', '+ping', '+acl');

    is(run('room', 'list', @redis), 4, 'without one');
    like($err, qr/may not do this/, 'says so');

    is(run('room', 'open', 'a', @redis, '--user=desk',
           "--password=file:$file"), 0, '--user and --password');
    is($err, '', 'no warning');

    is(run('room', 'open', 'a', @redis, '--user=reader',
           "--password=file:$file"), 4, 'a user who may only read');
    like($err, qr/HSET: the Redis user may not do this/, 'says so');

    is(run('room', 'list', @redis, '--user=desk', "--password=x$password"),
       4, 'a wrong password');
    like($err, qr/AUTH: the user or the password is wrong/, 'says so');
    unlike($err, qr/\Q$password\E/, 'without it');

    is(run('room', 'list', @redis, '--user=desk'), 2, 'a user alone');

    redis('ACL', 'SETUSER', 'default', '+@all');
};


subtest 'Redis over TCP, with a password in the url' => sub {
    my $tcp = tcp_relay($socket);
    my $password = 'p@ss:w/ord';

    is(run('room', 'open', 'tcp', '--redis', "redis://127.0.0.1:$tcp/5"), 0,
       'a database');
    is(run('room', 'list', '--redis', "redis://127.0.0.1:$tcp/5"), 0, 'list');
    is($out, "tcp\n", 'is there');

    is(run('room', 'open', 'tcp',  '--redis',
           "redis://desk:p\@ss:w%2Ford\@127.0.0.1:$tcp"), 0,
       'user and password, percent-encoded');

    is(run('room', 'list', '--redis',
           "redis://desk:$password-wrong\@127.0.0.1:$tcp"), 2,
       'a "/" in a password must be');
    unlike($err, qr/p\@ss/, 'and the password is not printed');

    is(run('room', 'list', '--redis',
           "redis://desk:no\@127.0.0.1:$tcp"), 4, 'a wrong password');
    like($err, qr/^lkgrant: Redis at 127\.0\.0\.1:$tcp: AUTH/, 'says where');
};


subtest 'what goes wrong with Redis is told in words' => sub {
    redis('SET', 'lkg:room:{text}', 'x');

    is(run('room', 'add', 'text', 'a', 'b', @redis), 4,
       'a key of another type');
    like($err, qr/HSET: the key is there, but is not a hash/, 'says so');
    is(run('room', 'list', 'text', @redis), 4, 'reading it');

    is(run('room', 'list', 'text', @redis, '--json'), 4, 'as JSON');
    is(json()->{error}, 'redis', 'error');
    like(json()->{message}, qr/not a hash/, 'message');

    is(run('room', 'list', "--redis=unix:$dir/none"), 4, 'nobody there');
    like($err, qr/connecting: No such file/, 'says so');

    my %answers = (
        "-READONLY You can't write\r\n"   => qr/replica/,
        "-LOADING Redis is loading\r\n"   => qr/still loading/,
        "-MOVED 1 10.0.0.1:6379\r\n"      => qr/another node/,
        "-NOAUTH Authentication\r\n"      => qr/--password/,
        "-ERR unknown, args: $secret\r\n" => qr/HSET was refused \(ERR\)/,
        "-\r\n"                           => qr/HSET was refused/,
        "+OK\r\n"                         => qr/answer of the wrong type/,
        "\$-1\r\n"                        => qr/answer of the wrong type/,
        "*1000000000\r\n"                 => qr/closed the connection|memory/,
        "HTTP/1.1 400 Bad Request\r\n"    => qr/not Redis/,
        ""                                => qr/closed the connection/,
    );

    for my $answer (sort keys %answers) {
        my $fake = fake_redis($answer);

        is(run('room', 'open', 'a', "--redis=unix:$fake", '--timeout=1'), 4,
           'exit status 4');
        like($err, $answers{$answer}, 'says so');
        unlike($err, qr/\Q$secret\E/, 'repeats nothing');
    }

    my $fake = fake_redis(undef);
    is(run('room', 'open', 'a', "--redis=unix:$fake", '--timeout=1'), 4,
       'no answer');
    like($err, qr/HSET: no answer within 1 s/, 'says so');

    for my $answer ("*0\r\n", "*1\r\n+x\r\n", "*2\r\n+0\r\n+0\r\n",
                    "*2\r\n\$1\r\n0\r\n*1\r\n:5\r\n",
                    "*2\r\n\$40\r\n" . '1' x 40 . "\r\n*0\r\n")
    {
        $fake = fake_redis($answer);
        is(run('room', 'list', "--redis=unix:$fake"), 4,
           'a strange answer to SCAN');
        like($err, qr/SCAN: an answer of the wrong type/, 'says so');
    }

    $fake = fake_redis("*2\r\n:1\r\n*0\r\n");
    is(run('room', 'list', 'a', "--redis=unix:$fake"), 4,
       'a strange answer to HGETALL');
    like($err, qr/HGETALL: an answer of the wrong type/, 'says so');
    is($out, '', 'which is no room without people');
};

done_testing();


sub start_redis
{
    my $pid = spawn(sub {
        open STDOUT, '>', "$dir/redis.log";
        exec 'redis-server', '--port', 0, '--unixsocket', $socket,
             '--dir', $dir, '--save', '', '--appendonly', 'no';
    });

    for (1 .. 300) {
        return if eval { redis('PING') eq 'PONG' };
        die "redis-server does not start\n"
            if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.1;
    }

    die "redis-server does not answer\n";
}


# One command, and its answer: a number, a text, or undef.

sub redis
{
    my @command = @_;

    my $s = IO::Socket::UNIX->new(Peer => $socket, Type => SOCK_STREAM)
        or die "$socket: $!";

    $s->print('*' . @command . "\r\n",
              map { '$' . length($_) . "\r\n$_\r\n" } @command);
    $s->flush;

    my $line = $s->getline // die "redis-server closed the connection\n";
    my ($type, $text) = $line =~ /^(.)(.*)\r\n\z/s;

    die "redis: $text\n" if $type eq '-';
    return $text if $type ne '$';
    return undef if $text == -1;

    $s->read(my $value, $text);

    return $value;
}


# Something that says the same to everybody; undef: it says nothing.

sub fake_redis
{
    my ($answer) = @_;

    my $path = "$dir/fake" . $fakes++ . '.sock';
    my $listen = IO::Socket::UNIX->new(Local => $path, Listen => 1)
        or die "$path: $!";

    spawn(sub {
        while (my $s = $listen->accept) {
            $s->sysread(my $command, 4096);
            $s->syswrite($answer) if defined $answer && length $answer;
            sleep 60 if !defined $answer;
        }
    });

    return $path;
}


# A TCP port, one connection at a time, in front of a unix socket.

sub tcp_relay
{
    my ($path) = @_;

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
        or die "listen: $!";

    spawn(sub {
        while (my $s = $listen->accept) {
            my $t = IO::Socket::UNIX->new(Peer => $path) or next;
            my $select = IO::Select->new($s, $t);

            RELAY: while (1) {
                for my $from ($select->can_read) {
                    $from->sysread(my $data, 65536) or last RELAY;
                    ($from == $s ? $t : $s)->syswrite($data);
                }
            }
        }
    });

    return $listen->sockport;
}
