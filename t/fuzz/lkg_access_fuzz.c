/*
 * Facts out of anything that may stand in Redis: a value is understood or
 * refused, and what is refused never makes anybody's access wider.
 *
 * The input is a row of facts: a byte that names it, a length, the value.
 */

#include <stdlib.h>

#include "lkg_policy.h"


#define NOW     1800000000

/* what must be known before anything is decided */
#define ALWAYS  (1u << LKG_FACT_STATE | 1u << LKG_FACT_BAN                   \
                 | 1u << LKG_FACT_KICK)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


static lkg_policy  *policy;


static void
configure(void)
{
    static const char  text[] =
        "{\"version\":1,\"roles\":{\"a\":{},\"b\":{\"may_take\":[\"a\"]}},"
        "\"default_role\":\"a\"}";

    must(policy != NULL
         || lkg_policy_load(&policy, text, sizeof(text) - 1, NULL) == LKG_OK);
}


static void
check_names(const char *text, size_t len)
{
    int   n;
    char  buf[LKG_KEY_BUF];

    n = lkg_access_key(buf, sizeof(buf), text, len);
    must(n < 0 || (n == (int) len + 11 && buf[n - 1] == '}'
                   && memcmp(buf + 10, text, len) == 0));

    n = lkg_access_field(buf, sizeof(buf), LKG_FACT_MEMBER, text, len);
    must(n < 0 || (n == (int) len + 2 && memcmp(buf, "m:", 2) == 0
                   && lkg_identity_valid(text, len)));
}


static void
check_set(lkg_access *access, lkg_fact fact, const char *value, size_t len)
{
    int         rc;
    lkg_access  before;

    before = *access;

    rc = lkg_access_set(access, fact, value, len);
    must(rc == LKG_OK || rc == LKG_ERR_FORMAT);

    if (rc == LKG_ERR_FORMAT) {
        must(access->role.data == before.role.data);
    }

    must(access->deny >= before.deny && access->closed >= before.closed
         && access->banned >= before.banned
         && access->kicked >= before.kicked);
    must(!(before.seen & 1u << LKG_FACT_ALLOW)
         || access->allow <= before.allow);
    must(before.expires == 0
         || (access->expires && access->expires <= before.expires));
}


static void
check_decision(const lkg_access *access)
{
    int           rc;
    lkg_ask       ask = LKG_ASK_INIT;
    lkg_decision  decision;

    ask.now = NOW;
    ask.identity.data = "u";
    ask.identity.len = 1;
    ask.room.data = "r";
    ask.room.len = 1;
    ask.access = access;

    rc = lkg_decide(&decision, policy, &ask);

    if (rc == LKG_ERR_INVALID) {
        must(access->bad || (access->seen & ALWAYS) != ALWAYS);
        return;
    }

    must(rc == LKG_OK || rc == LKG_ERR_DENIED);
    must((rc == LKG_OK) == (decision.reason == LKG_ALLOWED));

    if (rc != LKG_OK) {
        return;
    }

    must(!access->closed && !access->deny);
    must(!access->banned
         || (access->banned_until && access->banned_until <= NOW));
    must(!access->kicked || access->kicked_until < NOW);
    must(!(access->seen & 1u << LKG_FACT_ALLOW) || access->allow);
    must(decision.expires > NOW && decision.expires <= NOW + 600);
    must(access->expires == 0 || decision.expires <= access->expires);
    must(access->role.len == 0
         || lkg_str_eq(access->role, lkg_role_name(decision.role).data,
                       lkg_role_name(decision.role).len));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char        *text, *end, *p;
    size_t       len;
    lkg_fact     fact;
    lkg_access   access;

    configure();

    text = malloc(size + 1);
    must(text != NULL);

    if (size) {
        memcpy(text, data, size);
    }

    check_names(text, size);
    lkg_access_init(&access);

    end = text + size;

    for (p = text; end - p >= 2; p += len) {
        fact = (unsigned char) p[0] % (LKG_FACT_EXPIRES + 1);
        len = (unsigned char) p[1];
        p += 2;

        if (len == 255) {
            len = 0;
            check_set(&access, fact, NULL, 0);
            continue;
        }

        if (len > (size_t) (end - p)) {
            len = end - p;
        }

        check_set(&access, fact, p, len);
    }

    check_decision(&access);
    free(text);

    return 0;
}
