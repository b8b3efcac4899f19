/*
 * lkgrant room: one field of a room's hash, written, and what is said of it.
 */

#include <string.h>
#include <hiredis/hiredis.h>

#include "lkgrant_room.h"


#define CLI_NOTE                                                             \
    "who is in the room now stays there: LiveKit takes people out only by "  \
    "RemoveParticipant, which --api does, and nginx's livekit_moderation"


/* The field that the command is about, from its first two arguments. */

int
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

int
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

int
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


/* Takes out those inside, where the api is given, and says what was done. */

int
cli_room_out(cli *c, const cli_field *f, cli_api *api, json_t *more,
    const char *text)
{
    int          rc;
    size_t       i;
    json_t      *gone;
    const char  *note;

    note = CLI_NOTE;
    gone = NULL;

    if (api) {
        note = NULL;
        gone = f->identity ? json_array() : json_true();

        rc = cli_api_evict(c, api, f->room, f->identity, gone);

        if (rc == CLI_OK && json_object_set(more, "taken_out", gone) != 0) {
            rc = cli_nomem(c);
        }

        if (rc != CLI_OK) {
            json_decref(gone);
            json_decref(more);
            return rc;
        }
    }

    rc = cli_room_done(c, f, note, more, text);

    for (i = 0; !c->json && i < json_array_size(gone); i++) {
        cli_line("%s: %s is taken out", f->room,
                 json_string_value(json_array_get(gone, i)));
    }

    if (!c->json && json_is_true(gone)) {
        cli_line("%s: all are taken out", f->room);
    }

    json_decref(gone);

    return rc;
}


/* The same as cli_room_write(), once it is known whom to ask afterwards. */

int
cli_room_write_out(cli *c, const cli_field *f, const char *value,
    int *changed, cli_api **api)
{
    int  rc;

    rc = cli_api_open(c, api);

    if (rc == CLI_OK) {
        rc = cli_room_write(c, f, value, changed);
    }

    if (rc != CLI_OK) {
        cli_api_free(*api);
        *api = NULL;
    }

    return rc;
}
