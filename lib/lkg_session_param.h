/*
 * Parameters of a session, as the files that set them share it.
 */

#ifndef LKG_SESSION_PARAM_H
#define LKG_SESSION_PARAM_H

#include "lkg_session.h"

LKG_PRIVATE_BEGIN


#define LKG_PARAM_LABEL_MAX  100    /* bytes of a project's name */


typedef struct lkg_param  lkg_param;

typedef int (*lkg_param_set)(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);

struct lkg_param {
    const char     *name;
    unsigned        presets;
    unsigned        repeat;     /* presets in which it may be repeated */
    size_t          max;        /* bytes of a value; 0: takes none */
    lkg_param_set   set;
    size_t          offset;     /* in lkg_session_conf */
};


int lkg_param_nomem(lkg_error *err);
int lkg_param_list(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_cookie(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);


/* lkg_session_param_key.c: what the session is checked with. */

int lkg_param_secret(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_alg(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_key(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_jwks(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_ref(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);
int lkg_param_project(lkg_session_conf *conf, const lkg_param *param,
    lkg_str value, lkg_error *err);

LKG_PRIVATE_END

#endif /* LKG_SESSION_PARAM_H */
