/* The first line is a path, the rest the JSON that it is run on (or a small order, when it is none). */
#include "json/path.h"
#include "json/reader.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char order[] =
    "{\"id\": 7, \"total\": 99.80, \"p\": \"a.*b|c\", \"lines\": [{\"sku\": \"a-b\", \"q\": 2}, "
    "{\"sku\": "
    "\"c\", \"q\": 1.0}, [1, [2, [3]]], null, \"caf\\u00e9\"], \"e\": {\"a\": {\"b\": true}}}";

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void run(const struct json_path *path, struct slice json, struct arena *arena)
{
    const struct json_value *value = NULL;
    struct error error = {""};
    if (!json_read(json, arena, &value, &error)) {
        check(json_read(slice_of(order), arena, &value, &error));
    }
    struct json_nodes nodes = {NULL, 0};
    struct work work = {0};
    if (!json_path_run(path, value, value, arena, &work, &nodes, &error)) {
        check(error.text[0] != '\0' && nodes.count == 0);
        return;
    }
    check(nodes.count <= JSON_PATH_NODES_MAX);
    if (json_path_is_singular(path)) {
        check(nodes.count <= 1);
        check(json_path_single(path, value, &work) == (nodes.count == 0 ? NULL : nodes.items[0]));
    }
    for (size_t i = 0; i < nodes.count; i++) {
        check(nodes.items[i]->kind <= JSON_OBJECT);
    }
}

/* A path is the same when nothing follows it. */
static void check_end(struct slice text, size_t size)
{
    size_t again = 0;
    struct error error;
    struct json_path *path = json_path_compile(slice_part(text, 0, size), &again, &error);
    check(path != NULL && again == size);
    json_path_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    arena_reset(&arena);
    struct slice input = {(const char *)data, size};
    size_t line = slice_find(input, SLICE("\n"));
    line = line == SIZE_MAX ? size : line;
    struct slice text = arena_copy(&arena, slice_part(input, 0, line));
    struct slice json = arena_copy(&arena, slice_part(input, line, SIZE_MAX));
    size_t end = 0;
    struct error error = {""};
    struct json_path *path = json_path_compile(text, &end, &error);
    check(end <= text.size);
    if (path == NULL) {
        check(error.text[0] != '\0');
        return 0;
    }
    check_end(text, end);
    run(path, json, &arena);
    json_path_free(path);
    return 0;
}
