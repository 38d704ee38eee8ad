#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/completions.h"
#include "support/completions_text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct completions_place place = {"orders", 3, 100};

static struct slice encode(const struct completions *completions,
                           const struct completions_place *of, char *ret_text)
{
    return (struct slice){ret_text, completions_encode(completions, of, ret_text)};
}

static void assert_same(const struct completions *a, const struct completions *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->runs, b->runs, a->count * sizeof a->runs[0]);
}

static void assert_round_trip(const struct completions *completions,
                              const struct completions_place *of)
{
    static struct completions decoded;
    char text[COMPLETIONS_TEXT_MAX];
    struct error error = {""};
    if (!completions_decode(encode(completions, of, text), of, &decoded, &error)) {
        fail_msg("%s", error.text);
    }
    assert_same(completions, &decoded);
}

static void the_text_of_an_example_is_this(void **state)
{
    (void)state;
    struct completions completions = {0};
    char text[COMPLETIONS_TEXT_MAX];
    assert_true(completions_add(&completions, 101, 101));
    assert_true(completions_add(&completions, 105, 240));
    assert_true(completions_add(&completions, 242, 242));
    struct slice encoded = encode(&completions, &place, text);
    assert_true(slice_starts_with(encoded, SLICE("rokt-relay/1:BACnEAA:")));
    assert_int_equal(encoded.size, 33);
}

static void nothing_has_no_text(void **state)
{
    (void)state;
    struct completions completions = {0};
    char text[COMPLETIONS_TEXT_MAX];
    assert_int_equal(completions_encode(&completions, &place, text), 0);
}

static void runs_that_touch_are_one(void **state)
{
    (void)state;
    struct completions completions = {0};
    assert_true(completions_add(&completions, 5, 6));
    assert_true(completions_add(&completions, 7, 7));
    assert_true(completions_add(&completions, 9, 9));
    assert_int_equal(completions.count, 2);
    assert_int_equal(completions.runs[0].last, 7);
}

static void every_small_set_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (unsigned set = 1; set < 1U << 12; set++) {
        struct completions completions = {0};
        for (int i = 0; i < 12; i++) {
            if ((set >> i & 1) != 0) {
                assert_true(completions_add(&completions, place.offset + i, place.offset + i));
            }
        }
        assert_round_trip(&completions, &place);
    }
}

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Most distances are small, some are huge. */
static int64_t draw_distance(uint64_t *seed)
{
    uint64_t bits = draw(seed) % 8 == 0 ? draw(seed) % 54 : draw(seed) % 6;
    return (int64_t)(draw(seed) & ((UINT64_C(1) << bits) - 1));
}

static void random_sets_are_read_as_they_were_written(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252U;
    for (int round = 0; round < 3000; round++) {
        static struct completions completions;
        struct completions_place of = {"orders.eu", (int32_t)(draw(&seed) % 100),
                                       draw_distance(&seed)};
        int64_t next = of.offset;
        completions.count = 0;
        for (uint64_t left = 1 + draw(&seed) % 150; left > 0; left--) {
            int64_t first = next + draw_distance(&seed);
            int64_t last = first + draw_distance(&seed);
            assert_true(completions_add(&completions, first, last));
            next = last + 2;
        }
        assert_round_trip(&completions, &of);
    }
}

static void the_highest_offsets_find_room(void **state)
{
    (void)state;
    struct completions completions = {0};
    struct completions_place of = {"orders", 0, 0};
    assert_true(completions_add(&completions, 0, 0));
    assert_true(completions_add(&completions, 2, INT64_MAX - 10));
    assert_true(completions_add(&completions, INT64_MAX - 8, INT64_MAX - 2));
    assert_round_trip(&completions, &of);
}

static void what_finds_no_room_is_left_out_from_the_end(void **state)
{
    (void)state;
    static struct completions completions;
    static struct completions decoded;
    char text[COMPLETIONS_TEXT_MAX];
    struct error error;
    for (int64_t step = 2; step < 100000; step *= 3) {
        completions.count = 0;
        for (int64_t i = 1; completions_add(&completions, 100 + i * step, 100 + i * step); i++) {
            /* as many as it takes */
        }
        assert_int_equal(completions.count, COMPLETIONS_RUNS_MAX);
        struct slice encoded = encode(&completions, &place, text);
        assert_in_range(encoded.size, COMPLETIONS_TEXT_MAX - 30, COMPLETIONS_TEXT_MAX);
        assert_true(completions_decode(encoded, &place, &decoded, &error));
        assert_in_range(decoded.count, 400, COMPLETIONS_RUNS_MAX);
        completions.count = decoded.count;
        assert_same(&completions, &decoded);
    }
}

static struct slice example(char *ret_text)
{
    struct completions completions = {0};
    assert_true(completions_add(&completions, 101, 105));
    assert_true(completions_add(&completions, 1000, 100000));
    return encode(&completions, &place, ret_text);
}

static void assert_refused(struct slice text, const struct completions_place *of, const char *why)
{
    static struct completions decoded;
    struct error error = {""};
    if (completions_decode(text, of, &decoded, &error)) {
        fail_msg("believed: %.*s", SLICE_PRINT(text));
    }
    if (why != NULL) {
        assert_string_equal(error.text, why);
    }
}

#define DAMAGED "it is damaged, or of another partition or offset"

static void what_was_written_for_another_place_is_refused(void **state)
{
    (void)state;
    static const struct completions_place others[] = {
        {"orders", 3, 99}, {"orders", 3, 101},  {"orders", 30, 100}, {"orders", 2, 100},
        {"order", 3, 100}, {"orders2", 3, 100}, {"", 3, 100},        {"orders", 31, 0},
    };
    char text[COMPLETIONS_TEXT_MAX];
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_refused(example(text), &others[i], DAMAGED);
    }
}

static void of_a_text_with_one_byte_changed_nothing_is_believed(void **state)
{
    (void)state;
    char text[COMPLETIONS_TEXT_MAX];
    size_t size = example(text).size;
    for (size_t i = 0; i < size; i++) {
        char before = text[i];
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            if (text[i] != before) {
                assert_refused((struct slice){text, size}, &place, NULL);
            }
        }
        text[i] = before;
    }
}

static void of_a_text_that_was_cut_nothing_is_believed(void **state)
{
    (void)state;
    char text[COMPLETIONS_TEXT_MAX];
    struct slice whole = example(text);
    for (size_t from = 0; from < whole.size; from++) {
        for (size_t size = 0; from + size < whole.size || (from > 0 && from + size == whole.size);
             size++) {
            assert_refused(slice_part(whole, from, size), &place, NULL);
        }
    }
}

static void what_others_write_is_told_apart(void **state)
{
    (void)state;
    assert_refused(SLICE(""), &place, "another program wrote it");
    assert_refused(SLICE("NIFI:2026-11-23"), &place, "another program wrote it");
    assert_refused(SLICE("{\"v\":1}"), &place, "another program wrote it");
    assert_refused(SLICE("rokt-relay"), &place, "another program wrote it");
    assert_refused(SLICE("rokt-relay/2:whatever"), &place,
                   "it has a form that this version does not know");
    assert_refused(SLICE("rokt-relay/1:"), &place, DAMAGED);
    assert_refused(SLICE("rokt-relay/1:AA:"), &place, DAMAGED);
}

/* The checksum is right, so that the content itself is looked at. */
static void content_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "A",                             /* half a pair */
        "AAA",                           /* and one too few */
        "A A",                           /* no digit */
        "AA:",                           /* nor this */
        "gA",                            /* a number without an end */
        "AgA",                           /* 0 in two digits */
        "hAA",                           /* 1 in two digits */
        "________________AA",            /* a number that is too large */
        "____________HA",                /* INT64_MAX beyond the place */
        "A____________H",                /* a run without an end */
        "____________PA",                /* no offset at all */
        "____________QA",                /* 64 bits and more */
        "____________fA",                /* likewise */
        "A__________/_H",                /* the other alphabet */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* an odd number */
    };
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct buffer content;
        struct buffer text;
        buffer_init(&content, 4096);
        buffer_init(&text, 4096);
        buffer_printf(&content, "rokt-relay/1:%s", contents[i]);
        completions_text(&text, buffer_slice(&content), &place);
        assert_refused(buffer_slice(&text), &place, DAMAGED);
        buffer_done(&content);
        buffer_done(&text);
    }
}

static void a_text_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct buffer content;
    struct buffer text;
    buffer_init(&content, 10000);
    buffer_init(&text, 10000);
    buffer_append(&content, SLICE("rokt-relay/1:"));
    for (int i = 0; i < 1994; i++) {
        buffer_append(&content, SLICE("AA"));
    }
    completions_text(&text, buffer_slice(&content), &place);
    assert_int_equal(text.size, COMPLETIONS_TEXT_MAX + 14);
    assert_refused(buffer_slice(&text), &place, DAMAGED);
    buffer_done(&content);
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_an_example_is_this),
        cmocka_unit_test(nothing_has_no_text),
        cmocka_unit_test(runs_that_touch_are_one),
        cmocka_unit_test(every_small_set_is_read_as_it_was_written),
        cmocka_unit_test(random_sets_are_read_as_they_were_written),
        cmocka_unit_test(the_highest_offsets_find_room),
        cmocka_unit_test(what_finds_no_room_is_left_out_from_the_end),
        cmocka_unit_test(what_was_written_for_another_place_is_refused),
        cmocka_unit_test(of_a_text_with_one_byte_changed_nothing_is_believed),
        cmocka_unit_test(of_a_text_that_was_cut_nothing_is_believed),
        cmocka_unit_test(what_others_write_is_told_apart),
        cmocka_unit_test(content_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_text_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
