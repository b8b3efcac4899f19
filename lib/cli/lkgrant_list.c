/*
 * lkgrant room list: the names of the rooms.
 */

#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lkgrant_cli.h"


#define CLI_ROOMS_MAX   1000000
#define CLI_KEY_PREFIX  "lkg:room:{"


/* Takes the rooms out of one answer to SCAN. */

static int
cli_list_keys(cli *c, cli_table *rooms, const redisReply *keys)
{
    size_t             i, prefix;
    const redisReply  *key;

    prefix = sizeof(CLI_KEY_PREFIX) - 1;

    for (i = 0; i < keys->elements; i++) {
        key = keys->element[i];

        if (key->len > prefix + 1
            && memcmp(key->str, CLI_KEY_PREFIX, prefix) == 0
            && key->str[key->len - 1] == '}')
        {
            cli_table_add(rooms, key->str + prefix, key->len - prefix - 1);
        }
    }

    if (rooms->failed) {
        return cli_nomem(c);
    }

    if (rooms->ncells > CLI_ROOMS_MAX) {
        return cli_fail(c, CLI_SYSTEM, "too_big", "more than %d rooms",
                        CLI_ROOMS_MAX);
    }

    return CLI_OK;
}


static int
cli_list_scan(cli *c, cli_redis *redis, cli_table *rooms)
{
    int          rc;
    char         cursor[32] = "0";
    redisReply  *reply, **e;
    const char  *argv[6] = { "SCAN", cursor, "MATCH", CLI_KEY_PREFIX "*}",
                             "COUNT", "1000" };

    do {
        rc = cli_redis_call(c, redis, REDIS_REPLY_ARRAY, &reply, 6, argv,
                            NULL);
        if (rc != CLI_OK) {
            return rc;
        }

        e = reply->element;

        if (reply->elements == 2 && e[0]->type == REDIS_REPLY_STRING
            && e[0]->len < sizeof(cursor) && e[1]->type == REDIS_REPLY_ARRAY)
        {
            memcpy(cursor, e[0]->str, e[0]->len);
            cursor[e[0]->len] = '\0';
            rc = cli_redis_strings(c, redis, "SCAN", e[1]);

            if (rc == CLI_OK) {
                rc = cli_list_keys(c, rooms, e[1]);
            }

        } else {
            rc = cli_redis_odd(c, redis, "SCAN");
        }

        freeReplyObject(reply);

    } while (rc == CLI_OK && strcmp(cursor, "0") != 0);

    return rc;
}


/* SCAN may name a key twice. */

static void
cli_list_unique(cli_table *rooms)
{
    size_t  i, n;

    if (rooms->ncells == 0) {
        return;
    }

    qsort(rooms->cells, rooms->ncells, sizeof(lkg_str), cli_str_order);

    for (i = 1, n = 1; i < rooms->ncells; i++) {

        if (cli_str_order(&rooms->cells[i], &rooms->cells[n - 1]) == 0) {
            free((char *) rooms->cells[i].data);
            continue;
        }

        rooms->cells[n++] = rooms->cells[i];
    }

    rooms->ncells = n;
}


static int
cli_list_rooms(cli *c, cli_redis *redis)
{
    int        rc, bad;
    size_t     i;
    json_t    *names;
    cli_table  rooms;

    cli_table_init(&rooms, 1);

    rc = cli_list_scan(c, redis, &rooms);

    if (rc == CLI_OK) {
        cli_list_unique(&rooms);

        if (c->json) {
            bad = 0;
            names = json_array();

            for (i = 0; i < rooms.ncells && !bad; i++) {
                bad = json_array_append_new(names,
                                            cli_json_text(rooms.cells[i].data,
                                                          rooms.cells[i].len));
            }

            rc = cli_json(c, CLI_OK, bad ? NULL : json_pack("{s:O}", "rooms",
                                                            names));
            json_decref(names);

        } else {
            rc = cli_table_print(c, &rooms);
        }
    }

    cli_table_free(&rooms);

    return rc;
}


int
cli_room_list(cli *c)
{
    int        rc;
    cli_redis  redis;

    if (c->nargs) {
        rc = cli_check_room(c, c->args[0]);
        if (rc != CLI_OK) {
            return rc;
        }
    }

    rc = cli_redis_open(c, &redis);
    if (rc != CLI_OK) {
        return rc;
    }

    rc = c->nargs ? cli_list_room(c, &redis) : cli_list_rooms(c, &redis);
    cli_redis_close(&redis);

    return rc;
}
