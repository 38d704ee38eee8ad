/* Transforms of what tells who somebody, or which order it, is. */
#include "call.h"

#include "base/hash.h"
#include "base/uuid.h"
#include "conversion/field.h"

static enum call_result sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    char *room = arena_alloc(call->arena, HASH_SHA256_HEX_SIZE);
    hash_sha256_hex(text, room);
    *ret_text = (struct slice){room, HASH_SHA256_HEX_SIZE};
    return CALL_GAVE;
}

/* What the field's rule refuses (a masked address, a hash) would give a hash that matches
 * nobody. */
enum call_result call_email_sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice email;
    struct error error;
    const struct field_context context = {.arena = call->arena};
    if (!field_normalise(FIELD_EMAIL, text, &context, &email, &error)) {
        return call_misfit(call, "a text that is no e-mail address");
    }
    return email.size == 0 ? CALL_NOTHING : sha256(call, email, ret_text);
}

enum call_result call_sha256_digest(struct call *call, struct slice text, struct slice *ret_text)
{
    struct error error;
    const struct field_context context = {.arena = call->arena};
    return field_normalise(FIELD_EMAILSHA256, text, &context, ret_text, &error)
               ? CALL_GAVE
               : call_misfit(call, "a text that is no SHA-256 in hex, or that of nothing");
}

enum call_result call_sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    return sha256(call, text, ret_text);
}

/* The namespace for names that are no UUID themselves. It must never change: ids of events that
 * were sent are made with it. */
static const unsigned char project_space[16] = {0x5d, 0x1f, 0x6e, 0x0a, 0x8b, 0x64, 0x4c, 0x39,
                                                0x9b, 0x7e, 0x2a, 0xc4, 0x11, 0xd8, 0x73, 0xf5};

/* Stands between parts, so that 1 and 23 are not 12 and 3. */
#define PART_SEPARATOR "\x1f"

/* The namespace that a text stands for, which is a UUID; its own namespace is the same. */
struct slice call_uuid5_space(struct slice text, struct arena *arena)
{
    unsigned char ignored[16];
    if (uuid_parse(text, ignored)) {
        return text;
    }
    char *room = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_v5(project_space, &text, 1, room);
    return (struct slice){room, UUID_TEXT_SIZE};
}

enum call_result call_uuid5(struct call *call, struct slice text, struct slice *ret_text)
{
    unsigned char space[16];
    if (!uuid_parse(text, space) && !uuid_parse(call_uuid5_space(text, call->arena), space)) {
        return call_misfit(call, "that namespace"); /* cannot be: it was just made */
    }
    struct slice parts[2 * TRANSFORM_ARGUMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < call->argument_count; i++) {
        if (i > 0) {
            parts[count++] = SLICE(PART_SEPARATOR);
        }
        if (value_is_missing(&call->arguments[i])) {
            return CALL_NOTHING;
        }
        if (!call_text(call, i, &parts[count++])) {
            return CALL_MISFIT;
        }
    }
    char *room = arena_alloc(call->arena, UUID_TEXT_SIZE);
    uuid_v5(space, parts, count, room);
    *ret_text = (struct slice){room, UUID_TEXT_SIZE};
    return CALL_GAVE;
}
