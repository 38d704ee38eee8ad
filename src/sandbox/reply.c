#include "reply.h"

#include "coding.h"

#include <assert.h>
#include <time.h>

/* An answer echoes a request at most once, as JSON in JSON. */
#define ENCODED_MAX ((size_t)16 * 1024 * 1024)

void reply_add_header(struct reply *reply, struct slice name, struct slice value)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (slice_equal_ignoring_case(reply->headers[i].name, name)) {
            return;
        }
    }
    assert(reply->header_count < REPLY_HEADERS_MAX);
    reply->headers[reply->header_count++] = (struct fault_header){name, value};
}

/* The three forms of RFC 9110, section 5.6.7; the second has a year of two digits. */
static struct slice date_text(const struct tm *date, enum fault_date form, struct arena *arena)
{
    char text[64] = "";
    switch (form) {
    case FAULT_DATE_IMF:
        (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", date);
        break;
    case FAULT_DATE_RFC850:
        (void)strftime(text, sizeof text, "%A, %d-%b-", date);
        return arena_printf(arena, "%s%02d %02d:%02d:%02d GMT", text, date->tm_year % 100,
                            date->tm_hour, date->tm_min, date->tm_sec);
    case FAULT_DATE_ASCTIME:
        (void)strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", date);
        break;
    }
    return arena_copy(arena, slice_of(text));
}

void reply_add_retry_after(struct reply *reply, int64_t seconds, const enum fault_date *date,
                           int64_t now_ms, struct arena *arena)
{
    struct slice value = arena_printf(arena, "%lld", (long long)seconds);
    if (date != NULL) {
        struct tm then;
        time_t time = (time_t)(now_ms / 1000 + seconds);
        (void)gmtime_r(&time, &then);
        value = date_text(&then, *date, arena);
    }
    reply_add_header(reply, SLICE("Retry-After"), value);
}

void reply_encode(struct reply *reply, enum fault_encoding encoding, struct arena *arena)
{
    struct buffer bytes;
    buffer_init(&bytes, ENCODED_MAX);
    switch (encoding) {
    case FAULT_ENCODE_GZIP:
        coding_gzip(reply->body, &bytes);
        reply_add_header(reply, SLICE("Content-Encoding"), SLICE("gzip"));
        break;
    case FAULT_ENCODE_LATIN1:
        coding_latin1(reply->body, &bytes);
        break;
    }
    reply->body = arena_copy(arena, buffer_slice(&bytes));
    buffer_done(&bytes);
}
