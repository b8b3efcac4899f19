/*
 * What is wrong with a policy, where, and what would be right.
 */

#include <stdarg.h>
#include <stdio.h>

#include "lkg_policy_load.h"


#define LKG_CLOSE_MAX  32       /* bytes of a name that is compared */


const char *
lkg_shown(char buf[LKG_SHOWN], const char *data, size_t len)
{
    size_t  i, n;

    n = len;

    if (n > LKG_SHOWN - 4) {
        n = LKG_SHOWN - 4;

        while (n && (data[n] & 0xc0) == 0x80) {
            n--;
        }
    }

    for (i = 0; i < n; i++) {
        buf[i] = (unsigned char) data[i] < 0x20 || data[i] == 0x7f ? '?'
                                                                   : data[i];
    }

    if (n < len) {
        memcpy(buf + n, "...", 3);
        n += 3;
    }

    buf[n] = '\0';

    return buf;
}


static void
lkg_describe_one(lkg_buf *b, const lkg_at *at, int role)
{
    char  name[LKG_SHOWN];

    if (at->key == NULL) {
        lkg_buf_put(b, lkg_lit("entry "));
        lkg_buf_int(b, (int64_t) at->number + 1);
        return;
    }

    if (role) {
        lkg_buf_put(b, lkg_lit("role "));
    }

    lkg_shown(name, at->key, strlen(at->key));

    lkg_buf_put(b, lkg_lit("\""));
    lkg_buf_put(b, name, strlen(name));
    lkg_buf_put(b, lkg_lit("\""));
}


const char *
lkg_load_describe(char buf[LKG_DESCRIPTION], const lkg_at *at)
{
    int          role;
    lkg_buf      b;
    const char  *what;

    b.pos = buf;
    b.end = buf + LKG_DESCRIPTION - 1;
    b.overflow = 0;

    if (at->up == NULL) {
        what = at->key ? at->key : "the policy";
        lkg_buf_put(&b, what, strlen(what));
    }

    while (at->up && !b.overflow) {
        if (b.pos != buf) {
            lkg_buf_put(&b, lkg_lit(" of "));
        }

        role = at->key && at->up->key && strcmp(at->up->key, "roles") == 0;

        lkg_describe_one(&b, at, role);

        at = role ? at->up->up : at->up;
    }

    *b.pos = '\0';

    return buf;
}


static void __attribute__((format(printf, 5, 0)))
lkg_load_vfail(lkg_load *load, const lkg_at *at, lkg_part part,
    const char *subject, const char *fmt, va_list args)
{
    char  text[sizeof(load->err->text)];

    vsnprintf(text, sizeof(text), fmt, args);

    (void) lkg_fail(load->err, LKG_ERR_FORMAT, "%s%s", subject, text);

    lkg_where(load, at, part);
}


int
lkg_load_fail(lkg_load *load, const lkg_at *at, lkg_part part,
    const char *fmt, ...)
{
    va_list  args;

    if (load->err) {
        va_start(args, fmt);
        lkg_load_vfail(load, at, part, "", fmt, args);
        va_end(args);
    }

    return LKG_ERR_FORMAT;
}


int
lkg_load_must_be(lkg_load *load, const lkg_at *at, const char *fmt, ...)
{
    char     subject[LKG_DESCRIPTION + sizeof(" must be ")];
    va_list  args;

    if (load->err) {
        lkg_load_describe(subject, at);
        strcat(subject, " must be ");

        va_start(args, fmt);
        lkg_load_vfail(load, at, LKG_AT_VALUE, subject, fmt, args);
        va_end(args);
    }

    return LKG_ERR_FORMAT;
}


static char
lkg_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}


static unsigned
lkg_min3(unsigned a, unsigned b, unsigned c)
{
    a = a < b ? a : b;

    return a < c ? a : c;
}


/* How many bytes must be changed, added or left out (Levenshtein). */

static unsigned
lkg_distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t    i, j;
    unsigned  row[LKG_CLOSE_MAX + 1], diagonal, up;

    if (alen > LKG_CLOSE_MAX || blen > LKG_CLOSE_MAX) {
        return LKG_CLOSE_MAX;
    }

    for (j = 0; j <= blen; j++) {
        row[j] = j;
    }

    for (i = 1; i <= alen; i++) {
        diagonal = row[0];
        row[0] = i;

        for (j = 1; j <= blen; j++) {
            up = row[j];
            row[j] = lkg_min3(up + 1, row[j - 1] + 1, diagonal
                              + (lkg_lower(a[i - 1])
                                 != lkg_lower(b[j - 1])));
            diagonal = up;
        }
    }

    return row[blen];
}


static const char *
lkg_closest(const char *name, size_t len, lkg_names names, const void *list)
{
    size_t       i;
    unsigned     distance, best;
    const char  *known, *closest;

    closest = NULL;
    best = len / 3 + 1;

    if (best > 4) {
        best = 4;
    }

    for (i = 0; (known = names(list, i)) != NULL; i++) {
        distance = lkg_distance(name, len, known, strlen(known));

        if (distance < best) {
            best = distance;
            closest = known;
        }
    }

    return closest;
}


/* "a, b, c", as many as fit */

static void
lkg_list(char *buf, size_t size, lkg_names names, const void *list)
{
    size_t       i;
    lkg_buf      b;
    const char  *known;

    b.pos = buf;
    b.end = buf + size - sizeof(", ...");
    b.overflow = 0;

    for (i = 0; (known = names(list, i)) != NULL; i++) {
        if ((size_t) (b.end - b.pos) < strlen(known) + 2) {
            b.end = buf + size - 1;
            lkg_buf_put(&b, lkg_lit(", ..."));
            break;
        }

        if (i) {
            lkg_buf_put(&b, lkg_lit(", "));
        }

        lkg_buf_put(&b, known, strlen(known));
    }

    *b.pos = '\0';
}


int
lkg_load_unknown(lkg_load *load, const lkg_at *at, lkg_part part,
    const char *noun, const char *name, size_t len, lkg_names names,
    const void *list)
{
    char           shown[LKG_SHOWN], place[LKG_DESCRIPTION], known[120];
    const char    *closest;
    const lkg_at  *in;

    if (load->err == NULL) {
        return LKG_ERR_FORMAT;
    }

    in = part == LKG_AT_KEY || at->key == NULL ? at->up : at;

    lkg_shown(shown, name, len);
    lkg_load_describe(place, in);

    closest = lkg_closest(name, len, names, list);

    if (closest) {
        return lkg_load_fail(load, at, part,
                             "unknown %s \"%s\" in %s; did you mean \"%s\"?",
                             noun, shown, place, closest);
    }

    lkg_list(known, sizeof(known), names, list);

    return lkg_load_fail(load, at, part,
                         "unknown %s \"%s\" in %s; there are: %s",
                         noun, shown, place, known);
}
