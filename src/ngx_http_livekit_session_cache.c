
/*
 * What the application answered about a session, for some seconds: in a zone
 * that all workers share.  An entry is found by a digest of the request and
 * is encrypted with a key that only that request gives.
 */


#include "ngx_http_livekit.h"


#define NGX_HTTP_LIVEKIT_CACHE_SIZE    (1024 * 1024)
#define NGX_HTTP_LIVEKIT_CACHE_ANSWER  8192
#define NGX_HTTP_LIVEKIT_CACHE_MAX     60       /* seconds */


typedef struct {
    ngx_rbtree_t        rbtree;
    ngx_rbtree_node_t   sentinel;
    ngx_queue_t         queue;          /* the first was asked for last */
} ngx_http_livekit_cache_sh_t;


typedef struct {
    ngx_rbtree_node_t   node;
    ngx_queue_t         queue;
    ngx_msec_t          expires;        /* of the entry */
    time_t              end;            /* of the session */
    size_t              len;
    u_char              name[LKG_SEAL_NAME];
    u_char              sealed[1];
} ngx_http_livekit_cache_node_t;


static ngx_int_t ngx_http_livekit_cache_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_livekit_cache_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_int_t ngx_http_livekit_cache_seal(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, lkg_seal *seal);
static ngx_slab_pool_t *ngx_http_livekit_cache_pool(ngx_http_request_t *r);
static ngx_rbtree_key_t ngx_http_livekit_cache_key(u_char *name);
static ngx_http_livekit_cache_node_t *ngx_http_livekit_cache_lookup(
    ngx_http_livekit_cache_sh_t *sh, u_char *name);
static ngx_uint_t ngx_http_livekit_cache_fresh(
    ngx_http_livekit_cache_node_t *cn);
static void ngx_http_livekit_cache_delete(ngx_slab_pool_t *pool,
    ngx_http_livekit_cache_node_t *cn);
static ngx_http_livekit_cache_node_t *ngx_http_livekit_cache_last(
    ngx_http_livekit_cache_sh_t *sh);
static ngx_http_livekit_cache_node_t *ngx_http_livekit_cache_alloc(
    ngx_slab_pool_t *pool, size_t size);


char *
ngx_http_livekit_session_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_livekit_session_main_conf_t *smcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (smcf->cache_size) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size of at least %uz bytes: "
                           "livekit_session_cache 1m", &value[1],
                           (size_t) (8 * ngx_pagesize));
        return NGX_CONF_ERROR;
    }

    smcf->cache_size = size;

    return NGX_CONF_OK;
}


/* cache=5s */

ngx_int_t
ngx_http_livekit_session_cache_time(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line, ngx_str_t *value)
{
    line->cache = ngx_parse_time(value, 1);

    if (line->cache < 1 || line->cache > NGX_HTTP_LIVEKIT_CACHE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cache= is a time of 1 to %d seconds: cache=5s",
                           NGX_HTTP_LIVEKIT_CACHE_MAX);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Answers are shared by lines that say the same, before and after a reload. */

ngx_int_t
ngx_http_livekit_session_cache_line(ngx_conf_t *cf,
    ngx_http_livekit_session_line_t *line)
{
    u_char                                *p;
    size_t                                 len;
    ngx_str_t                             *value;
    ngx_uint_t                             i;
    ngx_http_livekit_session_main_conf_t  *smcf;

    value = cf->args->elts;
    len = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        len += NGX_SIZE_T_LEN + 1 + value[i].len;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->text.data = p;

    for (i = 1; i < cf->args->nelts; i++) {
        p = ngx_sprintf(p, "%uz:%V", value[i].len, &value[i]);
    }

    line->text.len = p - line->text.data;

    smcf = ngx_http_conf_get_module_main_conf(cf,
                                             ngx_http_livekit_session_module);
    smcf->cache_lines = 1;

    return NGX_OK;
}


/* The zone is there if any line wants it. */

ngx_int_t
ngx_http_livekit_session_cache_zone(ngx_conf_t *cf,
    ngx_http_livekit_session_main_conf_t *smcf)
{
    ngx_str_t  name;

    if (!smcf->cache_lines) {
        return NGX_OK;
    }

    ngx_str_set(&name, "livekit_session");

    smcf->cache = ngx_shared_memory_add(cf, &name,
                                        smcf->cache_size ? smcf->cache_size
                                                 : NGX_HTTP_LIVEKIT_CACHE_SIZE,
                                        &ngx_http_livekit_session_module);
    if (smcf->cache == NULL) {
        return NGX_ERROR;
    }

    smcf->cache->init = ngx_http_livekit_cache_init_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_livekit_cache_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t              *pool;
    ngx_http_livekit_cache_sh_t  *sh;

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data) {
        zone->data = data;
        return NGX_OK;
    }

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    sh = ngx_slab_alloc(pool, sizeof(ngx_http_livekit_cache_sh_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    ngx_rbtree_init(&sh->rbtree, &sh->sentinel,
                    ngx_http_livekit_cache_insert_value);
    ngx_queue_init(&sh->queue);

    /* a full zone is what it is for */

    pool->log_nomem = 0;
    pool->data = sh;
    zone->data = sh;

    return NGX_OK;
}


static void
ngx_http_livekit_cache_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t              **p;
    ngx_http_livekit_cache_node_t   *cn, *cnt;

    cn = (ngx_http_livekit_cache_node_t *) node;

    for ( ;; ) {

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            cnt = (ngx_http_livekit_cache_node_t *) temp;

            p = (ngx_memcmp(cn->name, cnt->name, LKG_SEAL_NAME) < 0)
                ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


/*
 * NGX_OK: *answer is what the application said of the same request.
 * NGX_DECLINED: it must be asked.
 */

ngx_int_t
ngx_http_livekit_session_cached(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer)
{
    u_char                         *sealed;
    size_t                          len;
    lkg_seal                        seal;
    ngx_int_t                       rc;
    ngx_slab_pool_t                *pool;
    ngx_http_livekit_cache_sh_t    *sh;
    ngx_http_livekit_cache_node_t  *cn;

    if (line->cache == 0
        || ngx_http_livekit_cache_seal(r, line, &seal) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;
    len = 0;

    sealed = ngx_pnalloc(r->pool, NGX_HTTP_LIVEKIT_CACHE_ANSWER
                                  + LKG_SEAL_EXTRA);
    if (sealed == NULL) {
        goto done;
    }

    pool = ngx_http_livekit_cache_pool(r);
    sh = pool->data;

    ngx_shmtx_lock(&pool->mutex);

    cn = ngx_http_livekit_cache_lookup(sh, seal.name);

    if (cn && ngx_http_livekit_cache_fresh(cn)) {
        len = cn->len;
        ngx_memcpy(sealed, cn->sealed, len);

        ngx_queue_remove(&cn->queue);
        ngx_queue_insert_head(&sh->queue, &cn->queue);
    }

    ngx_shmtx_unlock(&pool->mutex);

    if (len == 0) {
        goto done;
    }

    answer->len = len - LKG_SEAL_EXTRA;
    answer->data = ngx_pnalloc(r->pool, answer->len);

    if (answer->data
        && lkg_seal_open(&seal, answer->data, sealed, len) == LKG_OK)
    {
        rc = NGX_OK;
    }

done:

    lkg_seal_clear(&seal);

    return rc;
}


/* "end" is that of the session, 0 where it is not known. */

void
ngx_http_livekit_session_keep(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, ngx_str_t *answer, time_t end)
{
    u_char                         *sealed;
    size_t                          len;
    lkg_seal                        seal;
    ngx_slab_pool_t                *pool;
    ngx_http_livekit_cache_sh_t    *sh;
    ngx_http_livekit_cache_node_t  *cn;

    if (line->cache == 0 || answer->len > NGX_HTTP_LIVEKIT_CACHE_ANSWER
        || ngx_http_livekit_cache_seal(r, line, &seal) != NGX_OK)
    {
        return;
    }

    len = answer->len + LKG_SEAL_EXTRA;
    sealed = ngx_pnalloc(r->pool, len);

    if (sealed == NULL
        || lkg_seal_close(&seal, sealed, answer->data, answer->len) != LKG_OK)
    {
        lkg_seal_clear(&seal);
        return;
    }

    pool = ngx_http_livekit_cache_pool(r);
    sh = pool->data;

    ngx_shmtx_lock(&pool->mutex);

    cn = ngx_http_livekit_cache_lookup(sh, seal.name);
    if (cn) {
        ngx_http_livekit_cache_delete(pool, cn);
    }

    cn = ngx_http_livekit_cache_alloc(pool,
                      offsetof(ngx_http_livekit_cache_node_t, sealed) + len);

    if (cn) {
        cn->node.key = ngx_http_livekit_cache_key(seal.name);
        cn->expires = ngx_current_msec + line->cache * 1000;
        cn->end = end;
        cn->len = len;
        ngx_memcpy(cn->name, seal.name, LKG_SEAL_NAME);
        ngx_memcpy(cn->sealed, sealed, len);

        ngx_rbtree_insert(&sh->rbtree, &cn->node);
        ngx_queue_insert_head(&sh->queue, &cn->queue);
    }

    ngx_shmtx_unlock(&pool->mutex);

    lkg_seal_clear(&seal);
}


/*
 * All that the answer may depend on: who asks whom, and as whom.  A host may
 * have several servers, each with an application of its own.
 */

static ngx_int_t
ngx_http_livekit_cache_seal(ngx_http_request_t *r,
    ngx_http_livekit_session_line_t *line, lkg_seal *seal)
{
    int                        rc;
    u_char                     port[NGX_INT_T_LEN];
    lkg_str                    parts[7 + NGX_HTTP_LIVEKIT_COOKIE_LINES];
    lkg_str                    cookies[NGX_HTTP_LIVEKIT_COOKIE_LINES];
    ngx_uint_t                 i, n;
    lkg_session_input          in;
    ngx_http_core_srv_conf_t  *cscf;

    if (ngx_http_livekit_session_input(r, &in, cookies) != NGX_OK) {
        return NGX_DECLINED;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    n = 0;

    parts[n++] = ngx_http_livekit_lkg(&line->text);
    parts[n++] = ngx_http_livekit_lkg(&line->uri);

    parts[n].data = (char *) cscf->file_name;
    parts[n++].len = ngx_strlen(cscf->file_name);

    parts[n].data = (char *) port;
    parts[n++].len = ngx_sprintf(port, "%ui", cscf->line) - port;

    parts[n++] = ngx_http_livekit_lkg(&r->headers_in.server);

    if (r->headers_in.host) {
        parts[n++] = ngx_http_livekit_lkg(&r->headers_in.host->value);

    } else {
        parts[n].data = NULL;
        parts[n++].len = 0;
    }

    parts[n++] = in.authorization;

    for (i = 0; i < in.ncookies; i++) {
        parts[n++] = in.cookies[i];
    }

    rc = lkg_seal_init(seal, parts, n);

    return (rc == LKG_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_slab_pool_t *
ngx_http_livekit_cache_pool(ngx_http_request_t *r)
{
    ngx_http_livekit_session_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_livekit_session_module);

    return (ngx_slab_pool_t *) smcf->cache->shm.addr;
}


static ngx_rbtree_key_t
ngx_http_livekit_cache_key(u_char *name)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, name, sizeof(ngx_rbtree_key_t));

    return key;
}


static ngx_http_livekit_cache_node_t *
ngx_http_livekit_cache_lookup(ngx_http_livekit_cache_sh_t *sh, u_char *name)
{
    ngx_int_t                       rc;
    ngx_rbtree_key_t                key;
    ngx_rbtree_node_t              *node;
    ngx_http_livekit_cache_node_t  *cn;

    key = ngx_http_livekit_cache_key(name);
    node = sh->rbtree.root;

    while (node != sh->rbtree.sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        cn = (ngx_http_livekit_cache_node_t *) node;
        rc = ngx_memcmp(name, cn->name, LKG_SEAL_NAME);

        if (rc == 0) {
            return cn;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


/* The clock may have gone round since, where it has 32 bits. */

static ngx_uint_t
ngx_http_livekit_cache_fresh(ngx_http_livekit_cache_node_t *cn)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (cn->expires - ngx_current_msec);

    return left > 0 && left <= NGX_HTTP_LIVEKIT_CACHE_MAX * 1000
           && (cn->end == 0 || cn->end > ngx_time());
}


static void
ngx_http_livekit_cache_delete(ngx_slab_pool_t *pool,
    ngx_http_livekit_cache_node_t *cn)
{
    ngx_http_livekit_cache_sh_t  *sh;

    sh = pool->data;

    ngx_queue_remove(&cn->queue);
    ngx_rbtree_delete(&sh->rbtree, &cn->node);
    ngx_slab_free_locked(pool, cn);
}


static ngx_http_livekit_cache_node_t *
ngx_http_livekit_cache_last(ngx_http_livekit_cache_sh_t *sh)
{
    ngx_queue_t  *q;

    q = ngx_queue_last(&sh->queue);

    return ngx_queue_data(q, ngx_http_livekit_cache_node_t, queue);
}


/*
 * Two entries that are over go with every one that comes; where that is not
 * enough, those that nobody has asked for the longest.
 */

static ngx_http_livekit_cache_node_t *
ngx_http_livekit_cache_alloc(ngx_slab_pool_t *pool, size_t size)
{
    ngx_uint_t                      n;
    ngx_http_livekit_cache_sh_t    *sh;
    ngx_http_livekit_cache_node_t  *cn, *last;

    sh = pool->data;

    for (n = 0; n < 2 && !ngx_queue_empty(&sh->queue); n++) {
        last = ngx_http_livekit_cache_last(sh);

        if (ngx_http_livekit_cache_fresh(last)) {
            break;
        }

        ngx_http_livekit_cache_delete(pool, last);
    }

    for ( ;; ) {
        cn = ngx_slab_alloc_locked(pool, size);

        if (cn || ngx_queue_empty(&sh->queue)) {
            return cn;
        }

        ngx_http_livekit_cache_delete(pool, ngx_http_livekit_cache_last(sh));
    }
}
