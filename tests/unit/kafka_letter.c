#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/letter.h"

#include <stdio.h>

#define NOW_MS 1763892000000 /* 2025-11-23T10:00:00Z */
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct message plain = {
    .topic = SLICE("orders"), .partition = 7, .offset = 12345678901, .timestamp_ms = 1700000000123};

static struct letter full_letter(void)
{
    struct letter letter;
    letter_begin(&plain, NOW_MS, &letter);
    letter.reason = SLICE("rejected");
    letter.message = SLICE("200, but not taken: ValidationError (amount …)");
    letter.field = SLICE("amount");
    letter_items_add(&letter.items, 3);
    letter_items_add(&letter.items, 0);
    letter_items_add(&letter.items, 3);
    assert_int_equal(letter.items.count, 2);
    letter.status = 200;
    letter.error_code = SLICE("ValidationError");
    letter.error_message = SLICE("amount …");
    letter.mapping = SLICE("Bestellungen Süd");
    letter.mapping_hash = SLICE("0123456789abcdef");
    return letter;
}

/* The message that the letter is on the dead-letter topic. */
static struct message letter_of(const struct letter *letter, const struct message *message)
{
    struct message written = {.topic = SLICE("letters"), .partition = 1, .offset = 5};
    written.header_count = letter_headers(letter, message, &arena, &written.headers);
    return written;
}

static void assert_slice(struct slice slice, const char *text)
{
    assert_int_equal(slice.size, strlen(text));
    assert_memory_equal(slice.data, text, slice.size);
}

static void test_headers_stand_in_their_order(void **state)
{
    static const char *const expected[][2] = {
        {"topic", "orders"},
        {"partition", "7"},
        {"offset", "12345678901"},
        {"timestamp", "1700000000123"},
        {"reason", "rejected"},
        {"message", "200, but not taken: ValidationError (amount …)"},
        {"field", "amount"},
        {"item", "0,3"},
        {"status", "200"},
        {"error_code", "ValidationError"},
        {"error_message", "amount …"},
        {"attempts", "1"},
        {"first_time", "2025-11-23T10:00:00.000Z"},
        {"last_time", "2025-11-23T10:00:00.000Z"},
        {"mapping", "Bestellungen Süd"},
        {"mapping_hash", "0123456789abcdef"},
        {"version", ROKT_RELAY_VERSION},
    };
    (void)state;
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &plain);
    assert_int_equal(written.header_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "rokt-relay.%s", expected[i][0]);
        assert_slice(written.headers[i].name, name);
        assert_slice(written.headers[i].value, expected[i][1]);
        assert_true(letter_owns(written.headers[i].name));
    }
}

static void test_what_is_written_is_read_back(void **state)
{
    (void)state;
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &plain);
    struct letter read;
    struct error error;
    assert_true(letter_read(&written, &read, &error));
    assert_slice(read.topic, "orders");
    assert_int_equal(read.partition, 7);
    assert_int_equal(read.offset, 12345678901);
    assert_int_equal(read.timestamp_ms, 1700000000123);
    assert_slice(read.reason, "rejected");
    assert_slice(read.field, "amount");
    assert_int_equal(read.items.count, 2);
    assert_true(letter_items_has(&read.items, 0) && letter_items_has(&read.items, 3));
    assert_false(letter_items_has(&read.items, 1) || letter_items_has(&read.items, 5000));
    assert_int_equal(read.status, 200);
    assert_slice(read.error_code, "ValidationError");
    assert_slice(read.error_message, "amount …");
    assert_int_equal(read.attempts, 1);
    assert_int_equal(read.first_ms, NOW_MS);
    assert_int_equal(read.last_ms, NOW_MS);
    assert_slice(read.mapping, "Bestellungen Süd");
    assert_slice(read.mapping_hash, "0123456789abcdef");
    assert_slice(read.version, ROKT_RELAY_VERSION);
}

static void test_what_does_not_apply_is_left_out(void **state)
{
    (void)state;
    struct message message = plain;
    struct letter letter;
    struct letter read;
    struct error error;
    message.timestamp_ms = -1;
    letter_begin(&message, NOW_MS, &letter);
    letter.reason = SLICE("not_json");
    letter.message = SLICE("two\nlines");
    letter.mapping = SLICE("\xff");
    struct message written = letter_of(&letter, &message);
    assert_int_equal(written.header_count, 8); /* place, reason, attempts, times, version */
    assert_true(letter_read(&written, &read, &error));
    assert_int_equal(read.timestamp_ms, -1);
    assert_int_equal(read.status, 0);
    assert_int_equal(read.items.count, 0);
    assert_int_equal(read.message.size + read.field.size + read.mapping.size, 0);
}

static void test_headers_of_the_message_are_kept_byte_for_byte(void **state)
{
    static const struct message_header own[] = {
        {SLICE("shop"), SLICE("\xff\0\x80")},
        {SLICE("none"), {NULL, 0}},
        {SLICE("shop"), SLICE("")},
        {SLICE("rokt-relay.reason"), SLICE("stale")},
        {SLICE("rokt-relay.of_another_version"), SLICE("x")},
        {SLICE("ROKT-RELAY.reason"), SLICE("y")},
    };
    (void)state;
    struct message message = plain;
    message.headers = own;
    message.header_count = COUNT(own);
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &message);
    assert_int_equal(written.header_count, LETTER_HEADERS + 5);
    for (size_t i = 0; i < 5; i++) {
        const struct message_header *kept = &own[i < 3 ? i : i + 1];
        assert_ptr_equal(written.headers[i].name.data, kept->name.data);
        assert_ptr_equal(written.headers[i].value.data, kept->value.data);
        assert_int_equal(written.headers[i].value.size, kept->value.size);
    }
}

static void test_a_letter_that_comes_again_keeps_its_origin_and_counts(void **state)
{
    (void)state;
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &plain);
    struct letter again;
    letter_begin(&written, NOW_MS + 5000, &again);
    assert_slice(again.topic, "orders");
    assert_int_equal(again.partition, 7);
    assert_int_equal(again.offset, 12345678901);
    assert_int_equal(again.timestamp_ms, 1700000000123);
    assert_int_equal(again.attempts, 2);
    assert_int_equal(again.first_ms, NOW_MS);
    assert_int_equal(again.last_ms, NOW_MS + 5000);
    assert_int_equal(again.reason.size + again.error_code.size + again.mapping.size, 0);
    assert_int_equal(again.items.count, 0);

    again.reason = SLICE("missing_identity");
    struct message second = letter_of(&again, &written);
    assert_int_equal(second.header_count, 9); /* nothing twice, nothing of the first reason */
    letter_begin(&second, NOW_MS + 9000, &again);
    assert_int_equal(again.attempts, 3);
    assert_int_equal(again.first_ms, NOW_MS);
}

static void test_attempts_stay_at_their_most(void **state)
{
    (void)state;
    struct letter letter = full_letter();
    letter.attempts = LETTER_ATTEMPTS_MAX;
    struct message written = letter_of(&letter, &plain);
    letter_begin(&written, NOW_MS, &letter);
    assert_int_equal(letter.attempts, LETTER_ATTEMPTS_MAX);
}

/* A letter whose header of that name has another value; NULL: it has none of them. */
static struct message altered(const char *name, struct slice value)
{
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &plain);
    struct message_header *headers = arena_calloc(&arena, LETTER_HEADERS, sizeof *headers);
    size_t count = 0;
    for (size_t i = 0; i < written.header_count; i++) {
        bool is_it = slice_equal(written.headers[i].name, slice_of(name));
        headers[count] = written.headers[i];
        headers[count].value = is_it ? value : headers[count].value;
        count += is_it && value.data == NULL && value.size == 1 ? 0 : 1;
    }
    written.headers = headers;
    written.header_count = count;
    return written;
}

static const struct slice missing = {NULL, 1}; /* altered() leaves the header out */

static void assert_refused(const char *name, struct slice value, const char *words)
{
    struct letter letter;
    struct letter begun;
    struct error error = {""};
    struct message message = altered(name, value);
    if (letter_read(&message, &letter, &error)) {
        fail_msg("%s was taken", name);
    }
    assert_non_null(strstr(error.text, name));
    assert_non_null(strstr(error.text, words));
    letter_begin(&message, NOW_MS, &begun); /* a message like any other */
    assert_slice(begun.topic, "letters");
    assert_int_equal(begun.attempts, 1);
}

static void test_what_is_no_letter_is_told_by_the_header(void **state)
{
    static const struct {
        const char *name;
        struct slice value;
    } cases[] = {
        {"rokt-relay.topic", SLICE("")},
        {"rokt-relay.topic", SLICE("two words")},
        {"rokt-relay.topic", {NULL, 0}},
        {"rokt-relay.partition", SLICE("-1")},
        {"rokt-relay.partition", SLICE("2147483648")},
        {"rokt-relay.partition", SLICE("")},
        {"rokt-relay.offset", SLICE("9223372036854775808")},
        {"rokt-relay.offset", SLICE("18446744073709551617")},
        {"rokt-relay.offset", SLICE(" 7")},
        {"rokt-relay.offset", SLICE("7\0")},
        {"rokt-relay.timestamp", SLICE("soon")},
        {"rokt-relay.reason", SLICE("line\nend")},
        {"rokt-relay.message", SLICE("\xff\xfe")},
        {"rokt-relay.message", SLICE("\x1b[2J")},
        {"rokt-relay.item", SLICE("0,")},
        {"rokt-relay.item", SLICE(",0")},
        {"rokt-relay.item", SLICE("1024")},
        {"rokt-relay.item", SLICE("0;3")},
        {"rokt-relay.status", SLICE("99")},
        {"rokt-relay.attempts", SLICE("0")},
        {"rokt-relay.attempts", SLICE("99999999999")},
        {"rokt-relay.first_time", SLICE("yesterday")},
        {"rokt-relay.last_time", SLICE("1500-01-01T00:00:00Z")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_refused(cases[i].name, cases[i].value, "says what it cannot");
    }
    assert_refused("rokt-relay.topic", missing, "there is no header");
    assert_refused("rokt-relay.partition", missing, "there is no header");
    assert_refused("rokt-relay.offset", missing, "there is no header");
    assert_refused("rokt-relay.reason", missing, "there is no header");
}

static void test_a_text_that_is_too_long_is_none(void **state)
{
    static char text[LETTER_TEXT_MAX + 1];
    (void)state;
    memset(text, 'x', sizeof text);
    assert_refused("rokt-relay.message", (struct slice){text, sizeof text}, "says what it cannot");
    assert_refused("rokt-relay.reason", (struct slice){text, LETTER_WORD_MAX + 1},
                   "says what it cannot");
    struct letter letter;
    struct error error;
    struct message message = altered("rokt-relay.message", (struct slice){text, LETTER_TEXT_MAX});
    assert_true(letter_read(&message, &letter, &error));
}

static void test_a_header_that_stands_twice_is_refused(void **state)
{
    (void)state;
    struct letter letter = full_letter();
    struct message written = letter_of(&letter, &plain);
    struct message_header headers[LETTER_HEADERS + 1];
    struct error error;
    memcpy(headers, written.headers, LETTER_HEADERS * sizeof *headers);
    headers[LETTER_HEADERS] = (struct message_header){SLICE("rokt-relay.offset"), SLICE("8")};
    written.headers = headers;
    written.header_count++;
    assert_false(letter_read(&written, &letter, &error));
    assert_string_equal(error.text, "the header rokt-relay.offset stands twice");
}

static void test_all_items_find_room(void **state)
{
    (void)state;
    struct letter letter = full_letter();
    struct letter read;
    struct error error;
    for (size_t i = 0; i < LETTER_ITEMS_MAX; i++) {
        letter_items_add(&letter.items, i);
    }
    struct message written = letter_of(&letter, &plain);
    assert_true(letter_read(&written, &read, &error));
    assert_int_equal(read.items.count, LETTER_ITEMS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_stand_in_their_order),
        cmocka_unit_test(test_what_is_written_is_read_back),
        cmocka_unit_test(test_what_does_not_apply_is_left_out),
        cmocka_unit_test(test_headers_of_the_message_are_kept_byte_for_byte),
        cmocka_unit_test(test_a_letter_that_comes_again_keeps_its_origin_and_counts),
        cmocka_unit_test(test_attempts_stay_at_their_most),
        cmocka_unit_test(test_what_is_no_letter_is_told_by_the_header),
        cmocka_unit_test(test_a_text_that_is_too_long_is_none),
        cmocka_unit_test(test_a_header_that_stands_twice_is_refused),
        cmocka_unit_test(test_all_items_find_room),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
