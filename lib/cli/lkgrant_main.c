/*
 * lkgrant: finds the command, runs it, or explains it.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lkgrant_cli.h"


static const cli_command *const  cli_tables[] = {
    cli_policy_commands,
    cli_token_commands,
    cli_session_commands,
    cli_room_commands
};

static const char  cli_intro[] =
"lkgrant - check policies, tokens, sessions and rooms of nginx-livekit\n"
"\n"
"Usage: lkgrant COMMAND [OPTION ...] [ARGUMENT ...]\n"
"\n"
"Commands:\n";

static const char  cli_outro[] =
"\n"
"Options of every command:\n"
"  --json     print JSON, errors too: {\"error\":\"...\",\"message\":\"...\"}\n"
"  --help     explain the command, with an example\n"
"  --version  print the version\n"
"  --         end of options\n"
"\n"
"Options may stand anywhere, as --option VALUE or --option=VALUE.\n"
"A secret is given as file:/PATH (recommended: it shows up in no process\n"
"list and no shell history; one newline at its end is cut), as env:NAME, or\n"
"as it is.\n"
"\n"
"Exit status: 0 done; 1 the policy, token or session is not good; 2 wrong\n"
"usage; 3 refused by the policy; 4 Redis or the system failed.\n"
"\n"
"Example: make a test cookie, and read it as nginx will:\n"
"  lkgrant session make next-auth secret=env:NEXTAUTH_SECRET \\\n"
"      --identity alice |\n"
"  lkgrant session show next-auth secret=env:NEXTAUTH_SECRET -\n";


const cli_command *
cli_command_at(size_t i)
{
    size_t              t;
    const cli_command  *command;

    for (t = 0; t < sizeof(cli_tables) / sizeof(cli_tables[0]); t++) {

        for (command = cli_tables[t]; command->name; command++) {
            if (i-- == 0) {
                return command;
            }
        }
    }

    return NULL;
}


/* The first command of the group where name is NULL. */

const cli_command *
cli_find(const char *group, const char *name)
{
    size_t              i;
    const cli_command  *command;

    for (i = 0; (command = cli_command_at(i)) != NULL; i++) {

        if (strcmp(command->group, group) == 0
            && (name == NULL || strcmp(command->name, name) == 0))
        {
            return command;
        }
    }

    return NULL;
}


/* Prints words at a left margin, from a column that is reached already. */

static void
cli_wrap(const char *text, int column, int margin)
{
    int          len, started;
    const char  *p;

    started = 0;

    for (p = text; *p; p += len) {

        p += strspn(p, " ");
        len = (int) strcspn(p, " ");

        if (len == 0) {
            break;
        }

        if (started && column + 1 + len > 78) {
            printf("\n%*s", margin, "");
            column = margin;

        } else if (started) {
            putchar(' ');
            column++;
        }

        fwrite(p, 1, len, stdout);
        column += len;
        started = 1;
    }

    putchar('\n');
}


static void
cli_help_usage(const cli_command *command)
{
    char            text[1024];
    size_t          n;
    const cli_use  *use;

    n = 0;

    for (use = command->uses; use->help; use++) {

        if (use->required && n < sizeof(text)) {
            n += (size_t) snprintf(text + n, sizeof(text) - n, "--%s %s ",
                                   cli_opt_name(use->opt),
                                   cli_opt_value(use->opt));
        }
    }

    if (n < sizeof(text)) {
        snprintf(text + n, sizeof(text) - n, "[OPTION ...] %s",
                 command->args);
    }

    n = (size_t) printf("Usage: lkgrant %s %s ", command->group,
                        command->name);
    cli_wrap(text, (int) n, 11);
}


static void
cli_help_option(cli_opt opt, const char *help, int required)
{
    int  n;

    n = printf("  --%s%s%s", cli_opt_name(opt), cli_opt_value(opt) ? " " : "",
               cli_opt_value(opt) ? cli_opt_value(opt) : "");

    if (n > 26) {
        putchar('\n');
        n = 0;
    }

    printf("%*s", 28 - n, "");
    cli_wrap(help, required ? 39 : 28, 28);
}


static void
cli_help_command(const cli_command *command)
{
    const cli_use  *use;

    printf("lkgrant %s %s - %s\n\n", command->group, command->name,
           command->summary);

    cli_help_usage(command);

    printf("\nOptions:\n");

    for (use = command->uses; use->help; use++) {
        cli_help_option(use->opt, use->help, 0);
    }

    cli_help_option(OPT_JSON, "print JSON, errors too", 0);
    cli_help_option(OPT_HELP, "this text", 0);

    if (command->detail) {
        printf("\n%s", command->detail);
    }

    printf("\nExample:\n%s", command->example);
}


static void
cli_help_list(const char *group)
{
    size_t              i;
    const cli_command  *command;

    for (i = 0; (command = cli_command_at(i)) != NULL; i++) {

        if (group == NULL || strcmp(command->group, group) == 0) {
            printf("  %-8s%-8s%s\n", command->group, command->name,
                   command->summary);
        }
    }
}


static int
cli_help(cli *c)
{
    const cli_command  *command;

    if (c->nwords == 0) {
        fputs(cli_intro, stdout);
        cli_help_list(NULL);
        fputs(cli_outro, stdout);

        return CLI_OK;
    }

    if (c->nwords == 1 && cli_find(c->words[0], NULL)) {
        printf("Usage: lkgrant %s COMMAND [OPTION ...] [ARGUMENT ...]\n\n"
               "Commands:\n", c->words[0]);
        cli_help_list(c->words[0]);
        printf("\nlkgrant %s COMMAND --help explains each of them.\n",
               c->words[0]);

        return CLI_OK;
    }

    command = cli_find(c->words[0], c->nwords > 1 ? c->words[1] : NULL);

    if (command == NULL) {
        return cli_unknown_command(c, c->words[0],
                                   c->nwords > 1 ? c->words[1] : NULL);
    }

    cli_help_command(command);

    return CLI_OK;
}


static int
cli_version(cli *c)
{
    if (c->json) {
        return cli_json(c, CLI_OK, json_pack("{s:s}", "version",
                                             lkg_version()));
    }

    printf("lkgrant %s\n", lkg_version());

    return CLI_OK;
}


static int
cli_run(cli *c, int argc, char **argv)
{
    int  rc;

    rc = cli_parse(c, argc, argv);
    if (rc != CLI_OK) {
        return rc;
    }

    if (c->value[OPT_HELP]) {
        return cli_help(c);
    }

    if (c->value[OPT_VERSION]) {
        return cli_version(c);
    }

    rc = cli_check(c);
    if (rc != CLI_OK) {
        return rc;
    }

    return c->command->run(c);
}


int
main(int argc, char **argv)
{
    int  rc;
    cli  c;

    memset(&c, 0, sizeof(c));
    c.now = (int64_t) time(NULL);

    /* a Redis that goes away is an error to report, not a silent death */
    signal(SIGPIPE, SIG_IGN);

    rc = cli_run(&c, argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_warn("the output cannot be written");
        rc = CLI_SYSTEM;
    }

    return rc;
}
