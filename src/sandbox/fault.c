#include "fault.h"

#include "fault_check.h"

#include "base/memory.h"
#include "json/reader.h"
#include "json/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DELAY_MAX_MS (10 * 60 * 1000)
#define RETRY_MAX_S (1000.0 * 365 * 24 * 60 * 60) /* absurd values are wanted, too */
#define SPECIFICATION_MAX ((size_t)1024 * 1024)
#define NUMBER_MAX ((double)(UINT64_C(1) << 53))

enum kind { KIND_FLAG, KIND_NUMBER, KIND_REAL, KIND_TEXT, KIND_WORD, KIND_HEADER };

/* Of the keys that take one, in the order of their enums; NULL behind the last. */
static const char *const namings[] = {"fully", "id", "path", "position", "wrongly", "not", NULL};
static const char *const dates[] = {"imf", "rfc850", "asctime", NULL};
static const char *const encodings[] = {"gzip", "latin1", NULL};
static const char *const *const words[FAULT_KEYS] = {
    [FAULT_NAMED] = namings, [FAULT_DATE] = dates, [FAULT_ENCODE] = encodings};

static const struct key {
    const char *name;
    enum kind kind;
    size_t place;
    double min;
    double max;
    const char *doc;
} keys[FAULT_KEYS] = {
    [FAULT_STATUS] = {"status", KIND_NUMBER, offsetof(struct fault, status), 200, 599,
                      "answer with this status instead"},
    [FAULT_RESET] = {"reset", KIND_FLAG, offsetof(struct fault, reset), 0, 0,
                     "reset the connection instead of answering"},
    [FAULT_TRUNCATE] = {"truncate", KIND_FLAG, offsetof(struct fault, truncate), 0, 0,
                        "close the connection in the middle of the answer's body"},
    [FAULT_DELAY] = {"delay", KIND_NUMBER, offsetof(struct fault, delay), 0, DELAY_MAX_MS,
                     "wait so many milliseconds first"},
    [FAULT_UNPROCESSED] = {"unprocessed", KIND_TEXT, offsetof(struct fault, unprocessed), 0, 0,
                           "refuse with this code the conversions that hold `match`, or the first "
                           "one, and take the others"},
    [FAULT_NAMED] = {"named", KIND_WORD, offsetof(struct fault, named), 0, 0,
                     "how the answer names them"},
    [FAULT_HEADER] = {"header", KIND_HEADER, offsetof(struct fault, headers), 0, 0,
                      "a header of the answer, as Name: value; may be repeated"},
    [FAULT_RETRY] = {"retry", KIND_NUMBER, offsetof(struct fault, retry), 0, RETRY_MAX_S,
                     "a header Retry-After of so many seconds"},
    [FAULT_DATE] = {"date", KIND_WORD, offsetof(struct fault, date), 0, 0,
                    "the same as the date it will be then, in one of HTTP's forms"},
    [FAULT_ENCODE] = {"encode", KIND_WORD, offsetof(struct fault, encode), 0, 0,
                      "the answer's body in other bytes"},
    [FAULT_BODY] = {"body", KIND_TEXT, offsetof(struct fault, body), 0, 0,
                    "the answer's body; the rest of the text, commas included"},
    [FAULT_PASS] = {"pass", KIND_FLAG, offsetof(struct fault, pass), 0, 0,
                    "nothing happens: the request gets the answer that it deserves"},
    [FAULT_ACCEPT] =
        {"accept", KIND_FLAG, offsetof(struct fault, accept), 0, 0,
         "count the events as received all the same: an outcome the client cannot know"},
    [FAULT_SHARE] = {"share", KIND_REAL, offsetof(struct fault, share), 0, 1,
                     "happens to this share of the requests (0 to 1)"},
    [FAULT_EVERY] = {"every", KIND_NUMBER, offsetof(struct fault, every), 1, NUMBER_MAX,
                     "happens to every n-th request"},
    [FAULT_COUNT] = {"count", KIND_NUMBER, offsetof(struct fault, count), 1, NUMBER_MAX,
                     "happens so often at most"},
    [FAULT_FROM] = {"from", KIND_REAL, offsetof(struct fault, from), 0, NUMBER_MAX,
                    "happens only so many seconds after the faults were set"},
    [FAULT_FOR] = {"for", KIND_REAL, offsetof(struct fault, period), 0, NUMBER_MAX,
                   "happens only for so many seconds from then on"},
    [FAULT_MATCH] = {"match", KIND_TEXT, offsetof(struct fault, match), 0, 0,
                     "happens only to requests whose body holds this text"},
    [FAULT_NOTE] = {"note", KIND_TEXT, offsetof(struct fault, note), 0, 0, "for whoever reads it"},
};

static void free_text(struct fault_text *text)
{
    free(text->data);
    *text = (struct fault_text){NULL, 0};
}

void fault_done(struct fault *fault)
{
    free_text(&fault->unprocessed);
    free_text(&fault->body);
    free_text(&fault->match);
    free_text(&fault->note);
    for (size_t i = 0; i < FAULT_HEADERS_MAX; i++) {
        free_text(&fault->headers[i]);
    }
}

bool fault_gives(const struct fault *fault, enum fault_key key)
{
    return (fault->given & (1U << key)) != 0;
}

static bool set_flag(bool *flag, const struct key *key, struct slice value, struct error *error)
{
    *flag = slice_equal(value, SLICE("true"));
    if (!*flag && !slice_equal(value, SLICE("false"))) {
        error_set(error, "%s is true or false", key->name);
        return false;
    }
    return true;
}

/* Digits and a point; all limits and counts are exact in a double. */
static bool parse_number(struct slice value, double *ret_number)
{
    char text[32] = "";
    if (value.size == 0 || value.size >= sizeof text) {
        return false;
    }
    memcpy(text, value.data, value.size);
    char *end = text;
    *ret_number = strtod(text, &end);
    return strspn(text, "0123456789.") == value.size && end == text + value.size;
}

static bool read_number(const struct key *key, struct slice value, double *ret_number,
                        struct error *error)
{
    double number = 0;
    bool fine = parse_number(value, &number) && number >= key->min && number <= key->max &&
                (key->kind == KIND_REAL || number == (double)(uint64_t)number);
    if (!fine) {
        error_set(error, "%s is a number from %.0f to %.0f", key->name, key->min, key->max);
        return false;
    }
    *ret_number = number;
    return true;
}

static bool set_text(struct fault_text *text, const struct key *key, struct slice value,
                     struct error *error)
{
    if (value.size > FAULT_TEXT_MAX) {
        error_set(error, "%s is longer than %d bytes", key->name, FAULT_TEXT_MAX);
        return false;
    }
    free_text(text);
    *text = (struct fault_text){memory_string(value), value.size};
    return true;
}

/* A line end within a header would be a header more. */
static bool add_header(struct fault_text headers[], const struct key *key, struct slice value,
                       struct error *error)
{
    size_t colon = slice_find(value, SLICE(":"));
    size_t count = 0;
    while (count < FAULT_HEADERS_MAX && headers[count].data != NULL) {
        count++;
    }
    if (colon == SIZE_MAX || colon == 0 || slice_find(value, SLICE("\n")) != SIZE_MAX ||
        slice_find(value, SLICE("\r")) != SIZE_MAX) {
        error_set(error, "header is written as Name: value");
        return false;
    }
    if (count == FAULT_HEADERS_MAX) {
        error_set(error, "a fault has at most %d headers", FAULT_HEADERS_MAX);
        return false;
    }
    return set_text(&headers[count], key, value, error);
}

static bool set_word(uint64_t *word, const struct key *key, struct slice value, struct error *error)
{
    const char *const *known = words[key - keys];
    size_t count = 0;
    for (; known[count] != NULL; count++) {
        if (slice_equal(value, slice_of(known[count]))) {
            *word = count;
            return true;
        }
    }
    const char *nearest = error_nearest(value, known, count);
    error_set(error, "%s knows no \"%.*s\"%s%s", key->name, SLICE_PRINT(value),
              nearest == NULL ? "" : "; the nearest is ", nearest == NULL ? "" : nearest);
    return false;
}

static bool set_value(struct fault *fault, const struct key *key, struct slice value,
                      struct error *error)
{
    void *place = (char *)fault + key->place;
    double number = 0;
    switch (key->kind) {
    case KIND_FLAG:
        return set_flag(place, key, value, error);
    case KIND_TEXT:
        return set_text(place, key, value, error);
    case KIND_WORD:
        return set_word(place, key, value, error);
    case KIND_HEADER:
        return add_header(place, key, value, error);
    case KIND_NUMBER:
    case KIND_REAL:
        break;
    }
    if (!read_number(key, value, &number, error)) {
        return false;
    }
    if (key->kind == KIND_REAL) {
        *(double *)place = number;
    } else {
        *(uint64_t *)place = (uint64_t)number;
    }
    return true;
}

/* A flag that is false is as if it were not there. */
static bool give(struct fault *fault, size_t index, struct slice value, struct error *error)
{
    const struct key *key = &keys[index];
    bool off = key->kind == KIND_FLAG && slice_equal(value, SLICE("false"));
    fault->given = off ? fault->given & ~(1U << index) : fault->given | 1U << index;
    return set_value(fault, key, value, error);
}

static bool set_key(struct fault *fault, struct slice name, struct slice value, struct error *error)
{
    const char *names[FAULT_KEYS];
    for (size_t i = 0; i < FAULT_KEYS; i++) {
        names[i] = keys[i].name;
        if (slice_equal(name, slice_of(keys[i].name))) {
            return give(fault, i, value, error);
        }
    }
    const char *nearest = error_nearest(name, names, FAULT_KEYS);
    error_set(error, "a fault has no key \"%.*s\"%s%s", SLICE_PRINT(name),
              nearest == NULL ? "" : "; the nearest is ", nearest == NULL ? "" : nearest);
    return false;
}

/* The text up to the next comma, which is passed. */
static struct slice next_part(struct slice *rest)
{
    size_t comma = slice_find(*rest, SLICE(","));
    struct slice part = slice_part(*rest, 0, comma);
    *rest = comma == SIZE_MAX ? (struct slice){NULL, 0} : slice_part(*rest, comma + 1, SIZE_MAX);
    return part;
}

/* A key that follows the body would be taken for a part of it; whoever means that can write JSON. */
static bool set_body(struct fault *fault, struct slice body, struct error *error)
{
    for (size_t i = 0; i < FAULT_KEYS; i++) {
        char next[32];
        (void)snprintf(next, sizeof next, ",%s=", keys[i].name);
        if (slice_find(body, slice_of(next)) != SIZE_MAX) {
            error_set(error, "body takes all the rest of the text: put %s before it", keys[i].name);
            return false;
        }
    }
    return set_key(fault, SLICE("body"), body, error);
}

static bool parse_pairs(struct slice text, struct fault *fault, struct error *error)
{
    while (text.size > 0) {
        const struct slice body = SLICE("body=");
        if (slice_starts_with(text, body)) {
            return set_body(fault, slice_part(text, body.size, SIZE_MAX), error);
        }
        struct slice part = next_part(&text);
        size_t equals = slice_find(part, SLICE("="));
        struct slice name = slice_trim(slice_part(part, 0, equals));
        struct slice value =
            equals == SIZE_MAX ? SLICE("true") : slice_part(part, equals + 1, SIZE_MAX);
        if (!set_key(fault, name, value, error)) {
            return false;
        }
    }
    return true;
}

/* The text that stands for a JSON value: a string's own, else the JSON. */
static struct slice value_text(const struct json_value *value, struct arena *arena)
{
    if (value->kind == JSON_STRING) {
        return value->text;
    }
    struct buffer buffer;
    buffer_init(&buffer, SPECIFICATION_MAX);
    json_write_value(&buffer, value, JSON_UTF8);
    struct slice text = arena_copy(arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

static bool read_member(const struct json_value *member, struct fault *fault, struct arena *arena,
                        struct error *error)
{
    bool list = slice_equal(member->name, SLICE("header")) && member->kind == JSON_ARRAY;
    if (!list) {
        return set_key(fault, member->name, value_text(member, arena), error);
    }
    for (const struct json_value *item = member->first; item != NULL; item = item->next) {
        if (!set_key(fault, member->name, value_text(item, arena), error)) {
            return false;
        }
    }
    return true;
}

bool fault_read(const struct json_value *value, struct fault *fault, struct arena *arena,
                struct error *error)
{
    if (value->kind != JSON_OBJECT) {
        error_set(error, "a fault is an object, not %s", json_kind_name(value->kind));
        return false;
    }
    for (const struct json_value *member = value->first; member != NULL; member = member->next) {
        bool told =
            slice_equal(member->name, SLICE("happened")); /* as fault_script_write() has it */
        if (!told && !read_member(member, fault, arena, error)) {
            return false;
        }
    }
    return fault_check(fault, error);
}

bool fault_parse(struct slice text, struct fault *fault, struct error *error)
{
    if (!slice_starts_with(slice_trim(text), SLICE("{"))) {
        return parse_pairs(text, fault, error) && fault_check(fault, error);
    }
    struct arena arena;
    const struct json_value *value = NULL;
    arena_init(&arena, 0);
    bool done = json_read(text, &arena, &value, error) && fault_read(value, fault, &arena, error);
    arena_done(&arena);
    return done;
}

static void write_headers(const struct fault_text headers[], struct buffer *buffer)
{
    for (size_t i = 0; i < FAULT_HEADERS_MAX && headers[i].data != NULL; i++) {
        buffer_append_byte(buffer, i == 0 ? '[' : ',');
        json_write_string(buffer, (struct slice){headers[i].data, headers[i].size}, JSON_UTF8);
    }
    buffer_append_byte(buffer, ']');
}

static void write_value(const struct fault *fault, const struct key *key, struct buffer *buffer)
{
    const void *place = (const char *)fault + key->place;
    const struct fault_text *text = place;
    switch (key->kind) {
    case KIND_FLAG:
        buffer_append(buffer, *(const bool *)place ? SLICE("true") : SLICE("false"));
        break;
    case KIND_NUMBER:
        buffer_printf(buffer, "%" PRIu64, *(const uint64_t *)place);
        break;
    case KIND_REAL:
        buffer_printf(buffer, "%.15g", *(const double *)place);
        break;
    case KIND_TEXT:
        json_write_string(buffer, (struct slice){text->data, text->size}, JSON_UTF8);
        break;
    case KIND_WORD:
        buffer_printf(buffer, "\"%s\"", words[key - keys][*(const uint64_t *)place]);
        break;
    case KIND_HEADER:
        write_headers(place, buffer);
        break;
    }
}

void fault_write(const struct fault *fault, struct buffer *buffer)
{
    buffer_append_byte(buffer, '{');
    for (unsigned i = 0; i < FAULT_KEYS; i++) {
        if (fault_gives(fault, (enum fault_key)i)) {
            buffer_printf(buffer, "\"%s\":", keys[i].name);
            write_value(fault, &keys[i], buffer);
            buffer_append_byte(buffer, ',');
        }
    }
    buffer_printf(buffer, "\"happened\":%" PRIu64 "}", fault->happened);
}

void fault_keys_write(struct buffer *buffer)
{
    for (size_t i = 0; i < FAULT_KEYS; i++) {
        buffer_printf(buffer, "  %-12s %s", keys[i].name, keys[i].doc);
        for (size_t word = 0; words[i] != NULL && words[i][word] != NULL; word++) {
            buffer_printf(buffer, "%s %s", word == 0 ? ":" : ",", words[i][word]);
        }
        buffer_append_byte(buffer, '\n');
    }
}
