# README.md and the source say the same: the directives, their contexts and
# arguments, the variables, the verdicts; and the examples are right.

use strict;
use warnings;

use lib 't/lib';
use LiveKitTest;
use Test::More;

my $root = $LiveKitTest::root;
my $dir = $LiveKitTest::dir;
my $port = $ENV{TEST_NGINX_PORT} || 1984;

my $readme = slurp("$root/README.md");
my $source = join "\n", map { slurp($_) } glob("$root/src/*.c"), "$root/lib/lkg_decide.c";

my %code = directives($source);
my %text = headings($readme);

is_deeply([ sort keys %text ], [ sort keys %code ],
          'every directive has its heading, and every heading its directive');

write_file('policy.json', policy_example());
write_file('client-config.json', slurp("$root/examples/client-config.json"));
write_file("$_.secret", "a secret of 32 bytes, at least that\n", 0600)
    for qw(livekit livekit-new livekit-old nextauth);
write_file('redis.password', "secret\n", 0600);
$ENV{JWT_SECRET} = 'a secret of 32 bytes, at least that';

for my $name (sort keys %code) {
    subtest $name => sub { check_directive($name, $code{$name}, $text{$name} // '') };
}

is_deeply([ documented_variables() ], [ variables($source) ],
          'every variable stands in the table, and no other');

is_deeply([ documented_verdicts() ], [ verdicts($source) ],
          'every verdict is named, and no other');

my ($complete) = $readme =~ /```nginx\n(http \{.*?)```/s;
passes(inner($complete), 'the first example is a whole configuration');

for my $example ($readme =~ /^## Variables\n.*?```nginx\n(.*?)```/gms) {
    passes($example, 'the log format of the example');
}

for my $test (tests_named($readme =~ m{\| (t/[^|]+) \|$}mg)) {
    my ($file, $n) = split ' ', $test;
    ok(-f "$root/$file" && (!$n || slurp("$root/$file") =~ /^=== TEST $n:/m), "$test is there");
}

done_testing();


# "t/a.t 1, 3-4, t/b.t" is "t/a.t 1", "t/a.t 3", "t/a.t 4" and "t/b.t".

sub tests_named {
    my @named;

    for my $cell (@_) {
        while ($cell =~ m{(t/\S+?)(?=[ ,]|$)((?: \d+(?:-\d+)?,?)*)}g) {
            my ($file, $numbers) = ($1, $2);
            my @numbers = map { /(\d+)-(\d+)/ ? $1 .. $2 : /\d+/g } split /,/, $numbers;

            push @named, @numbers ? map { "$file $_" } @numbers : $file;
        }
    }

    return unique(@named);
}


sub check_directive {
    my ($name, $flags, $section) = @_;

    my ($syntax) = $section =~ /^    Syntax:  (.*?)^    Default:/ms;
    my ($default) = $section =~ /^    Default: (.+)$/m;
    my ($context) = $section =~ /^    Context: (.+)$/m;

    my @syntax = map { s/^\s+|\s+$//gr } split /\n/, $syntax // '';

    ok(@syntax, 'has a Syntax');
    ok($default, 'has a Default');

    is_deeply([ grep { !/^\Q$name\E[ ;].*;$|^\Q$name\E;$/ } @syntax ], [],
              'whose Syntax is that of the directive');

    is($context, contexts($flags), 'stands where the code allows it');
    like(arguments(@syntax), qr/^${\ accepted($flags)}/, 'has as many arguments as the code takes');

    if ($default && $default =~ /^livekit/) {
        like($default, qr/^\Q$name\E .*;$/, 'has a Default that could be written down');
        passes(placed($default, $context), 'and that nginx takes');
    }

    my ($example) = $section =~ /```nginx\n(.*?)```/s;

    ok($example, 'has an example') or return;
    like($example, qr/^\s*(?:location [^{]*\{ .*)?\b\Q$name\E\b/m, 'that shows it');
    passes(placed($example, $context), 'and that nginx takes');
}


# name => flags, of the tables of commands

sub directives {
    return shift =~ /\{ ngx_string\("(livekit_\w+)"\),\s+((?:NGX_\w+\|?\s*)+),/g;
}


sub headings {
    return shift =~ /^### (livekit_\w+)\n(.*?)(?=^##)/gms;
}


sub contexts {
    my $flags = shift;

    my @where = grep { $flags =~ $_->[1] }
                     [ 'http', qr/HTTP_MAIN_CONF/ ], [ 'server', qr/HTTP_SRV_CONF/ ],
                     [ 'location', qr/HTTP_LOC_CONF/ ], [ 'if in location', qr/HTTP_LIF_CONF/ ],
                     [ 'limit_except', qr/HTTP_LMT_CONF/ ];

    return join ', ', map { $_->[0] } @where;
}


# The least and the most words after the directive's name that a Syntax
# allows: "[a]" may be left out, "a | b" is one of them, "a ..." any number.

sub arguments {
    my @ranges = map { [ range([ /[\[\]|]|[^\s\[\]|]+/g ]) ] }
                     map { s/^\w+|;$//gr } @_;

    return "none" unless @ranges;

    my ($least) = sort { $a <=> $b } map { $_->[0] } @ranges;
    my ($most) = sort { $b <=> $a } map { $_->[1] } @ranges;

    return show($least, $most);
}


sub range {
    my $words = shift;

    my ($least, $most) = (0, 0);

    while (defined(my $word = shift @$words)) {
        return ($least, $most) if $word eq ']';

        if ($word eq '|') {
            my ($l, $m) = range($words);
            return ($l < $least ? $l : $least, $m > $most ? $m : $most);
        }

        if ($word eq '[') {
            my (undef, $m) = range($words);
            $most += $m;

        } elsif ($word eq '...') {
            $most += 99;

        } else {
            $least++;
            $most++;
        }
    }

    return ($least, $most);
}


sub accepted {
    my $flags = shift;

    my @n = sort map { /NOARGS/ ? 0 : /FLAG/ ? 1 : split //, s/TAKE//r }
                 $flags =~ /NGX_CONF_(NOARGS|FLAG|TAKE\d+)/g;

    # where nginx counts nothing but the first, the directive counts itself

    return $flags =~ /CONF_1MORE/ ? qr/^1 to / : show($n[0], $n[-1]);
}


sub show {
    my ($least, $most) = @_;

    return "$least to " . ($most >= 99 ? 'any' : $most);
}


sub variables {
    my $source = shift;

    my @names = $source =~ /\{ ngx_string\("(livekit_\w+)"\), NULL,/g;
    push @names, $source =~ /ngx_str_t\s+ngx_http_livekit_\w+_name\s*=\s*ngx_string\("(livekit_\w+)"\)/g;

    return sort map { s/_$/_<name>/r } @names;
}


sub documented_variables {
    return sort $readme =~ /^\| `\$(livekit_[\w<>]+)` \|/mg;
}


sub verdicts {
    my $source = shift;

    my @names = $source =~ /\bverdict = "(\w+)"/g;
    push @names, $source =~ /\bverdict = \([^;]*?\? "(\w+)" : "(\w+)"/g;
    push @names, $source =~ /\breturn "(redis_\w+)";/g;
    push @names, $source =~ /\? "(payload_too_large)" : "(error)"/;

    my ($reasons) = $source =~ /lkg_reasons\[\] = \{(.*?)\}/s;
    push @names, $reasons =~ /"(\w+)"/g;

    return unique(@names);
}


sub documented_verdicts {
    my ($table) = $readme =~ /^\| verdict \| .*?\n\|[-|]+\|\n(.*?)\n\n/ms;

    return unique(map { /`(\w+)`/g } map { (split / \| /)[0] } split /\n/, $table // '');
}


sub policy_example {
    my ($policy) = $readme =~ /^## Policy\n.*?```json\n(.*?)```/ms;

    return $policy;
}


# An example in the outermost of its contexts, with what it needs around it.

sub placed {
    my ($example, $context) = @_;

    $example = "location /x/ { $example }"
        if $context =~ /^location/ && $example !~ /^\s*location/;

    $example = "server { listen 127.0.0.1:$port; $example }" if $example =~ /^\s*location/;

    return base($example) . $example;
}


sub base {
    my $example = shift;

    my $redis = $example =~ /livekit_redis [^;]*;/ ? '' : "livekit_redis redis://127.0.0.1;\n";

    return <<"_EOC_";
$redis
livekit_redis redis://127.0.0.1 name=billing;
upstream board { server 127.0.0.1:1; }
_EOC_
}


sub inner { return shift =~ s/^http \{\n|\}\s*$//gr }


sub passes {
    my ($http, $name) = @_;

    my $common = '';

    for my $line ("livekit_key APIx 'a secret of 32 bytes, at least that';",
                  'livekit_url wss://live.example.com;',
                  "livekit_policy $dir/policy.json;",
                  "livekit_session jwt 'secret=a secret of 32 bytes, at least that' cookie=c;")
    {
        my ($directive) = $line =~ /^(\w+)/;
        $common .= "$line\n" unless $http =~ /^\s*$directive /m;
    }

    $http =~ s{/etc/nginx/}{$dir/}g;
    $http =~ s/listen 443 ssl;/listen 127.0.0.1:$port;/;

    my ($rc, $said) = nginx_t("$common$http");

    is($rc, 0, $name) or diag("$http\n$said");
}


sub unique {
    my %seen;
    return sort grep { !$seen{$_}++ } @_;
}


sub slurp {
    my $name = shift;

    open my $fh, '<', $name or die "$name: $!";
    local $/;

    return scalar <$fh>;
}
