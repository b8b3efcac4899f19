/*
 * lkgrant room: changes what Redis knows of a room.  Every change is one
 * command on one field, so it is there whole or not at all.
 */

#include <stdlib.h>
#include <string.h>

#include "lkgrant_room.h"


/* The value of a membership; the library is asked whether it can be read. */

static int
cli_room_role(cli *c, char *value, size_t size, const char *role,
    int64_t expires)
{
    int         n;
    lkg_access  access;

    if (expires) {
        n = snprintf(value, size, "%s;exp=%lld", role, (long long) expires);

    } else {
        n = snprintf(value, size, "%s", role);
    }

    lkg_access_init(&access);

    if (n < 0 || (size_t) n >= size
        || lkg_access_set(&access, LKG_FACT_MEMBER, value, (size_t) n)
           != LKG_OK
        || access.role.len != strlen(role))
    {
        return cli_fail(c, CLI_USAGE, "usage",
                        "a role is a name of the policy: text without \";\"");
    }

    return CLI_OK;
}


static int
cli_room_add(cli *c)
{
    int          rc, changed;
    char         value[512], text[1024], when[CLI_TIME_BUF];
    int64_t      expires;
    cli_field    f;
    const char  *role;

    role = c->args[2];
    expires = 0;

    rc = cli_room_field(c, &f, LKG_FACT_MEMBER);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_when(c, OPT_EXPIRES, &expires);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_role(c, value, sizeof(value), role, expires);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_write(c, &f, value, &changed);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s %s %s%s%s", f.room, f.identity,
             changed ? "is now" : "was a member already, and is now", role,
             expires ? ", " : "",
             expires ? cli_time(c, when, expires, "which ends", "ended") : "");

    return cli_room_done(c, &f, NULL,
                         json_pack("{s:o, s:o, s:b}",
                                   "role", cli_json_text(role, strlen(role)),
                                   "expires", cli_json_time(expires),
                                   "added", changed), text);
}


/* remove and unban: the field goes. */

static int
cli_room_drop(cli *c, lkg_fact fact, const char *was, const char *was_not)
{
    int        rc, changed;
    char       text[1024];
    json_t    *more;
    cli_api   *api;
    cli_field  f;

    rc = cli_room_field(c, &f, fact);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_write_out(c, &f, NULL, &changed, &api);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s %s", f.room, f.identity,
             changed ? was : was_not);

    more = json_pack("{s:b}", "removed", changed);

    rc = (fact == LKG_FACT_MEMBER) ? cli_room_out(c, &f, api, more, text)
                                   : cli_room_done(c, &f, NULL, more, text);
    cli_api_free(api);

    return rc;
}


static int
cli_room_remove(cli *c)
{
    return cli_room_drop(c, LKG_FACT_MEMBER, "is no longer a member",
                         "was no member");
}


static int
cli_room_unban(cli *c)
{
    return cli_room_drop(c, LKG_FACT_BAN, "is no longer banned",
                         "was not banned");
}


/* ban and kick: nothing is issued until a time. */

static int
cli_room_bar(cli *c, lkg_fact fact, int64_t until, const char *verb)
{
    int        rc, changed;
    char       value[32], text[1024], when[CLI_TIME_BUF];
    cli_api   *api;
    cli_field  f;

    rc = cli_room_field(c, &f, fact);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(value, sizeof(value), "%lld", (long long) until);

    rc = cli_room_write_out(c, &f, value, &changed, &api);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s is %s%s%s", f.room, f.identity, verb,
             until ? ", which ends" : " for ever",
             until ? cli_time(c, when, until, "", "") : "");

    rc = cli_room_out(c, &f, api,
                      json_pack("{s:b, s:o}", verb, 1, "until",
                                cli_json_time(until)), text);
    cli_api_free(api);

    return rc;
}


static int
cli_room_ban(cli *c)
{
    int      rc;
    int64_t  until;

    until = 0;

    rc = cli_when(c, OPT_UNTIL, &until);
    if (rc != CLI_OK) {
        return rc;
    }

    return cli_room_bar(c, LKG_FACT_BAN, until, "banned");
}


static int
cli_room_kick(cli *c)
{
    int      rc;
    int64_t  seconds;

    seconds = 60;

    rc = cli_seconds(c, OPT_FOR, &seconds);
    if (rc != CLI_OK) {
        return rc;
    }

    return cli_room_bar(c, LKG_FACT_KICK, c->now + seconds, "kicked");
}


static int
cli_room_state(cli *c, const char *state, int closed)
{
    int        rc, changed;
    char       text[512];
    json_t    *more;
    cli_api   *api;
    cli_field  f;

    rc = cli_room_field(c, &f, LKG_FACT_STATE);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_write_out(c, &f, state, &changed, &api);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s", f.room, state);

    more = json_pack("{s:s}", "state", state);

    rc = closed ? cli_room_out(c, &f, api, more, text)
                : cli_room_done(c, &f, NULL, more, text);
    cli_api_free(api);

    return rc;
}


static int
cli_room_open(cli *c)
{
    return cli_room_state(c, "open", 0);
}


static int
cli_room_close(cli *c)
{
    return cli_room_state(c, "closed", 1);
}


static const cli_use  cli_redis_uses[] = {
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_out_uses[] = {
    CLI_API_USES,
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_add_uses[] = {
    { OPT_EXPIRES, 0, "end of the membership; without it there is none" },
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_ban_uses[] = {
    { OPT_UNTIL, 0, "end of the ban; without it there is none" },
    CLI_API_USES,
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_kick_uses[] = {
    { OPT_FOR, 0, "how long no token is issued (60, 10m, 2h); default 60" },
    CLI_API_USES,
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

#define CLI_TIMES                                                            \
    "TIME is Unix seconds, a span from now (+30m, +2h, +7d), or UTC:\n"      \
    "2026-01-31, 2026-01-31T12:00Z, 2026-01-31T12:00:00Z.\n"

#define CLI_STAYS                                                            \
    "Who is in the room now stays there unless --api says where LiveKit is:\n"\
    "only LiveKit takes people out.  nginx's livekit_moderation does both.\n"

const cli_command  cli_room_commands[] = {

    { "room", "add", "ROOM IDENTITY ROLE", 3, 3, cli_room_add, cli_add_uses,
      "make somebody a member of a room, or change the role",
      CLI_TIMES,
      "  lkgrant room add algebra alice teacher --expires +2h\n" },

    { "room", "remove", "ROOM IDENTITY", 2, 2, cli_room_remove,
      cli_out_uses, "end a membership; bans and kicks stay",
      CLI_STAYS,
      "  lkgrant room remove algebra alice\n" },

    { "room", "ban", "ROOM IDENTITY", 2, 2, cli_room_ban, cli_ban_uses,
      "issue no token to somebody, for a time or for ever",
      CLI_TIMES CLI_STAYS,
      "  lkgrant room ban algebra mallory --until +7d\n" },

    { "room", "unban", "ROOM IDENTITY", 2, 2, cli_room_unban, cli_redis_uses,
      "end a ban", NULL,
      "  lkgrant room unban algebra mallory\n" },

    { "room", "kick", "ROOM IDENTITY", 2, 2, cli_room_kick, cli_kick_uses,
      "issue no token for a minute, and make older ones void",
      CLI_STAYS
      "Tokens made before the end of the kick no longer pass livekit_guard.\n",
      "  lkgrant room kick algebra mallory --for 10m\n"
      "  lkgrant room kick algebra mallory --api https://live.example.com \\\n"
      "      --key devkey --secret file:/etc/livekit/secret\n" },

    { "room", "open", "ROOM", 1, 1, cli_room_open, cli_redis_uses,
      "let members in again", NULL,
      "  lkgrant room open algebra\n" },

    { "room", "close", "ROOM", 1, 1, cli_room_close, cli_out_uses,
      "let nobody in, members neither",
      CLI_STAYS,
      "  lkgrant room close algebra\n" },

    { "room", "list", "[ROOM]", 0, 1, cli_room_list, cli_redis_uses,
      "list the rooms, or the people of one",
      "Without ROOM: the names of the rooms, one a line.  Of a cluster, those\n"
      "on the node that was asked.\n",
      "  lkgrant room list algebra --redis unix:/run/redis.sock\n" },

    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};
