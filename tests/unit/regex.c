#include "base/regex.h"

#include "support/allocations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STEPS 1000000

static struct arena arena;
static struct error error;

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

static const struct regex *compile(struct slice pattern, enum regex_scope scope)
{
    size_t place;
    const struct regex *regex = regex_compile(pattern, scope, &arena, &place, &error);
    if (regex == NULL) {
        fail_msg("%.*s: %s", SLICE_PRINT(pattern), error.text);
    }
    return regex;
}

static enum regex_verdict verdict(const char *pattern, enum regex_scope scope, struct slice text)
{
    struct regex_matcher matcher = {.arena = &arena};
    return regex_match(compile(slice_of(pattern), scope), text, 0, STEPS, &matcher);
}

static void some_part_or_all_of_the_text_must_match(void **state)
{
    (void)state;
    assert_int_equal(verdict("b+", REGEX_ANYWHERE, SLICE("abba")), REGEX_YES);
    assert_int_equal(verdict("b+", REGEX_WHOLE, SLICE("abba")), REGEX_NO);
    assert_int_equal(verdict("a|abba", REGEX_WHOLE, SLICE("abba")), REGEX_YES);
    assert_int_equal(verdict("", REGEX_WHOLE, SLICE("")), REGEX_YES);
    assert_int_equal(verdict("", REGEX_WHOLE, (struct slice){NULL, 0}), REGEX_YES);
    assert_int_equal(verdict("", REGEX_ANYWHERE, SLICE("a")), REGEX_YES);
    assert_int_equal(verdict("a", REGEX_ANYWHERE, SLICE("")), REGEX_NO);
}

static void patterns_and_texts_are_utf8_and_may_hold_nul(void **state)
{
    (void)state;
    assert_int_equal(verdict("^.$", REGEX_ANYWHERE, SLICE("😀")), REGEX_YES);
    assert_int_equal(verdict("(?i)ÉTÉ", REGEX_WHOLE, SLICE("été")), REGEX_YES);
    assert_int_equal(verdict("a.b", REGEX_WHOLE, SLICE("a\0b")), REGEX_YES);
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("a\0b"), REGEX_WHOLE);
    assert_int_equal(regex_match(regex, SLICE("a\0b"), 0, STEPS, &matcher), REGEX_YES);
    assert_int_equal(regex_match(regex, SLICE("a"), 0, STEPS, &matcher), REGEX_NO);
}

static void groups_are_found_by_number_and_name(void **state)
{
    (void)state;
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("(?<year>\\d+)-(x)?(\\d*)"), REGEX_ANYWHERE);
    assert_int_equal(regex_group_count(regex), 3);
    assert_int_equal(regex_group_named(regex, "year"), 1);
    assert_int_equal(regex_group_named(regex, "month"), 0);
    assert_int_equal(regex_match(regex, SLICE("on 2026- at"), 0, STEPS, &matcher), REGEX_YES);
    assert_true(slice_equal(regex_group(&matcher, 0), SLICE("2026-")));
    assert_true(slice_equal(regex_group(&matcher, 1), SLICE("2026")));
    assert_null(regex_group(&matcher, 2).data);
    assert_non_null(regex_group(&matcher, 3).data);
    assert_int_equal(regex_group(&matcher, 3).size, 0);
}

static void a_match_may_begin_later_and_sees_what_stands_before(void **state)
{
    (void)state;
    struct slice text = SLICE("aXbXc");
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("(?<=b)X"), REGEX_ANYWHERE);
    assert_int_equal(regex_match(regex, text, 2, STEPS, &matcher), REGEX_YES);
    assert_ptr_equal(regex_group(&matcher, 0).data, text.data + 3);
    assert_int_equal(regex_match(regex, text, 3, STEPS, &matcher), REGEX_YES);
    assert_int_equal(regex_match(regex, text, 4, STEPS, &matcher), REGEX_NO);
    assert_int_equal(regex_match(regex, text, 5, STEPS, &matcher), REGEX_NO);
}

static void one_matcher_serves_expressions_with_ever_more_groups(void **state)
{
    (void)state;
    struct regex_matcher matcher = {.arena = &arena};
    static const char *const patterns[] = {"a", "(a)", "a", "((a)|(b)|(c)|(d))"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct regex *regex = compile(slice_of(patterns[i]), REGEX_ANYWHERE);
        assert_int_equal(regex_match(regex, SLICE("xa"), 0, STEPS, &matcher), REGEX_YES);
        for (size_t group = 0; group <= (i % 2 == 0 ? 0 : 1); group++) {
            assert_true(slice_equal(regex_group(&matcher, group), SLICE("a")));
        }
    }
}

/* Versions of PCRE2 differ in whether that is the character that is wrong, or the one behind it. */
static void a_wrong_pattern_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        size_t place;
        const char *error;
    } cases[] = {
        {"ab)c", 2, "parenthes"},       {"a**+c", 2, "quantifier"},
        {"é[b-a]c", 4, "range"},        {"a\\C", 2, "\\C is disabled"},
        {"(a)\\2c", 4, "non-existent"}, {"((a{1000}){1000}){1000}", 22, "too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t place = SIZE_MAX;
        struct slice pattern = slice_of(cases[i].pattern);
        assert_null(regex_compile(pattern, REGEX_ANYWHERE, &arena, &place, &error));
        assert_non_null(strstr(error.text, cases[i].error));
        assert_in_range(place, cases[i].place, cases[i].place + 1);
    }
}

static struct slice repeated(const char *part, size_t count)
{
    size_t size = strlen(part);
    char *text = arena_alloc(&arena, count * size);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * size, part, size);
    }
    return (struct slice){text, count * size};
}

/* Each of them would go on for seconds at least, most of them for ever; without the steps that count the
 * text that one item looks at, some pass with few. */
static void hostile_patterns_on_hostile_texts_end_as_too_hard(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *part;
        size_t count;
    } cases[] = {
        {"(a|a)*[bc]", "a", 40},
        {"(?:a+)+[bc]", "a", 40},
        {"((a*)*)*[bc]", "a", 60},
        {"a+[bc]", "a", 1000000},
        {"a.*a.*a.*[bc]", "a", 10000},
        {"[a-z]{60000}[bc]", "a", 1000000},
        {"(\\w+)\\s\\1", "ab", 100000},
        {"(?i)(\\w+)[ a]\\1[bc]", "aA", 100000},
        {"(?>a*)a", "a", 1000000},
        {"[ab]*(*FAIL)", "a", 100000},
        {"(?=(a+))a*?\\1[bc]", "a", 10000},
        {"(a(?R)?b?)+[cd]", "a", 100},
        {"(?C1)a*(?C\"x\")(?:a|b)*[cd]", "a", 10000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = repeated(cases[i].part, cases[i].count);
        if (verdict(cases[i].pattern, REGEX_ANYWHERE, text) != REGEX_TOO_HARD) {
            fail_msg("%s is not too hard", cases[i].pattern);
        }
        arena_reset(&arena);
    }
}

static void ordinary_patterns_on_long_texts_do_not(void **state)
{
    (void)state;
    assert_int_equal(verdict("b|!", REGEX_ANYWHERE, repeated("a", 100000)), REGEX_NO);
    assert_int_equal(verdict("^[a-z]+$", REGEX_ANYWHERE, repeated("a", 1000000)), REGEX_YES);
    assert_int_equal(verdict("\\d{4}", REGEX_ANYWHERE, repeated("a1b2", 50000)), REGEX_NO);
    assert_int_equal(verdict("(?:ab)*", REGEX_WHOLE, repeated("ab", 10000)), REGEX_YES);
}

/* Only groups that assertions call can do that. */
static void a_match_that_begins_behind_its_end_or_too_early_is_too_hard(void **state)
{
    (void)state;
    assert_int_equal(verdict("(?=(?1))(?:(ab\\K)){0}", REGEX_ANYWHERE, SLICE("abc")),
                     REGEX_TOO_HARD);
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("(?<=(?1))c|(?:(\\Kab)){0}x"), REGEX_ANYWHERE);
    assert_int_equal(regex_match(regex, SLICE("abc"), 2, STEPS, &matcher), REGEX_TOO_HARD);
    assert_int_equal(verdict("ab\\Kc", REGEX_ANYWHERE, SLICE("abc")), REGEX_YES);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct slice text = repeated("ab", 100000);
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("(?:(a)|b)*[xy]"), REGEX_ANYWHERE);
    size_t used = arena_used(&arena);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(regex_match(regex, text, 0, SIZE_MAX, &matcher), REGEX_TOO_HARD);
    }
    assert_true(arena_used(&arena) - used < 12 * 1024 * 1024);
}

static void steps_are_counted_over_all_matches(void **state)
{
    (void)state;
    struct regex_matcher matcher = {.arena = &arena};
    const struct regex *regex = compile(SLICE("a+[bc]"), REGEX_ANYWHERE);
    assert_int_equal(regex_match(regex, SLICE("aaaa"), 0, STEPS, &matcher), REGEX_NO);
    size_t once = matcher.steps;
    assert_in_range(once, 2, 100);
    assert_int_equal(regex_match(regex, SLICE("aaaa"), 0, 2 * once, &matcher), REGEX_NO);
    assert_int_equal(matcher.steps, 2 * once);
    assert_int_equal(regex_match(regex, SLICE("aaaa"), 0, 3 * once - 1, &matcher), REGEX_TOO_HARD);
}

static void matching_takes_nothing_but_the_arenas_memory(void **state)
{
    (void)state;
    const struct regex *regex = compile(SLICE("(\\w+)@(\\w+)"), REGEX_ANYWHERE);
    struct arena own;
    arena_init(&own, 0);
    size_t before = 0;
    for (size_t i = 0; i < 100; i++) {
        struct regex_matcher matcher = {.arena = &own};
        assert_int_equal(regex_match(regex, SLICE(" ada@b "), 0, STEPS, &matcher), REGEX_YES);
        arena_reset(&own);
        before = i == 0 ? allocations_count() : before;
    }
    assert_int_equal(allocations_count(), before);
    arena_done(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_part_or_all_of_the_text_must_match),
        cmocka_unit_test(patterns_and_texts_are_utf8_and_may_hold_nul),
        cmocka_unit_test(groups_are_found_by_number_and_name),
        cmocka_unit_test(a_match_may_begin_later_and_sees_what_stands_before),
        cmocka_unit_test(one_matcher_serves_expressions_with_ever_more_groups),
        cmocka_unit_test(a_wrong_pattern_has_its_place),
        cmocka_unit_test(hostile_patterns_on_hostile_texts_end_as_too_hard),
        cmocka_unit_test(ordinary_patterns_on_long_texts_do_not),
        cmocka_unit_test(a_match_that_begins_behind_its_end_or_too_early_is_too_hard),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(steps_are_counted_over_all_matches),
        cmocka_unit_test(matching_takes_nothing_but_the_arenas_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
