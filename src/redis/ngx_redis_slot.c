
/*
 * Which of a cluster's 16384 slots a key is in: CRC16 (XMODEM) of the key, or
 * of what stands in its first braces, so that keys can be kept together.
 */


#include "ngx_redis_private.h"


static uint16_t  ngx_redis_crc16_table[16] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef
};


ngx_uint_t
ngx_redis_slot(ngx_str_t *key)
{
    u_char    *p, *last, *open, *close;
    uint16_t   crc;

    p = key->data;
    last = key->data + key->len;

    open = ngx_strlchr(p, last, '{');

    if (open) {
        close = ngx_strlchr(open + 1, last, '}');

        if (close && close > open + 1) {
            p = open + 1;
            last = close;
        }
    }

    for (crc = 0; p < last; p++) {
        crc = (uint16_t) (crc << 4)
              ^ ngx_redis_crc16_table[(crc >> 12) ^ (*p >> 4)];
        crc = (uint16_t) (crc << 4)
              ^ ngx_redis_crc16_table[(crc >> 12) ^ (*p & 0x0f)];
    }

    return crc % NGX_REDIS_SLOTS;
}
