/*
 * What the files that load a policy share.
 */

#ifndef LKG_POLICY_LOAD_H
#define LKG_POLICY_LOAD_H

#include <jansson.h>

#include "lkg_policy.h"

LKG_PRIVATE_BEGIN


#define LKG_TTL_MAX         21600   /* seconds */
#define LKG_TTL_DEFAULT     600
#define LKG_SIZE_MIN        512     /* bytes of a token */
#define LKG_SIZE_DEFAULT    4096


/* The way from a value up to the root. */

typedef struct lkg_at  lkg_at;

struct lkg_at {
    const lkg_at   *up;             /* NULL: the root */
    const char     *key;            /* NULL: an element, or the policy */
    size_t          number;         /* of the element, from 0 */
};

static inline lkg_at
lkg_at_key(const lkg_at *up, const char *key)
{
    lkg_at  at = { up, key, 0 };

    return at;
}

static inline lkg_at
lkg_at_entry(const lkg_at *up, size_t number)
{
    lkg_at  at = { up, NULL, number };

    return at;
}

typedef struct {
    lkg_policy     *policy;
    const char     *text;
    size_t          len;
    lkg_json       *doc;            /* the text again, with positions */
    lkg_error      *err;            /* may be NULL */
} lkg_load;

typedef enum {
    LKG_AT_VALUE = 0,
    LKG_AT_KEY
} lkg_part;

typedef int (*lkg_loader)(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);

typedef struct {
    const char     *name;           /* NULL ends a table */
    lkg_loader      load;
    int             required;
} lkg_member;

/* Gives the names that there are, one after the other, then NULL. */
typedef const char *(*lkg_names)(const void *list, size_t i);


/* lkg_policy_load.c: the text, read by jansson and by our own reader. */

int lkg_load_read(lkg_load *load, json_t **root);


/* lkg_policy_where.c: line and column, counted from 1, in bytes. */

void lkg_where_offset(lkg_load *load, size_t offset);
void lkg_where(lkg_load *load, const lkg_at *at, lkg_part part);

/* Where the token begins that ends at "position" or is open there. */
size_t lkg_where_token(const char *text, size_t len, size_t position);


/* lkg_policy_error.c; these return LKG_ERR_FORMAT. */

#define LKG_SHOWN           64

/* As much of a text as fits a message, without control characters. */
const char *lkg_shown(char buf[LKG_SHOWN], const char *data, size_t len);

int lkg_load_fail(lkg_load *load, const lkg_at *at, lkg_part part,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* '"ttl" of role "teacher" must be ...' */
int lkg_load_must_be(lkg_load *load, const lkg_at *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 'unknown key "x" in "grants" of role "teacher"; did you mean "y"?' */
int lkg_load_unknown(lkg_load *load, const lkg_at *at, lkg_part part,
    const char *noun, const char *name, size_t len, lkg_names names,
    const void *list);

/* '"ttl" of role "teacher"', shortened to fit; NUL-terminated */
#define LKG_DESCRIPTION     160

const char *lkg_load_describe(char buf[LKG_DESCRIPTION], const lkg_at *at);


/* lkg_policy_value.c: values of one type. */

int lkg_load_object(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_member *members, void *dst);
int lkg_load_bool(lkg_load *load, const lkg_at *at, json_t *value, int *out);
int lkg_load_integer(lkg_load *load, const lkg_at *at, json_t *value,
    int min, int max, int32_t *out);

/* A text of min to max bytes without control characters; borrows. */
int lkg_load_text(lkg_load *load, const lkg_at *at, json_t *value,
    size_t min, size_t max, lkg_str *out);

/* A list of different names out of those there are; bit n is name n. */
int lkg_load_set(lkg_load *load, const lkg_at *at, json_t *value,
    const char *noun, lkg_names names, const void *list, unsigned *out);
const char *lkg_names_plain(const void *list, size_t i);


/* lkg_policy_grant.c: what a role has; dst is an lkg_draft. */

#define LKG_CLAIMS_MAX  2048        /* bytes of a role's other claims */

typedef struct {
    lkg_role       *role;
    lkg_buf         claims;         /* other than "video" */
    char            text[LKG_CLAIMS_MAX];
} lkg_draft;

int lkg_load_grants(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_group(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_kind(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_kind_details(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_room_preset(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);


/* lkg_policy_role.c */

int lkg_load_role_name(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_role **role);
const char *lkg_names_roles(const void *policy, size_t i);
int lkg_load_override(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_role *role);


/* Sections of a policy: lkg_policy_token.c, _role.c, _room.c. */

int lkg_load_token(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_accept(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_roles(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_default_role(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_load_rooms(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);


/* lkg_policy_chat.c */

int lkg_load_chat(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);
int lkg_chat_defaults(lkg_policy *policy);


/* lkg_policy_recording.c */

void lkg_recording_defaults(lkg_recording_conf *recording);
int lkg_load_recording(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst);


/* lkg_client_secret.c: texts that no browser may see. */

typedef struct {
    const lkg_str  *secrets;
    size_t          n;
} lkg_client_secrets;

int lkg_client_no_secrets(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_client_secrets *known);

LKG_PRIVATE_END

#endif /* LKG_POLICY_LOAD_H */
