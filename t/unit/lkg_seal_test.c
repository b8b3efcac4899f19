/*
 * What a cache keeps: found by the same request only, and read by nobody
 * else.
 */

#include "lkg_private.h"
#include "lkg_test.h"


#define ANSWER  "{\"user\":{\"id\":\"u1\"}}"


static lkg_seal
seal(const char *a, const char *b, const char *c)
{
    size_t    n;
    lkg_str   parts[3];
    lkg_seal  s;

    n = 0;

    for ( /* void */ ; n < 3 && (n == 0 ? a : n == 1 ? b : c); n++) {
        parts[n].data = n == 0 ? a : n == 1 ? b : c;
        parts[n].len = strlen(parts[n].data);
    }

    if (lkg_seal_init(&s, parts, n) != LKG_OK) {
        printf("Bail out! no seal\n");
        exit(1);
    }

    return s;
}


static void
test_names(void)
{
    size_t    i, k;
    lkg_seal  s[8];

    s[0] = seal("a", "b", "c");
    s[1] = seal("ab", "", "c");
    s[2] = seal("a", "bc", NULL);
    s[3] = seal("abc", NULL, NULL);
    s[4] = seal("a", "b", NULL);
    s[5] = seal("", "ab", "c");
    s[6] = seal(NULL, NULL, NULL);
    s[7] = seal("", NULL, NULL);

    for (i = 0; i < 8; i++) {
        for (k = 0; k < i; k++) {
            ok(memcmp(s[i].name, s[k].name, sizeof(s[i].name)) != 0
               && memcmp(s[i].key, s[k].key, sizeof(s[i].key)) != 0,
               "%zu and %zu differ", i, k);
        }

        ok(memcmp(s[i].name, s[i].key, sizeof(s[i].key)) != 0,
           "the name of %zu is not its key", i);
    }

    s[1] = seal("a", "b", "c");
    ok(memcmp(&s[0], &s[1], sizeof(lkg_seal)) == 0, "the same is the same");

    lkg_seal_clear(&s[0]);
    memset(&s[1], 0, sizeof(lkg_seal));
    ok(memcmp(&s[0], &s[1], sizeof(lkg_seal)) == 0, "and then wiped");
}


static void
test_answers(void)
{
    char           text[sizeof(ANSWER)], none[1];
    size_t         i, n;
    lkg_seal       s, other;
    unsigned char  sealed[sizeof(ANSWER) - 1 + LKG_SEAL_EXTRA],
                   again[sizeof(sealed)];

    n = sizeof(sealed);
    s = seal("localhost", "session=ann", "");
    other = seal("localhost", "session=bob", "");

    is_int(lkg_seal_close(&s, sealed, ANSWER, sizeof(ANSWER) - 1), LKG_OK,
           "an answer");
    is_int(lkg_seal_open(&s, text, sealed, n), LKG_OK, "is there again");
    ok(memcmp(text, ANSWER, sizeof(ANSWER) - 1) == 0, "as it was");
    ok(memcmp(sealed + LKG_SEAL_EXTRA, ANSWER, 8) != 0, "but not to be read");

    is_int(lkg_seal_open(&other, text, sealed, n), LKG_ERR_SIGNATURE,
           "not by another request");
    ok(text[0] == 0 && text[sizeof(ANSWER) - 2] == 0, "which sees none of it");

    is_int(lkg_seal_close(&s, again, ANSWER, sizeof(ANSWER) - 1), LKG_OK,
           "the same answer");
    ok(memcmp(sealed, again, n) != 0, "is never sealed in the same way");

    for (i = 0; i < n; i++) {
        sealed[i] ^= 1;

        if (lkg_seal_open(&s, text, sealed, n) != LKG_ERR_SIGNATURE) {
            break;
        }

        sealed[i] ^= 1;
    }

    ok(i == n, "every bit of it counts");

    is_int(lkg_seal_open(&s, text, sealed, n - 1), LKG_ERR_SIGNATURE,
           "its length as well");
    is_int(lkg_seal_open(&s, text, sealed, LKG_SEAL_EXTRA - 1),
           LKG_ERR_FORMAT, "less than nothing");
    is_int(lkg_seal_open(&s, text, sealed, (size_t) -1), LKG_ERR_FORMAT,
           "more than there can be");
    is_int(lkg_seal_close(&s, again, ANSWER, LKG_VALUE_MAX + 1),
           LKG_ERR_TOOBIG, "also to begin with");

    is_int(lkg_seal_close(&s, again, "", 0), LKG_OK, "an empty answer");
    is_int(lkg_seal_open(&s, none, again, LKG_SEAL_EXTRA), LKG_OK,
           "is one, too");
}


int
main(void)
{
    test_names();
    test_answers();

    return done_testing();
}
