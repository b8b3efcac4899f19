/*
 * What clients say of their connections: known members are checked and kept,
 * unknown ones left out.
 */

#include "lkg_private.h"


#define LKG_METRICS_NUMBER  32      /* bytes of a number as it is written */


typedef struct lkg_metrics_field  lkg_metrics_field;

struct lkg_metrics_field {
    const char               *name;         /* NULL ends a table */
    const lkg_metrics_field  *members;      /* of an object */
    int64_t                   max;
    int                       sum;          /* lkg_metrics_sum, or -1 */
};

typedef struct {
    const lkg_json           *doc;
    lkg_buf                   out;
    lkg_metrics              *total;
    int                       known;        /* members of a sample */
    int                       bad;
} lkg_metrics_reader;


#define LKG_METRICS_RATE     10000000000        /* bits a second */
#define LKG_METRICS_PACKETS  1000000000000
#define LKG_METRICS_MS       600000

static const lkg_metrics_field  lkg_metrics_bandwidth[] = {
    { "upload", NULL, LKG_METRICS_RATE, -1 },
    { "download", NULL, LKG_METRICS_RATE, -1 },
    { NULL, NULL, 0, -1 }
};

static const lkg_metrics_field  lkg_metrics_packets[] = {
    { "sent", NULL, LKG_METRICS_PACKETS, -1 },
    { "received", NULL, LKG_METRICS_PACKETS, -1 },
    { "lost", NULL, LKG_METRICS_PACKETS, -1 },
    { NULL, NULL, 0, -1 }
};

static const lkg_metrics_field  lkg_metrics_stats[] = {
    { "bandwidth", lkg_metrics_bandwidth, 0, -1 },
    { "packets", lkg_metrics_packets, 0, -1 },
    { "bitrate", NULL, LKG_METRICS_RATE, LKG_METRICS_BITRATE },
    { "packetLoss", NULL, 100, LKG_METRICS_LOSS },
    { "jitter", NULL, LKG_METRICS_MS, LKG_METRICS_JITTER },
    { "latency", NULL, LKG_METRICS_MS, LKG_METRICS_RTT },
    { "rtt", NULL, LKG_METRICS_MS, LKG_METRICS_RTT },
    { NULL, NULL, 0, -1 }
};

static const lkg_metrics_field  lkg_metrics_sample[] = {
    { "participantCount", NULL, 1000000, -1 },
    { "bitrate", NULL, LKG_METRICS_RATE, LKG_METRICS_BITRATE },
    { "packetLoss", NULL, 100, LKG_METRICS_LOSS },
    { "jitter", NULL, LKG_METRICS_MS, LKG_METRICS_JITTER },
    { "rtt", NULL, LKG_METRICS_MS, LKG_METRICS_RTT },
    { "stats", lkg_metrics_stats, 0, -1 },
    { NULL, NULL, 0, -1 }
};

/* LiveKit's ConnectionQuality */

static const char *const  lkg_metrics_qualities[LKG_METRICS_QUALITIES] = {
    "excellent", "good", "poor", "lost", "unknown"
};

static const char *const  lkg_metrics_sums[LKG_METRICS_SUMS] = {
    "bitrate", "packet_loss", "jitter", "rtt"
};


const char *
lkg_metrics_quality_name(unsigned i)
{
    return i < LKG_METRICS_QUALITIES ? lkg_metrics_qualities[i] : NULL;
}


const char *
lkg_metrics_sum_name(unsigned i)
{
    return i < LKG_METRICS_SUMS ? lkg_metrics_sums[i] : NULL;
}


static void
lkg_metrics_name(lkg_metrics_reader *rd, const char *name, int first)
{
    if (!first) {
        lkg_buf_put(&rd->out, lkg_lit(","));
    }

    lkg_buf_put(&rd->out, lkg_lit("\""));
    lkg_buf_put(&rd->out, name, strlen(name));
    lkg_buf_put(&rd->out, lkg_lit("\":"));
}


/* A number from 0 to max, as the client wrote it. */

static void
lkg_metrics_number(lkg_metrics_reader *rd, lkg_json_node n,
    const lkg_metrics_field *field)
{
    lkg_str   raw;
    int64_t   value;

    raw = lkg_json_raw(rd->doc, n);

    if (lkg_json_int(rd->doc, n, &value) != LKG_OK || value < 0
        || value > field->max || raw.data[0] == '-'
        || raw.len > LKG_METRICS_NUMBER)
    {
        rd->bad = 1;
        return;
    }

    lkg_buf_put(&rd->out, raw.data, raw.len);
    rd->known++;

    if (field->sum >= 0) {
        rd->total->sum[field->sum] += value;
        rd->total->count[field->sum]++;
    }
}


static void
lkg_metrics_members(lkg_metrics_reader *rd, lkg_json_node object,
    const lkg_metrics_field *fields, int first)
{
    lkg_json_node             n;
    lkg_json_type             type;
    const lkg_metrics_field  *f;

    for (f = fields; f->name; f++) {
        n = lkg_json_get(rd->doc, object, f->name, strlen(f->name));
        type = lkg_json_typeof(rd->doc, n);

        if (type == LKG_JSON_ABSENT || type == LKG_JSON_NULL) {
            continue;
        }

        lkg_metrics_name(rd, f->name, first);
        first = 0;

        if (f->members == NULL) {
            lkg_metrics_number(rd, n, f);
            continue;
        }

        if (type != LKG_JSON_OBJECT) {
            rd->bad = 1;
            return;
        }

        /* our tables are two deep */

        lkg_buf_put(&rd->out, lkg_lit("{"));
        lkg_metrics_members(rd, n, f->members, 1);
        lkg_buf_put(&rd->out, lkg_lit("}"));
    }
}


/* "connectionQuality": "good", or an event of that type with its value.
 * Returns the number of the quality, or -1 where nothing is said of it. */

static int
lkg_metrics_quality(lkg_metrics_reader *rd, lkg_json_node sample)
{
    int            i;
    lkg_str        text;
    lkg_json_node  n;

    n = lkg_json_get(rd->doc, sample, lkg_lit("connectionQuality"));

    if (n == LKG_JSON_NONE) {
        text = lkg_json_string(rd->doc, lkg_json_get(rd->doc, sample,
                                                     lkg_lit("type")));

        if (!lkg_str_eq(text, lkg_lit("connectionQuality"))) {
            return -1;
        }

        n = lkg_json_get(rd->doc, sample, lkg_lit("value"));
    }

    text = lkg_json_string(rd->doc, n);

    for (i = 0; i < LKG_METRICS_QUALITIES; i++) {
        if (lkg_str_eq(text, lkg_metrics_qualities[i],
                       strlen(lkg_metrics_qualities[i])))
        {
            rd->total->quality[i]++;
            rd->known++;

            return i;
        }
    }

    rd->bad = 1;

    return -1;
}


static void
lkg_metrics_one(lkg_metrics_reader *rd, lkg_json_node sample)
{
    int    quality;
    char  *start;

    if (lkg_json_typeof(rd->doc, sample) != LKG_JSON_OBJECT) {
        rd->bad = 1;
        return;
    }

    start = rd->out.pos;
    rd->known = 0;

    lkg_buf_put(&rd->out, lkg_lit("{"));

    quality = lkg_metrics_quality(rd, sample);

    if (quality >= 0) {
        lkg_metrics_name(rd, "connectionQuality", 1);
        lkg_buf_put(&rd->out, lkg_lit("\""));
        lkg_buf_put(&rd->out, lkg_metrics_qualities[quality],
                    strlen(lkg_metrics_qualities[quality]));
        lkg_buf_put(&rd->out, lkg_lit("\""));
    }

    lkg_metrics_members(rd, sample, lkg_metrics_sample, quality < 0);

    lkg_buf_put(&rd->out, lkg_lit("}\n"));

    if (rd->known) {
        rd->total->samples++;

    } else {
        rd->out.pos = start;
    }
}


int
lkg_metrics_read(char *buf, size_t size, lkg_metrics *total,
    const lkg_json *doc)
{
    unsigned            n;
    lkg_json_node       node;
    lkg_metrics_reader  rd;

    memset(total, 0, sizeof(lkg_metrics));

    rd.doc = doc;
    rd.out.pos = buf;
    rd.out.end = buf + size;
    rd.out.overflow = 0;
    rd.total = total;
    rd.bad = 0;

    node = LKG_JSON_ROOT;

    if (lkg_json_typeof(doc, node) == LKG_JSON_OBJECT) {
        node = lkg_json_get(doc, node, lkg_lit("samples"));
    }

    if (node == LKG_JSON_NONE) {
        lkg_metrics_one(&rd, LKG_JSON_ROOT);

    } else if (lkg_json_typeof(doc, node) != LKG_JSON_ARRAY) {
        return LKG_ERR_FORMAT;

    } else {
        n = 0;

        for (node = lkg_json_first(doc, node);
             node != LKG_JSON_NONE;
             node = lkg_json_next(doc, node))
        {
            if (++n > LKG_METRICS_MAX) {
                return LKG_ERR_TOOBIG;
            }

            lkg_metrics_one(&rd, node);
        }
    }

    if (rd.bad || total->samples == 0) {
        return LKG_ERR_FORMAT;
    }

    return rd.out.overflow ? LKG_ERR_TOOBIG : (int) (rd.out.pos - buf);
}
