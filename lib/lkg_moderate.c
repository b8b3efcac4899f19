/*
 * Roles that are given to others, and what they are to LiveKit while
 * somebody is in the room.
 */

#include "lkg_policy.h"


/* LiveKit's ParticipantPermission, and the grant that each field follows. */

typedef struct {
    const char  *field;
    const char  *grant;
} lkg_permission;

static const lkg_permission  lkg_permissions[] = {
    { "canSubscribe", "canSubscribe" },
    { "canPublish", "canPublish" },
    { "canPublishData", "canPublishData" },
    { "canUpdateMetadata", "canUpdateOwnMetadata" },
    { "canSubscribeMetrics", "canSubscribeMetrics" },
    { "canManageAgentSession", "canManageAgentSession" },
    { "hidden", "hidden" },
    { "recorder", "recorder" },
    { "agent", "agent" },
    { NULL, NULL }
};

/* In the order of lkg_grant_sources[]. */

static const char *const  lkg_permission_sources[] = {
    "CAMERA", "MICROPHONE", "SCREEN_SHARE", "SCREEN_SHARE_AUDIO", NULL
};


const lkg_role *
lkg_policy_role_named(const lkg_policy *policy, lkg_str room, lkg_str name)
{
    const lkg_role  *role;

    role = lkg_policy_find_role(policy, name.data, name.len);
    if (role == NULL) {
        return NULL;
    }

    return lkg_policy_role_in(policy, role,
                              lkg_room_find(policy, room.data, room.len));
}


const lkg_role *
lkg_policy_default_role(const lkg_policy *policy)
{
    return policy->default_role;
}


static int
lkg_role_moderates(const lkg_role *role)
{
    return (role->actions & lkg_action(lkg_lit("moderate"))) != 0;
}


int
lkg_role_may_give(const lkg_role *giver, const lkg_role *role)
{
    return lkg_role_moderates(giver)
           && !(role->actions & ~giver->actions)
           && !role->privileged;
}


int
lkg_role_may_moderate(const lkg_role *moderator, const lkg_role *role)
{
    if (!lkg_role_moderates(moderator)) {
        return 0;
    }

    return !lkg_role_moderates(role)
           || (role->actions != moderator->actions
               && !(role->actions & ~moderator->actions));
}


int
lkg_role_permission(char *buf, size_t size, const lkg_role *role)
{
    lkg_buf                b;
    const char            *sep;
    const lkg_permission  *p;

    b.pos = buf;
    b.end = buf + size;
    b.overflow = 0;

    sep = "{\"";

    for (p = lkg_permissions; p->field; p++) {
        lkg_buf_put(&b, sep, strlen(sep));
        lkg_buf_put(&b, p->field, strlen(p->field));

        if (lkg_grants_yes(&role->set, p->grant, strlen(p->grant))) {
            lkg_buf_put(&b, lkg_lit("\":true"));
        } else {
            lkg_buf_put(&b, lkg_lit("\":false"));
        }

        sep = ",\"";
    }

    /* no list, and an empty one, are all sources */

    if (role->set.sources
        && lkg_grants_yes(&role->set, lkg_lit("canPublish")))
    {
        lkg_buf_put(&b, lkg_lit(",\"canPublishSources\":"));
        lkg_names_write(&b, lkg_permission_sources, role->set.sources);
    }

    lkg_buf_put(&b, lkg_lit("}"));

    return b.overflow ? LKG_ERR_TOOBIG : (int) (b.pos - buf);
}
