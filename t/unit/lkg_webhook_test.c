/*
 * Webhooks: who sent one, and what it says.
 */

#include <jansson.h>
#include <openssl/evp.h>

#include "lkg_private.h"
#include "lkg_test.h"


#define NOW     1800000000
#define SECRET  "secretsecretsecretsecretsecretsecret12"
#define OTHER   "another secret of at least 32 bytes: it is old"
#define BODY    "{\"event\":\"room_started\",\"id\":\"EV_1\"}"
#define HS256   "{\"alg\":\"HS256\"}"

static lkg_keys  *keys;
static char       token[1024];


/* A token of anybody's making; "%s" in the claims is the body's digest. */

static void
sign(const char *header, const char *claims, const char *body,
    const char *secret)
{
    char            text[512], digest64[64];
    size_t          len, n;
    lkg_hmac       *mac;
    unsigned char   digest[LKG_SHA256_LEN];

    n = sizeof(digest);
    (void) EVP_Q_digest(NULL, "SHA256", NULL, body, strlen(body), digest, &n);
    (void) EVP_EncodeBlock((unsigned char *) digest64, digest,
                           sizeof(digest));

    text[0] = '\0';

    for (n = 0; *claims; claims++) {
        n += *claims == '$' ? sprintf(text + n, "%s", digest64)
                            : sprintf(text + n, "%c", *claims);
    }

    len = lkg_b64url_encode(token, header, strlen(header));
    token[len++] = '.';
    len += lkg_b64url_encode(token + len, text, n);

    if (lkg_hmac_new(&mac, secret, strlen(secret)) != LKG_OK
        || lkg_hmac_sign(mac, token, len, digest) != LKG_OK)
    {
        ok(0, "HMAC");
    }

    lkg_hmac_free(mac);

    token[len++] = '.';
    len += lkg_b64url_encode(token + len, digest, sizeof(digest));
    token[len] = '\0';
}


static int
verified(const char *body)
{
    return lkg_webhook_verify(keys, token, strlen(token), body, strlen(body),
                              NOW);
}


#define CLAIMS(more)  "{\"iss\":\"LKdevkey\",\"exp\":1800000300" more "}"

static void
test_verify(void)
{
    char    text[1200];
    size_t  i;

    static const struct {
        const char  *header;
        const char  *claims;
        const char  *secret;
        int          rc;
        const char  *name;
    } tokens[] = {
        { HS256, CLAIMS(",\"sha256\":\"$\""), SECRET, LKG_OK,
          "as LiveKit signs" },
        { HS256, "{\"iss\":\"LKold\",\"exp\":1800000300,\"sha256\":\"$\"}",
          OTHER, LKG_OK, "any of the keys" },
        { HS256, "{\"iss\":\"LKold\",\"exp\":1800000300,\"sha256\":\"$\"}",
          SECRET, LKG_ERR_SIGNATURE, "a key that is not its issuer's" },
        { HS256, CLAIMS(",\"sha256\":\"$\""), "no key of ours",
          LKG_ERR_SIGNATURE, "somebody else's key" },
        { HS256, CLAIMS(""), SECRET, LKG_ERR_SIGNATURE,
          "no digest: a participant's token" },
        { HS256, CLAIMS(",\"sha256\":\"\""), SECRET, LKG_ERR_SIGNATURE,
          "an empty digest" },
        { HS256, CLAIMS(",\"sha256\":null"), SECRET, LKG_ERR_SIGNATURE,
          "null for a digest" },
        { HS256, CLAIMS(",\"sha256\":[\"$\"]"), SECRET, LKG_ERR_SIGNATURE,
          "a list of digests" },
        { HS256, CLAIMS(",\"sha256\":\"$$\""), SECRET, LKG_ERR_SIGNATURE,
          "the digest twice" },
        { HS256, CLAIMS(",\"sha256\":\"$ \""), SECRET, LKG_ERR_SIGNATURE,
          "the digest and a space" },
        { HS256, CLAIMS(",\"SHA256\":\"$\""), SECRET, LKG_ERR_SIGNATURE,
          "a claim of almost that name" },
        { HS256, "{\"iss\":\"LKdevkey\",\"sha256\":\"$\"}", SECRET,
          LKG_ERR_FORMAT, "no exp" },
        { HS256, "{\"iss\":\"LKdevkey\",\"exp\":1799999941,"
                 "\"sha256\":\"$\"}", SECRET, LKG_OK, "59 s over" },
        { HS256, "{\"iss\":\"LKdevkey\",\"exp\":1799999940,"
                 "\"sha256\":\"$\"}", SECRET, LKG_ERR_EXPIRED, "60 s over" },
        { HS256, CLAIMS(",\"nbf\":1800000061,\"sha256\":\"$\""), SECRET,
          LKG_ERR_EXPIRED, "not yet" },
        { "{\"alg\":\"HS512\"}", CLAIMS(",\"sha256\":\"$\""), SECRET,
          LKG_ERR_SIGNATURE, "another algorithm is named" },
        { "{\"alg\":\"none\"}", CLAIMS(",\"sha256\":\"$\""), SECRET,
          LKG_ERR_SIGNATURE, "no algorithm" }
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        sign(tokens[i].header, tokens[i].claims, BODY, tokens[i].secret);
        is_int(verified(BODY), tokens[i].rc, tokens[i].name);
    }

    sign(HS256, CLAIMS(",\"sha256\":\"$\""), BODY, SECRET);

    is_int(verified(BODY " "), LKG_ERR_SIGNATURE, "a body with one byte more");
    is_int(verified("{\"event\":\"room_started\",\"id\":\"EV_2\"}"),
           LKG_ERR_SIGNATURE, "a body with another byte");
    is_int(verified(""), LKG_ERR_SIGNATURE, "no body");

    snprintf(text, sizeof(text), "Bearer %s", token);
    is_int(lkg_webhook_verify(keys, text, strlen(text), BODY, strlen(BODY),
                              NOW), LKG_OK, "Bearer before it");
    snprintf(text, sizeof(text), "bearer   %s", token);
    is_int(lkg_webhook_verify(keys, text, strlen(text), BODY, strlen(BODY),
                              NOW), LKG_OK, "in small letters");
    snprintf(text, sizeof(text), "Basic %s", token);
    is_int(lkg_webhook_verify(keys, text, strlen(text), BODY, strlen(BODY),
                              NOW), LKG_ERR_FORMAT, "Basic before it");
    is_int(lkg_webhook_verify(keys, lkg_lit("Bearer "), BODY, strlen(BODY),
                              NOW), LKG_ERR_FORMAT, "Bearer and nothing");
    is_int(lkg_webhook_verify(keys, lkg_lit("Bear"), BODY, strlen(BODY),
                              NOW), LKG_ERR_FORMAT, "a part of Bearer");
    is_int(lkg_webhook_verify(keys, NULL, 0, BODY, strlen(BODY), NOW),
           LKG_ERR_FORMAT, "no header");

    sign(HS256, CLAIMS(",\"sha256\":\"$\""), "", SECRET);
    is_int(lkg_webhook_verify(keys, token, strlen(token), NULL, 0, NOW),
           LKG_OK, "an empty body that is signed");
}


static int
opens(const char *body)
{
    int           rc;
    lkg_webhook  *w;

    rc = lkg_webhook_open(&w, body, strlen(body));

    if ((rc == LKG_OK) != (w != NULL)) {
        ok(0, "an event or none");
    }

    lkg_webhook_free(w);

    return rc;
}


/* An id as it is, or "made"; a room; a person; a recording's id. */

static void
test_odd(void)
{
    int               rc;
    size_t            i;
    char              made[80];
    lkg_webhook      *w;
    const lkg_event  *event;

    static const struct {
        const char  *body;
        const char  *id;
        const char  *room;
        const char  *person;
        const char  *recording;
    } bodies[] = {
        { "{\"event\":\"x\"}", "made", "", "", "" },
        { "{\"event\":\"x\",\"id\":5}", "made", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"a b\"}", "made", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"{lkg}\"}", "made", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"0123456789012345678901234567890123456789"
          "0123456789012345678901234\"}", "made", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"room\":[]}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"room\":{\"name\":\"a}b\"}}", "E",
          "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"room\":{\"name\":\"a\\nb\"}}",
          "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"room\":{\"name\":\"a:b\"},"
          "\"participant\":{\"identity\":\"u#x\"}}", "E", "a:b", "u", "" },
        { "{\"event\":\"x\",\"id\":\"E\","
          "\"participant\":{\"identity\":\"EG_1\",\"kind\":\"EGRESS\"}}",
          "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\","
          "\"participant\":{\"identity\":\"~x\"}}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"egressInfo\":{\"egressId\":\"a b\","
          "\"roomName\":\"r\"}}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"egressInfo\":{\"egressId\":\"EG\","
          "\"roomName\":\"{\"}}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"egressInfo\":{\"egressId\":\"EG\","
          "\"roomName\":\"r\",\"status\":\"EGRESS_NEW\"}}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"egressInfo\":{\"egressId\":\"EG\","
          "\"roomName\":\"r\",\"status\":7}}", "E", "", "", "" },
        { "{\"event\":\"x\",\"id\":\"E\",\"egressInfo\":{\"egressId\":\"EG\","
          "\"roomName\":\"r\",\"startedAt\":\"soon\","
          "\"fileResults\":[{\"filename\":\"a\\u0000\",\"size\":\"-5\"}]}}",
          "E", "r", "", "EG" }
    };

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        rc = lkg_webhook_open(&w, bodies[i].body, strlen(bodies[i].body));

        if (strstr(bodies[i].body, "\\u0000")) {
            is_int(rc, LKG_ERR_FORMAT, "NUL in a text is no JSON for us");
            continue;
        }

        if (!ok(rc == LKG_OK, "odd, but an event: %s", bodies[i].body)) {
            continue;
        }

        event = lkg_webhook_event(w);

        if (strcmp(bodies[i].id, "made") == 0) {
            ok(event->id.len == 7 + 64
               && memcmp(event->id.data, "sha256-", 7) == 0,
               "an id that is made of the body");
        } else {
            is_str(event->id, bodies[i].id, "its id");
        }

        is_str(event->room, bodies[i].room, "its room");
        is_str(event->person, bodies[i].person, "its person");
        is_str(event->recording.id, bodies[i].recording, "its recording");

        lkg_webhook_free(w);
    }

    rc = lkg_webhook_open(&w, lkg_lit("{\"event\":\"a\"}"));
    snprintf(made, sizeof(made), "%.*s",
             (int) lkg_webhook_event(w)->id.len,
             lkg_webhook_event(w)->id.data);
    lkg_webhook_free(w);

    rc |= lkg_webhook_open(&w, lkg_lit("{\"event\":\"b\"}"));
    ok(rc == LKG_OK && memcmp(made, lkg_webhook_event(w)->id.data, 71) != 0,
       "another body, another id");
    lkg_webhook_free(w);

    is_int(opens(""), LKG_ERR_FORMAT, "nothing");
    is_int(opens("{\"event\":"), LKG_ERR_FORMAT, "half of it");
    is_int(opens("[]"), LKG_ERR_FORMAT, "a list");
    is_int(opens("{\"id\":\"E\"}"), LKG_ERR_FORMAT, "no name");
    is_int(opens("{\"event\":\"a b\"}"), LKG_ERR_FORMAT, "an odd name");
    is_int(opens("{\"event\":\"\"}"), LKG_ERR_FORMAT, "an empty name");
    is_int(opens("{\"event\":\"x\",\"event\":\"y\"}"), LKG_ERR_FORMAT,
           "two names");
}


static void
test_vector(json_t *vector)
{
    int               rc;
    lkg_webhook      *w;
    const char       *name, *sdk, *authorization, *body, *recording;
    const lkg_event  *event;
    json_t           *expect;

    name = json_string_value(json_object_get(vector, "name"));
    sdk = json_string_value(json_object_get(vector, "sdk"));
    body = json_string_value(json_object_get(vector, "body"));
    authorization = json_string_value(json_object_get(vector,
                                                      "authorization"));
    expect = json_object_get(vector, "expect");

    rc = lkg_webhook_verify(keys, authorization, strlen(authorization), body,
                            strlen(body), NOW);

    ok(rc == LKG_OK, "signed by %s: %s", sdk, name);

    rc = lkg_webhook_open(&w, body, strlen(body));
    if (!ok(rc == LKG_OK, "and read")) {
        return;
    }

#define text(key)    (json_object_get(expect, key)                           \
                      ? json_string_value(json_object_get(expect, key)) : "")
#define number(key)  json_integer_value(json_object_get(expect, key))

    event = lkg_webhook_event(w);
    recording = text("recording");

    is_str(event->name, text("name"), "its name");
    is_str(event->id, text("id"), "its id");
    is_str(event->room, text("room"), "its room");
    is_str(event->person, text("person"), "its person");
    is_str(event->recording.id, recording, "its recording");

    if (*recording) {
        ok(strcmp(lkg_recording_state_name(event->recording.state),
                  text("state")) == 0, "which is %s", text("state"));
        is_int(event->recording.whole, number("whole"), "is of the room");
        is_int(event->recording.started_at, number("started_at"), "began");
        is_int(event->recording.ended_at, number("ended_at"), "ended");
        is_int(event->recording.duration, number("duration"), "took");
        is_int(event->recording.size, number("size"), "has bytes");
        is_str(event->recording.file, text("file"), "in a file");
        is_str(event->recording.error, text("error"), "with an error");
    }

    lkg_webhook_free(w);
}


static void
test_vectors(void)
{
    size_t   i;
    json_t  *file, *vector;

    file = json_load_file("t/vectors/webhooks.json", 0, NULL);

    ok(json_array_size(json_object_get(file, "cases")) == 12,
       "vectors of two SDKs");

    json_array_foreach(json_object_get(file, "cases"), i, vector) {
        test_vector(vector);
    }

    json_decref(file);
}


/* The same in an answer of the API, where every default is written. */

static void
test_answer(void)
{
    lkg_json       *doc;
    lkg_recording   r;

    static const char  item[] =
        "{\"egress_id\":\"EG_1\",\"room_id\":\"RM\",\"room_name\":\"math\","
        "\"source_type\":\"EGRESS_SOURCE_TYPE_WEB\","
        "\"status\":\"EGRESS_LIMIT_REACHED\","
        "\"started_at\":\"1800000000000000000\",\"ended_at\":\"0\","
        "\"room_composite\":{\"room_name\":\"math\",\"file\":null,"
        "\"file_outputs\":[{\"filepath\":\"x\"}]},"
        "\"file_results\":[],\"error\":\"\"}";
    static const char  stream[] =
        "{\"egress_id\":\"EG_1\",\"room_name\":\"math\","
        "\"status\":\"EGRESS_ACTIVE\",\"room_composite\":{\"file\":null,"
        "\"file_outputs\":[],\"stream_outputs\":[{\"urls\":[]}]}}";
    static const char  unified[] =
        "{\"egress_id\":\"EG_1\",\"room_name\":\"math\","
        "\"status\":\"EGRESS_ACTIVE\",\"egress\":{\"template\":{},"
        "\"outputs\":[{\"stream\":{}},{\"file\":{}}]}}";

    ok(lkg_json_parse(&doc, item, sizeof(item) - 1, 0) == LKG_OK
       && lkg_recording_read(&r, doc, LKG_JSON_ROOT) == LKG_OK,
       "an answer's item");
    is_str(r.id, "EG_1", "its id");
    is_int(r.state, LKG_RECORDING_LIMIT_REACHED, "its state");
    is_int(r.whole, 1, "of the room");
    is_int(r.started_at, 1800000000000, "when it began");
    is_int(r.ended_at, 0, "and not ended");
    is_str(r.error, "", "without an error");
    lkg_json_free(doc);

    ok(lkg_json_parse(&doc, stream, sizeof(stream) - 1, 0) == LKG_OK
       && lkg_recording_read(&r, doc, LKG_JSON_ROOT) == LKG_OK,
       "a stream");
    is_int(r.whole, 0, "is no recording");
    lkg_json_free(doc);

    ok(lkg_json_parse(&doc, unified, sizeof(unified) - 1, 0) == LKG_OK
       && lkg_recording_read(&r, doc, LKG_JSON_ROOT) == LKG_OK,
       "a newer request");
    is_int(r.whole, 1, "is one, too");
    lkg_json_free(doc);

    is_int(lkg_recording_read(&r, NULL, LKG_JSON_NONE), LKG_ERR_FORMAT,
           "nothing");
    ok(strcmp(lkg_recording_state_name(LKG_RECORDING_UNKNOWN), "unknown")
       == 0, "a state that we do not know");
}


int
main(void)
{
    ok(lkg_keys_new(&keys) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKdevkey"), lkg_lit(SECRET)) == LKG_OK
       && lkg_keys_add(keys, lkg_lit("LKold"), lkg_lit(OTHER)) == LKG_OK,
       "two keys");

    test_verify();
    test_odd();
    test_vectors();
    test_answer();

    lkg_keys_free(keys);

    return done_testing();
}
