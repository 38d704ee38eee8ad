#include "secret.h"

#include "base/error.h"

/* Parts of names: of options of this program, and of librdkafka's properties. */
static const char *const parts[] = {
    "password", "passphrase", "secret", "public_key", "key.pem", "jaas", "oauthbearer.conf",
};

/* What a misspelt name is compared with: its last part, or its last two. */
static const char *const last_parts[] = {
    "password", "passphrase", "secret", "secret_key", "public_key",
};
static const char *const last_pairs[] = {"key.pem", "jaas.config"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* People write names in any case. */
static size_t find_ignoring_case(struct slice text, struct slice part)
{
    for (size_t at = 0; at + part.size <= text.size; at++) {
        if (slice_equal_ignoring_case(slice_part(text, at, part.size), part)) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* The byte behind a part of the text that makes it a secret's name, or SIZE_MAX. */
static size_t find_part(struct slice text)
{
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t at = find_ignoring_case(text, slice_of(parts[i]));
        if (at != SIZE_MAX) {
            return at + strlen(parts[i]);
        }
    }
    return SIZE_MAX;
}

/* The last `count` of the parts between dots; nothing when there are fewer. */
static struct slice last_of(struct slice name, size_t count)
{
    for (size_t at = name.size; at > 0; at--) {
        if (name.data[at - 1] == '.' && --count == 0) {
            return slice_part(name, at, name.size);
        }
    }
    return count == 1 ? name : (struct slice){0};
}

static bool is_near(struct slice name)
{
    struct slice pair = last_of(name, 2);
    return error_nearest(last_of(name, 1), last_parts, COUNT(last_parts)) != NULL ||
           (pair.size > 0 && error_nearest(pair, last_pairs, COUNT(last_pairs)) != NULL);
}

bool secret_is_name(struct slice name)
{
    return find_part(name) != SIZE_MAX || is_near(name);
}

/* https://user:password@host: where "://" begins, or SIZE_MAX. */
static size_t find_user(struct slice text)
{
    size_t scheme = slice_find(text, SLICE("://"));
    bool user = scheme != SIZE_MAX &&
                slice_find(slice_part(text, scheme, text.size), SLICE("@")) != SIZE_MAX;
    return user ? scheme : SIZE_MAX;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t find_value(struct slice text)
{
    size_t key = smaller(slice_find(text, SLICE("rsec-")), slice_find(text, SLICE("rpub-")));
    return smaller(key, find_user(text));
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

static size_t skip_name(struct slice text, size_t at)
{
    while (at < text.size && is_name_byte(text.data[at])) {
        at++;
    }
    return at;
}

/* Where what stands behind "password:" or "password=" begins, or SIZE_MAX: somebody forgot the blank. */
static size_t find_assigned(struct slice text)
{
    size_t at = find_part(text);
    if (at == SIZE_MAX) {
        return SIZE_MAX;
    }
    at = skip_name(text, at);
    bool assigned = at < text.size && (text.data[at] == ':' || text.data[at] == '=');
    bool compared = assigned && at + 1 < text.size && text.data[at + 1] == '=';
    return assigned && !compared ? at + 1 : SIZE_MAX;
}

bool secret_is_value(struct slice text)
{
    return find_value(text) != SIZE_MAX || find_assigned(text) != SIZE_MAX;
}

/* --- The text before it is YAML -------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The indentation, to which the "- " of a list counts. */
static size_t indent_of(struct slice line)
{
    size_t at = 0;
    while (at < line.size && (line.data[at] == ' ' || (line.data[at] == '-' && at + 1 < line.size &&
                                                       is_blank(line.data[at + 1])))) {
        at++;
    }
    return at;
}

/* What stands between two of , { [ : is a key when a colon ends it. */
static bool is_separator(char byte)
{
    return byte == ',' || byte == '{' || byte == '[' || byte == ':';
}

static struct slice trim_key(struct slice key)
{
    size_t from = 0;
    size_t to = key.size;
    while (from < to && !is_name_byte(key.data[from])) {
        from++;
    }
    while (to > from && !is_name_byte(key.data[to - 1])) {
        to--;
    }
    return slice_part(key, from, to - from);
}

/* Where the value of a secret's key begins on the line, or SIZE_MAX; of the last one, too. */
static size_t find_keyed(struct slice line, size_t *ret_last)
{
    size_t first = SIZE_MAX;
    size_t start = 0;
    for (size_t at = 0; at < line.size; at++) {
        if (line.data[at] == ':' && secret_is_name(trim_key(slice_part(line, start, at - start)))) {
            *ret_last = at + 1;
            first = smaller(first, at + 1);
        }
        start = is_separator(line.data[at]) ? at + 1 : start;
    }
    return first;
}

/* A name whose colon has been forgotten, or stands on the next line, as YAML's "? key" has it. */
static size_t find_loose(struct slice line)
{
    size_t at = find_part(line);
    if (at == SIZE_MAX) {
        bool key = slice_starts_with(slice_trim(line), SLICE("? ")) && is_near(trim_key(line));
        return key ? line.size : SIZE_MAX;
    }
    at = skip_name(line, at);
    while (at < line.size && (line.data[at] == '"' || line.data[at] == '\'')) {
        at++;
    }
    return at;
}

/* "name: …": what ends the value of a key above it. */
static bool is_key_line(struct slice line)
{
    size_t at = indent_of(line);
    char quote =
        at < line.size && (line.data[at] == '"' || line.data[at] == '\'') ? line.data[at] : '\0';
    size_t from = at + (quote != '\0');
    size_t to = skip_name(line, from);
    if (quote != '\0') {
        if (to >= line.size || line.data[to] != quote) {
            return false;
        }
        to++;
    }
    return to > from && to < line.size && line.data[to] == ':' &&
           (quote != '\0' || to + 1 == line.size || is_blank(line.data[to + 1]));
}

/* The byte behind the quote that ends what it began before `at`, or SIZE_MAX. */
static size_t find_quote_end(struct slice line, size_t at, char quote)
{
    for (; at < line.size; at++) {
        bool next = at + 1 < line.size;
        if ((quote == '"' && line.data[at] == '\\') ||
            (quote == '\'' && line.data[at] == quote && next && line.data[at + 1] == quote)) {
            at++;
        } else if (line.data[at] == quote) {
            return at + 1;
        }
    }
    return SIZE_MAX;
}

/* Behind tags and anchors, which come before a value. */
static size_t skip_properties(struct slice line, size_t at)
{
    bool property = false;
    for (; at < line.size; at++) {
        char byte = line.data[at];
        property = !is_blank(byte) && (property || byte == '!' || byte == '&');
        if (!property && !is_blank(byte)) {
            break;
        }
    }
    return at;
}

/* What the rest of a line from `at` on, which is of a secret, says of how it goes on. */
static void take_rest(struct secret_scan *scan, struct slice line, size_t at)
{
    if (scan->quote == '\0' && scan->awaits) {
        bool empty = slice_trim(slice_part(line, at, line.size)).size == 0;
        at = skip_properties(line, at);
        /* "|" and ">" begin a value on the next line, and a comment is none. */
        scan->awaits = empty || (at < line.size && memchr("|>#", line.data[at], 3) != NULL);
        bool quoted = at < line.size && (line.data[at] == '"' || line.data[at] == '\'');
        scan->quote = quoted ? line.data[at++] : '\0';
    }
    if (scan->quote == '\0') {
        return;
    }
    size_t end = find_quote_end(line, at, scan->quote);
    if (end != SIZE_MAX) {
        struct slice rest = slice_trim(slice_part(line, end, line.size));
        scan->quote = '\0';
        scan->within = rest.size == 0 || (rest.data[0] != ',' && rest.data[0] != '}');
    }
}

static void begin_value(struct secret_scan *scan, struct slice line, size_t at)
{
    scan->within = true;
    scan->awaits = true;
    scan->quote = '\0';
    scan->indent = indent_of(line);
    take_rest(scan, line, at);
}

/* Where the line begins to be a secret's, or SIZE_MAX. */
static size_t scan_line(struct secret_scan *scan, struct slice line)
{
    size_t from = SIZE_MAX;
    /* What looks like the next key may be a value in the wrong column, while there has been none. */
    bool ends = scan->quote == '\0' && !scan->awaits && indent_of(line) <= scan->indent &&
                is_key_line(line);
    if (scan->within && ends) {
        scan->within = false;
    }
    if (scan->within) {
        from = indent_of(line);
        take_rest(scan, line, from);
    }
    size_t last = 0;
    size_t keyed = find_keyed(line, &last);
    size_t loose = keyed == SIZE_MAX ? find_loose(line) : SIZE_MAX;
    if (scan->quote == '\0' && keyed != SIZE_MAX) {
        begin_value(scan, line, last);
    } else if (scan->quote == '\0' && !scan->within && loose != SIZE_MAX) {
        begin_value(scan, line, loose);
    }
    return smaller(smaller(from, find_value(line)), smaller(keyed, loose));
}

bool secret_next(struct secret_scan *scan, size_t *ret_from, size_t *ret_to)
{
    while (scan->line < scan->lines->count) {
        size_t start = scan->lines->starts[scan->line];
        struct slice line = lines_text(scan->lines, scan->line++);
        size_t from = scan_line(scan, line);
        if (from != SIZE_MAX) {
            *ret_from = start + from;
            *ret_to = start + line.size;
            return true;
        }
    }
    return false;
}
