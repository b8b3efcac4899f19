/*
 * Bounded output, JSON escaping, and texts with {variables}.
 */

#include <jansson.h>

#include "lkg_private.h"
#include "lkg_test.h"


static const char  claims_text[] =
    "{\"org\":\"a\\\"b\",\"user\":{\"id\":-42,\"ok\":true,\"no\":false,"
    "\"none\":null,\"real\":1.5,\"list\":[\"x\"],\"big\":9223372036854775807}"
    "}";

static lkg_vars  vars = {
    { { NULL, 0 }, lkg_str_lit("u1"), lkg_str_lit("Ann \"A\""),
      lkg_str_lit("teacher"), lkg_str_lit("math-101"),
      lkg_str_lit("1800000000") },
    NULL
};


static lkg_str
rendered(char *text, size_t size, const char *template, unsigned depth)
{
    lkg_buf       b = { text, text + size, 0 };
    lkg_str       got = { text, 0 }, fault;
    lkg_template  t;

    memset(&t, 0, sizeof(t));

    if (lkg_template_add(&t, template, strlen(template), depth, &fault)
        == LKG_OK)
    {
        lkg_template_write(&b, &t, &vars);
        got.len = b.pos - text;
    }

    lkg_template_clear(&t);

    return got;
}


static void
is_rendered(const char *template, unsigned depth, const char *want)
{
    char  text[1024];

    is_str(rendered(text, sizeof(text), template, depth), want, template);
}


static void
is_fault(const char *template, const char *want)
{
    int           rc;
    lkg_str       fault = { NULL, 0 };
    lkg_template  t;

    memset(&t, 0, sizeof(t));

    rc = lkg_template_add(&t, template, strlen(template), 1, &fault);

    is_int(rc, LKG_ERR_FORMAT, template);
    is_str(fault, want, "... and it is told which part");

    lkg_template_clear(&t);
}


static void
test_buf(void)
{
    char     text[32];
    size_t   i;
    lkg_str  got;
    lkg_buf  b = { text, text + 4, 0 };

    static const struct {
        int64_t      value;
        const char  *text;
    } numbers[] = {
        { 0, "0" }, { 7, "7" }, { -1, "-1" }, { 1800000000, "1800000000" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" }
    };

    lkg_buf_put(&b, lkg_lit("abcd"));
    ok(!b.overflow, "a buffer can be filled");

    lkg_buf_put(&b, NULL, 0);
    ok(!b.overflow, "nothing fits");

    lkg_buf_put(&b, lkg_lit("e"));
    ok(b.overflow && b.pos == text + 4, "one byte more does not");

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        b.pos = text;
        b.end = text + sizeof(text);

        lkg_buf_int(&b, numbers[i].value);

        got.data = text;
        got.len = b.pos - text;
        is_str(got, numbers[i].text, numbers[i].text);
    }
}


/* What "depth" readers, one after the other, make of an escaped text. */

static int
survives(const char *data, size_t len, unsigned depth)
{
    int          same;
    char         json[8192], *p;
    json_t      *value;
    unsigned     i;
    lkg_buf      b = { json, json + sizeof(json) - 1, 0 };

    lkg_buf_put(&b, lkg_lit("\""));
    lkg_buf_json(&b, data, len, depth);
    lkg_buf_put(&b, lkg_lit("\""));
    *b.pos = '\0';

    p = json;

    for (i = 1; i < depth; i++) {
        value = json_loads(p, JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
        if (value == NULL) {
            return 0;
        }

        snprintf(json, sizeof(json), "\"%s\"", json_string_value(value));
        json_decref(value);
    }

    value = json_loads(p, JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);

    same = json_string_length(value) == len
           && memcmp(json_string_value(value), data, len) == 0;

    json_decref(value);

    return same && !b.overflow;
}


static void
test_escaping(void)
{
    char      all[128 + 8];
    unsigned  c, depth, good;

    for (depth = 1; depth <= 3; depth++) {
        good = 0;

        for (c = 0; c < 128; c++) {
            all[0] = 'a';
            all[1] = c;
            all[2] = 'z';
            good += survives(all, 3, depth);
        }

        is_int(good, 128, "every ASCII character survives");

        for (c = 0; c < 128; c++) {
            all[c] = c;
        }

        memcpy(all + 128, "\xc3\xa9\xf0\x9f\x98\x80", 6);

        ok(survives(all, 134, depth), "all of them and UTF-8, depth %u",
           depth);
    }
}


static void
test_templates(void)
{
    int        rc;
    lkg_json  *claims;

    rc = lkg_json_parse(&claims, claims_text, strlen(claims_text), 0);
    ok(rc == LKG_OK, "claims");
    vars.claims = claims;

    is_rendered("", 1, "");
    is_rendered("plain", 1, "plain");
    is_rendered("{identity}", 1, "u1");
    is_rendered("{name}", 1, "Ann \\\"A\\\"");
    is_rendered("{name}", 2, "Ann \\\\\\\"A\\\\\\\"");
    is_rendered("{role}@{room} at {now}", 1, "teacher@math-101 at 1800000000");
    is_rendered("say \"{role}\"", 1, "say \\\"teacher\\\"");
    is_rendered("{{{role}}}", 1, "{teacher}");
    is_rendered("{{role}}", 1, "{role}");
    is_rendered("a{{b", 1, "a{b");
    is_rendered("}}", 1, "}");

    is_rendered("{claim.org}", 1, "a\\\"b");
    is_rendered("{claim.user.id}", 1, "-42");
    is_rendered("{claim.user.big}", 1, "9223372036854775807");
    is_rendered("{claim.user.ok}{claim.user.no}", 1, "truefalse");
    is_rendered("<{claim.user.none}{claim.user.real}{claim.user.list}>", 1,
                "<>");
    is_rendered("<{claim.user}{claim.absent}{claim.org.x}>", 1, "<>");

    vars.claims = NULL;
    is_rendered("<{claim.org}>", 1, "<>");

    lkg_json_free(claims);
}


static void
test_faults(void)
{
    is_fault("{nme}", "nme");
    is_fault("{}", "");
    is_fault("{claim.}", "claim.");
    is_fault("{claim}", "claim");
    is_fault("{ role}", " role");
    is_fault("{Role}", "Role");
    is_fault("a {role", "{");
    is_fault("a } b", "}");
    is_fault("{role}}", "}");
}


static void
test_overflow(void)
{
    char          text[8];
    lkg_str       fault;
    lkg_buf       b = { text, text + sizeof(text), 0 };
    lkg_template  t;

    memset(&t, 0, sizeof(t));

    is_int(lkg_template_add(&t, lkg_lit("{room}"), 1, &fault), LKG_OK,
           "a text that can be longer than its buffer");

    lkg_template_write(&b, &t, &vars);
    ok(!b.overflow, "is not, at first");

    lkg_template_write(&b, &t, &vars);
    ok(b.overflow && b.pos <= b.end, "is, and the buffer says so");

    lkg_template_clear(&t);
}


int
main(void)
{
    test_buf();
    test_escaping();
    test_templates();
    test_faults();
    test_overflow();

    return done_testing();
}
