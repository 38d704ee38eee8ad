#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/uuid.h"

/* The namespaces of RFC 9562 section 6.6. */
static const char dns[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
static const char url[] = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

static void assert_v5(const char *space_text, const struct slice parts[], size_t count,
                      const char *expected)
{
    unsigned char space[16];
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(slice_of(space_text), space));
    uuid_v5(space, parts, count, text);
    assert_memory_equal(text, expected, UUID_TEXT_SIZE);
}

static void the_example_of_rfc_9562_comes_out(void **state)
{
    (void)state;
    const struct slice name[] = {SLICE("www.example.com")};
    assert_v5(dns, name, 1, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void an_empty_name_has_a_uuid(void **state)
{
    (void)state;
    assert_v5(url, NULL, 0, "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
    const struct slice empty[] = {{NULL, 0}};
    assert_v5(url, empty, 1, "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
}

static void parts_are_one_name_however_many_they_are(void **state)
{
    (void)state;
    struct slice parts[100];
    for (size_t i = 0; i < 100; i++) {
        parts[i] = slice_part(SLICE("abcdefghij"), i % 10, 1);
    }
    assert_v5(dns, parts, 100, "7140a16b-f30e-5639-8b7e-41a54fc92b78");
    const struct slice three[] = {SLICE("www"), SLICE(".example"), SLICE(".com")};
    assert_v5(dns, three, 3, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void version_and_variant_are_marked(void **state)
{
    (void)state;
    static const unsigned char space[16] = {0};
    for (int i = 0; i < 200; i++) {
        char name = (char)i;
        char text[UUID_TEXT_SIZE];
        uuid_v5(space, &(struct slice){&name, 1}, 1, text);
        assert_int_equal(text[14], '5');
        assert_non_null(memchr("89ab", text[19], 4));
    }
}

static void uuids_are_read_in_any_case(void **state)
{
    (void)state;
    static const unsigned char expected[16] = {0x6B, 0xA7, 0xB8, 0x10, 0x9D, 0xAD, 0x11, 0xD1,
                                               0x80, 0xB4, 0x00, 0xC0, 0x4F, 0xD4, 0x30, 0xC8};
    unsigned char uuid[16];
    assert_true(uuid_parse(slice_of(dns), uuid));
    assert_memory_equal(uuid, expected, 16);
    memset(uuid, 0, 16);
    assert_true(uuid_parse(SLICE("6BA7B810-9dad-11D1-80b4-00C04FD430C8"), uuid));
    assert_memory_equal(uuid, expected, 16);
}

static void what_is_no_uuid_is_refused(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        {NULL, 0},
        SLICE("6ba7b8109dad11d180b400c04fd430c8"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c88"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430cg"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430cG"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c:"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c/"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c@"),
        SLICE("6ba7b810-9dad-11d1-80b4-00c04fd430c`"),
        SLICE("6ba7b810-9dad-11d1-80b4_00c04fd430c8"),
        SLICE("6ba7b8109-dad-11d1-80b4-00c04fd430c8"),
        SLICE("{ba7b810-9dad-11d1-80b4-00c04fd430c}"),
        SLICE(" ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unsigned char uuid[16] = {0x77};
        assert_false(uuid_parse(texts[i], uuid));
        assert_int_equal(uuid[0], 0x77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_9562_comes_out),
        cmocka_unit_test(an_empty_name_has_a_uuid),
        cmocka_unit_test(parts_are_one_name_however_many_they_are),
        cmocka_unit_test(version_and_variant_are_marked),
        cmocka_unit_test(uuids_are_read_in_any_case),
        cmocka_unit_test(what_is_no_uuid_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
