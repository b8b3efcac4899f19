/*
 * A JSON document, and what its parser's files share.
 */

#ifndef LKG_JSON_H
#define LKG_JSON_H

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


#define LKG_JSON_DEPTH      64      /* levels of arrays and objects */


typedef struct {
    const char         *key;        /* NULL for an element */
    union {
        const char     *data;       /* string, unescaped */
        int64_t         integer;
        double          real;
    } u;
    uint32_t            key_len;
    uint32_t            len;        /* string: bytes; container: children */
    uint32_t            start;      /* of the value in the text */
    uint32_t            end;
    lkg_json_node       next;
    uint8_t             type;
} lkg_json_item;


struct lkg_json {
    const char         *text;
    char               *decoded;    /* strings that had escapes */
    size_t              decoded_len;
    size_t              decoded_size;
    uint32_t            nitems;
    uint32_t            size;
    lkg_json_item       items[];
};


typedef struct {
    lkg_json_node       node;
    lkg_json_node       last;       /* child that the next one follows */
} lkg_json_open;


typedef struct {
    const char         *pos;
    const char         *end;
    lkg_json           *doc;
    uint32_t            max;
    uint32_t            used;       /* values and keys */
    lkg_str             key;        /* of the value that comes next */
    const char         *what;       /* what is wrong at pos */
    unsigned            depth;
    lkg_json_open       open[LKG_JSON_DEPTH];
} lkg_json_parser;


int lkg_json_bad(lkg_json_parser *p, const char *what);

/* At a quote, and at a sign or digit; to behind the value. */
int lkg_json_text(lkg_json_parser *p, lkg_str *value);
int lkg_json_number(lkg_json_parser *p, lkg_json_item *item);

/* That all keys of an object differ. */
int lkg_json_unique(lkg_json_parser *p, lkg_json_item *object);

LKG_PRIVATE_END

#endif /* LKG_JSON_H */
