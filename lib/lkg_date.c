/*
 * Times as text (RFC 3339, section 5.6), as JavaScript's toISOString() and
 * others write them.  One without a zone could be any time of the day, and
 * is refused.
 */

#include "lkg_private.h"


/* Reads n digits, which must be at least min and at most max. */

static int
lkg_date_number(const char **p, const char *end, size_t n, int min, int max)
{
    int  value;

    if ((size_t) (end - *p) < n) {
        return -1;
    }

    for (value = 0; n; n--, (*p)++) {
        if (**p < '0' || **p > '9') {
            return -1;
        }

        value = value * 10 + (**p - '0');
    }

    return value >= min && value <= max ? value : -1;
}


static int
lkg_date_skip(const char **p, const char *end, const char *any)
{
    if (*p == end || **p == '\0' || strchr(any, **p) == NULL) {
        return 0;
    }

    (*p)++;

    return 1;
}


static int
lkg_date_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}


/* Days since 1970 of a date, or -1. */

static int64_t
lkg_date_days(const char **p, const char *end)
{
    int                 year, month, day, last;
    int64_t             past;
    static const short  before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
                                     273, 304, 334, 365 };

    year = lkg_date_number(p, end, 4, 1970, 9999);

    if (year < 0 || !lkg_date_skip(p, end, "-")) {
        return -1;
    }

    month = lkg_date_number(p, end, 2, 1, 12);

    if (month < 0 || !lkg_date_skip(p, end, "-")) {
        return -1;
    }

    last = before[month] - before[month - 1]
           + (month == 2 && lkg_date_leap(year));
    day = lkg_date_number(p, end, 2, 1, last);

    if (day < 0) {
        return -1;
    }

    past = year - 1;

    return (past * 365 + past / 4 - past / 100 + past / 400 - 719162)
           + before[month - 1] + (month > 2 && lkg_date_leap(year))
           + day - 1;
}


/* Seconds of a day; 60 is a leap second. */

static int64_t
lkg_date_clock(const char **p, const char *end)
{
    int          hour, minute, second;
    const char  *fraction;

    hour = lkg_date_number(p, end, 2, 0, 23);

    if (hour < 0 || !lkg_date_skip(p, end, ":")) {
        return -1;
    }

    minute = lkg_date_number(p, end, 2, 0, 59);

    if (minute < 0 || !lkg_date_skip(p, end, ":")) {
        return -1;
    }

    second = lkg_date_number(p, end, 2, 0, 60);

    if (second < 0) {
        return -1;
    }

    if (lkg_date_skip(p, end, ".")) {
        for (fraction = *p; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
            /* void */
        }

        if (*p == fraction) {
            return -1;
        }
    }

    return (hour * 60 + minute) * 60 + second;
}


/* Seconds that the clock is ahead of UTC, or LKG_ERR_FORMAT. */

static int
lkg_date_zone(const char **p, const char *end, int64_t *ahead)
{
    int  minus, hour, minute;

    *ahead = 0;

    if (lkg_date_skip(p, end, "Zz")) {
        return LKG_OK;
    }

    minus = (*p < end && **p == '-');

    if (!lkg_date_skip(p, end, "+-")) {
        return LKG_ERR_FORMAT;
    }

    hour = lkg_date_number(p, end, 2, 0, 23);

    if (hour < 0 || !lkg_date_skip(p, end, ":")) {
        return LKG_ERR_FORMAT;
    }

    minute = lkg_date_number(p, end, 2, 0, 59);

    if (minute < 0) {
        return LKG_ERR_FORMAT;
    }

    *ahead = (hour * 60 + minute) * 60;
    *ahead = minus ? -*ahead : *ahead;

    return LKG_OK;
}


int
lkg_date_parse(lkg_str text, int64_t *seconds)
{
    int64_t      days, clock, ahead;
    const char  *p, *end;

    if (text.len == 0) {
        return LKG_ERR_FORMAT;
    }

    p = text.data;
    end = p + text.len;

    days = lkg_date_days(&p, end);

    if (days < 0 || !lkg_date_skip(&p, end, "Tt ")) {
        return LKG_ERR_FORMAT;
    }

    clock = lkg_date_clock(&p, end);

    if (clock < 0 || lkg_date_zone(&p, end, &ahead) != LKG_OK || p != end) {
        return LKG_ERR_FORMAT;
    }

    *seconds = days * 86400 + clock - ahead;

    return LKG_OK;
}


int
lkg_date_parse_ms(lkg_str text, int64_t *ms)
{
    int          rc, unit;
    const char  *p, *end;

    rc = lkg_date_parse(text, ms);
    if (rc != LKG_OK) {
        return rc;
    }

    *ms *= 1000;

    end = text.data + text.len;
    p = memchr(text.data, '.', text.len);

    if (p == NULL) {
        return LKG_OK;
    }

    for (unit = 100, p++; unit && p < end && *p >= '0' && *p <= '9'; p++) {
        *ms += unit * (*p - '0');
        unit /= 10;
    }

    return LKG_OK;
}
