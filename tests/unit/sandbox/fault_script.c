#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/fault_script.h"

#include <string.h>

static struct fault_script *script;
static struct arena arena;

static void add(const char *text)
{
    struct error error = {""};
    if (!fault_script_add(script, slice_of(text), &error)) {
        fail_msg("%s: %s", text, error.text);
    }
}

static struct fault_effect draw_for(const char *body, int64_t now_ms)
{
    struct fault_effect effect;
    fault_script_draw(script, slice_of(body), now_ms, &arena, &effect);
    return effect;
}

static struct fault_effect draw(void)
{
    return draw_for("", 0);
}

static void assert_written(const char *expected)
{
    struct buffer buffer;
    buffer_init(&buffer, 65536);
    fault_script_write(script, &buffer);
    assert_int_equal(buffer.size, strlen(expected));
    assert_memory_equal(buffer.data, expected, buffer.size);
    buffer_done(&buffer);
}

static void reads_pairs_and_json_alike(void **state)
{
    (void)state;
    add("status=429,every=5,header=Retry-After: 1,header=X: y,accept,body={\"a\":1,\"b\":2}");
    add("{\"status\":429,\"every\":5,\"header\":[\"Retry-After: 1\",\"X: y\"],\"accept\":true,"
        "\"body\":{\"a\":1,\"b\":2}}");
    add("reset,share=0.05");
    add("truncate=true,delay=200,from=1.5,for=2,count=3,match=T-1");
#define FIRST                                              \
    "{\"status\":429,\"header\":[\"Retry-After: 1\",\"X: " \
    "y\"],\"body\":\"{\\\"a\\\":1,\\\"b\\\":2}\","         \
    "\"accept\":true,\"every\":5,\"happened\":0}"
    assert_written("[" FIRST "," FIRST ",{\"reset\":true,\"share\":0.05,\"happened\":0},"
                   "{\"truncate\":true,\"delay\":200,\"count\":3,\"from\":1.5,\"for\":2,"
                   "\"match\":\"T-1\",\"happened\":0}]");
}

static void reads_what_it_has_written(void **state)
{
    struct buffer buffer;
    struct error error;
    (void)state;
    add("status=503,share=0.25,header=A: b,match=x");
    (void)draw_for("x", 0);
    buffer_init(&buffer, 65536);
    fault_script_write(script, &buffer);
    assert_true(fault_script_replace(script, buffer_slice(&buffer), 0, &error));
    buffer_done(&buffer);
    assert_written("[{\"status\":503,\"header\":[\"A: b\"],\"share\":0.25,\"match\":\"x\","
                   "\"happened\":0}]");
}

static void refuses_what_makes_no_sense(void **state)
{
    static const char *const wrong[] = {
        "",
        "share=0.5",
        "status",
        "status=99",
        "status=600",
        "status=200.5",
        "status=5e2x",
        "status=nan",
        "status=0x1f4",
        "status= 500",
        "status=500.0.0",
        "delay=1e300",
        "status=500,count=99999999999999999999",
        "statu=500",
        "status=500,share=1.1",
        "status=500,share=-0.1",
        "status=500,every=0",
        "status=500,count=0",
        "status=500,reset",
        "unprocessed=X,reset",
        "unprocessed=X,status=500,body=x",
        "unprocessed=X,accept",
        "unprocessed=X,named=someone",
        "status=500,named=path",
        "status=500,date=imf",
        "status=500,retry=1,date=iso",
        "status=500,retry=-1",
        "status=500,encode=brotli",
        "reset,retry=1",
        "reset,encode=gzip",
        "reset,header=A: b",
        "reset,truncate",
        "pass,status=500",
        "pass,header=A: b",
        "pass,reset",
        "share=0.5,accept",
        "body=x",
        "unprocessed=",
        "reset,body=x",
        "delay=5,body=b",
        "delay=5,accept",
        "delay=600001",
        "status=200,body=<html>,share=0.1",
        "status=500,accept=maybe",
        "status=500,header=none",
        "status=500,header=: b",
        "{\"status\":500",
        "{\"status\":[500]}",
        "{\"header\":[1],\"status\":500}",
    };
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        error.text[0] = '\0';
        if (fault_script_add(script, slice_of(wrong[i]), &error)) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
        assert_true(error.text[0] != '\0');
    }
    assert_written("[]");
    assert_false(fault_script_add(script, SLICE("statu=500"), &error));
    assert_non_null(strstr(error.text, "the nearest is status"));
}

static void keeps_the_script_when_a_new_one_is_wrong(void **state)
{
    struct error error;
    (void)state;
    add("status=500");
    assert_false(
        fault_script_replace(script, SLICE("[{\"status\":503},{\"status\":1}]"), 0, &error));
    assert_non_null(strstr(error.text, "faults[1]"));
    assert_false(fault_script_replace(script, SLICE("{}"), 0, &error));
    assert_written("[{\"status\":500,\"happened\":0}]");
    assert_true(fault_script_replace(script, SLICE("[]"), 0, &error));
    assert_written("[]");
}

static void tells_all_of_an_effect(void **state)
{
    (void)state;
    add("status=429,delay=7,accept,header= Retry-After : 1 ,body=no, not now");
    struct fault_effect effect = draw();
    assert_true(effect.happens && effect.accept && !effect.reset && !effect.truncate);
    assert_int_equal(effect.status, 429);
    assert_int_equal(effect.delay_ms, 7);
    assert_true(effect.has_body && slice_equal(effect.body, SLICE("no, not now")));
    assert_int_equal(effect.header_count, 1);
    assert_true(slice_equal(effect.headers[0].name, SLICE("Retry-After")));
    assert_true(slice_equal(effect.headers[0].value, SLICE("1")));
}

static void lets_the_first_fault_decide_and_delays_add_up(void **state)
{
    (void)state;
    add("delay=10");
    add("delay=20,count=1");
    add("status=500,count=1");
    add("status=503");
    struct fault_effect effect = draw();
    assert_int_equal(effect.status, 500);
    assert_int_equal(effect.delay_ms, 30);
    effect = draw();
    assert_int_equal(effect.status, 503);
    assert_int_equal(effect.delay_ms, 10);
    assert_written("[{\"delay\":10,\"happened\":2},{\"delay\":20,\"count\":1,\"happened\":1},"
                   "{\"status\":500,\"count\":1,\"happened\":1},{\"status\":503,\"happened\":1}]");
}

static void reads_all_that_an_answer_may_be(void **state)
{
    (void)state;
    add("unprocessed=Busy,named=position,status=400,match=T-2,encode=latin1,note=why");
    add("header=X-mp-rate-limit-percentage-used: 85,retry=5,date=asctime");
    assert_written("[{\"status\":400,\"unprocessed\":\"Busy\",\"named\":\"position\","
                   "\"encode\":\"latin1\",\"match\":\"T-2\",\"note\":\"why\",\"happened\":0},"
                   "{\"header\":[\"X-mp-rate-limit-percentage-used: 85\"],\"retry\":5,"
                   "\"date\":\"asctime\",\"happened\":0}]");
    struct fault_effect effect = draw_for("T-2", 0);
    assert_int_equal(effect.status, 400);
    assert_true(slice_equal(effect.denial.code, SLICE("Busy")));
    assert_true(slice_equal(effect.denial.match, SLICE("T-2")));
    assert_int_equal(effect.denial.naming, API_BY_POSITION);
    assert_true(effect.has_encoding && effect.encoding == FAULT_ENCODE_LATIN1);
    assert_int_equal(effect.retry_s, -1);
    effect = draw_for("T-3", 0);
    assert_true(effect.happens && effect.status == 0 && !effect.has_encoding);
    assert_int_equal(effect.retry_s, 5);
    assert_true(effect.has_date && effect.date == FAULT_DATE_ASCTIME);
}

static void makes_sequences_of_counts_and_passes(void **state)
{
    static const unsigned expected[] = {0, 0, 429, 503, 503, 0, 500, 500};
    (void)state;
    add("pass,count=2");
    add("status=429,count=1");
    add("status=503,count=2");
    add("pass,count=1");
    add("status=500");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(draw().status, expected[i]);
    }
}

static void loads_all_or_nothing(void **state)
{
    struct error error;
    (void)state;
    add("reset");
    assert_true(fault_script_load(script, SLICE("[{\"status\":500},{\"pass\":true}]"), &error));
    assert_written("[{\"reset\":true,\"happened\":0},{\"status\":500,\"happened\":0},"
                   "{\"pass\":true,\"happened\":0}]");
    assert_false(fault_script_load(script, SLICE("[{\"status\":500},{\"pas\":true}]"), &error));
    assert_non_null(strstr(error.text, "faults[1]: a fault has no key \"pas\""));
    for (int i = 3; i < FAULTS_MAX; i++) {
        add("status=503");
    }
    assert_false(fault_script_load(script, SLICE("[{\"pass\":true}]"), &error));
    assert_non_null(strstr(error.text, "at most 64"));
}

static void takes_a_false_flag_for_none(void **state)
{
    (void)state;
    add("{\"status\":500,\"reset\":false,\"accept\":false}");
    assert_written("[{\"status\":500,\"happened\":0}]");
}

static void only_delays_do_not_decide(void **state)
{
    (void)state;
    add("delay=10");
    struct fault_effect effect = draw();
    assert_false(effect.happens);
    assert_int_equal(effect.delay_ms, 10);
}

static void happens_to_every_nth_request(void **state)
{
    (void)state;
    add("reset,every=3,match=x");
    for (int i = 1; i <= 9; i++) {
        assert_false(draw_for("another", 0).happens);
        assert_int_equal(draw_for("a x b", 0).reset, i % 3 == 0);
    }
}

static void happens_within_its_time_only(void **state)
{
    (void)state;
    fault_script_start(script, 1000);
    add("status=500,from=2,for=1.5");
    assert_false(draw_for("", 2999).happens);
    assert_true(draw_for("", 3000).happens);
    assert_true(draw_for("", 4499).happens);
    assert_false(draw_for("", 4500).happens);
}

/* Which of 1,000 requests meet a fault of 20 %. */
static unsigned shares(uint64_t seed, bool ret_happened[1000])
{
    unsigned count = 0;
    fault_script_free(script);
    script = fault_script_new(seed);
    add("status=503,share=0.2");
    for (size_t i = 0; i < 1000; i++) {
        ret_happened[i] = draw().happens;
        count += ret_happened[i];
    }
    return count;
}

static void draws_shares_from_the_seed(void **state)
{
    bool first[1000];
    bool again[1000];
    bool other[1000];
    (void)state;
    assert_in_range(shares(1, first), 150, 250);
    (void)shares(1, again);
    (void)shares(2, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

static void never_happens_with_a_share_of_nothing(void **state)
{
    (void)state;
    add("status=503,share=0");
    add("status=500,share=1");
    for (int i = 0; i < 100; i++) {
        assert_int_equal(draw().status, 500);
    }
}

static int set_up(void **state)
{
    (void)state;
    script = fault_script_new(1);
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fault_script_free(script);
    arena_done(&arena);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_pairs_and_json_alike),
        CASE(reads_what_it_has_written),
        CASE(refuses_what_makes_no_sense),
        CASE(keeps_the_script_when_a_new_one_is_wrong),
        CASE(tells_all_of_an_effect),
        CASE(lets_the_first_fault_decide_and_delays_add_up),
        CASE(reads_all_that_an_answer_may_be),
        CASE(makes_sequences_of_counts_and_passes),
        CASE(loads_all_or_nothing),
        CASE(takes_a_false_flag_for_none),
        CASE(only_delays_do_not_decide),
        CASE(happens_to_every_nth_request),
        CASE(happens_within_its_time_only),
        CASE(draws_shares_from_the_seed),
        CASE(never_happens_with_a_share_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
