/* Any bytes as JSON: what is read is written and read again, and is the same. */
#include "json/reader.h"
#include "json/writer.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Each value once; goes as deep as the reader lets the tree be. */
static void check_tree(const struct json_value *value, size_t depth)
{
    check(depth <= JSON_DEPTH_MAX);
    check(slice_is_utf8(value->text) && slice_is_utf8(value->name));
    size_t count = 0;
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        check_tree(child, depth + 1);
        check(json_item(value, (long long)count) == (value->kind == JSON_ARRAY ? child : NULL));
        check(json_member(value, child->name) == (value->kind == JSON_OBJECT ? child : NULL));
        count++;
    }
    check(value->count == count);
}

static void check_round_trip(const struct json_value *value, enum json_charset charset)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000000);
    struct arena arena;
    arena_init(&arena, 0);
    json_write_value(&buffer, value, charset);
    check(!buffer.failed);
    const struct json_value *again = NULL;
    struct error error;
    check(json_read(buffer_slice(&buffer), &arena, &again, &error));
    check(json_equal(value, again) && json_equal(again, value));
    check(!json_less(value, again) && !json_less(again, value));
    arena_done(&arena);
    buffer_done(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    arena_reset(&arena);
    const struct json_value *value = NULL;
    struct error error = {""};
    /* A copy that ends with its memory, so that the sanitizer sees reads past the end. */
    struct slice text = arena_copy(&arena, (struct slice){(const char *)data, size});
    if (!json_read(text, &arena, &value, &error)) {
        check(error.text[0] != '\0' && value == NULL);
        return 0;
    }
    check_tree(value, 0);
    check_round_trip(value, JSON_UTF8);
    check_round_trip(value, JSON_ASCII);
    return 0;
}
