/*
 * The little that a C unit test needs to print TAP.
 */

#ifndef LKG_TEST_H
#define LKG_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lkgrant.h"


static int  test_count;
static int  test_failed;


static inline int __attribute__((format(printf, 2, 3)))
ok(int pass, const char *fmt, ...)
{
    va_list  args;

    test_count++;
    test_failed += !pass;

    printf("%sok %d - ", pass ? "" : "not ", test_count);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    return pass;
}


static inline int
is_int(long long got, long long want, const char *name)
{
    if (!ok(got == want, "%s", name)) {
        printf("#   got %lld, expected %lld\n", got, want);
        return 0;
    }

    return 1;
}


static inline int
is_str(lkg_str got, const char *want, const char *name)
{
    size_t  len;

    len = strlen(want);

    if (!ok(got.len == len && (len == 0 || memcmp(got.data, want, len) == 0),
            "%s", name))
    {
        printf("#   got \"%.*s\", expected \"%s\"\n",
               (int) got.len, got.data ? got.data : "", want);
        return 0;
    }

    return 1;
}


/* Facts in which nothing stands against anybody. */

static inline void
no_facts(lkg_access *access)
{
    lkg_fact  fact;

    lkg_access_init(access);

    for (fact = LKG_FACT_STATE; fact <= LKG_FACT_KICK; fact++) {
        ok(lkg_access_set(access, fact, NULL, 0) == LKG_OK, "not in Redis");
    }
}


/* The last line of main(): return done_testing(); */

static inline int
done_testing(void)
{
    printf("1..%d\n", test_count);

    if (test_failed) {
        fprintf(stderr, "# %d of %d failed\n", test_failed, test_count);
    }

    return test_failed ? 1 : 0;
}

#endif /* LKG_TEST_H */
