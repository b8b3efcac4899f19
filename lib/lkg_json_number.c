/*
 * Numbers of a JSON document (RFC 8259, section 6).
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lkg_json.h"


/* More digits than can matter: a tie between two doubles has at most 767. */
#define LKG_REAL_DIGITS   780

/* Far outside of what a double holds, far inside of what an int holds. */
#define LKG_REAL_EXP_MAX  1000000


typedef struct {
    char     digits[LKG_REAL_DIGITS + 32];
    size_t   n;
    int64_t  exp;               /* of the last digit kept */
    int      inexact;           /* a digit that is not 0 was left out */
} lkg_real;


static void
lkg_real_digit(lkg_real *r, char c, int fraction)
{
    if (r->n == 0 && c == '0') {
        r->exp -= fraction;
        return;
    }

    if (r->n < LKG_REAL_DIGITS) {
        r->digits[r->n++] = c;
        r->exp -= fraction;
        return;
    }

    r->inexact |= (c != '0');
    r->exp += !fraction;
}


static int64_t
lkg_real_exponent(const char *s, const char *end)
{
    int      negative;
    int64_t  exp;

    negative = (*s == '-');

    if (*s == '-' || *s == '+') {
        s++;
    }

    for (exp = 0; s < end; s++) {
        if (exp <= INT32_MAX) {
            exp = exp * 10 + (*s - '0');
        }
    }

    /* the text is shorter than 2 GiB, so no run of digits makes up for it */

    if (exp > INT32_MAX) {
        exp = (int64_t) INT32_MAX * 4;
    }

    return negative ? -exp : exp;
}


static void
lkg_real_scan(lkg_real *r, const char *s, const char *end)
{
    int  fraction;

    r->n = 0;
    r->exp = 0;
    r->inexact = 0;

    fraction = 0;

    for ( /* void */ ; s < end; s++) {
        if (*s == '.') {
            fraction = 1;

        } else if (*s == 'e' || *s == 'E') {
            r->exp += lkg_real_exponent(s + 1, end);
            return;

        } else {
            lkg_real_digit(r, *s, fraction);
        }
    }
}


/*
 * The double that a real stands for, in any locale and without a final NUL:
 * strtod() gets the digits as an integer with an exponent.
 */

static int
lkg_json_real(const char *text, size_t len, double *value)
{
    int       negative;
    double    d;
    int64_t   exp;
    lkg_real  r;

    negative = (*text == '-');

    lkg_real_scan(&r, text + negative, text + len);

    exp = r.exp;

    if (r.inexact) {
        r.digits[r.n++] = '1';
        exp--;
    }

    if (exp > LKG_REAL_EXP_MAX) {
        exp = LKG_REAL_EXP_MAX;
    }

    if (exp < -LKG_REAL_EXP_MAX) {
        exp = -LKG_REAL_EXP_MAX;
    }

    if (r.n == 0) {
        r.digits[r.n++] = '0';
    }

    snprintf(r.digits + r.n, sizeof(r.digits) - r.n, "e%d", (int) exp);

    d = strtod(r.digits, NULL);

    if (d == HUGE_VAL) {
        return LKG_ERR_FORMAT;
    }

    *value = negative ? -d : d;

    return LKG_OK;
}


static size_t
lkg_json_digits(lkg_json_parser *p)
{
    const char  *start;

    start = p->pos;

    while (p->pos < p->end && *p->pos >= '0' && *p->pos <= '9') {
        p->pos++;
    }

    return p->pos - start;
}


static int
lkg_json_integer(const char *text, const char *end, int64_t *value)
{
    int       negative, rc;
    int64_t   n;

    negative = (*text == '-');
    text += negative;

    /* the smallest integer has no positive counterpart */

    if (negative && end - text == 19
        && memcmp(text, "9223372036854775808", 19) == 0)
    {
        *value = INT64_MIN;
        return LKG_OK;
    }

    rc = lkg_digits(text, end - text, &n);
    if (rc == LKG_OK) {
        *value = negative ? -n : n;
    }

    return rc;
}


/* ".5", "e3" and ".5e3" behind the integer part. */

static int
lkg_json_fraction(lkg_json_parser *p)
{
    if (*p->pos == '.') {
        p->pos++;

        if (lkg_json_digits(p) == 0) {
            return lkg_json_bad(p, "a digit expected");
        }
    }

    if (p->pos < p->end && (*p->pos == 'e' || *p->pos == 'E')) {
        p->pos++;

        if (p->pos < p->end && (*p->pos == '+' || *p->pos == '-')) {
            p->pos++;
        }

        if (lkg_json_digits(p) == 0) {
            return lkg_json_bad(p, "a digit expected");
        }
    }

    return LKG_OK;
}


int
lkg_json_number(lkg_json_parser *p, lkg_json_item *item)
{
    const char  *start, *digits;

    start = p->pos;

    if (*p->pos == '-') {
        p->pos++;
    }

    digits = p->pos;

    if (lkg_json_digits(p) == 0) {
        return lkg_json_bad(p, "a value expected");
    }

    if (*digits == '0' && p->pos - digits > 1) {
        p->pos = digits;
        return lkg_json_bad(p, "a number that begins with 0");
    }

    if (p->pos == p->end
        || (*p->pos != '.' && *p->pos != 'e' && *p->pos != 'E'))
    {
        item->type = LKG_JSON_INTEGER;

        if (lkg_json_integer(start, p->pos, &item->u.integer) != LKG_OK) {
            return lkg_json_bad(p, "an integer of more than 64 bits");
        }

        return LKG_OK;
    }

    if (lkg_json_fraction(p) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    item->type = LKG_JSON_REAL;

    if (lkg_json_real(start, p->pos - start, &item->u.real) != LKG_OK) {
        return lkg_json_bad(p, "too large a number");
    }

    return LKG_OK;
}
