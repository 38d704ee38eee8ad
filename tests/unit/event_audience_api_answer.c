#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "rokt/event_audience_api_answer.h"

static struct arena arena;

/* Three batches: characters 2 to 10, 12 to 20 and 22 to 30 of the body, counted from 1. */
static const char request[] = "[{\"a\":111},{\"a\":222},{\"a\":333}]";
static const struct rokt_span spans[] = {{1, 9}, {11, 9}, {21, 9}};

#define EVENTS 3

/* What an answer is, and what it must mean. */
struct row {
    const char *name;
    int status;
    const char *body; /* NULL: none */
    /* A letter for each conversion: done, retry, alone, split, named (of a request that is split),
     * dead (x), hold. */
    const char *verdicts;
    const char *cause; /* part of it */
};

/* The answer's headers. */
static const char *exceeded;
static const char *percentage;

static struct rokt_judgement judge(const struct row *row, size_t count, bool alone)
{
    struct rokt_answer answer = {
        .request = {request, spans[count - 1].from + spans[count - 1].size + 1},
        .events = spans,
        .event_count = count,
        .alone = alone,
        .status = row->status,
        .body = slice_of(row->body),
        .headers = {slice_of(exceeded), slice_of(percentage)},
    };
    struct rokt_judgement judgement;
    arena_reset(&arena);
    event_audience_api_answer_judge(&answer, &arena, &judgement);
    return judgement;
}

static char letter_of(enum rokt_verdict verdict)
{
    static const char letters[] = {
        [ROKT_DONE] = 'd',  [ROKT_RETRY] = 'r', [ROKT_ALONE] = 'a',
        [ROKT_SPLIT] = 's', [ROKT_DEAD] = 'x',  [ROKT_HOLD] = 'h',
    };
    return letters[verdict];
}

static void read_verdicts(const struct rokt_judgement *got, size_t count,
                          char ret_verdicts[static EVENTS + 1])
{
    memset(ret_verdicts, letter_of(got->verdict), count);
    ret_verdicts[count] = '\0';
    for (size_t i = 0; i < got->refusal_count; i++) {
        const struct rokt_refusal *refusal = &got->refusals[i];
        assert_true(i == 0 || got->refusals[i - 1].event < refusal->event);
        assert_true(refusal->event < count && refusal->cause.text[0] != '\0');
        ret_verdicts[refusal->event] =
            got->verdict == ROKT_SPLIT ? 'n' : letter_of(refusal->verdict);
    }
}

/* In the judgement's own cause or one of its refusals'. */
static bool tells(const struct rokt_judgement *got, const char *text)
{
    bool found = strstr(got->cause.text, text) != NULL;
    for (size_t i = 0; i < got->refusal_count; i++) {
        found = found || strstr(got->refusals[i].cause.text, text) != NULL;
    }
    return found;
}

static void check_row(const struct row *row, bool alone)
{
    size_t count = strlen(row->verdicts);
    char verdicts[EVENTS + 1];
    struct rokt_judgement got = judge(row, count, alone);
    read_verdicts(&got, count, verdicts);
    if (strcmp(verdicts, row->verdicts) != 0) {
        fail_msg("%s: %s instead of %s (%s)", row->name, verdicts, row->verdicts, got.cause.text);
    }
    if (row->cause != NULL && !tells(&got, row->cause)) {
        fail_msg("%s: \"%s\" without \"%s\"", row->name, got.cause.text, row->cause);
    }
    assert_true(got.cause.text[0] != '\0');
    assert_int_equal(got.pressure, row->status == 429 ? ROKT_PRESSURE_RATE : ROKT_PRESSURE_NONE);
    assert_int_equal(got.used_percent, -1);
}

static void check(const struct row rows[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(&rows[i], false);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

#define ERRORS(list) "{\"errors\":[" list "]}"
#define ERROR(message) "{\"code\":\"BAD_REQUEST\",\"message\":\"" message "\"}"
#define PATH(n) ERROR("Error converting value. Path &#39;[" n "].events[0].data&#39;, line 1")
#define POSITION(n) ERROR("Unexpected character. Path &#39;&#39;, line 1, position " n ".")

/* --- The contract ----------------------------------------------------------------------------- */

static void each_row_of_the_contract_holds(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"202, empty body", 202, "", "ddd", "202: accepted"},
        {"202, no body", 202, NULL, "ddd", NULL},
        {"202 without errors", 202, "{}", "ddd", NULL},
        {"202 with an empty list of errors", 202, "{\"errors\":[]}", "ddd", NULL},
        {"202, an error with a path", 202, ERRORS(PATH("1")), "dxd",
         "202, but not taken: BAD_REQUEST (error converting value path \xE2\x80\xA6 events"},
        {"202, an error with a position", 202, ERRORS(POSITION("9")), "xdd", "BAD_REQUEST"},
        {"202, errors about several", 202, ERRORS(PATH("0") "," POSITION("29")), "xdx",
         "2 errors about conversions"},
        {"202, an error that tells no batch", 202, ERRORS(ERROR("invalid event")), "aaa",
         "BAD_REQUEST (invalid event)"},
        {"202, one that tells, one that does not", 202, ERRORS(PATH("1") "," ERROR("bad")), "axa",
         NULL},
        {"400, an error with a path", 400, ERRORS(PATH("1")), "sns", "400 BAD_REQUEST: "},
        {"400, errors about all", 400, ERRORS(PATH("0") "," PATH("1") "," PATH("2")), "nnn", NULL},
        {"400, an error that tells no batch", 400, ERRORS(ERROR("malformed json")), "sss",
         "400 BAD_REQUEST: the request was refused (malformed json)"},
        {"400 without a body", 400, "", "sss", "400: the request was refused"},
        {"401", 401, "", "hhh", "401: no keys arrived"},
        {"403", 403, "", "hhh", "403: the keys were not accepted"},
        {"404", 404, "", "hhh", "address"},
        {"405", 405, "", "hhh", NULL},
        {"415", 415, "", "hhh", NULL},
        {"301", 301, "", "hhh", "redirect"},
        {"308", 308, "", "hhh", NULL},
        {"429", 429, "", "rrr", "429: too many"},
        {"503", 503, "", "rrr", "the server failed"},
        {"500", 500, "<html>", "rrr", NULL},
        {"502", 502, "", "rrr", NULL},
        {"504", 504, "", "rrr", NULL},
        {"599", 599, "", "rrr", NULL},
        {"408", 408, "", "rrr", NULL},
        {"425", 425, "", "rrr", NULL},
        {"413", 413, "", "sss", "too large"},
        {"409, which nobody calls received", 409, "", "hhh", "not documented"},
    };
    CHECK(rows);
}

static void each_row_of_the_contract_about_limits_holds(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *exceeded;
        const char *percentage;
        enum rokt_pressure pressure;
        int percent;
    } rows[] = {
        {429, NULL, NULL, ROKT_PRESSURE_RATE, -1},
        {429, "org", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "account", "100", ROKT_PRESSURE_RATE, 100},
        {429, "app", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "feed", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "workspace", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "system", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "something new", NULL, ROKT_PRESSURE_RATE, -1},
        {429, "acceleration", NULL, ROKT_PRESSURE_ACCELERATION, -1},
        {429, " Acceleration ", "80", ROKT_PRESSURE_ACCELERATION, 80},
        {202, NULL, "0", ROKT_PRESSURE_NONE, 0},
        {202, NULL, "85", ROKT_PRESSURE_NONE, 85},
        {202, "system", "99", ROKT_PRESSURE_NONE, 99},
        {503, NULL, "99", ROKT_PRESSURE_NONE, 99},
        {403, NULL, "7", ROKT_PRESSURE_NONE, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = {.status = rows[i].status};
        exceeded = rows[i].exceeded;
        percentage = rows[i].percentage;
        struct rokt_judgement got = judge(&row, EVENTS, false);
        assert_int_equal(got.pressure, rows[i].pressure);
        assert_int_equal(got.used_percent, rows[i].percent);
    }
    exceeded = NULL;
    percentage = NULL;
}

static void what_nobody_has_documented_holds(void **state)
{
    (void)state;
    for (int status = -1; status < 1000; status++) {
        bool documented = (status >= 200 && status <= 299) || (status >= 500 && status <= 599) ||
                          status == 400 || status == 408 || status == 413 || status == 425 ||
                          status == 429;
        struct row row = {.status = status, .body = ""};
        assert_true(documented || judge(&row, EVENTS, false).verdict == ROKT_HOLD);
    }
}

/* --- Bodies of any kind ----------------------------------------------------------------------- */

static void done_is_what_a_body_does_not_deny(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"blanks", 202, " \r\n", "ddd", NULL},
        {"other members", 202, "{\"id\":7}", "ddd", NULL},
        {"null", 202, "{\"errors\":null}", "ddd", NULL},
        {"a list", 202, "[]", "ddd", NULL},
        {"a list of objects", 202, "[{},{\"errors\":[]}]", "ddd", NULL},
        {"200 with an object", 200, "{}", "ddd", NULL},
        {"HTML", 202, "<html>Welcome</html>", "rrr", "not JSON"},
        {"truncated", 202, "{\"errors\":[{\"code\":\"X\"", "rrr", "not JSON"},
        {"two values", 202, "{}{}", "rrr", "not JSON"},
        {"a text", 202, "\"accepted\"", "rrr", "not as documented"},
        {"a truth", 202, "true", "rrr", NULL},
        {"a list of numbers", 202, "[1]", "rrr", NULL},
        {"errors that are a number", 202, "{\"errors\":1}", "rrr", NULL},
        {"errors that are a truth", 202, "{\"errors\":false}", "rrr", NULL},
        {"errors that are an empty text", 202, "{\"errors\":\"\"}", "rrr", NULL},
        {"200 without a body", 200, "", "rrr", "not JSON"},
        {"204", 204, "", "rrr", NULL},
        {"203 of a proxy", 203, "OK", "rrr", NULL},
    };
    CHECK(rows);
}

static void errors_are_read_in_whatever_form_they_come(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"one object", 202, "{\"errors\":" PATH("2") "}", "ddx", NULL},
        {"a text", 202, "{\"errors\":\"Path '[1]'\"}", "dxd", NULL},
        {"a list of texts", 202, ERRORS("\"Path '[1].a'\""), "dxd", NULL},
        {"an empty object", 202, ERRORS("{}"), "aaa", "no code"},
        {"a number", 202, ERRORS("7"), "aaa", "no code"},
        {"null", 202, ERRORS("null"), "aaa", NULL},
        {"a list", 202, ERRORS("[" PATH("1") "]"), "aaa", NULL},
        {"a message that is none", 202, ERRORS("{\"message\":{\"x\":\"Path '[1]'\"}}"), "aaa",
         NULL},
        {"in a list", 202, "[{\"errors\":[" PATH("1") "]},{}]", "dxd", NULL},
        {"another charset", 202, ERRORS(ERROR("J\xFCrgen, Path '[1].a'")), "dxd", NULL},
        {"HTML with 400", 400, "<html>", "sss", "400: the request was refused"},
        {"a text with 400", 400, "\"no\"", "sss", NULL},
        {"truncated with 400", 400, "{\"errors\":[" PATH("1"), "sss", NULL},
        {"the same batch twice", 202, ERRORS(PATH("1") "," POSITION("20")), "dxd", NULL},
    };
    CHECK(rows);
}

/* --- Whose fault it is ------------------------------------------------------------------------ */

static void a_batch_is_at_fault_only_when_nothing_contradicts_it(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"path, quoted", 202, ERRORS(ERROR("Path '[2]', line 1")), "ddx", NULL},
        {"path, escaped", 202, ERRORS(ERROR("Path &#x27;[2].ip&#x27;")), "ddx", NULL},
        {"path and position", 202, ERRORS(ERROR("Path '[1].a', line 1, position 19.")), "dxd",
         NULL},
        {"path, and the position of another", 202, ERRORS(ERROR("Path '[1].a', position 5")), "aaa",
         NULL},
        {"path, and a position that is none", 202, ERRORS(ERROR("Path '[1].a', position 0")), "dxd",
         NULL},
        {"two paths", 202, ERRORS(ERROR("Path '[1].a'; Path '[2].a'")), "aaa", NULL},
        {"the same path twice", 202, ERRORS(ERROR("Path '[1].a'; Path '[1].b'")), "dxd", NULL},
        {"a path beyond the request", 202, ERRORS(PATH("3")), "aaa", NULL},
        {"a path beyond all", 202, ERRORS(PATH("99999999999999999999999")), "aaa", NULL},
        {"a path without an index", 202, ERRORS(ERROR("Path 'events[1].data'")), "aaa", NULL},
        {"a path with a name", 202, ERRORS(ERROR("Path '[a]'")), "aaa", NULL},
        {"a path that is cut off", 202, ERRORS(ERROR("Path '[1")), "aaa", NULL},
        {"a path below zero", 202, ERRORS(ERROR("Path '[-1]'")), "aaa", NULL},
        {"position of the bracket before", 202, ERRORS(POSITION("1")), "aaa", NULL},
        {"position of a first character", 202, ERRORS(POSITION("2")), "xdd", NULL},
        {"position of a last character", 202, ERRORS(POSITION("10")), "xdd", NULL},
        {"position of the comma", 202, ERRORS(POSITION("11")), "aaa", NULL},
        {"position of the next first character", 202, ERRORS(POSITION("12")), "dxd", NULL},
        {"position of the last character of all", 202, ERRORS(POSITION("30")), "ddx", NULL},
        {"position of the bracket behind", 202, ERRORS(POSITION("31")), "aaa", NULL},
        {"position behind the request", 202, ERRORS(POSITION("1000000")), "aaa", NULL},
        {"position beyond all", 202, ERRORS(POSITION("99999999999999999999")), "aaa", NULL},
        {"two positions", 202, ERRORS(ERROR("at position 5 and position 15")), "aaa", NULL},
        {"two positions in one", 202, ERRORS(ERROR("at position 3 to position 8")), "xdd", NULL},
        {"a word that ends so", 202, ERRORS(ERROR("bad composition 5")), "aaa", NULL},
    };
    CHECK(rows);
}

static void of_a_single_one_there_is_no_doubt(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"told", 202, ERRORS(PATH("0")), "x", "BAD_REQUEST"},
        {"not told: once more", 202, ERRORS(ERROR("bad")), "a", "BAD_REQUEST"},
        {"told of another: once more", 202, ERRORS(PATH("1")), "a", NULL},
        {"400, told", 400, ERRORS(PATH("0")), "s", "400 BAD_REQUEST"},
        {"400, not told", 400, ERRORS(ERROR("bad")), "s", NULL},
    };
    CHECK(rows);
}

static void what_is_refused_alone_for_the_second_time_is_dead(void **state)
{
    (void)state;
    check_row(&(struct row){"not told", 202, ERRORS(ERROR("bad")), "x", "BAD_REQUEST (bad)"}, true);
    check_row(&(struct row){"taken", 202, "", "d", NULL}, true);
    check_row(&(struct row){"unknown", 202, "<html>", "r", NULL}, true);
    check_row(&(struct row){"400", 400, ERRORS(ERROR("bad")), "s", NULL}, true);
}

/* --- What is shown of it ---------------------------------------------------------------------- */

static void messages_are_scrubbed_after_html_s_escapes_are_undone(void **state)
{
    (void)state;
    const struct row row = {
        .status = 202,
        .body = ERRORS(ERROR("Could not convert string to integer: &quot;Doe&quot; of "
                             "&quot;amount&quot; &lt;john@email.com&gt; Path &#39;[0].ip&#39;")),
    };
    struct rokt_judgement got = judge(&row, EVENTS, false);
    assert_int_equal(got.refusal_count, 1);
    assert_string_equal(got.refusals[0].cause.text,
                        "202, but not taken: BAD_REQUEST (could not convert string to integer "
                        "\xE2\x80\xA6 of amount \xE2\x80\xA6 path \xE2\x80\xA6 ip)");
}

static void no_cause_repeats_what_an_answer_echoes(void **state)
{
    (void)state;
    const char *const bodies[] = {
        ERRORS("{\"code\":\"john@email.com\",\"message\":\"Doe 3053211654 Path '[0]'\"}"),
        ERRORS("{\"code\":\"Doe 305\",\"message\":\"&#74;ohn Doe of john&#64;email.com\"}"),
        "{\"errors\":\"john@email.com Doe 3053211654\"}",
        "john@email.com Doe 3053211654",
    };
    const int statuses[] = {200, 202, 302, 400, 401, 404, 409, 413, 429, 500, 600};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        for (size_t j = 0; j < sizeof statuses / sizeof *statuses; j++) {
            struct row row = {.status = statuses[j], .body = bodies[i]};
            struct rokt_judgement got = judge(&row, EVENTS, false);
            assert_false(tells(&got, "ohn") || tells(&got, "email.com") || tells(&got, "Doe") ||
                         tells(&got, "305"));
        }
    }
}

static void a_percentage_is_a_number_up_to_a_hundred(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int percent;
    } rows[] = {
        {"0", 0},     {"7", 7},
        {" 80 ", 80}, {"100", 100},
        {"250", 100}, {"99.5", 99},
        {"", -1},     {NULL, -1},
        {"-1", -1},   {"80%", -1},
        {"high", -1}, {".5", -1},
        {"080", 80},  {"99999999999999999999999", 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct row row = {.status = 202};
        percentage = rows[i].text;
        assert_int_equal(judge(&row, EVENTS, false).used_percent, rows[i].percent);
    }
    percentage = NULL;
}

static void a_body_nested_or_large_beyond_measure_does_no_harm(void **state)
{
    (void)state;
    struct buffer body;
    buffer_init(&body, 4 * 1024 * 1024);
    for (size_t i = 0; i < 1024 * 1024 - 1; i++) {
        buffer_append_byte(&body, '[');
    }
    buffer_append_byte(&body, '\0');
    struct row row = {.status = 202, .body = body.data};
    assert_int_equal(judge(&row, EVENTS, false).verdict, ROKT_RETRY);
    buffer_reset(&body);
    buffer_append(&body, SLICE("{\"errors\":[{}"));
    while (body.size < 1000000) {
        buffer_append(&body, SLICE(",{}"));
    }
    buffer_append(&body, SLICE("]}"));
    buffer_append_byte(&body, '\0');
    row.body = body.data;
    assert_int_equal(judge(&row, EVENTS, false).verdict, ROKT_ALONE);
    buffer_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_contract_holds),
        cmocka_unit_test(each_row_of_the_contract_about_limits_holds),
        cmocka_unit_test(what_nobody_has_documented_holds),
        cmocka_unit_test(done_is_what_a_body_does_not_deny),
        cmocka_unit_test(errors_are_read_in_whatever_form_they_come),
        cmocka_unit_test(a_batch_is_at_fault_only_when_nothing_contradicts_it),
        cmocka_unit_test(of_a_single_one_there_is_no_doubt),
        cmocka_unit_test(what_is_refused_alone_for_the_second_time_is_dead),
        cmocka_unit_test(messages_are_scrubbed_after_html_s_escapes_are_undone),
        cmocka_unit_test(no_cause_repeats_what_an_answer_echoes),
        cmocka_unit_test(a_percentage_is_a_number_up_to_a_hundred),
        cmocka_unit_test(a_body_nested_or_large_beyond_measure_does_no_harm),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
