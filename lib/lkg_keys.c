/*
 * LiveKit API keys.
 */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "lkg_private.h"


#define LKG_KEY_ID_MAX  256


int
lkg_keys_new(lkg_keys **out)
{
    *out = calloc(1, sizeof(lkg_keys));

    return *out ? LKG_OK : LKG_ERR_NOMEM;
}


static void
lkg_key_clear(lkg_key *key)
{
    free(key->id);
    free(key->head);
    lkg_hmac_free(key->mac);
}


/* The claims of every token begin with the issuer: made once. */

static int
lkg_key_head(lkg_key *key)
{
    size_t   size;
    lkg_buf  b;

    size = key->id_len * LKG_JSON_ESCAPED + sizeof("{\"iss\":\"\",\"sub\":\"");

    key->head = malloc(size);
    if (key->head == NULL) {
        return LKG_ERR_NOMEM;
    }

    b.pos = key->head;
    b.end = key->head + size;
    b.overflow = 0;

    lkg_buf_put(&b, lkg_lit("{\"iss\":\""));
    lkg_buf_json(&b, key->id, key->id_len, 1);
    lkg_buf_put(&b, lkg_lit("\",\"sub\":\""));

    key->head_len = b.pos - key->head;

    return LKG_OK;
}


static int
lkg_key_set(lkg_key *key, const char *id, size_t ilen, const void *secret,
    size_t slen)
{
    int  rc;

    memset(key, 0, sizeof(*key));

    key->id_len = ilen;

    rc = lkg_str_dup(&key->id, id, ilen);

    if (rc == LKG_OK) {
        rc = lkg_key_head(key);
    }

    if (rc == LKG_OK) {
        rc = lkg_hmac_new(&key->mac, secret, slen);
    }

    if (rc != LKG_OK) {
        lkg_key_clear(key);
    }

    return rc;
}


int
lkg_keys_add(lkg_keys *keys, const char *id, size_t ilen, const void *secret,
    size_t slen)
{
    int       rc;
    lkg_key   key, *p;

    if (ilen == 0 || ilen > LKG_KEY_ID_MAX || slen == 0
        || !lkg_text_plain(id, ilen)
        || lkg_keys_find(keys, id, ilen) != NULL)
    {
        return LKG_ERR_INVALID;
    }

    rc = lkg_key_set(&key, id, ilen, secret, slen);
    if (rc != LKG_OK) {
        return rc;
    }

    p = realloc(keys->keys, (keys->n + 1) * sizeof(lkg_key));
    if (p == NULL) {
        lkg_key_clear(&key);
        return LKG_ERR_NOMEM;
    }

    p[keys->n++] = key;
    keys->keys = p;

    return LKG_OK;
}


lkg_key *
lkg_keys_find(lkg_keys *keys, const char *id, size_t len)
{
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        if (keys->keys[i].id_len == len
            && memcmp(keys->keys[i].id, id, len) == 0)
        {
            return &keys->keys[i];
        }
    }

    return NULL;
}


void
lkg_keys_free(lkg_keys *keys)
{
    size_t  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->n; i++) {
        lkg_key_clear(&keys->keys[i]);
    }

    free(keys->keys);
    free(keys);
}
