#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "conversion/field.h"
#include "rokt/scrub.h"

#include <stdio.h>

#define DOTS "\xE2\x80\xA6"

static void expect(const char *message, const char *shown)
{
    char text[SCRUB_SIZE];
    scrub_message(slice_of(message), text);
    assert_string_equal(text, shown);
}

static void words_of_ours_come_through_in_our_spelling(void **state)
{
    (void)state;
    expect("", "");
    expect("Request validation FAILED", "request validation failed");
    expect("clienteventid is required.", "clientEventId is required");
    expect("  events:\tamount, must be\n(a number)", "events amount must be a number");
    expect("EMAIL or passbackConversionTrackingId", "email or passbackconversiontrackingid");
}

static void everything_else_becomes_one_ellipsis(void **state)
{
    (void)state;
    expect("events[3].amount: must be a number, got 'abc'",
           "events " DOTS " amount must be a number " DOTS);
    expect("John Doe", DOTS);
    expect("john@email.com is invalid", DOTS " is invalid");
    expect("value.name@number.com is invalid", DOTS " is invalid");
    expect("3053211654", DOTS);
    expect("amount99 of Z\xC3\xBCrich", DOTS " of " DOTS);
    expect("\xFF\xFE is bad", DOTS " is bad");
    expect("required-or-not", DOTS);
}

static void every_word_of_the_list_is_found(void **state)
{
    (void)state;
    /* The first and the last by letter, and those whose case differs: bsearch() needs the order. */
    const char *const words[] = {"a",
                                 "accountId",
                                 "clientEventId",
                                 "eventTime",
                                 "eventType",
                                 "identifier",
                                 "metaData",
                                 "objectData",
                                 "records",
                                 "unmarshal",
                                 "validation",
                                 "within",
                                 "wrong",
                                 "custom_attributes",
                                 "custom_event",
                                 "custom_event_type",
                                 "event",
                                 "event_name",
                                 "user_attributes",
                                 "user_identities",
                                 "source_request_id"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        expect(words[i], words[i]);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        expect(field_info((enum field)i)->name, field_info((enum field)i)->name);
    }
}

static void what_is_long_ends_with_an_ellipsis_within_its_size(void **state)
{
    (void)state;
    struct buffer message;
    buffer_init(&message, 100000);
    for (size_t i = 0; i < 5000; i++) {
        buffer_append(&message, i % 7 == 0 ? SLICE("secret ") : SLICE("validation "));
        char text[SCRUB_SIZE];
        memset(text, 'x', sizeof text);
        scrub_message(buffer_slice(&message), text);
        size_t size = strnlen(text, sizeof text);
        assert_true(size < SCRUB_SIZE);
        if (message.size > 2 * SCRUB_SIZE) {
            assert_true(slice_ends_with((struct slice){text, size}, SLICE(DOTS)));
        }
        if (i > 200) {
            i += 97;
        }
    }
    buffer_done(&message);
}

static void a_code_is_an_identifier_or_nothing(void **state)
{
    (void)state;
    assert_true(
        slice_equal(scrub_code(SLICE("RequestValidationError")), SLICE("RequestValidationError")));
    assert_true(slice_equal(scrub_code(SLICE("rate_limited")), SLICE("rate_limited")));
    const char *const others[] = {"",    "_x",   "a b", "john@email.com", "a1",
                                  "400", "a\nb", "a.b", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(scrub_code(slice_of(others[i])).size, 0);
    }
    char longest[65];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(scrub_code((struct slice){longest, 64}).size, 64);
    assert_int_equal(scrub_code((struct slice){longest, 65}).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_ours_come_through_in_our_spelling),
        cmocka_unit_test(everything_else_becomes_one_ellipsis),
        cmocka_unit_test(every_word_of_the_list_is_found),
        cmocka_unit_test(what_is_long_ends_with_an_ellipsis_within_its_size),
        cmocka_unit_test(a_code_is_an_identifier_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
