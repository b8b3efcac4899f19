/*
 * Text with {variables}, compiled once to segments: literals that are
 * escaped already, and variables that are escaped as they are written.
 */

#include <stdlib.h>

#include "lkg_private.h"


const char *const  lkg_template_vars[] = {
    "identity", "name", "role", "room", "now", "claim.<path>", NULL
};


static int
lkg_template_reserve(lkg_template *t, size_t len)
{
    char    *text;
    size_t   size;

    if (t->text_size - t->len >= len) {
        return LKG_OK;
    }

    size = t->text_size * 2 + len;

    text = realloc(t->text, size);
    if (text == NULL) {
        return LKG_ERR_NOMEM;
    }

    t->text = text;
    t->text_size = size;

    return LKG_OK;
}


/* The segment covers the text from "start" to the end. */

static int
lkg_template_segment(lkg_template *t, lkg_var var, unsigned depth,
    size_t start)
{
    size_t        size;
    lkg_segment  *s;

    if (var == LKG_VAR_LITERAL) {
        s = t->n ? &t->segments[t->n - 1] : NULL;

        if (s && s->var == LKG_VAR_LITERAL) {
            s->len += t->len - start;
            return LKG_OK;
        }
    }

    if (t->n == t->size) {
        size = t->size * 2 + 8;

        s = realloc(t->segments, size * sizeof(lkg_segment));
        if (s == NULL) {
            return LKG_ERR_NOMEM;
        }

        t->segments = s;
        t->size = size;
    }

    s = &t->segments[t->n++];

    s->var = var;
    s->depth = depth;
    s->start = start;
    s->len = t->len - start;

    return LKG_OK;
}


int
lkg_template_literal(lkg_template *t, const char *data, size_t len,
    unsigned depth)
{
    int      rc;
    size_t   start;
    lkg_buf  b;

    rc = lkg_template_reserve(t, len * LKG_JSON_ESCAPED);
    if (rc != LKG_OK) {
        return rc;
    }

    if (len == 0) {
        return LKG_OK;
    }

    start = t->len;

    b.pos = t->text + start;
    b.end = t->text + t->text_size;
    b.overflow = 0;

    lkg_buf_json(&b, data, len, depth);

    t->len = b.pos - t->text;

    return lkg_template_segment(t, LKG_VAR_LITERAL, 0, start);
}


static int
lkg_template_variable(lkg_template *t, const char *name, size_t len,
    unsigned depth)
{
    int      rc;
    size_t   start;
    lkg_var  var;

    if (len > 6 && memcmp(name, "claim.", 6) == 0) {
        rc = lkg_template_reserve(t, len - 6);
        if (rc != LKG_OK) {
            return rc;
        }

        start = t->len;

        memcpy(t->text + start, name + 6, len - 6);
        t->len += len - 6;

        return lkg_template_segment(t, LKG_VAR_CLAIM, depth, start);
    }

    for (var = LKG_VAR_IDENTITY; var < LKG_VAR_CLAIM; var++) {
        if (strlen(lkg_template_vars[var - 1]) == len
            && memcmp(lkg_template_vars[var - 1], name, len) == 0)
        {
            return lkg_template_segment(t, var, depth, t->len);
        }
    }

    return LKG_ERR_FORMAT;
}


int
lkg_template_add(lkg_template *t, const char *data, size_t len,
    unsigned depth, lkg_str *fault)
{
    int          rc;
    const char  *p, *end, *close;

    end = data + len;

    while (data < end) {
        for (p = data; p < end && *p != '{' && *p != '}'; p++) { /* void */ }

        if (p + 1 < end && p[1] == *p) {
            rc = lkg_template_literal(t, data, p + 1 - data, depth);
            data = p + 2;

        } else if (p > data) {
            rc = lkg_template_literal(t, data, p - data, depth);
            data = p;

        } else {
            fault->data = p;
            fault->len = 1;

            close = *p == '{' ? memchr(p, '}', end - p) : NULL;
            if (close == NULL) {
                return LKG_ERR_FORMAT;
            }

            fault->data = p + 1;
            fault->len = close - p - 1;

            rc = lkg_template_variable(t, p + 1, close - p - 1, depth);
            data = close + 1;
        }

        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


static void
lkg_template_write_claim(lkg_buf *b, const lkg_json *claims,
    const char *path, size_t len, unsigned depth)
{
    int64_t        value;
    lkg_str        text;
    lkg_json_node  n;

    n = lkg_json_path(claims, path, len);

    switch (lkg_json_typeof(claims, n)) {

    case LKG_JSON_STRING:
        text = lkg_json_string(claims, n);
        lkg_buf_json(b, text.data, text.len, depth);
        break;

    case LKG_JSON_INTEGER:
        if (lkg_json_int(claims, n, &value) == LKG_OK) {
            lkg_buf_int(b, value);
        }

        break;

    case LKG_JSON_TRUE:
        lkg_buf_put(b, lkg_lit("true"));
        break;

    case LKG_JSON_FALSE:
        lkg_buf_put(b, lkg_lit("false"));
        break;

    default:
        break;
    }
}


void
lkg_template_write(lkg_buf *b, const lkg_template *t, const lkg_vars *vars)
{
    size_t              i;
    const lkg_segment  *s;

    for (i = 0; i < t->n; i++) {
        s = &t->segments[i];

        switch (s->var) {

        case LKG_VAR_LITERAL:
            lkg_buf_put(b, t->text + s->start, s->len);
            break;

        case LKG_VAR_CLAIM:
            lkg_template_write_claim(b, vars->claims, t->text + s->start,
                                     s->len, s->depth);
            break;

        default:
            lkg_buf_json(b, vars->value[s->var].data,
                         vars->value[s->var].len, s->depth);
        }
    }
}


void
lkg_template_clear(lkg_template *t)
{
    free(t->segments);
    free(t->text);
    memset(t, 0, sizeof(*t));
}
