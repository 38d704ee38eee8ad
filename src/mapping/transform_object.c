/* Transforms of objects. */
#include "call.h"

static enum call_result no_object(struct call *call)
{
    return call_misfit(call, "a value that is no object");
}

/* One value for each member, which `of` makes of it. */
static enum call_result members(struct call *call, const struct json_value *item,
                                const struct json_value *(*of)(const struct json_value *member,
                                                               struct arena *arena),
                                struct value *ret_value)
{
    if (item->kind != JSON_OBJECT) {
        return no_object(call);
    }
    if (item->count > TRANSFORM_LIST_MAX) {
        return call_misfit(call, "an object of more than 10000 members");
    }
    struct json_nodes list = {arena_alloc(call->arena, item->count * sizeof(struct json_value *)),
                              0};
    for (const struct json_value *member = item->first; member != NULL; member = member->next) {
        list.items[list.count++] = of(member, call->arena);
    }
    ret_value->list = list;
    return CALL_GAVE;
}

static const struct json_value *itself(const struct json_value *member, struct arena *arena)
{
    (void)arena;
    return member;
}

static const struct json_value *name(const struct json_value *member, struct arena *arena)
{
    return value_new(JSON_STRING, member->name, arena).one;
}

enum call_result call_values(struct call *call, const struct json_value *item,
                             struct value *ret_value)
{
    return members(call, item, itself, ret_value);
}

enum call_result call_keys(struct call *call, const struct json_value *item,
                           struct value *ret_value)
{
    return members(call, item, name, ret_value);
}

/* As a path with a name in it: what is no object has no member. */
enum call_result call_member(struct call *call, const struct json_value *item,
                             struct value *ret_value)
{
    for (size_t i = 0; i < call->argument_count; i++) {
        struct slice text;
        if (value_is_missing(&call->arguments[i])) {
            continue;
        }
        if (!call_text(call, i, &text)) {
            return CALL_MISFIT;
        }
        size_t steps = item->count * (text.size / WORK_BYTES_A_STEP); /* for long names */
        if (!work_count(call->work, call->arena, steps)) {
            return call_misfit(call, WORK_EXCEEDED);
        }
        const struct json_value *member = json_member(item, text);
        if (member != NULL && !value_is_blank(member)) {
            ret_value->one = member;
            return CALL_GAVE;
        }
    }
    return CALL_NOTHING;
}

/* The object itself, if its member is that value: as texts, so that 4711 finds "4711". */
enum call_result call_where(struct call *call, const struct json_value *item,
                            struct value *ret_value)
{
    struct slice name;
    struct slice wanted;
    struct slice text;
    if (value_is_missing(&call->arguments[1])) {
        return CALL_NOTHING;
    }
    if (!call_text(call, 0, &name) || !call_text(call, 1, &wanted)) {
        return CALL_MISFIT;
    }
    struct value member = {.one = json_member(item, name)};
    if (value_text(&member, &text) != VALUE_TEXT || !slice_equal(text, wanted)) {
        return CALL_NOTHING;
    }
    ret_value->one = item;
    return CALL_GAVE;
}
