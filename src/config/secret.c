#include "secret.h"

/* Parts of names: of options of this program, and of librdkafka's properties. */
static const char *const parts[] = {
    "password", "passphrase", "secret", "public_key", "key.pem", "jaas", "oauthbearer.config",
};

/* Where a part of the text stands that makes it a secret's name, or SIZE_MAX. */
static size_t find_part(struct slice text)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t at = slice_find(text, slice_of(parts[i]));
        if (at != SIZE_MAX) {
            return at;
        }
    }
    return SIZE_MAX;
}

bool secret_is_name(struct slice name)
{
    return find_part(name) != SIZE_MAX;
}

/* https://user:password@host */
static bool has_user(struct slice text)
{
    size_t scheme = slice_find(text, SLICE("://"));
    return scheme != SIZE_MAX &&
           slice_find(slice_part(text, scheme, text.size), SLICE("@")) != SIZE_MAX;
}

bool secret_is_value(struct slice text)
{
    return slice_find(text, SLICE("rsec-")) != SIZE_MAX ||
           slice_find(text, SLICE("rpub-")) != SIZE_MAX || has_user(text);
}

static size_t indent_of(struct slice line)
{
    size_t indent = 0;
    while (indent < line.size && line.data[indent] == ' ') {
        indent++;
    }
    return indent;
}

/* The line that is indented less, nearest above: the key that this one is a value of. */
static bool is_below_secret(const struct lines *lines, size_t line)
{
    size_t indent = indent_of(lines_text(lines, line));
    for (size_t above = line; above > 0; above--) {
        struct slice text = lines_text(lines, above - 1);
        if (slice_trim(text).size > 0 && indent_of(text) < indent) {
            return secret_is_name(text);
        }
    }
    return false;
}

bool secret_in_line(const struct lines *lines, size_t line, size_t *ret_from, size_t *ret_to)
{
    struct slice text = lines_text(lines, line);
    size_t hidden = SIZE_MAX;
    size_t name = find_part(text);
    if (name != SIZE_MAX) {
        size_t colon = slice_find(slice_part(text, name, text.size), SLICE(":"));
        hidden = colon == SIZE_MAX ? SIZE_MAX : name + colon + 1;
    } else if (is_below_secret(lines, line)) {
        hidden = indent_of(text);
    }
    if (hidden == SIZE_MAX) {
        return false;
    }
    *ret_from = lines->starts[line] + hidden;
    *ret_to = lines->starts[line] + text.size;
    return true;
}
