/*
 * lkgrant room list ROOM: what Redis knows of a room, read by the library,
 * so that it means here what it means in nginx.
 */

#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lkgrant_cli.h"


static const char  cli_unreadable[] = "unreadable: nginx answers 503";

/* A field of the hash, apart into what it says and of whom. */
typedef struct {
    lkg_str            identity;        /* empty: the room */
    lkg_fact           fact;
    const redisReply  *value;
} cli_entry;

/* What is known of one person, or of the room. */
typedef struct {
    lkg_str      identity;
    unsigned     bad;                   /* bits: 1 << lkg_fact */
    lkg_access   access;
} cli_person;


int
cli_str_order(const void *one, const void *two)
{
    int             rc;
    size_t          n;
    const lkg_str  *a, *b;

    a = one;
    b = two;
    n = a->len < b->len ? a->len : b->len;
    rc = n ? memcmp(a->data, b->data, n) : 0;

    return rc ? rc : (a->len > b->len) - (a->len < b->len);
}


static int
cli_entry_order(const void *one, const void *two)
{
    return cli_str_order(&((const cli_entry *) one)->identity,
                         &((const cli_entry *) two)->identity);
}


/* 0 where the field is none of ours. */

static int
cli_entry_read(cli_entry *entry, const redisReply *field,
    const redisReply *value)
{
    size_t                 i;
    static const char      letters[] = "mbd";
    static const lkg_fact  facts[] = {
        LKG_FACT_MEMBER, LKG_FACT_BAN, LKG_FACT_KICK
    };

    entry->value = value;
    entry->identity.data = "";
    entry->identity.len = 0;
    entry->fact = LKG_FACT_STATE;

    if (field->len == 5 && memcmp(field->str, "state", 5) == 0) {
        return 1;
    }

    for (i = 0; i < 3; i++) {
        if (field->len > 2 && field->str[0] == letters[i]
            && field->str[1] == ':')
        {
            entry->identity.data = field->str + 2;
            entry->identity.len = field->len - 2;
            entry->fact = facts[i];

            return 1;
        }
    }

    return 0;
}


/* The fields that are ours, by identity; those of the room come first. */

static int
cli_entries(cli *c, const redisReply *hash, cli_entry **out, size_t *n)
{
    size_t      i;
    cli_entry  *entries;

    *n = 0;

    entries = calloc(hash->elements / 2 + 1, sizeof(*entries));
    if (entries == NULL) {
        return cli_nomem(c);
    }

    for (i = 0; i + 1 < hash->elements; i += 2) {
        *n += (size_t) cli_entry_read(&entries[*n], hash->element[i],
                                      hash->element[i + 1]);
    }

    qsort(entries, *n, sizeof(*entries), cli_entry_order);
    *out = entries;

    return CLI_OK;
}


/* Gathers what the entries from i on say of one person; the next one's i. */

static size_t
cli_person_read(cli_person *p, const cli_entry *entries, size_t n, size_t i)
{
    size_t  first;

    first = i;
    p->identity = entries[i].identity;
    p->bad = 0;
    lkg_access_init(&p->access);

    for ( /* void */ ; i < n; i++) {

        if (cli_entry_order(&entries[i], &entries[first]) != 0) {
            break;
        }

        if (lkg_access_set(&p->access, entries[i].fact, entries[i].value->str,
                           entries[i].value->len)
            != LKG_OK)
        {
            p->bad |= 1u << entries[i].fact;
        }
    }

    return i;
}


static const char *
cli_room_state_name(const cli_person *room)
{
    return room->bad ? cli_unreadable : room->access.closed ? "closed"
                                                            : "open";
}


/* A cell of the table: dash where the person has no such fact. */

static void
cli_list_cell(cli *c, cli_table *t, const cli_person *p, lkg_fact fact,
    int there, int64_t until)
{
    char         buf[CLI_TIME_BUF];
    const char  *text;

    if (p->bad & 1u << fact) {
        text = cli_unreadable;

    } else if (!there) {
        text = "-";

    } else if (until == 0) {
        text = fact == LKG_FACT_MEMBER ? "never" : "for ever";

    } else {
        text = cli_time(c, buf, until, "ends", "ended");
    }

    cli_table_add(t, text, strlen(text));
}


static void
cli_list_row(cli *c, cli_table *t, const cli_person *p)
{
    const lkg_access  *a;

    a = &p->access;

    cli_table_add(t, p->identity.data, p->identity.len);
    cli_table_add(t, a->role.len ? a->role.data : "-",
                  a->role.len ? a->role.len : 1);
    cli_list_cell(c, t, p, LKG_FACT_MEMBER, a->role.len != 0,
                  a->member_expires);
    cli_list_cell(c, t, p, LKG_FACT_BAN, a->banned, a->banned_until);
    cli_list_cell(c, t, p, LKG_FACT_KICK, a->kicked, a->kicked_until);
}


static json_t *
cli_list_object(const cli_person *p)
{
    const lkg_access  *a;

    a = &p->access;

    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:b, s:o, s:b}",
                     "identity", cli_json_text(p->identity.data,
                                               p->identity.len),
                     "role", cli_json_opt(a->role),
                     "expires", cli_json_time(a->member_expires),
                     "banned", a->banned,
                     "banned_until", cli_json_time(a->banned_until),
                     "kicked", a->kicked,
                     "kicked_until", cli_json_time(a->kicked_until),
                     "unreadable", p->bad != 0);
}


static int
cli_list_json(cli *c, const cli_entry *entries, size_t n,
    const cli_person *room, size_t i)
{
    int          bad;
    json_t      *people;
    cli_person   person;
    const char  *name;

    bad = 0;
    name = c->args[0];
    people = json_array();

    while (i < n && !bad) {
        i = cli_person_read(&person, entries, n, i);
        bad = json_array_append_new(people, cli_list_object(&person));
    }

    if (bad) {
        json_decref(people);
        return cli_nomem(c);
    }

    return cli_json(c, CLI_OK,
                    json_pack("{s:o, s:s, s:o}",
                              "room", cli_json_text(name, strlen(name)),
                              "state", room->bad ? "unreadable"
                                                 : cli_room_state_name(room),
                              "people", people));
}


static int
cli_list_text(cli *c, const cli_entry *entries, size_t n,
    const cli_person *room, size_t i)
{
    int          rc;
    size_t       k;
    cli_table    t;
    cli_person   person;

    static const char *const  titles[CLI_COLUMNS] = {
        "IDENTITY", "ROLE", "MEMBERSHIP ENDS", "BANNED", "KICKED"
    };

    cli_line("%s: %s", c->args[0], cli_room_state_name(room));

    if (i == n) {
        printf("nobody is a member, banned or kicked\n");
        return CLI_OK;
    }

    cli_table_init(&t, CLI_COLUMNS);

    for (k = 0; k < CLI_COLUMNS; k++) {
        cli_table_add(&t, titles[k], strlen(titles[k]));
    }

    while (i < n) {
        i = cli_person_read(&person, entries, n, i);
        cli_list_row(c, &t, &person);
    }

    putchar('\n');
    rc = cli_table_print(c, &t);
    cli_table_free(&t);

    return rc;
}


static int
cli_list_people(cli *c, const redisReply *hash)
{
    int          rc;
    size_t       i, n;
    cli_entry   *entries;
    cli_person   room;

    entries = NULL;

    rc = cli_entries(c, hash, &entries, &n);
    if (rc != CLI_OK) {
        return rc;
    }

    i = 0;
    memset(&room, 0, sizeof(room));
    lkg_access_init(&room.access);

    if (n && entries[0].identity.len == 0) {
        i = cli_person_read(&room, entries, n, 0);
    }

    rc = c->json ? cli_list_json(c, entries, n, &room, i)
                 : cli_list_text(c, entries, n, &room, i);
    free(entries);

    return rc;
}


int
cli_list_room(cli *c, cli_redis *redis)
{
    int          rc, n;
    char         key[LKG_KEY_BUF];
    size_t       lens[2];
    redisReply  *reply;
    const char  *argv[2];

    n = lkg_access_key(key, sizeof(key), c->args[0], strlen(c->args[0]));
    if (n < 0) {
        return cli_fail_lkg(c, n, "room");
    }

    argv[0] = "HGETALL";
    lens[0] = 7;
    argv[1] = key;
    lens[1] = (size_t) n;

    rc = cli_redis_call(c, redis, REDIS_REPLY_ARRAY, &reply, 2, argv, lens);

    if (rc != CLI_OK) {
        return rc;
    }

    rc = cli_redis_strings(c, redis, "HGETALL", reply);

    if (rc == CLI_OK) {
        rc = cli_list_people(c, reply);
    }

    freeReplyObject(reply);

    return rc;
}
