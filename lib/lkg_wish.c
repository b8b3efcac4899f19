/*
 * What a client asks for beside the room, checked against "accept".
 */

#include "lkg_policy.h"


/*
 * Fields of LiveKit's RoomConfiguration that a policy can accept.  "egress"
 * is not one: it would start a recording, to a place of the client's choice.
 */

const lkg_wish_field  lkg_wish_room_config[] = {
    { "empty_timeout", "emptyTimeout", LKG_WISH_UINT },
    { "departure_timeout", "departureTimeout", LKG_WISH_UINT },
    { "max_participants", "maxParticipants", LKG_WISH_UINT },
    { "metadata", "metadata", LKG_WISH_STRING },
    { "min_playout_delay", "minPlayoutDelay", LKG_WISH_UINT },
    { "max_playout_delay", "maxPlayoutDelay", LKG_WISH_UINT },
    { "sync_streams", "syncStreams", LKG_WISH_BOOL },
    { "agents", "agents", LKG_WISH_AGENTS },
    { "tags", "tags", LKG_WISH_STRINGS },
    { NULL, NULL, 0 }
};

const lkg_wish_field  lkg_wish_agent[] = {
    { "agent_name", "agentName", LKG_WISH_STRING },
    { "metadata", "metadata", LKG_WISH_STRING },
    { "deployment", "deployment", LKG_WISH_STRING },
    { "attributes", "attributes", LKG_WISH_STRINGS },
    { NULL, NULL, 0 }
};


unsigned
lkg_wish_find(const lkg_wish_field *fields, lkg_str name)
{
    unsigned  i;

    for (i = 0; fields[i].name; i++) {
        if (lkg_str_eq(name, fields[i].name, strlen(fields[i].name))
            || lkg_str_eq(name, fields[i].camel, strlen(fields[i].camel)))
        {
            return i;
        }
    }

    return LKG_GRANT_NONE;
}


int
lkg_wish_empty(const lkg_json *doc, lkg_json_node n)
{
    switch (lkg_json_typeof(doc, n)) {

    case LKG_JSON_ABSENT:
    case LKG_JSON_NULL:
        return 1;

    case LKG_JSON_STRING:
        return lkg_json_string(doc, n).len == 0;

    case LKG_JSON_ARRAY:
    case LKG_JSON_OBJECT:
        return lkg_json_first(doc, n) == LKG_JSON_NONE;

    default:
        return 0;
    }
}


static int
lkg_wish_is_uint(const lkg_json *doc, lkg_json_node n)
{
    int64_t  value;

    return lkg_json_typeof(doc, n) == LKG_JSON_INTEGER
           && lkg_json_int(doc, n, &value) == LKG_OK
           && value >= 0 && value <= UINT32_MAX;
}


static int
lkg_wish_is_strings(const lkg_json *doc, lkg_json_node n)
{
    lkg_json_node  member;

    if (lkg_json_typeof(doc, n) != LKG_JSON_OBJECT) {
        return 0;
    }

    for (member = lkg_json_first(doc, n);
         member != LKG_JSON_NONE;
         member = lkg_json_next(doc, member))
    {
        if (lkg_json_typeof(doc, member) != LKG_JSON_STRING) {
            return 0;
        }
    }

    return 1;
}


static lkg_reason lkg_wish_message(const lkg_json *doc, lkg_json_node n,
    const lkg_wish_field *fields, unsigned accepted);


static int
lkg_wish_is_agents(const lkg_json *doc, lkg_json_node n)
{
    lkg_json_node  agent;

    if (lkg_json_typeof(doc, n) != LKG_JSON_ARRAY) {
        return 0;
    }

    for (agent = lkg_json_first(doc, n);
         agent != LKG_JSON_NONE;
         agent = lkg_json_next(doc, agent))
    {
        if (lkg_wish_message(doc, agent, lkg_wish_agent, LKG_WISH_ALL)
            != LKG_ALLOWED)
        {
            return 0;
        }
    }

    return 1;
}


static int
lkg_wish_is(const lkg_json *doc, lkg_json_node n, unsigned type)
{
    lkg_json_type  t;

    switch (type) {

    case LKG_WISH_UINT:
        return lkg_wish_is_uint(doc, n);

    case LKG_WISH_BOOL:
        t = lkg_json_typeof(doc, n);
        return t == LKG_JSON_TRUE || t == LKG_JSON_FALSE;

    case LKG_WISH_STRING:
        return lkg_json_typeof(doc, n) == LKG_JSON_STRING;

    case LKG_WISH_STRINGS:
        return lkg_wish_is_strings(doc, n);

    default:
        return lkg_wish_is_agents(doc, n);
    }
}


/* "accepted" has a bit for each field of the table. */

static lkg_reason
lkg_wish_message(const lkg_json *doc, lkg_json_node n,
    const lkg_wish_field *fields, unsigned accepted)
{
    unsigned       i, seen;
    lkg_json_node  member;

    if (lkg_json_typeof(doc, n) != LKG_JSON_OBJECT) {
        return LKG_BAD_FIELD;
    }

    seen = 0;

    for (member = lkg_json_first(doc, n);
         member != LKG_JSON_NONE;
         member = lkg_json_next(doc, member))
    {
        if (lkg_wish_empty(doc, member)) {
            continue;
        }

        i = lkg_wish_find(fields, lkg_json_key(doc, member));

        if (i == LKG_GRANT_NONE || !(accepted & 1u << i)) {
            return LKG_FORBIDDEN_FIELD;
        }

        /* one field in both spellings */

        if (seen & 1u << i || !lkg_wish_is(doc, member, fields[i].type)) {
            return LKG_BAD_FIELD;
        }

        seen |= 1u << i;
    }

    return LKG_ALLOWED;
}


int
lkg_wish_listed(const lkg_str *names, uint32_t n, lkg_str name)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (lkg_str_eq(names[i], name.data, name.len)) {
            return 1;
        }
    }

    return 0;
}


static lkg_reason
lkg_wish_check_attributes(const lkg_policy *policy, const lkg_json *doc,
    lkg_json_node n)
{
    lkg_json_node  member;

    if (lkg_wish_empty(doc, n)) {
        return LKG_ALLOWED;
    }

    if (policy->naccept == 0) {
        return LKG_FORBIDDEN_FIELD;
    }

    if (lkg_json_typeof(doc, n) != LKG_JSON_OBJECT) {
        return LKG_BAD_FIELD;
    }

    for (member = lkg_json_first(doc, n);
         member != LKG_JSON_NONE;
         member = lkg_json_next(doc, member))
    {
        if (!lkg_wish_listed(policy->accept_attributes, policy->naccept,
                             lkg_json_key(doc, member)))
        {
            return LKG_FORBIDDEN_FIELD;
        }

        if (lkg_json_typeof(doc, member) != LKG_JSON_STRING) {
            return LKG_BAD_FIELD;
        }
    }

    return LKG_ALLOWED;
}


static lkg_reason
lkg_wish_check_config(const lkg_policy *policy, const lkg_json *doc,
    lkg_json_node n)
{
    if (lkg_wish_empty(doc, n)) {
        return LKG_ALLOWED;
    }

    if (policy->accept_room_config == 0) {
        return LKG_FORBIDDEN_FIELD;
    }

    return lkg_wish_message(doc, n, lkg_wish_room_config,
                            policy->accept_room_config);
}


static lkg_reason
lkg_wish_check_name(const lkg_policy *policy, lkg_str name)
{
    if (name.len == 0) {
        return LKG_ALLOWED;
    }

    if (!policy->accept_name) {
        return LKG_FORBIDDEN_FIELD;
    }

    return name.len <= LKG_NAME_MAX && lkg_text_plain(name.data, name.len)
           ? LKG_ALLOWED : LKG_BAD_FIELD;
}


static lkg_reason
lkg_wish_check_metadata(const lkg_policy *policy, lkg_str metadata)
{
    if (metadata.len == 0) {
        return LKG_ALLOWED;
    }

    if (!policy->accept_metadata) {
        return LKG_FORBIDDEN_FIELD;
    }

    return lkg_text_json(metadata.data, metadata.len) ? LKG_ALLOWED
                                                      : LKG_BAD_FIELD;
}


lkg_reason
lkg_wish_check(const lkg_policy *policy, const lkg_ask *ask,
    const char **field)
{
    lkg_reason  reason;

    *field = "participant_name";
    reason = lkg_wish_check_name(policy, ask->participant_name);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    *field = "participant_metadata";
    reason = lkg_wish_check_metadata(policy, ask->participant_metadata);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    *field = "participant_attributes";
    reason = lkg_wish_check_attributes(policy, ask->body,
                                       ask->participant_attributes);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    *field = "room_config";
    reason = lkg_wish_check_config(policy, ask->body, ask->room_config);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    *field = NULL;

    return LKG_ALLOWED;
}
