/*
 * The section "recording" of a policy, and the request for LiveKit that
 * comes of it.  A client has no say in any of it but the room.
 */

#include "lkg_policy_load.h"


#define LKG_FILE_MAX     512        /* bytes of the template */
#define LKG_LAYOUT_MAX   64
#define LKG_S3_MAX       256

static const char  lkg_recording_file[] = "recordings/{room}/{date}-{id}.mp4";
static const char  lkg_recording_layout[] = "grid";

static const char *const  lkg_recording_vars[] = {
    "room", "date", "time", "id", NULL
};

static const char *const  lkg_recording_presets[] = {
    "H264_720P_30", "H264_720P_60", "H264_1080P_30", "H264_1080P_60",
    "PORTRAIT_H264_720P_30", "PORTRAIT_H264_720P_60",
    "PORTRAIT_H264_1080P_30", "PORTRAIT_H264_1080P_60", NULL
};


static int
lkg_load_copy(lkg_load *load, const lkg_at *at, json_t *value, size_t max,
    lkg_str *out)
{
    int      rc;
    lkg_str  text;

    rc = lkg_load_text(load, at, value, 1, max, &text);

    return rc == LKG_OK ? lkg_policy_text(load->policy, out, text.data,
                                          text.len)
                        : rc;
}


static int
lkg_recording_ends(lkg_str file, const char *end)
{
    size_t  len;

    len = strlen(end);

    return file.len > len
           && memcmp(file.data + file.len - len, end, len) == 0;
}


/* Number of the variable that stands at p, its "{" included, or -1. */

static int
lkg_recording_variable(const char *p, const char *end, size_t *len)
{
    int          i;
    const char  *close;

    close = memchr(p, '}', end - p);
    if (close == NULL) {
        *len = 1;
        return -1;
    }

    *len = close + 1 - p;

    for (i = 0; lkg_recording_vars[i]; i++) {
        if (strlen(lkg_recording_vars[i]) == *len - 2
            && memcmp(lkg_recording_vars[i], p + 1, *len - 2) == 0)
        {
            return i;
        }
    }

    return -1;
}


static int
lkg_load_file_variables(lkg_load *load, const lkg_at *at, lkg_str file)
{
    int          id, var;
    size_t       len;
    const char  *p, *end;

    id = 0;
    end = file.data + file.len;

    for (p = file.data; p < end; p += len) {
        len = 1;

        if (*p != '{' && *p != '}') {
            continue;
        }

        var = *p == '{' ? lkg_recording_variable(p, end, &len) : -1;

        if (var < 0 && len < 2) {
            return lkg_load_fail(load, at, LKG_AT_VALUE, "a \"%c\" without "
                                 "its pair", *p);
        }

        if (var < 0) {
            return lkg_load_unknown(load, at, LKG_AT_VALUE, "variable",
                                    p + 1, len - 2, lkg_names_plain,
                                    lkg_recording_vars);
        }

        id |= strcmp(lkg_recording_vars[var], "id") == 0;
    }

    return id ? LKG_OK
              : lkg_load_fail(load, at, LKG_AT_VALUE, "without {id} one "
                              "recording would replace another");
}


/* No way out of the storage's directory. */

static int
lkg_recording_inside(lkg_str file)
{
    size_t       len;
    const char  *p, *end, *slash;

    end = file.data + file.len;

    for (p = file.data; p <= end; p += len + 1) {
        slash = memchr(p, '/', end - p);
        len = (slash ? slash : end) - p;

        if (len == 0 || (p[0] == '.' && (len == 1 || (len == 2
                                                      && p[1] == '.'))))
        {
            return 0;
        }
    }

    return memchr(file.data, '\\', file.len) == NULL;
}


static int
lkg_load_file(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int                rc;
    lkg_recording_conf  *recording = dst;

    rc = lkg_load_copy(load, at, value, LKG_FILE_MAX, &recording->file);
    if (rc != LKG_OK) {
        return rc;
    }

    if (!lkg_recording_inside(recording->file)) {
        return lkg_load_must_be(load, at, "a path like \"%s\", without "
                                "\"..\" and \"/\" at its beginning",
                                lkg_recording_file);
    }

    if (!lkg_recording_ends(recording->file, ".mp4")
        && !lkg_recording_ends(recording->file, ".ogg"))
    {
        return lkg_load_must_be(load, at, "the path of an .mp4 file or, for "
                                "sound alone, an .ogg file");
    }

    return lkg_load_file_variables(load, at, recording->file);
}


static int
lkg_load_layout(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_copy(load, at, value, LKG_LAYOUT_MAX,
                         &recording->layout);
}


static int
lkg_load_base_url(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int                rc;
    lkg_str            url;
    lkg_recording_conf  *recording = dst;

    rc = lkg_load_copy(load, at, value, LKG_FILE_MAX, &recording->base_url);
    url = recording->base_url;

    if (rc == LKG_OK && (url.len < 9
                         || (memcmp(url.data, "https://", 8) != 0
                             && memcmp(url.data, "http://", 7) != 0)))
    {
        return lkg_load_must_be(load, at, "a URL with http or https");
    }

    return rc;
}


static int
lkg_load_preset(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    size_t             i;
    const char        *name;
    lkg_recording_conf  *recording = dst;

    name = json_string_value(value);
    if (name == NULL) {
        return lkg_load_must_be(load, at, "the name of a preset");
    }

    for (i = 0; lkg_recording_presets[i]; i++) {
        if (strcmp(lkg_recording_presets[i], name) == 0) {
            recording->preset = lkg_recording_presets[i];
            return LKG_OK;
        }
    }

    return lkg_load_unknown(load, at, LKG_AT_VALUE, "preset", name,
                            strlen(name), lkg_names_plain,
                            lkg_recording_presets);
}


static int
lkg_load_audio_only(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_bool(load, at, value, &recording->audio_only);
}


static int
lkg_load_video_only(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_bool(load, at, value, &recording->video_only);
}


/* The policy is read by many; what opens the storage is not for them. */

static int
lkg_load_s3_secret(lkg_load *load, const lkg_at *at, json_t *value,
    lkg_str *out)
{
    int  rc;

    rc = lkg_load_copy(load, at, value, LKG_S3_MAX, out);
    if (rc != LKG_OK) {
        return rc;
    }

    if ((out->len > 6 && memcmp(out->data, "file:/", 6) == 0)
        || (out->len > 4 && memcmp(out->data, "env:", 4) == 0))
    {
        return LKG_OK;
    }

    return lkg_load_must_be(load, at, "\"file:/path\" or \"env:NAME\": a "
                            "policy is no place for secrets");
}


static int
lkg_load_s3_access_key(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_s3_secret(load, at, value,
                              &recording->secrets[LKG_S3_ACCESS_KEY]);
}


static int
lkg_load_s3_secret_key(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_s3_secret(load, at, value,
                              &recording->secrets[LKG_S3_SECRET]);
}


static int
lkg_load_s3_bucket(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_copy(load, at, value, LKG_S3_MAX, &recording->bucket);
}


static int
lkg_load_s3_region(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_copy(load, at, value, LKG_S3_MAX, &recording->region);
}


static int
lkg_load_s3_endpoint(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_copy(load, at, value, LKG_S3_MAX, &recording->endpoint);
}


static int
lkg_load_s3_path_style(lkg_load *load, const lkg_at *at, json_t *value,
    void *dst)
{
    lkg_recording_conf  *recording = dst;

    return lkg_load_bool(load, at, value, &recording->path_style);
}


static const lkg_member  lkg_s3_members[] = {
    { "bucket", lkg_load_s3_bucket, 1 },
    { "region", lkg_load_s3_region, 0 },
    { "endpoint", lkg_load_s3_endpoint, 0 },
    { "force_path_style", lkg_load_s3_path_style, 0 },
    { "access_key", lkg_load_s3_access_key, 0 },
    { "secret", lkg_load_s3_secret_key, 0 },
    { NULL, NULL, 0 }
};


static int
lkg_load_s3(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int                rc;
    lkg_recording_conf  *recording = dst;

    rc = lkg_load_object(load, at, value, lkg_s3_members, dst);

    if (rc == LKG_OK && !recording->secrets[LKG_S3_ACCESS_KEY].len
                        != !recording->secrets[LKG_S3_SECRET].len)
    {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "\"access_key\" and "
                             "\"secret\" belong together");
    }

    return rc;
}


static const lkg_member  lkg_recording_members[] = {
    { "layout", lkg_load_layout, 0 },
    { "file", lkg_load_file, 0 },
    { "preset", lkg_load_preset, 0 },
    { "audio_only", lkg_load_audio_only, 0 },
    { "video_only", lkg_load_video_only, 0 },
    { "custom_base_url", lkg_load_base_url, 0 },
    { "s3", lkg_load_s3, 0 },
    { NULL, NULL, 0 }
};


void
lkg_recording_defaults(lkg_recording_conf *recording)
{
    recording->file.data = lkg_recording_file;
    recording->file.len = sizeof(lkg_recording_file) - 1;
    recording->layout.data = lkg_recording_layout;
    recording->layout.len = sizeof(lkg_recording_layout) - 1;
}


int
lkg_load_recording(lkg_load *load, const lkg_at *at, json_t *value, void *dst)
{
    int                rc;
    lkg_recording_conf  *recording;

    recording = &load->policy->recording;

    rc = lkg_load_object(load, at, value, lkg_recording_members, recording);
    if (rc != LKG_OK) {
        return rc;
    }

    if (recording->audio_only && recording->video_only) {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "with \"audio_only\" "
                             "and \"video_only\" nothing is left");
    }

    if (lkg_recording_ends(recording->file, ".ogg")
        && !recording->audio_only)
    {
        return lkg_load_fail(load, at, LKG_AT_VALUE, "an .ogg file needs "
                             "\"audio_only\": true");
    }

    return LKG_OK;
}
