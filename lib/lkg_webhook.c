/*
 * LiveKit's webhooks: who sent one, and what it is about (LiveKit's
 * protocol, webhook/verifier.go and livekit_webhook.proto).
 */

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "lkg_private.h"


#define LKG_BASE64_LEN  44          /* of LKG_SHA256_LEN bytes, padded */


struct lkg_webhook {
    lkg_event      event;
    lkg_json      *body;
    char           id[sizeof("sha256-") + 2 * LKG_SHA256_LEN];
};


static int
lkg_webhook_digest(unsigned char digest[LKG_SHA256_LEN], const void *body,
    size_t len)
{
    size_t  n;

    n = LKG_SHA256_LEN;

    return EVP_Q_digest(NULL, "SHA256", NULL, len ? body : "", len, digest,
                        &n)
           ? LKG_OK : LKG_ERR_CRYPTO;
}


/* "Bearer" is what other servers put there; LiveKit does not. */

static lkg_str
lkg_webhook_token(const char *authorization, size_t len)
{
    size_t   i;
    lkg_str  token;

    static const char  bearer[] = "bearer ";

    token.data = authorization;
    token.len = len;

    for (i = 0; bearer[i]; i++) {
        if (i == len || (authorization[i] | 0x20) != (bearer[i] | 0x20)) {
            return token;
        }
    }

    while (i < len && authorization[i] == ' ') {
        i++;
    }

    token.data = authorization + i;
    token.len = len - i;

    return token;
}


int
lkg_webhook_verify(lkg_keys *keys, const char *authorization, size_t alen,
    const void *body, size_t len, int64_t now)
{
    int              rc;
    lkg_str          text, claim;
    lkg_token       *token;
    unsigned char    digest[LKG_SHA256_LEN];
    unsigned char    ours[LKG_BASE64_LEN + 1];
    const lkg_json  *claims;

    text = lkg_webhook_token(authorization, alen);

    rc = lkg_token_verify(&token, keys, text.data, text.len, now);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_webhook_digest(digest, body, len);

    if (rc == LKG_OK) {
        (void) EVP_EncodeBlock(ours, digest, sizeof(digest));

        /* without this claim any token of a participant would do */

        claims = lkg_token_claims(token);
        claim = lkg_json_string(claims, lkg_json_get(claims, LKG_JSON_ROOT,
                                                     lkg_lit("sha256")));

        if (claim.len != LKG_BASE64_LEN
            || CRYPTO_memcmp(ours, claim.data, LKG_BASE64_LEN) != 0)
        {
            rc = LKG_ERR_SIGNATURE;
        }
    }

    lkg_token_free(token);

    return rc;
}


static lkg_str
lkg_webhook_text(const lkg_json *doc, lkg_json_node object, const char *key)
{
    return lkg_json_string(doc, lkg_json_get(doc, object, key, strlen(key)));
}


/* Names of events are LiveKit's: "room_started". */

static int
lkg_webhook_name(lkg_str name)
{
    size_t  i;

    if (name.len == 0 || name.len > LKG_EVENT_MAX) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        if ((name.data[i] < 'a' || name.data[i] > 'z')
            && (name.data[i] < '0' || name.data[i] > '9')
            && name.data[i] != '_')
        {
            return 0;
        }
    }

    return 1;
}


/* An event without a name of its own is known by what it says. */

static int
lkg_webhook_id(lkg_webhook *webhook, lkg_str id, const char *body, size_t len)
{
    int            rc;
    size_t         i;
    char          *p;
    unsigned char  digest[LKG_SHA256_LEN];

    static const char  hex[] = "0123456789abcdef";

    if (lkg_id_plain(id)) {
        webhook->event.id = id;
        return LKG_OK;
    }

    rc = lkg_webhook_digest(digest, body, len);
    if (rc != LKG_OK) {
        return rc;
    }

    memcpy(webhook->id, "sha256-", 7);
    p = webhook->id + 7;

    for (i = 0; i < sizeof(digest); i++) {
        *p++ = hex[digest[i] >> 4];
        *p++ = hex[digest[i] & 15];
    }

    webhook->event.id.data = webhook->id;
    webhook->event.id.len = p - webhook->id;

    return LKG_OK;
}


static int
lkg_webhook_read(lkg_webhook *webhook, const char *body, size_t len)
{
    int             rc;
    lkg_str         room;
    lkg_json       *doc;
    lkg_event      *event;
    lkg_json_node   n;

    rc = lkg_json_parse(&webhook->body, body, len, LKG_EVENT_NODES);
    if (rc != LKG_OK) {
        return rc;
    }

    doc = webhook->body;
    event = &webhook->event;

    event->name = lkg_webhook_text(doc, LKG_JSON_ROOT, "event");

    if (!lkg_webhook_name(event->name)) {
        return LKG_ERR_FORMAT;
    }

    rc = lkg_webhook_id(webhook, lkg_webhook_text(doc, LKG_JSON_ROOT, "id"),
                        body, len);
    if (rc != LKG_OK) {
        return rc;
    }

    n = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("egressInfo"));

    if (n != LKG_JSON_NONE && lkg_recording_read(&event->recording, doc, n)
                              == LKG_OK)
    {
        event->room = event->recording.room;
    }

    n = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("room"));
    room = lkg_webhook_text(doc, n, "name");

    if (lkg_room_valid(room.data, room.len) == LKG_OK) {
        event->room = room;
    }

    n = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("participant"));

    if (lkg_participant_read(&event->person, doc, n) != LKG_OK) {
        event->person.len = 0;
    }

    return LKG_OK;
}


int
lkg_webhook_open(lkg_webhook **out, const char *body, size_t len)
{
    int           rc;
    lkg_webhook  *webhook;

    *out = NULL;

    webhook = calloc(1, sizeof(lkg_webhook));
    if (webhook == NULL) {
        return LKG_ERR_NOMEM;
    }

    rc = lkg_webhook_read(webhook, body, len);
    if (rc != LKG_OK) {
        lkg_webhook_free(webhook);
        return rc;
    }

    *out = webhook;

    return LKG_OK;
}


const lkg_event *
lkg_webhook_event(const lkg_webhook *webhook)
{
    return &webhook->event;
}


void
lkg_webhook_free(lkg_webhook *webhook)
{
    if (webhook == NULL) {
        return;
    }

    lkg_json_free(webhook->body);
    free(webhook);
}
