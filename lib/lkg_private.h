/*
 * What the library's files share and nobody else sees.
 */

#ifndef LKG_PRIVATE_H
#define LKG_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Compiled into something else, nothing of the library is seen outside. */

#if defined(__GNUC__) && !defined(LKG_SHARED)
#define LKG_PRIVATE_BEGIN  _Pragma("GCC visibility push(hidden)")
#define LKG_PRIVATE_END    _Pragma("GCC visibility pop")
#else
#define LKG_PRIVATE_BEGIN
#define LKG_PRIVATE_END
#endif

LKG_PRIVATE_BEGIN

#include "lkgrant.h"


#define lkg_lit(s)        (s), sizeof(s) - 1


/* lkg_error.c */

/* Writes the text, sets line and column to 0, returns the code. */
int lkg_fail(lkg_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int lkg_str_eq(lkg_str a, const char *b, size_t len);

/* A copy with a final NUL. */
int lkg_str_dup(char **out, const char *data, size_t len);

/* Decimal digits and nothing else; LKG_ERR_FORMAT also over 64 bits. */
int lkg_digits(const char *data, size_t len, int64_t *value);


/* lkg_text.c: what a byte of a text is; 0 for all others */

#define LKG_TEXT_CONTROL   0x01     /* below the space */
#define LKG_TEXT_DEL       0x02
#define LKG_TEXT_WIDE      0x04     /* of a sequence of UTF-8 */
#define LKG_TEXT_QUOTE     0x08     /* '"' and '\\' */
#define LKG_TEXT_HASH      0x10     /* '#' and '~' */
#define LKG_TEXT_BRACE     0x20     /* '{' and '}' */

extern const unsigned char  lkg_text_class[256];

/* UTF-8 without control characters; and without bytes of more classes. */
int lkg_text_plain(const char *data, size_t len);
int lkg_text_without(const char *data, size_t len, unsigned classes);

/* What every reader of JSON takes as a text: UTF-8 without NUL. */
int lkg_text_json(const char *data, size_t len);


/* lkg_utf8.c */

int lkg_utf8_valid(const char *data, size_t len);

/* Bytes of the character that data begins with, 0 if it is none. */
size_t lkg_utf8_seq(const char *data, size_t len);


/* lkg_json.c: as lkg_json_parse(), and where and why it failed. */

typedef struct {
    size_t       offset;        /* in the text */
    const char  *what;          /* "a duplicate key"; static storage */
} lkg_json_fault;

int lkg_json_parse_fault(lkg_json **out, const char *text, size_t len,
    uint32_t max_nodes, lkg_json_fault *fault);


/*
 * lkg_base64.c: base64url without padding (RFC 4648, section 5; RFC 7515,
 * section 2).  Decoding is strict: no padding, no other alphabet, no
 * non-zero trailing bits.
 */

#define lkg_b64url_encoded(n)   (((n) * 4 + 2) / 3)    /* exact */
#define lkg_b64url_decoded(n)   ((n) / 4 * 3 + 2)      /* room for it */

size_t lkg_b64url_encode(char *dst, const void *src, size_t len);
int lkg_b64url_decode(void *dst, size_t *dlen, const char *src, size_t len);


/* lkg_hmac.c: HMAC whose key schedule is made once. */

typedef struct lkg_hmac  lkg_hmac;

#define LKG_SHA256_LEN    32
#define LKG_HMAC_MAX      64

/* With SHA-256, and with another digest, of which OpenSSL knows the name. */
int lkg_hmac_new(lkg_hmac **out, const void *key, size_t len);
int lkg_hmac_new_digest(lkg_hmac **out, const char *name, const void *key,
    size_t len);

/* digest has room for lkg_hmac_len() bytes. */
int lkg_hmac_sign(lkg_hmac *mac, const void *data, size_t len,
    unsigned char *digest);
size_t lkg_hmac_len(const lkg_hmac *mac);
void lkg_hmac_free(lkg_hmac *mac);

/* A keyed EVP_MAC_CTX that EVP_MAC_init(ctx, NULL, 0, NULL) rewinds. */
struct evp_mac_ctx_st *lkg_hmac_context(const char *digest, const void *key,
    size_t len);


/* lkg_jwa.c: names of signature algorithms (RFC 7518, section 3). */

typedef enum {
    LKG_JWA_HS256 = 0,
    LKG_JWA_HS384,
    LKG_JWA_HS512,
    LKG_JWA_RS256,
    LKG_JWA_RS384,
    LKG_JWA_RS512,
    LKG_JWA_PS256,
    LKG_JWA_PS384,
    LKG_JWA_PS512,
    LKG_JWA_ES256,
    LKG_JWA_ES384,
    LKG_JWA_ES512,
    LKG_JWA_EDDSA,
    LKG_JWA_N                   /* none of them */
} lkg_jwa;

#define lkg_jwa_bit(alg)  (1u << (alg))
#define LKG_JWA_NHMACS    3     /* HS256, HS384 and HS512 */
#define LKG_JWA_HMACS     ((1u << LKG_JWA_NHMACS) - 1)
#define LKG_JWA_KEYS      (((1u << LKG_JWA_N) - 1) & ~LKG_JWA_HMACS)

lkg_jwa lkg_jwa_find(lkg_str name);
const char *lkg_jwa_name(lkg_jwa alg);
const char *lkg_jwa_digest(lkg_jwa alg);

/* Bits of a comma-separated list.  LKG_ERR_INVALID: one is unknown. */
int lkg_jwa_list(unsigned *algs, const char *value, size_t len);


/*
 * lkg_jws.c: compact JWS (RFC 7515).  A header that would change what is
 * signed ("crit", "b64") is refused.  payload points at the base64url text
 * of the payload.
 */

#define LKG_JOSE_HEADER_MAX  1024   /* bytes of a JWS or JWE header */
#define LKG_KID_MAX          256    /* bytes of the name of a key */

typedef struct {
    lkg_str  header;
    lkg_str  payload;
    lkg_str  signature;
    lkg_str  signing_input;
} lkg_jws;

typedef struct {
    lkg_jwa  alg;               /* LKG_JWA_N: none that we know */
    int      named;             /* there is a "kid" */
    size_t   kid_len;           /* over LKG_KID_MAX: too long to be known */
    char     kid[LKG_KID_MAX];
} lkg_jws_header;

int lkg_jws_split(lkg_jws *jws, const char *token, size_t len);
int lkg_jws_read(lkg_jws_header *header, const lkg_jws *jws);

/* LKG_OK: the header names HS256. */
int lkg_jws_header_hs256(const lkg_jws *jws);

/* The header is one of those that nearly all HS256 tokens have. */
int lkg_jws_common_hs256(const lkg_jws *jws);

int lkg_jws_check(const lkg_jws *jws, lkg_hmac *mac);


/* lkg_jwks.c: public keys, by name (RFC 7517) or without names (PEM). */

typedef struct lkg_jwks  lkg_jwks;

#define LKG_JWKS_MAX      64
#define LKG_JWKS_TRIED    8     /* keys that are tried for one token */

/* One more key in PEM; *jwks is NULL at first. */
int lkg_jwks_add_pem(lkg_jwks **jwks, const char *text, size_t len,
    lkg_error *err);

/* A JWK set.  Keys that we have no use for are left out. */
int lkg_jwks_load(lkg_jwks **out, const char *json, size_t len,
    lkg_error *err);

/* What any of the keys can verify, and key number n. */
unsigned lkg_jwks_algs(const lkg_jwks *jwks);
size_t lkg_jwks_count(const lkg_jwks *jwks);
unsigned lkg_jwks_key_algs(const lkg_jwks *jwks, size_t n);

/* True for a set in which "kid" chooses. */
int lkg_jwks_named(const lkg_jwks *jwks);

int lkg_jwks_verify(const lkg_jwks *jwks, const lkg_jws *jws,
    const lkg_jws_header *header);
void lkg_jwks_free(lkg_jwks *jwks);


/*
 * lkg_jwe.c: compact JWE (RFC 7516), "alg":"dir" with A256GCM or
 * A256CBC-HS512 and a key that HKDF-SHA256 (RFC 5869) makes of a secret.
 */

typedef enum {
    LKG_JWE_A256GCM = 0,
    LKG_JWE_A256CBC_HS512
} lkg_jwe_enc;

typedef struct lkg_jwe_key  lkg_jwe_key;

int lkg_jwe_key_new(lkg_jwe_key **out, lkg_jwe_enc enc,
    const char *secret, size_t secret_len, const char *salt, size_t salt_len,
    const char *info, size_t info_len);
void lkg_jwe_key_free(lkg_jwe_key *key);

/* The RFC 7638 thumbprint (SHA-512) of the key, as Auth.js writes in "kid". */
lkg_str lkg_jwe_key_thumbprint(const lkg_jwe_key *key);

/*
 * Tries the keys in order: one that "kid" names, or, without a "kid", the
 * first; where use_kid is 0, all of them.  plain has room for len bytes.
 */
int lkg_jwe_open(unsigned char *plain, size_t *plen, lkg_jwe_key **keys,
    size_t nkeys, int use_kid, const char *token, size_t len);

/* The header of a token, which was opened before; text is what the JSON stands
 * in. */
int lkg_jwe_read(lkg_json **out, char text[LKG_JOSE_HEADER_MAX + 2],
    const char *token, size_t len);

int lkg_jwe_seal(char **out, lkg_jwe_key *key, int with_kid,
    const char *plain, size_t len);


/*
 * lkg_percent.c: percent-encoding as encodeURIComponent() has it.  dst has
 * room for len bytes, or for three times as many.  LKG_ERR_FORMAT: "%" that
 * two hexadecimal digits do not follow.
 */
int lkg_percent_decode(char *dst, size_t *dlen, const char *src, size_t len);
size_t lkg_percent_encode(char *dst, const char *src, size_t len);


/* lkg_date.c: RFC 3339 to seconds, or milliseconds, since 1970.
 * LKG_ERR_FORMAT. */
int lkg_date_parse(lkg_str text, int64_t *seconds);
int lkg_date_parse_ms(lkg_str text, int64_t *ms);


/* lkg_cookie.c: the session cookie of a request. */

#define LKG_COOKIE_CHUNKED   1      /* name.0, name.1, ... */
#define LKG_COOKIE_CHUNKED2  2      /* name__0, name__1, ... */
#define LKG_COOKIE_WHOLE     4      /* the whole, not empty, hides chunks */
#define LKG_COOKIE_SUFFIXED  8      /* name_<8 characters> comes first */

/*
 * Finds a cookie by its name, or its chunks, over all header lines.
 * On LKG_OK the value is borrowed from the headers or, where chunks were
 * joined, stands in *joined, which the caller frees.
 */
int lkg_cookie_find(lkg_str *value, char **joined, const lkg_str *headers,
    size_t nheaders, const char *name, size_t len, unsigned flags);


/* Several values of one parameter. */

#define LKG_STRINGS_MAX   8

typedef struct {
    size_t   n;
    lkg_str  values[LKG_STRINGS_MAX];
} lkg_strings;


/* lkg_claims.c: paths into claims, and what must hold of them. */

#define LKG_PATHS_MAX     8

typedef struct {
    char    *text;              /* "sub,user.id" as it was given */
    size_t   npaths;
    lkg_str  paths[LKG_PATHS_MAX];      /* point into text */
} lkg_paths;

/* LKG_ERR_INVALID: an empty path or component, or too many paths. */
int lkg_paths_set(lkg_paths *paths, const char *value, size_t len);
void lkg_paths_clear(lkg_paths *paths);

/* The first path that leads to something other than null. */
lkg_json_node lkg_claims_first(const lkg_json *claims,
    const lkg_paths *paths);

/*
 * As lkg_json_path(), and also the object that the last name was looked up
 * in, and where in the path that name begins.
 */
lkg_json_node lkg_json_resolve(const lkg_json *doc, const char *path,
    size_t len, lkg_json_node *object, size_t *last);

/* exp and nbf; LKG_ERR_EXPIRED, LKG_ERR_FORMAT. */
int lkg_claims_times(const lkg_json *claims, int64_t now, int64_t leeway,
    int64_t *expires);

/*
 * Another end that the claims may name: seconds, milliseconds where they are
 * more than 10^11, or RFC 3339.  The earlier one counts; *expires is 0 where
 * there is none yet.
 */
int lkg_claims_end(const lkg_json *claims, const lkg_paths *paths,
    int64_t now, int64_t leeway, int64_t *expires);

/* The claim is one of the values, or is an array that holds one of them;
 * no values: anything will do.  LKG_ERR_SIGNATURE. */
int lkg_claims_match(const lkg_json *claims, const char *name, size_t len,
    const lkg_strings *values, int array);


/* lkg_identity.c: LKG_ERR_IDENTITY where there is none. */

int lkg_identity_find(lkg_str *identity, char buf[LKG_IDENTITY_MAX],
    const lkg_json *claims, const lkg_paths *paths, lkg_str prefix,
    int email_unverified);

/* Name or e-mail, or none; one that is too long is cut or left out. */
lkg_str lkg_identity_name(const lkg_json *claims, const lkg_paths *paths,
    int cut);


/* lkg_buf: bounded output; over the end it only remembers that it was. */

typedef struct {
    char    *pos;
    char    *end;
    int      overflow;
} lkg_buf;

void lkg_buf_put(lkg_buf *b, const char *data, size_t len);
void lkg_buf_int(lkg_buf *b, int64_t value);

#define LKG_JSON_ESCAPED   7    /* what a byte becomes at most: \\u0001 */

/* As the inside of a JSON string, escaped "depth" times (1: JSON in a token,
 * 2: JSON that is itself a string there). */
void lkg_buf_json(lkg_buf *b, const char *data, size_t len, unsigned depth);


/* lkg_grant.c: what can stand in the claims "video", "sip", ... */

#define LKG_GRANT_PRIVILEGED   1
#define LKG_GRANT_WRITTEN      2    /* always: LiveKit may read absent as yes */

typedef enum {
    LKG_GRANT_BOOL = 0,
    LKG_GRANT_SOURCES,          /* list of track sources */
    LKG_GRANT_STRING
} lkg_grant_type;

typedef struct {
    const char      *name;      /* as LiveKit spells it */
    lkg_grant_type   type;
    unsigned         flags;
} lkg_grant_field;

/* Fields of one claim; the field without a name ends them. */
extern const lkg_grant_field  lkg_grant_video[];

/* Names that LiveKit knows, ended by NULL. */
extern const char *const  lkg_grant_sources[];
extern const char *const  lkg_grant_kinds[];
extern const char *const  lkg_grant_kind_details[];

#define LKG_GRANT_NONE     ((unsigned) -1)

/* Number of a field in its table, or LKG_GRANT_NONE. */
unsigned lkg_grant_find(const lkg_grant_field *fields, const char *name,
    size_t len);

/* The claim "video" but for the room; bit n is field n of the table. */
typedef struct {
    uint32_t         given;
    uint32_t         yes;
    uint32_t         sources;   /* bit n is lkg_grant_sources[n] */
    lkg_str          destination_room;
} lkg_grants;

/* What the token says, where the policy is silent too. */
int lkg_grants_yes(const lkg_grants *grants, const char *name, size_t len);

/* The first field that goes beyond what there may be; NULL: none. */
const char *lkg_grants_beyond(const lkg_grants *have, const lkg_grants *may);
void lkg_grants_write(lkg_buf *b, const lkg_grants *grants);

/* A JSON list of at least one name; bit n is names[n]. */
void lkg_names_write(lkg_buf *b, const char *const *names, uint32_t bits);


/* lkg_template.c: text with {variables}, compiled to segments. */

typedef enum {
    LKG_VAR_LITERAL = 0,
    LKG_VAR_IDENTITY,
    LKG_VAR_NAME,
    LKG_VAR_ROLE,
    LKG_VAR_ROOM,
    LKG_VAR_NOW,
    LKG_VAR_CLAIM               /* {claim.path} */
} lkg_var;

extern const char *const  lkg_template_vars[];      /* ended by NULL */

typedef struct {
    lkg_var          var;
    unsigned         depth;     /* of the escaping */
    size_t           start;     /* literal or path in the template's text */
    size_t           len;
} lkg_segment;

typedef struct {
    lkg_segment     *segments;
    size_t           n;
    size_t           size;
    char            *text;
    size_t           len;
    size_t           text_size;
} lkg_template;

typedef struct {
    lkg_str          value[LKG_VAR_CLAIM];          /* by lkg_var */
    const lkg_json  *claims;
} lkg_vars;

/* Appends text that is no template; depth 0: is written as it is. */
int lkg_template_literal(lkg_template *t, const char *data, size_t len,
    unsigned depth);

/* Appends a text with variables.  LKG_ERR_FORMAT: *fault is the name of a
 * variable that does not exist, or a brace that has no other. */
int lkg_template_add(lkg_template *t, const char *data, size_t len,
    unsigned depth, lkg_str *fault);

void lkg_template_write(lkg_buf *b, const lkg_template *t,
    const lkg_vars *vars);
void lkg_template_clear(lkg_template *t);


/* lkg_access.c */

#define LKG_TIME_MAX       253402300799    /* the last second of year 9999 */
#define LKG_ROLE_MAX       64              /* bytes of a role's name */

/* As lkg_access_key() has it: LKG_OK, LKG_ERR_INVALID, LKG_ERR_TOOBIG. */
int lkg_room_valid(const char *room, size_t len);


/* lkg_recording.c: an id that LiveKit made, and that we can make keys of. */
int lkg_id_plain(lkg_str id);


/* lkg_keys.c */

typedef struct {
    char            *id;
    size_t           id_len;
    char            *head;      /* {"iss":"id","sub":" */
    size_t           head_len;
    lkg_hmac        *mac;
} lkg_key;

struct lkg_keys {
    lkg_key         *keys;
    size_t           n;
};

lkg_key *lkg_keys_find(lkg_keys *keys, const char *id, size_t len);


LKG_PRIVATE_END

#endif /* LKG_PRIVATE_H */
