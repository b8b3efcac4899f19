/*
 * JSON: what is accepted and means what, what is refused and where.
 */

#include "lkg_private.h"
#include "lkg_test.h"


/* In memory of exactly this size, so that a byte read too far is seen. */

static char *
exactly(const char *text, size_t len)
{
    char  *copy;

    copy = malloc(len ? len : 1);
    if (copy == NULL) {
        printf("Bail out! out of memory\n");
        exit(1);
    }

    if (len) {
        memcpy(copy, text, len);
    }

    return copy;
}


static int
parse(lkg_json **doc, const char *text)
{
    return lkg_json_parse(doc, text, strlen(text), 0);
}


static int
verdict(const char *text, size_t len, uint32_t max)
{
    int        rc;
    char      *copy;
    lkg_json  *doc;

    copy = exactly(text, len);
    rc = lkg_json_parse(&doc, copy, len, max);

    if ((rc == LKG_OK) != (doc != NULL)) {
        rc = 1;
    }

    lkg_json_free(doc);
    free(copy);

    return rc;
}


static void
test_values(void)
{
    int64_t         n;
    lkg_json       *doc;
    lkg_json_node   list, node;

    static const char  text[] =
        " {\"s\" : \"text\", \"i\":-42, \"r\":2.75,\"t\":true,\"f\":false,\n"
        "\"z\":null,\"l\":[1,\"two\",[],{}],\"o\":{\"a\":{\"b\":\"deep\"}},"
        "\"\":\"empty\"}\r\n\t";

    is_int(parse(&doc, text), LKG_OK, "an object");
    is_int(lkg_json_typeof(doc, LKG_JSON_ROOT), LKG_JSON_OBJECT, "is one");

    node = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("s"));
    is_str(lkg_json_string(doc, node), "text", "a string");
    is_str(lkg_json_raw(doc, node), "\"text\"", "as it stands");
    is_str(lkg_json_key(doc, node), "s", "its name");
    is_int(lkg_json_int(doc, node, &n), LKG_ERR_FORMAT, "is no number");

    node = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("i"));
    ok(lkg_json_typeof(doc, node) == LKG_JSON_INTEGER
       && lkg_json_int(doc, node, &n) == LKG_OK && n == -42, "an integer");
    is_str(lkg_json_string(doc, node), "", "is no string");

    node = lkg_json_get(doc, LKG_JSON_ROOT, lkg_lit("r"));
    ok(lkg_json_typeof(doc, node) == LKG_JSON_REAL
       && lkg_json_int(doc, node, &n) == LKG_OK && n == 2, "a real is cut");
    is_str(lkg_json_raw(doc, node), "2.75", "as it stands");

    node = lkg_json_path(doc, lkg_lit("t"));
    is_int(lkg_json_typeof(doc, node), LKG_JSON_TRUE, "true");
    node = lkg_json_path(doc, lkg_lit("f"));
    is_int(lkg_json_typeof(doc, node), LKG_JSON_FALSE, "false");
    node = lkg_json_path(doc, lkg_lit("z"));
    is_int(lkg_json_typeof(doc, node), LKG_JSON_NULL, "null");
    node = lkg_json_path(doc, lkg_lit(""));
    is_str(lkg_json_string(doc, node), "empty", "an empty name");

    list = lkg_json_path(doc, lkg_lit("l"));
    is_int(lkg_json_typeof(doc, list), LKG_JSON_ARRAY, "an array");
    is_str(lkg_json_raw(doc, list), "[1,\"two\",[],{}]", "as it stands");

    node = lkg_json_first(doc, list);
    ok(lkg_json_int(doc, node, &n) == LKG_OK && n == 1, "its first");
    ok(lkg_json_key(doc, node).data == NULL, "has no name");
    node = lkg_json_next(doc, node);
    is_str(lkg_json_string(doc, node), "two", "second");
    node = lkg_json_next(doc, node);
    is_int(lkg_json_typeof(doc, node), LKG_JSON_ARRAY, "third");
    ok(lkg_json_first(doc, node) == LKG_JSON_NONE, "is empty");
    node = lkg_json_next(doc, node);
    is_int(lkg_json_typeof(doc, node), LKG_JSON_OBJECT, "and fourth");
    ok(lkg_json_first(doc, node) == LKG_JSON_NONE, "is empty, too");
    ok(lkg_json_next(doc, node) == LKG_JSON_NONE, "and the last");

    node = lkg_json_path(doc, lkg_lit("o.a.b"));
    is_str(lkg_json_string(doc, node), "deep", "a path");
    ok(lkg_json_path(doc, lkg_lit("o.a.c")) == LKG_JSON_NONE, "to nowhere");
    ok(lkg_json_path(doc, lkg_lit("o.b.b")) == LKG_JSON_NONE, "or halfway");
    ok(lkg_json_path(doc, lkg_lit("s.b")) == LKG_JSON_NONE, "past a string");
    ok(lkg_json_path(doc, lkg_lit("l.0")) == LKG_JSON_NONE, "into an array");
    ok(lkg_json_path(doc, lkg_lit("o.")) == LKG_JSON_NONE, "with a dot");
    ok(lkg_json_get(doc, list, lkg_lit("s")) == LKG_JSON_NONE,
       "an array has no members");

    lkg_json_free(doc);
}


/* Every function takes "there is none" for an answer. */

static void
test_none(void)
{
    int64_t         n;
    lkg_json       *doc;
    lkg_json_node   none;

    is_int(parse(&doc, "\"alone\""), LKG_OK, "a string alone");
    is_str(lkg_json_string(doc, LKG_JSON_ROOT), "alone", "is the root");

    for (none = 1; none != 0; none = none == 1 ? LKG_JSON_NONE : 0) {
        ok(lkg_json_typeof(doc, none) == LKG_JSON_ABSENT
           && lkg_json_get(doc, none, lkg_lit("x")) == LKG_JSON_NONE
           && lkg_json_first(doc, none) == LKG_JSON_NONE
           && lkg_json_next(doc, none) == LKG_JSON_NONE
           && lkg_json_key(doc, none).data == NULL
           && lkg_json_string(doc, none).data == NULL
           && lkg_json_raw(doc, none).data == NULL
           && lkg_json_int(doc, none, &n) == LKG_ERR_FORMAT,
           "no node %u", (unsigned) none);
    }

    lkg_json_free(doc);

    ok(lkg_json_typeof(NULL, 0) == LKG_JSON_ABSENT
       && lkg_json_path(NULL, lkg_lit("x")) == LKG_JSON_NONE, "no document");

    lkg_json_free(NULL);
}


typedef struct {
    const char  *text;
    const char  *want;
} string_case;

static const string_case  strings[] = {
    { "\"\"", "" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
    { "\"a\\u00e9\\u20AC\\uD83c\\uDf89z\"", "a\303\251\342\202\254"
                                           "\360\237\216\211z" },
    { "\"\\u0001\\u007f\\uffff\"", "\1\177\357\277\277" },
    { "\"\303\251 \342\202\254 \360\237\216\211 \364\217\277\277\"",
      "\303\251 \342\202\254 \360\237\216\211 \364\217\277\277" },
    { "\"\177\"", "\177" }
};


static void
test_strings(void)
{
    size_t     i;
    lkg_str    s;
    lkg_json  *doc;

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (ok(parse(&doc, strings[i].text) == LKG_OK, "string %zu", i)) {
            s = lkg_json_string(doc, LKG_JSON_ROOT);
            ok(s.data && lkg_str_eq(s, strings[i].want,
                                    strlen(strings[i].want)), "its value");
            is_str(lkg_json_raw(doc, LKG_JSON_ROOT), strings[i].text,
                   "as it stands");
        }

        lkg_json_free(doc);
    }

    is_int(parse(&doc, "{\"\\u0061\\n\":\"x\\ty\",\"b\":\"\\u0062\"}"),
           LKG_OK, "escapes in keys and values");
    is_str(lkg_json_string(doc, lkg_json_path(doc, lkg_lit("a\n"))), "x\ty",
           "found by its key");
    is_str(lkg_json_string(doc, lkg_json_path(doc, lkg_lit("b"))), "b",
           "the other one, too");
    lkg_json_free(doc);
}


typedef struct {
    const char  *text;
    int64_t      want;
} number_case;

static const number_case  numbers[] = {
    { "0", 0 },
    { "-0", 0 },
    { "7", 7 },
    { "9223372036854775807", INT64_MAX },
    { "-9223372036854775807", -INT64_MAX },
    { "-9223372036854775808", INT64_MIN },
    { "1e3", 1000 },
    { "1E+3", 1000 },
    { "1500e-3", 1 },
    { "-1.9", -1 },
    { "0.0", 0 },
    { "1e-400", 0 },
    { "0e99999999999999999999", 0 },
    { "2110707120.5", 2110707120 },
    { "9223372036854774784.0", 9223372036854774784 },
    { "-9223372036854775808.0", INT64_MIN },
    { "0.00000000000000000000000000000000000001e40", 100 },
    { "100000000000000000000000000000000000000000e-40", 10 }
};


static void
test_numbers(void)
{
    size_t     i;
    int64_t    n;
    lkg_json  *doc;

    static const char *const  reals[] = {
        "9223372036854775808.0", "1e300", "-1e300",
        "1.7976931348623157e308"
    };

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ok(parse(&doc, numbers[i].text) == LKG_OK
           && lkg_json_int(doc, LKG_JSON_ROOT, &n) == LKG_OK
           && n == numbers[i].want, "%s", numbers[i].text);
        lkg_json_free(doc);
    }

    for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
        ok(parse(&doc, reals[i]) == LKG_OK
           && lkg_json_int(doc, LKG_JSON_ROOT, &n) == LKG_ERR_FORMAT,
           "%s is no integer", reals[i]);
        lkg_json_free(doc);
    }
}


typedef struct {
    const char  *text;
    size_t       offset;        /* where it is wrong */
    const char  *what;
} refused_case;

static const refused_case  refused[] = {
    { "", 0, "a value expected" },
    { " ", 1, "a value expected" },
    { "{", 1, "a key in double quotes expected" },
    { "{\"a\"", 4, "\":\" expected" },
    { "{\"a\":", 5, "a value expected" },
    { "{\"a\":1", 6, "a comma or the closing bracket expected" },
    { "{\"a\":1,}", 7, "a key in double quotes expected" },
    { "{\"a\" 1}", 5, "\":\" expected" },
    { "{a:1}", 1, "a key in double quotes expected" },
    { "{'a':1}", 1, "a key in double quotes expected" },
    { "{1:1}", 1, "a key in double quotes expected" },
    { "{,}", 1, "a key in double quotes expected" },
    { "[", 1, "a value expected" },
    { "[1", 2, "a comma or the closing bracket expected" },
    { "[1,", 3, "a value expected" },
    { "[1,]", 3, "a value expected" },
    { "[,1]", 1, "a value expected" },
    { "[1 2]", 3, "a comma or the closing bracket expected" },
    { "[1}", 2, "a comma or the closing bracket expected" },
    { "{\"a\":1]", 6, "a comma or the closing bracket expected" },
    { "]", 0, "a value expected" },
    { "1 2", 2, "the end of the text expected" },
    { "{}{}", 2, "the end of the text expected" },
    { "{} // no", 3, "the end of the text expected" },
    { "\357\273\277{}", 0, "a value expected" },
    { "tru", 0, "a value expected" },
    { "truex", 4, "the end of the text expected" },
    { "True", 0, "a value expected" },
    { "nul", 0, "a value expected" },
    { "NaN", 0, "a value expected" },
    { "Infinity", 0, "a value expected" },
    { "+1", 0, "a value expected" },
    { ".5", 0, "a value expected" },
    { "-", 1, "a value expected" },
    { "-a", 1, "a value expected" },
    { "01", 0, "a number that begins with 0" },
    { "-00", 1, "a number that begins with 0" },
    { "1.", 2, "a digit expected" },
    { "1.e5", 2, "a digit expected" },
    { "1e", 2, "a digit expected" },
    { "1e+", 3, "a digit expected" },
    { "0x10", 1, "the end of the text expected" },
    { "9223372036854775808", 19, "an integer of more than 64 bits" },
    { "-9223372036854775809", 20, "an integer of more than 64 bits" },
    { "1.8e308", 7, "too large a number" },
    { "-1e99999999999999999999", 23, "too large a number" },
    { "\"", 1, "a string without an end" },
    { "\"a", 2, "a string without an end" },
    { "\"a\\", 2, "an unfinished escape" },
    { "\"a\\\"", 4, "a string without an end" },
    { "\"\\x\"", 1, "an unknown escape" },
    { "\"\\U0041\"", 1, "an unknown escape" },
    { "\"\\u\"", 3, "an unfinished escape" },
    { "\"\\u00g0\"", 3, "four hexadecimal digits expected" },
    { "\"\\u0000\"", 7, "\\u0000 is not allowed" },
    { "{\"\\u0000\":1}", 8, "\\u0000 is not allowed" },
    { "\"\\ud800\"", 7, "half of a surrogate pair" },
    { "\"\\udc00\"", 7, "half of a surrogate pair" },
    { "\"\\ud800\\ud800\"", 13, "half of a surrogate pair" },
    { "\"\\ud800\\n0000\"", 7, "half of a surrogate pair" },
    { "\"\\ud800\\u0041\"", 13, "half of a surrogate pair" },
    { "\"a\nb\"", 2, "a control character in a string" },
    { "\"\t\"", 1, "a control character in a string" },
    { "\"\200\"", 1, "not UTF-8" },
    { "\"\300\200\"", 1, "not UTF-8" },
    { "\"\301\277\"", 1, "not UTF-8" },
    { "\"\340\237\277\"", 1, "not UTF-8" },
    { "\"\355\240\200\"", 1, "not UTF-8" },
    { "\"\360\217\277\277\"", 1, "not UTF-8" },
    { "\"\364\220\200\200\"", 1, "not UTF-8" },
    { "\"\365\200\200\200\"", 1, "not UTF-8" },
    { "\"\303\"", 1, "not UTF-8" },
    { "\"\360\237\216", 1, "not UTF-8" },
    { "\"\\n\377\"", 3, "not UTF-8" },
    { "{\"a\":1,\"b\":2,\"a\":3}", 17, "a duplicate key" },
    { "{\"a\":1,\"\\u0061\":2}", 16, "a duplicate key" },
    { "{\"\":1,\"\":2}", 9, "a duplicate key" },
    { "[{\"x\":{\"a\":1,\"a\":1}}]", 17, "a duplicate key" }
};


static void
test_refused(void)
{
    int              rc;
    char            *copy;
    size_t           i, len;
    lkg_json        *doc;
    lkg_json_fault   fault;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        len = strlen(refused[i].text);
        copy = exactly(refused[i].text, len);

        rc = lkg_json_parse_fault(&doc, copy, len, 0, &fault);

        if (!ok(rc == LKG_ERR_FORMAT && doc == NULL
                && strcmp(fault.what, refused[i].what) == 0
                && fault.offset == refused[i].offset,
                "text %zu: %s", i, refused[i].what))
        {
            printf("#   %d at %zu: %s\n", rc, fault.offset, fault.what);
        }

        lkg_json_free(doc);
        free(copy);
    }

    is_int(verdict("1\0", 2, 0), LKG_ERR_FORMAT, "a NUL behind the value");
    is_int(verdict("\"\0\"", 3, 0), LKG_ERR_FORMAT, "a NUL in a string");
    is_int(verdict("[1,2]", 4, 0), LKG_ERR_FORMAT,
           "what is behind the end does not count");
}


/* The same keys in different objects are different keys. */

static void
test_keys(void)
{
    char         text[4096], *p;
    unsigned     i, n;
    lkg_json    *doc;

    is_int(verdict(lkg_lit("[{\"a\":{\"a\":1}},{\"a\":2},{\"A\":1,\"a\":2}]"),
                   0), LKG_OK, "one key in several objects");

    for (n = 15; n <= 200; n += 37) {
        for (p = text, *p++ = '{', i = 0; i < n; i++) {
            p += sprintf(p, "\"k%u\":%u,", i, i);
        }

        p[-1] = '}';
        is_int(verdict(text, p - text, 0), LKG_OK, "many keys");

        p[-1] = ',';
        p += sprintf(p, "\"k%u\":0}", n / 2);
        is_int(verdict(text, p - text, 0), LKG_ERR_FORMAT,
               "one of them twice");
    }

    p = text + sprintf(text, "{");

    for (i = 0; i < 100; i++) {
        p += sprintf(p, "\"k%u\":%u,", i, i);
    }

    p[-1] = '}';
    *p = '\0';

    is_int(parse(&doc, text), LKG_OK, "a hundred keys");
    is_str(lkg_json_raw(doc, lkg_json_path(doc, lkg_lit("k99"))), "99",
           "the last of them");
    lkg_json_free(doc);
}


static void
test_limits(void)
{
    char      text[256];
    unsigned  i, n;

    for (n = 64; n <= 65; n++) {
        for (i = 0; i < n; i++) {
            text[i] = '[';
            text[n + i] = ']';
        }

        is_int(verdict(text, 2 * n, 0), n == 64 ? LKG_OK : LKG_ERR_FORMAT,
               n == 64 ? "64 levels" : "65 levels");
    }

    memset(text, '[', sizeof(text));
    is_int(verdict(text, sizeof(text), 0), LKG_ERR_FORMAT,
           "levels that are not closed");

    is_int(verdict(lkg_lit("[1,2,3]"), 4), LKG_OK, "four values of four");
    is_int(verdict(lkg_lit("[1,2,3,4]"), 4), LKG_ERR_TOOBIG, "five of four");
    is_int(verdict(lkg_lit("{\"a\":1,\"b\":2}"), 5), LKG_OK,
           "keys count, too");
    is_int(verdict(lkg_lit("{\"a\":1,\"b\":2}"), 4), LKG_ERR_TOOBIG,
           "so these are five");
    is_int(verdict(lkg_lit("7"), 1), LKG_OK, "one");
}


/* Default limit: 4096 values. */

static void
test_many(void)
{
    char      *text, *p;
    unsigned   i, n;

    text = malloc(3 * 4096);

    if (!ok(text != NULL, "memory")) {
        return;
    }

    for (n = 4095; n <= 4096; n++) {
        for (p = text, *p++ = '[', i = 0; i < n; i++) {
            *p++ = '1';
            *p++ = ',';
        }

        p[-1] = ']';

        is_int(verdict(text, p - text, 0),
               n == 4095 ? LKG_OK : LKG_ERR_TOOBIG, "4096 values, or more");
    }

    free(text);
}


int
main(void)
{
    test_values();
    test_none();
    test_strings();
    test_numbers();
    test_refused();
    test_keys();
    test_limits();
    test_many();

    return done_testing();
}
