#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bytes_are_encoded_as_rfc_4648_has_it(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        const char *text;
    } cases[] = {
        {{NULL, 0}, ""},
        {SLICE("f"), "Zg=="},
        {SLICE("fo"), "Zm8="},
        {SLICE("foo"), "Zm9v"},
        {SLICE("foob"), "Zm9vYg=="},
        {SLICE("fooba"), "Zm9vYmE="},
        {SLICE("foobar"), "Zm9vYmFy"},
        {SLICE("\xFB\xEF\xBE\xFF\xFF\xFF"), "++++////"},
        {SLICE("\0\0\0"), "AAAA"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        memset(text, 'x', sizeof text);
        assert_int_equal(base64_encode(cases[i].bytes, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void decodes(const char *text, struct slice expected)
{
    char bytes[64];
    size_t size = SIZE_MAX;
    if (!base64_decode(slice_of(text), bytes, &size)) {
        fail_msg("\"%s\" is refused", text);
    }
    if (!slice_equal((struct slice){bytes, size}, expected)) {
        fail_msg("\"%s\" gives something else", text);
    }
}

static void both_alphabets_are_decoded_with_and_without_padding(void **state)
{
    (void)state;
    decodes("", SLICE(""));
    decodes("Zg==", SLICE("f"));
    decodes("Zg", SLICE("f"));
    decodes("Zm8=", SLICE("fo"));
    decodes("Zm8", SLICE("fo"));
    decodes("Zm9v", SLICE("foo"));
    decodes("Zm9vYg", SLICE("foob"));
    decodes("++++////", SLICE("\xFB\xEF\xBE\xFF\xFF\xFF"));
    decodes("----____", SLICE("\xFB\xEF\xBE\xFF\xFF\xFF"));
    decodes("AAAA", SLICE("\0\0\0"));
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",    "Zm9vY", "=",    "==",    "====",  "Zg=",    "Zm9v=",  "Zm9v====", "Zm=v",
        "Z===", "Zh==",  "Zm9=", "Zm9vZ", "Zm9v ", "Zm\n9v", "Zm9v\n", "Zm*v",     "Zm\xC3\xA9v",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char bytes[64];
        size_t size;
        if (base64_decode(slice_of(texts[i]), bytes, &size)) {
            fail_msg("\"%s\" is taken", texts[i]);
        }
    }
    char bytes[8];
    size_t size;
    assert_false(base64_decode(SLICE("Zm9\0"), bytes, &size));
}

static void whatever_is_encoded_comes_back(void **state)
{
    (void)state;
    char bytes[256];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        char text[BASE64_SIZE(sizeof bytes)];
        char back[sizeof bytes];
        size_t back_size = SIZE_MAX;
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (char)(i * 37 + size);
        }
        struct slice all = {bytes, size};
        size_t length = base64_encode(all, text);
        assert_true(base64_decode((struct slice){text, length}, back, &back_size));
        assert_true(slice_equal((struct slice){back, back_size}, all));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_encoded_as_rfc_4648_has_it),
        cmocka_unit_test(both_alphabets_are_decoded_with_and_without_padding),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(whatever_is_encoded_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
