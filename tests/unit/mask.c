#include "conversion/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;
static struct mask mask;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    mask_init(&mask, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static bool hides(const char *text)
{
    return mask_hides(&mask, slice_of(text));
}

static void a_personal_value_is_hidden_wherever_it_stands_as_a_word(void **state)
{
    (void)state;
    mask_add(&mask, SLICE(" Ada Lovelace "));
    mask_add(&mask, SLICE("1001"));
    assert_true(hides("Ada Lovelace"));
    assert_true(hides("for ADA LOVELACE, with love"));
    assert_true(hides("lovelace"));
    assert_true(hides("customer-1001"));
    assert_false(hides("Adah"));
    assert_false(hides("10011"));
    assert_false(hides("Loveless"));
    assert_false(hides(""));
    assert_false(hides("EUR"));
}

static void letters_that_are_no_ascii_are_of_a_word(void **state)
{
    (void)state;
    mask_add(&mask, SLICE("Ren\xC3\xA9"));
    assert_true(hides("Ren\xC3\xA9 D."));
    assert_false(hides("Ren"));
    assert_false(hides("Ren\xC3\xA9\xC3\xA9"));
}

static void words_of_a_long_value_are_no_names(void **state)
{
    (void)state;
    const char *page = "https://shop.example/landing?rtid=1f0c5a2b7c&"
                       "utm_campaign=summer&utm_source=newsletter";
    mask_add(&mask, slice_of(page));
    assert_true(hides(page));
    assert_false(hides("summer"));
}

static void what_is_too_long_to_be_looked_at_is_hidden(void **state)
{
    (void)state;
    char *text = arena_alloc(&arena, 5000);
    memset(text, 'x', 5000);
    assert_false(mask_hides(&mask, (struct slice){text, 4096}));
    assert_true(mask_hides(&mask, (struct slice){text, 4097}));
}

static void an_address_is_hidden_whoever_s_it_is(void **state)
{
    (void)state;
    assert_true(hides("a@b.example"));
    assert_true(hides("$['carts']['a@b.example']"));
    assert_false(hides("@type"));
    assert_false(hides("$['@type']"));
    assert_false(hides("@"));
}

static void what_is_short_hides_nothing(void **state)
{
    (void)state;
    mask_add(&mask, SLICE("m"));
    mask_add(&mask, SLICE("30"));
    assert_false(hides("30"));
    assert_false(hides("m"));
}

static void too_many_values_hide_everything(void **state)
{
    (void)state;
    char text[16];
    for (int i = 0; i <= MASK_TEXTS_MAX; i++) {
        assert_false(mask.full);
        (void)snprintf(text, sizeof text, "value%d", i);
        mask_add(&mask, arena_copy(&arena, slice_of(text)));
    }
    assert_true(mask.full);
    assert_true(hides("anything"));
    assert_false(hides(""));
}

static void of_a_conversion_everything_personal_is_masked(void **state)
{
    (void)state;
    const struct attribute custom[] = {{SLICE("region"), SLICE("eu")}, {SLICE("none"), SLICE("")}};
    struct conversion conversion = {.client_event_id = SLICE("id-1"),
                                    .event_type = SLICE("conversion"),
                                    .custom = custom,
                                    .custom_count = 2};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        conversion.fields[i] = slice_of(field_info((enum field)i)->example);
    }
    conversion.fields[FIELD_EMAIL] = SLICE("ada@example.org");
    conversion.fields[FIELD_GENDER] = SLICE("f");
    conversion.fields[FIELD_CITY] = SLICE("");
    conversion.fields[FIELD_PRODUCTNAME] = SLICE("A card for ada@example.org");
    conversion.fields[FIELD_AMOUNT] = SLICE("99.80");
    struct conversion shown;
    mask_conversion(&mask, &conversion, &shown);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (field_info((enum field)i)->personal && i != FIELD_CITY) {
            assert_true(slice_equal(shown.fields[i], MASK));
        }
    }
    assert_int_equal(shown.fields[FIELD_CITY].size, 0);
    assert_true(slice_equal(shown.fields[FIELD_PRODUCTNAME], MASK));
    assert_true(slice_equal(shown.fields[FIELD_AMOUNT], SLICE("99.80")));
    assert_true(slice_equal(shown.client_event_id, SLICE("id-1")));
    assert_true(slice_equal(shown.custom[0].name, SLICE("region")));
    assert_true(slice_equal(shown.custom[0].value, MASK));
    assert_int_equal(shown.custom[1].value.size, 0);
    assert_true(slice_equal(conversion.fields[FIELD_GENDER], SLICE("f")));
}

static void an_id_that_is_personal_is_masked_too(void **state)
{
    (void)state;
    struct conversion conversion = {.client_event_id = SLICE("3238675309"),
                                    .event_type = SLICE("conversion")};
    conversion.fields[FIELD_MOBILE] = SLICE("3238675309");
    conversion.fields[FIELD_TRANSACTIONID] = SLICE("order 3238675309");
    struct conversion shown;
    mask_conversion(&mask, &conversion, &shown);
    assert_true(slice_equal(shown.client_event_id, MASK));
    assert_true(slice_equal(shown.fields[FIELD_TRANSACTIONID], MASK));
    assert_true(slice_equal(shown.event_type, SLICE("conversion")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_personal_value_is_hidden_wherever_it_stands_as_a_word),
        TEST(letters_that_are_no_ascii_are_of_a_word),
        TEST(words_of_a_long_value_are_no_names),
        TEST(what_is_too_long_to_be_looked_at_is_hidden),
        TEST(an_address_is_hidden_whoever_s_it_is),
        TEST(what_is_short_hides_nothing),
        TEST(too_many_values_hide_everything),
        TEST(of_a_conversion_everything_personal_is_masked),
        TEST(an_id_that_is_personal_is_masked_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
