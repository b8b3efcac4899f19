/*
 * What a browser is told at run time: a file that everybody can read, so that
 * nothing stands in it but what the client's library has options for.
 */

#include <stdlib.h>

#include "lkg_policy_load.h"


#define LKG_CLIENT_DELAYS  50
#define LKG_CLIENT_LAYERS  2        /* beside the full picture */


typedef struct {
    const char     *name;           /* NULL ends a table */
    int             min;
    int             max;
} lkg_client_range;

static const lkg_client_range  lkg_client_ranges[] = {
    { "maxRetries", 0, 100 },
    { "peerConnectionTimeout", 1000, 120000 },
    { "websocketTimeout", 1000, 120000 },
    { "metricsInterval", 1000, 600000 },
    { "maxBitrate", 10000, 50000000 },
    { "maxFramerate", 1, 120 },
    { NULL, 0, 0 }
};

static const char *const  lkg_client_levels[] = {
    "trace", "debug", "info", "warn", "error", "silent", NULL
};

static const char *const  lkg_client_presets[] = {
    "h90", "h180", "h216", "h360", "h540", "h720", "h1080", "h1440", "h2160",
    NULL
};

static const char *const  lkg_client_codecs[] = {
    "vp8", "h264", "vp9", "av1", "h265", NULL
};


static int
lkg_client_text(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return json_is_string(value) ? LKG_OK
                                 : lkg_load_must_be(load, at, "a text");
}


static int
lkg_client_flag(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int  yes;

    return lkg_load_bool(load, at, value, &yes);
}


static int
lkg_client_number(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int32_t                  n;
    const lkg_client_range  *range;

    for (range = lkg_client_ranges; strcmp(range->name, at->key); range++) {
        /* void */
    }

    return lkg_load_integer(load, at, value, range->min, range->max, &n);
}


static int
lkg_client_name(lkg_load *load, const lkg_at *at, json_t *value,
    const char *noun, const char *const *names)
{
    size_t       i;
    const char  *name;

    name = json_string_value(value);
    if (name == NULL) {
        return lkg_load_must_be(load, at, "the name of a %s", noun);
    }

    for (i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return LKG_OK;
        }
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, noun, name, strlen(name),
                            lkg_names_plain, names);
}


static int
lkg_client_level(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_client_name(load, at, value, "log level", lkg_client_levels);
}


static int
lkg_client_preset(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_client_name(load, at, value, "video preset",
                           lkg_client_presets);
}


static int
lkg_client_codec(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_client_name(load, at, value, "video codec",
                           lkg_client_codecs);
}


static int
lkg_client_layers(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int      rc;
    size_t   i;
    lkg_at   child;
    json_t  *element;

    if (!json_is_array(value) || json_array_size(value) > LKG_CLIENT_LAYERS) {
        return lkg_load_must_be(load, at, "a list of at most %d video "
                                "presets", LKG_CLIENT_LAYERS);
    }

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_client_preset(load, &child, element, dst);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


static int
lkg_client_delays(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int      rc;
    size_t   i;
    lkg_at   child;
    json_t  *element;
    int32_t  n;

    if (!json_is_array(value) || json_array_size(value) > LKG_CLIENT_DELAYS) {
        return lkg_load_must_be(load, at, "a list of at most %d delays in "
                                "milliseconds", LKG_CLIENT_DELAYS);
    }

    json_array_foreach(value, i, element) {
        child = lkg_at_entry(at, i);

        rc = lkg_load_integer(load, &child, element, 0, 300000, &n);
        if (rc != LKG_OK) {
            return rc;
        }
    }

    return LKG_OK;
}


/* Host, port and path; with a user or a query it could carry a secret. */

static int
lkg_client_url(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    size_t              i, len;
    const char         *url;
    static const char  *schemes[] = {
        "wss://", "ws://", "https://", "http://", NULL
    };

    url = json_string_value(value);
    len = json_string_length(value);

    for (i = 0; url && schemes[i]; i++) {
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0) {
            url += strlen(schemes[i]);
            len -= strlen(schemes[i]);
            break;
        }
    }

    if (url == NULL || schemes[i] == NULL || len == 0 || len > 255
        || *url == '/' || *url == ':'
        || strspn(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  "0123456789.-_~[]:/%") != len)
    {
        return lkg_load_must_be(load, at, "a URL like wss://host, "
                                "without a user, a password or a query");
    }

    return LKG_OK;
}


static const lkg_member  lkg_client_encoding_members[] = {
    { "maxBitrate", lkg_client_number, 1 },
    { "maxFramerate", lkg_client_number, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_client_encoding(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    return lkg_load_object(load, at, value, lkg_client_encoding_members, dst);
}


static const lkg_member  lkg_client_connect_members[] = {
    { "autoSubscribe", lkg_client_flag, 0 },
    { "maxRetries", lkg_client_number, 0 },
    { "peerConnectionTimeout", lkg_client_number, 0 },
    { "websocketTimeout", lkg_client_number, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_client_connect(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_client_connect_members, dst);
}


static const lkg_member  lkg_client_video_members[] = {
    { "resolution", lkg_client_preset, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_client_video(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_client_video_members, dst);
}


static const lkg_member  lkg_client_audio_members[] = {
    { "autoGainControl", lkg_client_flag, 0 },
    { "echoCancellation", lkg_client_flag, 0 },
    { "noiseSuppression", lkg_client_flag, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_client_audio(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_client_audio_members, dst);
}


static const lkg_member  lkg_client_publish_members[] = {
    { "simulcast", lkg_client_flag, 0 },
    { "videoSimulcastLayers", lkg_client_layers, 0 },
    { "videoCodec", lkg_client_codec, 0 },
    { "backupCodec", lkg_client_flag, 0 },
    { "videoEncoding", lkg_client_encoding, 0 },
    { "screenShareEncoding", lkg_client_encoding, 0 },
    { "dtx", lkg_client_flag, 0 },
    { "red", lkg_client_flag, 0 },
    { "stopMicTrackOnMute", lkg_client_flag, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_client_publish(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    return lkg_load_object(load, at, value, lkg_client_publish_members, dst);
}


static const lkg_member  lkg_client_members[] = {
    { "serverUrl", lkg_client_url, 0 },
    { "logLevel", lkg_client_level, 0 },
    { "reconnectDelays", lkg_client_delays, 0 },
    { "adaptiveStream", lkg_client_flag, 0 },
    { "dynacast", lkg_client_flag, 0 },
    { "stopLocalTrackOnUnpublish", lkg_client_flag, 0 },
    { "disconnectOnPageLeave", lkg_client_flag, 0 },
    { "connectOptions", lkg_client_connect, 0 },
    { "videoCaptureDefaults", lkg_client_video, 0 },
    { "audioCaptureDefaults", lkg_client_audio, 0 },
    { "publishDefaults", lkg_client_publish, 0 },
    { "metricsInterval", lkg_client_number, 0 },
    { "$schema", lkg_client_text, 0 },
    { "comment", lkg_client_text, 0 },
    { NULL, NULL, 0 }
};


/* The document without white space, and without what is for editors. */

static int
lkg_client_dump(json_t *root, char **out)
{
    size_t  len;

    (void) json_object_del(root, "$schema");
    (void) json_object_del(root, "comment");

    len = json_dumpb(root, NULL, 0, JSON_COMPACT);

    *out = malloc(len + 1);
    if (*out == NULL) {
        return LKG_ERR_NOMEM;
    }

    if (len == 0 || json_dumpb(root, *out, len, JSON_COMPACT) != len) {
        free(*out);
        *out = NULL;

        return LKG_ERR_NOMEM;
    }

    (*out)[len] = '\0';

    return LKG_OK;
}


int
lkg_client_config_load(char **out, const char *json, size_t len,
    const lkg_str *secrets, size_t nsecrets, lkg_error *err)
{
    int                 rc;
    json_t             *root;
    lkg_at              at = { NULL, "the configuration", 0 };
    lkg_load            load;
    lkg_client_secrets  known = { secrets, nsecrets };

    *out = NULL;

    if (len > LKG_CLIENT_CONFIG_MAX) {
        return lkg_fail(err, LKG_ERR_TOOBIG, "the configuration is larger "
                        "than %d bytes", LKG_CLIENT_CONFIG_MAX);
    }

    memset(&load, 0, sizeof(lkg_load));

    load.text = len ? json : "";
    load.len = len;
    load.err = err;
    root = NULL;

    rc = lkg_load_read(&load, &root);

    if (rc == LKG_OK) {
        rc = lkg_client_no_secrets(&load, &at, root, &known);
    }

    if (rc == LKG_OK) {
        rc = lkg_load_object(&load, &at, root, lkg_client_members, NULL);
    }

    if (rc == LKG_OK) {
        rc = lkg_client_dump(root, out);
    }

    json_decref(root);
    lkg_json_free(load.doc);

    return rc == LKG_ERR_NOMEM ? lkg_fail(err, rc, "out of memory") : rc;
}
