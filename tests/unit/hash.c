#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "support/allocations.h"

#include <pthread.h>

static void sha1_is_that_of_fips_180(void **state)
{
    (void)state;
    static const unsigned char expected[HASH_SHA1_SIZE] = {
        0xA9, 0x99, 0x3E, 0x36, 0x47, 0x06, 0x81, 0x6A, 0xBA, 0x3E,
        0x25, 0x71, 0x78, 0x50, 0xC2, 0x6C, 0x9C, 0xD0, 0xD8, 0x9D,
    };
    unsigned char digest[HASH_SHA1_SIZE];
    const struct slice whole[] = {SLICE("abc")};
    hash_sha1(whole, 1, digest);
    assert_memory_equal(digest, expected, sizeof expected);
    const struct slice parts[] = {SLICE("a"), {NULL, 0}, SLICE("bc")};
    hash_sha1(parts, 3, digest);
    assert_memory_equal(digest, expected, sizeof expected);
}

static void sha1_of_nothing_is_known(void **state)
{
    (void)state;
    static const unsigned char start[] = {0xDA, 0x39, 0xA3, 0xEE};
    unsigned char digest[HASH_SHA1_SIZE];
    hash_sha1(NULL, 0, digest);
    assert_memory_equal(digest, start, sizeof start);
}

static void assert_sha256(struct slice bytes, const char *expected)
{
    char hex[HASH_SHA256_HEX_SIZE];
    hash_sha256_hex(bytes, hex);
    assert_memory_equal(hex, expected, sizeof hex);
}

static void sha256_is_that_of_fips_180(void **state)
{
    (void)state;
    assert_sha256(SLICE("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256((struct slice){0},
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256(SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void the_digest_is_the_one_of_the_hex_text(void **state)
{
    (void)state;
    static const unsigned char start[] = {0xBA, 0x78, 0x16, 0xBF};
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(SLICE("abc"), digest);
    assert_memory_equal(digest, start, sizeof start);
    assert_int_equal(digest[31], 0xAD);
}

static void *hash_often(void *wrong)
{
    char first[HASH_SHA256_HEX_SIZE];
    char again[HASH_SHA256_HEX_SIZE];
    hash_sha256_hex(SLICE("abc"), first);
    for (int i = 0; i < 1000; i++) {
        hash_sha256_hex(SLICE("abc"), again);
        *(int *)wrong += memcmp(first, again, sizeof first) != 0;
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

static void parts_have_the_digest_of_the_whole(void **state)
{
    (void)state;
    static char text[1000];
    char whole[HASH_SHA256_HEX_SIZE];
    char parts[HASH_SHA256_HEX_SIZE];
    struct slice rest = {text, sizeof text};
    struct hash hash;
    memset(text, 'a', sizeof text);
    hash_sha256_hex(rest, whole);
    hash_begin(&hash);
    for (size_t size = 0; rest.size > 0; size += 13) {
        hash_add(&hash, slice_part(rest, 0, size));
        rest = slice_part(rest, size, SIZE_MAX);
    }
    hash_end(&hash, parts);
    assert_memory_equal(parts, whole, sizeof whole);
}

static void digests_take_no_memory_from_the_heap(void **state)
{
    (void)state;
    unsigned char digest[HASH_SHA256_SIZE];
    const struct slice parts[] = {SLICE("john"), SLICE("@example.com")};
    size_t before = allocations_count();
    hash_sha256(parts[0], digest);
    hash_sha1(parts, 2, digest);
    assert_int_equal(allocations_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_is_that_of_fips_180),
        cmocka_unit_test(sha1_of_nothing_is_known),
        cmocka_unit_test(sha256_is_that_of_fips_180),
        cmocka_unit_test(the_digest_is_the_one_of_the_hex_text),
        cmocka_unit_test(parts_have_the_digest_of_the_whole),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(digests_take_no_memory_from_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
