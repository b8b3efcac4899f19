package LiveKitTls;

# Certificates, made when a suite runs, and a real redis-server that speaks
# TLS.
#
#     use LiveKitTls;
#
# In $TEST_NGINX_DIR/tls there are, for servers at 127.0.0.1 and "localhost":
#
#     ca.pem              who signs
#     good.pem            a server; as all of these, with its key in NAME.key
#                         and both in NAME.both
#     other.pem           one with another name, redis.example.com
#     expired.pem         one whose time is over
#     revoked.pem         one that is on the list of crl.pem
#     client.pem          nginx, as Redis is to know it
#     stranger-ca.pem     who signs the others: stranger.pem, spy.pem (a client)
#
# redis_tls(NAME, option => value, ...) starts a redis-server with that
# certificate at $TEST_NGINX_TLS, that is rediss://127.0.0.1:port, and in the
# clear at $TEST_NGINX_CLEAR.  It has the same rooms as the other one.

use strict;
use warnings;

use POSIX ();

use LiveKitStory ();
use LiveKitTest ();

our $tls = "$LiveKitTest::dir/tls";

my %port = (tls => LiveKitStory::free_port(), clear => LiveKitStory::free_port());
my $server;
my $owner = $$;

$ENV{TEST_NGINX_TLS} = "rediss://127.0.0.1:$port{tls}";
$ENV{TEST_NGINX_CLEAR} = "redis://127.0.0.1:$port{clear}";
$ENV{TEST_NGINX_TLS_PORT} = $port{tls};
$ENV{TEST_NGINX_CLEAR_PORT} = $port{clear};

# what the system trusts

$ENV{SSL_CERT_FILE} = "$tls/ca.pem";
$ENV{SSL_CERT_DIR} = $tls;

my $names = 'DNS:localhost,IP:127.0.0.1,IP:::1';


sub run {
    my $said = `$_[0] 2>&1`;
    die "$_[0]: $said" if $?;
}


sub authority {
    my $name = shift;

    mkdir "$tls/$name";
    LiveKitTest::write_file("tls/$name/index", '');
    LiveKitTest::write_file("tls/$name/serial", "1000\n");

    LiveKitTest::write_file("tls/$name/conf", <<"_EOC_");
[ca]
default_ca = this
[this]
database = $tls/$name/index
serial = $tls/$name/serial
new_certs_dir = $tls/$name
certificate = $tls/$name.pem
private_key = $tls/$name.key
default_md = sha256
default_days = 10
default_crl_days = 10
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = dn
x509_extensions = v3_ca
[dn]
[v3_ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
_EOC_

    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 "
        . "-config $tls/$name/conf -subj /CN=$name -keyout $tls/$name.key -out $tls/$name.pem");
}


sub certificate {
    my ($name, $ca, $san, $options) = @_;

    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config $tls/$ca/conf "
        . "-subj /CN=$name -addext subjectAltName=$san -keyout $tls/$name.key -out $tls/$name.csr");
    run("openssl ca -batch -notext -config $tls/$ca/conf $options -in $tls/$name.csr -out $tls/$name.pem");
    run("cat $tls/$name.pem $tls/$name.key > $tls/$name.both");
}


sub make {
    mkdir $tls;

    authority($_) for qw(ca stranger-ca);

    certificate('good', 'ca', $names, '');
    certificate('other', 'ca', 'DNS:redis.example.com', '');
    certificate('expired', 'ca', $names, '-startdate 20200101000000Z -enddate 20200201000000Z');
    certificate('revoked', 'ca', $names, '');
    certificate('client', 'ca', 'DNS:nginx', '');
    certificate('stranger', 'stranger-ca', $names, '');
    certificate('spy', 'stranger-ca', 'DNS:nginx', '');

    run("openssl ca -config $tls/ca/conf -revoke $tls/revoked.pem");
    run("openssl ca -config $tls/ca/conf -gencrl -out $tls/crl.pem");
}


sub redis_tls {
    my ($name, %options) = @_;

    end_redis_tls();

    %options = ('tls-auth-clients' => 'no', 'tls-ca-cert-file' => "$tls/ca.pem", %options);

    LiveKitTest::write_file('tls/redis.conf', join '', map { "$_\n" }
        "port $port{clear}", "tls-port $port{tls}", 'bind 127.0.0.1', "dir $tls", 'save ""',
        "logfile $tls/redis.log", "tls-cert-file $tls/$name.pem", "tls-key-file $tls/$name.key",
        map { "$_ $options{$_}" } sort keys %options);

    $server = fork // die "fork: $!";

    if ($server == 0) {
        exec 'setpriv', '--pdeathsig', 'KILL', 'redis-server', "$tls/redis.conf"
            or POSIX::_exit(127);
    }

    for (1 .. 100) {
        return load() if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port{clear}");
        select undef, undef, undef, 0.05;
    }

    die "redis-server did not start: see $tls/redis.log";
}


sub load {
    command('FLUSHALL');
    command('HSET', 'lkg:room:{math}', 'm:u1' => 'teacher', 'm:u2' => 'student',
            'm:banned' => 'student', 'b:banned' => '0');
    return;
}


# One command to it.

sub command {
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port{clear}") or die "redis: $!";
    return LiveKitTest::redis_command($s, @_);
}


sub kill_redis_tls {
    my $signal = shift // 'KILL';

    kill $signal, $server;
    waitpid $server, 0 if $signal eq 'KILL';
    undef $server if $signal eq 'KILL';
    return;
}


sub end_redis_tls { kill_redis_tls() if $server }


sub import {
    make();

    no warnings 'once';
    *LiveKitStory::redis_tls = \&redis_tls;
    *LiveKitStory::kill_redis_tls = \&kill_redis_tls;
    *LiveKitStory::tls_command = \&command;

    Test::Nginx::Util::add_test_cleanup_handler(\&end_redis_tls);
}


END {
    if ($$ == $owner) {
        local $?;
        end_redis_tls();
    }
}

1;
