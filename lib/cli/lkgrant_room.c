/*
 * lkgrant room: changes what Redis knows of a room.  Every change is one
 * command on one field, so it is there whole or not at all.
 */

#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lkgrant_cli.h"


#define CLI_NOTE                                                             \
    "who is in the room now stays there: LiveKit takes people out only by "  \
    "RemoveParticipant (see livekit_moderation)"

typedef struct {
    char         key[LKG_KEY_BUF];
    char         field[LKG_FIELD_BUF];
    size_t       klen;
    size_t       flen;
    const char  *room;
    const char  *identity;      /* NULL: the room's state */
} cli_field;


/* The field that the command is about, from its first two arguments. */

static int
cli_room_field(cli *c, cli_field *f, lkg_fact fact)
{
    int  rc, n;

    f->room = c->args[0];
    f->identity = (fact == LKG_FACT_STATE) ? NULL : c->args[1];

    rc = cli_check_room(c, f->room);
    if (rc != CLI_OK) {
        return rc;
    }

    if (f->identity) {
        rc = cli_check_identity(c, f->identity);
        if (rc != CLI_OK) {
            return rc;
        }
    }

    n = lkg_access_key(f->key, sizeof(f->key), f->room, strlen(f->room));

    if (n >= 0) {
        f->klen = (size_t) n;
        n = lkg_access_field(f->field, sizeof(f->field), fact, f->identity,
                             f->identity ? strlen(f->identity) : 0);
    }

    if (n < 0) {
        return cli_fail_lkg(c, n, "room or identity");
    }

    f->flen = (size_t) n;

    return CLI_OK;
}


/* Sets the field, or removes it where value is NULL.  *changed: a field that
 * was there is gone, or one that was not is there. */

static int
cli_room_write(cli *c, const cli_field *f, const char *value, int *changed)
{
    int          rc;
    size_t       lens[4];
    cli_redis    redis;
    redisReply  *reply;
    const char  *argv[4];

    rc = cli_redis_open(c, &redis);
    if (rc != CLI_OK) {
        return rc;
    }

    argv[0] = value ? "HSET" : "HDEL";
    lens[0] = 4;
    argv[1] = f->key;
    lens[1] = f->klen;
    argv[2] = f->field;
    lens[2] = f->flen;
    argv[3] = value;
    lens[3] = value ? strlen(value) : 0;

    rc = cli_redis_call(c, &redis, REDIS_REPLY_INTEGER, &reply, value ? 4 : 3,
                        argv, lens);

    if (rc == CLI_OK) {
        *changed = (reply->integer != 0);
        freeReplyObject(reply);
    }

    cli_redis_close(&redis);

    return rc;
}


/* text says what was done; more is taken over and added to the JSON. */

static int
cli_room_done(cli *c, const cli_field *f, const char *note, json_t *more,
    const char *text)
{
    json_t  *out;

    if (!c->json) {
        json_decref(more);
        cli_line("%s", text);

        if (note) {
            cli_warn("note: %s", note);
        }

        return CLI_OK;
    }

    out = json_pack("{s:o}", "room", cli_json_text(f->room, strlen(f->room)));

    if (more == NULL
        || (f->identity
            && json_object_set_new(out, "identity",
                                   cli_json_text(f->identity,
                                                 strlen(f->identity))))
        || json_object_update(out, more)
        || (note && json_object_set_new(out, "note", json_string(note))))
    {
        json_decref(out);
        out = NULL;
    }

    json_decref(more);

    return cli_json(c, CLI_OK, out);
}


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
cli_room_drop(cli *c, lkg_fact fact, const char *note, const char *was,
    const char *was_not)
{
    int        rc, changed;
    char       text[1024];
    cli_field  f;

    rc = cli_room_field(c, &f, fact);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_write(c, &f, NULL, &changed);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s %s", f.room, f.identity,
             changed ? was : was_not);

    return cli_room_done(c, &f, note, json_pack("{s:b}", "removed", changed),
                         text);
}


static int
cli_room_remove(cli *c)
{
    return cli_room_drop(c, LKG_FACT_MEMBER, CLI_NOTE, "is no longer a member",
                         "was no member");
}


static int
cli_room_unban(cli *c)
{
    return cli_room_drop(c, LKG_FACT_BAN, NULL, "is no longer banned",
                         "was not banned");
}


/* ban and kick: nothing is issued until a time. */

static int
cli_room_bar(cli *c, lkg_fact fact, int64_t until, const char *verb)
{
    int        rc, changed;
    char       value[32], text[1024], when[CLI_TIME_BUF];
    cli_field  f;

    rc = cli_room_field(c, &f, fact);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(value, sizeof(value), "%lld", (long long) until);

    rc = cli_room_write(c, &f, value, &changed);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s is %s%s%s", f.room, f.identity, verb,
             until ? ", which ends" : " for ever",
             until ? cli_time(c, when, until, "", "") : "");

    return cli_room_done(c, &f, CLI_NOTE,
                         json_pack("{s:b, s:o}", verb, 1, "until",
                                   cli_json_time(until)), text);
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
cli_room_state(cli *c, const char *state, const char *note)
{
    int        rc, changed;
    char       text[512];
    cli_field  f;

    rc = cli_room_field(c, &f, LKG_FACT_STATE);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_room_write(c, &f, state, &changed);
    if (rc != CLI_OK) {
        return rc;
    }

    snprintf(text, sizeof(text), "%s: %s", f.room, state);

    return cli_room_done(c, &f, note, json_pack("{s:s}", "state", state),
                         text);
}


static int
cli_room_open(cli *c)
{
    return cli_room_state(c, "open", NULL);
}


static int
cli_room_close(cli *c)
{
    return cli_room_state(c, "closed", CLI_NOTE);
}


static const cli_use  cli_redis_uses[] = {
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
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

static const cli_use  cli_kick_uses[] = {
    { OPT_FOR, 0, "how long no token is issued (60, 10m, 2h); default 60" },
    CLI_REDIS_USES,
    { OPT_HELP, 0, NULL }
};

#define CLI_TIMES                                                            \
    "TIME is Unix seconds, a span from now (+30m, +2h, +7d), or UTC:\n"      \
    "2026-01-31, 2026-01-31T12:00Z, 2026-01-31T12:00:00Z.\n"

#define CLI_STAYS                                                            \
    "Who is in the room now stays there: only LiveKit can take people out,\n"\
    "by RemoveParticipant; nginx's livekit_moderation does both at once.\n"

const cli_command  cli_room_commands[] = {

    { "room", "add", "ROOM IDENTITY ROLE", 3, 3, cli_room_add, cli_add_uses,
      "make somebody a member of a room, or change the role",
      CLI_TIMES,
      "  lkgrant room add algebra alice teacher --expires +2h\n" },

    { "room", "remove", "ROOM IDENTITY", 2, 2, cli_room_remove,
      cli_redis_uses, "end a membership; bans and kicks stay",
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
      "  lkgrant room kick algebra mallory --for 10m\n" },

    { "room", "open", "ROOM", 1, 1, cli_room_open, cli_redis_uses,
      "let members in again", NULL,
      "  lkgrant room open algebra\n" },

    { "room", "close", "ROOM", 1, 1, cli_room_close, cli_redis_uses,
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
