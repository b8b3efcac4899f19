/*
 * What a session's claims say: until when, who, and for whom it was made.
 */

#include <stdlib.h>

#include "lkg_private.h"


/* The end of the year 9999: later is as good as this. */
#define LKG_CLAIMS_LATEST  253402300799

#define LKG_CLAIMS_MILLISECONDS  100000000000   /* a number above this */


/* "sub" and "user.id", but not "user..id". */

static int
lkg_paths_valid(lkg_str path)
{
    if (path.len == 0 || path.data[0] == '.'
        || path.data[path.len - 1] == '.')
    {
        return 0;
    }

    for ( /* void */ ; path.len > 1; path.data++, path.len--) {
        if (path.data[0] == '.' && path.data[1] == '.') {
            return 0;
        }
    }

    return 1;
}


int
lkg_paths_set(lkg_paths *paths, const char *value, size_t len)
{
    int          rc;
    lkg_str     *path;
    const char  *p, *end, *comma;

    lkg_paths_clear(paths);

    rc = lkg_str_dup(&paths->text, value, len);
    if (rc != LKG_OK) {
        return rc;
    }

    end = paths->text + len;

    for (p = paths->text; /* void */ ; p = comma + 1) {
        comma = memchr(p, ',', end - p);

        if (paths->npaths == LKG_PATHS_MAX) {
            lkg_paths_clear(paths);
            return LKG_ERR_INVALID;
        }

        path = &paths->paths[paths->npaths++];
        path->data = p;
        path->len = (comma ? comma : end) - p;

        if (!lkg_paths_valid(*path)) {
            lkg_paths_clear(paths);
            return LKG_ERR_INVALID;
        }

        if (comma == NULL) {
            return LKG_OK;
        }
    }
}


void
lkg_paths_clear(lkg_paths *paths)
{
    free(paths->text);

    paths->text = NULL;
    paths->npaths = 0;
}


static int
lkg_claims_there(const lkg_json *claims, lkg_json_node n)
{
    lkg_json_type  type;

    type = lkg_json_typeof(claims, n);

    return type != LKG_JSON_ABSENT && type != LKG_JSON_NULL;
}


lkg_json_node
lkg_claims_first(const lkg_json *claims, const lkg_paths *paths)
{
    size_t         i;
    lkg_json_node  n;

    for (i = 0; i < paths->npaths; i++) {
        n = lkg_json_path(claims, paths->paths[i].data, paths->paths[i].len);

        if (lkg_claims_there(claims, n)) {
            return n;
        }
    }

    return LKG_JSON_NONE;
}


int
lkg_claims_times(const lkg_json *claims, int64_t now, int64_t leeway,
    int64_t *expires)
{
    int64_t        exp, nbf;
    lkg_json_node  n;

    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("exp"));

    if (lkg_json_int(claims, n, &exp) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (exp <= now - leeway) {
        return LKG_ERR_EXPIRED;
    }

    *expires = exp < LKG_CLAIMS_LATEST ? exp : LKG_CLAIMS_LATEST;

    n = lkg_json_get(claims, LKG_JSON_ROOT, lkg_lit("nbf"));

    if (n == LKG_JSON_NONE) {
        return LKG_OK;
    }

    if (lkg_json_int(claims, n, &nbf) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    return nbf > now + leeway ? LKG_ERR_EXPIRED : LKG_OK;
}


/* Date.now() and its like are far above what seconds will ever be. */

static int
lkg_claims_when(const lkg_json *claims, lkg_json_node n, int64_t *seconds)
{
    int  rc;

    if (lkg_json_typeof(claims, n) == LKG_JSON_STRING) {
        return lkg_date_parse(lkg_json_string(claims, n), seconds);
    }

    rc = lkg_json_int(claims, n, seconds);

    if (rc == LKG_OK && *seconds > LKG_CLAIMS_MILLISECONDS) {
        *seconds /= 1000;
    }

    return rc;
}


int
lkg_claims_end(const lkg_json *claims, const lkg_paths *paths, int64_t now,
    int64_t leeway, int64_t *expires)
{
    int64_t        end;
    lkg_json_node  n;

    n = lkg_claims_first(claims, paths);

    if (n == LKG_JSON_NONE) {
        return LKG_OK;
    }

    if (lkg_claims_when(claims, n, &end) != LKG_OK) {
        return LKG_ERR_FORMAT;
    }

    if (end <= now - leeway) {
        return LKG_ERR_EXPIRED;
    }

    if (end > LKG_CLAIMS_LATEST) {
        end = LKG_CLAIMS_LATEST;
    }

    if (*expires == 0 || end < *expires) {
        *expires = end;
    }

    return LKG_OK;
}


/* Is the string n one of the values? */

static int
lkg_claims_listed(const lkg_json *claims, lkg_json_node n,
    const lkg_strings *values)
{
    size_t   i;
    lkg_str  s;

    s = lkg_json_string(claims, n);

    if (s.data == NULL) {
        return 0;
    }

    for (i = 0; i < values->n; i++) {
        if (lkg_str_eq(s, values->values[i].data, values->values[i].len)) {
            return 1;
        }
    }

    return 0;
}


int
lkg_claims_match(const lkg_json *claims, const char *name, size_t len,
    const lkg_strings *values, int array)
{
    lkg_json_node  n;

    if (values->n == 0) {
        return LKG_OK;
    }

    n = lkg_json_get(claims, LKG_JSON_ROOT, name, len);

    if (lkg_claims_listed(claims, n, values)) {
        return LKG_OK;
    }

    if (array && lkg_json_typeof(claims, n) == LKG_JSON_ARRAY) {
        for (n = lkg_json_first(claims, n);
             n != LKG_JSON_NONE;
             n = lkg_json_next(claims, n))
        {
            if (lkg_claims_listed(claims, n, values)) {
                return LKG_OK;
            }
        }
    }

    return LKG_ERR_SIGNATURE;
}
