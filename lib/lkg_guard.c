/*
 * May the bearer of this token connect to LiveKit now?
 */

#include "lkg_policy.h"


/* The subject, or the id of the token where there is none: as LiveKit. */

static int
lkg_guard_subject(lkg_str *subject, const lkg_json *claims)
{
    int  rc;

    rc = lkg_guard_text(subject, claims, LKG_JSON_ROOT, "sub");

    if (rc == LKG_OK && subject->len == 0) {
        rc = lkg_guard_text(subject, claims, LKG_JSON_ROOT, "jti");
    }

    return rc;
}


/* Behind "#" stands what LiveKit appends itself ("?publish="). */

static void
lkg_guard_split(lkg_guest *guest, lkg_str subject)
{
    size_t       n;
    const char  *end;

    guest->identity = lkg_identity_base(subject.data, subject.len);

    n = guest->identity.len;

    if (n == subject.len || subject.data[n] != '~') {
        return;
    }

    guest->device.data = subject.data + n + 1;
    guest->device.len = subject.len - n - 1;

    end = memchr(guest->device.data, '#', guest->device.len);

    if (end) {
        guest->device.len = end - guest->device.data;
    }
}


static int
lkg_guard_nbf(int64_t *nbf, const lkg_json *claims)
{
    lkg_json_node  n;

    *nbf = 0;
    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("nbf"));

    return n == LKG_JSON_NONE ? LKG_OK : lkg_json_int(claims, n, nbf);
}


static lkg_reason
lkg_guard_admissible(const lkg_guest *guest, const lkg_guard_grants *grants)
{
    if (!lkg_grants_yes(&grants->set, lkg_lit("roomJoin"))) {
        return LKG_NO_JOIN;
    }

    if (grants->kind.len
        && !lkg_str_eq(grants->kind, lkg_lit("standard")))
    {
        return LKG_NOT_PARTICIPANT;
    }

    if (!lkg_identity_valid(guest->identity.data, guest->identity.len)) {
        return LKG_IDENTITY_INVALID;
    }

    if (lkg_room_valid(guest->room.data, guest->room.len) != LKG_OK) {
        return LKG_ROOM_INVALID;
    }

    return LKG_ALLOWED;
}


int
lkg_guard_read(lkg_guest *guest, const lkg_token *token, lkg_reason *reason)
{
    int                rc;
    lkg_str            subject;
    const lkg_json    *claims;
    lkg_guard_grants   grants;

    memset(guest, 0, sizeof(*guest));

    *reason = LKG_NOT_ALLOWED;
    claims = lkg_token_claims(token);

    rc = lkg_guard_grants_read(&grants, claims);

    if (rc == LKG_OK) {
        rc = lkg_guard_subject(&subject, claims);
    }

    if (rc == LKG_OK) {
        rc = lkg_guard_nbf(&guest->nbf, claims);
    }

    if (rc != LKG_OK) {
        return rc;
    }

    guest->token = token;
    guest->room = grants.room;

    lkg_guard_split(guest, subject);

    *reason = lkg_guard_admissible(guest, &grants);

    return *reason == LKG_ALLOWED ? LKG_OK : LKG_ERR_DENIED;
}


/*
 * What is renewed by LiveKit between a kick and its effect begins before the
 * kick's time, too.
 */

static lkg_reason
lkg_guard_room(const lkg_guest *guest, const lkg_access *access, int64_t now)
{
    lkg_reason  reason;

    reason = lkg_decide_room(access, 0, now);

    if (reason == LKG_ALLOWED && access->kicked
        && guest->nbf <= access->kicked_until)
    {
        return LKG_KICKED;
    }

    return reason;
}


/* The member's own role, or another that it might have asked for. */

static lkg_reason
lkg_guard_role(lkg_decision *out, const lkg_policy *policy,
    const lkg_guest *guest)
{
    uint32_t           i;
    const char        *beyond;
    lkg_guard_grants   grants;
    const lkg_role    *role, *member;
    const lkg_room    *room;

    if (lkg_guard_grants_read(&grants, lkg_token_claims(guest->token))
        != LKG_OK)
    {
        return LKG_NOT_ALLOWED;
    }

    member = out->role;

    out->field = lkg_guard_grants_beyond(&grants, policy, member);
    if (out->field == NULL) {
        return LKG_ALLOWED;
    }

    room = lkg_room_find(policy, guest->room.data, guest->room.len);

    for (i = 0; i < member->nmay_take; i++) {
        role = lkg_policy_role_in(policy,
                                  &policy->roles[member->may_take[i]], room);

        beyond = lkg_guard_grants_beyond(&grants, policy, role);

        if (beyond == NULL) {
            out->role = role;
            out->field = NULL;

            return LKG_ALLOWED;
        }
    }

    return LKG_MORE_GRANTS;
}


static lkg_reason
lkg_guard_device(const lkg_policy *policy, const lkg_guest *guest)
{
    if (guest->device.data == NULL
        || (policy->devices
            && lkg_device_valid(guest->device.data, guest->device.len)))
    {
        return LKG_ALLOWED;
    }

    return LKG_IDENTITY_MISMATCH;
}


/* What the policy would say if the member asked for a token now. */

static int
lkg_guard_member(lkg_decision *out, const lkg_policy *policy,
    const lkg_guest *guest, const lkg_access *access, int64_t now)
{
    int      rc;
    lkg_ask  ask = LKG_ASK_INIT;

    ask.now = now;
    ask.identity = guest->identity;
    ask.room = guest->room;
    ask.access = access;

    rc = lkg_decide(out, policy, &ask);
    if (rc != LKG_OK) {
        return rc;
    }

    out->expires = 0;
    out->reason = lkg_guard_device(policy, guest);

    if (out->reason == LKG_ALLOWED) {
        out->device = guest->device;
        out->reason = lkg_guard_role(out, policy, guest);
    }

    return out->reason == LKG_ALLOWED ? LKG_OK : LKG_ERR_DENIED;
}


int
lkg_guard_decide(lkg_decision *out, const lkg_policy *policy,
    const lkg_guest *guest, const lkg_access *access, int64_t now)
{
    memset(out, 0, sizeof(*out));

    out->reason = LKG_NOT_ALLOWED;

    if (guest->token == NULL || access == NULL || !lkg_decide_known(access)
        || now < 0 || now > LKG_TIME_MAX)
    {
        return LKG_ERR_INVALID;
    }

    out->reason = lkg_guard_room(guest, access, now);

    if (out->reason != LKG_ALLOWED) {
        return LKG_ERR_DENIED;
    }

    return policy ? lkg_guard_member(out, policy, guest, access, now)
                  : LKG_OK;
}
