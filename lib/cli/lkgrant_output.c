/*
 * lkgrant: output, for people and as JSON.
 */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lkgrant_cli.h"


/*
 * Length of the UTF-8 sequence (RFC 3629) at p and its code point; 0 where
 * there is none.
 */

static size_t
cli_utf8(const unsigned char *p, size_t len, unsigned *code)
{
    size_t                 i, n;
    static const unsigned  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    *code = p[0];

    if (p[0] < 0x80) {
        return 1;
    }

    n = (p[0] >> 5 == 6) ? 2 : (p[0] >> 4 == 14) ? 3 : (p[0] >> 3 == 30) ? 4
        : 0;

    if (n == 0 || n > len) {
        return 0;
    }

    *code = p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        *code = *code << 6 | (p[i] & 0x3f);
    }

    if (*code < least[n] || *code > 0x10ffff
        || (*code >= 0xd800 && *code <= 0xdfff))
    {
        return 0;
    }

    return n;
}


/* What moves the cursor, colours, or turns the direction of text. */

static int
cli_unsafe(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f)
           || code == 0x200e || code == 0x200f
           || (code >= 0x2028 && code <= 0x202e)
           || (code >= 0x2066 && code <= 0x2069);
}


size_t
cli_put(FILE *f, const char *data, size_t len, int newlines)
{
    char                  escaped[16];
    size_t                n, width;
    unsigned              code;
    const unsigned char  *p, *end;

    width = 0;
    p = (const unsigned char *) data;
    end = p + len;

    while (p < end) {
        n = cli_utf8(p, (size_t) (end - p), &code);

        if (n && (!cli_unsafe(code) || (newlines && code == '\n'))) {
            if (f) {
                fwrite(p, 1, n, f);
            }

            width++;

        } else {
            width += (size_t) snprintf(escaped, sizeof(escaped),
                                       n ? "\\u%04x" : "\\x%02x", code);
            if (f) {
                fputs(escaped, f);
            }
        }

        p += n ? n : 1;
    }

    return width;
}


static void cli_vput(FILE *f, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));


static void
cli_vput(FILE *f, const char *fmt, va_list args)
{
    char  text[2048];
    int   n;

    n = vsnprintf(text, sizeof(text), fmt, args);

    if (n > 0) {
        cli_put(f, text, (size_t) n < sizeof(text) ? (size_t) n
                                                   : sizeof(text) - 1, 0);
    }

    fputc('\n', f);
}


void
cli_line(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    cli_vput(stdout, fmt, args);
    va_end(args);
}


void
cli_warn(const char *fmt, ...)
{
    va_list  args;

    fputs("lkgrant: ", stderr);

    va_start(args, fmt);
    cli_vput(stderr, fmt, args);
    va_end(args);
}


int
cli_fail(cli *c, int status, const char *error, const char *fmt, ...)
{
    int      n;
    char     text[2048];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n < 0) {
        text[0] = '\0';
    }

    if (!c->json) {
        cli_warn("%s", text);
        return status;
    }

    return cli_json(c, status,
                    json_pack("{s:s, s:o}", "error", error, "message",
                              cli_json_text(text, strlen(text))));
}


int
cli_nomem(cli *c)
{
    if (c->json) {
        puts("{\"error\":\"nomem\",\"message\":\"out of memory\"}");

    } else {
        cli_warn("out of memory");
    }

    return CLI_SYSTEM;
}


const char *
cli_error_name(int err)
{
    switch (err) {

    case LKG_ERR_NOMEM:
        return "nomem";

    case LKG_ERR_INVALID:
        return "invalid";

    case LKG_ERR_FORMAT:
        return "format";

    case LKG_ERR_SIGNATURE:
        return "signature";

    case LKG_ERR_EXPIRED:
        return "expired";

    case LKG_ERR_DENIED:
        return "refused";

    case LKG_ERR_CRYPTO:
        return "crypto";

    case LKG_ERR_TOOBIG:
        return "too_big";

    case LKG_ERR_ABSENT:
        return "absent";

    case LKG_ERR_AMBIGUOUS:
        return "ambiguous";

    case LKG_ERR_IDENTITY:
        return "identity";

    default:
        return "error";
    }
}


int
cli_fail_lkg(cli *c, int err, const char *what)
{
    int  status;

    status = (err == LKG_ERR_NOMEM || err == LKG_ERR_CRYPTO) ? CLI_SYSTEM
                                                             : CLI_BAD;

    return cli_fail(c, status, cli_error_name(err), "%s: %s", what,
                    lkg_strerror(err));
}


int
cli_json(cli *c, int status, json_t *value)
{
    int  rc;

    if (value == NULL) {
        return cli_nomem(c);
    }

    rc = json_dumpf(value, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(value);

    return rc == 0 ? status : CLI_SYSTEM;
}


/* Bytes that are not UTF-8, which Redis may well hold, become U+FFFD. */

json_t *
cli_json_text(const char *data, size_t len)
{
    char      *copy, *p;
    size_t     i, n;
    json_t    *value;
    unsigned   code;

    value = json_stringn(data ? data : "", len);

    if (value || len > SIZE_MAX / 3) {
        return value;
    }

    copy = malloc(len * 3);
    if (copy == NULL) {
        return NULL;
    }

    p = copy;

    for (i = 0; i < len; i += n ? n : 1) {
        n = cli_utf8((const unsigned char *) data + i, len - i, &code);

        memcpy(p, n ? data + i : "\xef\xbf\xbd", n ? n : 3);
        p += n ? n : 3;
    }

    value = json_stringn(copy, (size_t) (p - copy));
    free(copy);

    return value;
}


json_t *
cli_json_opt(lkg_str s)
{
    return s.len ? cli_json_text(s.data, s.len) : json_null();
}


json_t *
cli_json_time(int64_t t)
{
    return t ? json_integer((json_int_t) t) : json_null();
}


json_t *
cli_json_doc(const lkg_json *doc)
{
    lkg_str  raw;

    raw = lkg_json_raw(doc, LKG_JSON_ROOT);

    return json_loadb(raw.data, raw.len, JSON_ALLOW_NUL, NULL);
}


/* Prints and releases a value, indented. */

int
cli_pretty(cli *c, const char *title, json_t *value)
{
    char  *text;

    text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    json_decref(value);

    if (text == NULL) {
        return cli_nomem(c);
    }

    printf("%s ", title);
    cli_put(stdout, text, strlen(text), 1);
    putchar('\n');
    free(text);

    return CLI_OK;
}


void
cli_table_init(cli_table *t, size_t ncols)
{
    memset(t, 0, sizeof(*t));
    t->ncols = ncols;
}


/* The next cell, from left to right; a failure is told by the print. */

void
cli_table_add(cli_table *t, const char *data, size_t len)
{
    char     *copy;
    size_t    size;
    lkg_str  *cells;

    if (t->ncells == t->size) {
        size = t->size ? t->size * 2 : 64;
        cells = realloc(t->cells, size * sizeof(*cells));

        if (cells == NULL) {
            t->failed = 1;
            return;
        }

        t->cells = cells;
        t->size = size;
    }

    copy = malloc(len + 1);
    if (copy == NULL) {
        t->failed = 1;
        return;
    }

    memcpy(copy, data, len);
    t->cells[t->ncells].data = copy;
    t->cells[t->ncells++].len = len;
}


int
cli_table_print(cli *c, cli_table *t)
{
    size_t         i, col, n, width[CLI_COLUMNS] = { 0 };
    const lkg_str *cell;

    if (t->failed) {
        return cli_nomem(c);
    }

    for (i = 0; i < t->ncells; i++) {
        n = cli_put(NULL, t->cells[i].data, t->cells[i].len, 0);
        col = i % t->ncols;

        if (n > width[col]) {
            width[col] = n;
        }
    }

    for (i = 0; i < t->ncells; i++) {
        cell = &t->cells[i];
        col = i % t->ncols;
        n = cli_put(stdout, cell->data, cell->len, 0);

        if (col + 1 == t->ncols) {
            putchar('\n');

        } else {
            printf("%*s", (int) (width[col] - n + 2), "");
        }
    }

    return CLI_OK;
}


void
cli_table_free(cli_table *t)
{
    size_t  i;

    for (i = 0; i < t->ncells; i++) {
        free((char *) t->cells[i].data);
    }

    free(t->cells);
    memset(t, 0, sizeof(*t));
}
