#include "kafka/letter.h"

#include "base/moment.h"
#include "base/timestamp.h"

#include <assert.h>
#include <inttypes.h>

#define PREFIX "rokt-relay."

enum kind { KIND_WORD, KIND_TEXT, KIND_NUMBER, KIND_TIME, KIND_ITEMS };

/* A number or a time outside of its bounds does not apply. */
static const struct row {
    const char *name;
    enum kind kind;
    bool required;
    size_t offset; /* within struct letter */
    int64_t min, max;
} rows[] = {
    {PREFIX "topic", KIND_WORD, true, offsetof(struct letter, topic), 0, 0},
    {PREFIX "partition", KIND_NUMBER, true, offsetof(struct letter, partition), 0, INT32_MAX},
    {PREFIX "offset", KIND_NUMBER, true, offsetof(struct letter, offset), 0, INT64_MAX},
    {PREFIX "timestamp", KIND_NUMBER, false, offsetof(struct letter, timestamp_ms), 0, INT64_MAX},
    {PREFIX "reason", KIND_WORD, true, offsetof(struct letter, reason), 0, 0},
    {PREFIX "message", KIND_TEXT, false, offsetof(struct letter, message), 0, 0},
    {PREFIX "field", KIND_TEXT, false, offsetof(struct letter, field), 0, 0},
    {PREFIX "item", KIND_ITEMS, false, offsetof(struct letter, items), 0, 0},
    {PREFIX "status", KIND_NUMBER, false, offsetof(struct letter, status), 100, 999},
    {PREFIX "error_code", KIND_WORD, false, offsetof(struct letter, error_code), 0, 0},
    {PREFIX "error_message", KIND_TEXT, false, offsetof(struct letter, error_message), 0, 0},
    {PREFIX "attempts", KIND_NUMBER, false, offsetof(struct letter, attempts), 1,
     LETTER_ATTEMPTS_MAX},
    {PREFIX "first_time", KIND_TIME, false, offsetof(struct letter, first_ms), 0, MOMENT_MAX_MS},
    {PREFIX "last_time", KIND_TIME, false, offsetof(struct letter, last_ms), 0, MOMENT_MAX_MS},
    {PREFIX "mapping", KIND_TEXT, false, offsetof(struct letter, mapping), 0, 0},
    {PREFIX "mapping_hash", KIND_WORD, false, offsetof(struct letter, mapping_hash), 0, 0},
    {PREFIX "version", KIND_WORD, false, offsetof(struct letter, version), 0, 0},
};
_Static_assert(sizeof rows / sizeof *rows == LETTER_HEADERS, "the header promises it");

static const struct letter empty = {
    .timestamp_ms = -1, .attempts = 1, .first_ms = -1, .last_ms = -1};

/* LETTER_HEADERS when it is none of them. */
static size_t find_row(struct slice name)
{
    size_t i = 0;
    if (!slice_starts_with(name, SLICE(PREFIX))) {
        return LETTER_HEADERS;
    }
    while (i < LETTER_HEADERS && !slice_equal(name, slice_of(rows[i].name))) {
        i++;
    }
    return i;
}

bool letter_owns(struct slice name)
{
    return find_row(name) < LETTER_HEADERS;
}

/* ---- items ----------------------------------------------------------------------------------- */

void letter_items_add(struct letter_items *items, size_t item)
{
    assert(item < LETTER_ITEMS_MAX);
    items->count += letter_items_has(items, item) ? 0 : 1;
    items->bits[item / 64] |= UINT64_C(1) << item % 64;
}

bool letter_items_has(const struct letter_items *items, size_t item)
{
    return item < LETTER_ITEMS_MAX && (items->bits[item / 64] >> item % 64 & 1) != 0;
}

static struct slice write_items(const struct letter_items *items, struct arena *arena)
{
    static const size_t size_of_each = sizeof ",1023" - 1;
    char *text = arena_alloc(arena, items->count * size_of_each + 1);
    size_t size = 0;
    for (size_t i = 0; i < LETTER_ITEMS_MAX; i++) {
        if (letter_items_has(items, i)) {
            struct slice number = arena_printf(arena, "%s%zu", size == 0 ? "" : ",", i);
            memcpy(text + size, number.data, number.size);
            size += number.size;
        }
    }
    return (struct slice){text, size};
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool is_word(struct slice text)
{
    bool word = text.size > 0 && text.size <= LETTER_WORD_MAX;
    for (size_t i = 0; i < text.size && word; i++) {
        word = text.data[i] > ' ' && text.data[i] <= '~';
    }
    return word;
}

static bool is_text(struct slice text)
{
    size_t at = 0;
    if (text.size == 0 || text.size > LETTER_TEXT_MAX) {
        return false;
    }
    while (at < text.size) {
        uint32_t code_point;
        size_t size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
        if (size == 0 || slice_is_control(code_point)) {
            return false;
        }
        at += size;
    }
    return true;
}

/* Digits alone, as these headers have them. */
static bool read_number(struct slice text, int64_t *ret_number)
{
    int64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number)) {
            return false;
        }
    }
    *ret_number = number;
    return text.size > 0;
}

static bool read_items(struct slice text, struct letter_items *items)
{
    while (text.size > 0) {
        size_t comma = slice_find(text, SLICE(","));
        size_t size = comma < text.size ? comma : text.size;
        int64_t item;
        if (!read_number(slice_part(text, 0, size), &item) || item >= LETTER_ITEMS_MAX ||
            size + 1 == text.size) {
            return false;
        }
        letter_items_add(items, (size_t)item);
        text = slice_part(text, size + 1, SIZE_MAX);
    }
    return items->count > 0;
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool in_bounds(const struct row *row, int64_t number)
{
    return number >= row->min && number <= row->max;
}

static struct slice write_number(const struct row *row, int64_t number, struct arena *arena)
{
    return in_bounds(row, number) ? arena_printf(arena, "%" PRId64, number)
                                  : (struct slice){NULL, 0};
}

static struct slice write_time(const struct row *row, int64_t ms, struct arena *arena)
{
    if (!in_bounds(row, ms)) {
        return (struct slice){NULL, 0};
    }
    char *text = arena_alloc(arena, TIMESTAMP_SIZE);
    timestamp_format(ms, text);
    return slice_of(text);
}

/* Empty when the header is to be left out. */
static struct slice write_row(const struct row *row, const struct letter *letter,
                              struct arena *arena)
{
    const void *field = (const char *)letter + row->offset;
    struct slice text = {NULL, 0};
    switch (row->kind) {
    case KIND_WORD:
        text = *(const struct slice *)field;
        return is_word(text) ? text : (struct slice){NULL, 0};
    case KIND_TEXT:
        text = *(const struct slice *)field;
        return is_text(text) ? text : (struct slice){NULL, 0};
    case KIND_NUMBER:
        return write_number(row, *(const int64_t *)field, arena);
    case KIND_TIME:
        return write_time(row, *(const int64_t *)field, arena);
    case KIND_ITEMS:
        return write_items(field, arena);
    }
    return text;
}

static bool read_row(const struct row *row, struct slice text, struct letter *letter)
{
    void *field = (char *)letter + row->offset;
    switch (row->kind) {
    case KIND_WORD:
        *(struct slice *)field = text;
        return is_word(text);
    case KIND_TEXT:
        *(struct slice *)field = text;
        return is_text(text);
    case KIND_NUMBER:
        return read_number(text, field) && in_bounds(row, *(int64_t *)field);
    case KIND_TIME:
        return timestamp_parse(text, NULL, field) == MOMENT_FINE &&
               in_bounds(row, *(int64_t *)field);
    case KIND_ITEMS:
        return read_items(text, field);
    }
    return false;
}

size_t letter_headers(const struct letter *letter, const struct message *message,
                      struct arena *arena, const struct message_header **ret_headers)
{
    struct message_header *headers =
        arena_calloc(arena, message->header_count + LETTER_HEADERS, sizeof *headers);
    size_t count = 0;
    for (size_t i = 0; i < message->header_count; i++) {
        if (!letter_owns(message->headers[i].name)) {
            headers[count++] = message->headers[i];
        }
    }
    for (size_t i = 0; i < LETTER_HEADERS; i++) {
        struct slice text = write_row(&rows[i], letter, arena);
        if (text.size > 0) {
            headers[count++] = (struct message_header){slice_of(rows[i].name), text};
        }
    }
    *ret_headers = headers;
    return count;
}

/* `ret_found` says of each row whether it was there. */
static bool read_rows(const struct message *message, struct letter *letter, bool ret_found[],
                      struct error *error)
{
    for (size_t i = 0; i < message->header_count; i++) {
        size_t row = find_row(message->headers[i].name);
        if (row == LETTER_HEADERS) {
            continue;
        }
        if (ret_found[row]) {
            error_set(error, "the header %s stands twice", rows[row].name);
            return false;
        }
        if (!read_row(&rows[row], message->headers[i].value, letter)) {
            error_set(error, "the header %s says what it cannot", rows[row].name);
            return false;
        }
        ret_found[row] = true;
    }
    return true;
}

bool letter_read(const struct message *message, struct letter *ret_letter, struct error *error)
{
    bool found[LETTER_HEADERS] = {false};
    struct letter letter = empty;
    if (!read_rows(message, &letter, found, error)) {
        return false;
    }
    for (size_t i = 0; i < LETTER_HEADERS; i++) {
        if (rows[i].required && !found[i]) {
            error_set(error, "there is no header %s", rows[i].name);
            return false;
        }
    }
    *ret_letter = letter;
    return true;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void go_on(struct letter *letter, const struct letter *before)
{
    letter->topic = before->topic;
    letter->partition = before->partition;
    letter->offset = before->offset;
    letter->timestamp_ms = before->timestamp_ms;
    letter->attempts =
        before->attempts < LETTER_ATTEMPTS_MAX ? before->attempts + 1 : LETTER_ATTEMPTS_MAX;
    letter->first_ms = before->first_ms >= 0 ? before->first_ms : letter->first_ms;
}

void letter_begin(const struct message *message, int64_t wall_ms, struct letter *ret_letter)
{
    struct letter before;
    struct error ignored; /* what is no letter of ours is a message like any other */
    *ret_letter = empty;
    ret_letter->topic = message->topic;
    ret_letter->partition = message->partition;
    ret_letter->offset = message->offset;
    ret_letter->timestamp_ms = message->timestamp_ms;
    ret_letter->first_ms = wall_ms;
    ret_letter->last_ms = wall_ms;
    ret_letter->version = SLICE(ROKT_RELAY_VERSION);
    if (letter_read(message, &before, &ignored)) {
        go_on(ret_letter, &before);
    }
}
