/*
 * lkgrant room: what its files share.
 */

#ifndef LKGRANT_ROOM_H
#define LKGRANT_ROOM_H

#include "lkgrant_api.h"


typedef struct {
    char         key[LKG_KEY_BUF];
    char         field[LKG_FIELD_BUF];
    size_t       klen;
    size_t       flen;
    const char  *room;
    const char  *identity;      /* NULL: the room's state */
} cli_field;


/* lkgrant_field.c */

/* The field that the command is about, from its first two arguments. */
int cli_room_field(cli *c, cli_field *f, lkg_fact fact);

/* Sets the field, or removes it where value is NULL.  *changed: a field that
 * was there is gone, or one that was not is there. */
int cli_room_write(cli *c, const cli_field *f, const char *value,
    int *changed);

/* The same, once it is known whom to ask afterwards: *api is NULL where it
 * is nobody. */
int cli_room_write_out(cli *c, const cli_field *f, const char *value,
    int *changed, cli_api **api);

/* text says what was done; more is taken over and added to the JSON. */
int cli_room_done(cli *c, const cli_field *f, const char *note, json_t *more,
    const char *text);

/* The same, after those inside are taken out, where the api is given. */
int cli_room_out(cli *c, const cli_field *f, cli_api *api, json_t *more,
    const char *text);

#endif /* LKGRANT_ROOM_H */
