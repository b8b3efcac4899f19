/*
 * Finding a cookie, whole or in chunks, and not finding it.
 */

#include "lkg_private.h"
#include "lkg_test.h"


#define NAME  "next-auth.session-token"


/* The value, or the error, for up to three header lines. */

static int
find(lkg_str *value, char **joined, unsigned flags, const char *one,
    const char *two, const char *three)
{
    size_t       n;
    lkg_str      lines[3];
    const char  *texts[3] = { one, two, three };

    for (n = 0; n < 3 && texts[n]; n++) {
        lines[n].data = texts[n];
        lines[n].len = strlen(texts[n]);
    }

    return lkg_cookie_find(value, joined, lines, n, lkg_lit(NAME), flags);
}


static void
finds(const char *header, const char *want, const char *what)
{
    char     *joined;
    lkg_str   value;

    is_int(find(&value, &joined, LKG_COOKIE_CHUNKED, header, NULL, NULL),
           LKG_OK, what);
    is_str(value, want, header);

    free(joined);
}


static void
fails(const char *header, int want, const char *what)
{
    char     *joined;
    lkg_str   value;

    is_int(find(&value, &joined, LKG_COOKIE_CHUNKED, header, NULL, NULL),
           want, what);
    ok(value.data == NULL && joined == NULL, "without a value");
}


static void
test_whole(void)
{
    finds(NAME "=v", "v", "alone");
    finds("a=1; " NAME "=v; b=2", "v", "between others");
    finds("a=1;" NAME "=v;b=2", "v", "without spaces");
    finds("a=1;  \t" NAME "=v \t; b=2", "v", "with more of them");
    finds("; ;;" NAME "=v;", "v", "with empty pairs");
    finds(NAME "=a=b==", "a=b==", "a value may hold \"=\"");
    finds(NAME "=\"v\"", "\"v\"", "quotes are part of the value");
    finds(NAME "=", "", "an empty value is a value");
    finds(NAME " =v", "v", "a blank that some parsers trim hides nothing");
    finds("x" NAME "=no; " NAME "=v; " NAME "x=no", "v",
          "longer names are others");

    fails("", LKG_ERR_ABSENT, "an empty header");
    fails("a=1; b=2", LKG_ERR_ABSENT, "other cookies");
    fails("x" NAME "=v", LKG_ERR_ABSENT, "a longer name");
    fails(NAME "x=v", LKG_ERR_ABSENT, "a longer name, too");
    fails("Next-Auth.Session-Token=v", LKG_ERR_ABSENT, "capitals");
    fails(NAME, LKG_ERR_ABSENT, "no \"=\"");
    fails("a=" NAME "=v", LKG_ERR_ABSENT, "the name in a value");
    fails("a=\"; " NAME "\"", LKG_ERR_ABSENT, "a name cut off by a quote");
}


static void
test_twice(void)
{
    char     *joined;
    lkg_str   value;

    finds(NAME "=v; " NAME "=v", "v", "twice the same is once");
    fails(NAME "=v; " NAME "=w", LKG_ERR_AMBIGUOUS, "two values");
    fails(NAME "=v; " NAME " =w", LKG_ERR_AMBIGUOUS, "one with a blank");
    fails(NAME "=v; " NAME "=", LKG_ERR_AMBIGUOUS, "one of them empty");
    fails(NAME ".0=v; " NAME ".0=w", LKG_ERR_AMBIGUOUS, "two first chunks");
    fails(NAME "=v; " NAME ".0=v", LKG_ERR_AMBIGUOUS, "whole and chunked");

    is_int(find(&value, &joined, 0, "a=1", NAME "=v", NAME "=w"),
           LKG_ERR_AMBIGUOUS, "two values in two header lines");

    is_int(find(&value, &joined, 0, "a=1", NAME "=v", "b=2"),
           LKG_OK, "in the second of three lines");
    is_str(value, "v", "its value");

    is_int(find(&value, &joined, 0, NULL, NULL, NULL),
           LKG_ERR_ABSENT, "no header at all");
}


static void
test_chunks(void)
{
    char     *joined;
    lkg_str   value;

    finds(NAME ".0=a", "a", "one chunk");
    finds(NAME ".0=a; " NAME ".1=b", "ab", "two");
    finds(NAME ".1=b; x=1; " NAME ".0=a", "ab", "in any order");
    finds(NAME ".0=a; " NAME ".1=b; " NAME ".1=b", "ab", "one twice");
    finds(NAME ".0=a; " NAME ".1=; " NAME ".2=c", "ac", "an empty one");

    finds(NAME ".0=a; " NAME ".1=b; " NAME ".10=k; " NAME ".2=c; "
          NAME ".3=d; " NAME ".4=e; " NAME ".5=f; " NAME ".6=g; "
          NAME ".7=h; " NAME ".8=i; " NAME ".9=j",
          "abcdefghijk", "numbers, not letters, make the order");

    fails(NAME ".1=b", LKG_ERR_FORMAT, "without the first");
    fails(NAME ".0=a; " NAME ".2=c", LKG_ERR_FORMAT, "with a gap");
    fails(NAME ".0=a; " NAME ".16=b", LKG_ERR_TOOBIG, "number 16");
    fails(NAME ".0=a; " NAME ".99999999999999999999=b", LKG_ERR_TOOBIG,
          "a number of twenty digits");

    finds(NAME ".0=a; " NAME ".00=x; " NAME ".01=x; " NAME ".1x=x; "
          NAME ".=x; " NAME ".-1=x; " NAME ".+1=x; " NAME ". 1=x; "
          NAME "..1=x", "a", "other suffixes are other cookies");

    is_int(find(&value, &joined, 0, NAME ".0=a", NULL, NULL),
           LKG_ERR_ABSENT, "where the preset has no chunks");

    is_int(find(&value, &joined, LKG_COOKIE_CHUNKED, NAME ".1=b",
                "x=1", NAME ".0=a"),
           LKG_OK, "over several header lines");
    is_str(value, "ab", "joined");
    free(joined);
}


/* Sixteen chunks of n bytes and one more of extra. */

static int
find_long(size_t n, size_t extra)
{
    int       rc;
    char     *text, *p, *joined;
    size_t    i;
    lkg_str   value, line;

    text = malloc((n + extra + 64) * LKG_CHUNKS_MAX);
    if (text == NULL) {
        return LKG_ERR_NOMEM;
    }

    for (p = text, i = 0; i < LKG_CHUNKS_MAX; i++) {
        p += sprintf(p, NAME ".%zu=", i);
        memset(p, 'A', n + (i ? 0 : extra));
        p += n + (i ? 0 : extra);
        *p++ = ';';
    }

    line.data = text;
    line.len = p - text;

    rc = lkg_cookie_find(&value, &joined, &line, 1, lkg_lit(NAME),
                         LKG_COOKIE_CHUNKED);

    if (rc == LKG_OK && value.len != n * LKG_CHUNKS_MAX + extra) {
        rc = LKG_ERR_INVALID;
    }

    free(joined);
    free(text);

    return rc;
}


static void
test_size(void)
{
    char     *text, *joined;
    size_t    n;
    lkg_str   value, line;

    n = LKG_COOKIE_MAX / LKG_CHUNKS_MAX;

    is_int(find_long(n, 0), LKG_OK, "chunks as large as allowed");
    is_int(find_long(n, 1), LKG_ERR_TOOBIG, "and one byte more");

    text = malloc(LKG_COOKIE_MAX + 64);
    if (!ok(text != NULL, "memory")) {
        return;
    }

    n = sizeof(NAME);
    memcpy(text, NAME "=", n);
    memset(text + n, 'A', LKG_COOKIE_MAX + 1);

    line.data = text;
    line.len = n + LKG_COOKIE_MAX;

    is_int(lkg_cookie_find(&value, &joined, &line, 1, lkg_lit(NAME), 0),
           LKG_OK, "a whole cookie as large as allowed");

    line.len++;

    is_int(lkg_cookie_find(&value, &joined, &line, 1, lkg_lit(NAME), 0),
           LKG_ERR_TOOBIG, "and one byte more");

    free(text);
}


/* Other frameworks' names for chunks, and what counts beside a whole. */

static void
test_styles(void)
{
    int       rc;
    char     *joined;
    size_t    i;
    lkg_str   value;

    static const struct {
        unsigned     flags;
        const char  *header;
        int          rc;
        const char  *value;
    } cookies[] = {
        { 0, NAME ".0=a; " NAME ".1=b", LKG_ERR_ABSENT, "" },
        { 0, NAME ".0=a; " NAME "=w", LKG_OK, "w" },
        { LKG_COOKIE_CHUNKED2, NAME "__1=b; " NAME "__0=a", LKG_OK, "ab" },
        { LKG_COOKIE_CHUNKED2, NAME ".0=a", LKG_ERR_ABSENT, "" },
        { LKG_COOKIE_CHUNKED2, NAME "_0=a; " NAME "__=b; " NAME "__01=c; "
          NAME "__0.0=d; " NAME "___0=e", LKG_ERR_ABSENT, "" },
        { LKG_COOKIE_CHUNKED2, NAME "__1=b", LKG_ERR_FORMAT, "" },
        { LKG_COOKIE_CHUNKED2, NAME "__16=b", LKG_ERR_TOOBIG, "" },
        { LKG_COOKIE_CHUNKED2, NAME "__0=a; " NAME "__0=b",
          LKG_ERR_AMBIGUOUS, "" },
        { LKG_COOKIE_CHUNKED2, NAME "__0=a; " NAME "=w", LKG_ERR_AMBIGUOUS,
          "" },
        { LKG_COOKIE_CHUNKED2|LKG_COOKIE_WHOLE, NAME "__0=a; " NAME "=w",
          LKG_OK, "w" },
        { LKG_COOKIE_CHUNKED|LKG_COOKIE_WHOLE, NAME "=w; " NAME ".0=a; "
          NAME ".2=c", LKG_OK, "w" },
        { LKG_COOKIE_CHUNKED|LKG_COOKIE_WHOLE, NAME "=; " NAME ".0=a; "
          NAME ".1=b", LKG_OK, "ab" },
        { LKG_COOKIE_CHUNKED|LKG_COOKIE_WHOLE, NAME "=w; " NAME "=x",
          LKG_ERR_AMBIGUOUS, "" },
        { LKG_COOKIE_CHUNKED|LKG_COOKIE_CHUNKED2, NAME ".0=a; " NAME "__1=b",
          LKG_OK, "ab" },
        { LKG_COOKIE_SUFFIXED, NAME "_abcdEF-_=s; " NAME "=w", LKG_OK, "s" },
        { LKG_COOKIE_SUFFIXED, NAME "=w; " NAME "_01234567=s", LKG_OK, "s" },
        { LKG_COOKIE_SUFFIXED, NAME "=w; " NAME "_0123456=s", LKG_OK, "w" },
        { LKG_COOKIE_SUFFIXED, NAME "=w; " NAME "_012345678=s", LKG_OK, "w" },
        { LKG_COOKIE_SUFFIXED, NAME "=w; " NAME "-01234567=s", LKG_OK, "w" },
        { LKG_COOKIE_SUFFIXED, NAME "=w; " NAME "_0123456.=s", LKG_OK, "w" },
        { LKG_COOKIE_SUFFIXED, NAME "_01234567=s; " NAME "_01234567=s",
          LKG_OK, "s" },
        { LKG_COOKIE_SUFFIXED, NAME "_01234567=s; " NAME "_01234568=t",
          LKG_ERR_AMBIGUOUS, "" },
        { LKG_COOKIE_CHUNKED, NAME "=w; " NAME "_01234567=s", LKG_OK, "w" }
    };

    for (i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
        rc = find(&value, &joined, cookies[i].flags, cookies[i].header, NULL,
                  NULL);

        is_int(rc, cookies[i].rc, cookies[i].header);
        is_str(value, cookies[i].value, "its value");
        free(joined);
    }
}


int
main(void)
{
    test_whole();
    test_twice();
    test_chunks();
    test_size();
    test_styles();

    return done_testing();
}
