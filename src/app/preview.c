#include "preview.h"

#define EVENT_MAX ((size_t)256 * 1024 * 1024)

/* ---- masked events ---------------------------------------------------------------------------- */

/* Takes what stands before the next text in quotes, and that text with them; empty when there is none. */
static void take(struct slice *rest, struct slice *ret_before, struct slice *ret_text)
{
    size_t from = slice_find(*rest, SLICE("\""));
    size_t to = from + 1;

    if (from == SIZE_MAX) {
        *ret_before = *rest;
        *ret_text = *rest = (struct slice){NULL, 0};
        return;
    }
    while (to < rest->size && rest->data[to] != '"') {
        to += rest->data[to] == '\\' ? 2 : 1;
    }
    *ret_before = slice_part(*rest, 0, from);
    *ret_text = slice_part(*rest, from, to + 1 - from);
    *rest = slice_part(*rest, to + 1, SIZE_MAX);
}

/* The real event, with a mask where the masked one has it. All else is the same in both but the id that
 * is made of the whole. */
static void merge(struct slice real, struct slice masked, struct buffer *buffer)
{
    while (real.size > 0) {
        struct slice before;
        struct slice text;
        struct slice masked_before;
        struct slice masked_text;

        take(&real, &before, &text);
        take(&masked, &masked_before, &masked_text);
        buffer_append(buffer, before);
        buffer_append(buffer, slice_equal(masked_text, SLICE("\"***\"")) ? masked_text : text);
    }
}

/* With the same fields as the real one, though a hash is made of the address on the way. */
static bool encode_masked(const struct preview *preview, const struct conversion *conversion,
                          bool first, struct slice real, struct buffer *buffer, struct error *error)
{
    struct rokt_api api = preview->api;
    struct privacy_room room;
    struct conversion shown;
    struct buffer masked;

    api.settings.email = PRIVACY_EMAIL_PLAIN;
    buffer_init(&masked, EVENT_MAX);
    mask_conversion(preview->mask, privacy_apply(preview->api.settings.email, conversion, &room),
                    &shown);
    bool fine = api.encode(&api, &shown, first, conversion->event_time_ms, &masked, error);

    if (fine) {
        merge(real, buffer_slice(&masked), buffer);
    }
    buffer_done(&masked);
    return fine;
}

/* ---- bodies ----------------------------------------------------------------------------------- */

static bool encode_real(const struct preview *preview, const struct conversion *conversion,
                        bool first, int64_t wall_ms, struct buffer *buffer, struct error *error)
{
    const struct rokt_api *api = &preview->api;
    size_t mark = buffer->size;
    struct error ignored;

    if (api->encode(api, conversion, first, wall_ms, buffer, &ignored)) {
        return true;
    }
    buffer_rollback(buffer, mark);
    return api->encode(api, conversion, first, conversion->event_time_ms, buffer, error);
}

static bool encode(const struct preview *preview, const struct conversion *conversion, bool first,
                   int64_t wall_ms, struct buffer *buffer, struct error *error)
{
    struct buffer real;

    if (preview->mask == NULL) {
        return encode_real(preview, conversion, first, wall_ms, buffer, error);
    }
    buffer_init(&real, EVENT_MAX);
    bool fine = encode_real(preview, conversion, first, wall_ms, &real, error) &&
                encode_masked(preview, conversion, first, buffer_slice(&real), buffer, error);

    buffer_done(&real);
    return fine;
}

static struct slice account_of(const struct preview *preview, const struct conversion *conversion)
{
    return conversion->account_id.size > 0 ? conversion->account_id : slice_of(preview->account_id);
}

/* The conversions of the account of the one at `from`, from there on. */
static bool write_body(const struct preview *preview, const struct mapping_result *result,
                       size_t from, int64_t wall_ms, struct buffer *buffer, struct error *error)
{
    struct slice account_id = account_of(preview, &result->conversions[from]);
    bool first = true;

    preview->api.open(buffer, account_id);
    for (size_t i = from; i < result->count; i++) {
        const struct conversion *conversion = &result->conversions[i];

        if (!slice_equal(account_of(preview, conversion), account_id)) {
            continue;
        }
        if (!encode(preview, conversion, first, wall_ms, buffer, error)) {
            return false;
        }
        first = false;
    }
    preview->api.close(buffer);
    return true;
}

/* Whether a conversion before the one at `index` is of the same account. */
static bool is_of_earlier_account(const struct preview *preview,
                                  const struct mapping_result *result, size_t index)
{
    struct slice account_id = account_of(preview, &result->conversions[index]);
    size_t i = 0;

    while (i < index && !slice_equal(account_of(preview, &result->conversions[i]), account_id)) {
        i++;
    }
    return i < index;
}

bool preview_requests(const struct preview *preview, const struct mapping_result *result,
                      int64_t wall_ms, struct buffer *buffer, struct error *error)
{
    size_t mark = buffer->size;

    for (size_t i = 0; i < result->count; i++) {
        if (is_of_earlier_account(preview, result, i)) {
            continue;
        }
        if (i > 0) {
            buffer_append_byte(buffer, '\n');
        }
        if (!write_body(preview, result, i, wall_ms, buffer, error)) {
            buffer_rollback(buffer, mark);
            return false;
        }
    }
    return true;
}

bool preview_sendable(const struct preview *preview, const struct mapping_result *result,
                      int64_t wall_ms, struct error *error)
{
    const struct rokt_api *api = &preview->api;
    struct buffer scratch;
    bool sendable = true;

    buffer_init(&scratch, EVENT_MAX);
    for (size_t i = 0; i < result->count && sendable; i++) {
        buffer_reset(&scratch);
        sendable = api->encode(api, &result->conversions[i], true, wall_ms, &scratch, error);
    }
    buffer_done(&scratch);
    return sendable;
}

/* ---- results ---------------------------------------------------------------------------------- */

void preview_result(const struct preview *preview, const struct mapping_result *result,
                    struct buffer *buffer)
{
    struct mapping_result shown = *result;

    if (preview->mask != NULL) {
        struct conversion *conversions =
            arena_calloc(preview->mask->arena, result->count, sizeof *conversions);

        for (size_t i = 0; i < result->count; i++) {
            mask_conversion(preview->mask, &result->conversions[i], &conversions[i]);
        }
        shown.conversions = conversions;
    }
    mapping_result_write(&shown, buffer);
}
