# Sessions as the libraries themselves made them, with their own line of the
# configuration each, through nginx: t/vectors/sessions/more.json (which
# t/e2e/vectors.js makes) and auth0-nextjs.json, and Better Auth's cookie cache
# where a signed or encrypted one is to be read.

use lib 't/lib';
use LiveKitTest;
use LiveKitStory;
use Test::Nginx::Socket 'no_plan';

use Encode ();
use JSON::PP ();

our @More = vectors('more');
our @Auth0 = map { { %$_, params => secrets($_), preset => 'auth0', cookie => $_->{cookie_header},
                     identity => $_->{claims}{user}{sub} } } vectors('auth0-nextjs');
our @Cache = map { { %$_, cookie => $_->{cookie_header}, identity => 'user_ba_1',
                     $_->{mechanism} =~ /jwe/
                         ? (preset => 'next-auth', params => [ @{ secrets($_) }, [ cookie => $_->{cookie_name} ], [ enc => 'A256CBC-HS512' ],
                                                               [ salt => 'better-auth-session' ], [ info => 'BetterAuth.js Generated Encryption Key' ] ])
                         : (preset => 'jwt', params => [ @{ secrets($_) }, [ cookie => $_->{cookie_name} ] ]) } }
             grep { $_->{cookie_name} =~ /session_data/ } vectors('better-auth');

our $HttpConfig = $LiveKitTest::HttpConfig =~ s/livekit_session .*//r . '    large_client_header_buffers 4 64k;';

add_block_preprocessor(sub { shift->set_value(http_config => $HttpConfig) });


sub vectors {
    my $name = shift;
    return @{ JSON::PP::decode_json(LiveKitStory::slurp("$LiveKitTest::root/t/vectors/sessions/$name.json")) };
}

sub secrets {
    my $v = shift;
    return [ map { [ secret => $_ ] } ref $v->{secret} ? @{ $v->{secret} } : $v->{secret} ];
}


# A location for each; what is text for the library is a file for nginx

sub locations {
    my $config = '';

    for my $v (@_) {
        my @params = @{ $v->{nginx} // [] };

        for (@{ $v->{params} }) {
            my ($name, $value) = @$_;

            if ($name =~ /^(key|jwks)$/) {
                write_file("$v->{id}.$name", $value);
                $value = "$LiveKitTest::dir/$v->{id}.$name";
            }

            push @params, defined $value ? qq("$name=$value") : $name;
        }

        $config .= "location = /$v->{id} { livekit_check session; livekit_session $v->{preset} @params; }\n";
    }

    return Encode::encode_utf8($config);
}


# What came of them, where it is not what must

sub wrong {
    my @wrong;

    for my $v (@_) {
        LiveKitTest::redis('FLUSHALL');

        while (my ($key, $value) = each %{ $v->{redis} // {} }) {
            LiveKitTest::redis('SET', $key, $value) if defined $value;
        }

        my @headers = $v->{cookie} ? "Cookie: $v->{cookie}" : "Authorization: $v->{authorization}";
        my $a = LiveKitStory::ask("GET /$v->{id}", headers => [ Encode::encode_utf8($headers[0]) ]);
        my $got = $a->header('X-LiveKit-Identity') // "$a";
        my $want = $v->{expect} eq 'accept' && defined $v->{identity} ? $v->{identity} : 401;

        push @wrong, "$v->{id}: $got, not $want" if $got ne $want;
    }

    my %n;
    $n{ $_->{expect} }++ for @_;

    return (@wrong, join ', ', map { "$n{$_} to $_" } sort keys %n);
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: sessions of all kinds
--- config eval: ::locations(@::More)
--- story
::wrong(@::More);
--- response_body
52 to accept, 62 to reject
--- suppress_stderr
--- timeout: 60


=== TEST 2: nextjs-auth0
--- config eval: ::locations(@::Auth0)
--- story
::wrong(@::Auth0);
--- response_body
3 to accept, 1 to reject
--- suppress_stderr


=== TEST 3: Better Auth's cookie cache, where somebody reads it as what it is
--- config eval: ::locations(grep { $_->{id} ne 'ba-cache-compact' } @::Cache)
--- story
::wrong(grep { $_->{id} ne 'ba-cache-compact' } @::Cache);
--- response_body
1 to accept, 1 to reject
--- suppress_stderr


=== TEST 4: the compact one is of no kind that is read
--- config
    location = /jwt { livekit_check session; livekit_session jwt secret=x cookie=better-auth.session_data; }
    location = /jwe { livekit_check session; livekit_session next-auth secret=x cookie=better-auth.session_data; }
    location = /ids { livekit_check session; livekit_session better-auth secret=x cookie=better-auth.session_data; }
--- story
my ($v) = grep { $_->{id} eq 'ba-cache-compact' } @::Cache;
map { ask("GET $_", headers => ["Cookie: $v->{cookie}"]) } qw(/jwt /jwe /ids);
--- response_body
401
401
401
--- suppress_stderr
