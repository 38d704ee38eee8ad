#include "mapping/test.h"

#include "base/timestamp.h"
#include "config/file.h"
#include "json/writer.h"
#include "test_plan.h"

size_t mapping_test_count(const struct mapping *mapping)
{
    return mapping->test_count;
}

const char *mapping_test_name(const struct mapping *mapping, size_t index)
{
    return mapping->tests[index].name;
}

size_t mapping_test_line(const struct mapping *mapping, size_t index)
{
    return mapping->tests[index].line;
}

/* --- What is there --------------------------------------------------------------------------- */

static struct slice attribute_value(const struct attribute attributes[], size_t count,
                                    struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(attributes[i].name, name)) {
            return attributes[i].value;
        }
    }
    return (struct slice){NULL, 0};
}

/* The text that the conversion has where the expectation looks; empty when there is none. */
static struct slice actual_text(const struct expectation *expectation,
                                const struct conversion *conversion, struct arena *arena)
{
    switch (expectation->kind) {
    case EXPECTATION_FIELD:
        return conversion->fields[expectation->field];
    case EXPECTATION_CUSTOM:
        return attribute_value(conversion->custom, conversion->custom_count, expectation->name);
    case EXPECTATION_METADATA:
        return attribute_value(conversion->metadata, conversion->metadata_count, expectation->name);
    case EXPECTATION_ACCOUNT:
        return conversion->account_id;
    case EXPECTATION_EVENT_TIME: {
        char *time = arena_alloc(arena, TIMESTAMP_SIZE);
        timestamp_format(conversion->event_time_ms, time);
        return (struct slice){time, TIMESTAMP_SIZE - 1};
    }
    case EXPECTATION_CLIENT_EVENT_ID:
        return conversion->client_event_id;
    case EXPECTATION_EVENT_TYPE:
        return conversion->event_type;
    }
    return (struct slice){NULL, 0};
}

/* --- Differences ----------------------------------------------------------------------------- */

/* Texts stand in quotes, so that blanks at their ends are seen and all is on one line. */
static void write_text(struct buffer *buffer, struct slice text)
{
    if (text.size == 0) {
        buffer_append(buffer, SLICE("nothing\n"));
        return;
    }
    json_write_string(buffer, text, JSON_UTF8);
    buffer_append_byte(buffer, '\n');
}

/* `number` counts the conversions from 1; 0 when there can be one only. */
static void write_difference(struct buffer *buffer, size_t number,
                             const struct expectation *expectation, struct slice actual)
{
    if (number > 0) {
        buffer_printf(buffer, "conversion %zu: ", number);
    }
    buffer_printf(buffer, "%s\n  expected  ", expectation->target);
    write_text(buffer, expectation->text);
    buffer_append(buffer, SLICE("  got       "));
    write_text(buffer, actual);
}

static void write_outcome(struct buffer *buffer, enum mapping_outcome outcome, const char *reason)
{
    switch (outcome) {
    case MAPPING_MAPPED:
        buffer_append(buffer, SLICE("mapped"));
        break;
    case MAPPING_SKIPPED:
        buffer_printf(buffer, "skipped: %s", reason);
        break;
    case MAPPING_DEAD:
        buffer_printf(buffer, "dead: %s", reason);
        break;
    }
}

static bool check_outcome(const struct test *test, const struct mapping_result *result,
                          struct buffer *difference)
{
    if (test->outcome == result->outcome &&
        (test->outcome == MAPPING_MAPPED || strcmp(test->reason, result->reason) == 0)) {
        return true;
    }
    buffer_append(difference, SLICE("the message\n  expected  "));
    write_outcome(difference, test->outcome, test->reason);
    buffer_append(difference, SLICE("\n  got       "));
    write_outcome(difference, result->outcome, result->reason);
    if (result->outcome == MAPPING_DEAD) {
        buffer_printf(difference, " (%s)", result->error.text);
    }
    buffer_append_byte(difference, '\n');
    return false;
}

static bool check_conversion(const struct expected_conversion *expected, size_t number,
                             const struct conversion *conversion, struct arena *arena,
                             struct buffer *difference)
{
    bool same = true;
    for (size_t i = 0; i < expected->count; i++) {
        const struct expectation *expectation = &expected->items[i];
        struct slice actual = actual_text(expectation, conversion, arena);
        if (!slice_equal(expectation->text, actual)) {
            write_difference(difference, number, expectation, actual);
            same = false;
        }
    }
    return same;
}

/* Those that are there are compared, also when there are too many or too few. */
static bool check_conversions(const struct test *test, const struct mapping_result *result,
                              bool several, struct arena *arena, struct buffer *difference)
{
    bool same = test->conversion_count == result->count;
    if (!same) {
        buffer_printf(difference, "conversions\n  expected  %zu\n  got       %zu\n",
                      test->conversion_count, result->count);
    }
    for (size_t i = 0; i < test->conversion_count && i < result->count; i++) {
        same = check_conversion(&test->conversions[i], several ? i + 1 : 0, &result->conversions[i],
                                arena, difference) &&
               same;
    }
    return same;
}

/* --- Running --------------------------------------------------------------------------------- */

/* One byte more than a message may have is enough to see that it is too large. */
static bool read_file(const char *path, struct arena *arena, struct slice *ret_value,
                      struct buffer *difference)
{
    struct buffer content;
    struct error error;
    buffer_init(&content, PLAN_MESSAGE_BYTES_MAX + 1);
    bool read = file_read(path, &content, &error);
    if (read) {
        *ret_value = arena_copy(arena, buffer_slice(&content));
    } else {
        buffer_printf(difference, "the message cannot be read: %s: %s\n", path, error.text);
    }
    buffer_done(&content);
    return read;
}

bool mapping_test_run(const struct mapping *mapping, size_t index, struct arena *arena,
                      struct buffer *difference, struct mapping_result *ret_result)
{
    const struct test *test = &mapping->tests[index];
    struct message message = test->message;
    *ret_result = (struct mapping_result){.outcome = MAPPING_SKIPPED};
    if (test->file != NULL && !read_file(test->file, arena, &message.value, difference)) {
        return false;
    }
    mapping_run(mapping, &message, arena, ret_result);
    return check_outcome(test, ret_result, difference) &&
           (ret_result->outcome != MAPPING_MAPPED ||
            check_conversions(test, ret_result, mapping->for_each != NULL, arena, difference));
}
