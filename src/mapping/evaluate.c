/* Running expressions. */
#include "syntax.h"
#include "trace.h"

#include "base/timestamp.h"

#define RECORD_BYTES_A_STEP 8 /* that are looked at, whether they are text */
#define LIST_ITEMS_A_STEP 8   /* that are looked at once more, whether they are missing */

static bool evaluate(const struct expression *expression, struct evaluation *evaluation,
                     struct value *ret_value, struct error *error);

static const struct value nothing = {.one = NULL};

bool evaluation_count_blanks(struct evaluation *evaluation, const struct value *value,
                             struct error *error)
{
    size_t steps = value_blank_work(value);
    return steps == 0 || evaluation_count(evaluation, steps, error);
}

static bool select_from(const struct expression *expression, const struct json_value *start,
                        struct evaluation *evaluation, struct json_nodes *ret_nodes,
                        struct error *error)
{
    return expression->keeps_places
               ? json_path_run_places(expression->path, evaluation->root, start, evaluation->arena,
                                      &evaluation->work, ret_nodes, error)
               : json_path_run(expression->path, evaluation->root, start, evaluation->arena,
                               &evaluation->work, ret_nodes, error);
}

/* The path from each value of a list, as segments work on each node. */
static bool path_from_list(const struct expression *expression, const struct json_nodes *starts,
                           struct evaluation *evaluation, struct value *ret_value,
                           struct error *error)
{
    struct value_list all = {.room = 0};
    for (size_t i = 0; i < starts->count; i++) {
        struct value some = nothing;
        if (!select_from(expression, starts->items[i], evaluation, &some.list, error)) {
            return false;
        }
        if (!value_list_append(&all, &some, JSON_PATH_NODES_MAX, evaluation->arena)) {
            error_set(error, "a path selects more than %d values", JSON_PATH_NODES_MAX);
            return false;
        }
    }
    *ret_value = (struct value){.list = all.nodes};
    return true;
}

static bool path_from(const struct expression *expression, const struct value *start,
                      struct evaluation *evaluation, struct value *ret_value, struct error *error)
{
    if (expression->path == NULL || value_is_nothing(start)) {
        *ret_value = *start;
        return true;
    }
    if (value_is_list(start)) {
        return path_from_list(expression, &start->list, evaluation, ret_value, error);
    }
    if (json_path_is_singular(expression->path)) {
        *ret_value = (struct value){
            .one = json_path_single(expression->path, start->one, &evaluation->work)};
        return true;
    }
    *ret_value = nothing;
    return select_from(expression, start->one, evaluation, &ret_value->list, error);
}

/* A named value is made when it is first used. */
static bool evaluate_name(const struct expression *expression, struct evaluation *evaluation,
                          struct value *ret_value, struct error *error)
{
    struct binding_value *named = &evaluation->values[expression->binding];
    if (!named->known) {
        if (!evaluate(evaluation->bindings[expression->binding].expression, evaluation,
                      &named->value, error)) {
            return false;
        }
        named->known = true;
    }
    return evaluation_count(evaluation, named->value.list.count / LIST_ITEMS_A_STEP, error) &&
           path_from(expression, &named->value, evaluation, ret_value, error);
}

static bool evaluate_path(const struct expression *expression, struct evaluation *evaluation,
                          struct value *ret_value, struct error *error)
{
    struct value start;
    return evaluate(expression->first, evaluation, &start, error) &&
           path_from(expression, &start, evaluation, ret_value, error);
}

/* Bytes of the record as a text; nothing when they are none, or not UTF-8. The steps are checked when the
 * record's value is there. */
static struct value record_text(struct slice bytes, struct evaluation *evaluation)
{
    evaluation->work.steps += bytes.size / RECORD_BYTES_A_STEP;
    return bytes.data == NULL || !slice_is_utf8(bytes)
               ? nothing
               : value_new(JSON_STRING, bytes, evaluation->arena);
}

/* Of headers with one name the last counts, as in most of Kafka's tools. Those that the relay itself puts
 * on a dead letter are not the message's: it maps to the same when it is replayed. */
static struct value header_value(const struct message *message, struct slice name,
                                 struct evaluation *evaluation)
{
    if (slice_starts_with(name, SLICE("rokt-relay."))) {
        return nothing;
    }
    for (size_t i = message->header_count; i > 0; i--) {
        if (slice_equal(message->headers[i - 1].name, name)) {
            return record_text(message->headers[i - 1].value, evaluation);
        }
    }
    return nothing;
}

static struct value number_value(int64_t number, struct arena *arena)
{
    return value_new(JSON_NUMBER, arena_printf(arena, "%lld", (long long)number), arena);
}

static struct value timestamp_value(int64_t ms, struct arena *arena)
{
    if (ms < 0 || ms > MOMENT_MAX_MS) {
        return nothing;
    }
    char *text = arena_alloc(arena, TIMESTAMP_SIZE);
    timestamp_format(ms, text);
    return value_new(JSON_STRING, (struct slice){text, TIMESTAMP_SIZE - 1}, arena);
}

static struct value record_value(const struct expression *expression, struct evaluation *evaluation)
{
    const struct message *message = evaluation->message;
    struct arena *arena = evaluation->arena;
    switch (expression->part) {
    case KAFKA_KEY:
        return record_text(message->key, evaluation);
    case KAFKA_TOPIC:
        return record_text(message->topic, evaluation);
    case KAFKA_PARTITION:
        return number_value(message->partition, arena);
    case KAFKA_OFFSET:
        return number_value(message->offset, arena);
    case KAFKA_TIMESTAMP:
        return timestamp_value(message->timestamp_ms, arena);
    case KAFKA_HEADER:
        return header_value(message, expression->header, evaluation);
    }
    return nothing;
}

/* Headers are sought one by one. */
static bool evaluate_record(const struct expression *expression, struct evaluation *evaluation,
                            struct value *ret_value, struct error *error)
{
    *ret_value = record_value(expression, evaluation);
    return evaluation_count(evaluation, 1 + evaluation->message->header_count / 8, error);
}

/* The first that is present; when none is, nothing. */
static bool evaluate_coalesce(const struct expression *expression, struct evaluation *evaluation,
                              struct value *ret_value, struct error *error)
{
    for (const struct expression *operand = expression->first; operand != NULL;
         operand = operand->next) {
        struct value value;
        if (!evaluate(operand, evaluation, &value, error) ||
            !evaluation_count_blanks(evaluation, &value, error)) {
            return false;
        }
        if (!value_is_missing(&value)) {
            *ret_value = value;
            return true;
        }
    }
    *ret_value = nothing;
    return true;
}

static bool evaluate_call(const struct expression *expression, struct evaluation *evaluation,
                          struct value *ret_value, struct error *error)
{
    struct value value;
    if (!evaluate(expression->first, evaluation, &value, error)) {
        return false;
    }
    struct value arguments[TRANSFORM_ARGUMENTS_MAX];
    size_t count = 0;
    for (const struct expression *argument = expression->first->next; argument != NULL;
         argument = argument->next) {
        if (!evaluate(argument, evaluation, &arguments[count++], error)) {
            return false;
        }
    }
    struct call call = {.transform = expression->transform,
                        .prepared = expression->prepared,
                        .arguments = arguments,
                        .argument_count = count,
                        .keeps_places = expression->keeps_places,
                        .arena = evaluation->arena,
                        .work = &evaluation->work,
                        .matcher = &evaluation->matcher};
    return transform_apply(&call, &value, ret_value, error);
}

/* Appends what each gives for one item. */
static bool append_for(const struct expression *each, const struct json_value *item,
                       struct evaluation *evaluation, struct value_list *list, struct error *error)
{
    struct value value = nothing;
    evaluation->each_item = item;
    if (!value_is_blank(item) && (!evaluate(each->first->next, evaluation, &value, error) ||
                                  !evaluation_count_blanks(evaluation, &value, error))) {
        return false;
    }
    if (value_is_missing(&value)) {
        value = (struct value){.one = each->keeps_places ? &json_null : NULL};
    }
    if (!value_list_append(list, &value, TRANSFORM_LIST_MAX, evaluation->arena)) {
        error_set(error, "each makes a list of more than %d values", TRANSFORM_LIST_MAX);
        return false;
    }
    return true;
}

/* The second operand for each value of the first. The item of an each around it comes back. */
static bool evaluate_each(const struct expression *expression, struct evaluation *evaluation,
                          struct value *ret_value, struct error *error)
{
    struct value value;
    if (!evaluate(expression->first, evaluation, &value, error) ||
        !evaluation_count(evaluation, value.one == NULL ? 0 : value.one->count, error)) {
        return false;
    }
    const struct json_value *outer = evaluation->each_item;
    struct value items = {.list = value_items(&value, evaluation->arena)};
    struct value_list made = {.room = 0};
    bool good = evaluation_count_blanks(evaluation, &items, error);
    for (size_t i = 0; i < items.list.count && good; i++) {
        good = append_for(expression, items.list.items[i], evaluation, &made, error);
    }
    evaluation->each_item = outer;
    *ret_value = (struct value){.list = made.nodes};
    return good;
}

/* Characters of a text, items of an array, members of an object; else nothing. */
static bool evaluate_length(const struct expression *expression, struct evaluation *evaluation,
                            struct value *ret_value, struct error *error)
{
    struct value value;
    if (!evaluate(expression->first, evaluation, &value, error)) {
        return false;
    }
    const struct json_value *one = value_single(&value);
    *ret_value = nothing;
    if (one != NULL && one->kind == JSON_STRING) {
        int64_t length = (int64_t)slice_length(one->text);
        *ret_value = number_value(length, evaluation->arena);
        return evaluation_count(evaluation, work_of_bytes(one->text.size), error);
    }
    if (one != NULL && (one->kind == JSON_ARRAY || one->kind == JSON_OBJECT)) {
        *ret_value = number_value((int64_t)one->count, evaluation->arena);
    }
    return true;
}

static bool evaluate_value(const struct expression *expression, struct evaluation *evaluation,
                           struct value *ret_value, struct error *error)
{
    struct value value;
    if (!evaluate(expression->first, evaluation, &value, error)) {
        return false;
    }
    *ret_value = (struct value){.one = value_single(&value)};
    return true;
}

static bool operate(const struct expression *expression, struct evaluation *evaluation,
                    struct value *ret_value, struct error *error)
{
    if (!evaluation_count(evaluation, 1, error)) {
        return false;
    }
    switch (expression->operation) {
    case OPERATION_LITERAL:
        *ret_value = (struct value){.one = expression->literal};
        return true;
    case OPERATION_ROOT: {
        struct value root = {.one = evaluation->root};
        return path_from(expression, &root, evaluation, ret_value, error);
    }
    case OPERATION_ITEM: {
        struct value item = {.one = evaluation->item};
        return path_from(expression, &item, evaluation, ret_value, error);
    }
    case OPERATION_EACH_ITEM: {
        struct value item = {.one = evaluation->each_item};
        return path_from(expression, &item, evaluation, ret_value, error);
    }
    case OPERATION_NAME:
        return evaluate_name(expression, evaluation, ret_value, error);
    case OPERATION_PATH:
        return evaluate_path(expression, evaluation, ret_value, error);
    case OPERATION_KAFKA:
        return evaluate_record(expression, evaluation, ret_value, error);
    case OPERATION_COALESCE:
        return evaluate_coalesce(expression, evaluation, ret_value, error);
    case OPERATION_CALL:
        return evaluate_call(expression, evaluation, ret_value, error);
    case OPERATION_EACH:
        return evaluate_each(expression, evaluation, ret_value, error);
    case OPERATION_LENGTH:
        return evaluate_length(expression, evaluation, ret_value, error);
    case OPERATION_VALUE:
        return evaluate_value(expression, evaluation, ret_value, error);
    case OPERATION_OR:
    case OPERATION_AND:
    case OPERATION_NOT:
    case OPERATION_EXISTS:
    case OPERATION_PRESENT:
    case OPERATION_MATCH:
    case OPERATION_SEARCH:
    case OPERATION_COMPARE:
    case OPERATION_IN:
        break;
    }
    error_set(error, "a condition is no value"); /* compiling lets none through */
    return false;
}

static bool evaluate_traced(const struct expression *expression, struct evaluation *evaluation,
                            struct value *ret_value, struct error *error)
{
    struct trace_step *step = trace_enter(evaluation->trace, expression, evaluation->each_item);
    bool fine = operate(expression, evaluation, ret_value, error);
    trace_leave(evaluation->trace, step, fine ? TRACE_GAVE : TRACE_FAILED, ret_value, error);
    return fine;
}

static bool evaluate(const struct expression *expression, struct evaluation *evaluation,
                     struct value *ret_value, struct error *error)
{
    return evaluation->trace == NULL ? operate(expression, evaluation, ret_value, error)
                                     : evaluate_traced(expression, evaluation, ret_value, error);
}

bool expression_evaluate(const struct expression *expression, struct evaluation *evaluation,
                         struct value *ret_value, struct error *error)
{
    return evaluate(expression, evaluation, ret_value, error);
}
