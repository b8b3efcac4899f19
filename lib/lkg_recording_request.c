/*
 * What LiveKit is asked for when a room is to be recorded
 * (RoomCompositeEgressRequest of LiveKit's protocol).
 */

#include <time.h>

#include "lkg_policy.h"


#define LKG_PATH_MAX  1024      /* bytes of a file's path: an S3 key's limit */


/*
 * A room's name as one component of a path.  What could mean something there
 * is written in hexadecimal, so that no two rooms share a directory.
 */

static void
lkg_recording_room(lkg_buf *b, lkg_str room)
{
    char                  code[3];
    size_t                i;
    unsigned char         c;

    static const char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < room.len; i++) {
        c = room.data[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
            || (c >= '0' && c <= '9') || c == '_' || c == '-'
            || (c == '.' && i))
        {
            lkg_buf_put(b, &room.data[i], 1);
            continue;
        }

        code[0] = '=';
        code[1] = hex[c >> 4];
        code[2] = hex[c & 15];

        lkg_buf_put(b, code, 3);
    }
}


static void
lkg_recording_number(lkg_buf *b, int number, int digits)
{
    char  text[4];
    int   i;

    for (i = digits; i; i--) {
        text[i - 1] = '0' + number % 10;
        number /= 10;
    }

    lkg_buf_put(b, text, digits);
}


static void
lkg_recording_variable(lkg_buf *b, char first, const lkg_recording_ask *ask,
    const struct tm *tm)
{
    switch (first) {

    case 'r':
        lkg_recording_room(b, ask->room);
        break;

    case 'd':
        lkg_recording_number(b, tm->tm_year + 1900, 4);
        lkg_buf_put(b, "-", 1);
        lkg_recording_number(b, tm->tm_mon + 1, 2);
        lkg_buf_put(b, "-", 1);
        lkg_recording_number(b, tm->tm_mday, 2);
        break;

    case 't':
        lkg_recording_number(b, tm->tm_hour, 2);
        lkg_recording_number(b, tm->tm_min, 2);
        lkg_recording_number(b, tm->tm_sec, 2);
        break;

    default: /* {id} */
        lkg_buf_put(b, ask->id.data, ask->id.len);
    }
}


/* The template is known to be good, and its variables by their first letter:
 * room, date, time, id. */

static int
lkg_recording_path(lkg_buf *b, lkg_str file, const lkg_recording_ask *ask)
{
    size_t      i;
    time_t      now;
    struct tm   tm;

    now = ask->now;

    if (gmtime_r(&now, &tm) == NULL) {
        return LKG_ERR_INVALID;
    }

    for (i = 0; i < file.len; i++) {
        if (file.data[i] != '{') {
            lkg_buf_put(b, &file.data[i], 1);
            continue;
        }

        lkg_recording_variable(b, file.data[i + 1], ask, &tm);

        while (file.data[i] != '}') {
            i++;
        }
    }

    return b->overflow ? LKG_ERR_TOOBIG : LKG_OK;
}


/* ,"name":"text", or nothing where there is no text */

static void
lkg_recording_text(lkg_buf *b, const char *name, lkg_str text)
{
    if (text.len == 0) {
        return;
    }

    lkg_buf_put(b, lkg_lit(",\""));
    lkg_buf_put(b, name, strlen(name));
    lkg_buf_put(b, lkg_lit("\":\""));
    lkg_buf_json(b, text.data, text.len, 1);
    lkg_buf_put(b, lkg_lit("\""));
}


static void
lkg_recording_s3(lkg_buf *b, const lkg_recording_conf *recording,
    const lkg_recording_ask *ask)
{
    lkg_buf_put(b, lkg_lit(",\"s3\":{\"force_path_style\":"));

    if (recording->path_style) {
        lkg_buf_put(b, lkg_lit("true"));

    } else {
        lkg_buf_put(b, lkg_lit("false"));
    }

    lkg_recording_text(b, "bucket", recording->bucket);
    lkg_recording_text(b, "region", recording->region);
    lkg_recording_text(b, "endpoint", recording->endpoint);
    lkg_recording_text(b, "access_key", ask->secrets[LKG_S3_ACCESS_KEY]);
    lkg_recording_text(b, "secret", ask->secrets[LKG_S3_SECRET]);

    lkg_buf_put(b, lkg_lit("}"));
}


static void
lkg_recording_write(lkg_buf *b, const lkg_recording_conf *recording,
    const lkg_recording_ask *ask, lkg_str path)
{
    lkg_str  preset;

    lkg_buf_put(b, lkg_lit("{\"room_name\":\""));
    lkg_buf_json(b, ask->room.data, ask->room.len, 1);
    lkg_buf_put(b, lkg_lit("\""));

    lkg_recording_text(b, "layout", recording->layout);
    lkg_recording_text(b, "custom_base_url", recording->base_url);

    if (recording->audio_only) {
        lkg_buf_put(b, lkg_lit(",\"audio_only\":true"));
    }

    if (recording->video_only) {
        lkg_buf_put(b, lkg_lit(",\"video_only\":true"));
    }

    if (recording->preset) {
        preset.data = recording->preset;
        preset.len = strlen(recording->preset);
        lkg_recording_text(b, "preset", preset);
    }

    if (path.data[path.len - 1] == '4') {
        lkg_buf_put(b, lkg_lit(",\"file_outputs\":[{\"file_type\":\"MP4\""));

    } else {
        lkg_buf_put(b, lkg_lit(",\"file_outputs\":[{\"file_type\":\"OGG\""));
    }

    lkg_recording_text(b, "filepath", path);

    if (recording->bucket.len) {
        lkg_recording_s3(b, recording, ask);
    }

    lkg_buf_put(b, lkg_lit("}]}"));
}


int
lkg_recording_request(char *buf, size_t size, size_t *len,
    const lkg_policy *policy, const lkg_recording_ask *ask)
{
    int      rc;
    char     text[LKG_PATH_MAX];
    lkg_buf  b;
    lkg_str  path;

    if (lkg_room_valid(ask->room.data, ask->room.len) != LKG_OK
        || !lkg_id_plain(ask->id) || ask->now < 0 || ask->now > LKG_TIME_MAX)
    {
        return LKG_ERR_INVALID;
    }

    b.pos = text;
    b.end = text + sizeof(text);
    b.overflow = 0;

    rc = lkg_recording_path(&b, policy->recording.file, ask);
    if (rc != LKG_OK) {
        return rc;
    }

    path.data = text;
    path.len = b.pos - text;

    b.pos = buf;
    b.end = buf + size;

    lkg_recording_write(&b, &policy->recording, ask, path);

    *len = b.pos - buf;

    return b.overflow ? LKG_ERR_TOOBIG : LKG_OK;
}


lkg_str
lkg_policy_recording_secret(const lkg_policy *policy, lkg_s3_secret which)
{
    return policy->recording.secrets[which];
}
