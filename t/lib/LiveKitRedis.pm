package LiveKitRedis;

# Several real Redis servers on loopback: a master with its replica and
# sentinels, or a cluster.  More sections of a block:
#
#     --- sentinels       a master, a replica and three sentinels that call it
#                         "mymaster"; what is said here are more lines of the
#                         sentinels' configuration, "password" or "tls" (for
#                         which the suite uses LiveKitTls)
#     --- cluster         three masters and three replicas
#     --- sentinel_says   a sentinel that is none is at $TEST_NGINX_FAKE_PORT;
#                         it names the "master", the "replica", redis.invalid
#                         ("name") or talks "nonsense"
#     --- cluster_says    a node of a cluster that is none is there; it has all
#                         slots ("itself") or none ("nowhere"), and listens on
#                         127.0.0.1 to 127.0.0.40 ("everywhere") or ::1 ("ipv6")
#
# They are at $TEST_NGINX_SENTINELS and $TEST_NGINX_CLUSTER, as urls, and last
# from block to block as long as the section says the same and the block
# before did not spoil them with spoil().
#
# There are rooms r1 to r30, each with a teacher of its own: u1 to u30.
#
#     my $traffic = traffic();         requests whose answers are known
#     my $seen = $traffic->();         ends it: right, wrong, 503 and how long

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use LiveKitClient ();
use LiveKitStory ();
use LiveKitTest ();

our $dir = "$LiveKitTest::dir/redis";
our $Rooms = 30;

my (%pid, $running);
my $owner = $$;
my $n = 0;

our (@sentinels, @data, @nodes);

$ENV{TEST_NGINX_NOBODY} = '127.0.0.1:' . LiveKitTest::free_port();


# Starts one: its port and lines of its configuration.

sub start {
    my ($port, @conf) = @_;

    my $sentinel = grep { /^sentinel / } @conf;
    my $name = "redis/$port";

    mkdir $dir;
    mkdir "$dir/$port";

    if (! -e "$dir/$port.conf") {
        LiveKitTest::write_file("$name.conf", join '', map { "$_\n" }
            "port $port", 'bind 127.0.0.1', "dir $dir/$port", "logfile $dir/$port.log",
            $sentinel ? () : ('save ""', 'appendonly no', 'repl-diskless-sync-delay 0',
                              'repl-ping-replica-period 1'), @conf);
    }

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        exec 'setpriv', '--pdeathsig', 'KILL', 'redis-server', "$dir/$port.conf",
             $sentinel ? '--sentinel' : () or POSIX::_exit(127);
    }

    $pid{$port} = $pid;

    for (1 .. 200) {
        return $port if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        sleep 0.02;
    }

    die "redis-server did not start: see $dir/$port.log";
}


sub signal {
    my ($signal, @ports) = @_;

    for (@ports) {
        kill $signal, $pid{$_};
        waitpid delete $pid{$_}, 0 if $signal eq 'KILL';
    }

    return;
}


# One command to the server at a port; errors die.

my (%password, %tls_port);

sub at {
    my ($port, @argv) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "redis $port: $!";

    LiveKitTest::redis_command($s, 'AUTH', $password{$port}) if $password{$port};

    return LiveKitTest::redis_command($s, @argv);
}


sub role { return eval { at(shift, 'ROLE')->[0] } // 'away' }


sub wait_for (&$) {
    my ($there, $what) = @_;

    my $end = time + 10 * $LiveKitStory::Slow;

    while (time < $end) {
        return if eval { $there->() };
        sleep 0.05;
    }

    my @said = map { (split /\n/, LiveKitStory::slurp("$dir/$_.log"))[-1] // () } keys %pid;
    die join "\n", "never came: $what", @said, '';
}


sub load_rooms {
    my ($put) = @_;
    $put->('HSET', "lkg:room:{r$_}", "m:u$_", 'teacher') for 1 .. $Rooms;
    $put->('HSET', 'lkg:room:{math}', 'm:u1', 'teacher', 'm:u2', 'student');
}


# How often a server was asked about a room.

sub asked {
    my $port = shift;
    my ($calls) = at($port, 'INFO', 'commandstats') =~ /^cmdstat_hmget:calls=(\d+)/m;
    return $calls // 0;
}


sub start_sentinels {
    my ($more) = @_;

    my $secret = $more =~ s/\bpassword\b//;
    my $tls = $more =~ s/\btls\b//;

    @data = map { LiveKitTest::free_port() } 1 .. 2;
    @sentinels = map { LiveKitTest::free_port() } 1 .. 3;

    # they know each other by the ports that speak TLS, if there are any

    %tls_port = $tls ? map { $_ => LiveKitTest::free_port() } @data, @sentinels : ();
    my %known = ((map { $_ => $_ } @data, @sentinels), %tls_port);

    my @auth = $secret ? ('requirepass data-secret', 'masterauth data-secret') : ();

    start($data[0], @auth, speak_tls($data[0]));
    start($data[1], @auth, speak_tls($data[1]), "replicaof 127.0.0.1 $known{$data[0]}");

    %password = $secret ? map { $_ => 'data-secret' } @data : ();

    load_rooms(sub { at($data[0], @_) });

    # so that they need not find each other

    my %id = map { $_ => sprintf '%040x', $_ } @sentinels;

    for my $port (@sentinels) {
        start($port, speak_tls($port), "sentinel myid $id{$port}",
              "sentinel monitor mymaster 127.0.0.1 $known{$data[0]} 2",
              'sentinel down-after-milliseconds mymaster ' . 500 * $LiveKitStory::Slow,
              'sentinel failover-timeout mymaster 3000',
              "sentinel known-replica mymaster 127.0.0.1 $known{$data[1]}",
              (map { "sentinel known-sentinel mymaster 127.0.0.1 $known{$_} $id{$_}" }
               grep { $_ != $port } @sentinels),
              $secret ? ('sentinel auth-pass mymaster data-secret',
                         'requirepass sentinel-secret') : (),
              grep { length } split /\n/, $more);

        $password{$port} = 'sentinel-secret' if $secret;
    }

    wait_for { at($data[1], 'HGET', "lkg:room:{r$Rooms}", "m:u$Rooms") } 'a replica';

    for my $port (@sentinels) {
        wait_for {
            my $state = at($port, 'INFO', 'sentinel');
            my %replica = @{ at($port, 'SENTINEL', 'REPLICAS', 'mymaster')->[0] // [] };
            $state =~ /status=ok.*slaves=1,sentinels=3/ && $replica{flags} eq 'slave'
                && $replica{'master-link-status'} eq 'ok'
        } 'a sentinel that knows the others, and the replica as one to promote';
    }

    $ENV{TEST_NGINX_SENTINELS} = join ' ', map { "redis://127.0.0.1:$_" } @sentinels;
    $ENV{TEST_NGINX_TLS_SENTINELS} = join ' ', map { "rediss://127.0.0.1:$_" } @known{@sentinels};
    $ENV{TEST_NGINX_SECRET_SENTINELS} = join ' ',
        map { "redis://:sentinel-secret\@127.0.0.1:$_" } @sentinels;
}


sub speak_tls {
    my $port = $tls_port{$_[0]} or return;
    my $tls = "$LiveKitTest::dir/tls";

    return ("tls-port $port", "tls-cert-file $tls/good.pem", "tls-key-file $tls/good.key",
            "tls-ca-cert-file $tls/ca.pem", 'tls-auth-clients no', 'tls-replication yes');
}


# The ports of a server that nginx is connected to.

sub nginx_at {
    my %ports = map { /\bladdr=\S+:(\d+) .*\bname=nginx\b/ ? ($1 => 1) : () }
                split /\n/, at(shift, 'CLIENT', 'LIST');
    return keys %ports;
}


sub tls_port { return $tls_port{$_[0]} }
sub master { return (grep { role($_) eq 'master' } @data)[0] }


# redis-cli makes one; where nodes are slow to meet, it may not become whole.

sub start_cluster {
    my ($more) = @_;

    for (1 .. 3) {
        return if eval { make_cluster($more); 1 };
        end_all();
    }

    die $@;
}


sub make_cluster {
    my ($more) = @_;

    @nodes = map { LiveKitTest::free_port() } 1 .. 6;

    start($_, 'cluster-enabled yes', 'cluster-node-timeout 15000',
          'cluster-replica-validity-factor 0', grep { length } split /\n/, $more) for @nodes;

    cluster_cli('create', (map { "127.0.0.1:$_" } @nodes), '--cluster-replicas', 1,
                '--cluster-yes');

    for my $port (@nodes) {
        wait_for { at($port, 'CLUSTER', 'INFO') =~ /cluster_state:ok/ } 'a cluster';
        wait_for { !grep { @$_ < 4 } @{ at($port, 'CLUSTER', 'SLOTS') } } 'its replicas';
        wait_for { at($port, 'ROLE')->[0] eq 'master' || at($port, 'ROLE')->[3] eq 'connected' } 'data';
    }

    load_rooms(\&in_cluster);

    $ENV{TEST_NGINX_CLUSTER} = join ' ', map { "redis://127.0.0.1:$_" } @nodes[0, 1];
}


sub cluster_cli {
    my ($verb, @args) = @_;

    my $said = `redis-cli --cluster $verb @args 2>&1`;
    die "redis-cli --cluster $verb: $said" if $?;
    return $said;
}


# All nodes have heard of what has changed.

sub settled {
    my $port = shift;
    wait_for { cluster_cli('check', "127.0.0.1:$port") } 'agreement';
}


# One command to whichever node of the cluster has the key.

sub in_cluster {
    my @argv = @_;

    my $port = owner(slot($argv[1]));

    for (1 .. 5) {
        my $reply = eval { at($port, @argv) };
        return $reply unless $@;
        $@ =~ /MOVED \d+ 127.0.0.1:(\d+)/ ? ($port = $1) : die $@;
    }

    die "moved too often";
}


sub slot { return at((alive())[0], 'CLUSTER', 'KEYSLOT', shift) }
sub alive { return grep { $pid{$_} } @nodes }


# The port of the master that has a slot.

sub owner {
    my $slot = shift;

    for (@{ at((alive())[0], 'CLUSTER', 'SLOTS') }) {
        return $_->[2][1] if $_->[0] <= $slot && $slot <= $_->[1];
    }

    die "nobody has slot $slot";
}


sub id { return at(shift, 'CLUSTER', 'MYID') }
sub masters { return grep { role($_) eq 'master' } alive() }


# Errors that a node has answered with: errors($port)->{MOVED}

sub errors {
    my $port = shift;
    return { at($port, 'INFO', 'errorstats') =~ /^errorstat_(\w+):count=(\d+)/mg };
}


sub reset_stats { at($_, 'CONFIG', 'RESETSTAT') for grep { $pid{$_} } @_; return }


# Requests until they are told to end: each user in the own room, who has the
# right to be there, and in one of the others, who has not.

sub traffic {
    my (%with) = @_;

    my $width = $with{width} // 6;

    pipe my $in, my $out or die "pipe: $!";
    pipe my $wait, my $end or die "pipe: $!";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        close $end;
        close $in;
        my $seen = eval { ask_on($wait, $width) } // { died => $@ };
        print $out JSON::PP::encode_json($seen);
        close $out;
        POSIX::_exit(0);
    }

    close $out;
    close $wait;

    return sub {
        sleep($_[0] // 0);
        close $end;
        local $/;
        my $seen = JSON::PP::decode_json(<$in>);
        waitpid $pid, 0;
        die "traffic: $seen->{died}" if $seen->{died};
        return $seen;
    };
}


sub ask_on {
    my ($wait, $width) = @_;

    my (%wrong, %seen);
    %seen = (right => 0, unavailable => 0);
    my @clients = map { LiveKitStory::client() } 1 .. $width;
    my $i = 0;
    my $select = IO::Select->new($wait);

    until ($select->can_read(0)) {
        my @due;

        for my $c (@clients) {
            my $user = 1 + $i % $Rooms;
            my $room = $i++ % 3 ? $user : 1 + ($user + 6) % $Rooms;

            my $wish = LiveKitStory::wish("u$user", "r$room");

            $c->send($wish);
            push @due, [$user == $room ? "u$user" : 'forbidden', $wish];
        }

        for my $c (@clients) {
            my $answer = $c->answer;
            my ($due, $wish) = @{ shift @due };

            # nginx may close a connection that is idle: clients try again

            if ($answer eq 'closed') {
                $c = LiveKitStory::client();
                $answer = $c->send($wish)->answer;
            }

            my $who = $answer->who;

            $c = LiveKitStory::client() if ($answer->header('Connection') // '') eq 'close';

            if ($who eq $due) {
                $seen{right}++;
                $seen{ended} = time if $seen{began} && !$seen{ended};

            } elsif ($who eq 'unavailable') {
                $seen{unavailable}++;
                $seen{began} //= time;
                $seen{last} = time;

            } else {
                $wrong{"$who for $due"}++;
            }
        }
    }

    $seen{wrong} = [sort keys %wrong];

    return \%seen;
}


# What the sentinel that is none answers and publishes from now on.

sub sentinel_says {
    LiveKitStory::write_json("$LiveKitTest::dir/sentinel.json", $_[0]);
    return;
}


# The topology that the node tells that is none, and how it answers.

sub cluster_says {
    my $more = ref $_[0] eq 'HASH' ? shift : {};
    LiveKitStory::write_json("$LiveKitTest::dir/cluster.json", { %$more, slots => [@_] });
    return;
}


sub start_fake_node {
    my $what = shift;

    my $port = $ENV{TEST_NGINX_FAKE_PORT};
    my $host = $what eq 'ipv6' ? '::1' : '127.0.0.1';

    cluster_says($what eq 'nowhere' ? () : [0, 16383, [$host, $port + 0, 'id']]);

    my @hosts = $what eq 'everywhere' ? map { "127.0.0.$_" } 1 .. 40 : $host;

    LiveKitStory::fake('--tcp', '--hosts', join(',', @hosts),
                       '--cluster', "$LiveKitTest::dir/cluster.json");
}


sub start_fake_sentinel {
    my $what = shift;

    sentinel_says({ answer => { master => ['127.0.0.1', "$data[0]"],
                                replica => ['127.0.0.1', "$data[1]"],
                                name => ['redis.invalid', "$data[0]"],
                                nonsense => 'here' }->{$what} });

    LiveKitStory::fake('--tcp', '--sentinel', "$LiveKitTest::dir/sentinel.json");
}


# The servers are not as the next block expects them.

sub spoil { undef $running }


sub end_all {
    signal('CONT', keys %pid);
    signal('KILL', keys %pid);
    undef $running;
}


sub import {
    no warnings 'once';

    for (qw(at role asked signal spoil traffic master owner slot id masters errors
            sentinel_says cluster_says nginx_at tls_port settled in_cluster cluster_cli reset_stats start wait_for alive))
    {
        no strict 'refs';
        no warnings 'redefine';
        *{"LiveKitStory::$_"} = \&$_;
    }

    *LiveKitStory::data = \@data;
    *LiveKitStory::sentinels = \@sentinels;
    *LiveKitStory::nodes = \@nodes;

    Test::Nginx::Socket::add_block_preprocessor(sub {
        my $block = shift;

        for my $what (qw(sentinels cluster)) {
            my $more = $block->$what;
            next unless defined $more;

            my $wanted = "$what $more";
            next if defined $running && $running eq $wanted;

            end_all();
            $what eq 'cluster' ? start_cluster($more) : start_sentinels($more);
            $running = $wanted;
        }

        if (grep { defined } $block->sentinels, $block->cluster, $block->cluster_says) {

            # refusals are many, and are right

            $block->set_value(log_level => 'notice') unless defined $block->log_level;
            $block->set_value(no_error_log => "[crit]\n[alert]\n[emerg]\n")
                unless defined $block->no_error_log;
        }

        start_fake_sentinel($block->sentinel_says) if defined $block->sentinel_says;
        start_fake_node($block->cluster_says) if defined $block->cluster_says;
    });
}


END {
    if ($$ == $owner) {
        local $?;
        end_all();
    }
}

1;
