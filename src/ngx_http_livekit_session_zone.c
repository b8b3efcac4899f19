
/*
 * The zone that answers of the application are kept in: a tree to find one,
 * and a list in which the one goes first that nobody has asked for longest.
 */


#include "ngx_http_livekit_session.h"


typedef struct {
    ngx_rbtree_t        rbtree;
    ngx_rbtree_node_t   sentinel;
    ngx_queue_t         queue;          /* the first was asked for last */
} ngx_http_livekit_zone_t;


typedef struct {
    ngx_rbtree_node_t   node;
    ngx_queue_t         queue;
    ngx_msec_t          expires;        /* of the entry */
    time_t              end;            /* of the session */
    size_t              len;
    u_char              name[LKG_SEAL_NAME];
    u_char              sealed[1];
} ngx_http_livekit_zone_node_t;


static void ngx_http_livekit_zone_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_rbtree_key_t ngx_http_livekit_zone_key(u_char *name);
static ngx_http_livekit_zone_node_t *ngx_http_livekit_zone_lookup(
    ngx_http_livekit_zone_t *zone, u_char *name);
static ngx_uint_t ngx_http_livekit_zone_fresh(
    ngx_http_livekit_zone_node_t *zn);
static void ngx_http_livekit_zone_delete(ngx_slab_pool_t *pool,
    ngx_http_livekit_zone_node_t *zn);
static ngx_http_livekit_zone_node_t *ngx_http_livekit_zone_last(
    ngx_http_livekit_zone_t *zone);
static ngx_http_livekit_zone_node_t *ngx_http_livekit_zone_alloc(
    ngx_slab_pool_t *pool, size_t size);


ngx_int_t
ngx_http_livekit_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_slab_pool_t          *pool;
    ngx_http_livekit_zone_t  *zone;

    pool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (data) {
        shm_zone->data = data;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        shm_zone->data = pool->data;
        return NGX_OK;
    }

    zone = ngx_slab_alloc(pool, sizeof(ngx_http_livekit_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    ngx_rbtree_init(&zone->rbtree, &zone->sentinel,
                    ngx_http_livekit_zone_insert_value);
    ngx_queue_init(&zone->queue);

    /* a full zone is what it is for */

    pool->log_nomem = 0;
    pool->data = zone;
    shm_zone->data = zone;

    return NGX_OK;
}


static void
ngx_http_livekit_zone_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t             **p;
    ngx_http_livekit_zone_node_t   *zn, *znt;

    zn = (ngx_http_livekit_zone_node_t *) node;

    for ( ;; ) {

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            znt = (ngx_http_livekit_zone_node_t *) temp;

            p = (ngx_memcmp(zn->name, znt->name, LKG_SEAL_NAME) < 0)
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


/* The length of what is there, 0: nothing that is still good. */

size_t
ngx_http_livekit_zone_get(ngx_slab_pool_t *pool, u_char *name, u_char *sealed,
    size_t size)
{
    size_t                         len;
    ngx_http_livekit_zone_t       *zone;
    ngx_http_livekit_zone_node_t  *zn;

    zone = pool->data;
    len = 0;

    ngx_shmtx_lock(&pool->mutex);

    zn = ngx_http_livekit_zone_lookup(zone, name);

    if (zn && zn->len <= size && ngx_http_livekit_zone_fresh(zn)) {
        len = zn->len;
        ngx_memcpy(sealed, zn->sealed, len);

        ngx_queue_remove(&zn->queue);
        ngx_queue_insert_head(&zone->queue, &zn->queue);
    }

    ngx_shmtx_unlock(&pool->mutex);

    return len;
}


void
ngx_http_livekit_zone_put(ngx_slab_pool_t *pool, u_char *name, u_char *sealed,
    size_t len, time_t valid, time_t end)
{
    ngx_http_livekit_zone_t       *zone;
    ngx_http_livekit_zone_node_t  *zn;

    zone = pool->data;

    ngx_shmtx_lock(&pool->mutex);

    zn = ngx_http_livekit_zone_lookup(zone, name);
    if (zn) {
        ngx_http_livekit_zone_delete(pool, zn);
    }

    zn = ngx_http_livekit_zone_alloc(pool,
                       offsetof(ngx_http_livekit_zone_node_t, sealed) + len);

    if (zn) {
        zn->node.key = ngx_http_livekit_zone_key(name);
        zn->expires = ngx_current_msec + valid * 1000;
        zn->end = end;
        zn->len = len;
        ngx_memcpy(zn->name, name, LKG_SEAL_NAME);
        ngx_memcpy(zn->sealed, sealed, len);

        ngx_rbtree_insert(&zone->rbtree, &zn->node);
        ngx_queue_insert_head(&zone->queue, &zn->queue);
    }

    ngx_shmtx_unlock(&pool->mutex);
}


static ngx_rbtree_key_t
ngx_http_livekit_zone_key(u_char *name)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, name, sizeof(ngx_rbtree_key_t));

    return key;
}


static ngx_http_livekit_zone_node_t *
ngx_http_livekit_zone_lookup(ngx_http_livekit_zone_t *zone, u_char *name)
{
    ngx_int_t                      rc;
    ngx_rbtree_key_t               key;
    ngx_rbtree_node_t             *node;
    ngx_http_livekit_zone_node_t  *zn;

    key = ngx_http_livekit_zone_key(name);
    node = zone->rbtree.root;

    while (node != zone->rbtree.sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        zn = (ngx_http_livekit_zone_node_t *) node;
        rc = ngx_memcmp(name, zn->name, LKG_SEAL_NAME);

        if (rc == 0) {
            return zn;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


/* The clock may have gone round since, where it has 32 bits. */

static ngx_uint_t
ngx_http_livekit_zone_fresh(ngx_http_livekit_zone_node_t *zn)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (zn->expires - ngx_current_msec);

    return left > 0 && left <= NGX_HTTP_LIVEKIT_CACHE_MAX * 1000
           && (zn->end == 0 || zn->end > ngx_time());
}


static void
ngx_http_livekit_zone_delete(ngx_slab_pool_t *pool,
    ngx_http_livekit_zone_node_t *zn)
{
    ngx_http_livekit_zone_t  *zone;

    zone = pool->data;

    ngx_queue_remove(&zn->queue);
    ngx_rbtree_delete(&zone->rbtree, &zn->node);
    ngx_slab_free_locked(pool, zn);
}


static ngx_http_livekit_zone_node_t *
ngx_http_livekit_zone_last(ngx_http_livekit_zone_t *zone)
{
    ngx_queue_t  *q;

    q = ngx_queue_last(&zone->queue);

    return ngx_queue_data(q, ngx_http_livekit_zone_node_t, queue);
}


/*
 * Two entries that are over go with every one that comes; where that is not
 * enough, those that nobody has asked for the longest.
 */

static ngx_http_livekit_zone_node_t *
ngx_http_livekit_zone_alloc(ngx_slab_pool_t *pool, size_t size)
{
    ngx_uint_t                     n;
    ngx_http_livekit_zone_t       *zone;
    ngx_http_livekit_zone_node_t  *zn, *last;

    zone = pool->data;

    for (n = 0; n < 2 && !ngx_queue_empty(&zone->queue); n++) {
        last = ngx_http_livekit_zone_last(zone);

        if (ngx_http_livekit_zone_fresh(last)) {
            break;
        }

        ngx_http_livekit_zone_delete(pool, last);
    }

    for ( ;; ) {
        zn = ngx_slab_alloc_locked(pool, size);

        if (zn || ngx_queue_empty(&zone->queue)) {
            return zn;
        }

        ngx_http_livekit_zone_delete(pool, ngx_http_livekit_zone_last(zone));
    }
}
