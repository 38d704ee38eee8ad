/* Transforms of URLs and of what they are made of. */
#include "call.h"

#include "base/letter.h"

/* %XX decoded, and + as well where it stands for a space; what is no valid escape stays as it is. */
static struct slice decode(struct slice text, bool plus, struct arena *arena)
{
    if (slice_find(text, SLICE("%")) == SIZE_MAX &&
        (!plus || slice_find(text, SLICE("+")) == SIZE_MAX)) {
        return text;
    }
    char *room = arena_alloc(arena, text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        int high = byte == '%' && i + 2 < text.size ? letter_hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? letter_hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (byte == '+' && plus) {
            byte = ' ';
        }
        room[size++] = byte;
    }
    return (struct slice){room, size};
}

enum call_result call_percent_decode(struct call *call, struct slice text, struct slice *ret_text)
{
    *ret_text = decode(text, false, call->arena);
    return slice_is_utf8(*ret_text) ? CALL_GAVE
                                    : call_misfit(call, "escapes of bytes that are no text");
}

/* Up to the first of these two bytes. */
static struct slice before(struct slice text, char one, char other)
{
    size_t size = 0;
    while (size < text.size && text.data[size] != one && text.data[size] != other) {
        size++;
    }
    return (struct slice){text.data, size};
}

/* What stands behind the first such byte; nothing when there is none. */
static struct slice behind(struct slice text, struct slice byte)
{
    size_t place = slice_find(text, byte);
    return place == SIZE_MAX ? (struct slice){NULL, 0} : slice_part(text, place + 1, SIZE_MAX);
}

/* The query of a URL, whole or relative. A text whose first `=` stands before any `?`, `/` and `#` is a
 * query by itself. */
static struct slice query_of(struct slice url)
{
    struct slice document = before(url, '#', '#');
    bool bare = slice_find(before(document, '?', '/'), SLICE("=")) != SIZE_MAX;
    return bare ? document : behind(document, SLICE("?"));
}

/* Pages that are one program keep a path with a query of its own behind the `#`, or a query alone. */
static struct slice fragment_query_of(struct slice url)
{
    struct slice fragment = behind(url, SLICE("#"));
    struct slice query = behind(fragment, SLICE("?"));
    return query.size > 0 ? query : fragment;
}

/* The first value of that name that is not blank. A `;` parts like `&`, as HTML 4 has it: it is also what
 * `&amp;` leaves. */
static struct slice parameter(struct slice query, struct slice name, struct arena *arena)
{
    while (query.size > 0) {
        struct slice pair = before(query, '&', ';');
        query = slice_part(query, pair.size + 1, SIZE_MAX);
        size_t equals = slice_find(pair, SLICE("="));
        if (equals == SIZE_MAX ||
            !slice_equal(decode(slice_part(pair, 0, equals), true, arena), name)) {
            continue;
        }
        struct slice value = decode(slice_part(pair, equals + 1, SIZE_MAX), true, arena);
        if (slice_trim(value).size > 0 && slice_is_utf8(value)) {
            return value;
        }
    }
    return (struct slice){NULL, 0};
}

enum call_result call_url_param(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice queries[] = {query_of(text), fragment_query_of(text)};
    for (size_t i = 0; i < 2 * call->argument_count; i++) {
        struct slice name;
        if (!call_text(call, i / 2, &name)) {
            return CALL_MISFIT;
        }
        *ret_text = parameter(queries[i % 2], name, call->arena);
        if (ret_text->size > 0) {
            return CALL_GAVE;
        }
    }
    return CALL_NOTHING;
}

/* The path of a URL, without the host; any other text is a path. */
static struct slice path_of(struct slice url)
{
    struct slice document = before(url, '?', '#');
    size_t host = slice_find(document, SLICE("://"));
    return host == SIZE_MAX ? document
                            : behind(slice_part(document, host + 3, SIZE_MAX), SLICE("/"));
}

enum call_result call_last_segment(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice path = path_of(slice_trim(text));
    while (slice_ends_with(path, SLICE("/"))) {
        path.size--;
    }
    size_t slash = slice_find(path, SLICE("/"));
    while (slash != SIZE_MAX) {
        path = slice_part(path, slash + 1, SIZE_MAX);
        slash = slice_find(path, SLICE("/"));
    }
    *ret_text = path;
    return ret_text->size > 0 ? CALL_GAVE : call_misfit(call, "a URL without a path");
}
