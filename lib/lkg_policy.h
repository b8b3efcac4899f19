/*
 * A policy in memory, for those who decide and mint by it.
 */

#ifndef LKG_POLICY_H
#define LKG_POLICY_H

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


/* lkg_index.c: from a hash to a number, open addressing. */

typedef struct {
    uint32_t        hash;
    uint32_t        number;         /* plus 1; 0: empty */
} lkg_slot;

typedef struct {
    lkg_slot       *slots;
    uint32_t        mask;
} lkg_index;

#define LKG_HASH_SEED       0xcbf29ce484222325u

#define lkg_hash_add(h, c)                                                   \
    (((h) ^ (unsigned char) (c)) * 0x100000001b3u)

uint64_t lkg_hash(const char *data, size_t len);

int lkg_index_new(lkg_index *index, size_t n);
void lkg_index_add(lkg_index *index, uint64_t hash, uint32_t number);

/* The next number with that hash; *pos begins at 0.  LKG_INDEX_END. */
uint32_t lkg_index_next(const lkg_index *index, uint64_t hash, uint32_t *pos);
void lkg_index_free(lkg_index *index);

#define LKG_INDEX_END       ((uint32_t) -1)


/* lkg_grant.c: the claims beside "video" that hold grants; the one without a
 * name ends them.  In a set of all of them, bit "first" is the first field. */

typedef struct {
    const char             *claim;
    const lkg_grant_field  *fields;
    unsigned                first;
} lkg_grant_group;

extern const lkg_grant_group  lkg_grant_groups[];


/* A role, or what an override for some rooms makes of it. */

struct lkg_role {
    lkg_str         name;
    lkg_str         grants;         /* the claim "video" but for the room */
    lkg_str         tail;           /* that without "{", and other claims */
    lkg_str         claims;         /* the other claims: ,"sip":{...} */
    lkg_grants      set;
    uint32_t        groups;         /* bits as lkg_grant_groups has them */
    uint32_t        kind_details;   /* bit n: lkg_grant_kind_details[n] */
    lkg_str         preset;         /* "roomPreset" */
    const uint32_t *may_take;
    uint32_t        nmay_take;
    uint32_t        number;
    int32_t         ttl;
    unsigned        actions;
    unsigned        trusted:1;      /* the policy says "privileged": true */
    unsigned        privileged:1;   /* and makes use of it */
};

/* An entry of "rooms"; "head*tail", or the whole name in head. */

typedef struct {
    lkg_str         head;
    lkg_str         tail;
    unsigned        exact:1;
    uint32_t        nroles;
    lkg_role       *roles;          /* overridden ones, by role number */
} lkg_room;

/* All patterns with heads and tails of these lengths. */

typedef struct {
    uint16_t        head;
    uint16_t        tail;
    uint32_t        exact;
    uint32_t        first;          /* lowest entry of this shape */
} lkg_shape;

/* A type of messages. */

struct lkg_chat_type {
    lkg_str         name;
    const uint32_t *roles;          /* by number, where "listed" */
    uint32_t        nroles;
    unsigned        action;         /* bit; 0: none is needed */
    unsigned        listed:1;
    unsigned        stored:1;
    unsigned        pin:1;
};

/* How rooms are recorded. */

typedef struct {
    lkg_str         file;           /* template */
    lkg_str         layout;
    lkg_str         base_url;
    const char     *preset;         /* NULL: LiveKit's own */
    int             audio_only;
    int             video_only;
    lkg_str         bucket;         /* empty: the egress service's storage */
    lkg_str         region;
    lkg_str         endpoint;
    int             path_style;
    lkg_str         secrets[2];     /* where they stand, by lkg_s3_secret */
} lkg_recording_conf;

typedef struct lkg_block  lkg_block;

struct lkg_policy {
    lkg_block      *blocks;         /* memory of all that hangs below */

    uint32_t        nroles;
    lkg_role       *roles;
    lkg_index       role_index;
    const lkg_role *default_role;

    uint32_t        nrooms;
    lkg_room       *rooms;
    lkg_index       room_index;
    uint32_t        nshapes;
    lkg_shape      *shapes;         /* by .first */

    int32_t         ttl;
    size_t          max_size;
    lkg_template    name;
    lkg_template    metadata;
    lkg_template    attributes;     /* "a":"x","b":"y" */
    uint32_t        nattributes;
    lkg_str        *attribute_names;

    lkg_chat_limits chat;
    uint32_t        nchat_types;
    lkg_chat_type  *chat_types;

    uint32_t        naccept;
    lkg_str        *accept_attributes;
    lkg_recording_conf  recording;
    unsigned        accept_room_config;     /* bits: lkg_wish_room_config[] */
    unsigned        accept_name:1;
    unsigned        accept_metadata:1;
    unsigned        devices:1;
};


/* lkg_policy.c */

extern const char *const  lkg_actions[];    /* bit n of "actions"; NULL ends */

/* Freed with the policy; text gets a final NUL. */
void *lkg_policy_alloc(lkg_policy *policy, size_t size);
int lkg_policy_text(lkg_policy *policy, lkg_str *out, const char *data,
    size_t len);

const lkg_role *lkg_policy_find_role(const lkg_policy *policy,
    const char *name, size_t len);

/* The role as it is in this room. */
const lkg_role *lkg_policy_role_in(const lkg_policy *policy,
    const lkg_role *role, const lkg_room *room);


/* lkg_policy_match.c: which entry of "rooms" counts. */

int lkg_room_pattern(lkg_room *room, lkg_str match);
int lkg_room_build(lkg_policy *policy, uint32_t *duplicate);
const lkg_room *lkg_room_find(const lkg_policy *policy, const char *name,
    size_t len);


/* lkg_wish.c: what the client asks for beside the room. */

typedef enum {
    LKG_WISH_UINT = 0,
    LKG_WISH_BOOL,
    LKG_WISH_STRING,
    LKG_WISH_STRINGS,               /* an object of strings */
    LKG_WISH_AGENTS                 /* a list of agents to call */
} lkg_wish_type;

typedef struct {
    const char     *name;           /* "empty_timeout"; NULL ends a table */
    const char     *camel;          /* "emptyTimeout" */
    lkg_wish_type   type;
} lkg_wish_field;

#define LKG_WISH_ALL        (~0u)   /* every field of a table */

extern const lkg_wish_field  lkg_wish_room_config[];
extern const lkg_wish_field  lkg_wish_agent[];

/* Number of a field in its table, or LKG_GRANT_NONE. */
unsigned lkg_wish_find(const lkg_wish_field *fields, lkg_str name);

/* True where the value says no more than if it were left out. */
int lkg_wish_empty(const lkg_json *doc, lkg_json_node n);
int lkg_wish_listed(const lkg_str *names, uint32_t n, lkg_str name);

/* *field: what the reason is about. */
lkg_reason lkg_wish_check(const lkg_policy *policy, const lkg_ask *ask,
    const char **field);


/* lkg_wish_write.c: leaves out what the policy does not accept. */

void lkg_wish_write_attributes(lkg_buf *b, const lkg_policy *policy,
    const lkg_ask *ask, const char *sep);
void lkg_wish_write_config(lkg_buf *b, const lkg_policy *policy,
    const lkg_ask *ask);


/* lkg_decide.c: who asks, with a session or without. */

lkg_str lkg_ask_identity(const lkg_ask *ask);

/* What the room's hash has against it, whoever is asked for. */
lkg_reason lkg_decide_room(const lkg_access *access, unsigned action,
    int64_t now);

/* True where the facts that are always asked for are there. */
int lkg_decide_known(const lkg_access *access);

/* What can stand behind "~": LKG_DEVICE_MAX letters, digits, "_" and "-". */
int lkg_device_valid(const char *p, size_t len);


/*
 * lkg_guard_grants.c: what a token lets its bearer do in LiveKit, read as
 * LiveKit reads it.  LKG_ERR_FORMAT: LiveKit would refuse it, or could take
 * it for something else than we do.
 */

typedef struct {
    lkg_grants      set;            /* "video": what it comes to */
    lkg_str         room;
    lkg_str         kind;
    lkg_str         preset;
    uint32_t        groups;         /* as of a role */
    uint32_t        kind_details;
    const lkg_json *claims;
    lkg_json_node   config;         /* "roomConfig" */
    const char     *unknown;        /* where there is one that nobody knows */
} lkg_guard_grants;

int lkg_guard_grants_read(lkg_guard_grants *grants, const lkg_json *claims);

/* The first claim or field that goes beyond the role; NULL: none. */
const char *lkg_guard_grants_beyond(const lkg_guard_grants *grants,
    const lkg_policy *policy, const lkg_role *role);

/* A text; none where it is absent or null. */
int lkg_guard_text(lkg_str *text, const lkg_json *claims,
    lkg_json_node object, const char *name);


LKG_PRIVATE_END

#endif /* LKG_POLICY_H */
