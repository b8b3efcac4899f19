
/*
 * Values with variables, and variables with values from outside.
 */


#include "ngx_http_livekit.h"


char *
ngx_http_livekit_compile(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv)
{
    u_char                            *p, *last;
    ngx_http_compile_complex_value_t   ccv;

    last = value->data + value->len;

    for (p = value->data; p + 1 < last; p++) {
        if (p[0] == '$' && p[1] >= '0' && p[1] <= '9') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has a capture by number; name it: "
                               "(?<room>...) and $room", value);
            return NGX_CONF_ERROR;
        }
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_livekit_whole_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_str_t *value)
{
    ngx_uint_t                 *index;
    ngx_http_variable_value_t  *v;

    if (ngx_http_complex_value(r, cv, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cv->flushes) {
        for (index = cv->flushes; *index != (ngx_uint_t) -1; index++) {

            v = ngx_http_get_indexed_variable(r, *index);

            if (v == NULL || v->not_found || v->len == 0) {
                return NGX_DECLINED;
            }
        }
    }

    return value->len ? NGX_OK : NGX_DECLINED;
}


/*
 * A line break in a variable would be one in the header or the log line that
 * it is put into: a value with control characters is as if it were not there.
 */

ngx_int_t
ngx_http_livekit_set_variable(ngx_http_variable_value_t *v, u_char *data,
    size_t len)
{
    size_t  i;

    v->not_found = 1;

    for (i = 0; i < len; i++) {
        if (data[i] < 0x20 || data[i] == 0x7f) {
            return NGX_OK;
        }
    }

    v->len = len;
    v->data = data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_livekit_variables(ngx_conf_t *cf, ngx_http_variable_t *vars)
{
    ngx_http_variable_t  *var, *v;

    for (v = vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
