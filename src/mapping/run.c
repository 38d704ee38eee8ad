/* Running a mapping on a message. */
#include "plan.h"
#include "reason.h"
#include "time_format.h"
#include "trace.h"

#include "base/decimal.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "conversion/text.h"
#include "json/reader.h"
#include "mapping/transform.h"

#include <stdarg.h>
#include <stdio.h>

#define RULE_BYTES_A_STEP 4 /* rules look at each character several times */
#define SOURCE_MAX 120      /* bytes of an expression in an error */
#define SCHEMA_ID_SIZE 5

/* The namespace of ids that are made from a record's place. It must never change: a message that
 * is read again must get the id that it had. */
static const unsigned char record_space[16] = {0x1c, 0x86, 0x2f, 0x53, 0x0a, 0x9d, 0x4b, 0x7e,
                                               0xa3, 0x15, 0x6e, 0xd0, 0x42, 0xb8, 0xc7, 0x69};

struct run {
    const struct mapping *mapping;
    const struct message *message;
    struct arena *arena;
    struct mapping_result *result;
    struct evaluation evaluation;
    struct trace *trace;   /* NULL: nobody wants to know */
    struct error error;    /* of the step under way */
    struct error omission; /* why a field was left out last; "" when none was */
};

/* Steps return false when the message's outcome is known before its end: skipped or dead. */

__attribute__((format(printf, 3, 4))) static bool dead(struct run *run, const char *reason,
                                                       const char *format, ...)
{
    struct mapping_result *result = run->result;
    va_list arguments;
    va_start(arguments, format);
    char text[4 * ERROR_SIZE]; /* error_set() tells where it is cut */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(&result->error, "%s", text);
    trace_misfit(run->trace, &result->error);
    result->outcome = MAPPING_DEAD;
    result->reason = reason;
    result->conversions = NULL;
    result->count = 0;
    return false;
}

static bool skip(struct run *run, const char *reason)
{
    run->result->outcome = MAPPING_SKIPPED;
    run->result->reason = reason;
    return false;
}

/* The expression as the mapping has it, a long one cut where a character begins. */
static struct slice source_of(const struct expression *expression)
{
    struct slice source = expression_source(expression);
    if (source.size > SOURCE_MAX) {
        size_t size = SOURCE_MAX;
        while (size > 0 && ((unsigned char)source.data[size] & 0xC0) == 0x80) {
            size--;
        }
        source.size = size;
    }
    return source;
}

/* --- One value ------------------------------------------------------------------------------- */

/* Of an expression that failed. */
static const char *failure_reason(const struct run *run)
{
    return run->evaluation.work.exceeded ? reason_work : reason_expression;
}

/* What is wrong with a field (run->error, a sentence about it) costs the field or the message,
 * as its policy says; too much work, always the message. */
static bool misfit(struct run *run, const struct assignment *assignment, const char *reason)
{
    if (assignment->policy == FIELD_DEAD_LETTER || run->evaluation.work.exceeded) {
        struct slice source = source_of(assignment->value);
        run->result->field = assignment->target;
        return dead(run, reason, "%s, in: %.*s", run->error.text, SLICE_PRINT(source));
    }
    trace_misfit(run->trace, &run->error);
    run->result->omitted++;
    run->omission = run->error;
    return true;
}

static bool dead_of_list(struct run *run, const struct assignment *assignment,
                         const struct value *value, enum value_text kind)
{
    struct slice source = source_of(assignment->value);
    run->result->field = assignment->target;
    if (kind == VALUE_OBJECT) {
        return dead(run, reason_list,
                    "%s: an object where one value was expected: select a member "
                    "of it, in: %.*s",
                    assignment->target, SLICE_PRINT(source));
    }
    struct buffer reducers;
    buffer_init(&reducers, ERROR_SIZE);
    transform_reducers(&reducers);
    size_t count = value->one != NULL ? value->one->count : value->list.count;
    bool time = assignment == &run->mapping->event_time && value->one != NULL;
    dead(run, reason_list,
         "%s: a list of %zu where one value was expected: reduce it with %.*s%s, in: %.*s",
         assignment->target, count, SLICE_PRINT(buffer_slice(&reducers)),
         time ? "; of year, month, day … join('-') | timestamp('%Y-%m-%d-%H-%M-%S', 'utc')" : "",
         SLICE_PRINT(source));
    buffer_done(&reducers);
    return false;
}

static bool count_steps(struct run *run, const struct assignment *assignment, size_t steps)
{
    if (work_count(&run->evaluation.work, run->arena, steps)) {
        return true;
    }
    error_set(&run->error, "%s: %s", assignment->target, WORK_EXCEEDED);
    return misfit(run, assignment, failure_reason(run));
}

/* The text of an assignment; empty when there is none. */
static bool make_text(struct run *run, const struct assignment *assignment, struct slice *ret_text)
{
    struct value value;
    bool holds = true;
    *ret_text = (struct slice){NULL, 0};
    trace_begin(run->trace, TRACE_ASSIGNMENT, assignment->target);
    if (assignment->condition != NULL &&
        !expression_holds(assignment->condition, &run->evaluation, &holds, &run->error)) {
        error_prefix(&run->error, "%s: if", assignment->target);
        return misfit(run, assignment, failure_reason(run));
    }
    if (!holds) {
        return true;
    }
    if (!expression_evaluate(assignment->value, &run->evaluation, &value, &run->error)) {
        error_prefix(&run->error, "%s", assignment->target);
        return misfit(run, assignment, failure_reason(run));
    }
    if (!count_steps(run, assignment, value_blank_work(&value))) {
        return false;
    }
    enum value_text kind = value_text(&value, ret_text);
    if (kind == VALUE_LIST || kind == VALUE_OBJECT) {
        return dead_of_list(run, assignment, &value, kind);
    }
    /* Its rule is yet to be kept. */
    return count_steps(run, assignment, ret_text->size / RULE_BYTES_A_STEP);
}

static bool make_field(struct run *run, const struct field_assignment *field,
                       struct conversion *conversion)
{
    struct slice text;
    if (!make_text(run, &field->assignment, &text)) {
        return false;
    }
    if (text.size == 0) {
        return true;
    }
    const struct field_context context = {.arena = run->arena,
                                          .event_time_ms = conversion->event_time_ms,
                                          .negative = field->assignment.negative,
                                          .value_max = run->mapping->value_max};
    if (!field_normalise(field->field, text, &context, &conversion->fields[field->field],
                         &run->error)) {
        return misfit(run, &field->assignment, reason_invalid);
    }
    trace_gives(run->trace, conversion->fields[field->field]);
    return true;
}

/* Attributes that are there, in the order of the mapping. */
static bool make_attributes(struct run *run, const struct named_assignments *assignments,
                            size_t value_max, const struct attribute **ret_attributes,
                            size_t *ret_count)
{
    struct attribute *attributes = arena_alloc(run->arena, assignments->count * sizeof *attributes);
    size_t count = 0;
    for (size_t i = 0; i < assignments->count; i++) {
        const struct named_assignment *named = &assignments->items[i];
        struct slice text;
        if (!make_text(run, &named->assignment, &text)) {
            return false;
        }
        text = text_clean(text, run->arena);
        if (text.size > value_max && slice_length(text) > value_max) {
            error_set(&run->error, "%s is longer than %zu characters", named->assignment.target,
                      value_max);
            if (!misfit(run, &named->assignment, reason_invalid)) {
                return false;
            }
        } else if (text.size > 0) {
            trace_gives(run->trace, text);
            attributes[count++] = (struct attribute){named->name, text};
        }
    }
    *ret_attributes = attributes;
    *ret_count = count;
    return true;
}

/* --- What every conversion has --------------------------------------------------------------- */

/* What a text is that is no time as it must be, so that the mapping can be mended. */
static const char *time_fault(struct slice text, struct arena *arena)
{
    struct decimal number;
    int64_t ms;
    const char *pattern = time_format_pattern_for(text);
    if (pattern != NULL) {
        return pattern;
    }
    if (decimal_parse(text, arena, &number)) {
        return "a number: timestamp('s'), timestamp('ms') … says what it counts, "
               "timestamp('epoch') goes by its size";
    }
    switch (timestamp_parse(text, &zone_utc, &ms)) {
    case MOMENT_FINE:
        return "a time without an offset: timestamp('utc') takes it as UTC, "
               "timestamp('Europe/Berlin') as "
               "local time there";
    case MOMENT_IMPOSSIBLE:
    case MOMENT_OUT_OF_RANGE:
        return "a date or a time of day that there is not";
    default:
        break;
    }
    return time_mail_read(text, &zone_utc, &ms) == MOMENT_FINE
               ? "a time of RFC 2822: timestamp('rfc2822') reads it"
               : "no time of RFC 3339: timestamp('%d.%m.%Y %H:%M', 'Europe/Berlin') reads "
                 "others "
                 "by a pattern";
}

static bool make_event_time(struct run *run, struct conversion *conversion)
{
    const struct assignment *assignment = &run->mapping->event_time;
    struct slice text = {NULL, 0};
    if (assignment->value == NULL) {
        conversion->event_time_ms = run->message->timestamp_ms;
        trace_begin(run->trace, TRACE_DEFAULT, "eventTime");
        if (conversion->event_time_ms < 0 || conversion->event_time_ms > MOMENT_MAX_MS) {
            run->result->field = "eventTime";
            return dead(run, reason_event_time,
                        "eventTime: the record has no timestamp, or one behind the year 9999");
        }
        trace_time(run->trace, conversion->event_time_ms);
        return true;
    }
    if (!make_text(run, assignment, &text)) {
        return false;
    }
    text = slice_trim(text);
    struct slice source = source_of(assignment->value);
    if (text.size == 0) {
        run->result->field = assignment->target;
        return dead(run, reason_event_time, "eventTime is missing, in: %.*s", SLICE_PRINT(source));
    }
    if (timestamp_parse(text, NULL, &conversion->event_time_ms) != MOMENT_FINE) {
        run->result->field = assignment->target;
        return dead(run, reason_invalid, "eventTime is %s, in: %.*s", time_fault(text, run->arena),
                    SLICE_PRINT(source));
    }
    trace_time(run->trace, conversion->event_time_ms);
    return true;
}

/* From where the message stands, so that reading it again gives the same id. */
static struct slice record_id(const struct run *run, size_t index)
{
    char numbers[128];
    const struct message *message = run->message;
    int size = snprintf(numbers, sizeof numbers, "/%ld/%lld/%lld/%zu", (long)message->partition,
                        (long long)message->offset, (long long)message->timestamp_ms, index);
    struct slice parts[] = {message->topic, {numbers, (size_t)size}};
    char *id = arena_alloc(run->arena, UUID_TEXT_SIZE);
    uuid_v5(record_space, parts, sizeof parts / sizeof *parts, id);
    return (struct slice){id, UUID_TEXT_SIZE};
}

static bool check_own_text(struct run *run, const struct assignment *assignment, struct slice text,
                           size_t max)
{
    struct slice source = source_of(assignment->value);
    const char *fault = text_has_control(text) ? "holds a control character"
                        : text_is_no_id(text)  ? TEXT_IS_NO_ID
                                               : NULL;
    if (fault == NULL && (text.size <= max || slice_length(text) <= max)) {
        return true;
    }
    run->result->field = assignment->target;
    if (fault != NULL) {
        return dead(run, reason_invalid, "%s %s, in: %.*s", assignment->target, fault,
                    SLICE_PRINT(source));
    }
    return dead(run, reason_invalid, "%s is longer than %zu characters, in: %.*s",
                assignment->target, max, SLICE_PRINT(source));
}

/* The id, and the event's type, of which there are defaults. */
static bool make_own_text(struct run *run, const struct assignment *assignment, size_t max,
                          struct slice *ret_text)
{
    if (assignment->value == NULL) {
        return true;
    }
    struct slice text;
    if (!make_text(run, assignment, &text) || !check_own_text(run, assignment, text, max)) {
        return false;
    }
    if (slice_trim(text).size > 0) {
        trace_gives(run->trace, text);
        *ret_text = text;
    }
    return true;
}

/* Nothing is the configuration's account. */
static bool make_account(struct run *run, struct conversion *conversion)
{
    const struct assignment *assignment = &run->mapping->account;
    struct slice text;
    if (assignment->value == NULL) {
        return true;
    }
    if (!make_text(run, assignment, &text)) {
        return false;
    }
    text = slice_trim(text);
    if (text.size > 0 && !conversion_is_account_id(text)) {
        struct slice source = source_of(assignment->value);
        run->result->field = assignment->target;
        return dead(run, reason_invalid,
                    "account is not 1 to %d printable ASCII characters without blanks, in: %.*s",
                    CONVERSION_ACCOUNT_ID_MAX, SLICE_PRINT(source));
    }
    conversion->account_id = text;
    trace_gives(run->trace, text);
    return true;
}

static bool has_requirement(const struct requirement *requirement, const struct mapping *mapping,
                            const struct conversion *conversion)
{
    if (requirement->always) {
        return true;
    }
    if (!requirement->is_custom) {
        return conversion->fields[requirement->index].size > 0;
    }
    for (size_t i = 0; i < conversion->custom_count; i++) {
        if (conversion->custom[i].name.data ==
            mapping->custom.items[requirement->index].name.data) {
            return true;
        }
    }
    return false;
}

/* Of each row of alternatives one must be there. */
static bool check_requirements(struct run *run, const struct conversion *conversion)
{
    const struct mapping *mapping = run->mapping;
    bool found = false;
    for (size_t i = 0; i < mapping->requirement_count; i++) {
        const struct requirement *requirement = &mapping->requirements[i];
        found = found || has_requirement(requirement, mapping, conversion);
        if (requirement->or_next) {
            continue;
        }
        if (!found) {
            run->result->field = requirement->alternatives;
            return dead(run, reason_required, "%s is required, and missing%s%s",
                        requirement->alternatives,
                        run->omission.text[0] == '\0' ? "" : "; left out: ", run->omission.text);
        }
        found = false;
    }
    return true;
}

/* Rokt finds by one of these what its Web SDK has told it already. */
static bool check_integration(struct run *run, const struct conversion *conversion)
{
    if (!run->mapping->web_sdk_too || conversion->fields[FIELD_TRANSACTIONID].size > 0 ||
        conversion->fields[FIELD_CONFIRMATIONREF].size > 0) {
        return true;
    }
    run->result->field = "transactionid | confirmationref";
    return dead(run, reason_required,
                "transactionid or confirmationref is required by integration, and missing%s%s",
                run->omission.text[0] == '\0' ? "" : "; left out: ", run->omission.text);
}

static bool check_identity(struct run *run, const struct conversion *conversion)
{
    return conversion_has_identity(conversion) ||
           dead(run, reason_identity, "no email, emailsha256 or passbackconversiontrackingid%s%s",
                run->omission.text[0] == '\0' ? "" : "; left out: ", run->omission.text);
}

static bool make_conversion(struct run *run, size_t index, struct conversion *conversion)
{
    const struct mapping *mapping = run->mapping;
    run->omission.text[0] = '\0';
    *conversion = (struct conversion){
        .event_type = CONVERSION_EVENT_TYPE,
        .item = mapping->for_each == NULL ? CONVERSION_NO_ITEM : (int32_t)index,
    };
    if (!make_account(run, conversion) || !make_event_time(run, conversion) ||
        !make_own_text(run, &mapping->event_type, CONVERSION_EVENT_TYPE_MAX,
                       &conversion->event_type) ||
        !make_own_text(run, &mapping->client_event_id, CONVERSION_CLIENT_EVENT_ID_MAX,
                       &conversion->client_event_id)) {
        return false;
    }
    if (conversion->client_event_id.size == 0) {
        conversion->client_event_id = record_id(run, index);
        trace_begin(run->trace, TRACE_DEFAULT, "clientEventId");
        trace_gives(run->trace, conversion->client_event_id);
    }
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (!make_field(run, &mapping->fields[i], conversion)) {
            return false;
        }
    }
    if (!make_attributes(run, &mapping->custom, mapping->value_max, &conversion->custom,
                         &conversion->custom_count) ||
        !make_attributes(run, &mapping->metadata, CONVERSION_ATTRIBUTE_VALUE_MAX,
                         &conversion->metadata, &conversion->metadata_count)) {
        return false;
    }
    trace_end(run->trace);
    return check_identity(run, conversion) && check_requirements(run, conversion) &&
           check_integration(run, conversion);
}

/* --- The whole message ----------------------------------------------------------------------- */

/* Whether all conditions hold that depend on the item, or on none. `ret_failed` is the name of
 * the first that does not, else NULL. */
static bool check_conditions(struct run *run, bool of_item, const char **ret_failed)
{
    *ret_failed = NULL;
    for (size_t i = 0; i < run->mapping->condition_count && *ret_failed == NULL; i++) {
        const struct condition *condition = &run->mapping->conditions[i];
        bool holds;
        if (expression_uses_item(condition->expression) != of_item) {
            continue;
        }
        trace_begin(run->trace, TRACE_CONDITION, condition->name);
        if (!expression_holds(condition->expression, &run->evaluation, &holds, &run->error)) {
            struct slice source = source_of(condition->expression);
            return dead(run, failure_reason(run), "when: %s: %s, in: %.*s", condition->name,
                        run->error.text, SLICE_PRINT(source));
        }
        if (!holds) {
            *ret_failed = condition->name;
        }
    }
    return true;
}

/* Named values that are made from the item are unknown again. */
static void next_item(struct run *run, const struct json_value *item)
{
    const struct mapping *mapping = run->mapping;
    run->evaluation.item = item;
    for (size_t i = 0; i < mapping->binding_count; i++) {
        if (expression_uses_item(mapping->bindings[i].expression)) {
            run->evaluation.values[i].known = false;
        }
    }
}

/* The items that are there, null ones left out; one that is nothing when there is no for_each. */
static bool make_items(struct run *run, struct json_nodes *ret_items)
{
    const struct expression *for_each = run->mapping->for_each;
    struct value value;
    trace_begin(run->trace, TRACE_FOR_EACH, "for_each");
    if (!expression_evaluate(for_each, &run->evaluation, &value, &run->error)) {
        struct slice source = source_of(for_each);
        return dead(run, failure_reason(run), "for_each: %s, in: %.*s", run->error.text,
                    SLICE_PRINT(source));
    }
    struct value items = {.list = value_items(&value, run->arena)};
    if (!work_count(&run->evaluation.work, run->arena, value_blank_work(&items))) {
        return dead(run, reason_work, "for_each: %s", WORK_EXCEEDED);
    }
    if (value_is_missing(&value)) {
        return skip(run, reason_no_items);
    }
    *ret_items = items.list;
    if (ret_items->count > PLAN_ITEMS_MAX) {
        return dead(run, reason_items, "for_each: more than %d items", PLAN_ITEMS_MAX);
    }
    return true;
}

static bool check_ids(struct run *run, const struct conversion conversions[], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (slice_equal(conversions[i].client_event_id, conversions[j].client_event_id)) {
                run->result->field = run->mapping->client_event_id.target;
                return dead(run, reason_duplicate,
                            "clientEventId is the same for two items of for_each: make it from @");
            }
        }
    }
    return true;
}

static bool map_items(struct run *run)
{
    struct json_nodes items = {NULL, 0};
    const char *failed = NULL;
    if (!make_items(run, &items)) {
        return false;
    }
    struct conversion *conversions = arena_alloc(run->arena, items.count * sizeof *conversions);
    size_t count = 0;
    for (size_t i = 0; i < items.count; i++) {
        const char *failed_now = NULL;
        if (value_is_blank(items.items[i])) {
            continue;
        }
        trace_item(run->trace, i, items.items[i]);
        next_item(run, items.items[i]);
        if (!check_conditions(run, true, &failed_now)) {
            return false;
        }
        if (failed_now != NULL) {
            failed = failed == NULL ? failed_now : failed;
        } else if (!make_conversion(run, i, &conversions[count++])) {
            return false;
        }
    }
    if (count == 0) {
        return skip(run, failed == NULL ? reason_no_items : failed);
    }
    run->result->conversions = conversions;
    run->result->count = count;
    return check_ids(run, conversions, count);
}

static bool map_message(struct run *run)
{
    const char *failed;
    if (!check_conditions(run, false, &failed)) {
        return false;
    }
    if (failed != NULL) {
        return skip(run, failed);
    }
    if (run->mapping->for_each != NULL) {
        return map_items(run);
    }
    struct conversion *conversion = arena_alloc(run->arena, sizeof *conversion);
    run->result->conversions = conversion;
    run->result->count = 1;
    return make_conversion(run, 0, conversion);
}

/* Without what a serializer of a schema registry puts before the value: a zero byte, with which no
 * JSON begins, and the schema's id. Source: Confluent's wire format, version 0. */
static struct slice without_schema_id(struct slice value)
{
    bool marked = value.size >= SCHEMA_ID_SIZE && value.data[0] == '\0';
    return marked ? slice_part(value, SCHEMA_ID_SIZE, SIZE_MAX) : value;
}

static bool read_message(struct run *run)
{
    struct slice value = run->message->value;
    if (value.size == 0) {
        return skip(run, reason_tombstone);
    }
    if (value.size > PLAN_MESSAGE_BYTES_MAX) {
        return dead(run, reason_too_large, "the message has more than %d bytes",
                    PLAN_MESSAGE_BYTES_MAX);
    }
    struct slice json = without_schema_id(value);
    if (!json_read(json, run->arena, &run->evaluation.root, &run->error)) {
        return dead(run, reason_not_json, "the message%s is no JSON: %s",
                    json.size < value.size ? ", behind the id of a schema," : "", run->error.text);
    }
    trace_root(run->trace, run->evaluation.root);
    return true;
}

void plan_run(const struct mapping *mapping, const struct message *message, struct arena *arena,
              struct trace *trace, struct mapping_result *ret_result)
{
    struct run run;
    run.mapping = mapping;
    run.message = message;
    run.arena = arena;
    run.result = ret_result;
    run.trace = trace;
    run.evaluation = (struct evaluation){
        .message = message,
        .arena = arena,
        .bindings = mapping->bindings,
        .values = arena_calloc(arena, mapping->binding_count, sizeof(struct binding_value)),
        .trace = trace};
    ret_result->outcome = MAPPING_MAPPED;
    ret_result->conversions = NULL;
    ret_result->count = 0;
    ret_result->reason = NULL;
    ret_result->field = NULL;
    ret_result->omitted = 0;
    ret_result->error.text[0] = '\0';
    if (read_message(&run)) {
        (void)map_message(&run);
    }
}

void mapping_run(const struct mapping *mapping, const struct message *message, struct arena *arena,
                 struct mapping_result *ret_result)
{
    plan_run(mapping, message, arena, NULL, ret_result);
}
