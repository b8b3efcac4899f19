/*
 * Every field that LiveKit's ClaimGrants has, and what it means to us.
 */

#include "lkg_policy.h"


#define P  LKG_GRANT_PRIVILEGED
#define W  LKG_GRANT_WRITTEN

const lkg_grant_field  lkg_grant_video[] = {
    { "roomJoin", LKG_GRANT_BOOL, W },
    { "canPublish", LKG_GRANT_BOOL, W },
    { "canSubscribe", LKG_GRANT_BOOL, W },
    { "canPublishData", LKG_GRANT_BOOL, W },
    { "canPublishSources", LKG_GRANT_SOURCES, 0 },
    { "canUpdateOwnMetadata", LKG_GRANT_BOOL, W },
    { "canSubscribeMetrics", LKG_GRANT_BOOL, W },
    { "canManageAgentSession", LKG_GRANT_BOOL, W },
    { "roomCreate", LKG_GRANT_BOOL, P },
    { "roomList", LKG_GRANT_BOOL, P },
    { "roomRecord", LKG_GRANT_BOOL, P },
    { "roomAdmin", LKG_GRANT_BOOL, P },
    { "ingressAdmin", LKG_GRANT_BOOL, P },
    { "hidden", LKG_GRANT_BOOL, P },
    { "recorder", LKG_GRANT_BOOL, P },
    { "agent", LKG_GRANT_BOOL, P },
    { "destinationRoom", LKG_GRANT_STRING, P },
    { NULL, 0, 0 }
};

/* Numbers of two of them. */

enum {
    LKG_VIDEO_JOIN = 0,
    LKG_VIDEO_PUBLISH
};

static const lkg_grant_field  lkg_grant_sip[] = {
    { "admin", LKG_GRANT_BOOL, P },
    { "call", LKG_GRANT_BOOL, P },
    { NULL, 0, 0 }
};

static const lkg_grant_field  lkg_grant_agent[] = {
    { "admin", LKG_GRANT_BOOL, P },
    { "simulationAdmin", LKG_GRANT_BOOL, P },
    { "databaseAdmin", LKG_GRANT_BOOL, P },
    { NULL, 0, 0 }
};

static const lkg_grant_field  lkg_grant_inference[] = {
    { "perform", LKG_GRANT_BOOL, P },
    { NULL, 0, 0 }
};

static const lkg_grant_field  lkg_grant_observability[] = {
    { "write", LKG_GRANT_BOOL, P },
    { NULL, 0, 0 }
};

const lkg_grant_group  lkg_grant_groups[] = {
    { "sip", lkg_grant_sip, 0 },
    { "agent", lkg_grant_agent, 2 },
    { "inference", lkg_grant_inference, 5 },
    { "observability", lkg_grant_observability, 6 },
    { NULL, NULL, 0 }
};

const char *const  lkg_grant_sources[] = {
    "camera", "microphone", "screen_share", "screen_share_audio", NULL
};

/* The first is what LiveKit takes an absent or unknown kind for. */

const char *const  lkg_grant_kinds[] = {
    "standard", "ingress", "egress", "sip", "agent", "connector", "bridge",
    NULL
};

const char *const  lkg_grant_kind_details[] = {
    "cloud_agent", "forwarded", "connector_whatsapp", "connector_twilio",
    "bridge_rtsp", "simulation", NULL
};


unsigned
lkg_grant_find(const lkg_grant_field *fields, const char *name, size_t len)
{
    unsigned  i;

    for (i = 0; fields[i].name; i++) {
        if (strlen(fields[i].name) == len
            && memcmp(fields[i].name, name, len) == 0)
        {
            return i;
        }
    }

    return LKG_GRANT_NONE;
}


/* A role is there to join a room; all else it must be given. */

static int
lkg_grants_bit(const lkg_grants *grants, unsigned i)
{
    if (!(grants->given & 1u << i)) {
        return i == LKG_VIDEO_JOIN;
    }

    return (grants->yes & 1u << i) != 0;
}


int
lkg_grants_yes(const lkg_grants *grants, const char *name, size_t len)
{
    unsigned  i;

    i = lkg_grant_find(lkg_grant_video, name, len);

    return i != LKG_GRANT_NONE && lkg_grants_bit(grants, i);
}


/* Without a list every source may be published. */

static uint32_t
lkg_grants_sources(const lkg_grants *grants, unsigned i)
{
    return grants->given & 1u << i ? grants->sources : ~0u;
}


const char *
lkg_grants_beyond(const lkg_grants *have, const lkg_grants *may)
{
    int              beyond;
    unsigned         i;
    const lkg_str   *room;

    room = &may->destination_room;

    for (i = 0; lkg_grant_video[i].name; i++) {

        switch (lkg_grant_video[i].type) {

        case LKG_GRANT_SOURCES:
            beyond = lkg_grants_bit(have, LKG_VIDEO_PUBLISH)
                     && lkg_grants_sources(have, i)
                        & ~lkg_grants_sources(may, i);
            break;

        case LKG_GRANT_STRING:
            beyond = have->destination_room.len
                     && !lkg_str_eq(have->destination_room, room->data,
                                    room->len);
            break;

        default:
            beyond = lkg_grants_bit(have, i) && !lkg_grants_bit(may, i);
        }

        if (beyond) {
            return lkg_grant_video[i].name;
        }
    }

    return NULL;
}


void
lkg_names_write(lkg_buf *b, const char *const *names, uint32_t bits)
{
    unsigned     i;
    const char  *sep;

    sep = "[\"";

    for (i = 0; names[i]; i++) {
        if (bits & 1u << i) {
            lkg_buf_put(b, sep, strlen(sep));
            lkg_buf_put(b, names[i], strlen(names[i]));
            sep = "\",\"";
        }
    }

    lkg_buf_put(b, lkg_lit("\"]"));
}


static void
lkg_grants_write_value(lkg_buf *b, const lkg_grants *grants, unsigned i)
{
    switch (lkg_grant_video[i].type) {

    case LKG_GRANT_SOURCES:
        lkg_names_write(b, lkg_grant_sources, grants->sources);
        break;

    case LKG_GRANT_STRING:
        lkg_buf_put(b, lkg_lit("\""));
        lkg_buf_json(b, grants->destination_room.data,
                     grants->destination_room.len, 1);
        lkg_buf_put(b, lkg_lit("\""));
        break;

    default:
        if (lkg_grants_bit(grants, i)) {
            lkg_buf_put(b, lkg_lit("true"));
        } else {
            lkg_buf_put(b, lkg_lit("false"));
        }
    }
}


void
lkg_grants_write(lkg_buf *b, const lkg_grants *grants)
{
    unsigned                i;
    const char             *sep;
    const lkg_grant_field  *field;

    sep = "{\"";

    for (i = 0; lkg_grant_video[i].name; i++) {
        field = &lkg_grant_video[i];

        if (!(field->flags & LKG_GRANT_WRITTEN)
            && !(grants->given & 1u << i))
        {
            continue;
        }

        /* a list of sources beside "canPublish": false means nothing */

        if (field->type == LKG_GRANT_SOURCES
            && !lkg_grants_bit(grants, LKG_VIDEO_PUBLISH))
        {
            continue;
        }

        lkg_buf_put(b, sep, strlen(sep));
        lkg_buf_put(b, field->name, strlen(field->name));
        lkg_buf_put(b, lkg_lit("\":"));
        lkg_grants_write_value(b, grants, i);
        sep = ",\"";
    }

    lkg_buf_put(b, lkg_lit("}"));
}
