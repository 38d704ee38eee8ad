#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conversion/privacy.h"

/* Of john@email.com, as Rokt's documentation has it. */
#define HASH "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f"
#define OTHER_HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct row {
    enum privacy_email email;
    const char *address; /* as mapped */
    const char *hash;
    const char *sent_address;
    const char *sent_hash;
};

static void assert_field(const struct conversion *conversion, enum field field, const char *text)
{
    assert_true(slice_equal(conversion->fields[field], slice_of(text)));
}

static void what_is_sent_of_an_address_is_the_configuration_s_to_say(void **state)
{
    (void)state;
    static const char address[] = "john@email.com";
    const struct row rows[] = {
        {PRIVACY_EMAIL_PLAIN, address, "", address, ""},
        {PRIVACY_EMAIL_PLAIN, address, OTHER_HASH, address, OTHER_HASH},
        {PRIVACY_EMAIL_PLAIN, "", OTHER_HASH, "", OTHER_HASH},
        {PRIVACY_EMAIL_PLAIN, "", "", "", ""},
        {PRIVACY_EMAIL_SHA256, address, "", "", HASH},
        {PRIVACY_EMAIL_SHA256, address, OTHER_HASH, "", OTHER_HASH},
        {PRIVACY_EMAIL_SHA256, "", OTHER_HASH, "", OTHER_HASH},
        {PRIVACY_EMAIL_SHA256, "", "", "", ""}, /* never the hash of nothing */
        {PRIVACY_EMAIL_BOTH, address, "", address, HASH},
        {PRIVACY_EMAIL_BOTH, address, OTHER_HASH, address, OTHER_HASH},
        {PRIVACY_EMAIL_BOTH, "", OTHER_HASH, "", OTHER_HASH},
        {PRIVACY_EMAIL_BOTH, "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conversion conversion = {.fields[FIELD_EMAIL] = slice_of(rows[i].address),
                                        .fields[FIELD_EMAILSHA256] = slice_of(rows[i].hash)};
        struct privacy_room room;
        const struct conversion *sent = privacy_apply(rows[i].email, &conversion, &room);
        assert_field(sent, FIELD_EMAIL, rows[i].sent_address);
        assert_field(sent, FIELD_EMAILSHA256, rows[i].sent_hash);
        assert_field(&conversion, FIELD_EMAIL, rows[i].address);
    }
}

static void nothing_else_of_a_conversion_is_changed(void **state)
{
    (void)state;
    struct conversion conversion = {.client_event_id = SLICE("1"), .event_time_ms = 7};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        conversion.fields[i] = SLICE("4711");
    }
    struct privacy_room room;
    const struct conversion *sent = privacy_apply(PRIVACY_EMAIL_SHA256, &conversion, &room);
    assert_int_equal(sent->fields[FIELD_EMAIL].size, 0);
    assert_true(slice_equal(sent->client_event_id, SLICE("1")) && sent->event_time_ms == 7);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        assert_true(i == FIELD_EMAIL || slice_equal(sent->fields[i], SLICE("4711")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_of_an_address_is_the_configuration_s_to_say),
        cmocka_unit_test(nothing_else_of_a_conversion_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
