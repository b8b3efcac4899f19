/*
 * May this person join this room now, as what, and until when?
 */

#include "lkg_policy.h"


static const char *const  lkg_reasons[] = {
    "allowed",
    "banned",
    "kicked",
    "room_closed",
    "not_allowed",
    "not_member",
    "member_expired",
    "session_expired",
    "role_unknown",
    "role_not_taken",
    "action_not_allowed",
    "identity_invalid",
    "identity_mismatch",
    "forbidden_field",
    "bad_field",
    "no_join",
    "not_participant",
    "room_invalid",
    "more_grants"
};


const char *
lkg_reason_name(lkg_reason reason)
{
    if (reason >= sizeof(lkg_reasons) / sizeof(lkg_reasons[0])) {
        return "unknown";
    }

    return lkg_reasons[reason];
}


lkg_str
lkg_ask_identity(const lkg_ask *ask)
{
    return ask->session ? lkg_session_identity(ask->session) : ask->identity;
}


/* Facts are always asked for bans, kicks and the room's state. */

int
lkg_decide_known(const lkg_access *access)
{
    unsigned  always;

    always = 1u << LKG_FACT_STATE | 1u << LKG_FACT_BAN | 1u << LKG_FACT_KICK;

    return !access->bad && (access->seen & always) == always;
}


static int
lkg_ask_valid(const lkg_ask *ask)
{
    if (ask == NULL || ask->size != sizeof(lkg_ask)
        || ask->now < 0 || ask->now > LKG_TIME_MAX)
    {
        return 0;
    }

    if (ask->session == NULL
        && (ask->session_expires < 0
            || !lkg_text_json(ask->name.data, ask->name.len)))
    {
        return 0;
    }

    return (ask->access == NULL || lkg_decide_known(ask->access))
           && lkg_room_valid(ask->room.data, ask->room.len) == LKG_OK;
}


lkg_reason
lkg_decide_room(const lkg_access *access, unsigned action, int64_t now)
{
    if (access->banned
        && (access->banned_until == 0 || now < access->banned_until))
    {
        return LKG_BANNED;
    }

    /* a token whose nbf is at or before the kick would be refused */

    if (access->kicked && now <= access->kicked_until) {
        return LKG_KICKED;
    }

    /* whoever moderates a room can open it again */

    if (access->closed
        && !(action & lkg_action(lkg_lit("moderate"))))
    {
        return LKG_ROOM_CLOSED;
    }

    return LKG_ALLOWED;
}


/* What stands against anybody's joining, whatever the role. */

static lkg_reason
lkg_decide_facts(const lkg_access *access, unsigned action, int64_t now)
{
    lkg_reason  reason;

    if (access == NULL) {
        return LKG_ALLOWED;
    }

    reason = lkg_decide_room(access, action, now);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    if (access->deny
        || (access->seen & 1u << LKG_FACT_ALLOW && !access->allow))
    {
        return LKG_NOT_ALLOWED;
    }

    return LKG_ALLOWED;
}


/* The role that the facts give, as it is in this room. */

static lkg_reason
lkg_decide_member(lkg_decision *out, const lkg_policy *policy,
    const lkg_ask *ask, const lkg_room *room)
{
    const lkg_role    *role;
    const lkg_access  *access;

    access = ask->access;

    if (access && access->role.len) {
        role = lkg_policy_find_role(policy, access->role.data,
                                    access->role.len);
        if (role == NULL) {
            return LKG_ROLE_UNKNOWN;
        }

    } else {
        role = policy->default_role;

        if (role == NULL) {
            return LKG_NOT_MEMBER;
        }
    }

    out->role = lkg_policy_role_in(policy, role, room);

    return LKG_ALLOWED;
}


/* The role that the client would rather have, if it may. */

static lkg_reason
lkg_decide_taken(lkg_decision *out, const lkg_policy *policy,
    const lkg_ask *ask, const lkg_room *room)
{
    uint32_t         i;
    const lkg_role  *role, *member;

    member = out->role;

    if (ask->role.len == 0
        || lkg_str_eq(member->name, ask->role.data, ask->role.len))
    {
        return LKG_ALLOWED;
    }

    role = lkg_policy_find_role(policy, ask->role.data, ask->role.len);
    if (role == NULL) {
        return LKG_ROLE_NOT_TAKEN;
    }

    for (i = 0; i < member->nmay_take; i++) {
        if (member->may_take[i] == role->number) {
            out->role = lkg_policy_role_in(policy, role, room);
            return LKG_ALLOWED;
        }
    }

    return LKG_ROLE_NOT_TAKEN;
}


/* Brings *end forward; an end that is here already is a refusal. */

static int
lkg_decide_over(int64_t *end, int64_t other, int64_t now)
{
    if (other && other < *end) {
        *end = other;
    }

    return other && other <= now;
}


static lkg_reason
lkg_decide_end(int64_t *end, const lkg_ask *ask)
{
    int64_t            session;
    const lkg_access  *access;

    access = ask->access;
    *end = LKG_TIME_MAX;

    session = ask->session ? lkg_session_expires(ask->session)
                           : ask->session_expires;

    if (lkg_decide_over(end, session, ask->now)) {
        return LKG_SESSION_EXPIRED;
    }

    if (access
        && (lkg_decide_over(end, access->member_expires, ask->now)
            || lkg_decide_over(end, access->expires, ask->now)))
    {
        return LKG_MEMBER_EXPIRED;
    }

    return LKG_ALLOWED;
}


int
lkg_device_valid(const char *p, size_t len)
{
    size_t  i;

    if (len == 0 || len > LKG_DEVICE_MAX) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z')
              || (p[i] >= '0' && p[i] <= '9') || p[i] == '_'
              || p[i] == '-'))
        {
            return 0;
        }
    }

    return 1;
}


/* participant_identity: the session's identity, or a device of it. */

static lkg_reason
lkg_decide_device(lkg_decision *out, const lkg_policy *policy,
    const lkg_ask *ask, lkg_str identity)
{
    lkg_str  asked, device;

    asked = ask->participant_identity;

    if (asked.len == 0 || lkg_str_eq(asked, identity.data, identity.len)) {
        return LKG_ALLOWED;
    }

    if (!policy->devices || asked.len <= identity.len + 1
        || memcmp(asked.data, identity.data, identity.len) != 0
        || asked.data[identity.len] != '~')
    {
        return LKG_IDENTITY_MISMATCH;
    }

    device.data = asked.data + identity.len + 1;
    device.len = asked.len - identity.len - 1;

    if (!lkg_device_valid(device.data, device.len)) {
        return LKG_IDENTITY_MISMATCH;
    }

    if (asked.len > LKG_IDENTITY_MAX) {
        return LKG_IDENTITY_INVALID;
    }

    out->device = device;

    return LKG_ALLOWED;
}


static lkg_reason
lkg_decide_reason(lkg_decision *out, const lkg_policy *policy,
    const lkg_ask *ask)
{
    int64_t          end;
    lkg_str          identity;
    lkg_reason       reason;
    const lkg_room  *room;

    identity = lkg_ask_identity(ask);

    if (!lkg_identity_valid(identity.data, identity.len)) {
        return LKG_IDENTITY_INVALID;
    }

    reason = lkg_decide_facts(ask->access, ask->action, ask->now);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    room = lkg_room_find(policy, ask->room.data, ask->room.len);

    reason = lkg_decide_member(out, policy, ask, room);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    reason = lkg_decide_end(&end, ask);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    reason = lkg_decide_taken(out, policy, ask, room);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    if ((out->role->actions & ask->action) != ask->action) {
        return LKG_ACTION_NOT_ALLOWED;
    }

    out->expires = ask->now + out->role->ttl;

    if (end < out->expires) {
        out->expires = end;
    }

    reason = lkg_decide_device(out, policy, ask, identity);
    if (reason != LKG_ALLOWED) {
        return reason;
    }

    return lkg_wish_check(policy, ask, &out->field);
}


int
lkg_decide(lkg_decision *out, const lkg_policy *policy, const lkg_ask *ask)
{
    memset(out, 0, sizeof(*out));

    /* until it is decided, the answer is no */

    out->reason = LKG_NOT_ALLOWED;

    if (policy == NULL || !lkg_ask_valid(ask)) {
        return LKG_ERR_INVALID;
    }

    out->reason = lkg_decide_reason(out, policy, ask);

    if (out->reason != LKG_ALLOWED) {
        out->expires = 0;
        out->device.data = NULL;
        out->device.len = 0;

        return LKG_ERR_DENIED;
    }

    return LKG_OK;
}
