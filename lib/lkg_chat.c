/*
 * A message of the chat: who may send it, and how it reads as JSON.
 */

#include <stdio.h>

#include "lkg_policy.h"


const lkg_chat_limits *
lkg_policy_chat(const lkg_policy *policy)
{
    return &policy->chat;
}


const lkg_chat_type *
lkg_chat_type_find(const lkg_policy *policy, const char *name, size_t len)
{
    uint32_t              i;
    const lkg_chat_type  *type;

    for (i = 0; i < policy->nchat_types; i++) {
        type = &policy->chat_types[i];

        if (lkg_str_eq(type->name, name, len)) {
            return type;
        }
    }

    return NULL;
}


const lkg_chat_type *
lkg_chat_type_number(const lkg_policy *policy, size_t i)
{
    return i < policy->nchat_types ? &policy->chat_types[i] : NULL;
}


lkg_str
lkg_chat_type_name(const lkg_chat_type *type)
{
    return type->name;
}


int
lkg_chat_type_stored(const lkg_chat_type *type)
{
    return type->stored;
}


int
lkg_chat_type_pin(const lkg_chat_type *type)
{
    return type->pin;
}


int
lkg_role_may(const lkg_role *role, unsigned action)
{
    return (role->actions & action) == action;
}


/* What a role may not say in the room by itself, nobody says for it, unless
 * the policy names the role or the action. */

int
lkg_chat_may_send(const lkg_chat_type *type, const lkg_role *role)
{
    uint32_t  i;

    if (type->action) {
        return lkg_role_may(role, type->action);
    }

    if (!type->listed) {
        return lkg_grants_yes(&role->set, lkg_lit("canPublishData"));
    }

    for (i = 0; i < type->nroles; i++) {
        if (type->roles[i] == role->number) {
            return 1;
        }
    }

    return 0;
}


int
lkg_chat_id_valid(const char *id, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!((id[i] >= 'a' && id[i] <= 'z') || (id[i] >= 'A' && id[i] <= 'Z')
              || (id[i] >= '0' && id[i] <= '9') || id[i] == '_'
              || id[i] == '-'))
        {
            return 0;
        }
    }

    return len > 0 && len <= LKG_CHAT_ID_MAX;
}


/* "ms-seq", as XADD gives it, or "ms" for the first of them. */

int
lkg_stream_id(const char *id, size_t len, int64_t *ms, int64_t *seq)
{
    size_t       n;
    const char  *dash;

    dash = len ? memchr(id, '-', len) : NULL;
    n = dash ? (size_t) (dash - id) : len;

    *seq = 0;

    if (lkg_digits(id, n, ms) != LKG_OK
        || (dash && lkg_digits(dash + 1, len - n - 1, seq) != LKG_OK))
    {
        return LKG_ERR_FORMAT;
    }

    return LKG_OK;
}


int
lkg_stream_after(char *buf, size_t size, const char *id, size_t len)
{
    int      n;
    int64_t  ms, seq;

    if (lkg_stream_id(id, len, &ms, &seq) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    /* after "ms" alone is after all of that time */

    if (memchr(id, '-', len) == NULL || seq == INT64_MAX) {

        if (ms == INT64_MAX) {
            return LKG_ERR_FORMAT;
        }

        ms++;
        seq = 0;

    } else {
        seq++;
    }

    n = snprintf(buf, size, "%lld-%lld", (long long) ms, (long long) seq);

    return n < 0 || (size_t) n >= size ? LKG_ERR_TOOBIG : n;
}


/*
 * Text as the inside of a JSON string that is harmless wherever the JSON is
 * put: in a script of a page, or evaluated by an old browser, which takes
 * U+2028 for the end of a line.
 */

static void
lkg_chat_text(lkg_buf *b, lkg_str text)
{
    char         hex[8];
    size_t       i, n;
    const char  *p;

    for (i = 0; i < text.len; i += n) {
        p = text.data + i;
        n = lkg_utf8_seq(p, text.len - i);

        if (n == 0) {

            /* not from here: somebody else's entry */

            lkg_buf_put(b, lkg_lit("\\ufffd"));
            n = 1;

        } else if (n == 1 && (*p == '<' || *p == '>' || *p == '&'
                              || *p == 0x7f))
        {
            snprintf(hex, sizeof(hex), "\\u%04x", *p);
            lkg_buf_put(b, hex, 6);

        } else if (n == 3 && memcmp(p, "\xe2\x80\xa8", 3) == 0) {
            lkg_buf_put(b, lkg_lit("\\u2028"));

        } else if (n == 3 && memcmp(p, "\xe2\x80\xa9", 3) == 0) {
            lkg_buf_put(b, lkg_lit("\\u2029"));

        } else {
            lkg_buf_json(b, p, n, 1);
        }
    }
}


static void
lkg_chat_member(lkg_buf *b, const char *name, lkg_str value)
{
    lkg_buf_put(b, lkg_lit(",\""));
    lkg_buf_put(b, name, strlen(name));

    if (value.data == NULL) {
        lkg_buf_put(b, lkg_lit("\":null"));
        return;
    }

    lkg_buf_put(b, lkg_lit("\":\""));
    lkg_chat_text(b, value);
    lkg_buf_put(b, lkg_lit("\""));
}


int
lkg_chat_write(char *buf, size_t size, const lkg_chat_message *m)
{
    lkg_buf  b;

    b.pos = buf;
    b.end = buf + size;
    b.overflow = 0;

    lkg_buf_put(&b, lkg_lit("{\"timestamp\":"));
    lkg_buf_int(&b, m->time);

    lkg_chat_member(&b, "id", m->id);
    lkg_chat_member(&b, "clientId", m->client_id);
    lkg_chat_member(&b, "roomName", m->room);
    lkg_chat_member(&b, "senderId", m->sender);
    lkg_chat_member(&b, "senderName", m->name);
    lkg_chat_member(&b, "senderRole", m->role);
    lkg_chat_member(&b, "type", m->type);
    lkg_chat_member(&b, "message", m->text);

    lkg_buf_put(&b, lkg_lit("}"));

    return b.overflow ? LKG_ERR_TOOBIG : (int) (b.pos - buf);
}
