/*
 * lkgrant, the command-line tool: what its files share.  It uses the library
 * through lkgrant.h only.
 *
 * Functions that return an int return an exit status; one that is not CLI_OK
 * has been reported already.
 */

#ifndef LKGRANT_CLI_H
#define LKGRANT_CLI_H

#include <stdint.h>
#include <stdio.h>
#include <jansson.h>

#include "lkgrant.h"


enum {
    CLI_OK      = 0,
    CLI_BAD     = 1,    /* the policy, token or session is not good */
    CLI_USAGE   = 2,
    CLI_REFUSED = 3,    /* the policy says no */
    CLI_SYSTEM  = 4     /* Redis, a file, memory */
};

typedef enum {
    OPT_HELP = 0,
    OPT_VERSION,
    OPT_JSON,
    OPT_POLICY,
    OPT_KEY,
    OPT_SECRET,
    OPT_IDENTITY,
    OPT_ROOM,
    OPT_ROLE,
    OPT_NAME,
    OPT_EMAIL,
    OPT_TTL,
    OPT_NOW,
    OPT_COOKIE,
    OPT_AUTHORIZATION,
    OPT_STORED,
    OPT_STORED_USER,
    OPT_CLAIMS,
    OPT_EXPIRES,
    OPT_UNTIL,
    OPT_FOR,
    OPT_REDIS,
    OPT_USER,
    OPT_PASSWORD,
    OPT_TIMEOUT,
    OPT_API,
    OPT_COUNT
} cli_opt;

typedef struct cli  cli;

/* An option of one command, ended by one without a help text. */
typedef struct {
    cli_opt      opt;
    int          required;
    const char  *help;
} cli_use;

typedef struct {
    const char     *group;
    const char     *name;
    const char     *args;           /* as the usage line shows them */
    size_t          min;
    size_t          max;
    int           (*run)(cli *c);
    const cli_use  *uses;
    const char     *summary;
    const char     *detail;         /* or NULL */
    const char     *example;
} cli_command;

struct cli {
    const cli_command  *command;
    char               *value[OPT_COUNT];   /* NULL: not given */
    char              **words;              /* all that is not an option */
    size_t              nwords;
    char              **args;               /* words after the command's two */
    size_t              nargs;
    int64_t             now;
    int                 json;
};


#define CLI_USE_NOW                                                          \
    { OPT_NOW, 0, "take this for the current time, in seconds since 1970" }

/* The commands; each table ends with one that has no name. */
extern const cli_command  cli_policy_commands[];
extern const cli_command  cli_token_commands[];
extern const cli_command  cli_session_commands[];
extern const cli_command  cli_room_commands[];


/* lkgrant_main.c */

const cli_command *cli_command_at(size_t i);
const cli_command *cli_find(const char *group, const char *name);


/* lkgrant_options.c */

const char *cli_opt_name(cli_opt opt);
const char *cli_opt_value(cli_opt opt);     /* "FILE"; NULL for a flag */
int cli_parse(cli *c, int argc, char **argv);
int cli_check(cli *c);
int cli_unknown_command(cli *c, const char *group, const char *name);


/* lkgrant_output.c */

/*
 * Writes text so that a terminal cannot be driven by it: control characters
 * and bytes that are not UTF-8 come out escaped.  Returns the width; f NULL
 * only measures.
 */
size_t cli_put(FILE *f, const char *data, size_t len, int newlines);

/* Reports a failure, on stderr or as JSON, and returns the status. */
int cli_fail(cli *c, int status, const char *error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int cli_fail_lkg(cli *c, int err, const char *what);
int cli_nomem(cli *c);
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A short name for a code of the library, for "error" in JSON. */
const char *cli_error_name(int err);

/* Prints one line of text. */
void cli_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints and releases a JSON value; NULL: it could not be built. */
int cli_json(cli *c, int status, json_t *value);
json_t *cli_json_text(const char *data, size_t len);
json_t *cli_json_opt(lkg_str s);            /* null where it is empty */
json_t *cli_json_time(int64_t t);           /* null where it is 0 */
json_t *cli_json_doc(const lkg_json *doc);
int cli_pretty(cli *c, const char *title, json_t *value);

#define CLI_COLUMNS  5

typedef struct {
    size_t     ncols;
    size_t     ncells;
    size_t     size;
    int        failed;
    lkg_str   *cells;
} cli_table;

void cli_table_init(cli_table *t, size_t ncols);
void cli_table_add(cli_table *t, const char *data, size_t len);
int cli_table_print(cli *c, cli_table *t);
void cli_table_free(cli_table *t);


/* lkgrant_time.c */

#define CLI_TIME_BUF  96

/* "600", "10m", "2h", "7d"; positive, at most 100 years.  0, or -1. */
int cli_duration(const char *text, int64_t *seconds);
int cli_seconds(cli *c, cli_opt opt, int64_t *seconds);

/* A point in the future: Unix seconds, +duration, or ISO 8601 UTC. */
int cli_when(cli *c, cli_opt opt, int64_t *when);

/* "expires in 9 min 58 s (2026-01-31T12:00:00Z)" out of the two verbs
 * "expires" and "expired". */
const char *cli_time(cli *c, char buf[CLI_TIME_BUF], int64_t t,
    const char *future, const char *past);


/* lkgrant_util.c */

typedef struct {
    char    *data;
    size_t   len;
} cli_secret;

/* Takes a secret as it is, from file:/path or from env:NAME.  What was given
 * literally is wiped where it stood. */
int cli_secret_get(cli *c, cli_secret *out, const char *what, char *spec);
void cli_secret_free(cli_secret *s);

/* Reads a whole file, "-" for standard input; ends it with a NUL. */
int cli_read(cli *c, const char *path, size_t max, char **data, size_t *len);

/* Frees what may hold a secret. */
void cli_free(char *data, size_t len);

/* A room and, where identity is not NULL, a person that Redis can hold. */
int cli_check_room(cli *c, const char *room);
int cli_check_identity(cli *c, const char *identity);


/* lkgrant_policy.c */

int cli_policy_load(cli *c, const char *path, lkg_policy **out, char **text,
    size_t *len);


/* lkgrant_url.c */

typedef struct {
    char         host[256];     /* or the path of a socket */
    int          port;          /* 0: a socket */
    char         db[8];
    cli_secret   user;
    cli_secret   password;
} cli_redis_url;

int cli_redis_url_get(cli *c, cli_redis_url *url);
void cli_redis_url_free(cli_redis_url *url);


/* lkgrant_redis.c */

struct redisContext;
struct redisReply;

typedef struct {
    struct redisContext  *ctx;
    int64_t               timeout;
    char                  where[300];       /* for messages: no password */
} cli_redis;

#define CLI_REDIS_USES                                                       \
    { OPT_REDIS, 0, "redis://[USER:PASSWORD@]HOST:PORT/DB or "               \
      "unix:/PATH[:DB]; default: $LKGRANT_REDIS, then "                      \
      "redis://127.0.0.1:6379/0" },                                          \
    { OPT_USER, 0, "Redis ACL user" },                                       \
    { OPT_PASSWORD, 0, "Redis password; better file:/PATH or env:NAME" },    \
    { OPT_TIMEOUT, 0, "wait for Redis at most so long (default 3)" },        \
    CLI_USE_NOW

#define CLI_API_USES                                                         \
    { OPT_API, 0, "LiveKit's own address, http://HOST:PORT or "              \
      "https://HOST: take out who is in the room now" },                     \
    { OPT_KEY, 0, "LiveKit API key, for --api" },                            \
    { OPT_SECRET, 0, "its secret; better file:/PATH or env:NAME" }

int cli_redis_open(cli *c, cli_redis *r);
void cli_redis_close(cli_redis *r);

/* One command; *reply is of the type that was asked for and is freed by
 * freeReplyObject(). */
int cli_redis_call(cli *c, cli_redis *r, int type, struct redisReply **reply,
    int argc, const char **argv, const size_t *lens);

/* Reports an answer that no Redis gives, and looks for one in an array. */
int cli_redis_odd(cli *c, cli_redis *r, const char *command);
int cli_redis_strings(cli *c, cli_redis *r, const char *command,
    const struct redisReply *array);


/* lkgrant_list.c, lkgrant_people.c */

int cli_room_list(cli *c);
int cli_list_room(cli *c, cli_redis *r);

/* Compares two lkg_str, for qsort(). */
int cli_str_order(const void *one, const void *two);

/* lkgrant_preset.c: PRESET [name=value ...]; "-" is left for the caller. */

int cli_session_conf(cli *c, lkg_session_conf **conf);


#endif /* LKGRANT_CLI_H */
