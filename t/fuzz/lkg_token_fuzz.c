/*
 * Tokens.  First byte 0: a text that somebody sends as a token.  1: claims
 * that are signed with a right key.  Else: what a client asks for, line by
 * line; what comes of it is a token that verifies, of that person and room,
 * without a grant that the policy does not give, and that the guard lets pass.
 */

#include <stdlib.h>

#include "lkg_policy.h"


#define NOW     1800000000
#define SECRET  "secretsecretsecretsecretsecretsecret12"
#define LINES   8


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


static lkg_policy  *policy;
static lkg_keys    *keys;


static void
configure(void)
{
    static const char  text[] =
        "{\"version\":1,\"roles\":{\"a\":{\"may_take\":[\"b\"]},\"b\":{}},"
        "\"default_role\":\"a\",\"token\":{\"name\":\"{name}@{room}\","
        "\"attributes\":{\"n\":\"{name}\"},\"max_size\":2048},"
        "\"accept\":{\"participant_name\":true,\"participant_metadata\":true,"
        "\"participant_attributes\":[\"n\",\"m\"],\"room_config\":["
        "\"empty_timeout\",\"metadata\",\"sync_streams\",\"agents\","
        "\"tags\"]},\"devices\":true}";

    if (policy) {
        return;
    }

    must(lkg_policy_load(&policy, text, sizeof(text) - 1, NULL) == LKG_OK);
    must(lkg_keys_new(&keys) == LKG_OK);
    must(lkg_keys_add(keys, lkg_lit("k"), lkg_lit(SECRET)) == LKG_OK);
}


static lkg_str
claim(const lkg_json *claims, const char *path)
{
    return lkg_json_string(claims, lkg_json_path(claims, path, strlen(path)));
}


/* Facts that say nothing; a guest that is let in has a role. */

static lkg_reason
guarded(const lkg_token *token)
{
    int            rc;
    lkg_fact       fact;
    lkg_guest      guest;
    lkg_access     facts;
    lkg_reason     reason;
    lkg_decision   decision;

    rc = lkg_guard_read(&guest, token, &reason);

    if (rc != LKG_OK) {
        must(rc == LKG_ERR_DENIED ? reason != LKG_ALLOWED
                                  : rc == LKG_ERR_FORMAT);
        return reason;
    }

    must(lkg_identity_valid(guest.identity.data, guest.identity.len));
    must(reason == LKG_ALLOWED);

    lkg_access_init(&facts);

    for (fact = LKG_FACT_STATE; fact <= LKG_FACT_KICK; fact++) {
        must(lkg_access_set(&facts, fact, NULL, 0) == LKG_OK);
    }

    rc = lkg_guard_decide(&decision, policy, &guest, &facts, NOW);
    must(rc == LKG_OK ? decision.role != NULL : rc == LKG_ERR_DENIED);

    return decision.reason;
}


static void
check_token(const char *text, size_t len)
{
    int         rc;
    lkg_token  *token;

    rc = lkg_token_decode(&token, text, len);
    must((rc == LKG_OK) == (token != NULL));
    lkg_token_free(token);

    rc = lkg_token_verify(&token, keys, text, len, NOW);
    must((rc == LKG_OK) == (token != NULL));

    if (token) {
        must(claim(lkg_token_claims(token), "iss").len == 1);
        (void) guarded(token);
        lkg_token_free(token);
    }
}


static void
check_signed(const char *claims, size_t len)
{
    char           *text;
    size_t          n;
    unsigned char   digest[LKG_SHA256_LEN];

    text = malloc(lkg_b64url_encoded(len) + 128);
    must(text != NULL);

    n = sizeof("eyJhbGciOiJIUzI1NiJ9.") - 1;
    memcpy(text, "eyJhbGciOiJIUzI1NiJ9.", n);
    n += lkg_b64url_encode(text + n, claims, len);

    must(lkg_hmac_sign(keys->keys[0].mac, text, n, digest) == LKG_OK);

    text[n++] = '.';
    n += lkg_b64url_encode(text + n, digest, sizeof(digest));

    check_token(text, n);
    free(text);
}


static void
check_claims(const lkg_json *claims, const lkg_ask *ask,
    const lkg_decision *decision)
{
    lkg_str        sub, role;
    lkg_json_node  n;

    sub = claim(claims, "sub");
    must(sub.len <= LKG_IDENTITY_MAX);
    must(sub.len == ask->identity.len
                    + (decision->device.len ? decision->device.len + 1 : 0));
    must(memcmp(sub.data, ask->identity.data, ask->identity.len) == 0);
    must(lkg_str_eq(claim(claims, "video.room"), ask->room.data,
                    ask->room.len));

    role = lkg_role_name(decision->role);
    must(role.len == 1);

    n = lkg_json_path(claims, lkg_lit("video.canPublish"));
    must(lkg_json_typeof(claims, n) == LKG_JSON_FALSE);
    n = lkg_json_path(claims, lkg_lit("video.roomAdmin"));
    must(n == LKG_JSON_NONE);
    n = lkg_json_path(claims, lkg_lit("roomConfig.egress"));
    must(n == LKG_JSON_NONE);
    n = lkg_json_path(claims, lkg_lit("sip"));
    must(n == LKG_JSON_NONE);
}


static void
check_ask(const lkg_ask *ask)
{
    int            rc;
    char           text[4096];
    size_t         len;
    lkg_token     *token;
    lkg_decision   decision;

    rc = lkg_decide(&decision, policy, ask);

    if (rc != LKG_OK) {
        must(rc == LKG_ERR_INVALID || rc == LKG_ERR_DENIED);
        return;
    }

    rc = lkg_token_mint(text, sizeof(text), &len, policy, ask, &decision,
                        keys);
    if (rc != LKG_OK) {
        must(rc == LKG_ERR_TOOBIG && len == 0);
        return;
    }

    must(len <= 2048);
    must(lkg_token_verify(&token, keys, text, len, NOW) == LKG_OK);
    check_claims(lkg_token_claims(token), ask, &decision);
    must(guarded(token) == LKG_ALLOWED);
    lkg_token_free(token);
}


static void
check_lines(const char *text, size_t len)
{
    size_t       i;
    lkg_str      lines[LINES];
    lkg_ask      ask = LKG_ASK_INIT;
    lkg_json    *body;
    const char  *end, *p;

    end = text + len;
    memset(lines, 0, sizeof(lines));

    for (i = 0; i < LINES && text < end; i++) {
        p = memchr(text, '\n', end - text);
        p = p && i < LINES - 1 ? p : end;

        lines[i].data = text;
        lines[i].len = p - text;
        text = p < end ? p + 1 : end;
    }

    ask.now = NOW;
    ask.identity = lines[0];
    ask.name = lines[1];
    ask.room = lines[2];
    ask.role = lines[3];
    ask.participant_identity = lines[4];
    ask.participant_name = lines[5];
    ask.participant_metadata = lines[6];

    if (lkg_json_parse(&body, lines[7].data ? lines[7].data : "",
                       lines[7].len, 0) == LKG_OK)
    {
        ask.body = body;
        ask.participant_attributes = lkg_json_get(body, LKG_JSON_ROOT,
                                                  lkg_lit("a"));
        ask.room_config = lkg_json_get(body, LKG_JSON_ROOT, lkg_lit("r"));
    }

    check_ask(&ask);
    lkg_json_free(body);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  *text;

    if (size == 0) {
        return 0;
    }

    configure();

    text = malloc(size);
    must(text != NULL);
    memcpy(text, data + 1, size - 1);

    switch (data[0]) {

    case 0:
        check_token(text, size - 1);
        break;

    case 1:
        check_signed(text, size - 1);
        break;

    default:
        check_lines(text, size - 1);
    }

    free(text);

    return 0;
}
