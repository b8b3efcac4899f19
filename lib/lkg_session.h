/*
 * How sessions are configured, as the files of this part share it.
 */

#ifndef LKG_SESSION_H
#define LKG_SESSION_H

#include "lkg_private.h"

LKG_PRIVATE_BEGIN


#define LKG_PRESET_JWT        1
#define LKG_PRESET_NEXT_AUTH  2
#define LKG_PRESET_AUTHJS     4


typedef struct {
    unsigned            id;
    const char         *name;
    const char         *cookies[2];     /* of the framework, in order */
    int64_t             leeway;
    lkg_jwe_enc         enc;
    const char         *info;           /* HKDF; behind it " (<salt>)" */
    size_t              chunk;          /* a longer cookie is cut into these */
} lkg_preset;


struct lkg_session_conf {
    const lkg_preset   *preset;

    lkg_strings         cookies;
    lkg_strings         secrets;        /* wiped once the keys are made */
    lkg_strings         iss;
    lkg_strings         aud;
    lkg_strings         azp;
    lkg_str             salt;
    lkg_str             info;
    lkg_str             prefix;
    lkg_paths           identity;
    lkg_paths           name;
    lkg_paths           email;
    lkg_paths           expires;
    int64_t             leeway;
    lkg_jwe_enc         enc;

    unsigned            given;          /* bits: parameters that were set */
    unsigned            bearer:1;
    unsigned            email_unverified:1;
    unsigned            weak:1;
    unsigned            ready:1;

    size_t              nkeys;
    lkg_hmac           *macs[LKG_STRINGS_MAX];
    lkg_jwe_key        *keys[LKG_STRINGS_MAX][LKG_STRINGS_MAX];
                                        /* of a cookie name, of a secret */
};


int lkg_strings_add(lkg_strings *list, const char *data, size_t len);
void lkg_strings_clear(lkg_strings *list);

LKG_PRIVATE_END

#endif /* LKG_SESSION_H */
