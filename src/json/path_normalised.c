#include "json/path.h"
#include "json/reader.h"

/* One level of the way down to a node. */
struct step {
    const struct json_value *node;
    size_t index; /* among its siblings */
};

/* The way to the node that the search looks at; a tree that was read has no deeper one. */
struct trail {
    struct step steps[JSON_DEPTH_MAX + 1];
    size_t depth; /* of the last step; the first is the root */
};

/* To the next node of the tree, parents first; false behind the last. */
static bool advance(struct trail *trail)
{
    const struct json_value *child = trail->steps[trail->depth].node->first;
    if (child != NULL && trail->depth < JSON_DEPTH_MAX) {
        trail->steps[++trail->depth] = (struct step){child, 0};
        return true;
    }
    while (trail->depth > 0 && trail->steps[trail->depth].node->next == NULL) {
        trail->depth--;
    }
    if (trail->depth == 0) {
        return false;
    }
    struct step *step = &trail->steps[trail->depth];
    *step = (struct step){step->node->next, step->index + 1};
    return true;
}

/* The letter of the escape that a byte has in a normalised path, 'u' for those without one of their
 * own; or NUL, when it stands for itself. */
static char escape_letter(char byte)
{
    switch (byte) {
    case '\'':
    case '\\':
        return byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return (unsigned char)byte < 0x20 ? 'u' : '\0';
    }
}

static void write_name(struct slice name, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("['"));
    for (size_t i = 0; i < name.size; i++) {
        char letter = escape_letter(name.data[i]);
        if (letter == 'u') {
            buffer_printf(buffer, "\\u%04x", (unsigned)name.data[i]);
            continue;
        }
        if (letter != '\0') {
            buffer_append_byte(buffer, '\\');
        }
        buffer_append_byte(buffer, letter == '\0' ? name.data[i] : letter);
    }
    buffer_append(buffer, SLICE("']"));
}

bool json_path_normalised(const struct json_value *root, const struct json_value *node,
                          struct buffer *buffer)
{
    struct trail trail = {.steps = {{root, 0}}};
    while (trail.steps[trail.depth].node != node) {
        if (!advance(&trail)) {
            return false;
        }
    }
    buffer_append_byte(buffer, '$');
    for (size_t i = 1; i <= trail.depth; i++) {
        if (trail.steps[i - 1].node->kind == JSON_OBJECT) {
            write_name(trail.steps[i].node->name, buffer);
        } else {
            buffer_printf(buffer, "[%zu]", trail.steps[i].index);
        }
    }
    return true;
}
