/*
 * Bodies of webhooks, as if LiveKit had signed them: what is read of one can
 * be made a key of, and shown.
 */

#include "lkg_private.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


#define must(condition)                                                      \
    do { if (!(condition)) { __builtin_trap(); } } while (0)


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    lkg_webhook      *webhook;
    const lkg_event  *e;

    rc = lkg_webhook_open(&webhook, (const char *) data, size);

    must((rc == LKG_OK) == (webhook != NULL));

    if (webhook == NULL) {
        return 0;
    }

    e = lkg_webhook_event(webhook);

    must(e->name.len > 0 && e->name.len <= LKG_EVENT_MAX);
    must(e->id.len > 0 && e->id.len <= 7 + 64);
    must(memchr(e->id.data, '}', e->id.len) == NULL);
    must(e->room.len == 0
         || lkg_room_valid(e->room.data, e->room.len) == LKG_OK);
    must(e->person.len == 0
         || lkg_identity_valid(e->person.data, e->person.len));

    if (e->recording.id.len) {
        must(lkg_id_plain(e->recording.id));
        must(e->recording.state < LKG_RECORDING_UNKNOWN);
        must(e->recording.started_at >= 0 && e->recording.ended_at >= 0
             && e->recording.size >= 0 && e->recording.duration >= 0);
        must(e->recording.file.len <= LKG_RECORDING_TEXT_MAX
             && e->recording.error.len <= LKG_RECORDING_TEXT_MAX);
        must(lkg_text_plain(e->recording.file.data, e->recording.file.len));
    }

    lkg_webhook_free(webhook);

    return 0;
}
