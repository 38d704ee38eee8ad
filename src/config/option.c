#include "config/option.h"

#include "base/arena.h"
#include "base/memory.h"
#include "config/amount.h"
#include "config/reference.h"

#include <assert.h>
#include <stdlib.h>

/* One run of option_read(). */
struct reading {
    const struct option *table;
    size_t count;
    const struct document *document;
    void *target;
    struct error_list *errors;
    struct arena arena; /* paths, names, hints */
    bool *seen;         /* by row: in the file, with or without an error */
    bool *set;          /* by row: to the file's value */
};

/* What an option of a type can be set to. */
struct type {
    /* False when the text is none of it; the member is untouched then. */
    bool (*set)(const struct option *option, const char *text, void *member);
    void (*describe)(const struct option *option, struct buffer *buffer);
    /* What to do about a text that is none of it; the arena's, static, or NULL. */
    const char *(*hint)(const struct option *option, const char *text, struct arena *arena);
};

/* --- Types ----------------------------------------------------------------------------------------- */

static bool set_text(const struct option *option, const char *text, void *member)
{
    (void)option;
    char **string = member;
    free(*string);
    *string = memory_string(slice_of(text));
    return true;
}

static enum amount_kind amount_kind(const struct option *option)
{
    switch (option->type) {
    case OPTION_BYTES:
        return AMOUNT_BYTES;
    case OPTION_DURATION:
        return AMOUNT_DURATION;
    case OPTION_PERCENT:
        return AMOUNT_PERCENT;
    default:
        return AMOUNT_NUMBER;
    }
}

static bool set_amount(const struct option *option, const char *text, void *member)
{
    int64_t amount = 0;
    if (!amount_parse(amount_kind(option), slice_of(text), &amount) || amount < option->min ||
        amount > option->max) {
        return false;
    }
    *(int64_t *)member = amount;
    return true;
}

static bool set_boolean(const struct option *option, const char *text, void *member)
{
    (void)option;
    bool is_true = strcmp(text, "true") == 0;
    if (!is_true && strcmp(text, "false") != 0) {
        return false;
    }
    *(bool *)member = is_true;
    return true;
}

static size_t count_choices(const struct option *option)
{
    size_t count = 0;
    while (count < OPTION_CHOICES_MAX && option->choices[count] != NULL) {
        count++;
    }
    return count;
}

static bool set_choice(const struct option *option, const char *text, void *member)
{
    size_t count = count_choices(option);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, option->choices[i]) == 0) {
            *(int *)member = (int)i;
            return true;
        }
    }
    return false;
}

static void describe_text(const struct option *option, struct buffer *buffer)
{
    (void)option;
    buffer_append(buffer, SLICE("a text"));
}

static void describe_secret(const struct option *option, struct buffer *buffer)
{
    (void)option;
    buffer_append(buffer, SLICE("a text, secret"));
}

static void describe_section(const struct option *option, struct buffer *buffer)
{
    (void)option;
    buffer_append(buffer, SLICE("a section"));
}

static void describe_boolean(const struct option *option, struct buffer *buffer)
{
    (void)option;
    buffer_append(buffer, SLICE("true or false"));
}

static void describe_amount(const struct option *option, struct buffer *buffer)
{
    const char *const nouns[] = {
        [AMOUNT_NUMBER] = "a whole number",
        [AMOUNT_BYTES] = "a size",
        [AMOUNT_DURATION] = "a duration",
        [AMOUNT_PERCENT] = "a percentage",
    };
    enum amount_kind kind = amount_kind(option);
    char min[AMOUNT_SIZE];
    char max[AMOUNT_SIZE];
    amount_format(kind, option->min, min);
    amount_format(kind, option->max, max);
    buffer_printf(buffer, "%s from %s to %s", nouns[kind], min, max);
}

static void describe_choice(const struct option *option, struct buffer *buffer)
{
    size_t count = count_choices(option);
    for (size_t i = 0; i < count; i++) {
        const char *separator = i + 1 == count ? " or " : ", ";
        buffer_printf(buffer, "%s%s", i == 0 ? "" : separator, option->choices[i]);
    }
}

/* What is only too large or too small needs no lesson in writing. */
static const char *hint_amount(const struct option *option, const char *text, struct arena *arena)
{
    (void)arena;
    const char *const hints[] = {
        [AMOUNT_NUMBER] = "write it in digits only",
        [AMOUNT_BYTES] = "write it in bytes or with a unit: kB, MB, KiB or MiB",
        [AMOUNT_DURATION] = "write it with its unit, without a blank between: 500ms, 10s, 5m or 1h",
        [AMOUNT_PERCENT] = "write it as a whole number with its sign: 50%",
    };
    enum amount_kind kind = amount_kind(option);
    int64_t amount = 0;
    return amount_parse(kind, slice_of(text), &amount) ? NULL : hints[kind];
}

static const char *hint_choice(const struct option *option, const char *text, struct arena *arena)
{
    const char *nearest = error_nearest(slice_of(text), option->choices, count_choices(option));
    if (nearest == NULL) {
        return NULL;
    }
    struct slice hint = arena_printf(arena, "the nearest known is \"%s\"", nearest);
    return arena_string(arena, hint);
}

static const struct type types[] = {
    [OPTION_TEXT] = {set_text, describe_text, NULL},
    [OPTION_SECRET] = {set_text, describe_secret, NULL},
    [OPTION_INTEGER] = {set_amount, describe_amount, hint_amount},
    [OPTION_BYTES] = {set_amount, describe_amount, hint_amount},
    [OPTION_DURATION] = {set_amount, describe_amount, hint_amount},
    [OPTION_PERCENT] = {set_amount, describe_amount, hint_amount},
    [OPTION_BOOLEAN] = {set_boolean, describe_boolean, NULL},
    [OPTION_CHOICE] = {set_choice, describe_choice, hint_choice},
    [OPTION_SECTION] = {NULL, describe_section, NULL},
};

static bool is_string(const struct option *option)
{
    return option->type == OPTION_TEXT || option->type == OPTION_SECRET;
}

static void *member_of(const struct option *option, void *target)
{
    return (char *)target + option->offset;
}

/* --- Paths ----------------------------------------------------------------------------------------- */

/* The part of a path up to the next dot. */
static struct slice first_part(struct slice path)
{
    return slice_part(path, 0, slice_find(path, SLICE(".")));
}

static struct slice other_parts(struct slice path)
{
    return slice_part(path, first_part(path).size + 1, path.size);
}

/* How far along a path the file goes: the last node there is, or NULL; `ret_rest` is what is left of
 * the path. */
static const struct node *follow(const struct node *root, struct slice path, struct slice *ret_rest)
{
    const struct node *last = NULL;
    const struct node *node = root;
    while (node != NULL && path.size > 0) {
        char name[DOCUMENT_KEY_MAX];
        struct slice part = first_part(path);
        assert(part.size < sizeof name);
        memcpy(name, part.data, part.size);
        name[part.size] = '\0';
        node = node_child(node, name);
        if (node != NULL) {
            last = node;
            path = other_parts(path);
        }
    }
    *ret_rest = path;
    return last;
}

const struct node *option_find(const struct document *document, const char *path)
{
    struct slice rest = {0};
    const struct node *node = follow(document_root(document), slice_of(path), &rest);
    return rest.size == 0 ? node : NULL;
}

struct place option_place(const struct document *document, const char *path)
{
    const struct node *node = option_find(document, path);
    return node == NULL ? (struct place){0} : node->place;
}

struct place option_part_place(const struct document *document, const char *path, size_t offset,
                               size_t size)
{
    const struct node *node = option_find(document, path);
    if (node == NULL || node->kind != NODE_SCALAR || !reference_none(node->text)) {
        return option_place(document, path);
    }
    return document_place(document, node, offset, size);
}

/* "prefix.key", or the key alone below the root. */
static struct slice join_path(struct reading *reading, struct slice prefix, struct slice key)
{
    if (prefix.size == 0) {
        return key;
    }
    char *path = arena_alloc(&reading->arena, prefix.size + 1 + key.size);
    memcpy(path, prefix.data, prefix.size);
    path[prefix.size] = '.';
    if (key.size > 0) {
        memcpy(path + prefix.size + 1, key.data, key.size);
    }
    return (struct slice){path, prefix.size + 1 + key.size};
}

/* What of an option's path lies below `prefix`; empty when it is not below it. */
static struct slice below(const struct option *option, struct slice prefix)
{
    struct slice path = slice_of(option->path);
    if (prefix.size == 0) {
        return path;
    }
    bool is_below =
        slice_starts_with(path, prefix) && path.size > prefix.size && path.data[prefix.size] == '.';
    return is_below ? slice_part(path, prefix.size + 1, path.size) : (struct slice){0};
}

/* A key with a dot would be a second way to write a path. */
static bool is_part(struct slice key)
{
    return key.size > 0 && slice_find(key, SLICE(".")) == SIZE_MAX;
}

static const struct option *find_option(const struct option table[], size_t count,
                                        struct slice path)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(slice_of(table[i].path), path)) {
            return &table[i];
        }
    }
    return NULL;
}

static bool is_prefix(const struct reading *reading, struct slice path)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (below(&reading->table[i], path).size > 0) {
            return true;
        }
    }
    return false;
}

/* --- Unknown names --------------------------------------------------------------------------------- */

/* The names that are known below `prefix`, each once; the array has room for a name a row. */
static size_t known_names(struct reading *reading, struct slice prefix, const char **ret_names)
{
    size_t count = 0;
    for (size_t i = 0; i < reading->count; i++) {
        struct slice name = first_part(below(&reading->table[i], prefix));
        bool repeated = count > 0 && slice_equal(slice_of(ret_names[count - 1]), name);
        if (name.size > 0 && !repeated) {
            ret_names[count++] = arena_string(&reading->arena, name);
        }
    }
    return count;
}

/* The option that somebody means who writes its whole path as a key, or puts its last name into
 * another section. */
static const struct option *find_elsewhere(const struct reading *reading, struct slice key)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct slice path = slice_of(reading->table[i].path);
        bool ends = slice_ends_with(path, key) && path.size > key.size &&
                    path.data[path.size - key.size - 1] == '.';
        if (ends || (slice_equal(path, key) && slice_find(key, SLICE(".")) != SIZE_MAX)) {
            return &reading->table[i];
        }
    }
    return NULL;
}

static struct slice list_names(struct reading *reading, const char *const names[], size_t count)
{
    struct slice list = SLICE("known here: ");
    for (size_t i = 0; i < count; i++) {
        list = arena_printf(&reading->arena, "%.*s%s%s", SLICE_PRINT(list), i == 0 ? "" : ", ",
                            names[i]);
    }
    return list;
}

static const char *hint_unknown(struct reading *reading, struct slice prefix, struct slice key)
{
    const char **names = arena_calloc(&reading->arena, reading->count, sizeof *names);
    size_t count = known_names(reading, prefix, names);
    const char *nearest = error_nearest(key, names, count);
    const struct option *elsewhere = key.size > 0 ? find_elsewhere(reading, key) : NULL;
    struct slice hint = {0};
    if (elsewhere != NULL) {
        hint = arena_printf(&reading->arena,
                            "there is %s: each dot of a path is a level of indentation",
                            elsewhere->path);
    } else if (nearest != NULL) {
        hint = arena_printf(&reading->arena, "the nearest known is \"%s\"", nearest);
    } else {
        hint = list_names(reading, names, count);
    }
    return arena_string(&reading->arena, hint);
}

static void refuse_unknown(struct reading *reading, struct slice prefix, const struct node *node)
{
    struct slice path = join_path(reading, prefix, node->key);
    document_error(reading->document, reading->errors, node->key_place,
                   hint_unknown(reading, prefix, node->key), "unknown option \"%.*s\"",
                   SLICE_PRINT(path));
}

/* --- Reading --------------------------------------------------------------------------------------- */

static const char *describe(struct reading *reading, const struct option *option)
{
    struct buffer buffer;
    buffer_init(&buffer, 1024);
    types[option->type].describe(option, &buffer);
    const char *text = arena_string(&reading->arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

/* The text is told by its line alone: it may be a secret, or of a reference. */
static void refuse_value(struct reading *reading, const struct option *option,
                         const struct node *node, const char *text)
{
    const struct type *type = &types[option->type];
    const char *hint = type->hint == NULL ? NULL : type->hint(option, text, &reading->arena);
    document_error(reading->document, reading->errors, node->place, hint, "%s must be %s",
                   option->path, describe(reading, option));
}

static void refuse_empty(struct reading *reading, const struct option *option,
                         const struct node *node)
{
    document_error(reading->document, reading->errors, node->place, option->doc,
                   "%s must not be empty", option->path);
}

static void read_text(struct reading *reading, const struct option *option, const struct node *node,
                      const char *text)
{
    size_t row = (size_t)(option - reading->table);
    if (text[0] != '\0') {
        reading->set[row] =
            types[option->type].set(option, text, member_of(option, reading->target));
        if (!reading->set[row]) {
            refuse_value(reading, option, node, text);
        }
    } else if (option->required) {
        refuse_empty(reading, option, node);
    } else if (option->by != NULL) {
        reading->seen[row] = false; /* it may still be required */
    }
}

static void read_scalar(struct reading *reading, const struct option *option,
                        const struct node *node)
{
    if (node->kind != NODE_SCALAR) {
        document_error(reading->document, reading->errors, node->place, NULL,
                       "%s must be %s, not a %s", option->path, describe(reading, option),
                       node->kind == NODE_MAPPING ? "mapping" : "list");
        return;
    }
    char *text = reference_expand(reading->document, node, reading->errors);
    if (text != NULL) {
        read_text(reading, option, node, text);
    }
    free(text);
}

static void read_option(struct reading *reading, const struct option *option,
                        const struct node *node)
{
    if (node_is_null(node)) {
        return;
    }
    reading->seen[option - reading->table] = true;
    if (option->type != OPTION_SECTION && !node->unquoted) {
        read_scalar(reading, option, node);
    }
}

/* What is below a section that is none counts as seen, lest one mistake be many errors. */
static void refuse_section(struct reading *reading, struct slice path, const struct node *node)
{
    document_error(reading->document, reading->errors, node->place,
                   hint_unknown(reading, path, (struct slice){0}),
                   "%.*s must be a mapping of options", SLICE_PRINT(path));
    for (size_t i = 0; i < reading->count; i++) {
        reading->seen[i] = reading->seen[i] || below(&reading->table[i], path).size > 0;
    }
}

/* The recursion is as deep as the paths of the table. */
static void read_mapping(struct reading *reading, struct slice prefix, const struct node *mapping)
{
    for (const struct node *node = mapping->first; node != NULL; node = node->next) {
        struct slice path = join_path(reading, prefix, node->key);
        const struct option *option = find_option(reading->table, reading->count, path);
        if (!is_part(node->key) || (option == NULL && !is_prefix(reading, path))) {
            refuse_unknown(reading, prefix, node);
        } else if (option != NULL) {
            read_option(reading, option, node);
        } else if (node->kind == NODE_MAPPING) {
            read_mapping(reading, path, node);
        } else if (!node_is_null(node)) {
            refuse_section(reading, path, node);
        }
    }
}

static void refuse_missing(struct reading *reading, const struct option *option)
{
    struct slice rest = {0};
    const struct node *last =
        follow(document_root(reading->document), slice_of(option->path), &rest);
    struct place place = last == NULL ? (struct place){0} : last->key_place;
    bool there = rest.size == 0;
    struct slice hint =
        arena_printf(&reading->arena, "%s: %s", there ? "give it one" : "add it", option->doc);
    document_error(reading->document, reading->errors, place, arena_string(&reading->arena, hint),
                   "%s %s", option->path, there ? "has no value" : "is missing");
}

/* What holds of an option, as far as it depends on another one: on what that is set to now. */
static struct option_case case_of(const struct reading *reading, const struct option *option)
{
    if (option->by == NULL) {
        return (struct option_case){option->standard, option->required};
    }
    const struct option *other = find_option(reading->table, reading->count, slice_of(option->by));
    assert(other != NULL && other->type == OPTION_CHOICE);
    return option->cases[*(const int *)member_of(other, reading->target)];
}

/* A default goes through the same door as a user's value. */
static void set_standard(struct reading *reading, const struct option *option)
{
    const char *standard = case_of(reading, option).standard;
    if (standard != NULL) {
        bool set = types[option->type].set(option, standard, member_of(option, reading->target));
        assert(set);
        (void)set;
    }
}

static void set_standards(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->table[i].by == NULL) {
            set_standard(reading, &reading->table[i]);
        }
    }
}

/* When all has been read. */
static void set_dependent_standards(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->table[i].by != NULL && !reading->set[i]) {
            set_standard(reading, &reading->table[i]);
        }
    }
}

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

/* Whether it is the name of an option that is secret, wherever it stands, or nearest to one. */
static bool is_secret(const struct reading *reading, const char *const names[], struct slice key)
{
    const char *nearest = error_nearest(key, names, reading->count);
    for (size_t i = 0; nearest != NULL && i < reading->count; i++) {
        if (reading->table[i].type == OPTION_SECRET && strcmp(names[i], nearest) == 0) {
            return true;
        }
    }
    return false;
}

static void hide_secrets(const struct reading *reading, struct document *document,
                         const char *const names[], const struct node *node)
{
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (is_secret(reading, names, child->key)) {
            reference_hide(document, child);
        } else {
            hide_secrets(reading, document, names, child);
        }
    }
}

/* Before anything is refused, because errors show lines: what the table says is secret, beyond what
 * its name has shown already. The recursion is as deep as a document may be. */
static void hide_all_secrets(struct reading *reading, struct document *document)
{
    const char **names = arena_calloc(&reading->arena, reading->count, sizeof *names);
    for (size_t i = 0; i < reading->count; i++) {
        names[i] = last_part(reading->table[i].path);
    }
    hide_secrets(reading, document, names, document_root(document));
}

static void refuse_all_missing(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (case_of(reading, &reading->table[i]).required && !reading->seen[i]) {
            refuse_missing(reading, &reading->table[i]);
        }
    }
}

void option_read(const struct option table[], size_t count, struct document *document, void *target,
                 struct error_list *errors)
{
    struct reading reading = {
        .table = table, .count = count, .document = document, .target = target, .errors = errors};
    arena_init(&reading.arena, 0);
    reading.seen = arena_calloc(&reading.arena, count, sizeof *reading.seen);
    reading.set = arena_calloc(&reading.arena, count, sizeof *reading.set);
    hide_all_secrets(&reading, document);
    set_standards(&reading);
    read_mapping(&reading, (struct slice){0}, document_root(document));
    set_dependent_standards(&reading);
    refuse_all_missing(&reading);
    arena_done(&reading.arena);
}

void option_release(const struct option table[], size_t count, void *target)
{
    for (size_t i = 0; i < count; i++) {
        if (is_string(&table[i])) {
            char **string = member_of(&table[i], target);
            free(*string);
            *string = NULL;
        }
    }
}

/* --- Reference ------------------------------------------------------------------------------------- */

/* "`1MB` (`event`), `250kB` (`event-and-audience`)" */
static void write_cases(const struct option *option, const struct option *other,
                        struct buffer *buffer)
{
    for (size_t i = 0; i < count_choices(other); i++) {
        const struct option_case *of = &option->cases[i];
        bool quoted = !of->required && of->standard != NULL;
        const char *text = of->required ? "required" : quoted ? of->standard : "not set";
        buffer_printf(buffer, "%s%s%s%s (`%s`)", i == 0 ? "" : ", ", quoted ? "`" : "", text,
                      quoted ? "`" : "", other->choices[i]);
    }
}

static void write_standard(const struct option table[], size_t count, const struct option *option,
                           struct buffer *buffer)
{
    if (option->by != NULL) {
        write_cases(option, find_option(table, count, slice_of(option->by)), buffer);
    } else if (option->required) {
        buffer_append(buffer, SLICE("required"));
    } else if (option->standard != NULL) {
        buffer_printf(buffer, "`%s`", option->standard);
    } else {
        buffer_append(buffer, SLICE("not set"));
    }
}

void option_reference(const struct option table[], size_t count, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("| option | value | default | meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < count; i++) {
        buffer_printf(buffer, "| `%s` | ", table[i].path);
        types[table[i].type].describe(&table[i], buffer);
        buffer_append(buffer, SLICE(" | "));
        write_standard(table, count, &table[i], buffer);
        buffer_printf(buffer, " | %s |\n", table[i].doc);
    }
}
