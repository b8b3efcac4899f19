/*
 * Error codes and texts, and the few helpers that every part needs.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_private.h"


#define LKG_DIGITS_SAFE  18         /* so many fit in any case */


const char *
lkg_strerror(int err)
{
    switch (err) {

    case LKG_OK:
        return "success";
    case LKG_MORE:
        return "more is needed to know";
    case LKG_ERR_NOMEM:
        return "out of memory";
    case LKG_ERR_INVALID:
        return "invalid argument";
    case LKG_ERR_FORMAT:
        return "malformed input";
    case LKG_ERR_SIGNATURE:
        return "not authentic, or for another reader";
    case LKG_ERR_EXPIRED:
        return "expired, or not yet valid";
    case LKG_ERR_DENIED:
        return "denied by the policy";
    case LKG_ERR_CRYPTO:
        return "the crypto library failed";
    case LKG_ERR_TOOBIG:
        return "over a size limit";
    case LKG_ERR_ABSENT:
        return "no session cookie";
    case LKG_ERR_AMBIGUOUS:
        return "session cookies that contradict each other";
    case LKG_ERR_IDENTITY:
        return "a session without a usable identity";
    default:
        return "unknown error";
    }
}


const char *
lkg_version(void)
{
    return LKG_VERSION;
}


int
lkg_fail(lkg_error *err, int code, const char *fmt, ...)
{
    va_list  args;

    if (err == NULL) {
        return code;
    }

    err->line = 0;
    err->column = 0;

    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);

    return code;
}


int
lkg_str_eq(lkg_str a, const char *b, size_t len)
{
    return a.len == len && (len == 0 || memcmp(a.data, b, len) == 0);
}


int
lkg_str_dup(char **out, const char *data, size_t len)
{
    char  *copy;

    *out = NULL;

    copy = malloc(len + 1);
    if (copy == NULL) {
        return LKG_ERR_NOMEM;
    }

    if (len) {
        memcpy(copy, data, len);
    }

    copy[len] = '\0';
    *out = copy;

    return LKG_OK;
}


int
lkg_digits(const char *data, size_t len, int64_t *value)
{
    size_t   i;
    int64_t  n, digit;

    if (len == 0) {
        return LKG_ERR_FORMAT;
    }

    n = 0;

    for (i = 0; i < len; i++) {
        if (data[i] < '0' || data[i] > '9') {
            return LKG_ERR_FORMAT;
        }

        digit = data[i] - '0';

        if (i >= LKG_DIGITS_SAFE && n > (INT64_MAX - digit) / 10) {
            return LKG_ERR_FORMAT;
        }

        n = n * 10 + digit;
    }

    *value = n;

    return LKG_OK;
}


void
lkg_free(char *text)
{
    if (text == NULL) {
        return;
    }

    OPENSSL_cleanse(text, strlen(text));
    free(text);
}
