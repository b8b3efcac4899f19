/*
 * The section "recording" of a policy, and what LiveKit is asked for.
 */

#include "lkg_policy.h"
#include "lkg_test.h"


#define HEAD  "{\"version\":1,\"roles\":{\"t\":{}},\"recording\":"


static void
refused(const char *section, unsigned column, const char *message)
{
    int          rc;
    char         text[2048];
    lkg_error    err;
    lkg_policy  *policy;

    snprintf(text, sizeof(text), HEAD "%s}", section);

    rc = lkg_policy_load(&policy, text, strlen(text), &err);

    if (!ok(rc == LKG_ERR_FORMAT && policy == NULL
            && strcmp(err.text, message) == 0
            && err.line == 1 && err.column == column + sizeof(HEAD) - 1,
            "%s", message))
    {
        printf("#   got %d, column %d: %s\n", rc,
               (int) (err.column - sizeof(HEAD) + 1), err.text);
    }
}


static lkg_policy *
load(const char *section)
{
    int          rc;
    char         text[2048];
    lkg_error    err;
    lkg_policy  *policy;

    err.text[0] = '\0';
    snprintf(text, sizeof(text), section ? HEAD "%s}"
             : "{\"version\":1,\"roles\":{\"t\":{}}%.0s}",
             section ? section : "");

    rc = lkg_policy_load(&policy, text, strlen(text), &err);

    ok(rc == LKG_OK, "%s %s", section ? section : "no section", err.text);

    return policy;
}


static void
requests(const char *section, const char *room, const char *want)
{
    int                rc;
    char               buf[LKG_REQUEST_MAX];
    size_t             len;
    lkg_str            got;
    lkg_policy        *policy;
    lkg_recording_ask  ask = {
        { room, strlen(room) }, lkg_str_lit("5f0c"), 1800000000,
        { lkg_str_lit("AK\"IA"), lkg_str_lit("a/secret") }
    };

    policy = load(section);

    rc = lkg_recording_request(buf, sizeof(buf), &len, policy, &ask);

    got.data = buf;
    got.len = rc == LKG_OK ? len : 0;

    is_str(got, want, "... asks LiveKit for what it says");

    lkg_policy_free(policy);
}


#define FILE(path)  "\"file_outputs\":[{\"file_type\":\"MP4\","              \
                    "\"filepath\":\"" path "\"}]}"

static void
test_requests(void)
{
    requests(NULL, "math",
             "{\"room_name\":\"math\",\"layout\":\"grid\","
             FILE("recordings/math/2027-01-15-5f0c.mp4"));

    requests("{}", "a:b",
             "{\"room_name\":\"a:b\",\"layout\":\"grid\","
             FILE("recordings/a=3Ab/2027-01-15-5f0c.mp4"));

    requests("{\"file\":\"{room}/{id}{time}.mp4\",\"layout\":\"speaker\","
             "\"preset\":\"H264_1080P_30\",\"video_only\":true,"
             "\"custom_base_url\":\"https://x/\"}", "..",
             "{\"room_name\":\"..\",\"layout\":\"speaker\","
             "\"custom_base_url\":\"https://x/\",\"video_only\":true,"
             "\"preset\":\"H264_1080P_30\","
             FILE("=2E./5f0c080000.mp4"));

    requests("{\"file\":\"{id}.mp4\"}", "a/../\\\"=\xc3\xa9",
             "{\"room_name\":\"a/../\\\\\\\"=\xc3\xa9\",\"layout\":\"grid\","
             FILE("5f0c.mp4"));

    requests("{\"file\":\"{room}-{id}.mp4\"}", "a/../\\\"=\xc3\xa9 ",
             "{\"room_name\":\"a/../\\\\\\\"=\xc3\xa9 \",\"layout\":\"grid\","
             FILE("a=2F..=2F=5C=22=3D=C3=A9=20-5f0c.mp4"));

    requests("{\"file\":\"a-{id}.ogg\",\"audio_only\":true}", "r",
             "{\"room_name\":\"r\",\"layout\":\"grid\",\"audio_only\":true,"
             "\"file_outputs\":[{\"file_type\":\"OGG\","
             "\"filepath\":\"a-5f0c.ogg\"}]}");

    requests("{\"file\":\"{id}.mp4\",\"s3\":{\"bucket\":\"b\","
             "\"region\":\"eu\",\"endpoint\":\"https://s3\","
             "\"force_path_style\":true,\"access_key\":\"file:/a\","
             "\"secret\":\"env:B\"}}", "r",
             "{\"room_name\":\"r\",\"layout\":\"grid\","
             "\"file_outputs\":[{\"file_type\":\"MP4\","
             "\"filepath\":\"5f0c.mp4\",\"s3\":{\"force_path_style\":true,"
             "\"bucket\":\"b\",\"region\":\"eu\",\"endpoint\":\"https://s3\","
             "\"access_key\":\"AK\\\"IA\",\"secret\":\"a/secret\"}}]}");
}


static void
test_limits(void)
{
    char               buf[LKG_REQUEST_MAX], room[LKG_ROOM_MAX];
    char               text[1024], *p;
    size_t             len;
    lkg_policy        *policy;
    lkg_recording_ask  ask = {
        lkg_str_lit("r"), lkg_str_lit("x"), 1800000000,
        { { NULL, 0 }, { NULL, 0 } }
    };

    policy = load("{\"s3\":{\"bucket\":\"b\",\"access_key\":\"file:/a\","
                  "\"secret\":\"env:B\"}}");

    is_str(lkg_policy_recording_secret(policy, LKG_S3_ACCESS_KEY), "file:/a",
           "where the access key stands");
    is_str(lkg_policy_recording_secret(policy, LKG_S3_SECRET), "env:B",
           "where the secret stands");

    ok(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask) == LKG_OK,
       "secrets may come from elsewhere");
    is_int(lkg_recording_request(buf, len, &len, policy, &ask), LKG_OK,
           "a buffer that is just large enough");
    is_int(lkg_recording_request(buf, len - 1, &len, policy, &ask),
           LKG_ERR_TOOBIG, "one that is not");

    ask.room.len = 0;
    is_int(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask),
           LKG_ERR_INVALID, "no room");

    ask.room.len = 1;
    ask.id.data = "/";
    is_int(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask),
           LKG_ERR_INVALID, "an id that could be a path");

    ask.id.data = "x";
    ask.now = -1;
    is_int(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask),
           LKG_ERR_INVALID, "no time");

    lkg_policy_free(policy);

    /* the longest room, all of it in hexadecimal, twice */

    memset(room, ' ', sizeof(room));
    ask.now = 1800000000;
    ask.room.data = room;
    ask.room.len = sizeof(room);

    policy = load("{\"file\":\"{room}/{id}.mp4\"}");
    ok(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask) == LKG_OK,
       "the longest room");
    lkg_policy_free(policy);

    p = text + sprintf(text, "{\"file\":\"{room}/{room}");
    memset(p, 'x', 300);
    sprintf(p + 300, "{id}.mp4\"}");

    policy = load(text);
    is_int(lkg_recording_request(buf, sizeof(buf), &len, policy, &ask),
           LKG_ERR_TOOBIG, "a path that no storage would take");
    lkg_policy_free(policy);
}


#define PATH_RULE  "\"file\" of \"recording\" must be a path like "          \
                   "\"recordings/{room}/{date}-{id}.mp4\", without \"..\" "  \
                   "and \"/\" at its beginning"

static void
test_refused(void)
{
    refused("5", 1, "\"recording\" must be an object");
    refused("{\"layuot\":\"grid\"}", 2, "unknown key \"layuot\" in "
            "\"recording\"; did you mean \"layout\"?");
    refused("{\"preset\":\"H264_720P_3\"}", 11, "unknown preset "
            "\"H264_720P_3\" in \"preset\" of \"recording\"; did you mean "
            "\"H264_720P_30\"?");
    refused("{\"preset\":3}", 11, "\"preset\" of \"recording\" must be the "
            "name of a preset");
    refused("{\"audio_only\":1}", 15, "\"audio_only\" of \"recording\" must "
            "be true or false");
    refused("{\"audio_only\":true,\"video_only\":true}", 1, "with "
            "\"audio_only\" and \"video_only\" nothing is left");
    refused("{\"custom_base_url\":\"ftp://x\"}", 20, "\"custom_base_url\" of "
            "\"recording\" must be a URL with http or https");

    refused("{\"file\":\"/{id}.mp4\"}", 9, PATH_RULE);
    refused("{\"file\":\"a/../{id}.mp4\"}", 9, PATH_RULE);
    refused("{\"file\":\"./{id}.mp4\"}", 9, PATH_RULE);
    refused("{\"file\":\"a//{id}.mp4\"}", 9, PATH_RULE);
    refused("{\"file\":\"a\\\\{id}.mp4\"}", 9, PATH_RULE);
    refused("{\"file\":\"{id}\"}", 9, "\"file\" of \"recording\" must be the "
            "path of an .mp4 file or, for sound alone, an .ogg file");
    refused("{\"file\":\"{id}.ogg\"}", 1, "an .ogg file needs "
            "\"audio_only\": true");
    refused("{\"file\":\"{room}.mp4\"}", 9, "without {id} one recording "
            "would replace another");
    refused("{\"file\":\"{id}{rom}.mp4\"}", 9, "unknown variable \"rom\" "
            "in \"file\" of \"recording\"; did you mean \"room\"?");
    refused("{\"file\":\"{id}{room_name}.mp4\"}", 9, "unknown variable "
            "\"room_name\" in \"file\" of \"recording\"; there are: room, "
            "date, time, id");
    refused("{\"file\":\"{id}{room.mp4\"}", 9, "a \"{\" without its pair");
    refused("{\"file\":\"{id}}.mp4\"}", 9, "a \"}\" without its pair");
    refused("{\"file\":\"{id}{}.mp4\"}", 9, "unknown variable \"\" in "
            "\"file\" of \"recording\"; there are: room, date, time, id");

    refused("{\"s3\":{}}", 7, "\"bucket\" is missing in \"s3\" of "
            "\"recording\"");
    refused("{\"s3\":{\"bucket\":\"b\",\"secret\":\"file:/a\"}}", 7,
            "\"access_key\" and \"secret\" belong together");
    refused("{\"s3\":{\"bucket\":\"b\",\"secret\":\"s3cr3t\"}}", 30,
            "\"secret\" of \"s3\" of \"recording\" must be \"file:/path\" or "
            "\"env:NAME\": a policy is no place for secrets");
}


int
main(void)
{
    test_requests();
    test_limits();
    test_refused();

    return done_testing();
}
