/*
 * Minting: the claims of an allowed decision are written from what the
 * policy compiled, in one pass, encoded and signed.
 */

#include "lkg_policy.h"


/* {"alg":"HS256","typ":"JWT"} */

#define LKG_TOKEN_HEAD      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

#define LKG_TOKEN_HEAD_LEN  (sizeof(LKG_TOKEN_HEAD) - 1)
#define LKG_TOKEN_SIG_LEN   lkg_b64url_encoded(LKG_SHA256_LEN)
#define LKG_TOKEN_FRAME     (LKG_TOKEN_HEAD_LEN + 1 + LKG_TOKEN_SIG_LEN)

/* The most bytes of claims that fit in "n" bytes of base64url. */

#define lkg_token_claims_max(n)   ((n) / 4 * 3 + (n) % 4 * 3 / 4)


typedef struct {
    const lkg_policy    *policy;
    const lkg_ask       *ask;
    const lkg_decision  *decision;
    lkg_str              identity;
    char                 now[20];
    lkg_vars             vars;
} lkg_mint;


/* Long names are cut: a display name is no reason to refuse anybody. */

static lkg_str
lkg_mint_name(const lkg_ask *ask)
{
    lkg_str  name;

    name = ask->session ? lkg_session_name(ask->session) : ask->name;

    if (name.len > LKG_NAME_MAX) {
        name.len = LKG_NAME_MAX;

        while (name.len && (name.data[name.len] & 0xc0) == 0x80) {
            name.len--;
        }
    }

    return name;
}


static void
lkg_mint_init(lkg_mint *m, const lkg_policy *policy, const lkg_ask *ask,
    const lkg_decision *decision)
{
    lkg_buf  b;

    m->policy = policy;
    m->ask = ask;
    m->decision = decision;
    m->identity = lkg_ask_identity(ask);

    b.pos = m->now;
    b.end = m->now + sizeof(m->now);
    b.overflow = 0;

    lkg_buf_int(&b, ask->now);

    m->vars.value[LKG_VAR_IDENTITY] = m->identity;
    m->vars.value[LKG_VAR_NAME] = lkg_mint_name(ask);
    m->vars.value[LKG_VAR_ROLE] = decision->role->name;
    m->vars.value[LKG_VAR_ROOM] = ask->room;
    m->vars.value[LKG_VAR_NOW].data = m->now;
    m->vars.value[LKG_VAR_NOW].len = b.pos - m->now;
    m->vars.claims = ask->session ? lkg_session_claims(ask->session) : NULL;
}


static void
lkg_mint_registered(lkg_buf *b, const lkg_mint *m, const lkg_key *key)
{
    const lkg_str  *now, *device;

    now = &m->vars.value[LKG_VAR_NOW];
    device = &m->decision->device;

    lkg_buf_put(b, key->head, key->head_len);
    lkg_buf_json(b, m->identity.data, m->identity.len, 1);

    if (device->len) {
        lkg_buf_put(b, lkg_lit("~"));
        lkg_buf_json(b, device->data, device->len, 1);
    }

    lkg_buf_put(b, lkg_lit("\",\"nbf\":"));
    lkg_buf_put(b, now->data, now->len);
    lkg_buf_put(b, lkg_lit(",\"iat\":"));
    lkg_buf_put(b, now->data, now->len);
    lkg_buf_put(b, lkg_lit(",\"exp\":"));
    lkg_buf_int(b, m->decision->expires);
}


/* A text of the client where the policy accepts it, else the policy's; an
 * empty one is left out. */

static void
lkg_mint_text(lkg_buf *b, const lkg_mint *m, const char *claim, size_t len,
    const lkg_template *t, const lkg_str *wish)
{
    char  *mark, *value;

    mark = b->pos;
    lkg_buf_put(b, claim, len);
    value = b->pos;

    if (wish->len) {
        lkg_buf_json(b, wish->data, wish->len, 1);
    } else {
        lkg_template_write(b, t, &m->vars);
    }

    if (b->pos == value) {
        b->pos = mark;
        return;
    }

    lkg_buf_put(b, lkg_lit("\""));
}


static void
lkg_mint_attributes(lkg_buf *b, const lkg_mint *m)
{
    char  *mark, *value;

    mark = b->pos;
    lkg_buf_put(b, lkg_lit(",\"attributes\":{"));
    value = b->pos;

    lkg_template_write(b, &m->policy->attributes, &m->vars);
    lkg_wish_write_attributes(b, m->policy, m->ask,
                              b->pos == value ? "" : ",");

    if (b->pos == value) {
        b->pos = mark;
        return;
    }

    lkg_buf_put(b, lkg_lit("}"));
}


static void
lkg_mint_claims(lkg_buf *b, const lkg_mint *m, const lkg_key *key)
{
    const lkg_str         *name, *metadata;
    const lkg_role        *role;
    static const lkg_str   none;

    role = m->decision->role;
    name = m->policy->accept_name ? &m->ask->participant_name : &none;
    metadata = m->policy->accept_metadata ? &m->ask->participant_metadata
                                          : &none;

    lkg_mint_registered(b, m, key);
    lkg_mint_text(b, m, lkg_lit(",\"name\":\""), &m->policy->name, name);
    lkg_mint_text(b, m, lkg_lit(",\"metadata\":\""), &m->policy->metadata,
                  metadata);
    lkg_mint_attributes(b, m);

    lkg_buf_put(b, lkg_lit(",\"video\":{\"room\":\""));
    lkg_buf_json(b, m->ask->room.data, m->ask->room.len, 1);
    lkg_buf_put(b, lkg_lit("\","));
    lkg_buf_put(b, role->tail.data, role->tail.len);

    lkg_wish_write_config(b, m->policy, m->ask);
    lkg_buf_put(b, lkg_lit("}"));
}


/* header "." payload "." signature; there is room for it */

static int
lkg_mint_sign(char *buf, size_t *len, const char *claims, size_t claims_len,
    const lkg_key *key)
{
    int            rc;
    char          *p;
    unsigned char  digest[LKG_SHA256_LEN];

    memcpy(buf, LKG_TOKEN_HEAD, LKG_TOKEN_HEAD_LEN);
    p = buf + LKG_TOKEN_HEAD_LEN;
    p += lkg_b64url_encode(p, claims, claims_len);

    rc = lkg_hmac_sign(key->mac, buf, p - buf, digest);
    if (rc != LKG_OK) {
        return rc;
    }

    *p++ = '.';
    p += lkg_b64url_encode(p, digest, sizeof(digest));

    *len = p - buf;

    return LKG_OK;
}


static void
lkg_mint_begin(lkg_buf *b, char *claims, size_t size)
{
    b->pos = claims;
    b->end = claims + lkg_token_claims_max(size - LKG_TOKEN_FRAME);
    b->overflow = 0;
}


int
lkg_token_mint(char *buf, size_t size, size_t *len, const lkg_policy *policy,
    const lkg_ask *ask, const lkg_decision *decision, lkg_keys *keys)
{
    char      claims[lkg_token_claims_max(LKG_TOKEN_MAX)];
    lkg_buf   b;
    lkg_mint  m;

    *len = 0;

    if (decision->reason != LKG_ALLOWED || decision->role == NULL
        || ask->size != sizeof(lkg_ask) || keys->n == 0)
    {
        return LKG_ERR_INVALID;
    }

    if (size > policy->max_size) {
        size = policy->max_size;
    }

    if (size < LKG_TOKEN_FRAME) {
        return LKG_ERR_TOOBIG;
    }

    lkg_mint_init(&m, policy, ask, decision);

    lkg_mint_begin(&b, claims, size);
    lkg_mint_claims(&b, &m, &keys->keys[0]);

    if (b.overflow) {
        return LKG_ERR_TOOBIG;
    }

    return lkg_mint_sign(buf, len, claims, b.pos - claims, &keys->keys[0]);
}


/* In the order of the enum. */

static const char *const  lkg_server_grants[] = {
    "roomAdmin", "roomRecord", "roomCreate", "roomList"
};


static int
lkg_server_valid(lkg_server_grant grant, lkg_str room)
{
    switch (grant) {

    case LKG_SERVER_ROOM_ADMIN:
        return lkg_room_valid(room.data, room.len) == LKG_OK;

    case LKG_SERVER_ROOM_RECORD:
    case LKG_SERVER_ROOM_CREATE:
    case LKG_SERVER_ROOM_LIST:
        return room.len == 0;
    }

    return 0;
}


static void
lkg_server_claims(lkg_buf *b, const lkg_key *key, lkg_server_grant grant,
    lkg_str room, int64_t now)
{
    const char  *name;

    name = lkg_server_grants[grant];

    /* the subject is empty: nobody can join with it */

    lkg_buf_put(b, key->head, key->head_len);
    lkg_buf_put(b, lkg_lit("\",\"nbf\":"));
    lkg_buf_int(b, now);
    lkg_buf_put(b, lkg_lit(",\"iat\":"));
    lkg_buf_int(b, now);
    lkg_buf_put(b, lkg_lit(",\"exp\":"));
    lkg_buf_int(b, now + LKG_SERVER_TTL);
    lkg_buf_put(b, lkg_lit(",\"video\":{\""));
    lkg_buf_put(b, name, strlen(name));
    lkg_buf_put(b, lkg_lit("\":true"));

    if (room.len) {
        lkg_buf_put(b, lkg_lit(",\"room\":\""));
        lkg_buf_json(b, room.data, room.len, 1);
        lkg_buf_put(b, lkg_lit("\""));
    }

    lkg_buf_put(b, lkg_lit("}}"));
}


int
lkg_token_server(char *buf, size_t size, size_t *len, lkg_keys *keys,
    lkg_server_grant grant, lkg_str room, int64_t now)
{
    char     claims[lkg_token_claims_max(LKG_TOKEN_MAX)];
    lkg_buf  b;

    *len = 0;

    if (keys->n == 0 || !lkg_server_valid(grant, room) || now < 0
        || now > LKG_TIME_MAX)
    {
        return LKG_ERR_INVALID;
    }

    if (size > LKG_TOKEN_MAX) {
        size = LKG_TOKEN_MAX;
    }

    if (size < LKG_TOKEN_FRAME) {
        return LKG_ERR_TOOBIG;
    }

    lkg_mint_begin(&b, claims, size);
    lkg_server_claims(&b, &keys->keys[0], grant, room, now);

    if (b.overflow) {
        return LKG_ERR_TOOBIG;
    }

    return lkg_mint_sign(buf, len, claims, b.pos - claims, &keys->keys[0]);
}
