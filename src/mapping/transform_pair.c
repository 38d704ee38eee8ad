/* Transforms of two lists, pair by pair. Missing values hold their places here, as without them the
 * pairs would be others. */
#include "call.h"

#define SEPARATOR_MAX 100 /* bytes; it comes once for each pair */

/* A pair, and how many of the two are missing. */
struct pair {
    const struct json_value *left, *right;
    size_t missing;
};

/* The other list, when it is as long as the first one. */
static bool other_items(struct call *call, const struct json_nodes *items,
                        struct json_nodes *ret_others)
{
    *ret_others = value_items(&call->arguments[0], call->arena);
    if (ret_others->count != items->count) {
        struct slice misfit = arena_printf(call->arena, "lists of %zu and of %zu values",
                                           items->count, ret_others->count);
        call->misfit = arena_string(call->arena, misfit);
        return false;
    }
    return true;
}

static bool are_missing(const struct json_nodes *items)
{
    struct value value = {.list = *items};
    return value_is_missing(&value);
}

static struct pair pair_at(const struct json_nodes *items, const struct json_nodes *others,
                           size_t index)
{
    struct pair pair = {.left = items->items[index], .right = others->items[index]};
    pair.missing = (size_t)value_is_blank(pair.left) + (size_t)value_is_blank(pair.right);
    return pair;
}

/* What the pairs give; a pair of nothing gives nothing. */
static enum call_result for_each_pair(struct call *call, const struct json_nodes *items,
                                      enum call_result (*make)(struct call *call,
                                                               const struct pair *pair,
                                                               struct value *ret_value),
                                      struct value *ret_value)
{
    struct json_nodes others;
    if (are_missing(items)) {
        return CALL_NOTHING;
    }
    if (!other_items(call, items, &others)) {
        return CALL_MISFIT;
    }
    struct json_nodes made = {arena_alloc(call->arena, items->count * sizeof(struct json_value *)),
                              0};
    for (size_t i = 0; i < items->count; i++) {
        struct pair pair = pair_at(items, &others, i);
        struct value value = {.one = NULL};
        if (pair.missing == 2) {
            continue;
        }
        enum call_result result = make(call, &pair, &value);
        if (result != CALL_GAVE || value.one == NULL) {
            return result;
        }
        if (!work_count(call->work, call->arena, work_of_bytes(value.one->text.size))) {
            return call_misfit(call, WORK_EXCEEDED);
        }
        made.items[made.count++] = value.one;
    }
    ret_value->list = made;
    return CALL_GAVE;
}

/* Returns the end of what was written. */
static char *append(char *end, struct slice text)
{
    if (text.size > 0) {
        memcpy(end, text.data, text.size);
    }
    return end + text.size;
}

static enum call_result zip_join(struct call *call, const struct pair *pair,
                                 struct value *ret_value)
{
    struct slice left, right, separator;
    if (pair->missing > 0) {
        ret_value->one = value_is_blank(pair->left) ? pair->right : pair->left;
        return call_item_text(call, ret_value->one, &left);
    }
    if (!call_text(call, 1, &separator) || call_item_text(call, pair->left, &left) != CALL_GAVE ||
        call_item_text(call, pair->right, &right) != CALL_GAVE) {
        return CALL_MISFIT;
    }
    if (separator.size > SEPARATOR_MAX) {
        return call_misfit(call, "a separator of more than 100 bytes");
    }
    char *text = arena_alloc(call->arena, left.size + separator.size + right.size);
    char *end = append(append(append(text, left), separator), right);
    struct slice joined = {text, (size_t)(end - text)};
    *ret_value = value_new(JSON_STRING, joined, call->arena);
    return CALL_GAVE;
}

enum call_result call_zip_join(struct call *call, const struct json_nodes *items,
                               struct value *ret_value)
{
    return for_each_pair(call, items, zip_join, ret_value);
}

/* Half of a pair is no product: to leave it out could make a total too small unseen. */
static enum call_result product(struct call *call, const struct pair *pair, struct value *ret_value)
{
    struct decimal left, right, both;
    if (pair->missing > 0) {
        return call_misfit(call, "a pair of which one is missing");
    }
    if (!call_item_number(call, pair->left, &left) ||
        !call_item_number(call, pair->right, &right)) {
        return CALL_MISFIT;
    }
    if (!decimal_multiply(&left, &right, call->arena, &both)) {
        return call_misfit(call, "numbers of that many digits");
    }
    return call_gives(call, &both, ret_value);
}

enum call_result call_product(struct call *call, const struct json_nodes *items,
                              struct value *ret_value)
{
    return for_each_pair(call, items, product, ret_value);
}
