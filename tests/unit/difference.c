#include "mapping/difference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

struct fixture {
    struct mapping *old;
    struct mapping *changed;
    struct difference *difference;
    struct arena arenas[2];
    struct buffer text;
    int64_t offset;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.difference = difference_new()};
    arena_init(&fixture.arenas[0], 0);
    arena_init(&fixture.arenas[1], 0);
    buffer_init(&fixture.text, TEXT_MAX);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    difference_free(fixture->difference);
    mapping_free(fixture->old);
    mapping_free(fixture->changed);
    arena_done(&fixture->arenas[0]);
    arena_done(&fixture->arenas[1]);
    buffer_done(&fixture->text);
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

static void use(struct fixture *fixture, const char *old, const char *changed)
{
    fixture->old = compile(old);
    fixture->changed = compile(changed);
}

/* The next message of partition 3. */
static void add(struct fixture *fixture, const char *value)
{
    const struct message message = {.topic = SLICE("orders"),
                                    .partition = 3,
                                    .offset = fixture->offset++,
                                    .timestamp_ms = 1000,
                                    .value = slice_of(value)};
    struct mapping_result old;
    struct mapping_result changed;
    arena_reset(&fixture->arenas[0]);
    arena_reset(&fixture->arenas[1]);
    mapping_run(fixture->old, &message, &fixture->arenas[0], &old);
    mapping_run(fixture->changed, &message, &fixture->arenas[1], &changed);
    difference_add(fixture->difference, &message, &old, &changed);
}

static const char *in_words(struct fixture *fixture)
{
    buffer_reset(&fixture->text);
    difference_write(fixture->difference, &fixture->text);
    buffer_append_byte(&fixture->text, '\0');
    assert_false(fixture->text.failed);
    return fixture->text.data;
}

#define ORDER(rest) "{\"e\": \"ada@example.org\", \"t\": \"5\"" rest "}"
#define MAPPING(rest) "conversion:\n  email: $.e\n  amount: $.t\n" rest

static void the_same_mapping_makes_no_difference(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("  sku: $.s\n"), MAPPING("  sku: $.s\n"));
    add(fixture, ORDER(", \"s\": \"a\""));
    add(fixture, "no json");
    add(fixture, "");
    assert_int_equal(difference_messages(fixture->difference), 3);
    assert_int_equal(difference_changed(fixture->difference), 0);
    assert_string_equal(in_words(fixture), "3 messages: 3 the same, 0 different\n");
}

static void values_are_told_field_by_field(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("  sku: $.s\n  currency: $.c\n"),
        MAPPING("  sku: $.s | upper\n  majorcat: $.m\n"));
    add(fixture, ORDER(", \"s\": \"a\", \"c\": \"EUR\""));
    add(fixture, ORDER(", \"s\": \"b\", \"m\": \"Shoes\""));
    add(fixture, ORDER(", \"s\": \"C\""));
    assert_int_equal(difference_changed(fixture->difference), 2);
    assert_string_equal(in_words(fixture),
                        "3 messages: 1 the same, 2 different\n"
                        "  mapped to something else                  2\n"
                        "\n"
                        "values that differ where both map                       partition:offset\n"
                        "  sku                                       2           3:0 'a' -> 'A'\n"
                        "                                                        3:1 'b' -> 'B'\n"
                        "  currency, only old                        1           3:0 'EUR'\n"
                        "  majorcat, only new                        1           3:1 'Shoes'\n");
}

static void outcomes_are_told_with_their_reasons(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, "when: {paid: $.p == true}\n" MAPPING(""),
        "when: {real: $.x != 1, paid: $.p != false}\n" MAPPING("require: [amount]\n"));
    add(fixture, "{\"e\": \"a@x.org\", \"t\": 1, \"p\": true, \"x\": 1}");
    add(fixture, "{\"e\": \"a@x.org\", \"p\": true}");
    add(fixture, "{\"e\": \"a@x.org\", \"t\": 1}");
    add(fixture, "{\"e\": \"a@x.org\", \"t\": 1, \"p\": false, \"x\": 1}");
    add(fixture, "{\"e\": \"a@x.org\", \"t\": 1, \"p\": false}");
    assert_string_equal(in_words(fixture),
                        "5 messages: 1 the same, 4 different\n"
                        "  newly mapped                              1\n"
                        "  newly skipped                             1\n"
                        "  newly dead                                1\n"
                        "  for another reason                        1\n"
                        "\n"
                        "messages that become something else                     partition:offset\n"
                        "  mapped -> skipped: real                   1           3:0\n"
                        "  mapped -> dead: missing_required          1           3:1\n"
                        "  skipped: paid -> mapped                   1           3:2\n"
                        "  skipped: paid -> skipped: real            1           3:3\n");
}

static void nothing_personal_is_told(void **state)
{
    struct fixture *fixture = *state;
    use(fixture,
        MAPPING("  firstname: $.n\n  productname: $.n\n  transactionid: $.e\ncustom: {a: $.a}\n"
                "metadata: {b: $.a}\n"),
        MAPPING("  firstname: $.n | upper\n  productname: list('for', $.n) | join(' ')\n"
                "  transactionid: list('t', $.e) | join(' ')\ncustom: {a: $.a | upper}\n"
                "metadata: {b: $.a | upper}\n"));
    add(fixture, ORDER(", \"n\": \"Augusta\", \"a\": \"gondor\""));
    const char *said = in_words(fixture);
    assert_null(strcasestr(said, "augusta"));
    assert_null(strcasestr(said, "gondor"));
    assert_null(strcasestr(said, "example"));
    assert_non_null(strstr(said, "  firstname                                 1           "
                                 "3:0 *** -> ***\n"));
    assert_non_null(strstr(said, "  productname   "));
    assert_non_null(strstr(said, "  transactionid "));
    assert_non_null(strstr(said, "  custom.a      "));
    assert_non_null(strstr(said, "  metadata.b    "));
}

static void what_every_conversion_has_is_compared(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("  eventTime: kafka.timestamp\n"),
        MAPPING("  eventTime: $.at\n  eventType: {text: other}\n  clientEventId: $.i\n"
                "account: $.ac\n"));
    add(fixture, ORDER(", \"at\": \"1970-01-01T00:00:02Z\", \"i\": \"id-1\", \"ac\": \"shop\""));
    const char *said = in_words(fixture);
    assert_non_null(strstr(said, "3:0 '1970-01-01T00:00:01.000Z' -> '1970-01-01T00:00:02.000Z'\n"));
    assert_non_null(strstr(said, "3:0 'conversion' -> 'other'\n"));
    assert_non_null(strstr(said, "-> 'id-1'\n"));
    assert_non_null(strstr(said, "  account, only new                         1           "
                                 "3:0 'shop'\n"));
}

static void another_number_of_conversions_is_a_difference(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("for_each: $.l[*]\n"), MAPPING("for_each: $.l[0, 1]\n"));
    add(fixture, ORDER(", \"l\": [1, 2, 3]"));
    add(fixture, ORDER(", \"l\": [1, 2]"));
    const char *said = in_words(fixture);
    assert_non_null(strstr(said, "  number of conversions                     1           "
                                 "3:0 '3' -> '2'\n"));
    assert_non_null(strstr(said, "2 messages: 1 the same, 1 different\n"));
}

/* One that differs in several conversions is one. */
static void messages_are_counted_and_samples_are_few(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("  sku: '@'\nfor_each: $.l[*]\n"),
        MAPPING("  sku: '@ | upper'\nfor_each: $.l[*]\n"));
    for (int i = 0; i < 1000; i++) {
        add(fixture, ORDER(", \"l\": [\"a\", \"b\"]"));
    }
    const char *said = in_words(fixture);
    assert_non_null(
        strstr(said, "  sku                                       1000        3:0 'a'"));
    assert_non_null(strstr(said, "3:2 'a' -> 'A'\n"));
    assert_null(strstr(said, "3:3 "));
}

static void long_values_are_cut_and_control_characters_escaped(void **state)
{
    struct fixture *fixture = *state;
    use(fixture, MAPPING("  productname: $.n\n"), MAPPING("  productname: $.n | upper\n"));
    add(fixture, ORDER(", \"n\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""));
    assert_non_null(strstr(in_words(fixture), "xxx…' (59 characters) -> 'XXX"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_same_mapping_makes_no_difference),
        TEST(values_are_told_field_by_field),
        TEST(outcomes_are_told_with_their_reasons),
        TEST(nothing_personal_is_told),
        TEST(what_every_conversion_has_is_compared),
        TEST(another_number_of_conversions_is_a_difference),
        TEST(messages_are_counted_and_samples_are_few),
        TEST(long_values_are_cut_and_control_characters_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
