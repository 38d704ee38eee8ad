#include "base/regex.h"

#include <assert.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define HEAP_KIB_MAX 4096  /* for what PCRE2 has to remember while it matches */
#define BYTES_PER_STEP 64  /* that are looked at one by one */
#define SCAN_PER_STEP 4096 /* bytes that are looked through for one of them */
#define REPEATS_MAX 65535u /* PCRE2's own limit of {n,m} */

struct regex {
    pcre2_code *code;
    size_t groups; /* the whole match among them */
    size_t reach;  /* how far one step can look without another; SIZE_MAX: to the text's end */
};

static void *take_memory(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void leave_memory(void *memory, void *arena)
{
    (void)memory; /* the arena's reset takes all back */
    (void)arena;
}

static size_t info(const pcre2_code *code, uint32_t what)
{
    uint32_t value = 0;
    int result = pcre2_pattern_info(code, what, &value);
    assert(result == 0);
    (void)result;
    return value;
}

/* No repetition of a pattern has a larger bound than the largest number that stands in it. */
static size_t largest_number(struct slice pattern)
{
    size_t largest = 0;
    size_t number = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        bool digit = pattern.data[i] >= '0' && pattern.data[i] <= '9';
        number = digit && number <= REPEATS_MAX ? number * 10 + (size_t)(pattern.data[i] - '0') : 0;
        largest = number > largest ? number : largest;
    }
    return largest < REPEATS_MAX ? largest : REPEATS_MAX;
}

/* Each item of a pattern is a step, but for three that may look at much text before they fail: what has
 * to be repeated so often, what is a group once more, and what stands behind the place. */
static size_t reach_of(const pcre2_code *code, struct slice pattern)
{
    if (info(code, PCRE2_INFO_BACKREFMAX) > 0) {
        return SIZE_MAX;
    }
    return largest_number(pattern) + info(code, PCRE2_INFO_MAXLOOKBEHIND);
}

const struct regex *regex_compile(struct slice pattern, enum regex_scope scope, struct arena *arena,
                                  size_t *ret_place, struct error *error)
{
    pcre2_general_context *memory = pcre2_general_context_create(take_memory, leave_memory, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    uint32_t options =
        PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    if (scope == REGEX_WHOLE) {
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    }
    int number;
    *ret_place = 0;
    PCRE2_SPTR text = (PCRE2_SPTR)(pattern.size == 0 ? "" : pattern.data);
    pcre2_code *code = pcre2_compile(text, pattern.size, options, &number, ret_place, context);
    if (code == NULL) {
        char words[256];
        (void)pcre2_get_error_message(number, (PCRE2_UCHAR *)words, sizeof words);
        error_set(error, "%s", words);
        return NULL;
    }
    struct regex *regex = arena_alloc(arena, sizeof *regex);
    *regex = (struct regex){.code = code,
                            .groups = info(code, PCRE2_INFO_CAPTURECOUNT) + 1,
                            .reach = reach_of(code, pattern)};
    return regex;
}

size_t regex_group_count(const struct regex *regex)
{
    return regex->groups - 1;
}

size_t regex_group_named(const struct regex *regex, const char *name)
{
    int number = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)name);
    return number > 0 ? (size_t)number : 0;
}

/* PCRE2 calls this before each item of the pattern that it tries at some place of the text. Its own limit
 * would count backtracking alone, and that for each start of a match anew. */
static int count_step(pcre2_callout_block *block, void *data)
{
    struct regex_matcher *matcher = data;
    size_t place = block->current_position;
    size_t moved = place > matcher->place ? place - matcher->place : 0;
    matcher->place = place;
    matcher->steps += matcher->step_cost + moved / BYTES_PER_STEP;
    return matcher->steps > matcher->steps_max ? PCRE2_ERROR_CALLOUT : 0;
}

static void prepare(struct regex_matcher *matcher, size_t groups)
{
    pcre2_general_context *memory =
        pcre2_general_context_create(take_memory, leave_memory, matcher->arena);
    if (matcher->context == NULL) {
        matcher->context = pcre2_match_context_create(memory);
        (void)pcre2_set_heap_limit(matcher->context, HEAP_KIB_MAX);
    }
    matcher->data = pcre2_match_data_create((uint32_t)groups, memory);
    matcher->groups = groups;
}

/* PCRE2 may look through the whole rest of the text for a byte that every match has. */
static void begin(const struct regex *regex, struct slice text, size_t from, size_t steps_max,
                  struct regex_matcher *matcher)
{
    if (matcher->groups < regex->groups) {
        prepare(matcher, regex->groups);
    }
    size_t reach = regex->reach < text.size ? regex->reach : text.size;
    matcher->step_cost = 1 + reach / BYTES_PER_STEP;
    matcher->steps_max = steps_max;
    matcher->steps += 1 + (text.size - from) / SCAN_PER_STEP;
    matcher->place = from;
    (void)pcre2_set_callout(matcher->context, count_step, matcher);
}

/* A \K in a group that an assertion calls moves the start of a match out of it. */
static bool is_in_order(const struct regex_matcher *matcher, size_t from)
{
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(matcher->data);
    return bounds[0] >= from && bounds[0] <= bounds[1];
}

enum regex_verdict regex_match(const struct regex *regex, struct slice text, size_t from,
                               size_t steps_max, struct regex_matcher *matcher)
{
    assert(from <= text.size);
    begin(regex, text, from, steps_max, matcher);
    matcher->text = text.size == 0 ? SLICE("") : text;
    int result = pcre2_match(regex->code, (PCRE2_SPTR)matcher->text.data, text.size, from,
                             PCRE2_NO_UTF_CHECK, matcher->data, matcher->context);
    if (result == PCRE2_ERROR_NOMATCH && matcher->steps <= steps_max) {
        return REGEX_NO;
    }
    return result > 0 && matcher->steps <= steps_max && is_in_order(matcher, from) ? REGEX_YES
                                                                                   : REGEX_TOO_HARD;
}

enum regex_verdict regex_match_counted(const struct regex *regex, struct slice text, size_t from,
                                       struct work *work, struct regex_matcher *matcher)
{
    size_t before = matcher->steps;
    enum regex_verdict verdict = regex_match(regex, text, from, before + REGEX_STEPS_MAX, matcher);
    size_t steps = REGEX_STEP_WORK * (matcher->steps - before);
    return work_count(work, matcher->arena, steps) ? verdict : REGEX_TOO_HARD;
}

struct slice regex_group(const struct regex_matcher *matcher, size_t index)
{
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(matcher->data) + 2 * index;
    assert(index < matcher->groups);
    if (bounds[0] == PCRE2_UNSET) {
        return (struct slice){NULL, 0};
    }
    return (struct slice){matcher->text.data + bounds[0], bounds[1] - bounds[0]};
}
