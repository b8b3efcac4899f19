/*
 * What clients measure: what is kept of it, what is refused, and the sums.
 */

#include "lkg_private.h"
#include "lkg_test.h"


static lkg_metrics  total;


static int
read_text(char *buf, size_t size, const char *text)
{
    int        n;
    lkg_json  *doc;

    if (lkg_json_parse(&doc, text, strlen(text), 0) != LKG_OK) {
        ok(0, "JSON: %s", text);
        exit(1);
    }

    n = lkg_metrics_read(buf, size, &total, doc);

    lkg_json_free(doc);

    return n;
}


static void
kept(const char *text, const char *want)
{
    int      n;
    char     buf[4096];
    lkg_str  got;

    n = read_text(buf, strlen(text) + 1, text);

    got.data = buf;
    got.len = n > 0 ? n : 0;

    is_str(got, want, text);
}


static void
refused(const char *text, int want)
{
    char  buf[4096];

    is_int(read_text(buf, sizeof(buf), text), want, text);
}


static void
test_kept(void)
{
    kept("{\"type\":\"connectionQuality\",\"participantId\":\"u9\","
         "\"value\":\"good\",\"timestamp\":1}",
         "{\"connectionQuality\":\"good\"}\n");

    kept("{\"roomSid\":\"RM_1\",\"participantCount\":7,\"stats\":{"
         "\"bandwidth\":{\"upload\":900000,\"download\":2100000},"
         "\"packets\":{\"sent\":5000,\"received\":9000,\"lost\":12,\"x\":1},"
         "\"latency\":48}}",
         "{\"participantCount\":7,\"stats\":{"
         "\"bandwidth\":{\"upload\":900000,\"download\":2100000},"
         "\"packets\":{\"sent\":5000,\"received\":9000,\"lost\":12},"
         "\"latency\":48}}\n");

    kept("{\"roomName\":\"math\",\"samples\":[{\"rtt\":42.5},"
         "{\"x\":1},{\"jitter\":0,\"connectionQuality\":\"lost\"}]}",
         "{\"rtt\":42.5}\n{\"connectionQuality\":\"lost\",\"jitter\":0}\n");

    kept("[{\"bitrate\":10000000000,\"packetLoss\":100,\"rtt\":null}]",
         "{\"bitrate\":10000000000,\"packetLoss\":100}\n");

    kept("{\"rtt\":1}", "{\"rtt\":1}\n");
    kept("[{\"rtt\":1,\"identity\":\"u1\",\"time\":5}]", "{\"rtt\":1}\n");
    kept("[{\"rtt\":1,\"stats\":{\"x\":1}}]", "{\"rtt\":1,\"stats\":{}}\n");
    kept("[{\"rtt\":1,\"type\":\"other\",\"value\":\"x\"}]",
         "{\"rtt\":1}\n");
}


static void
test_sums(void)
{
    char  buf[4096];

    read_text(buf, sizeof(buf),
              "[{\"connectionQuality\":\"good\",\"rtt\":10,\"jitter\":1.9},"
              "{\"type\":\"connectionQuality\",\"value\":\"good\"},"
              "{\"connectionQuality\":\"unknown\",\"packetLoss\":3},"
              "{\"stats\":{\"latency\":5,\"bitrate\":7}},{}]");

    is_int(total.samples, 4, "samples that say something");
    is_int(total.quality[1], 2, "good");
    is_int(total.quality[4], 1, "unknown");
    is_int(total.quality[0] + total.quality[2] + total.quality[3], 0,
           "no others");
    is_int(total.count[LKG_METRICS_RTT], 2, "round trips");
    is_int(total.sum[LKG_METRICS_RTT], 15, "... and their sum");
    is_int(total.sum[LKG_METRICS_JITTER], 1, "jitter, in whole numbers");
    is_int(total.sum[LKG_METRICS_LOSS], 3, "packet loss");
    is_int(total.sum[LKG_METRICS_BITRATE], 7, "bitrate");

    ok(strcmp(lkg_metrics_quality_name(0), "excellent") == 0
       && lkg_metrics_quality_name(LKG_METRICS_QUALITIES) == NULL,
       "qualities have names");
    ok(strcmp(lkg_metrics_sum_name(LKG_METRICS_RTT), "rtt") == 0
       && lkg_metrics_sum_name(LKG_METRICS_SUMS) == NULL, "sums, too");
}


static void
test_refused(void)
{
    size_t                    i;
    static const char *const  bad[] = {
        "1", "\"x\"", "null", "[]", "{}", "[{}]", "[1]", "[[]]",
        "{\"samples\":1}", "{\"samples\":{}}", "{\"samples\":[]}",
        "{\"samples\":null}",
        "{\"x\":1}",
        "{\"rtt\":\"1\"}", "{\"rtt\":-1}", "{\"rtt\":-0.5}",
        "{\"rtt\":600001}", "{\"rtt\":1e300}", "{\"rtt\":true}",
        "{\"rtt\":0.123456789012345678901234567890123456789}",
        "{\"packetLoss\":101}", "{\"participantCount\":-1}",
        "{\"bitrate\":10000000001}",
        "{\"connectionQuality\":\"fine\"}", "{\"connectionQuality\":1}",
        "{\"type\":\"connectionQuality\"}",
        "{\"type\":\"connectionQuality\",\"value\":\"Good\"}",
        "{\"stats\":1}", "{\"stats\":[]}", "{\"stats\":{\"packets\":1}}",
        "{\"stats\":{\"packets\":{\"lost\":\"x\"}}}",
        "[{\"rtt\":1},{\"rtt\":\"x\"}]", NULL
    };

    for (i = 0; bad[i]; i++) {
        refused(bad[i], LKG_ERR_FORMAT);
    }
}


static void
test_limits(void)
{
    int   i;
    char  text[2048], buf[2048], *p;

    p = text;

    for (i = 0; i <= LKG_METRICS_MAX; i++) {
        p += sprintf(p, "%s{\"rtt\":%d}", i ? "," : "[", i % 10);
    }

    sprintf(p, "]");
    refused(text, LKG_ERR_TOOBIG);

    sprintf(p - sizeof(",{\"rtt\":0}") + 1, "]");
    is_int(read_text(buf, sizeof(buf), text), 100 * 10, "a hundred samples");
    is_int(read_text(buf, 100 * 10, text), 100 * 10, "which just fit");
    is_int(read_text(buf, 100 * 10 - 1, text), LKG_ERR_TOOBIG, "or do not");
}


int
main(void)
{
    test_kept();
    test_sums();
    test_refused();
    test_limits();

    return done_testing();
}
