#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/coding.h"

#include <string.h>

static struct buffer bytes;
static struct buffer text;

/* printf 'a\n' | gzip -n */
static const char known[] = "\x1F\x8B\x08\0\0\0\0\0\0\x03\x4B\xE4\x02\0\x07\xA1\xEA\xDD\x02\0\0\0";
#define KNOWN ((struct slice){known, sizeof known - 1})

static void reads_the_gzip_of_others(void **state)
{
    (void)state;
    assert_true(coding_gunzip(KNOWN, &text));
    assert_true(slice_equal(buffer_slice(&text), SLICE("a\n")));
}

static void reads_its_own_gzip(void **state)
{
    static char long_text[100000];
    (void)state;
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] = (char)(i * i % 251);
    }
    const struct slice whole = {long_text, sizeof long_text};
    coding_gzip(whole, &bytes);
    assert_false(bytes.failed);
    assert_true(bytes.size < sizeof long_text);
    assert_true(coding_gunzip(buffer_slice(&bytes), &text));
    assert_true(slice_equal(buffer_slice(&text), whole));
    buffer_reset(&bytes);
    buffer_reset(&text);
    coding_gzip(SLICE(""), &bytes);
    assert_true(bytes.size > 0);
    assert_true(coding_gunzip(buffer_slice(&bytes), &text));
    assert_int_equal(text.size, 0);
}

static void refuses_what_is_no_gzip(void **state)
{
    (void)state;
    assert_false(coding_gunzip(SLICE(""), &text));
    assert_false(coding_gunzip(SLICE("{\"events\":[]}"), &text));
    for (size_t size = 1; size < KNOWN.size; size++) {
        assert_false(coding_gunzip(slice_part(KNOWN, 0, size), &text));
    }
    buffer_append(&bytes, KNOWN);
    buffer_append_byte(&bytes, 'x');
    assert_false(coding_gunzip(buffer_slice(&bytes), &text));
}

static void stops_at_the_limit(void **state)
{
    static const char zeros[1000000];
    (void)state;
    coding_gzip((struct slice){zeros, sizeof zeros}, &bytes);
    text.limit = 999999;
    assert_true(coding_gunzip(buffer_slice(&bytes), &text));
    assert_true(text.failed);
}

static void writes_latin_1(void **state)
{
    (void)state;
    coding_latin1(SLICE("K\xC3\xB6ln \xE2\x82\xAC\xFFx"), &bytes);
    assert_true(slice_equal(buffer_slice(&bytes), SLICE("K\xF6ln ??x")));
}

static int set_up(void **state)
{
    (void)state;
    buffer_init(&bytes, 1 << 20);
    buffer_init(&text, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&bytes);
    buffer_done(&text);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_the_gzip_of_others), CASE(reads_its_own_gzip), CASE(refuses_what_is_no_gzip),
        CASE(stops_at_the_limit),       CASE(writes_latin_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
