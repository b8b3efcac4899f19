/*
 * Compact JWE (RFC 7516) with a shared key ("dir") and A256GCM or
 * A256CBC-HS512 (RFC 7518, sections 5.2.5 and 5.3), and nothing else that a
 * header could ask for.
 */


#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lkg_jwe.h"


typedef struct {
    lkg_str  header;
    lkg_str  iv;
    lkg_str  text;
    lkg_str  tag;
} lkg_jwe;


static int
lkg_jwe_split(lkg_jwe *jwe, const char *token, size_t len)
{
    size_t       i;
    lkg_str      parts[5];
    const char  *dot, *end;

    if (len > LKG_COOKIE_MAX) {
        return LKG_ERR_TOOBIG;
    }

    if (len == 0) {
        return LKG_ERR_FORMAT;
    }

    end = token + len;

    for (i = 0; i < 4; i++) {
        dot = memchr(token, '.', end - token);
        if (dot == NULL) {
            return LKG_ERR_FORMAT;
        }

        parts[i].data = token;
        parts[i].len = dot - token;
        token = dot + 1;
    }

    parts[4].data = token;
    parts[4].len = end - token;

    /* the second part is the encrypted key, which "dir" does not have */

    if (parts[0].len == 0 || parts[1].len != 0
        || memchr(token, '.', end - token))
    {
        return LKG_ERR_FORMAT;
    }

    jwe->header = parts[0];
    jwe->iv = parts[2];
    jwe->text = parts[3];
    jwe->tag = parts[4];

    return LKG_OK;
}


static int
lkg_jwe_header_json(const lkg_json *header, const char *enc, lkg_str *kid)
{
    lkg_json_node  n;

    if (lkg_json_typeof(header, LKG_JSON_ROOT) != LKG_JSON_OBJECT) {
        return LKG_ERR_FORMAT;
    }

    n = lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("alg"));
    if (!lkg_str_eq(lkg_json_string(header, n), lkg_lit("dir"))) {
        return LKG_ERR_SIGNATURE;
    }

    n = lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("enc"));
    if (!lkg_str_eq(lkg_json_string(header, n), enc, strlen(enc))) {
        return LKG_ERR_SIGNATURE;
    }

    if (lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("zip")) != LKG_JSON_NONE
        || lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("crit"))
           != LKG_JSON_NONE)
    {
        return LKG_ERR_SIGNATURE;
    }

    n = lkg_json_get(header, LKG_JSON_ROOT, lkg_lit("kid"));

    if (n != LKG_JSON_NONE
        && lkg_json_typeof(header, n) != LKG_JSON_STRING)
    {
        return LKG_ERR_FORMAT;
    }

    *kid = lkg_json_string(header, n);

    return LKG_OK;
}


/* Finds the key that a "kid" names; without a "kid", the first. */

static int
lkg_jwe_choose(lkg_jwe_key **chosen, lkg_jwe_key **keys, size_t nkeys,
    lkg_str kid)
{
    size_t  i;

    if (kid.data == NULL) {
        *chosen = keys[0];
        return LKG_OK;
    }

    for (i = 0; i < nkeys; i++) {
        if (lkg_str_eq(kid, keys[i]->thumbprint,
                       strlen(keys[i]->thumbprint)))
        {
            *chosen = keys[i];
            return LKG_OK;
        }
    }

    return LKG_ERR_SIGNATURE;
}


static int
lkg_jwe_header_read(lkg_json **out, char text[LKG_JOSE_HEADER_MAX + 2],
    lkg_str header)
{
    int     rc;
    size_t  len;

    *out = NULL;

    if (header.len > lkg_b64url_encoded(LKG_JOSE_HEADER_MAX)) {
        return LKG_ERR_TOOBIG;
    }

    rc = lkg_b64url_decode(text, &len, header.data, header.len);

    return rc == LKG_OK ? lkg_json_parse(out, text, len, 0) : rc;
}


/* *chosen is NULL where all keys are to be tried. */

static int
lkg_jwe_read_header(lkg_jwe_key **chosen, const lkg_jwe *jwe,
    lkg_jwe_key **keys, size_t nkeys, int use_kid)
{
    int        rc;
    char       text[LKG_JOSE_HEADER_MAX + 2];
    lkg_str    kid;
    lkg_json  *json;

    rc = lkg_jwe_header_read(&json, text, jwe->header);
    if (rc != LKG_OK) {
        return rc;
    }

    rc = lkg_jwe_header_json(json, keys[0]->suite->name, &kid);

    if (rc == LKG_OK && use_kid) {
        rc = lkg_jwe_choose(chosen, keys, nkeys, kid);
    }

    lkg_json_free(json);

    return rc;
}


/* As above, for the headers that the libraries write. */

static int
lkg_jwe_known_header(lkg_jwe_key **chosen, const lkg_jwe *jwe,
    lkg_jwe_key **keys, size_t nkeys, int use_kid)
{
    size_t       i;
    const char  *header;

    for (i = 0; i < nkeys; i++) {
        header = use_kid ? keys[i]->header_kid : keys[i]->header;

        if (lkg_str_eq(jwe->header, header, strlen(header))) {
            *chosen = use_kid ? keys[i] : NULL;
            return 1;
        }
    }

    return 0;
}


int
lkg_jwe_mac(lkg_jwe_key *key, lkg_str aad, const unsigned char *iv,
    const unsigned char *text, size_t len, unsigned char *tag)
{
    size_t         i, n;
    uint64_t       bits;
    unsigned char  al[8], mac[EVP_MAX_MD_SIZE];

    bits = (uint64_t) aad.len * 8;

    for (i = 0; i < sizeof(al); i++) {
        al[i] = bits >> (56 - 8 * i);
    }

    if (!EVP_MAC_init(key->mac, NULL, 0, NULL)
        || !EVP_MAC_update(key->mac, (const unsigned char *) aad.data,
                           aad.len)
        || !EVP_MAC_update(key->mac, iv, key->suite->iv_len)
        || !EVP_MAC_update(key->mac, text, len)
        || !EVP_MAC_update(key->mac, al, sizeof(al))
        || !EVP_MAC_final(key->mac, mac, &n, sizeof(mac))
        || n < key->suite->tag_len)
    {
        return LKG_ERR_CRYPTO;
    }

    memcpy(tag, mac, key->suite->tag_len);
    OPENSSL_cleanse(mac, sizeof(mac));

    return LKG_OK;
}


/* text is decrypted where it stands; *len becomes the length of the result. */

static int
lkg_jwe_decrypt_gcm(lkg_jwe_key *key, lkg_str aad, const unsigned char *iv,
    unsigned char *text, size_t *len, unsigned char *tag)
{
    int              n, tail;
    EVP_CIPHER_CTX  *ctx;

    ctx = key->decrypt;

    if (!EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, iv)
        || !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
                                key->suite->tag_len, tag)
        || !EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *) aad.data,
                              aad.len)
        || !EVP_DecryptUpdate(ctx, text, &n, text, *len))
    {
        return LKG_ERR_CRYPTO;
    }

    if (EVP_DecryptFinal_ex(ctx, text + n, &tail) <= 0) {
        return LKG_ERR_SIGNATURE;
    }

    *len = n + tail;

    return LKG_OK;
}


static int
lkg_jwe_decrypt_cbc(lkg_jwe_key *key, lkg_str aad, const unsigned char *iv,
    unsigned char *text, size_t *len, const unsigned char *tag)
{
    int              rc, n, tail;
    unsigned char    ours[LKG_JWE_TAG_MAX];
    EVP_CIPHER_CTX  *ctx;

    rc = lkg_jwe_mac(key, aad, iv, text, *len, ours);
    if (rc != LKG_OK) {
        return rc;
    }

    if (CRYPTO_memcmp(ours, tag, key->suite->tag_len) != 0) {
        return LKG_ERR_SIGNATURE;
    }

    ctx = key->decrypt;

    if (!EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, iv)
        || !EVP_DecryptUpdate(ctx, text, &n, text, *len))
    {
        return LKG_ERR_CRYPTO;
    }

    if (EVP_DecryptFinal_ex(ctx, text + n, &tail) <= 0) {
        return LKG_ERR_FORMAT;
    }

    *len = n + tail;

    return LKG_OK;
}


static int
lkg_jwe_decode_exact(unsigned char *dst, lkg_str src, size_t want)
{
    size_t  len;

    if (src.len != lkg_b64url_encoded(want)) {
        return LKG_ERR_FORMAT;
    }

    return lkg_b64url_decode(dst, &len, src.data, src.len);
}


static int
lkg_jwe_decrypt(unsigned char *plain, size_t *plen, lkg_jwe_key *key,
    const lkg_jwe *jwe)
{
    int                   rc;
    size_t                len;
    unsigned char         iv[EVP_MAX_IV_LENGTH + 2], tag[LKG_JWE_TAG_MAX + 2];
    const lkg_jwe_suite  *suite;

    suite = key->suite;

    if (lkg_jwe_decode_exact(iv, jwe->iv, suite->iv_len) != LKG_OK
        || lkg_jwe_decode_exact(tag, jwe->tag, suite->tag_len) != LKG_OK
        || lkg_b64url_decode(plain, &len, jwe->text.data, jwe->text.len)
           != LKG_OK
        || len == 0)
    {
        return LKG_ERR_FORMAT;
    }

    /* a bad cookie must leave nothing for the next user of the error queue */

    ERR_set_mark();

    if (suite->mac_len) {
        rc = lkg_jwe_decrypt_cbc(key, jwe->header, iv, plain, &len, tag);

    } else {
        rc = lkg_jwe_decrypt_gcm(key, jwe->header, iv, plain, &len, tag);
    }

    ERR_pop_to_mark();

    *plen = rc == LKG_OK ? len : 0;

    return rc;
}


int
lkg_jwe_open(unsigned char *plain, size_t *plen, lkg_jwe_key **keys,
    size_t nkeys, int use_kid, const char *token, size_t len)
{
    int           rc;
    size_t        i;
    lkg_jwe       jwe;
    lkg_jwe_key  *chosen;

    *plen = 0;

    rc = lkg_jwe_split(&jwe, token, len);
    if (rc != LKG_OK) {
        return rc;
    }

    chosen = NULL;

    if (!lkg_jwe_known_header(&chosen, &jwe, keys, nkeys, use_kid)) {
        rc = lkg_jwe_read_header(&chosen, &jwe, keys, nkeys, use_kid);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    if (chosen) {
        return lkg_jwe_decrypt(plain, plen, chosen, &jwe);
    }

    rc = LKG_ERR_SIGNATURE;

    for (i = 0; i < nkeys && rc == LKG_ERR_SIGNATURE; i++) {
        rc = lkg_jwe_decrypt(plain, plen, keys[i], &jwe);
    }

    return rc;
}


int
lkg_jwe_read(lkg_json **out, char text[LKG_JOSE_HEADER_MAX + 2],
    const char *token, size_t len)
{
    int      rc;
    lkg_jwe  jwe;

    *out = NULL;

    rc = lkg_jwe_split(&jwe, token, len);

    return rc == LKG_OK ? lkg_jwe_header_read(out, text, jwe.header) : rc;
}
