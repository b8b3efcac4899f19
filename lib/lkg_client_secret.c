/*
 * Secrets in a file that everybody can read: found by their names, and by
 * what they are.
 */

#include "lkg_policy_load.h"


#define LKG_CLIENT_TELLING  8       /* bytes of a secret that no other text
                                       holds by chance */


/* Parts of names, in lower case and without "_" and "-". */

static const char *const  lkg_client_secretive[] = {
    "secret", "password", "passwd", "passphrase", "apikey", "accesskey",
    "privatekey", "token", "credential", NULL
};


static int
lkg_client_secretive_name(const char *name)
{
    char    plain[64];
    size_t  i, n;

    n = 0;

    for (i = 0; name[i] && n < sizeof(plain) - 1; i++) {
        if (name[i] != '_' && name[i] != '-') {
            plain[n++] = name[i] >= 'A' && name[i] <= 'Z'
                         ? name[i] - 'A' + 'a' : name[i];
        }
    }

    plain[n] = '\0';

    for (i = 0; lkg_client_secretive[i]; i++) {
        if (strstr(plain, lkg_client_secretive[i])) {
            return 1;
        }
    }

    return 0;
}


static int
lkg_client_holds(const lkg_client_secrets *known, const char *text,
    size_t len)
{
    size_t   i, j;
    lkg_str  secret;

    for (i = 0; i < known->n; i++) {
        secret = known->secrets[i];

        if (secret.len < LKG_CLIENT_TELLING) {
            if (secret.len && lkg_str_eq(secret, text, len)) {
                return 1;
            }

            continue;
        }

        for (j = 0; secret.len <= len && j <= len - secret.len; j++) {
            if (memcmp(text + j, secret.data, secret.len) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


static int
lkg_client_member_secret(lkg_load *load, const lkg_at *at,
    const lkg_client_secrets *known)
{
    char  name[LKG_SHOWN];

    if (lkg_client_holds(known, at->key, strlen(at->key))) {
        return lkg_load_fail(load, at, LKG_AT_KEY, "this name holds a secret "
                             "of nginx.conf, and every browser gets this "
                             "file: leave it out, and change the secret");
    }

    if (lkg_client_secretive_name(at->key)) {
        return lkg_load_fail(load, at, LKG_AT_KEY, "\"%s\" sounds like a "
                             "secret, and every browser gets this file: "
                             "leave it out",
                             lkg_shown(name, at->key, strlen(at->key)));
    }

    return LKG_OK;
}


/* Before anything else, so that no other message can show one. */

int
lkg_client_no_secrets(lkg_load *load, const lkg_at *at, json_t *value,
    const lkg_client_secrets *known)
{
    int          rc;
    size_t       i;
    lkg_at       child;
    json_t      *member;
    const char  *key;

    if (json_is_string(value)
        && lkg_client_holds(known, json_string_value(value),
                            json_string_length(value)))
    {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "this text holds a "
                             "secret of nginx.conf, and every browser gets "
                             "this file: leave it out, and change the "
                             "secret");
    }

    json_object_foreach(value, key, member) {
        child = lkg_at_key(at, key);

        rc = lkg_client_member_secret(load, &child, known);

        if (rc == LKG_OK) {
            rc = lkg_client_no_secrets(load, &child, member, known);
        }

        if (rc != LKG_OK) {
            return rc;
        }
    }

    json_array_foreach(value, i, member) {
        child = lkg_at_entry(at, i);

        rc = lkg_client_no_secrets(load, &child, member, known);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}
