#include "body.h"

#include "json/reader.h"

static struct slice mend(struct slice body, struct arena *arena)
{
    char *mended = arena_alloc(arena, body.size);
    for (size_t at = 0; at < body.size;) {
        size_t size = slice_decode(slice_part(body, at, SIZE_MAX), NULL);
        if (size == 0) {
            mended[at++] = '?';
        } else {
            memcpy(mended + at, body.data + at, size);
            at += size;
        }
    }
    return (struct slice){mended, body.size};
}

const struct json_value *body_read(struct slice body, struct arena *arena)
{
    const struct json_value *value = NULL;
    struct error ignored; /* what is wrong with it matters to nobody */
    if (!slice_is_utf8(body)) {
        body = mend(body, arena);
    }
    return json_read(body, arena, &value, &ignored) ? value : NULL;
}

struct slice body_text(const struct json_value *object, struct slice name)
{
    const struct json_value *value = json_member(object, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : (struct slice){NULL, 0};
}
