/*
 * lkgrant: options, and a guess at what was meant where one is wrong.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lkgrant_cli.h"


/* An option has one meaning of its value whatever the command, so that it
 * can be read before the command is known. */

static const struct {
    const char  *name;
    const char  *value;
} cli_options[OPT_COUNT] = {
    { "help",          NULL },
    { "version",       NULL },
    { "json",          NULL },
    { "policy",        "FILE" },
    { "key",           "API_KEY" },
    { "secret",        "SECRET" },
    { "identity",      "ID" },
    { "room",          "ROOM" },
    { "role",          "ROLE" },
    { "name",          "NAME" },
    { "email",         "EMAIL" },
    { "ttl",           "SECONDS" },
    { "now",           "UNIX" },
    { "cookie",        "COOKIE" },
    { "authorization", "VALUE" },
    { "stored",        "FILE" },
    { "stored-user",   "FILE" },
    { "claims",        "JSON" },
    { "expires",       "TIME" },
    { "until",         "TIME" },
    { "for",           "SECONDS" },
    { "redis",         "URL" },
    { "user",          "USER" },
    { "password",      "SECRET" },
    { "timeout",       "SECONDS" },
    { "api",           "URL" }
};


const char *
cli_opt_name(cli_opt opt)
{
    return cli_options[opt].name;
}


const char *
cli_opt_value(cli_opt opt)
{
    return cli_options[opt].value;
}


static size_t
cli_min(size_t a, size_t b)
{
    return a < b ? a : b;
}


/* Levenshtein distance to a name of ours, which is short. */

static size_t
cli_distance(const char *given, size_t len, const char *name)
{
    size_t  row[64], n, i, j, diagonal, above;

    n = strlen(name);

    if (n >= 64 || len >= 64) {
        return 64;
    }

    for (j = 0; j <= n; j++) {
        row[j] = j;
    }

    for (i = 1; i <= len; i++) {
        diagonal = row[0];
        row[0] = i;

        for (j = 1; j <= n; j++) {
            above = row[j];
            row[j] = cli_min(diagonal + (given[i - 1] != name[j - 1]),
                             cli_min(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }

    return row[n];
}


/* Remembers the name if it is nearer than the nearest so far.  A name that
 * shares less than half with what was given is no help. */

static int
cli_nearer(const char *given, size_t len, const char *name, size_t *best)
{
    size_t  d;

    d = cli_distance(given, len, name);

    if (d < *best && d <= (strlen(name) + 1) / 2) {
        *best = d;
        return 1;
    }

    return 0;
}


int
cli_unknown_command(cli *c, const char *group, const char *name)
{
    size_t              i, best;
    const char         *given;
    const cli_command  *command, *nearest;
    int                 known, whole;

    best = 64;
    whole = 0;
    nearest = NULL;
    known = (cli_find(group, NULL) != NULL);
    given = (known && name) ? name : group;

    for (i = 0; (command = cli_command_at(i)) != NULL; i++) {

        if (known && strcmp(command->group, group) != 0) {
            continue;
        }

        if (!known && cli_nearer(given, strlen(given), command->group, &best))
        {
            nearest = command;
            whole = 0;
        }

        if (cli_nearer(given, strlen(given), command->name, &best)) {
            nearest = command;
            whole = 1;
        }
    }

    if (nearest == NULL) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "unknown command \"%s%s%s\"; \"lkgrant %s%s--help\" "
                        "lists them", known ? group : "", known ? " " : "",
                        given, known ? group : "", known ? " " : "");
    }

    return cli_fail(c, CLI_USAGE, "usage",
                    "unknown command \"%s%s%s\"; did you mean \"%s%s%s\"?",
                    known ? group : "", known ? " " : "", given,
                    nearest->group, whole ? " " : "",
                    whole ? nearest->name : "");
}


static int
cli_uses(const cli_command *command, cli_opt opt)
{
    const cli_use  *use;

    if (opt == OPT_HELP || opt == OPT_VERSION || opt == OPT_JSON
        || command == NULL)
    {
        return 1;
    }

    for (use = command->uses; use->help; use++) {
        if (use->opt == opt) {
            return 1;
        }
    }

    return 0;
}


/* Only the name is shown: the value may be a secret. */

static int
cli_unknown_option(cli *c, const char *name, size_t len)
{
    size_t              i, n, best;
    cli_opt             nearest;
    const cli_command  *command;

    best = 64;
    nearest = OPT_COUNT;
    command = c->nwords > 1 ? cli_find(c->words[0], c->words[1]) : NULL;

    n = strspn(name, "-");

    for (i = 0; i < OPT_COUNT; i++) {
        if (cli_uses(command, (cli_opt) i)
            && cli_nearer(name + n, len - n, cli_options[i].name, &best))
        {
            nearest = (cli_opt) i;
        }
    }

    if (nearest == OPT_COUNT) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "unknown option \"%.*s\"; \"lkgrant%s%s%s%s --help\" "
                        "lists those there are", (int) len, name,
                        command ? " " : "", command ? command->group : "",
                        command ? " " : "", command ? command->name : "");
    }

    return cli_fail(c, CLI_USAGE, "usage",
                    "unknown option \"%.*s\"; did you mean \"--%s\"?",
                    (int) len, name, cli_options[nearest].name);
}


static cli_opt
cli_opt_find(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < OPT_COUNT; i++) {
        if (strlen(cli_options[i].name) == len
            && memcmp(cli_options[i].name, name, len) == 0)
        {
            break;
        }
    }

    return (cli_opt) i;
}


/* Reads argv[*i], an option, and its value if it stands in the next word. */

static int
cli_parse_option(cli *c, char **argv, int argc, int *i)
{
    char     *arg, *value;
    size_t    len;
    cli_opt   opt;

    arg = argv[*i];
    len = strcspn(arg, "=");
    value = arg[len] ? arg + len + 1 : NULL;

    if (strcmp(arg, "-h") == 0) {
        opt = OPT_HELP;

    } else {
        opt = (arg[1] == '-') ? cli_opt_find(arg + 2, len - 2) : OPT_COUNT;
    }

    if (opt == OPT_COUNT) {
        return cli_unknown_option(c, arg, len);
    }

    if (cli_options[opt].value == NULL) {
        if (value) {
            return cli_fail(c, CLI_USAGE, "usage", "--%s takes no value",
                            cli_options[opt].name);
        }

        c->value[opt] = arg;
        return CLI_OK;
    }

    if (c->value[opt]) {
        return cli_fail(c, CLI_USAGE, "usage", "--%s is given twice",
                        cli_options[opt].name);
    }

    if (value == NULL) {
        if (*i + 1 >= argc) {
            return cli_fail(c, CLI_USAGE, "usage", "--%s needs a value: %s",
                            cli_options[opt].name, cli_options[opt].value);
        }

        value = argv[++*i];
    }

    c->value[opt] = value;

    return CLI_OK;
}


/* What is no option is moved to the front of argv. */

int
cli_parse(cli *c, int argc, char **argv)
{
    int  i, rc, ended;

    c->words = argv;
    ended = 0;

    /* a fault before --json is to be told in JSON, too */

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        c->json |= (strcmp(argv[i], "--json") == 0);
    }

    for (i = 1; i < argc; i++) {

        if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            c->words[c->nwords++] = argv[i];
            continue;
        }

        if (strcmp(argv[i], "--") == 0) {
            ended = 1;
            continue;
        }

        rc = cli_parse_option(c, argv, argc, &i);
        if (rc != CLI_OK) {
            return rc;
        }
    }

    c->json = (c->value[OPT_JSON] != NULL);

    return CLI_OK;
}


static int
cli_check_options(cli *c)
{
    size_t          i;
    const cli_use  *use;

    for (i = 0; i < OPT_COUNT; i++) {
        if (c->value[i] && !cli_uses(c->command, (cli_opt) i)) {
            return cli_fail(c, CLI_USAGE, "usage",
                            "\"%s %s\" has no option --%s; \"lkgrant %s %s "
                            "--help\" lists those there are",
                            c->command->group, c->command->name,
                            cli_options[i].name,
                            c->command->group, c->command->name);
        }
    }

    for (use = c->command->uses; use->help; use++) {
        if (use->required && c->value[use->opt] == NULL) {
            return cli_fail(c, CLI_USAGE, "usage",
                            "\"%s %s\" needs --%s %s", c->command->group,
                            c->command->name, cli_options[use->opt].name,
                            cli_options[use->opt].value);
        }
    }

    return CLI_OK;
}


static int
cli_check_now(cli *c)
{
    char         *end;
    long long     now;
    const char   *text;

    text = c->value[OPT_NOW];

    if (text == NULL) {
        return CLI_OK;
    }

    now = strtoll(text, &end, 10);

    if (!isdigit((unsigned char) text[0]) || *end != '\0'
        || now > 253402300799LL)
    {
        return cli_fail(c, CLI_USAGE, "usage",
                        "--now needs seconds since 1970");
    }

    c->now = (int64_t) now;

    return CLI_OK;
}


/* Finds the command and holds its options and arguments against its table. */

int
cli_check(cli *c)
{
    int  rc;

    if (c->nwords == 0) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "which command? \"lkgrant --help\" lists them");
    }

    if (c->nwords == 1 && cli_find(c->words[0], NULL)) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "which command of \"%s\"? \"lkgrant %s --help\" lists "
                        "them", c->words[0], c->words[0]);
    }

    c->command = cli_find(c->words[0], c->nwords > 1 ? c->words[1] : NULL);

    if (c->command == NULL) {
        return cli_unknown_command(c, c->words[0],
                                   c->nwords > 1 ? c->words[1] : NULL);
    }

    rc = cli_check_options(c);
    if (rc != CLI_OK) {
        return rc;
    }

    c->args = c->words + 2;
    c->nargs = c->nwords - 2;

    if (c->nargs < c->command->min || c->nargs > c->command->max) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "too %s arguments; usage: lkgrant %s %s %s",
                        c->nargs < c->command->min ? "few" : "many",
                        c->command->group, c->command->name,
                        c->command->args);
    }

    return cli_check_now(c);
}
