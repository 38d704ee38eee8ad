#include "conversion/conversion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_of_the_three_identities_is_enough(void **state)
{
    (void)state;
    const enum field identities[] = {FIELD_EMAIL, FIELD_EMAILSHA256,
                                     FIELD_PASSBACKCONVERSIONTRACKINGID};
    for (size_t i = 0; i < sizeof identities / sizeof *identities; i++) {
        struct conversion conversion = {0};
        conversion.fields[identities[i]] = SLICE("somebody");
        assert_true(conversion_has_identity(&conversion));
    }
}

static void no_other_field_is_an_identity(void **state)
{
    (void)state;
    struct conversion conversion = {0};
    for (size_t i = FIELD_AMOUNT; i < FIELD_COUNT; i++) {
        conversion.fields[i] = SLICE("something");
    }
    assert_false(conversion_has_identity(&conversion));
}

static void an_account_id_is_short_printable_and_without_blanks(void **state)
{
    (void)state;
    static const char digits[] =
        "12345678901234567890123456789012345678901234567890123456789012345";
    assert_true(conversion_is_account_id(SLICE("1")));
    assert_true(conversion_is_account_id(SLICE("!~")));
    assert_true(conversion_is_account_id((struct slice){digits, 64}));
    assert_false(conversion_is_account_id((struct slice){digits, 65}));
    assert_false(conversion_is_account_id(SLICE("")));
    assert_false(conversion_is_account_id(SLICE("a b")));
    assert_false(conversion_is_account_id(SLICE("a\n")));
    assert_false(conversion_is_account_id(SLICE("a\0")));
    assert_false(conversion_is_account_id(SLICE("\x7f")));
    assert_false(conversion_is_account_id(SLICE("é")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_the_three_identities_is_enough),
        cmocka_unit_test(an_account_id_is_short_printable_and_without_blanks),
        cmocka_unit_test(no_other_field_is_an_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
