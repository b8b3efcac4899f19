/*
 * lkgrant: times, as people write and read them.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lkgrant_cli.h"


#define CLI_YEARS_100   3155760000LL
#define CLI_YEAR_9999   253402300799LL


/* A whole number without sign; 0, or -1 where it is none or too large. */

static int
cli_number(const char *text, size_t len, int64_t *value)
{
    size_t  i;

    if (len == 0 || len > 18) {
        return -1;
    }

    *value = 0;

    for (i = 0; i < len; i++) {
        if (!isdigit((unsigned char) text[i])) {
            return -1;
        }

        *value = *value * 10 + (text[i] - '0');
    }

    return 0;
}


int
cli_duration(const char *text, int64_t *seconds)
{
    size_t   digits;
    int64_t  unit;

    digits = strspn(text, "0123456789");

    if (cli_number(text, digits, seconds) != 0) {
        return -1;
    }

    switch (text[digits]) {

    case '\0':
    case 's':
        unit = 1;
        break;

    case 'm':
        unit = 60;
        break;

    case 'h':
        unit = 3600;
        break;

    case 'd':
        unit = 86400;
        break;

    default:
        return -1;
    }

    if (text[digits] != '\0' && text[digits + 1] != '\0') {
        return -1;
    }

    if (*seconds == 0 || *seconds > CLI_YEARS_100 / unit) {
        return -1;
    }

    *seconds *= unit;

    return 0;
}


int
cli_seconds(cli *c, cli_opt opt, int64_t *seconds)
{
    if (c->value[opt] && cli_duration(c->value[opt], seconds) != 0) {
        return cli_fail(c, CLI_USAGE, "usage",
                        "--%s needs seconds, or a span such as 10m, 2h or 7d",
                        cli_opt_name(opt));
    }

    return CLI_OK;
}


/* "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00Z" */

static int
cli_iso8601(const char *text, int64_t *when)
{
    size_t     i, len;
    time_t     t;
    int64_t    n[6] = { 0 };
    struct tm  tm, back;

    static const char    form[] = "dddd-dd-ddTdd:dd:dd";
    static const size_t  at[] = { 0, 5, 8, 11, 14, 17 };

    len = strlen(text);

    if (len != 10) {
        if ((len != 17 && len != 20) || text[len - 1] != 'Z') {
            return -1;
        }

        len--;
    }

    for (i = 0; i < len; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char) text[i])
                           : text[i] != form[i])
        {
            return -1;
        }
    }

    for (i = 0; i < 6 && at[i] < len; i++) {
        if (cli_number(text + at[i], i ? 2 : 4, &n[i]) != 0) {
            return -1;
        }
    }

    memset(&tm, 0, sizeof(tm));
    tm.tm_year = (int) n[0] - 1900;
    tm.tm_mon = (int) n[1] - 1;
    tm.tm_mday = (int) n[2];
    tm.tm_hour = (int) n[3];
    tm.tm_min = (int) n[4];
    tm.tm_sec = (int) n[5];

    back = tm;
    t = timegm(&tm);

    /* timegm() makes the 31st of June the 1st of July: no such day */

    if (tm.tm_mon != back.tm_mon || tm.tm_mday != back.tm_mday
        || tm.tm_hour != back.tm_hour || tm.tm_min != back.tm_min
        || tm.tm_sec != back.tm_sec)
    {
        return -1;
    }

    *when = (int64_t) t;

    return 0;
}


int
cli_when(cli *c, cli_opt opt, int64_t *when)
{
    const char  *text;

    text = c->value[opt];

    if (text == NULL) {
        return CLI_OK;
    }

    if (text[0] == '+') {
        if (cli_duration(text + 1, when) == 0) {
            *when += c->now;
            return CLI_OK;
        }

    } else if (cli_number(text, strlen(text), when) == 0
               || cli_iso8601(text, when) == 0)
    {
        if (*when <= c->now) {
            return cli_fail(c, CLI_USAGE, "usage",
                            "--%s is in the past (a span from now is written "
                            "+30m)", cli_opt_name(opt));
        }

        if (*when <= CLI_YEAR_9999) {
            return CLI_OK;
        }
    }

    return cli_fail(c, CLI_USAGE, "usage",
                    "--%s needs a time: Unix seconds, +30m, +2h, +7d, or UTC "
                    "as 2026-01-31T12:00:00Z", cli_opt_name(opt));
}


/* The two largest units: 9 min 58 s. */

static void
cli_span(char *buf, size_t size, int64_t seconds)
{
    size_t                   i;
    static const struct {
        int64_t              seconds;
        const char          *name;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

    for (i = 0; i < 3 && seconds < units[i].seconds; i++) {
        /* void */
    }

    if (i == 3 || seconds % units[i].seconds / units[i + 1].seconds == 0) {
        snprintf(buf, size, "%lld %s",
                 (long long) (seconds / units[i].seconds), units[i].name);
        return;
    }

    snprintf(buf, size, "%lld %s %lld %s",
             (long long) (seconds / units[i].seconds), units[i].name,
             (long long) (seconds % units[i].seconds / units[i + 1].seconds),
             units[i + 1].name);
}


const char *
cli_time(cli *c, char buf[CLI_TIME_BUF], int64_t t, const char *future,
    const char *past)
{
    char       span[40], date[32];
    time_t     moment;
    struct tm  tm;

    moment = (time_t) t;

    if (t < 0 || t > CLI_YEAR_9999 || gmtime_r(&moment, &tm) == NULL) {
        snprintf(buf, CLI_TIME_BUF, "%s %lld, which is no date", future,
                 (long long) t);
        return buf;
    }

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
    cli_span(span, sizeof(span), t > c->now ? t - c->now : c->now - t);

    if (t > c->now) {
        snprintf(buf, CLI_TIME_BUF, "%s in %s (%s)", future, span, date);

    } else if (t == c->now) {
        snprintf(buf, CLI_TIME_BUF, "%s now (%s)", past, date);

    } else {
        snprintf(buf, CLI_TIME_BUF, "%s %s ago (%s)", past, span, date);
    }

    return buf;
}
