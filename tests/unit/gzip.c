#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/gzip.h"
#include "support/gunzip.h"

#include <stdlib.h>

#define SIZE 1000000

static void what_is_packed_unpacks_to_the_same_bytes(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 2, 100, 65535, 65536, SIZE};
    struct gzip *gzip = gzip_new();
    char *bytes = malloc(SIZE);
    unsigned random = 1;
    for (size_t i = 0; i < SIZE; i++) { /* first half like text, second half like noise */
        random = random * 1103515245U + 12345U;
        bytes[i] = (char)(i < SIZE / 2 ? "{\"name\":\"amount\"}"[i % 17] : (char)(random >> 16));
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buffer packed;
        struct buffer unpacked;
        struct slice original = {bytes + SIZE - sizes[i], sizes[i]};
        buffer_init(&packed, gzip_size_max(original.size));
        gzip_pack(gzip, original, &packed);
        assert_false(packed.failed);
        assert_true(gunzip(buffer_slice(&packed), &unpacked));
        assert_true(slice_equal(buffer_slice(&unpacked), original));
        buffer_done(&packed);
        buffer_done(&unpacked);
    }
    free(bytes);
    gzip_free(gzip);
}

static void text_that_repeats_itself_becomes_small(void **state)
{
    (void)state;
    struct gzip *gzip = gzip_new();
    struct buffer text;
    struct buffer packed;
    buffer_init(&text, SIZE);
    for (size_t i = 0; i < 100; i++) {
        buffer_printf(&text, "{\"clientEventId\":\"order-%zu\",\"eventType\":\"conversion\"},", i);
    }
    buffer_init(&packed, gzip_size_max(text.size));
    gzip_pack(gzip, buffer_slice(&text), &packed);
    assert_in_range(packed.size, 20, text.size / 5);
    buffer_done(&text);
    buffer_done(&packed);
    gzip_free(gzip);
}

static void the_same_bytes_become_the_same_whatever_came_before(void **state)
{
    (void)state;
    struct gzip *gzip = gzip_new();
    struct buffer first;
    struct buffer second;
    struct buffer other;
    buffer_init(&first, SIZE);
    buffer_init(&second, SIZE);
    buffer_init(&other, SIZE);
    gzip_pack(gzip, SLICE("{\"events\":[]}"), &first);
    gzip_pack(gzip, SLICE("something else"), &other);
    gzip_pack(gzip, SLICE("{\"events\":[]}"), &second);
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    buffer_done(&first);
    buffer_done(&second);
    buffer_done(&other);
    gzip_free(gzip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_unpacks_to_the_same_bytes),
        cmocka_unit_test(text_that_repeats_itself_becomes_small),
        cmocka_unit_test(the_same_bytes_become_the_same_whatever_came_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
