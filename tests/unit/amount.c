#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/amount.h"

struct amount_case {
    enum amount_kind kind;
    const char *text;
    int64_t amount;
};

static void amounts_are_read_with_their_unit(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {AMOUNT_NUMBER, "0", 0},
        {AMOUNT_NUMBER, "0100", 100},
        {AMOUNT_NUMBER, "9223372036854775807", INT64_MAX},
        {AMOUNT_BYTES, "1000000", 1000000},
        {AMOUNT_BYTES, "12B", 12},
        {AMOUNT_BYTES, "64kB", 64000},
        {AMOUNT_BYTES, "64KiB", 65536},
        {AMOUNT_BYTES, "1MB", 1000000},
        {AMOUNT_BYTES, "16MiB", 16 * 1024 * 1024},
        {AMOUNT_BYTES, "2GB", 2000000000},
        {AMOUNT_BYTES, "3GiB", 3221225472},
        {AMOUNT_PERCENT, "50%", 50},
        {AMOUNT_DURATION, "500ms", 500},
        {AMOUNT_DURATION, "10s", 10000},
        {AMOUNT_DURATION, "5m", 300000},
        {AMOUNT_DURATION, "1h", 3600000},
        {AMOUNT_DURATION, "0", 0},
        {AMOUNT_DURATION, "0s", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t amount = -1;
        assert_true(amount_parse(cases[i].kind, slice_of(cases[i].text), &amount));
        assert_int_equal(amount, cases[i].amount);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {AMOUNT_PERCENT, "50", 0},   {AMOUNT_PERCENT, "0.5", 0},
        {AMOUNT_PERCENT, "50 %", 0}, {AMOUNT_PERCENT, "%", 0},
        {AMOUNT_NUMBER, "", 0},      {AMOUNT_NUMBER, "-1", 0},
        {AMOUNT_NUMBER, "1.5", 0},   {AMOUNT_NUMBER, "1 ", 0},
        {AMOUNT_NUMBER, "1s", 0},    {AMOUNT_NUMBER, "9223372036854775808", 0},
        {AMOUNT_BYTES, "1k", 0},     {AMOUNT_BYTES, "1KB", 0},
        {AMOUNT_BYTES, "1 kB", 0},   {AMOUNT_BYTES, "9223372036854775807kB", 0},
        {AMOUNT_BYTES, "kB", 0},     {AMOUNT_DURATION, "5", 0},
        {AMOUNT_DURATION, "5 s", 0}, {AMOUNT_DURATION, "1m30s", 0},
        {AMOUNT_DURATION, "1d", 0},  {AMOUNT_DURATION, "1S", 0},
        {AMOUNT_DURATION, "ms", 0},  {AMOUNT_DURATION, "9223372036854775807h", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t amount = -1;
        assert_false(amount_parse(cases[i].kind, slice_of(cases[i].text), &amount));
    }
}

static void amounts_are_written_with_the_largest_unit_that_fits(void **state)
{
    (void)state;
    static const struct amount_case cases[] = {
        {AMOUNT_NUMBER, "0", 0},
        {AMOUNT_NUMBER, "9223372036854775807", INT64_MAX},
        {AMOUNT_BYTES, "0", 0},
        {AMOUNT_BYTES, "999", 999},
        {AMOUNT_BYTES, "64kB", 64000},
        {AMOUNT_BYTES, "64KiB", 65536},
        {AMOUNT_BYTES, "1MB", 1000000},
        {AMOUNT_BYTES, "1GiB", 1073741824},
        {AMOUNT_DURATION, "0", 0},
        {AMOUNT_DURATION, "999ms", 999},
        {AMOUNT_DURATION, "90s", 90000},
        {AMOUNT_DURATION, "5m", 300000},
        {AMOUNT_DURATION, "24h", 86400000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[AMOUNT_SIZE];
        amount_format(cases[i].kind, cases[i].amount, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_with_their_unit),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(amounts_are_written_with_the_largest_unit_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
