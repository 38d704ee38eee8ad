/* Running conditions: the logical expressions of RFC 9535, section 2.3.5.2.2. */
#include "syntax.h"
#include "trace.h"

/* The one value to compare, NULL for nothing. */
static bool comparand(const struct expression *expression, struct evaluation *evaluation,
                      const struct json_value **ret_value, struct error *error)
{
    struct value value;
    if (!expression_evaluate(expression, evaluation, &value, error)) {
        return false;
    }
    if (value.list.count > 1) {
        error_set(error, "a list of %zu values cannot be compared", value.list.count);
        return false;
    }
    *ret_value = value_is_list(&value) ? value.list.items[0] : value.one;
    return true;
}

/* Nothing equals nothing, and nothing else. */
static bool equal(const struct json_value *left, const struct json_value *right)
{
    return left == NULL || right == NULL ? left == right : json_equal(left, right);
}

static bool less(const struct json_value *left, const struct json_value *right)
{
    return left != NULL && right != NULL && json_less(left, right);
}

static bool compare(enum comparison comparison, const struct json_value *left,
                    const struct json_value *right)
{
    switch (comparison) {
    case COMPARISON_EQUAL:
        return equal(left, right);
    case COMPARISON_NOT_EQUAL:
        return !equal(left, right);
    case COMPARISON_LESS:
        return less(left, right);
    case COMPARISON_LESS_EQUAL:
        return less(left, right) || equal(left, right);
    case COMPARISON_GREATER:
        return less(right, left);
    case COMPARISON_GREATER_EQUAL:
        return less(right, left) || equal(left, right);
    }
    return false;
}

static bool count_work(struct evaluation *evaluation, const struct json_value *left,
                       const struct json_value *right, struct error *error)
{
    bool both = left != NULL && right != NULL;
    if (both && !json_count_work(left, right, evaluation->arena, &evaluation->work)) {
        error_set(error, WORK_EXCEEDED);
        return false;
    }
    return true;
}

static bool holds_comparison(const struct expression *expression, struct evaluation *evaluation,
                             bool *ret_holds, struct error *error)
{
    const struct json_value *left;
    const struct json_value *right;
    if (!comparand(expression->first, evaluation, &left, error) ||
        !comparand(expression->first->next, evaluation, &right, error) ||
        !count_work(evaluation, left, right, error)) {
        return false;
    }
    *ret_holds = compare(expression->comparison, left, right);
    return true;
}

static bool holds_membership(const struct expression *expression, struct evaluation *evaluation,
                             bool *ret_holds, struct error *error)
{
    const struct json_value *value;
    if (!comparand(expression->first, evaluation, &value, error)) {
        return false;
    }
    *ret_holds = false;
    for (const struct expression *operand = expression->first->next; operand != NULL;
         operand = operand->next) {
        const struct json_value *member;
        if (!comparand(operand, evaluation, &member, error) ||
            !count_work(evaluation, value, member, error)) {
            return false;
        }
        if (equal(value, member)) {
            *ret_holds = true;
            return true;
        }
    }
    return true;
}

/* Whether something is there at all (null is), or present (null is not). */
static bool holds_question(const struct expression *expression, struct evaluation *evaluation,
                           bool *ret_holds, struct error *error)
{
    struct value value;
    if (!expression_evaluate(expression->first, evaluation, &value, error) ||
        !evaluation_count_blanks(evaluation, &value, error)) {
        return false;
    }
    *ret_holds = expression->operation == OPERATION_EXISTS ? !value_is_nothing(&value)
                                                           : !value_is_missing(&value);
    return true;
}

/* What is no text matches nothing, as RFC 9535 has it. */
static bool holds_match(const struct expression *expression, struct evaluation *evaluation,
                        bool *ret_holds, struct error *error)
{
    const struct json_value *value;
    if (!comparand(expression->first, evaluation, &value, error)) {
        return false;
    }
    *ret_holds = false;
    if (value == NULL || value->kind != JSON_STRING) {
        return true;
    }
    evaluation->matcher.arena = evaluation->arena;
    enum regex_verdict verdict = regex_match_counted(expression->regex, value->text, 0,
                                                     &evaluation->work, &evaluation->matcher);
    if (verdict == REGEX_TOO_HARD) {
        error_set(error, "%s",
                  evaluation->work.exceeded ? WORK_EXCEEDED
                                            : "a regular expression takes too long on a text");
        return false;
    }
    *ret_holds = verdict == REGEX_YES;
    return true;
}

/* Stops at the first operand that decides: one that holds for ||, one that does not for &&. */
static bool holds_chain(const struct expression *expression, struct evaluation *evaluation,
                        bool *ret_holds, struct error *error)
{
    bool decisive = expression->operation == OPERATION_OR;
    for (const struct expression *operand = expression->first; operand != NULL;
         operand = operand->next) {
        bool holds;
        if (!expression_holds(operand, evaluation, &holds, error)) {
            return false;
        }
        if (holds == decisive) {
            *ret_holds = decisive;
            return true;
        }
    }
    *ret_holds = !decisive;
    return true;
}

static bool decide(const struct expression *expression, struct evaluation *evaluation,
                   bool *ret_holds, struct error *error)
{
    if (!evaluation_count(evaluation, 1, error)) {
        return false;
    }
    switch (expression->operation) {
    case OPERATION_OR:
    case OPERATION_AND:
        return holds_chain(expression, evaluation, ret_holds, error);
    case OPERATION_NOT: {
        bool holds;
        if (!expression_holds(expression->first, evaluation, &holds, error)) {
            return false;
        }
        *ret_holds = !holds;
        return true;
    }
    case OPERATION_EXISTS:
    case OPERATION_PRESENT:
        return holds_question(expression, evaluation, ret_holds, error);
    case OPERATION_MATCH:
    case OPERATION_SEARCH:
        return holds_match(expression, evaluation, ret_holds, error);
    case OPERATION_COMPARE:
        return holds_comparison(expression, evaluation, ret_holds, error);
    case OPERATION_IN:
        return holds_membership(expression, evaluation, ret_holds, error);
    case OPERATION_LITERAL:
    case OPERATION_ROOT:
    case OPERATION_ITEM:
    case OPERATION_EACH_ITEM:
    case OPERATION_NAME:
    case OPERATION_PATH:
    case OPERATION_KAFKA:
    case OPERATION_COALESCE:
    case OPERATION_CALL:
    case OPERATION_EACH:
    case OPERATION_LENGTH:
    case OPERATION_VALUE:
        break;
    }
    error_set(error, "a value is no condition"); /* compiling lets none through */
    return false;
}

static bool decide_traced(const struct expression *expression, struct evaluation *evaluation,
                          bool *ret_holds, struct error *error)
{
    struct trace_step *step = trace_enter(evaluation->trace, expression, evaluation->each_item);
    enum trace_state state = TRACE_FAILED;
    if (decide(expression, evaluation, ret_holds, error)) {
        state = *ret_holds ? TRACE_HOLDS : TRACE_HOLDS_NOT;
    }
    trace_leave(evaluation->trace, step, state, NULL, error);
    return state != TRACE_FAILED;
}

bool expression_holds(const struct expression *expression, struct evaluation *evaluation,
                      bool *ret_holds, struct error *error)
{
    return evaluation->trace == NULL ? decide(expression, evaluation, ret_holds, error)
                                     : decide_traced(expression, evaluation, ret_holds, error);
}
