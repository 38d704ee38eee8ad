/* The transform that looks into the mapping's tables. */
#include "call.h"
#include "mapping/table.h"

bool prepare_lookup(struct preparation *preparation, const void **ret_prepared)
{
    const struct json_value *name = preparation->arguments[0];
    if (name == NULL) {
        error_set(&preparation->error, "lookup wants the name of a table, as a text in quotes");
        return false;
    }
    *ret_prepared = tables_use(preparation->tables, name->text);
    if (*ret_prepared != NULL) {
        return true;
    }
    const char *nearest = tables_nearest(preparation->tables, name->text);
    error_set(&preparation->error, "unknown table \"%.*s\"", SLICE_PRINT(name->text));
    if (nearest != NULL) {
        error_set(&preparation->hint, "the nearest known is \"%s\"", nearest);
    } else {
        error_set(&preparation->hint,
                  "the mapping has its tables in `tables`: %.*s: {KEY: VALUE, …}",
                  SLICE_PRINT(name->text));
    }
    return false;
}

enum call_result call_lookup(struct call *call, const struct json_value *item,
                             struct value *ret_value)
{
    struct value key = {.one = item};
    struct slice text = {NULL, 0};
    enum value_text kind = value_text(&key, &text);
    if (kind != VALUE_TEXT) {
        return call_misfit(call, kind == VALUE_OBJECT ? "an object" : "a list within a list");
    }
    struct slice found = {NULL, 0};
    if (table_find(call->prepared, text, &found)) {
        *ret_value = value_new(JSON_STRING, found, call->arena);
        return CALL_GAVE;
    }
    if (call->argument_count < 2) {
        return CALL_NOTHING;
    }
    *ret_value = call->arguments[1];
    return CALL_GAVE;
}
