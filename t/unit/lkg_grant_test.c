/*
 * The claim "video": what is written, and what is written always because
 * LiveKit would read its absence as yes.
 */

#include "lkg_private.h"
#include "lkg_test.h"


#define ALL_NO                                                               \
    "\"canSubscribeMetrics\":false,\"canManageAgentSession\":false"


static unsigned
bit(const char *name)
{
    return 1u << lkg_grant_find(lkg_grant_video, name, strlen(name));
}


static void
written(const lkg_grants *grants, const char *want, const char *name)
{
    char     text[2048];
    lkg_str  got;
    lkg_buf  b = { text, text + sizeof(text), 0 };

    lkg_grants_write(&b, grants);

    got.data = text;
    got.len = b.pos - text;

    is_str(got, want, name);
}


static void
test_names(void)
{
    size_t              i;
    static const char  *video[] = {
        "roomCreate", "roomList", "roomRecord", "roomAdmin", "roomJoin",
        "canPublish", "canSubscribe", "canPublishData", "canPublishSources",
        "canUpdateOwnMetadata", "ingressAdmin", "hidden", "recorder",
        "agent", "canSubscribeMetrics", "destinationRoom",
        "canManageAgentSession"
    };

    for (i = 0; i < sizeof(video) / sizeof(video[0]); i++) {
        ok(lkg_grant_find(lkg_grant_video, video[i], strlen(video[i]))
           != LKG_GRANT_NONE, "%s is known", video[i]);
    }

    ok(lkg_grant_video[i].name == NULL, "and nothing else is");

    is_int(lkg_grant_find(lkg_grant_video, lkg_lit("room")), LKG_GRANT_NONE,
           "the room is not a grant");
    is_int(lkg_grant_find(lkg_grant_video, lkg_lit("canPublis")),
           LKG_GRANT_NONE, "part of a name is not the name");
    is_int(lkg_grant_find(lkg_grant_video, lkg_lit("canpublish")),
           LKG_GRANT_NONE, "case counts");
}


static void
test_privileged(void)
{
    size_t              i;
    unsigned            n;
    static const char  *names[] = {
        "roomCreate", "roomList", "roomRecord", "roomAdmin", "ingressAdmin",
        "hidden", "recorder", "agent", "destinationRoom"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        n = lkg_grant_find(lkg_grant_video, names[i], strlen(names[i]));
        ok(lkg_grant_video[n].flags & LKG_GRANT_PRIVILEGED,
           "%s is privileged", names[i]);
    }

    for (n = 0, i = 0; lkg_grant_video[n].name; n++) {
        i += (lkg_grant_video[n].flags & LKG_GRANT_PRIVILEGED) != 0;
    }

    is_int(i, sizeof(names) / sizeof(names[0]), "no other field is");
}


static void
test_write(void)
{
    lkg_grants  grants;

    memset(&grants, 0, sizeof(grants));

    written(&grants,
            "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":false,"
            "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
            ALL_NO "}",
            "nothing said: may join, and nothing else");

    ok(lkg_grants_yes(&grants, lkg_lit("roomJoin")), "so reads roomJoin");
    ok(!lkg_grants_yes(&grants, lkg_lit("canPublish")), "and canPublish");
    ok(!lkg_grants_yes(&grants, lkg_lit("nonsense")), "and nonsense");

    grants.given = bit("roomJoin") | bit("canPublish") | bit("roomAdmin");
    grants.yes = bit("canPublish");

    written(&grants,
            "{\"roomJoin\":false,\"canPublish\":true,\"canSubscribe\":false,"
            "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
            ALL_NO ",\"roomAdmin\":false}",
            "what is said counts, a no is written");

    grants.given = bit("canPublish") | bit("canPublishSources");
    grants.yes = grants.given;
    grants.sources = 1 << 1 | 1 << 2;

    written(&grants,
            "{\"roomJoin\":true,\"canPublish\":true,\"canSubscribe\":false,"
            "\"canPublishData\":false,\"canPublishSources\":"
            "[\"microphone\",\"screen_share\"],"
            "\"canUpdateOwnMetadata\":false," ALL_NO "}",
            "sources as LiveKit spells them");

    grants.yes = bit("canPublishSources");

    written(&grants,
            "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":false,"
            "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
            ALL_NO "}",
            "no sources for who may not publish");

    grants.given = bit("destinationRoom");
    grants.yes = grants.given;
    grants.destination_room.data = "a\"b";
    grants.destination_room.len = 3;

    written(&grants,
            "{\"roomJoin\":true,\"canPublish\":false,\"canSubscribe\":false,"
            "\"canPublishData\":false,\"canUpdateOwnMetadata\":false,"
            ALL_NO ",\"destinationRoom\":\"a\\\"b\"}",
            "a text is escaped");
}


static void
test_overflow(void)
{
    char        text[40];
    lkg_grants  grants;
    lkg_buf     b = { text, text + sizeof(text), 0 };

    memset(&grants, 0, sizeof(grants));
    lkg_grants_write(&b, &grants);

    ok(b.overflow, "too small a buffer is noticed");
    ok(b.pos <= b.end, "and kept");
}


int
main(void)
{
    test_names();
    test_privileged();
    test_write();
    test_overflow();

    return done_testing();
}
