/* What tests/mapping/…/explain.txt cannot show: colours, what is cut, and what a terminal must not
 * get. */
#include "mapping/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

static struct arena arena;
static struct buffer text;
static struct mapping_result result;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    buffer_init(&text, TEXT_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&text);
    arena_done(&arena);
    return 0;
}

static struct mapping *compile(const char *source)
{
    struct error_list errors = {0};
    struct document *document = document_read("test.yaml", slice_of(source), &errors);
    assert_non_null(document);
    struct mapping *mapping = mapping_compile(document, &errors);
    if (mapping == NULL) {
        fail_msg("%s: %s", source, errors.items[0].message);
    }
    error_list_done(&errors);
    document_free(document);
    return mapping;
}

/* What is said of the message, NUL-terminated. */
static const char *explain(const char *source, struct slice value, bool colour)
{
    struct mapping *mapping = compile(source);
    struct message message = {.topic = SLICE("orders"), .timestamp_ms = 1, .value = value};
    arena_reset(&arena);
    buffer_reset(&text);
    mapping_explain(mapping, &message, &(struct explain_settings){.colour = colour}, &arena, &text,
                    &result);
    buffer_append_byte(&text, '\0');
    assert_false(text.failed);
    mapping_free(mapping);
    return text.data;
}

static void says(const char *said, const char *part)
{
    if (strstr(said, part) == NULL) {
        fail_msg("%s\ndoes not hold: %s", said, part);
    }
}

#define ONE(expression) \
    "conversion:\n  eventTime: kafka.timestamp\n  email: $.e\n  title: " expression "\n"

static void colours_are_there_on_request_only(void **state)
{
    (void)state;
    struct slice value = SLICE("{\"e\": \"a@example.com\", \"t\": \"Ms\"}");
    assert_null(strchr(explain(ONE("$.t"), value, false), '\x1b'));
    says(explain(ONE("$.t"), value, true), "\x1b[32mMs\x1b[0m\n");
}

static void control_characters_stand_as_escapes(void **state)
{
    (void)state;
    struct slice value =
        SLICE("{\"e\": \"a@example.com\", \"t\\u001b[31m\": \"\\u001b]0;x\\u0007\\n"
              "\\u009b\\u2028'\\\\\"}");
    const char *said = explain(ONE("$[?@ != $.e]"), value, false);
    for (const char *at = said; *at != '\0'; at++) {
        assert_true(*at == '\n' || (unsigned char)*at >= ' ');
    }
    says(said, "'\\u001b]0;x\\u0007\\n\\u009b\\u2028\\'\\\\'");
    says(said, "$['t\\u001b[31m']\n");
}

static void long_texts_are_cut_and_tell_their_length(void **state)
{
    (void)state;
    struct buffer value;
    buffer_init(&value, TEXT_MAX);
    buffer_append(&value, SLICE("{\"e\": \"a@example.com\", \"t\": \""));
    for (int i = 0; i < 1000; i++) {
        buffer_append(&value, SLICE("\xc3\xa9"));
    }
    buffer_append(&value, SLICE("\"}"));
    const char *said = explain(ONE("$.t"), buffer_slice(&value), false);
    says(said, "\xc3\xa9…' (1000 characters)");
    says(said, "\xc3\xa9… (1000 characters)\n");
    assert_in_range(strlen(said), 200, 1500);
    buffer_done(&value);
}

static void long_lists_are_cut_and_tell_how_many_are_left(void **state)
{
    (void)state;
    struct slice value = SLICE("{\"e\": \"a@example.com\", \"t\": [1, 2, 3, 4, 5, 6, 7, 8]}");
    const char *said = explain(ONE("$.t | each(@ | shift(1)) | last"), value, false);
    says(said, "array of 8");
    says(said, "number 5                      $['t'][4]\n");
    assert_null(strstr(said, "$['t'][5]"));
    says(said, "… and 3 more\n");
    says(said, "number 80\n");
}

static void what_no_operand_decided_is_not_needed(void **state)
{
    (void)state;
    struct slice value = SLICE("{\"e\": \"a@example.com\", \"a\": 1}");
    says(explain(ONE("$.a ?? $.b"), value, false), "?? $.b                          not needed\n");
    says(explain("let: {never: $.x}\n" ONE("$.a"), value, false),
         "  $never              not needed\n");
}

static void the_number_of_steps_is_bounded(void **state)
{
    (void)state;
    struct buffer value;
    buffer_init(&value, TEXT_MAX);
    buffer_append(&value, SLICE("{\"e\": \"a@example.com\", \"t\": [0"));
    for (int i = 1; i < 9000; i++) {
        buffer_append(&value, SLICE(",0"));
    }
    buffer_append(&value, SLICE("]}"));
    const char *said = explain(
        ONE("$.t | each(@ | trim | trim | trim | trim | trim | trim | trim | trim | trim | trim"
            " | trim) | first") "  sku: $.e\n",
        buffer_slice(&value), false);
    says(said, "The first 100000 steps are shown, and there were more.\n");
    says(said, "mapped: 1 conversion");
    assert_in_range(strlen(said), 500, 20000);
    buffer_done(&value);
}

static void a_message_that_is_none_is_explained_too(void **state)
{
    (void)state;
    assert_string_equal(explain(ONE("$.t"), (struct slice){NULL, 0}, false),
                        "\nskipped: tombstone\n");
    says(explain(ONE("$.t"), SLICE("no"), false), "\ndead: not_json: ");
    assert_int_equal(result.outcome, MAPPING_DEAD);
}

/* ---- with a mask ------------------------------------------------------------------------------ */

static const char *explain_masked(const char *source, struct slice value)
{
    struct mapping *mapping = compile(source);
    struct message message = {.topic = SLICE("orders"), .timestamp_ms = 1, .value = value};
    struct mask mask;
    arena_reset(&arena);
    buffer_reset(&text);
    mask_init(&mask, &arena);
    mapping_explain(mapping, &message, &(struct explain_settings){.mask = &mask}, &arena, &text,
                    &result);
    buffer_append_byte(&text, '\0');
    assert_false(text.failed);
    mapping_free(mapping);
    return text.data;
}

static void says_not(const char *said, const char *part)
{
    if (strcasestr(said, part) != NULL) {
        fail_msg("%s\nholds: %s", said, part);
    }
}

#define CUSTOMER                                                                  \
    "{\"status\": \"paid\", \"ref\": \"R-77\", \"g\": \"m\", \"c\": {\"mail\": "  \
    "\"Ada@Example.org\", \"first\": \"Augusta\", \"phone\": \"323 867 5309\"}, " \
    "\"note\": \"call Augusta\", \"team\": \"secret\"}"

#define MASKED                                                                              \
    "let: {who: $.c, sex: $.g, inner: $.team, ref: $.ref}\n"                                \
    "when: {paid: $.status == '%s', dear: $.c.first != 'Bob', phone: exists($.c.phone)}\n"  \
    "conversion:\n  eventTime: kafka.timestamp\n  email: $who.mail | lower\n"               \
    "  firstname: $.c.first\n  mobile: $.c.phone\n  gender: $sex\n"                         \
    "  transactionid: $ref\n  clientEventId: uuid5('x', $.c.mail)\n  productname: $.note\n" \
    "custom: {team: $inner}\n"

static void assert_masked(const char *said)
{
    says_not(said, "example.org");
    says_not(said, "augusta");
    says_not(said, "5309");
    says_not(said, "'m'");
    says_not(said, "secret");
}

static void a_mask_hides_what_is_personal_and_shows_the_rest(void **state)
{
    (void)state;
    char source[1024];
    (void)snprintf(source, sizeof source, MASKED, "paid");
    const char *said = explain_masked(source, SLICE(CUSTOMER));
    assert_masked(said);
    says(said, "  email               ***\n");
    says(said, "text ***                        $['c']['mail']\n");
    says(said, "  $sex                text ***\n");
    says(said, "  productname         ***\n");
    says(said, "  custom.team         ***\n");
    says(said, "  transactionid       R-77\n");
    says(said, "text 'paid'                     $['status']\n");
    says(said, "object of 3: mail, first, phone");
    says(said, "mapped: 1 conversion");
    assert_int_equal(result.outcome, MAPPING_MAPPED);
    assert_true(slice_equal(result.conversions[0].fields[FIELD_EMAIL], SLICE("ada@example.org")));
}

/* The fields were never come to, and yet conditions show nothing that they would be made of. */
static void a_mask_hides_the_same_when_the_message_is_skipped(void **state)
{
    (void)state;
    char source[1024];
    (void)snprintf(source, sizeof source, MASKED, "open");
    const char *said = explain_masked(source, SLICE(CUSTOMER));
    assert_masked(said);
    says(said, "skipped: paid");
    says(said, "text 'paid'                     $['status']\n");
    said = explain_masked("when: {dear: $.c.first == 'Bob', phone: $.c.phone == null}\n"
                          "conversion:\n  eventTime: $.at\n  email: $.c.mail\n"
                          "  firstname: $.c.first\n  mobile: $.c.phone\n",
                          SLICE(CUSTOMER));
    assert_masked(said);
    says(said, "text ***                        $['c']['first']\n");
    says(said, "skipped: dear");
}

static void a_mask_hides_the_items_of_for_each(void **state)
{
    (void)state;
    const char *said = explain_masked("for_each: $.people[*]\n"
                                      "let: {mail: \"@.mail\"}\n"
                                      "when: {known: \"@.name != 'Bob'\"}\n"
                                      "conversion:\n  eventTime: kafka.timestamp\n"
                                      "  email: $mail\n  firstname: '@.name'\n  sku: '@.sku'\n",
                                      SLICE("{\"people\": ["
                                            "{\"mail\": \"a@x.org\", \"name\": \"Augusta\", "
                                            "\"sku\": \"S1\"}, "
                                            "{\"mail\": \"b@x.org\", \"name\": \"Bob\", "
                                            "\"sku\": \"S2\"}]}"));
    says_not(said, "x.org");
    says_not(said, "augusta");
    says_not(said, "text 'bob'");
    says(said, "  sku                 S1\n");
    says(said, "left out: known");
}

/* Names of members that are addresses, and paths with them. */
static void a_mask_hides_addresses_among_names(void **state)
{
    (void)state;
    const char *said =
        explain_masked(ONE("$.carts | values | first | member('t')"),
                       SLICE("{\"e\": \"a@x.org\", \"carts\": {\"b@x.org\": {\"t\": \"Ms\"}}}"));
    says(said, "object of 1: ***");
    says_not(said, "x.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_there_on_request_only),
        cmocka_unit_test(control_characters_stand_as_escapes),
        cmocka_unit_test(long_texts_are_cut_and_tell_their_length),
        cmocka_unit_test(long_lists_are_cut_and_tell_how_many_are_left),
        cmocka_unit_test(what_no_operand_decided_is_not_needed),
        cmocka_unit_test(the_number_of_steps_is_bounded),
        cmocka_unit_test(a_message_that_is_none_is_explained_too),
        cmocka_unit_test(a_mask_hides_what_is_personal_and_shows_the_rest),
        cmocka_unit_test(a_mask_hides_the_same_when_the_message_is_skipped),
        cmocka_unit_test(a_mask_hides_the_items_of_for_each),
        cmocka_unit_test(a_mask_hides_addresses_among_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
