#include "json/reader.h"

#include "utf8.h"

#include <stdalign.h>
#include <stdint.h>
#include <yajl/yajl_parse.h>

/* Up to so many members a repeated name is sought one by one, beyond in a table. */
#define MEMBERS_SOUGHT_ONE_BY_ONE 32

/* The members of a large object by the hash of their names: open addressing, at most half full. */
struct name_table {
    struct json_value **slots;
    size_t capacity; /* a power of two; 0: no table yet */
};

/* An array or object whose end has not come yet. */
struct level {
    struct json_value *value;
    struct json_value *last; /* its last child so far */
    uint64_t seen;           /* a bit per name's hash: most new names are known to be new by it */
    struct name_table table;
};

struct reader {
    struct arena *arena;
    struct slice text;
    size_t skipped;      /* bytes of the original in front of `text` */
    const char *failure; /* what we, not yajl, object to */
    struct json_value *root;
    struct json_value *member; /* has its name and waits for its value */
    size_t values;
    uint64_t seed;
    size_t depth;
    struct level levels[JSON_DEPTH_MAX];
};

/* yajl never checks what its allocator returns; the arena's aborts. The size stands in front of each
 * block, so that it can grow. */
#define BLOCK_HEADER alignof(max_align_t)

static void *block_new(void *context, size_t size)
{
    char *block = arena_alloc(context, BLOCK_HEADER + size);
    memcpy(block, &size, sizeof(size));
    return block + BLOCK_HEADER;
}

static void *block_resize(void *context, void *memory, size_t size)
{
    void *grown = block_new(context, size);
    if (memory != NULL) {
        size_t old_size;
        memcpy(&old_size, (char *)memory - BLOCK_HEADER, sizeof(old_size));
        memcpy(grown, memory, old_size < size ? old_size : size);
    }
    return grown;
}

static void block_free(void *context, void *memory)
{
    (void)context; /* the arena's reset takes all back */
    (void)memory;
}

static bool refuse(struct reader *reader, const char *failure)
{
    reader->failure = failure;
    return false;
}

/* Multiplies and folds the halves of the product: without the seed, nobody can choose names that
 * all fall into one slot. */
static uint64_t mix(uint64_t hash)
{
    unsigned __int128 product = (unsigned __int128)hash * 0x9E3779B97F4A7C15u;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static uint64_t load_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* All of up to seven bytes, some of them twice, without a loop. */
static uint64_t load_short(struct slice bytes)
{
    uint32_t first;
    uint32_t last;
    if (bytes.size >= sizeof(first)) {
        memcpy(&first, bytes.data, sizeof(first));
        memcpy(&last, bytes.data + bytes.size - sizeof(last), sizeof(last));
        return (uint64_t)first << 32 | last;
    }
    if (bytes.size == 0) {
        return 0;
    }
    first = (unsigned char)bytes.data[0];
    last = (unsigned char)bytes.data[bytes.size - 1];
    return first << 16 | (uint32_t)(unsigned char)bytes.data[bytes.size / 2] << 8 | last;
}

/* The last word of a name reaches back into the one before it, so that there is no odd end. */
static uint64_t hash_name(const struct reader *reader, struct slice name)
{
    uint64_t hash = reader->seed ^ name.size;
    if (name.size < sizeof(uint64_t)) {
        return mix(hash ^ load_short(name));
    }
    size_t last = name.size - sizeof(uint64_t);
    for (size_t at = 0; at < last; at += sizeof(uint64_t)) {
        hash = mix(hash ^ load_word(name.data + at));
    }
    return mix(hash ^ load_word(name.data + last));
}

/* The slot that holds `name`, or the free one where it belongs. */
static struct json_value **find_slot(const struct name_table *table, struct slice name,
                                     uint64_t hash)
{
    size_t at = hash & (table->capacity - 1);
    while (table->slots[at] != NULL && !slice_equal(table->slots[at]->name, name)) {
        at = (at + 1) & (table->capacity - 1);
    }
    return &table->slots[at];
}

/* Makes the table, or a larger one, with all members in it. */
static void grow_table(struct reader *reader, struct level *level)
{
    struct name_table *table = &level->table;
    size_t least = 4 * MEMBERS_SOUGHT_ONE_BY_ONE;
    table->capacity = table->capacity == 0 ? least : 2 * table->capacity;
    table->slots = arena_calloc(reader->arena, table->capacity, sizeof(struct json_value *));
    for (struct json_value *child = level->value->first; child != NULL; child = child->next) {
        *find_slot(table, child->name, hash_name(reader, child->name)) = child;
    }
}

/* The member that has this name already, or NULL. */
static struct json_value *find_member(const struct level *level, struct slice name, uint64_t hash)
{
    if ((level->seen & 1ull << (hash >> 58)) == 0) {
        return NULL;
    }
    if (level->table.capacity > 0) {
        return *find_slot(&level->table, name, hash);
    }
    struct json_value *member = level->value->first;
    while (member != NULL && !slice_equal(member->name, name)) {
        member = member->next;
    }
    return member;
}

/* Hangs a new child at the end of the innermost array or object; NULL when there are too many
 * values. */
static struct json_value *add_child(struct reader *reader)
{
    if (reader->values == JSON_VALUES_MAX) {
        (void)refuse(reader, "too many values");
        return NULL;
    }
    reader->values++;
    struct json_value *child = arena_alloc(reader->arena, sizeof(*child));
    *child = (struct json_value){0};
    if (reader->depth == 0) {
        reader->root = child;
        return child;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->last == NULL) {
        level->value->first = child;
    } else {
        level->last->next = child;
    }
    level->last = child;
    level->value->count++;
    return child;
}

static struct json_value *add_member(struct reader *reader, struct slice name, uint64_t hash)
{
    struct json_value *member = add_child(reader);
    if (member == NULL) {
        return NULL;
    }
    member->name = name;
    struct level *level = &reader->levels[reader->depth - 1];
    level->seen |= 1ull << (hash >> 58);
    size_t count = level->value->count;
    if (count > MEMBERS_SOUGHT_ONE_BY_ONE && 2 * count > level->table.capacity) {
        grow_table(reader, level);
    } else if (level->table.capacity > 0) {
        *find_slot(&level->table, name, hash) = member;
    }
    return member;
}

/* The value that now comes: the member whose name came before, else a new one. NULL on failure. */
static struct json_value *put_value(struct reader *reader, enum json_kind kind)
{
    struct json_value *value = reader->member != NULL ? reader->member : add_child(reader);
    if (value != NULL) {
        reader->member = NULL;
        value->kind = kind;
    }
    return value;
}

/* yajl hands out pieces of the text itself, unless it had to decode an escape: only that is copied. */
static struct slice keep(const struct reader *reader, const void *bytes, size_t size)
{
    struct slice piece = {bytes, size};
    bool within = (uintptr_t)bytes - (uintptr_t)reader->text.data < reader->text.size;
    return within ? piece : arena_copy(reader->arena, piece);
}

static int on_null(void *context)
{
    return put_value(context, JSON_NULL) != NULL;
}

static int on_boolean(void *context, int boolean)
{
    return put_value(context, boolean ? JSON_TRUE : JSON_FALSE) != NULL;
}

static int put_text(struct reader *reader, enum json_kind kind, const void *bytes, size_t size)
{
    struct json_value *value = put_value(reader, kind);
    if (value == NULL) {
        return false;
    }
    value->text = keep(reader, bytes, size);
    return true;
}

static int on_number(void *context, const char *digits, size_t size)
{
    return put_text(context, JSON_NUMBER, digits, size);
}

static int on_string(void *context, const unsigned char *bytes, size_t size)
{
    return put_text(context, JSON_STRING, bytes, size);
}

static int open_level(struct reader *reader, enum json_kind kind)
{
    if (reader->depth == JSON_DEPTH_MAX) {
        return refuse(reader, "nested too deeply");
    }
    struct json_value *value = put_value(reader, kind);
    if (value == NULL) {
        return false;
    }
    reader->levels[reader->depth] = (struct level){.value = value};
    reader->depth++;
    return true;
}

static int on_object_start(void *context)
{
    return open_level(context, JSON_OBJECT);
}

static int on_array_start(void *context)
{
    return open_level(context, JSON_ARRAY);
}

static int on_end(void *context)
{
    struct reader *reader = context;
    reader->depth--;
    return true;
}

/* A name that came before keeps its place and gets the value that follows. */
static int on_name(void *context, const unsigned char *bytes, size_t size)
{
    struct reader *reader = context;
    struct slice name = keep(reader, bytes, size);
    uint64_t hash = hash_name(reader, name);
    struct json_value *member = find_member(&reader->levels[reader->depth - 1], name, hash);
    if (member != NULL) {
        struct json_value *next = member->next;
        *member = (struct json_value){.name = member->name, .next = next};
    } else {
        member = add_member(reader, name, hash);
    }
    reader->member = member;
    return member != NULL;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object_start,
    .yajl_map_key = on_name,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array_start,
    .yajl_end_array = on_end,
};

/* The UTF-16 unit that is written as an escape at `at`; 0 when none is. */
static uint32_t escaped_unit(struct slice text, size_t at)
{
    uint32_t unit = 0;
    return utf8_read_escape(slice_part(text, at, SIZE_MAX), &unit) ? unit : 0;
}

/* Where, from `at` on, the next escaped surrogate without its partner stands; SIZE_MAX: nowhere. */
static size_t find_lone_surrogate(struct slice text, size_t at)
{
    while (at < text.size) {
        const char *backslash = memchr(text.data + at, '\\', text.size - at);
        if (backslash == NULL) {
            break;
        }
        at = (size_t)(backslash - text.data);
        uint32_t unit = escaped_unit(text, at);
        bool high = utf8_is_high_surrogate(unit);
        if (high && utf8_is_low_surrogate(escaped_unit(text, at + 6))) {
            at += 12;
        } else if (high || utf8_is_low_surrogate(unit)) {
            return at;
        } else {
            at += 2;
        }
    }
    return SIZE_MAX;
}

/* The text with \ufffd for each lone surrogate, of which yajl would make "?" or invalid UTF-8. It is
 * as long as the original, so places in errors stay true; with none, it is the original. */
static struct slice repair_surrogates(struct slice text, struct arena *arena)
{
    size_t at = find_lone_surrogate(text, 0);
    if (at == SIZE_MAX) {
        return text;
    }
    char *copy = arena_alloc(arena, text.size);
    memcpy(copy, text.data, text.size);
    for (; at != SIZE_MAX; at = find_lone_surrogate(text, at + 6)) {
        memcpy(copy + at, "\\ufffd", 6);
    }
    return (struct slice){copy, text.size};
}

/* yajl's words for its failure, less the line's end. They never quote the text. */
static struct slice explain(yajl_handle handle)
{
    const char *words = (const char *)yajl_get_error(handle, 0, NULL, 0);
    return slice_trim(slice_of(words));
}

/* Bytes are counted from 1. yajl says how many it has taken, mostly with the wrong one included. */
static bool fail(const struct reader *reader, yajl_handle handle, struct error *error)
{
    size_t place = reader->skipped + yajl_get_bytes_consumed(handle);
    if (reader->failure != NULL) {
        error_set(error, "JSON at byte %zu: %s", place, reader->failure);
    } else {
        error_set(error, "JSON near byte %zu: %.*s", place, SLICE_PRINT(explain(handle)));
    }
    return false;
}

/* Whether only blanks stand from `at` on. (yajl's own check misses an unfinished string or word.) */
static bool check_rest(const struct reader *reader, size_t at, struct error *error)
{
    for (; at < reader->text.size; at++) {
        char byte = reader->text.data[at];
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') {
            error_set(error, "JSON at byte %zu: something follows the value",
                      reader->skipped + at + 1);
            return false;
        }
    }
    return true;
}

static bool parse(struct reader *reader, struct error *error)
{
    yajl_alloc_funcs memory = {block_new, block_resize, block_free, reader->arena};
    yajl_handle handle = yajl_alloc(&callbacks, &memory, reader); /* the arena's: never freed */
    (void)yajl_config(handle, yajl_dont_validate_strings, 1);  /* done for the whole text at once */
    (void)yajl_config(handle, yajl_allow_trailing_garbage, 1); /* to be checked by us */
    const unsigned char *bytes = (const unsigned char *)reader->text.data;
    if (yajl_parse(handle, bytes, reader->text.size) != yajl_status_ok) {
        return fail(reader, handle, error);
    }
    if (reader->root != NULL && reader->depth == 0) {
        return check_rest(reader, yajl_get_bytes_consumed(handle), error);
    }
    /* Cut short, or a number, which only the end of the text ends. */
    if (yajl_complete_parse(handle) != yajl_status_ok) {
        error_set(error, "JSON ends too early, after byte %zu",
                  reader->skipped + reader->text.size);
        return false;
    }
    return true;
}

/* What yajl takes and RFC 8259 does not, wherever it stands. */
static bool check_bytes(struct slice text, struct error *error)
{
    if (!slice_is_utf8(text)) {
        error_set(error, "JSON at byte %zu: not valid UTF-8", utf8_valid_size(text) + 1);
        return false;
    }
    const char blanks[] = {'\v', '\f'};
    for (size_t i = 0; i < sizeof(blanks); i++) {
        const char *place = text.size > 0 ? memchr(text.data, blanks[i], text.size) : NULL;
        if (place != NULL) {
            error_set(error, "JSON at byte %zu: a control character",
                      (size_t)(place - text.data) + 1);
            return false;
        }
    }
    return true;
}

bool json_read(struct slice text, struct arena *arena, const struct json_value **ret_value,
               struct error *error)
{
    if (!check_bytes(text, error)) {
        return false;
    }
    struct reader *reader = arena_alloc(arena, sizeof(*reader));
    reader->arena = arena;
    reader->skipped = slice_starts_with(text, SLICE("\xEF\xBB\xBF")) ? 3 : 0;
    reader->text = repair_surrogates(slice_part(text, reader->skipped, SIZE_MAX), arena);
    reader->failure = NULL;
    reader->root = NULL;
    reader->member = NULL;
    reader->values = 0;
    reader->seed = mix((uintptr_t)reader); /* addresses are random (ASLR) */
    reader->depth = 0;                     /* levels are set as they open */
    if (!parse(reader, error)) {
        return false;
    }
    *ret_value = reader->root;
    return true;
}
