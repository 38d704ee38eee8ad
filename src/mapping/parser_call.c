/* Calls of transforms: their arguments, and all that can be known of them before a message comes. */
#include "kinds.h"
#include "parser.h"

/* The argument of each, in which `@` is each value. */
static struct expression *take_each(struct parser *parser)
{
    struct each each = {.outer = parser->each};
    parser->each = &each;
    struct expression *argument = parser_value(parser);
    parser->each = each.outer;
    if (argument != NULL && !each.used) {
        parser_error_in(parser, argument,
                        "$.items[*] | each(@.price); in a filter, @ is what is filtered, and "
                        "where('id', @.pid) compares with the @ of each",
                        "each works this out for each value, which is @, and there is no @ in it");
    }
    return argument;
}

/* Reads `(a, b, …)` as operands of the call. */
static bool take_arguments(struct parser *parser, struct expression *call)
{
    bool is_each = call->transform != NULL && call->transform->scope == TRANSFORM_EXPRESSION;
    parser_take(parser, "(");
    if (parser_take(parser, ")")) {
        return true;
    }
    do {
        struct expression *argument =
            is_each && call->count > 0 ? take_each(parser) : parser_value(parser);
        if (argument == NULL) {
            return false;
        }
        parser_add(parser, call, argument);
    } while (parser_take(parser, ","));
    if (!parser_take(parser, ")")) {
        parser_mistaken(parser, "`,` or `)`", MISTAKE_BEHIND);
        return false;
    }
    return true;
}

/* "2 arguments", "at least 1 argument" */
static void write_count(const struct transform *transform, bool few, struct error *ret_text)
{
    size_t bound = few ? transform->arguments_min : transform->arguments_max;
    const char *measure = transform->arguments_min == transform->arguments_max ? ""
                          : few                                                ? "at least "
                                                                               : "at most ";
    if (bound == 0) {
        error_set(ret_text, "no arguments");
    } else {
        error_set(ret_text, "%s%zu argument%s", measure, bound, bound == 1 ? "" : "s");
    }
}

static void check_argument_count(struct parser *parser, const struct expression *call,
                                 struct slice name)
{
    const struct transform *transform = call->transform;
    size_t given = call->count - 1;
    if (given >= transform->arguments_min && given <= transform->arguments_max) {
        return;
    }
    size_t from = parser_offset(parser, name);
    struct error count;
    struct error hint;
    write_count(transform, given < transform->arguments_min, &count);
    error_set(&hint, "… | %s%s", transform->name, transform->arguments);
    parser_error(parser, from, parser->at - from, hint.text, "%s takes %s, and this has %zu",
                 transform->name, count.text, given);
}

/* Numbers are mostly written in quotes by those who are used to it. */
static const char *argument_hint(const struct expression *argument)
{
    const struct json_value *literal = argument->literal;
    bool digit = literal->kind == JSON_STRING && literal->text.size > 0 &&
                 literal->text.data[0] >= '0' && literal->text.data[0] <= '9';
    return digit ? "a number stands without quotes" : NULL;
}

static void check_arguments(struct parser *parser, const struct expression *call)
{
    size_t index = 0;
    for (const struct expression *argument = call->first->next; argument != NULL;
         argument = argument->next) {
        if (transform_argument(call->transform, index) == TRANSFORM_MANY) {
            parser_need_value(parser, argument);
        } else {
            parser_need_single(parser, argument, "an argument");
        }
        const char *fault = NULL;
        if (argument->operation == OPERATION_LITERAL) {
            fault = transform_argument_fault(call->transform, index, argument->literal);
        }
        if (fault != NULL) {
            parser_error_in(parser, argument, argument_hint(argument), "%s wants %s here",
                            call->transform->name, fault);
        }
        index++;
    }
}

/* What stands at which place is lost where a list leaves out what is missing: a line without a price
 * would take that of the next. Goes as deep as the expression. */
static void keep_places(struct expression *expression)
{
    bool on_each = expression->operation == OPERATION_EACH ||
                   (expression->operation == OPERATION_CALL && expression->transform != NULL &&
                    expression->transform->scope == TRANSFORM_EACH);
    expression->keeps_places = true;
    if (on_each || expression->operation == OPERATION_PATH) {
        keep_places(expression->first);
    } else if (expression->operation == OPERATION_COALESCE) {
        for (struct expression *one = expression->first; one != NULL; one = one->next) {
            keep_places(one);
        }
    }
}

static bool call_may_be_list(const struct expression *call)
{
    switch (call->transform->scope) {
    case TRANSFORM_EACH:
        return call->first->may_be_list || transform_gives_list(call->transform);
    case TRANSFORM_LIST:
    case TRANSFORM_WHOLE_LIST:
        return transform_gives_list(call->transform);
    case TRANSFORM_EXPRESSION:
        return true;
    case TRANSFORM_COALESCE:
        return call->first->may_be_list || (call->count > 1 && call->first->next->may_be_list);
    }
    return false;
}

/* A constant that is worked on is prepared once, not for each message. A blank one stays missing. */
static void prepare_constant(struct parser *parser, struct expression *call)
{
    struct expression *first = call->first;
    if (first->operation != OPERATION_LITERAL || first->literal->kind != JSON_STRING ||
        value_is_blank(first->literal)) {
        return;
    }
    struct arena *arena = &parser->scope->pool->arena;
    struct slice text = transform_prepare(call->transform, first->literal->text, arena);
    first->literal = value_new(JSON_STRING, text, arena).one;
}

/* The same for what a transform makes of its literal arguments. */
static void prepare_arguments(struct parser *parser, struct expression *call)
{
    struct preparation preparation = {.arena = &parser->scope->pool->arena,
                                      .tables = parser->scope->tables};
    const struct expression *argument = call->first->next;
    while (argument != NULL && preparation.argument_count < TRANSFORM_ARGUMENTS_MAX) {
        bool literal = argument->operation == OPERATION_LITERAL;
        preparation.arguments[preparation.argument_count++] = literal ? argument->literal : NULL;
        argument = argument->next;
    }
    if (call->transform->prepare(&preparation, &call->prepared)) {
        return;
    }
    argument = call->first->next;
    for (size_t i = 0; i < preparation.at && argument->next != NULL; i++) {
        argument = argument->next;
    }
    parser_error_in(parser, argument,
                    preparation.hint.text[0] == '\0' ? NULL : preparation.hint.text, "%s",
                    preparation.error.text);
}

/* A call that works on literals alone fails for every message, or for none. */
static void check_literals(struct parser *parser, const struct expression *call)
{
    struct value values[TRANSFORM_ARGUMENTS_MAX + 1];
    size_t count = 0;
    for (const struct expression *operand = call->first; operand != NULL; operand = operand->next) {
        if (operand->operation != OPERATION_LITERAL) {
            return;
        }
        values[count++] = (struct value){.one = operand->literal};
    }
    struct work work = {.steps = 0};
    struct regex_matcher matcher = {.arena = NULL};
    struct call use = {.transform = call->transform,
                       .prepared = call->prepared,
                       .arguments = values + 1,
                       .argument_count = count - 1,
                       .arena = &parser->scope->pool->arena,
                       .work = &work,
                       .matcher = &matcher};
    struct value ignored;
    struct error error;
    if (!transform_apply(&use, values, &ignored, &error)) {
        parser_error_in(parser, call, NULL, "%s", error.text);
    }
}

/* Everything that can be known of a call of a known transform. */
static void check_call(struct parser *parser, struct expression *call, struct slice name,
                       const struct expression *piped)
{
    if (call->count == 0) {
        struct error hint;
        error_set(&hint, "… | %s%s", call->transform->name, call->transform->arguments);
        parser_error_in(parser, call, hint.text, "%s has nothing to work on",
                        call->transform->name);
        return;
    }
    if (piped == NULL) {
        parser_need_value(parser, call->first);
    }
    check_argument_count(parser, call, name);
    check_arguments(parser, call);
    prepare_constant(parser, call);
    if (transform_pairs(call->transform) && call->count > 1) {
        keep_places(call->first);
        keep_places(call->first->next);
    }
    if (call->transform->prepare != NULL && !parser->wrong) {
        prepare_arguments(parser, call);
    }
    call->may_be_list = call_may_be_list(call);
    call->kinds = kinds_of_call(call);
    if (call->transform->scope == TRANSFORM_COALESCE) {
        call->operation = OPERATION_COALESCE;
    } else if (call->transform->scope == TRANSFORM_EXPRESSION) {
        call->operation = OPERATION_EACH;
    } else if (!parser->wrong) {
        check_literals(parser, call);
    }
}

struct expression *parser_call(struct parser *parser, struct slice name, size_t from,
                               struct expression *piped)
{
    enum operation operation;
    if (parser_is_function(name, &operation) && !parser_is_question(operation)) {
        return parser_function(parser, operation, from, piped);
    }
    struct expression *call = parser_node(parser, OPERATION_CALL, from);
    call->transform = transform_find(name);
    if (call->transform == NULL) {
        struct error room;
        const char *hint = mistake_of_transform(name);
        parser_error(parser, parser_offset(parser, name), name.size,
                     hint != NULL ? hint : parser_nearest(transform_nearest(name), &room),
                     "unknown transform \"%.*s\"", SLICE_PRINT(name));
    }
    if (piped != NULL) {
        parser_add(parser, call, piped);
    }
    if (parser_sees(parser, "(") && !take_arguments(parser, call)) {
        return NULL;
    }
    call->source = slice_part(parser->text, from, parser->at - from);
    if (call->transform != NULL) {
        check_call(parser, call, name, piped);
    }
    return parser_path_into(parser, call, from);
}
