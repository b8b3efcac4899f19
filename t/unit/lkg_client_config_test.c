/*
 * The runtime configuration of browsers: what is served, and what is refused,
 * with line and column.
 */

#include "lkg_private.h"
#include "lkg_test.h"


static const lkg_str  secrets[] = {
    lkg_str_lit("an api secret of 32 bytes or even more"),
    lkg_str_lit("silent"),
    lkg_str_lit("")
};

#define NSECRETS  (sizeof(secrets) / sizeof(secrets[0]))


static void
served(const char *text, const char *want)
{
    int        rc;
    char      *out;
    lkg_str    got;
    lkg_error  err;

    rc = lkg_client_config_load(&out, text, strlen(text), secrets, NSECRETS,
                                &err);

    if (!ok(rc == LKG_OK, "good: %s", text)) {
        printf("#   %u:%u: %s\n", err.line, err.column, err.text);
        return;
    }

    got.data = out;
    got.len = strlen(out);

    is_str(got, want, "... and so it is served");

    lkg_free(out);
}


/* "@" stands where line and column must point. */

static void
refused(const char *marked, const char *message)
{
    int          rc;
    char         text[2048], *out;
    size_t       len, at;
    unsigned     line, column;
    lkg_error    err;
    const char  *p;

    len = 0;
    at = 0;
    line = 1;
    column = 1;

    for (p = marked; *p; p++) {
        if (*p == '@') {
            at = len;
            continue;
        }

        text[len++] = *p;
    }

    for (p = text; p < text + at; p++) {
        column++;

        if (*p == '\n') {
            line++;
            column = 1;
        }
    }

    rc = lkg_client_config_load(&out, text, len, secrets, NSECRETS, &err);

    if (!ok(rc == LKG_ERR_FORMAT && out == NULL && err.line == line
            && err.column == column && strcmp(err.text, message) == 0,
            "%s", message))
    {
        printf("#   got %d, %u:%u: %s\n#   expected %u:%u in %s\n", rc,
               err.line, err.column, err.text, line, column, marked);
    }

    ok(strstr(err.text, "api secret of") == NULL, "... and shows no secret");

    is_int(lkg_client_config_load(&out, text, len, secrets, NSECRETS, NULL),
           LKG_ERR_FORMAT, "... nobody need ask why");
}


static void
test_served(void)
{
    served("{}", "{}");

    served("{ \"$schema\": \"x.json\", \"comment\": \"why\", "
           "  \"logLevel\": \"debug\" }", "{\"logLevel\":\"debug\"}");

    served("{\"serverUrl\": \"wss://live.example.com:7443/rtc\","
           " \"reconnectDelays\": [0, 300, 300000],"
           " \"adaptiveStream\": true, \"dynacast\": false}",
           "{\"serverUrl\":\"wss://live.example.com:7443/rtc\","
           "\"reconnectDelays\":[0,300,300000],"
           "\"adaptiveStream\":true,\"dynacast\":false}");

    served("{\"connectOptions\":{\"maxRetries\":0,\"autoSubscribe\":true},"
           "\"videoCaptureDefaults\":{\"resolution\":\"h540\"},"
           "\"audioCaptureDefaults\":{\"echoCancellation\":true},"
           "\"publishDefaults\":{\"simulcast\":true,"
           "\"videoSimulcastLayers\":[\"h180\",\"h360\"],"
           "\"videoEncoding\":{\"maxBitrate\":1500000},"
           "\"videoCodec\":\"av1\"},\"metricsInterval\":5000}",
           "{\"connectOptions\":{\"maxRetries\":0,\"autoSubscribe\":true},"
           "\"videoCaptureDefaults\":{\"resolution\":\"h540\"},"
           "\"audioCaptureDefaults\":{\"echoCancellation\":true},"
           "\"publishDefaults\":{\"simulcast\":true,"
           "\"videoSimulcastLayers\":[\"h180\",\"h360\"],"
           "\"videoEncoding\":{\"maxBitrate\":1500000},"
           "\"videoCodec\":\"av1\"},\"metricsInterval\":5000}");

    /* a short secret may well be a part of something else */

    served("{\"serverUrl\":\"wss://silent.example.com\"}",
           "{\"serverUrl\":\"wss://silent.example.com\"}");
}


static void
test_refused(void)
{
    refused("@[]", "the configuration must be an object");
    refused("{@\"dynacst\":true}", "unknown key \"dynacst\" in the "
            "configuration; did you mean \"dynacast\"?");
    refused("{\"dynacast\":@\"yes\"}", "\"dynacast\" must be true or false");
    refused("{\"logLevel\":@\"loud\"}", "unknown log level \"loud\" in "
            "\"logLevel\"; there are: trace, debug, info, warn, error, "
            "silent");
    refused("{\"logLevel\":@1}",
            "\"logLevel\" must be the name of a log level");
    refused("{\"videoCaptureDefaults\":\n {\"resolution\":@\"h721\"}}",
            "unknown video preset \"h721\" in \"resolution\" of "
            "\"videoCaptureDefaults\"; did you mean \"h720\"?");
    refused("{\"videoCaptureDefaults\":{@\"deviceId\":\"x\"}}",
            "unknown key \"deviceId\" in \"videoCaptureDefaults\"; there "
            "are: resolution");
    refused("{\"reconnectDelays\":@500}", "\"reconnectDelays\" must be a "
            "list of at most 50 delays in milliseconds");
    refused("{\"reconnectDelays\":[0,\n@-1]}", "entry 2 of "
            "\"reconnectDelays\" must be a whole number from 0 to 300000");
    refused("{\"reconnectDelays\":[@1.5]}", "entry 1 of "
            "\"reconnectDelays\" must be a whole number from 0 to 300000");
    refused("{\"publishDefaults\":{\"videoEncoding\":@{}}}",
            "\"maxBitrate\" is missing in \"videoEncoding\" of "
            "\"publishDefaults\"");
    refused("{\"publishDefaults\":{\"videoSimulcastLayers\":"
            "@[\"h90\",\"h180\",\"h360\"]}}",
            "\"videoSimulcastLayers\" of \"publishDefaults\" must be a list "
            "of at most 2 video presets");
    refused("{\"connectOptions\":{\"maxRetries\":@101}}",
            "\"maxRetries\" of \"connectOptions\" must be a whole number "
            "from 0 to 100");
    refused("{\"dynacast\":true,@\"dynacast\":true}",
            "this key is in the same object already; leave one of them out");
    refused("{\"dynacast\":true@", "not JSON: '}' expected near end of file");
}


static void
test_refused_urls(void)
{
    char                     *out;
    size_t                    i;
    char                      text[300];
    static const char         user[] = "{\"serverUrl\":\"wss://a:pw@b.c\"}";
    static const char *const  urls[] = {
        "", "live.example.com", "ftp://live.example.com", "wss://",
        "wss:///x", "wss://:80", "wss://live.example.com?access=x", "wss://live.example.com#x",
        "wss://live example.com", "javascript:alert(1)", NULL
    };

    for (i = 0; urls[i]; i++) {
        sprintf(text, "{\"serverUrl\":@\"%s\"}", urls[i]);

        refused(text, "\"serverUrl\" must be a URL like wss://host, without "
                "a user, a password or a query");
    }

    is_int(lkg_client_config_load(&out, user, sizeof(user) - 1, NULL, 0,
                                  NULL),
           LKG_ERR_FORMAT, "a URL with a user and a password");
}


#define TELLS  "this text holds a secret of nginx.conf, and every browser "  \
               "gets this file: leave it out, and change the secret"


static void
test_refused_secrets(void)
{
    size_t                    i;
    char                      text[300], message[200];
    static const char *const  names[] = {
        "apiSecret", "LIVEKIT_API_SECRET", "LIVEKIT_API_KEY", "api-key",
        "webhookPassword", "accessToken", "privateKey", NULL
    };

    for (i = 0; names[i]; i++) {
        sprintf(text, "{\"publishDefaults\":{\n@\"%s\":1}}", names[i]);
        sprintf(message, "\"%s\" sounds like a secret, and every browser gets "
                "this file: leave it out", names[i]);

        refused(text, message);
    }

    refused("{\"comment\":@\"an api secret of 32 bytes or even more\"}",
            TELLS);
    refused("{\"x\":[true,\n@\"--an api secret of 32 bytes or even more--\"]}",
            TELLS);
    refused("{\"logLevel\":@\"silent\"}", TELLS);
    refused("{@\"an api secret of 32 bytes or even more\":1}",
            "this name holds a secret of nginx.conf, and every browser gets "
            "this file: leave it out, and change the secret");
    refused("{\"comment\":@\"an\\u0020api secret of 32 bytes or even more\"}",
            TELLS);
}


static void
test_size(void)
{
    char        *out, *text;
    lkg_error    err;

    text = calloc(1, LKG_CLIENT_CONFIG_MAX + 2);

    memset(text, ' ', LKG_CLIENT_CONFIG_MAX + 1);
    text[0] = '{';
    text[LKG_CLIENT_CONFIG_MAX - 1] = '}';

    is_int(lkg_client_config_load(&out, text, LKG_CLIENT_CONFIG_MAX, NULL, 0,
                                  &err), LKG_OK, "as large as it may be");
    lkg_free(out);

    is_int(lkg_client_config_load(&out, text, LKG_CLIENT_CONFIG_MAX + 1,
                                  NULL, 0, &err), LKG_ERR_TOOBIG,
           "one byte more");
    ok(out == NULL && strstr(err.text, "larger than 65536 bytes"),
       "... which is said");

    free(text);
}


int
main(void)
{
    test_served();
    test_refused();
    test_refused_urls();
    test_refused_secrets();
    test_size();

    return done_testing();
}
