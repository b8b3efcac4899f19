/*
 * How sessions are configured and opened, as the files of this part share
 * it.
 */

#ifndef LKG_SESSION_H
#define LKG_SESSION_H

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


#define LKG_SESSION_NOW_MAX  (INT32_MAX * 1024LL)   /* sums cannot overflow */


#define LKG_PRESET_JWT          0x001
#define LKG_PRESET_CLERK        0x002
#define LKG_PRESET_SUPABASE     0x004
#define LKG_PRESET_FIREBASE     0x008
#define LKG_PRESET_NEXT_AUTH    0x010
#define LKG_PRESET_AUTHJS       0x020
#define LKG_PRESET_AUTH0        0x040
#define LKG_PRESET_EXPRESS      0x080
#define LKG_PRESET_BETTER_AUTH  0x100
#define LKG_PRESET_REDIS        0x200
#define LKG_PRESET_INTROSPECT   0x400
#define LKG_PRESET_AUTH0_V3     0x800


typedef enum {
    LKG_SCHEME_JWS = 0,
    LKG_SCHEME_JWE,
    LKG_SCHEME_SIGNED,          /* an id and its signature */
    LKG_SCHEME_OPAQUE,          /* an id */
    LKG_SCHEME_ASK
} lkg_scheme;


typedef struct {
    unsigned            id;
    const char         *name;
    lkg_scheme          scheme;
    const char         *cookies[2];     /* of the framework, in order */
    unsigned            cookie_flags;   /* with those names */
    int64_t             leeway;

    const char         *identity;       /* paths; NULL: those of all */
    const char         *display;        /* the name's */
    const char         *email;
    const char         *expires;
    const char         *session;        /* the id's */

    unsigned            algs;           /* what alg= can name */
    lkg_jwe_enc         enc;
    const char         *info;           /* HKDF; behind it " (<salt>)" */
    size_t              chunk;          /* a longer cookie is cut into these */
    const char         *key;            /* what is before the id in Redis */
    const char         *revoked;        /* ... and before the user, of when
                                           sessions were revoked */
    const char         *user;           /* path to that user */
} lkg_preset;


struct lkg_session_conf {
    const lkg_preset   *preset;

    lkg_strings         cookies;
    lkg_strings         secrets;        /* wiped once the keys are made */
    lkg_strings         iss;
    lkg_strings         aud;
    lkg_strings         azp;
    lkg_str             salt;
    lkg_str             info;
    lkg_str             prefix;
    lkg_paths           identity;
    lkg_paths           name;
    lkg_paths           email;
    lkg_paths           expires;
    lkg_paths           user;
    int64_t             leeway;
    lkg_jwe_enc         enc;
    unsigned            algs;           /* bits of lkg_jwa */
    unsigned            cookie_flags;

    unsigned            given;          /* bits: parameters that were set */
    unsigned            bearer:1;
    unsigned            email_unverified:1;
    unsigned            weak:1;
    unsigned            ready:1;

    size_t              nkeys;          /* that were made of secrets */
    lkg_hmac           *macs[LKG_JWA_NHMACS][LKG_STRINGS_MAX];
    lkg_jwe_key        *keys[LKG_STRINGS_MAX][LKG_STRINGS_MAX];
                                        /* of a cookie name, of a secret */
    lkg_jwks           *jwks;           /* of key= or jwks= */
};


typedef enum {
    LKG_STAGE_OPEN = 0,
    LKG_STAGE_VALUE,            /* its value is wanted */
    LKG_STAGE_USER,             /* the value that user= leads to is wanted */
    LKG_STAGE_FAILED
} lkg_session_stage;


typedef struct {
    char               *text;   /* as it came */
    size_t              len;
    lkg_json           *json;
} lkg_session_value;


struct lkg_session {
    lkg_json           *claims;
    lkg_str             identity;
    lkg_str             name;
    lkg_str             email;
    lkg_str             id;
    lkg_str             user;
    int64_t             expires;
    lkg_session_stage   stage;
    lkg_session_value   value;  /* where it did not come in the cookie */
    lkg_session_value   person; /* the value that user= led to */
    size_t              size;           /* of plain */
    char                digits[24];     /* of user */
    char                text[LKG_IDENTITY_MAX];
    unsigned char       plain[];        /* the claims as they came */
};


/* What lkg_session_open() works on. */

typedef struct {
    lkg_str             value;
    char               *joined;         /* value, where it came in chunks */
    char               *decoded;        /* ... was encoded */
    lkg_json           *wrapper;        /* ... or is a part of JSON */
    size_t              cookie;         /* number of its name */
} lkg_session_text;


/* lkg_session_preset.c */

const lkg_preset *lkg_preset_find(const char *name, size_t len);
const lkg_preset *lkg_preset_at(size_t i);          /* NULL: no more */


/* lkg_session_conf.c */

int lkg_strings_add(lkg_strings *list, const char *data, size_t len);
void lkg_strings_clear(lkg_strings *list);


/* lkg_session_ready.c */

void lkg_session_keys_free(lkg_session_conf *conf);


/* lkg_session_find.c: the text of the request that is the session. */

int lkg_session_find(lkg_session_text *text, const lkg_session_conf *conf,
    const lkg_session_input *in);
void lkg_session_text_free(lkg_session_text *text);

/* True where the text has the form of another mechanism's. */
int lkg_session_foreign(const lkg_session_conf *conf, lkg_str value);


/*
 * lkg_sid.c: the id of a session whose value is elsewhere, in the cookie.
 */

#define LKG_SID_MIN       16    /* of an id that nobody signed */
#define LKG_SID_MAX       128
#define LKG_SID_SIGNED    256   /* longest of one that is signed */

/* True for letters, digits, "-" and "_", LKG_SID_MIN to LKG_SID_MAX. */
int lkg_sid_plain(lkg_str value);

/*
 * "<id>.<base64 of HMAC-SHA256>", by any of the macs; "padded": with the "="
 * at its end.  LKG_ERR_FORMAT, LKG_ERR_SIGNATURE.
 */
int lkg_sid_verify(lkg_str *id, lkg_str value, int padded, lkg_hmac **macs,
    size_t nmacs);

#define LKG_SID_SIGNATURE  45   /* room for it and a NUL */

int lkg_sid_sign(char text[LKG_SID_SIGNATURE], lkg_str id, int padded,
    lkg_hmac *mac);


/* lkg_session_claim.c: what the claims must say, and what they tell.  exp and
 * nbf are in "times". */

int lkg_session_claim(lkg_session *s, const lkg_session_conf *conf,
    const lkg_json *times, int64_t now);
int lkg_session_claim_value(lkg_session *s, const lkg_session_conf *conf,
    int64_t now);

LKG_PRIVATE_END

#endif /* LKG_SESSION_H */
