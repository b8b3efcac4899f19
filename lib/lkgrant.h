/*
 * lkgrant - LiveKit grant policy.
 *
 * A session cookie becomes an identity, facts about a room become a
 * decision, and a decision becomes a signed LiveKit access token.
 *
 * The library does no I/O, reads no clock, keeps no global state and logs
 * nothing.  "now" is always an argument, in seconds since the Unix epoch.
 * Objects are not locked: use an object in one thread at a time.  An object
 * may be used in a child process after fork().
 *
 * Functions that can fail return LKG_OK (0) or a negative lkg_err, which
 * lkg_strerror() names.  On failure *out is NULL.  LKG_MORE (1) is neither:
 * only those return it that say so.
 *
 * Ownership: an object that is given through "**out" is yours; free it with
 * the matching _free(), which accepts NULL and wipes what is secret.  A
 * pointer or lkg_str that is returned is borrowed and lives as long as the
 * object it came from.  Arguments are copied unless the comment says
 * "borrows".  Text is passed as bytes and length and needs no final NUL;
 * borrowed text is not NUL-terminated either.
 *
 * Structures whose members are shown here live where the caller wants them,
 * so any change of one changes the SONAME, together with the header's version.
 */

#ifndef LKGRANT_H
#define LKGRANT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LKG_VERSION        "0.1.0"
#define LKG_VERSION_HEX    0x000100

/* LKG_SHARED is set only while the shared library itself is compiled. */

#if defined(__GNUC__) && defined(LKG_SHARED)
#define LKG_API            __attribute__((visibility("default")))
#else
#define LKG_API
#endif

#if defined(__GNUC__)
#define LKG_CHECK_RESULT   __attribute__((warn_unused_result))
#else
#define LKG_CHECK_RESULT
#endif


/* Limits, in bytes unless said otherwise. */

#define LKG_IDENTITY_MAX   256     /* LiveKit max_participant_identity_length */
#define LKG_NAME_MAX       256     /* LiveKit max_participant_name_length */
#define LKG_ROOM_MAX       256     /* LiveKit limit.max_room_name_length */
#define LKG_DEVICE_MAX     32      /* the part after "~" of an identity */
#define LKG_COOKIE_MAX     65536   /* all chunks of one session together */
#define LKG_VALUE_MAX      262144  /* a session's value that is elsewhere */
#define LKG_JWKS_TEXT_MAX  262144  /* a JWK set as text */
#define LKG_CHUNKS_MAX     16      /* chunks of one session cookie */
#define LKG_TOKEN_MAX      16384   /* ceiling of the policy's token.max_size */
#define LKG_POLICY_MAX     4194304 /* policy text */
#define LKG_CLIENT_CONFIG_MAX  65536   /* a browser's configuration as text */
#define LKG_CHAT_TEXT_MAX  8192    /* ceiling of the policy's chat.max_text */
#define LKG_CHAT_PAGE_MAX  100     /* messages: ceiling of chat.page */
#define LKG_CHAT_ID_MAX    64      /* a client's id of a message */
#define LKG_STREAM_ID_BUF  48      /* lkg_stream_after() */
#define LKG_KEY_BUF        (LKG_ROOM_MAX + 16)     /* lkg_access_key() */
#define LKG_FIELD_BUF      (LKG_IDENTITY_MAX + 8)  /* lkg_access_field() */


typedef enum {
    LKG_MORE           =   1,   /* no failure: something must be fetched */
    LKG_OK             =   0,
    LKG_ERR_NOMEM      =  -1,   /* out of memory */
    LKG_ERR_INVALID    =  -2,   /* argument outside its contract */
    LKG_ERR_FORMAT     =  -3,   /* input cannot be parsed */
    LKG_ERR_SIGNATURE  =  -4,   /* not authentic, or for another reader */
    LKG_ERR_EXPIRED    =  -5,   /* authentic, but over or not begun */
    LKG_ERR_DENIED     =  -6,   /* the policy says no; lkg_decision.reason */
    LKG_ERR_CRYPTO     =  -7,   /* the crypto library failed */
    LKG_ERR_TOOBIG     =  -8,   /* input or output over a documented limit */
    LKG_ERR_ABSENT     =  -9,   /* no such session cookie in the request */
    LKG_ERR_AMBIGUOUS  = -10,   /* cookies of one name, different values */
    LKG_ERR_IDENTITY   = -11    /* a session, but nobody in it to name */
} lkg_err;

/* A sentence for an error code; never NULL, static storage. */
LKG_API const char *lkg_strerror(int err);

/* Version of the library that is running, as LKG_VERSION. */
LKG_API const char *lkg_version(void);


/* Bytes and their number.  { NULL, 0 } is "none". */
typedef struct {
    const char  *data;
    size_t       len;
} lkg_str;

#define lkg_str_lit(s)     { (s), sizeof(s) - 1 }


/*
 * Why a configuration was refused.  The caller's storage; line and column
 * count from 1 and are 0 where there is no text to point into.  The text is
 * NUL-terminated and holds no secret.
 */
typedef struct {
    unsigned     line;
    unsigned     column;
    char         text[232];
} lkg_error;


/*
 * JSON, as RFC 8259 has it and no looser: UTF-8 is checked, duplicate keys,
 * NUL in strings, and more than 64 levels are refused, integers must fit in
 * 64 bits.  Accepts what jansson accepts with JSON_REJECT_DUPLICATES and
 * gives the same values.
 *
 * A node is a position in the document; 0 is the root.  LKG_JSON_NONE means
 * "there is none" and is accepted by every function as an argument.
 */
typedef struct lkg_json  lkg_json;
typedef uint32_t         lkg_json_node;

#define LKG_JSON_NONE      ((lkg_json_node) -1)
#define LKG_JSON_ROOT      ((lkg_json_node) 0)

typedef enum {
    LKG_JSON_ABSENT = 0,
    LKG_JSON_NULL,
    LKG_JSON_FALSE,
    LKG_JSON_TRUE,
    LKG_JSON_INTEGER,
    LKG_JSON_REAL,
    LKG_JSON_STRING,
    LKG_JSON_ARRAY,
    LKG_JSON_OBJECT
} lkg_json_type;

/*
 * Parses one document; white space may surround it.  Borrows the text: it
 * must stay unchanged until the document is freed.
 * LKG_ERR_FORMAT, LKG_ERR_TOOBIG (more than max_nodes values and keys; 0:
 * 4096), LKG_ERR_NOMEM.
 */
LKG_API int lkg_json_parse(lkg_json **out, const char *text, size_t len,
    uint32_t max_nodes) LKG_CHECK_RESULT;
LKG_API void lkg_json_free(lkg_json *doc);

LKG_API lkg_json_type lkg_json_typeof(const lkg_json *doc, lkg_json_node n);

/* Member of an object by name, or LKG_JSON_NONE. */
LKG_API lkg_json_node lkg_json_get(const lkg_json *doc, lkg_json_node object,
    const char *key, size_t len);

/*
 * Member by a dotted path ("user.id") from the root, or LKG_JSON_NONE.  In
 * each object a member whose name is all of the rest of the path is tried
 * first, so that "https://example.com/id" names a claim, too.
 */
LKG_API lkg_json_node lkg_json_path(const lkg_json *doc, const char *path,
    size_t len);

/*
 * Walks an array's elements or an object's members: first child, then the
 * next sibling, LKG_JSON_NONE at the end.  lkg_json_key() is the name of a
 * member, { NULL, 0 } for an element.
 */
LKG_API lkg_json_node lkg_json_first(const lkg_json *doc, lkg_json_node n);
LKG_API lkg_json_node lkg_json_next(const lkg_json *doc, lkg_json_node n);
LKG_API lkg_str lkg_json_key(const lkg_json *doc, lkg_json_node n);

/* Value of a string, unescaped; { NULL, 0 } if it is not a string. */
LKG_API lkg_str lkg_json_string(const lkg_json *doc, lkg_json_node n);

/* The bytes of a value as they stand in the text. */
LKG_API lkg_str lkg_json_raw(const lkg_json *doc, lkg_json_node n);

/* Value of an integer, or of a real cut to one; LKG_ERR_FORMAT otherwise. */
LKG_API int lkg_json_int(const lkg_json *doc, lkg_json_node n, int64_t *value)
    LKG_CHECK_RESULT;


/*
 * How the application's session is found: a preset and parameters.
 *
 * The cookie is the session.  "next-auth" (next-auth 4), "authjs" (Auth.js
 * 5), "auth0" and "auth0-v3" (nextjs-auth0 4 and 3): encrypted tokens (RFC
 * 7516).  "jwt", "clerk", "supabase" and "firebase": signed ones (RFC 7515).
 *
 * The cookie names a session that the application keeps elsewhere, as JSON.
 * "express" (express-session) and "better-auth": a signed id.  "redis": an
 * id of 16 to 128 letters, digits, "-" and "_".
 *
 * "introspect": the application is asked, and answers with JSON.
 *
 * Parameters of all: cookie= (needed by "jwt" without bearer, and "redis"),
 * identity=, name=, email=, expires= (each a comma-separated list of claim
 * paths as lkg_json_path() takes them; the first that is there wins),
 * prefix= (put before the identity), leeway= (seconds, 0 to 300),
 * email_unverified (no value: an e-mail that the session does not call
 * verified may serve as the identity).  cookie= is repeatable but for "jwt"
 * and "supabase".  expires= leads to seconds since 1970, to milliseconds
 * where they are more than 10^11, or to text as RFC 3339 has it.
 *
 * Encrypted: secret= (repeatable), salt=, info=, enc=.
 * Signed: alg= (comma-separated), bearer (no value: Authorization: Bearer is
 * read, too), iss=, aud=, azp= (repeatable: any of them), and the keys:
 * either secret= (repeatable; HS256, HS384, HS512), or key= (repeatable; PEM
 * text of a public key or a certificate), or jwks= (JSON text of a JWK set
 * without secrets, where a token's "kid" picks the key).  Without alg=: HS256
 * for secrets; for keys RS256, ES256, ES384, ES512 and EdDSA, as far as the
 * key's type allows.  "clerk" and "firebase" take RS256 only, "supabase"
 * HS256, RS256 and ES256.  "supabase": ref= (instead of cookie=), and
 * aud=authenticated unless another is given.  "firebase": project= (needed,
 * instead of iss= and aud=).
 * Signed id: secret= (repeatable).  "express" and "redis": user= (the claim
 * path of what leads to a second value, with name and e-mail).
 */
typedef struct lkg_session_conf  lkg_session_conf;
typedef struct lkg_session       lkg_session;

/* Begins a configuration.  LKG_ERR_INVALID: no such preset; err names those
 * there are.  err may be NULL. */
LKG_API int lkg_session_conf_new(lkg_session_conf **out, const char *preset,
    size_t len, lkg_error *err) LKG_CHECK_RESULT;

/*
 * Sets one parameter.  A parameter without a value is given with value NULL.
 * LKG_ERR_INVALID: unknown, empty, or out of range; err tells.  The value is
 * copied; a secret is kept in memory that is wiped when the conf is freed.
 */
LKG_API int lkg_session_conf_set(lkg_session_conf *conf,
    const char *name, size_t nlen, const char *value, size_t vlen,
    lkg_error *err) LKG_CHECK_RESULT;

/*
 * Ends the configuration: checks that nothing is missing and derives the
 * keys (RFC 5869 HKDF for the encrypted cookies).  Must succeed before
 * lkg_session_open().
 */
LKG_API int lkg_session_conf_ready(lkg_session_conf *conf, lkg_error *err)
    LKG_CHECK_RESULT;

/* True where a secret is shorter than 32 bytes (RFC 7518, section 3.2). */
LKG_API int lkg_session_conf_weak(const lkg_session_conf *conf);

typedef enum {
    LKG_SESSION_COOKIE = 0,     /* lkg_session_open() says who it is */
    LKG_SESSION_STORED,         /* it gives an id, whose value is needed */
    LKG_SESSION_ASK             /* the application must be asked */
} lkg_session_mechanism;

LKG_API lkg_session_mechanism lkg_session_conf_mechanism(
    const lkg_session_conf *conf);

/*
 * LKG_SESSION_STORED: what stands before the id in the key of the value where
 * the framework is left to its defaults, "sess:" for one; NULL where there is
 * no default.
 */
LKG_API const char *lkg_session_conf_default_key(
    const lkg_session_conf *conf);

/* What follows it, before lkg_session_user(), in the key of a second value
 * that the framework itself has: "revoked-sessions-before-"; NULL: none. */
LKG_API const char *lkg_session_conf_default_user_key(
    const lkg_session_conf *conf);

/*
 * Replaces the JWK set of a conf that is ready and was given jwks=.  On
 * failure the old one stays.  LKG_ERR_FORMAT, LKG_ERR_TOOBIG, LKG_ERR_NOMEM;
 * LKG_ERR_INVALID: the conf has no jwks=, or the set no key for it.
 */
LKG_API int lkg_session_conf_set_jwks(lkg_session_conf *conf,
    const char *json, size_t len, lkg_error *err) LKG_CHECK_RESULT;

LKG_API void lkg_session_conf_free(lkg_session_conf *conf);

/* What of a request can carry a session.  Borrowed during the call. */
typedef struct {
    const lkg_str  *cookies;        /* values of the Cookie header lines */
    size_t          ncookies;
    lkg_str         authorization;  /* value of Authorization */
} lkg_session_input;

/*
 * Opens the session of a request: finds the cookie (joining its chunks),
 * checks its signature or decrypts it (RFC 7515, RFC 7516), checks exp, nbf
 * and the configured iss, aud and azp, and finds the identity.
 *
 * LKG_MORE: *out is a pending session.  LKG_SESSION_STORED: the value of
 * lkg_session_id() is needed; LKG_SESSION_ASK: the application's answer.
 * lkg_session_complete() takes it.
 *
 * LKG_ERR_ABSENT: nothing there for this conf.  That is also a cookie of the
 * right name in the form of another mechanism: to the signed and encrypted
 * presets a token of the other kind (two dots or four), or an id ("s:" and
 * express's signature, or no dot at all); to those with an id a token.  So
 * several confs can be tried in turn, and only one of them fails.
 * LKG_ERR_AMBIGUOUS, LKG_ERR_TOOBIG, LKG_ERR_FORMAT, LKG_ERR_SIGNATURE,
 * LKG_ERR_EXPIRED, LKG_ERR_IDENTITY: there, but not good.  A caller should
 * answer all of these alike.  LKG_ERR_NOMEM, LKG_ERR_CRYPTO: could not be
 * checked.
 *
 * The conf is used as scratch space for the crypto contexts, so one conf
 * serves one thread at a time; the session does not need it afterwards.
 */
LKG_API int lkg_session_open(lkg_session **out, lkg_session_conf *conf,
    const lkg_session_input *in, int64_t now) LKG_CHECK_RESULT;

/*
 * Goes on with a pending session of this conf: the value is JSON text, or
 * NULL where there is none.  The text is copied.
 *
 * LKG_OK: the session is open.  LKG_MORE: user= led to another value, that of
 * lkg_session_user(); call once more.  If that one is NULL, the session has
 * no more of a name than the first value gave it.  "better-auth" wants to know
 * so since when the sessions of the user are revoked; NULL: they are not.
 *
 * LKG_ERR_EXPIRED: there is no value, or it is over.  LKG_ERR_ABSENT: the
 * application answered with nothing, null or {}: nobody is signed in.
 * LKG_ERR_FORMAT, LKG_ERR_TOOBIG (LKG_VALUE_MAX), LKG_ERR_IDENTITY,
 * LKG_ERR_NOMEM: as above.  LKG_ERR_INVALID: the session is not pending.
 * A session that failed is good for nothing but lkg_session_free().
 */
LKG_API int lkg_session_complete(lkg_session *s, lkg_session_conf *conf,
    const char *json, size_t len, int64_t now) LKG_CHECK_RESULT;

/*
 * Brings the end of a session forward, pending or open: to when a key in Redis
 * will be forgotten, for one.  A later end changes nothing.  LKG_ERR_EXPIRED:
 * it is over; LKG_ERR_INVALID: the session has failed.
 */
LKG_API int lkg_session_limit(lkg_session *s, int64_t end, int64_t now)
    LKG_CHECK_RESULT;

/*
 * Makes a cookie that lkg_session_open() accepts, from claims as JSON text,
 * for tests and tools.  *out is "name=value; name=value", NUL-terminated,
 * freed with lkg_free().  iat, exp and jti must be in the claims if wanted;
 * "express", "better-auth" and "redis" want no more than {"id":"..."}.
 * The first secret and the first cookie name are used; a long value is cut
 * into chunks where the preset does so.  Without a cookie name (bearer only)
 * *out is "Bearer <token>".  LKG_ERR_INVALID: the conf has no secret to make
 * one with, or is of "introspect" or "auth0-v3".
 */
LKG_API int lkg_session_make(char **out, lkg_session_conf *conf,
    const char *claims, size_t len) LKG_CHECK_RESULT;

/*
 * The identity is never empty, and the end, in seconds since 1970, is only 0
 * (not known) where the session is kept elsewhere.  The id is that of the
 * cookie, or the claim jti (Clerk: sid, Supabase: session_id, Auth0:
 * internal.sid).  A session that is pending has an id at most before its
 * first value has come: no identity, and no claims (NULL).
 */
LKG_API lkg_str lkg_session_identity(const lkg_session *s);
LKG_API lkg_str lkg_session_name(const lkg_session *s);     /* may be empty */
LKG_API lkg_str lkg_session_email(const lkg_session *s);    /* may be empty */
LKG_API lkg_str lkg_session_id(const lkg_session *s);       /* may be empty */
LKG_API lkg_str lkg_session_user(const lkg_session *s);     /* may be empty */
LKG_API int64_t lkg_session_expires(const lkg_session *s);
LKG_API const lkg_json *lkg_session_claims(const lkg_session *s);
LKG_API void lkg_session_free(lkg_session *s);

/*
 * A cache for what lkg_session_complete() is given, unreadable without the
 * request that it is for.  An answer is found by the name and opened with the
 * key; both are SHA-256 over the parts of the request and their lengths.
 */
#define LKG_SEAL_NAME      32
#define LKG_SEAL_EXTRA     28      /* bytes that become more */

typedef struct {
    unsigned char  name[LKG_SEAL_NAME];
    unsigned char  key[32];
} lkg_seal;

LKG_API int lkg_seal_init(lkg_seal *seal, const lkg_str *parts, size_t n)
    LKG_CHECK_RESULT;
LKG_API void lkg_seal_clear(lkg_seal *seal);    /* wipes it */

/* sealed has room for len + LKG_SEAL_EXTRA bytes, and text for as many less.
 * LKG_ERR_TOOBIG: over LKG_VALUE_MAX; LKG_ERR_SIGNATURE: not what was sealed;
 * LKG_ERR_FORMAT: too short or too long for that. */
LKG_API int lkg_seal_close(const lkg_seal *seal, unsigned char *sealed,
    const void *text, size_t len) LKG_CHECK_RESULT;
LKG_API int lkg_seal_open(const lkg_seal *seal, void *text,
    const unsigned char *sealed, size_t len) LKG_CHECK_RESULT;

/*
 * True where the bytes can be a LiveKit identity that comes from a session:
 * 1 to 256 bytes of UTF-8 without control characters, "#" (LiveKit appends
 * to it) and "~" (which parts the device).
 */
LKG_API int lkg_identity_valid(const char *identity, size_t len);

/* The identity without what stands behind "#" or "~". */
LKG_API lkg_str lkg_identity_base(const char *identity, size_t len);


/*
 * Policy: what each role may do, in which room (examples/policy.json and
 * examples/policy.schema.json show the format).  Immutable once loaded.
 */
typedef struct lkg_policy  lkg_policy;
typedef struct lkg_role    lkg_role;

/* Loads a policy from JSON text.  LKG_ERR_FORMAT: err has line and column of
 * the fault and says what would be right.  err may be NULL. */
LKG_API int lkg_policy_load(lkg_policy **out, const char *json, size_t len,
    lkg_error *err) LKG_CHECK_RESULT;
LKG_API void lkg_policy_free(lkg_policy *policy);

/* Number of roles, and a role by number; its name and, as JSON text, the
 * grants it has outside any override. */
LKG_API size_t lkg_policy_roles(const lkg_policy *policy);
LKG_API const lkg_role *lkg_policy_role(const lkg_policy *policy, size_t i);
LKG_API lkg_str lkg_role_name(const lkg_role *role);
LKG_API lkg_str lkg_role_grants(const lkg_role *role);

/* True where a token of this role could do more than join a room and talk. */
LKG_API int lkg_role_privileged(const lkg_role *role);

/* True where the policy decides for people without any membership. */
LKG_API int lkg_policy_has_default_role(const lkg_policy *policy);

/* True where the policy accepts "participant_name" or "participant_metadata"
 * from a client. */
LKG_API int lkg_policy_accepts(const lkg_policy *policy, const char *field,
    size_t len);

/* The action's number for lkg_ask.action: "record", "moderate", "announce".
 * Any other is LKG_ACTION_UNKNOWN, which no role has. */
#define LKG_ACTION_UNKNOWN (1u << 31)

LKG_API unsigned lkg_action(const char *name, size_t len);


/* True where the role has all of these actions, bits of lkg_action(). */
LKG_API int lkg_role_may(const lkg_role *role, unsigned action);

/* A role by name, as it is in this room, or NULL; and the role of people
 * without any membership, outside any override, or NULL. */
LKG_API const lkg_role *lkg_policy_role_named(const lkg_policy *policy,
    lkg_str room, lkg_str name);
LKG_API const lkg_role *lkg_policy_default_role(const lkg_policy *policy);

/*
 * True where somebody of the first role may make somebody else one of the
 * second: it moderates, the other has no action that it lacks, and is not
 * privileged.
 */
LKG_API int lkg_role_may_give(const lkg_role *giver, const lkg_role *role);

/*
 * True where somebody of the first role may moderate somebody of the second:
 * one that does not moderate, or that has some of its actions and no others.
 */
LKG_API int lkg_role_may_moderate(const lkg_role *moderator,
    const lkg_role *role);

/*
 * What the role is to LiveKit while somebody is in the room: the JSON of
 * UpdateParticipant's "permission", which replaces all that was there, with
 * every field written out.  Returns the length; no NUL is written.
 * LKG_ERR_TOOBIG: it takes more than size; LKG_PERMISSION_BUF is enough.
 */
#define LKG_PERMISSION_BUF 384

LKG_API int lkg_role_permission(char *buf, size_t size, const lkg_role *role)
    LKG_CHECK_RESULT;


/*
 * Chat: the policy's section "chat" says which types of messages there are,
 * which of them are kept, and who may send them.  The limits and the types
 * are borrowed from the policy.
 */
typedef struct lkg_chat_type  lkg_chat_type;

typedef struct {
    int32_t      max_text;      /* bytes of a message */
    int32_t      max_stored;    /* messages that are kept of a room */
    int32_t      page;          /* messages that are read at a time */
} lkg_chat_limits;

LKG_API const lkg_chat_limits *lkg_policy_chat(const lkg_policy *policy);

/* A type by its name or its number from 0, or NULL. */
LKG_API const lkg_chat_type *lkg_chat_type_find(const lkg_policy *policy,
    const char *name, size_t len);
LKG_API const lkg_chat_type *lkg_chat_type_number(const lkg_policy *policy,
    size_t i);
LKG_API lkg_str lkg_chat_type_name(const lkg_chat_type *type);

/* True where messages of the type are kept, and can be taken away again. */
LKG_API int lkg_chat_type_stored(const lkg_chat_type *type);
LKG_API int lkg_chat_type_pin(const lkg_chat_type *type);

/* True where the role, lkg_decision.role, may send messages of the type. */
LKG_API int lkg_chat_may_send(const lkg_chat_type *type,
    const lkg_role *role);

/* The type by which a pin is taken away; no type of a policy has this name. */
#define LKG_CHAT_UNPIN     "unpin"

/* True for an id that a client may give a message: 1 to LKG_CHAT_ID_MAX
 * letters, digits, "_" and "-". */
LKG_API int lkg_chat_id_valid(const char *id, size_t len);

/*
 * A message as JSON, with {"timestamp", "id", "clientId", "roomName",
 * "senderId", "senderName", "senderRole", "type", "message"}; a text that is
 * { NULL, 0 } becomes null.  It can stand in HTML and in a script: <, >, &,
 * U+2028 and U+2029 are escaped.  Returns the length; no NUL is written.
 * LKG_ERR_TOOBIG: it takes more than size.
 */
typedef struct {
    int64_t      time;          /* milliseconds since 1970 */
    lkg_str      id;            /* of the entry that is kept */
    lkg_str      client_id;
    lkg_str      room;
    lkg_str      sender;
    lkg_str      name;
    lkg_str      role;
    lkg_str      type;
    lkg_str      text;
} lkg_chat_message;

LKG_API int lkg_chat_write(char *buf, size_t size, const lkg_chat_message *m)
    LKG_CHECK_RESULT;

/* The id of an entry in a stream of Redis: "1800000000000-0", or its time
 * alone.  LKG_ERR_FORMAT. */
LKG_API int lkg_stream_id(const char *id, size_t len, int64_t *ms,
    int64_t *seq) LKG_CHECK_RESULT;

/* The least id after this one, for XRANGE; buf has LKG_STREAM_ID_BUF bytes.
 * Returns the length, or LKG_ERR_FORMAT. */
LKG_API int lkg_stream_after(char *buf, size_t size, const char *id,
    size_t len) LKG_CHECK_RESULT;


/*
 * Statistics of clients: a batch is {"samples": [...]}, an array, or one
 * sample.  A sample has some of "connectionQuality" (or "type" with that as
 * its value, and the quality as "value"), "participantCount", "bitrate",
 * "packetLoss" (percent), "jitter" and "rtt" (milliseconds), and "stats" with
 * "bandwidth" { "upload", "download" }, "packets" { "sent", "received",
 * "lost" }, "latency", and the four numbers.
 */
#define LKG_METRICS_MAX        100      /* samples of a batch */
#define LKG_METRICS_QUALITIES  5

typedef enum {
    LKG_METRICS_BITRATE = 0,
    LKG_METRICS_LOSS,
    LKG_METRICS_JITTER,
    LKG_METRICS_RTT,
    LKG_METRICS_SUMS
} lkg_metrics_sum;

typedef struct {
    unsigned     samples;
    unsigned     quality[LKG_METRICS_QUALITIES];
    unsigned     count[LKG_METRICS_SUMS];
    int64_t      sum[LKG_METRICS_SUMS];
} lkg_metrics;

/* "excellent", "good", ...; "bitrate", "packet_loss", ...; or NULL. */
LKG_API const char *lkg_metrics_quality_name(unsigned i);
LKG_API const char *lkg_metrics_sum_name(unsigned i);

/*
 * Writes the samples of a batch, each as a line of JSON, without what is not
 * named above and with what is as the client wrote it.  Returns the length,
 * at most that of the text and one.  LKG_ERR_FORMAT: a member of a wrong type
 * or size, or nothing that is known; LKG_ERR_TOOBIG: more samples or more text
 * than may be.
 */
LKG_API int lkg_metrics_read(char *buf, size_t size, lkg_metrics *total,
    const lkg_json *doc) LKG_CHECK_RESULT;


/*
 * Facts about one person and one room, as they stand in Redis.
 *
 * The default schema is one hash per room, lkg:room:{<room>}, with the
 * fields "state", "m:<identity>", "b:<identity>" and "d:<identity>".
 */
typedef enum {
    LKG_FACT_STATE = 0,   /* "open" or absent: open; else closed */
    LKG_FACT_MEMBER,      /* role, optionally ";exp=<unix time>" */
    LKG_FACT_BAN,         /* banned until unix time, 0: for ever */
    LKG_FACT_KICK,        /* kicked: nothing issued until unix time */
    LKG_FACT_ROLE,        /* role as plain text (custom source) */
    LKG_FACT_ALLOW,       /* yes or no; no: refused */
    LKG_FACT_DENY,        /* yes or no; yes: refused */
    LKG_FACT_EXPIRES      /* unix time at which access ends */
} lkg_fact;

/* Transparent so that it can live on the stack; set it with the functions.
 * The role borrows the value that was given to lkg_access_set(). */
typedef struct {
    unsigned     seen;              /* bits: 1 << lkg_fact */
    unsigned     closed:1;
    unsigned     banned:1;          /* for ever, or until banned_until */
    unsigned     kicked:1;
    unsigned     allow:1;
    unsigned     deny:1;
    unsigned     bad:1;             /* a value could not be understood */
    int64_t      banned_until;      /* 0: for ever */
    int64_t      kicked_until;
    int64_t      member_expires;    /* 0: never */
    int64_t      expires;           /* 0: never */
    lkg_str      role;
} lkg_access;

/* The room's key; buf has at least LKG_KEY_BUF bytes.  Returns the length,
 * LKG_ERR_INVALID for an empty room or one with "{", "}" or control bytes,
 * LKG_ERR_TOOBIG over LKG_ROOM_MAX. */
LKG_API int lkg_access_key(char *buf, size_t size, const char *room,
    size_t len) LKG_CHECK_RESULT;

/* A field's name for LKG_FACT_STATE to LKG_FACT_KICK; buf has at least
 * LKG_FIELD_BUF bytes.  Returns the length or an error as above. */
LKG_API int lkg_access_field(char *buf, size_t size, lkg_fact fact,
    const char *identity, size_t len) LKG_CHECK_RESULT;

/* Forgets everything. */
LKG_API void lkg_access_init(lkg_access *access);

/*
 * Takes in one value; value NULL: there is none.  LKG_ERR_FORMAT: a value
 * that cannot be understood, and so must not be taken for a yes or a no; the
 * facts are then of no use any more.  Of several values for one fact the one
 * that allows less counts; two different roles are LKG_ERR_FORMAT.
 * "allow" and "deny": nothing, "0" and "false" are no, for "allow" also "no",
 * "off" and negative numbers; everything else is yes.
 * Borrows the value of a role.
 */
LKG_API int lkg_access_set(lkg_access *access, lkg_fact fact,
    const char *value, size_t len) LKG_CHECK_RESULT;


/*
 * The question, and the answer.  LKG_ASK_INIT sets .size, by which a library
 * that does not fit the header is found out.  Everything is borrowed.
 */
typedef struct {
    size_t                size;
    int64_t               now;
    const lkg_session    *session;             /* or, where there is none: */
    lkg_str               identity;
    lkg_str               name;
    int64_t               session_expires;     /* 0: never */
    lkg_str               room;
    const lkg_access     *access;              /* NULL: no facts are kept */
    unsigned              action;              /* 0, or lkg_action() */
    /* what the client asks for: it can take away, never add */
    lkg_str               role;
    lkg_str               participant_identity;
    lkg_str               participant_name;
    lkg_str               participant_metadata;
    const lkg_json       *body;                /* holds the two nodes below */
    lkg_json_node         participant_attributes;
    lkg_json_node         room_config;
} lkg_ask;

#define LKG_ASK_INIT                                                         \
    { sizeof(lkg_ask), 0, NULL, { NULL, 0 }, { NULL, 0 }, 0, { NULL, 0 },    \
      NULL, 0, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, NULL,     \
      LKG_JSON_NONE, LKG_JSON_NONE }

typedef enum {
    LKG_ALLOWED = 0,
    LKG_BANNED,             /* b:<identity> */
    LKG_KICKED,             /* d:<identity> */
    LKG_ROOM_CLOSED,        /* state */
    LKG_NOT_ALLOWED,        /* fact "deny" says yes, or "allow" says no */
    LKG_NOT_MEMBER,         /* no role, and the policy has no default_role */
    LKG_MEMBER_EXPIRED,     /* membership or fact "expires" is over */
    LKG_SESSION_EXPIRED,    /* nothing is left of the session */
    LKG_ROLE_UNKNOWN,       /* a role that the policy does not name */
    LKG_ROLE_NOT_TAKEN,     /* role asked for is not in may_take */
    LKG_ACTION_NOT_ALLOWED, /* the role lacks the action */
    LKG_IDENTITY_INVALID,   /* identity that LiveKit or we could not keep */
    LKG_IDENTITY_MISMATCH,  /* participant_identity of somebody else */
    LKG_FORBIDDEN_FIELD,    /* a field that "accept" does not name: .field */
    LKG_BAD_FIELD,          /* an accepted field with a wrong value: .field */
    LKG_NO_JOIN,            /* a token without roomJoin */
    LKG_NOT_PARTICIPANT,    /* a token of another kind: agent, egress, ... */
    LKG_ROOM_INVALID,       /* a token for a room that can have no facts */
    LKG_MORE_GRANTS         /* a token that grants too much: .field */
} lkg_reason;

/* "allowed", "banned", "kicked", ...: short, for logs; static storage. */
LKG_API const char *lkg_reason_name(lkg_reason reason);

typedef struct {
    lkg_reason       reason;
    const lkg_role  *role;       /* the role that was decided on, or NULL */
    lkg_str          device;     /* accepted device, borrowed from the ask */
    const char      *field;      /* static storage, or NULL */
    int64_t          expires;    /* exp of a token minted now */
} lkg_decision;

/*
 * Decides.  LKG_OK: allowed.  LKG_ERR_DENIED: out->reason says why.
 * LKG_ERR_INVALID: the ask breaks its contract; so do facts in which state,
 * ban or kick was not set, or a value was not understood.  Allocates nothing.
 *
 * exp is the earliest of now + ttl, the session's end, the membership's end
 * and the fact "expires".
 */
LKG_API int lkg_decide(lkg_decision *out, const lkg_policy *policy,
    const lkg_ask *ask) LKG_CHECK_RESULT;


/*
 * LiveKit API keys: the first signs, all verify.  HS256 (RFC 7518, section
 * 3.2) with the bytes of the secret, and nothing else.
 */
typedef struct lkg_keys  lkg_keys;

LKG_API int lkg_keys_new(lkg_keys **out) LKG_CHECK_RESULT;

/* LKG_ERR_INVALID: empty id or secret, or an id that is there already. */
LKG_API int lkg_keys_add(lkg_keys *keys, const char *id, size_t ilen,
    const void *secret, size_t slen) LKG_CHECK_RESULT;

LKG_API void lkg_keys_free(lkg_keys *keys);


/*
 * Mints the token of an allowed decision into buf, with the same policy and
 * ask that were decided on: claims iss, sub, nbf, iat, exp, name, metadata,
 * attributes, video and the others that the policy gives (LiveKit protocol,
 * auth/grants.go ClaimGrants).  *len is its length; no NUL is written.
 *
 * LKG_ERR_TOOBIG: over the policy's token.max_size, or over size.
 * LKG_ERR_INVALID: the decision was not "allowed", or there is no key.
 */
LKG_API int lkg_token_mint(char *buf, size_t size, size_t *len,
    const lkg_policy *policy, const lkg_ask *ask,
    const lkg_decision *decision, lkg_keys *keys) LKG_CHECK_RESULT;

/*
 * Mints a token for a call of LiveKit's own API, good for LKG_SERVER_TTL
 * seconds and for nothing but its one grant.  It is for servers: none of
 * these may ever reach a browser.  The room is roomAdmin's; it must be
 * { NULL, 0 } with the others, which are good for every room.
 *
 * LKG_ERR_INVALID: no key, a grant that there is not, a room that there
 * cannot be, or one too many.  LKG_ERR_TOOBIG: over size.
 */
#define LKG_SERVER_TTL     60

typedef enum {
    LKG_SERVER_ROOM_ADMIN = 0,  /* participants, tracks and data of a room */
    LKG_SERVER_ROOM_RECORD,     /* egress */
    LKG_SERVER_ROOM_CREATE,     /* making and deleting rooms */
    LKG_SERVER_ROOM_LIST
} lkg_server_grant;

LKG_API int lkg_token_server(char *buf, size_t size, size_t *len,
    lkg_keys *keys, lkg_server_grant grant, lkg_str room, int64_t now)
    LKG_CHECK_RESULT;

/*
 * Verifies a LiveKit token: HS256 by any of the keys, chosen by iss; exp is
 * required; 60 s leeway for exp and nbf, as LiveKit has (auth/verifier.go).
 * LKG_ERR_FORMAT, LKG_ERR_SIGNATURE, LKG_ERR_EXPIRED, LKG_ERR_NOMEM.
 */
typedef struct lkg_token  lkg_token;

LKG_API int lkg_token_verify(lkg_token **out, lkg_keys *keys,
    const char *token, size_t len, int64_t now) LKG_CHECK_RESULT;

/* Reads a token without checking anything, to show it.  Trust nothing. */
LKG_API int lkg_token_decode(lkg_token **out, const char *token, size_t len)
    LKG_CHECK_RESULT;

LKG_API const lkg_json *lkg_token_claims(const lkg_token *token);
LKG_API const lkg_json *lkg_token_header(const lkg_token *token);
LKG_API void lkg_token_free(lkg_token *token);


/*
 * The guard: may the bearer of a token connect to LiveKit now?  For whoever
 * stands in front of LiveKit, which takes a token until it expires and renews
 * it for those who are connected.
 *
 *     lkg_token_verify()   is the token good?
 *     lkg_guard_read()     whose is it, for which room?  Now get the facts.
 *     lkg_guard_decide()   may it be used?
 */
typedef struct {
    const lkg_token  *token;     /* borrowed, as are the texts */
    lkg_str           identity;  /* without what stands behind "#" and "~" */
    lkg_str           device;    /* what stands between them */
    lkg_str           room;
    int64_t           nbf;       /* 0 where the token has none */
} lkg_guest;

/* LKG_ERR_DENIED: *reason is LKG_NO_JOIN, LKG_NOT_PARTICIPANT,
 * LKG_IDENTITY_INVALID or LKG_ROOM_INVALID.  LKG_ERR_FORMAT: claims that
 * LiveKit would not take, or could read otherwise: of a wrong type, or with
 * the name of a known one in other case. */
LKG_API int lkg_guard_read(lkg_guest *guest, const lkg_token *token,
    lkg_reason *reason) LKG_CHECK_RESULT;

/*
 * With a policy: LKG_OK where a member may have this token, in its own role
 * or one that it may take; out->role is the role.  LKG_ERR_DENIED: what
 * lkg_decide() would say against the member, LKG_KICKED also for a token
 * whose nbf is at or before the kick, LKG_IDENTITY_MISMATCH for a device that
 * the policy does not let join, or LKG_MORE_GRANTS.  Name, metadata and
 * attributes are not looked at.
 *
 * With policy NULL only bans, kicks and closed rooms count, and only their
 * facts are needed.  LKG_ERR_INVALID: as with lkg_decide(), or access NULL.
 */
LKG_API int lkg_guard_decide(lkg_decision *out, const lkg_policy *policy,
    const lkg_guest *guest, const lkg_access *access, int64_t now)
    LKG_CHECK_RESULT;


/*
 * Checks the runtime configuration of browsers (examples/client-config.json
 * and examples/client-config.schema.json show the format).  *out is its JSON
 * without white space, NUL-terminated, freed with lkg_free().
 *
 * LKG_ERR_FORMAT: err has line and column of the fault: an unknown key, a
 * wrong value, a name that sounds like a secret, or one of the secrets given,
 * which the message does not show.  LKG_ERR_TOOBIG, LKG_ERR_NOMEM.
 * The secrets are borrowed during the call; err may be NULL.
 */
LKG_API int lkg_client_config_load(char **out, const char *json, size_t len,
    const lkg_str *secrets, size_t nsecrets, lkg_error *err) LKG_CHECK_RESULT;


/*
 * Recordings, as LiveKit reports them: the node is an EgressInfo, in a webhook
 * or in an answer of its API.  Times are milliseconds since 1970 and 0 where
 * they are not known; texts are none where they could not be shown.
 */
#define LKG_ID_MAX              64      /* A-Z, a-z, 0-9, "_" and "-" */
#define LKG_RECORDING_TEXT_MAX  1024

typedef enum {
    LKG_RECORDING_STARTING = 0,
    LKG_RECORDING_ACTIVE,
    LKG_RECORDING_ENDING,
    LKG_RECORDING_COMPLETE,             /* this one and those below: over */
    LKG_RECORDING_FAILED,
    LKG_RECORDING_ABORTED,
    LKG_RECORDING_LIMIT_REACHED,
    LKG_RECORDING_UNKNOWN
} lkg_recording_state;

typedef struct {
    lkg_str              id;            /* egress id; empty: there is none */
    lkg_str              room;
    lkg_recording_state  state;
    int                  whole;         /* the room, into a file */
    int64_t              started_at;
    int64_t              ended_at;
    int64_t              duration;      /* milliseconds */
    int64_t              size;          /* bytes */
    lkg_str              file;          /* name in the storage */
    lkg_str              error;         /* may name storage: not for clients */
} lkg_recording;

/* LKG_ERR_FORMAT: no EgressInfo, or one with an id, room or status that we do
 * not know how to keep.  Borrows from the document. */
LKG_API int lkg_recording_read(lkg_recording *out, const lkg_json *doc,
    lkg_json_node info) LKG_CHECK_RESULT;

/*
 * How the policy's section "recording" wants a room to be recorded: the JSON
 * of LiveKit's RoomCompositeEgressRequest.  The id makes the file's name
 * unique; it has the characters of LKG_ID_MAX.  Where the storage is S3, it
 * holds the secrets: wipe it.  LKG_ERR_TOOBIG: over size (LKG_REQUEST_MAX is
 * enough), or a path over 1024 bytes.  LKG_ERR_INVALID: a room or an id that
 * cannot be.
 */
#define LKG_REQUEST_MAX  16384

typedef enum {
    LKG_S3_ACCESS_KEY = 0,
    LKG_S3_SECRET
} lkg_s3_secret;

typedef struct {
    lkg_str  room;
    lkg_str  id;
    int64_t  now;
    lkg_str  secrets[2];        /* by lkg_s3_secret */
} lkg_recording_ask;

LKG_API int lkg_recording_request(char *buf, size_t size, size_t *len,
    const lkg_policy *policy, const lkg_recording_ask *ask) LKG_CHECK_RESULT;

/* Where the policy says that a secret stands: "file:/path", "env:NAME" or
 * nothing.  The library opens neither. */
LKG_API lkg_str lkg_policy_recording_secret(const lkg_policy *policy,
    lkg_s3_secret which);

/* "starting", "active", "limit_reached", ...; static storage. */
LKG_API const char *lkg_recording_state_name(lkg_recording_state state);

/* The identity, without device, of a ParticipantInfo; LKG_ERR_DENIED: a
 * recorder or an agent.  LKG_ERR_IDENTITY.  Borrows from the document. */
LKG_API int lkg_participant_read(lkg_str *person, const lkg_json *doc,
    lkg_json_node info) LKG_CHECK_RESULT;


/*
 * Webhooks.  What comes from LiveKit has the body's SHA-256 in a token that
 * is signed with an API key (LiveKit protocol, webhook/verifier.go).
 */
#define LKG_EVENT_MAX           64      /* bytes of an event's name */
#define LKG_EVENT_NODES         16384   /* JSON values and keys of a body */

typedef struct lkg_webhook  lkg_webhook;

typedef struct {
    lkg_str        name;        /* "room_started": a-z, 0-9 and "_" */
    lkg_str        id;          /* LiveKit's, or made of the body's SHA-256 */
    lkg_str        room;        /* empty: none, or one we could not have */
    lkg_str        person;      /* as lkg_participant_read(), or empty */
    lkg_recording  recording;   /* .id is empty where it is about none */
} lkg_event;

/*
 * Whether LiveKit sent the body: as lkg_token_verify(), and the claim sha256
 * must be that of the body.  The value of Authorization may begin with
 * "Bearer", though LiveKit's does not.  LKG_ERR_FORMAT, LKG_ERR_SIGNATURE,
 * LKG_ERR_EXPIRED; LKG_ERR_NOMEM, LKG_ERR_CRYPTO.
 */
LKG_API int lkg_webhook_verify(lkg_keys *keys, const char *authorization,
    size_t alen, const void *body, size_t len, int64_t now) LKG_CHECK_RESULT;

/* Reads a body that is verified, which it borrows.  LKG_ERR_FORMAT: no event.
 * LKG_ERR_TOOBIG, LKG_ERR_NOMEM, LKG_ERR_CRYPTO. */
LKG_API int lkg_webhook_open(lkg_webhook **out, const char *body, size_t len)
    LKG_CHECK_RESULT;
LKG_API const lkg_event *lkg_webhook_event(const lkg_webhook *webhook);
LKG_API void lkg_webhook_free(lkg_webhook *webhook);


/* Frees text that the library gave through "char **", wiping it. */
LKG_API void lkg_free(char *text);

#ifdef __cplusplus
}
#endif

#endif /* LKGRANT_H */
