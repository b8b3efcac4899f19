/*
 * What LiveKit says about recordings and about those who are in a room, in
 * webhooks (camelCase, defaults left out) and in answers of its API
 * (snake_case, defaults written).  See LiveKit's protocol,
 * livekit_egress.proto and livekit_models.proto.
 */

#include "lkg_private.h"


/* LiveKit's names are "EGRESS_" and these in capitals; the first, being 0
 * there, may be left out. */

static const char *const  lkg_recording_states[] = {
    "starting", "active", "ending", "complete", "failed", "aborted",
    "limit_reached", NULL
};


int
lkg_id_plain(lkg_str id)
{
    char    c;
    size_t  i;

    if (id.len == 0 || id.len > LKG_ID_MAX) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
            && (c < '0' || c > '9') && c != '_' && c != '-')
        {
            return 0;
        }
    }

    return 1;
}


static lkg_json_node
lkg_recording_member(const lkg_json *doc, lkg_json_node object,
    const char *camel, const char *snake)
{
    lkg_json_node  n;

    n = lkg_json_get(doc, object, camel, strlen(camel));

    return n != LKG_JSON_NONE ? n : lkg_json_get(doc, object, snake,
                                                 strlen(snake));
}


static lkg_str
lkg_recording_text(const lkg_json *doc, lkg_json_node object,
    const char *camel, const char *snake)
{
    return lkg_json_string(doc, lkg_recording_member(doc, object, camel,
                                                     snake));
}


/* A text that may be shown, or none. */

static lkg_str
lkg_recording_shown(lkg_str text)
{
    lkg_str  none = { NULL, 0 };

    return text.len <= LKG_RECORDING_TEXT_MAX
           && lkg_text_plain(text.data, text.len) ? text : none;
}


/* 64 bits are a text in protobuf's JSON; 0 where there is none. */

static int64_t
lkg_recording_number(const lkg_json *doc, lkg_json_node object,
    const char *camel, const char *snake)
{
    int64_t        value;
    lkg_str        text;
    lkg_json_node  n;

    value = 0;
    n = lkg_recording_member(doc, object, camel, snake);
    text = lkg_json_string(doc, n);

    if (text.len ? lkg_digits(text.data, text.len, &value)
                 : lkg_json_int(doc, n, &value))
    {
        return 0;
    }

    return value > 0 ? value : 0;
}


/* LiveKit counts nanoseconds. */

static int64_t
lkg_recording_time(const lkg_json *doc, lkg_json_node object,
    const char *camel, const char *snake)
{
    return lkg_recording_number(doc, object, camel, snake) / 1000000;
}


const char *
lkg_recording_state_name(lkg_recording_state state)
{
    return state <= LKG_RECORDING_LIMIT_REACHED
           ? lkg_recording_states[state] : "unknown";
}


static lkg_recording_state
lkg_recording_state_read(const lkg_json *doc, lkg_json_node n)
{
    size_t       i, k;
    lkg_str      name;
    const char  *state;

    static const char  prefix[] = "EGRESS_";

    if (n == LKG_JSON_NONE) {
        return LKG_RECORDING_STARTING;
    }

    name = lkg_json_string(doc, n);

    if (name.len < 8 || memcmp(name.data, prefix, 7) != 0) {
        return LKG_RECORDING_UNKNOWN;
    }

    for (i = 0; lkg_recording_states[i]; i++) {
        state = lkg_recording_states[i];

        for (k = 0; state[k] && k + 7 < name.len; k++) {
            if (name.data[k + 7] != (state[k] == '_' ? '_'
                                                     : state[k] - 0x20))
            {
                break;
            }
        }

        if (state[k] == '\0' && k + 7 == name.len) {
            return i;
        }
    }

    return LKG_RECORDING_UNKNOWN;
}


static int
lkg_recording_any(const lkg_json *doc, lkg_json_node list)
{
    return lkg_json_first(doc, list) != LKG_JSON_NONE;
}


/* The room as a whole, into a file: other kinds of egress are no recording
 * that a room has one of. */

static int
lkg_recording_whole(const lkg_json *doc, lkg_json_node info)
{
    lkg_json_node  n, output;

    n = lkg_recording_member(doc, info, "roomComposite", "room_composite");

    if (lkg_recording_any(doc, lkg_recording_member(doc, n, "fileOutputs",
                                                    "file_outputs"))
        || lkg_recording_any(doc, lkg_json_get(doc, n, lkg_lit("file"))))
    {
        return 1;
    }

    n = lkg_json_get(doc, info, lkg_lit("egress"));

    if (lkg_json_typeof(doc, lkg_json_get(doc, n, lkg_lit("template")))
        != LKG_JSON_OBJECT)
    {
        return 0;
    }

    n = lkg_json_get(doc, n, lkg_lit("outputs"));

    for (output = lkg_json_first(doc, n);
         output != LKG_JSON_NONE;
         output = lkg_json_next(doc, output))
    {
        if (lkg_json_typeof(doc, lkg_json_get(doc, output, lkg_lit("file")))
            == LKG_JSON_OBJECT)
        {
            return 1;
        }
    }

    return 0;
}


static void
lkg_recording_file(lkg_recording *r, const lkg_json *doc, lkg_json_node info)
{
    lkg_json_node  n;

    n = lkg_json_first(doc, lkg_recording_member(doc, info, "fileResults",
                                                 "file_results"));

    if (n == LKG_JSON_NONE) {
        n = lkg_json_get(doc, info, lkg_lit("file"));
    }

    r->file = lkg_recording_shown(lkg_recording_text(doc, n, "filename",
                                                     "filename"));
    r->size = lkg_recording_number(doc, n, "size", "size");
    r->duration = lkg_recording_time(doc, n, "duration", "duration");
}


int
lkg_recording_read(lkg_recording *out, const lkg_json *doc,
    lkg_json_node info)
{
    lkg_recording  r;

    memset(out, 0, sizeof(lkg_recording));

    r.id = lkg_recording_text(doc, info, "egressId", "egress_id");
    r.room = lkg_recording_text(doc, info, "roomName", "room_name");
    r.state = lkg_recording_state_read(doc, lkg_json_get(doc, info,
                                                         lkg_lit("status")));

    if (!lkg_id_plain(r.id)
        || lkg_room_valid(r.room.data, r.room.len) != LKG_OK
        || r.state == LKG_RECORDING_UNKNOWN)
    {
        return LKG_ERR_FORMAT;
    }

    r.whole = lkg_recording_whole(doc, info);
    r.started_at = lkg_recording_time(doc, info, "startedAt", "started_at");
    r.ended_at = lkg_recording_time(doc, info, "endedAt", "ended_at");
    r.error = lkg_recording_shown(lkg_recording_text(doc, info, "error",
                                                     "error"));
    lkg_recording_file(&r, doc, info);

    *out = r;

    return LKG_OK;
}


/* Recorders and agents are in the room, too, but nobody meets them there. */

int
lkg_participant_read(lkg_str *person, const lkg_json *doc,
    lkg_json_node info)
{
    lkg_str  kind, identity;

    person->data = NULL;
    person->len = 0;

    kind = lkg_json_string(doc, lkg_json_get(doc, info, lkg_lit("kind")));
    identity = lkg_json_string(doc, lkg_json_get(doc, info,
                                                 lkg_lit("identity")));

    if (lkg_str_eq(kind, lkg_lit("EGRESS"))
        || lkg_str_eq(kind, lkg_lit("AGENT")))
    {
        return LKG_ERR_DENIED;
    }

    identity = lkg_identity_base(identity.data, identity.len);

    if (!lkg_identity_valid(identity.data, identity.len)) {
        return LKG_ERR_IDENTITY;
    }

    *person = identity;

    return LKG_OK;
}
