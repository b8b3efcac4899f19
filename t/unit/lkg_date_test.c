/*
 * Times as text: those that are understood, and those that could mean
 * something else.
 */

#include <time.h>

#include "lkg_private.h"
#include "lkg_test.h"


static const struct {
    const char  *text;
    int64_t      seconds;
} good[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "2026-11-22T11:37:14.000Z", 1795347434 },
    { "2036-11-19T11:37:14.552Z", 2110707434 },
    { "2036-11-19t11:37:14z", 2110707434 },
    { "2036-11-19 11:37:14Z", 2110707434 },
    { "2036-11-19T11:37:14.123456789Z", 2110707434 },
    { "2036-11-19T11:37:14+00:00", 2110707434 },
    { "2036-11-19T11:37:14-00:00", 2110707434 },
    { "2036-11-19T12:37:14+01:00", 2110707434 },
    { "2036-11-19T02:07:14-09:30", 2110707434 },
    { "2024-02-29T00:00:00Z", 1709164800 },
    { "2000-02-29T00:00:00Z", 951782400 },
    { "2016-12-31T23:59:60Z", 1483228800 },
    { "9999-12-31T23:59:59Z", 253402300799 }
};

static const char *const  bad[] = {
    "", "Z", "2036", "2036-11-19", "2036-11-19T11:37Z", "2036-11-19T11:37:14",
    "2036-11-19T11:37:14.Z", "2036-11-19T11:37:14Z ", " 2036-11-19T11:37:14Z",
    "2036-11-19T11:37:14ZZ", "2036-11-19T11:37:14+0100",
    "2036-11-19T11:37:14+24:00", "2036-11-19T11:37:14+01:60",
    "2036-11-19T11:37:14+1:00", "2036-11-19T24:00:00Z",
    "2036-11-19T11:60:00Z", "2036-11-19T11:37:61Z", "2036-13-01T00:00:00Z",
    "2036-00-01T00:00:00Z", "2036-11-31T00:00:00Z", "2036-11-00T00:00:00Z",
    "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "1969-12-31T23:59:59Z",
    "+02036-11-19T11:37:14Z", "-2036-11-19T11:37:14Z",
    "2036/11/19T11:37:14Z", "2036-11-19X11:37:14Z", "2036-1-19T11:37:14Z",
    "20361119T113714Z", "Wed, 19 Nov 2036 11:37:14 GMT", "2110707434", "soon"
};


/* Against the C library, over all days of two centuries. */

static void
test_days(void)
{
    int         wrong;
    char        buf[32];
    time_t      t;
    int64_t     seconds;
    lkg_str     text;
    struct tm   tm;

    wrong = 0;
    text.data = buf;

    for (t = 43200; t < (time_t) 6311433600; t += 86400) {
        gmtime_r(&t, &tm);
        text.len = strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm);

        wrong += lkg_date_parse(text, &seconds) != LKG_OK || seconds != t;
    }

    is_int(wrong, 0, "every day until 2170");
}


int
main(void)
{
    int64_t  seconds;
    size_t   i;
    lkg_str  text;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        text.data = good[i].text;
        text.len = strlen(text.data);

        ok(lkg_date_parse(text, &seconds) == LKG_OK
           && seconds == good[i].seconds, "%s", good[i].text);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        text.data = bad[i];
        text.len = strlen(text.data);

        ok(lkg_date_parse(text, &seconds) == LKG_ERR_FORMAT, "not \"%s\"",
           bad[i]);
    }

    text.data = "2036-11-19T11:37:14\0Z";
    text.len = 21;
    is_int(lkg_date_parse(text, &seconds), LKG_ERR_FORMAT, "a NUL");

    test_days();

    return done_testing();
}
