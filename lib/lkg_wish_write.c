/*
 * What a client asked for, written into the token.  Values are written as
 * they stand in the client's JSON, which is checked JSON already.
 */

#include "lkg_policy.h"


static void
lkg_wish_write_member(lkg_buf *b, const lkg_json *doc, lkg_json_node n,
    const char *sep)
{
    lkg_str  key, raw;

    key = lkg_json_key(doc, n);
    raw = lkg_json_raw(doc, n);

    lkg_buf_put(b, sep, strlen(sep));
    lkg_buf_put(b, lkg_lit("\""));
    lkg_buf_json(b, key.data, key.len, 1);
    lkg_buf_put(b, lkg_lit("\":"));
    lkg_buf_put(b, raw.data, raw.len);
}


void
lkg_wish_write_attributes(lkg_buf *b, const lkg_policy *policy,
    const lkg_ask *ask, const char *sep)
{
    lkg_str          key;
    lkg_json_node    n;
    const lkg_json  *doc;

    doc = ask->body;

    for (n = lkg_json_first(doc, ask->participant_attributes);
         n != LKG_JSON_NONE;
         n = lkg_json_next(doc, n))
    {
        key = lkg_json_key(doc, n);

        if (lkg_wish_listed(policy->accept_attributes, policy->naccept, key)
            && !lkg_wish_listed(policy->attribute_names,
                                policy->nattributes, key))
        {
            lkg_wish_write_member(b, doc, n, sep);
            sep = ",";
        }
    }
}


static void
lkg_wish_write_strings(lkg_buf *b, const lkg_json *doc, lkg_json_node n)
{
    const char     *sep;
    lkg_json_node   member;

    sep = "{";

    for (member = lkg_json_first(doc, n);
         member != LKG_JSON_NONE;
         member = lkg_json_next(doc, member))
    {
        lkg_wish_write_member(b, doc, member, sep);
        sep = ",";
    }

    lkg_buf_put(b, lkg_lit("}"));
}


static void lkg_wish_write_message(lkg_buf *b, const lkg_json *doc,
    lkg_json_node n, const lkg_wish_field *fields, unsigned accepted);


static void
lkg_wish_write_agents(lkg_buf *b, const lkg_json *doc, lkg_json_node n)
{
    const char     *sep;
    lkg_json_node   agent;

    sep = "[";

    for (agent = lkg_json_first(doc, n);
         agent != LKG_JSON_NONE;
         agent = lkg_json_next(doc, agent))
    {
        lkg_buf_put(b, sep, 1);
        lkg_wish_write_message(b, doc, agent, lkg_wish_agent, LKG_WISH_ALL);
        sep = ",";
    }

    lkg_buf_put(b, lkg_lit("]"));
}


static void
lkg_wish_write_value(lkg_buf *b, const lkg_json *doc, lkg_json_node n,
    unsigned type)
{
    lkg_str  raw;

    switch (type) {

    case LKG_WISH_STRINGS:
        lkg_wish_write_strings(b, doc, n);
        break;

    case LKG_WISH_AGENTS:
        lkg_wish_write_agents(b, doc, n);
        break;

    default:
        raw = lkg_json_raw(doc, n);
        lkg_buf_put(b, raw.data, raw.len);
    }
}


static void
lkg_wish_write_message(lkg_buf *b, const lkg_json *doc, lkg_json_node n,
    const lkg_wish_field *fields, unsigned accepted)
{
    unsigned        i;
    const char     *sep;
    lkg_json_node   member;

    sep = "";
    lkg_buf_put(b, lkg_lit("{"));

    for (member = lkg_json_first(doc, n);
         member != LKG_JSON_NONE;
         member = lkg_json_next(doc, member))
    {
        i = lkg_wish_find(fields, lkg_json_key(doc, member));

        if (i == LKG_GRANT_NONE || !(accepted & 1u << i)
            || lkg_wish_empty(doc, member))
        {
            continue;
        }

        lkg_buf_put(b, sep, strlen(sep));
        lkg_buf_put(b, lkg_lit("\""));
        lkg_buf_put(b, fields[i].camel, strlen(fields[i].camel));
        lkg_buf_put(b, lkg_lit("\":"));
        lkg_wish_write_value(b, doc, member, fields[i].type);
        sep = ",";
    }

    lkg_buf_put(b, lkg_lit("}"));
}


void
lkg_wish_write_config(lkg_buf *b, const lkg_policy *policy,
    const lkg_ask *ask)
{
    char  *mark, *value;

    if (policy->accept_room_config == 0
        || lkg_json_typeof(ask->body, ask->room_config) != LKG_JSON_OBJECT)
    {
        return;
    }

    mark = b->pos;
    lkg_buf_put(b, lkg_lit(",\"roomConfig\":"));

    value = b->pos;
    lkg_wish_write_message(b, ask->body, ask->room_config,
                           lkg_wish_room_config, policy->accept_room_config);

    if (b->pos - value == 2) {
        b->pos = mark;
    }
}
