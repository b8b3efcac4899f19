#!/usr/bin/perl

# lkgrant room ... --api: those inside are taken out.  LiveKit is this
# program, which says what it was asked; Redis is a real one.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use IO::Socket::INET;
use JSON::PP;
use Lkgrant;
use Test::More;

my $secret = 'an api secret of 32 bytes or even more';
my $socket = "$dir/redis.sock";

spawn(sub {
    open STDOUT, '>', "$dir/redis.log";
    exec 'redis-server', '--port', 0, '--unixsocket', $socket, '--dir', $dir, '--save', '', '--appendonly', 'no';
});

for (1 .. 300) {
    last if -S $socket;
    select undef, undef, undef, 0.1;
}

my @redis = ("--redis=unix:$socket", '--now', $now);
my @key = ('--key=LKkey', "--secret=$secret");

sub hget { return `redis-cli -s $socket HGET 'lkg:room:{algebra}' '$_[0]'` =~ s/\n//r }


# A LiveKit with these answers, one for each connection: its address, and,
# once it has been asked, [method, body, claims] of each call.

my $n = 0;

sub livekit
{
    my @answers = @_;
    my $file = "$dir/calls." . ++$n;

    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8) or die "listen: $!";

    spawn(sub {
        open my $log, '>', $file or die $!;
        $log->autoflush;

        for my $answer (@answers) {
            my $c = $server->accept;
            my $text = '';

            until ($text =~ /\r\n\r\n/ && $text =~ /Content-Length: (\d+)/
                   && length($text) >= index($text, "\r\n\r\n") + 4 + $1)
            {
                $c->sysread($text, 65536, length $text) or last;
            }

            print $log encode_json([$text]), "\n";

            $answer = "HTTP/1.0 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer"
                if $answer =~ /^\{/;
            $c->syswrite($answer);
            $c->close;
        }
    });

    return ('http://127.0.0.1:' . $server->sockport, sub {
        return map {
            my $text = decode_json($_)->[0];
            my ($method) = $text =~ m{^POST /twirp/livekit\.RoomService/(\w+) HTTP/1\.0\r\n};
            my ($token) = $text =~ /^Authorization: Bearer (\S+)\r$/m;
            my ($body) = $text =~ /\r\n\r\n(.*)/s;
            [$method, decode_json($body), verified($token, $secret)->{video}];
        } split /\n/, read_file($file);
    });
}

my $people = '{"participants":[{"identity":"eve"},{"identity":"eve~phone"},{"identity":"evelyn"},{"identity":"eve#x"},{}]}';
my $admin = { roomAdmin => JSON::PP::true, room => 'algebra' };


subtest 'kick takes out every participant that is this person' => sub {
    my ($url, $calls) = livekit($people, '{}', "HTTP/1.0 404 Not Found\r\n\r\n{}", '{}');

    is(run('room', 'kick', 'algebra', 'eve', @redis, @key, "--api=$url"), 0, 'kick');
    is($out =~ s/\(.*?\)|\d+ (?:s|min) ?//gr =~ s/ +\n/\n/gr, "algebra: eve is kicked, which ends in\n"
       . "algebra: eve is taken out\nalgebra: eve#x is taken out\n", 'says whom; one had left');
    is($err, '', 'and has nothing to add');
    is(hget('d:eve'), $now + 60, 'Redis has it');

    is_deeply([ $calls->() ], [ ['ListParticipants', { room => 'algebra' }, $admin],
        map { ['RemoveParticipant', { room => 'algebra', identity => $_ }, $admin] } 'eve', 'eve~phone', 'eve#x' ],
        'and LiveKit was asked so');
};


subtest 'as JSON, and the others' => sub {
    my ($url) = livekit($people, '{}', '{}', '{}');
    is(run('room', 'ban', 'algebra', 'eve', @redis, @key, '--json', "--api=$url/"), 0, 'ban');
    is_deeply(json()->{taken_out}, ['eve', 'eve~phone', 'eve#x'], 'whom');
    is(hget('b:eve'), 0, 'Redis has it');

    ($url) = livekit('{"participants":[]}');
    is(run('room', 'remove', 'algebra', 'eve', @redis, @key, '--json', "--api=$url"), 0, 'remove');
    is_deeply(json()->{taken_out}, [], 'nobody was there');

    ($url, my $calls) = livekit('{}');
    is(run('room', 'close', 'algebra', @redis, @key, "--api=$url"), 0, 'close');
    is($out, "algebra: closed\nalgebra: all are taken out\n", 'says so');
    is_deeply([ $calls->() ], [ ['DeleteRoom', { room => 'algebra' }, { roomCreate => JSON::PP::true }] ],
        'by deleting the room');
};


subtest 'without it, who is inside stays, and that is said' => sub {
    is(run('room', 'kick', 'algebra', 'eve', @redis), 0, 'kick');
    like($err, qr/who is in the room now stays there.*--api/, 'with the way out');
};


subtest 'where LiveKit does not do it, Redis has it all the same' => sub {
    my %answers = (
        'no answer, or none that is one' => ['', 'hello', "HTTP/1.0 200 OK\r\nContent-Length: 90\r\n\r\n$people",
                                             "HTTP/1.0 200 OK\r\nContent-", "HTTP/1.0 200\r\n\r\n\0"],
        'it refuses --key and --secret'  => ["HTTP/1.0 401 Unauthorized\r\n\r\ninvalid token: secret-text"],
        'ListParticipants'               => ["HTTP/1.0 500 Error\r\n\r\nsecret-text"],
        'is not LiveKit'                 => ["HTTP/1.0 404 Not Found\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n<html>"],
    );

    for my $said (sort keys %answers) {
        for my $answer (@{ $answers{$said} }) {
            my ($url) = livekit($answer);
            is(run('room', 'kick', 'algebra', 'mallory', @redis, @key, "--api=$url"), 4, $said);
            like($err, qr/this is stored in Redis, but .*\Q$said\E/, 'and says that it is stored');
            unlike("$out$err", qr/secret-text|eyJ/, 'but not what LiveKit said');
        }
    }

    is(run('room', 'kick', 'algebra', 'mallory', @redis, @key, '--api=http://127.0.0.1:1', '--json'), 4, 'nobody is there');
    like(json()->{message}, qr/no connection/, 'as JSON');
    is(hget('d:mallory'), $now + 60, 'Redis has it');
};


subtest 'over TLS, with a certificate that is trusted, and of that name' => sub {
    my $made = system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                      . "-addext subjectAltName=DNS:localhost -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null");
    is($made, 0, 'a certificate');

    my $serve = sub {
        my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $!";
        my $port = $s->sockport;
        close $s;

        spawn(sub {
            open STDOUT, '>', "$dir/tls.$port";
            # the answer, once there is a request
            open STDIN, '-|', qq(i=0; until grep -qs DeleteRoom $dir/tls.$port || [ \$i = 100 ]; do i=\$((i + 1)); sleep 0.1; done;
                                 printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}') or die;
            open STDERR, '>', '/dev/null';
            exec 'openssl', 's_server', '-quiet', '-accept', "127.0.0.1:$port", '-naccept', 1,
                 '-cert', "$dir/cert.pem", '-key', "$dir/key.pem";
        });

        for (1 .. 100) {
            last if read_file('/proc/net/tcp') =~ /:@{[ sprintf '%04X', $port ]} 00000000:0000 0A /;
            select undef, undef, undef, 0.05;
        }
        return $port;
    };

    my $port = $serve->();
    {
        local $ENV{SSL_CERT_FILE} = "$dir/cert.pem";
        is(run('room', 'close', 'algebra', @redis, @key, "--api=https://localhost:$port"), 0, 'a good one');
        like(read_file("$dir/tls.$port"), qr{^POST /twirp/livekit.RoomService/DeleteRoom}, 'has the request');

        $port = $serve->();
        is(run('room', 'close', 'algebra', @redis, @key, "--api=https://127.0.0.1:$port"), 4, 'one of another name');
        is(read_file("$dir/tls.$port"), '', 'gets nothing');
    }

    $port = $serve->();
    is(run('room', 'close', 'algebra', @redis, @key, "--api=https://localhost:$port"), 4, 'one that nobody knows');
    like($err, qr/certificate that can be trusted/, 'is refused');
    is(read_file("$dir/tls.$port"), '', 'and gets nothing');
};


subtest 'what cannot be meant' => sub {
    for my $url ('', 'localhost', 'ftp://x', 'http://', 'http://a b', "http://a\r\nX: y", 'http://u:p@h', 'http://h:x',
                 'http://h:1234567', 'http://h?x', 'http://' . 'h' x 300, 'http://h/' . 'p' x 300)
    {
        is(run('room', 'kick', 'algebra', 'trudy', @redis, @key, "--api=$url"), 2, substr $url, 0, 20);
    }

    is(run('room', 'kick', 'algebra', 'trudy', @redis, '--api=http://h'), 2, 'no key');
    is(run('room', 'kick', 'algebra', 'trudy', @redis, @key), 2, 'a key for nothing');
    is(run('room', 'unban', 'algebra', 'trudy', @redis, '--api=http://h'), 2, 'not with unban');
    is(hget('d:trudy'), '', 'and nothing was written');
};

done_testing();
