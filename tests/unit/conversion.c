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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_the_three_identities_is_enough),
        cmocka_unit_test(no_other_field_is_an_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
