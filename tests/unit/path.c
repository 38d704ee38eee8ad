#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/path.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/allocations.h"

static struct arena arena;
static struct error error;
static struct work work;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct json_value *read(struct slice text)
{
    const struct json_value *value = NULL;
    if (!json_read(text, &arena, &value, &error)) {
        fail_msg("%.*s: %s", SLICE_PRINT(text), error.text);
    }
    return value;
}

/* The copy ends with its memory, so that AddressSanitizer sees reads past the end. */
static struct json_path *try_compile(const char *text, size_t *ret_size)
{
    return json_path_compile(arena_copy(&arena, slice_of(text)), ret_size, &error);
}

static struct json_path *compile(const char *text)
{
    size_t size = 0;
    struct json_path *path = try_compile(text, &size);
    if (path == NULL) {
        fail_msg("%s: %s", text, error.text);
    }
    assert_int_equal(size, strlen(text));
    return path;
}

/* The nodes as a JSON array. */
static const char *nodes_text(const struct json_nodes *nodes)
{
    struct buffer buffer;
    buffer_init(&buffer, 1000000);
    for (size_t i = 0; i < nodes->count; i++) {
        buffer_append(&buffer, i == 0 ? SLICE("") : SLICE(" "));
        json_write_value(&buffer, nodes->items[i], JSON_UTF8);
    }
    const char *text = arena_string(&arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

/* What `path` selects in `json`, with blanks between the nodes. */
static const char *select(const char *path_text, const char *json)
{
    struct json_path *path = compile(path_text);
    const struct json_value *value = read(slice_of(json));
    struct json_nodes nodes = {NULL, 0};
    work = (struct work){0};
    if (!json_path_run(path, value, value, &arena, &work, &nodes, &error)) {
        fail_msg("%s: %s", path_text, error.text);
    }
    if (json_path_is_singular(path)) {
        const struct json_value *only = nodes.count == 0 ? NULL : nodes.items[0];
        assert_ptr_equal(json_path_single(path, value, &work), only);
    }
    json_path_free(path);
    return nodes_text(&nodes);
}

static void assert_run_fails_after(size_t steps, const char *path_text,
                                   const struct json_value *value, const char *expected)
{
    struct json_path *path = compile(path_text);
    struct json_nodes nodes = {NULL, 0};
    struct arena own;
    arena_init(&own, 0);
    work = (struct work){.steps = WORK_STEPS_MAX - steps};
    if (json_path_run(path, value, value, &own, &work, &nodes, &error)) {
        fail_msg("%s selects %zu nodes", path_text, nodes.count);
    }
    assert_string_equal(error.text, expected);
    arena_done(&own);
    json_path_free(path);
}

static void assert_run_fails(const char *path_text, const struct json_value *value,
                             const char *expected)
{
    assert_run_fails_after(WORK_STEPS_MAX, path_text, value, expected);
}

static void a_path_ends_where_no_segment_follows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {
        {"", 0},
        {" ", 0},
        {" ?? $.b", 0},
        {".a ?? $.b", 2},
        {".a.b | sum", 4},
        {".a[0] | sum", 5},
        {".a\n  .b  [ 0 ]  == 'x'", 14},
        {".a)", 2},
        {".a,.b", 2},
        {".a-b", 2},
        {"..a[?@.b == 1] in [1]", 14},
        {".\u00E9t\u00E9 x", 6},
        {"a", 0},
        {"(", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size = 99;
        struct json_path *path = try_compile(cases[i].text, &size);
        assert_non_null(path);
        if (size != cases[i].size) {
            fail_msg("\"%s\" ends at %zu", cases[i].text, size);
        }
        json_path_free(path);
    }
}

static void an_error_has_its_place_and_says_what_is_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t place;
        const char *error;
    } cases[] = {
        {".", 1, "a name or '*' is expected behind the dot"},
        {". a", 1, "a name or '*' is expected behind the dot"},
        {".a.1", 3, "a name or '*' is expected behind the dot"},
        {".['a']", 1, "a name or '*' is expected behind the dot"},
        {"..", 2, "a name or '*' is expected behind the dot"},
        {"...a", 2, "a name or '*' is expected behind the dot"},
        {"[", 1, "a name in quotes, an index, a slice, '*' or a filter ('?') is expected here"},
        {"[a]", 1, "a name in quotes, an index, a slice, '*' or a filter ('?') is expected here"},
        {"[1", 2, "',' or ']' is expected here"},
        {"[1 2]", 3, "',' or ']' is expected here"},
        {"[01]", 1, "a number has no leading zeros"},
        {"[-]", 2, "a digit is expected here"},
        {"[-0]", 1, "-0 is no index"},
        {"[9007199254740992]", 1, "an integer beyond 2^53 - 1"},
        {"[-9007199254740992]", 1, "an integer beyond 2^53 - 1"},
        {"[99999999999999999999999999]", 1, "an integer beyond 2^53 - 1"},
        {"['a]", 1, "this quote is never closed"},
        {"['a\\']", 1, "this quote is never closed"},
        {"['\\x']", 2, "an unknown escape"},
        {"['a\\\"']", 3, "an unknown escape"},
        {"['\\u12']", 2, "four hex digits are expected behind \\u"},
        {"['\\ud83d']", 2, "a surrogate without its partner"},
        {"['\\ude00']", 2, "a surrogate without its partner"},
        {"['a\nb']", 3, "a control character: write it as an escape"},
        {"[?@.a == ]", 9,
         "a path ('@' or '$'), a string in quotes, a number, true, false, null or a function is "
         "expected here"},
        {"[?@.a = 1]", 6, "',' or ']' is expected here"},
        {"[?(@.a]", 6, "')' is expected here"},
        {"[?!@.a == 1]", 3, "'!' before a comparison needs parentheses around it"},
        {"[?1]", 2, "a condition is wanted here: compare the value with something"},
        {"[?length(@.a)]", 2, "a condition is wanted here: compare the value with something"},
        {"[?@..a == 1]", 2,
         "a value is wanted here: a literal, a path that selects one node at most, or length(), "
         "count() or value()"},
        {"[?count(1) == 1]", 8, "a path is wanted here"},
        {"[?match(@.a)]", 11, "another argument is expected here"},
        {"[?length(@.a, 1) == 1]", 12, "')' is expected here"},
        {"[?lenght(@.a) == 1]", 2, "unknown function; the nearest known is length()"},
        {"[?frobnicate(@.a) == 1]", 2,
         "unknown function; there are length(), count(), match(), search() and value()"},
        {"[?@.a == 1.]", 11, "a digit is expected here"},
        {"[?@.a == 1e]", 11, "a digit is expected here"},
        {"[?match(@, 'a(b')]", 11,
         "in the regular expression, at character 2: this '(' is never closed"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t place = 99;
        assert_null(try_compile(cases[i].text, &place));
        if (place != cases[i].place || strcmp(error.text, cases[i].error) != 0) {
            fail_msg("%s: at %zu: %s", cases[i].text, place, error.text);
        }
    }
}

static void text_that_is_no_utf8_is_refused(void **state)
{
    (void)state;
    size_t place = 0;
    assert_null(try_compile(".a\xC3", &place));
    assert_int_equal(place, 2);
    assert_string_equal(error.text, "not valid UTF-8");
}

static void what_selects_one_node_at_most_is_singular(void **state)
{
    (void)state;
    const char *singular[] = {"", ".a", "['a']", "[0]", "[-1].a", ".a .b[ 'c' ]"};
    const char *others[] = {".*", "[*]", "[0:1]", "['a','b']", "..a", "..[0]", "[?@.a]", ".a[*].b"};
    for (size_t i = 0; i < sizeof(singular) / sizeof(singular[0]); i++) {
        struct json_path *path = compile(singular[i]);
        assert_true(json_path_is_singular(path));
        json_path_free(path);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct json_path *path = compile(others[i]);
        assert_false(json_path_is_singular(path));
        json_path_free(path);
    }
}

static void nodes_come_in_the_order_of_the_rfc(void **state)
{
    (void)state;
    const char *json = "{\"a\": [10, 11, {\"x\": 1, \"y\": [2, {\"x\": 3}]}], \"x\": 4}";
    assert_string_equal(select("", "7"), "7");
    assert_string_equal(select(".a[0]", json), "10");
    assert_string_equal(select(".a[-1].y[1].x", json), "3");
    assert_string_equal(select(".a[:2]", json), "10 11");
    assert_string_equal(select(".a[1::-1]", json), "11 10");
    assert_string_equal(select(".a[1,0,1]", json), "11 10 11");
    assert_string_equal(select("..x", json), "4 1 3");
    assert_string_equal(select("..['x','x']", json), "4 4 1 1 3 3");
    assert_string_equal(select(".a..[0]", json), "10 2");
    assert_string_equal(select(".*.x", json), "");
    assert_string_equal(select("..*..x", "[[{\"x\": 1}]]"), "1 1");
    assert_string_equal(select(".a.b", json), "");
    assert_string_equal(select(".x[0]", json), "");
    assert_string_equal(select("['\\u00e9\\ud83d\\ude00\\'']", "{\"\u00E9\U0001F600'\": 5}"), "5");
}

static void slices_follow_the_rfc(void **state)
{
    (void)state;
    const char *json = "[0,1,2,3,4]";
    assert_string_equal(select("[1:3]", json), "1 2");
    assert_string_equal(select("[::2]", json), "0 2 4");
    assert_string_equal(select("[-2:]", json), "3 4");
    assert_string_equal(select("[:-2]", json), "0 1 2");
    assert_string_equal(select("[::-2]", json), "4 2 0");
    assert_string_equal(select("[3:0:-2]", json), "3 1");
    assert_string_equal(select("[::0]", json), "");
    assert_string_equal(select("[5:]", json), "");
    assert_string_equal(select("[:99]", json), "0 1 2 3 4");
    assert_string_equal(select("[-99:99:3]", json), "0 3");
    assert_string_equal(select("[9007199254740991::-9007199254740991]", json), "4");
    assert_string_equal(select("[::9007199254740991]", json), "0");
    assert_string_equal(select("[::-1]", "[]"), "");
    assert_string_equal(select("[:]", "{\"a\": 1}"), "");
}

static void numbers_are_compared_exactly_in_filters(void **state)
{
    (void)state;
    const char *json = "[99.80, 99.8, 9980e-2, 99.800000000000000000000000000001]";
    assert_string_equal(select("[?@ == 99.8]", json), "99.80 99.8 9980e-2");
    assert_string_equal(select("[?@ > 99.8]", json), "99.800000000000000000000000000001");
    assert_string_equal(select("[?@ == 123456789012345678901234567890]",
                               "[123456789012345678901234567890, 123456789012345678901234567891]"),
                        "123456789012345678901234567890");
}

static void nothing_is_equal_to_nothing_only(void **state)
{
    (void)state;
    const char *json = "[{\"a\": null}, {\"b\": 1}]";
    assert_string_equal(select("[?@.a == null]", json), "{\"a\":null}");
    assert_string_equal(select("[?@.a != null]", json), "{\"b\":1}");
    assert_string_equal(select("[?@.a]", json), "{\"a\":null}");
    assert_string_equal(select("[?!@.a]", json), "{\"b\":1}");
    assert_string_equal(select("[?@.x == @.y]", json), "{\"a\":null} {\"b\":1}");
    assert_string_equal(select("[?@.x <= @.y]", json), "{\"a\":null} {\"b\":1}");
    assert_string_equal(select("[?@.x < 1]", json), "");
    assert_string_equal(select("[?@.x != 'x']", json), "{\"a\":null} {\"b\":1}");
}

static void logic_binds_as_in_the_rfc(void **state)
{
    (void)state;
    const char *json = "[{\"a\":1},{\"b\":1},{\"a\":1,\"b\":1},{}]";
    assert_string_equal(select("[?@.a && @.b]", json), "{\"a\":1,\"b\":1}");
    assert_string_equal(select("[?@.a || @.b]", json), "{\"a\":1} {\"b\":1} {\"a\":1,\"b\":1}");
    assert_string_equal(select("[?!@.a && !@.b]", json), "{}");
    assert_string_equal(select("[?!(@.a || @.b)]", json), "{}");
    assert_string_equal(select("[?@.a || @.b && @.c]", json), "{\"a\":1} {\"a\":1,\"b\":1}");
    assert_string_equal(select("[?(@.a || @.b) && @.c]", json), "");
    assert_string_equal(select("[?@.a == 1 && !(@.b == 1)]", json), "{\"a\":1}");
}

static void functions_give_what_the_rfc_says(void **state)
{
    (void)state;
    const char *json = "[{\"s\":\"\u00E9\U0001F600\"},{\"s\":[1,2,3]},{\"s\":{\"x\":1}},{\"s\":7}]";
    assert_string_equal(select("[?length(@.s) == 2].s", json), "\"\u00E9\U0001F600\"");
    assert_string_equal(select("[?length(@.s) == 3].s", json), "[1,2,3]");
    assert_string_equal(select("[?length(@.s) == 1].s", json), "{\"x\":1}");
    assert_string_equal(select("[?length(@.s) == @.none].s", json), "7");
    assert_string_equal(select("[?count(@.s.*) > 2].s", json), "[1,2,3]");
    assert_string_equal(select("[?count(@..*) == 2].s", json), "{\"x\":1}");
    assert_string_equal(select("[?value(@.s.*) == 1].s", json), "{\"x\":1}");
    assert_string_equal(select("[?length(value(@..x)) == @.q].s", json),
                        "\"\u00E9\U0001F600\" [1,2,3] {\"x\":1} 7");
    assert_string_equal(select("[?search(@.s, '[\u00E8-\u00EA].')].s", json),
                        "\"\u00E9\U0001F600\"");
    assert_string_equal(select("[?match(@.s, '\u00E9')].s", json), "");
}

static void filters_see_the_root_and_the_start_apart(void **state)
{
    (void)state;
    const struct json_value *root =
        read(SLICE("{\"min\": 2, \"lines\": [{\"q\": 1}, {\"q\": 2}]}"));
    const struct json_value *lines = json_member(root, SLICE("lines"));
    struct json_path *path = compile("[?@.q >= $.min].q");
    struct json_nodes nodes = {NULL, 0};
    assert_true(json_path_run(path, root, lines, &arena, &work, &nodes, &error));
    assert_string_equal(nodes_text(&nodes), "2");
    assert_true(json_path_run(path, lines, lines, &arena, &work, &nodes, &error));
    assert_int_equal(nodes.count, 0);
    json_path_free(path);
}

static void what_is_not_found_at_the_end_keeps_its_place_on_request(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[*].a", "null 1 null"}, {"[*].a.b", "null null null"}, {"[*]['b','a']", "2 1"},
        {"[0].a[*].b", ""},       {"[?@.c || @.b].b", "2"},      {".a", "null"},
        {"[*][?@.a.b].c", ""},    {"[1:].a", "1 null"},
    };
    const struct json_value *value = read(SLICE("[{\"b\": 2}, {\"a\": 1}, 7]"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_path *path = compile(cases[i][0]);
        struct json_nodes nodes = {NULL, 0};
        assert_true(json_path_run_places(path, value, value, &arena, &work, &nodes, &error));
        assert_string_equal(nodes_text(&nodes), cases[i][1]);
        json_path_free(path);
    }
}

/* `open` and `close` so many times around `core`, behind `head`. */
static const char *nested(const char *head, size_t depth, const char *open, const char *core,
                          const char *close)
{
    struct buffer buffer;
    buffer_init(&buffer, 10000000);
    buffer_append(&buffer, slice_of(head));
    for (size_t i = 0; i < depth; i++) {
        buffer_append(&buffer, slice_of(open));
    }
    buffer_append(&buffer, slice_of(core));
    for (size_t i = 0; i < depth; i++) {
        buffer_append(&buffer, slice_of(close));
    }
    const char *text = arena_string(&arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

static bool regexp_matches(const char *pattern, const char *text)
{
    const char *path = arena_printf(&arena, "[?match(@, '%s')]%c", pattern, '\0').data;
    const char *json = arena_printf(&arena, "[\"%s\"]%c", text, '\0').data;
    return strlen(select(path, json)) > 0;
}

/* Patterns as they stand in a path: a backslash is written as two. */
static void patterns_mean_what_i_regexp_says(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"()", "", true},
        {"a|", "", true},
        {"(a|b)*c", "ababc", true},
        {"(a|b)*c", "abdc", false},
        {"a{2}", "aa", true},
        {"a{2}", "aaa", false},
        {"a{2,}", "aaa", true},
        {"a{2,3}", "aaaa", false},
        {"a{0}b", "b", true},
        {".", "\\n", false},
        {".", "\\r", false},
        {".", "\\u2028", true},
        {".", "\\ud83d\\ude00", true},
        {"..", "\\ud83d\\ude00", false},
        {"[^a]", "\\n", true},
        {"[^a]", "a", false},
        {"[a-c]+", "abc", true},
        {"[-a]+", "a-", true},
        {"[a-]+", "a-", true},
        {"[^-]", "-", false},
        {"[\\\\-a]+", "-a", true},
        {"[\\\\]\\\\[]+", "[]", true},
        {"[a^]+", "^a", true},
        {"[\\\\^a]+", "^a", true},
        {"[.*+?()|{}$]+", ".*+?()|{}$", true},
        {"[\\\\n\\\\t]+", "\\n\\t", true},
        {"\\\\(\\\\)\\\\*\\\\+\\\\-\\\\.\\\\?\\\\[\\\\]\\\\^\\\\{\\\\|\\\\}", "()*+-.?[]^{|}",
         true},
        {"\\\\n\\\\r\\\\t", "\\n\\r\\t", true},
        {"a-b,c/d:e=f!g#h&i~j`k%l@m<n>o;p_q r", "a-b,c/d:e=f!g#h&i~j`k%l@m<n>o;p_q r", true},
        {"\\\\p{L}+", "caf\u00E9\u0416", true},
        {"\\\\p{Lu}", "\u0416", true},
        {"\\\\p{Lu}", "\u0436", false},
        {"\\\\P{Lu}", "\u0436", true},
        {"[\\\\p{Nd}x]+", "1x\u0663", true},
        {"[^\\\\p{Nd}]", "1", false},
        {"[\u00E0-\u00FF]+", "\u00E9\u00E8", true},
        {"[\U0001F600-\U0001F64F]", "\\ud83d\\ude00", true},
        {"(a*)*b", "aaab", true},
        {"[.a.]+", "a.", true},
        {"[:a:]+", "a:", true},
        {"[=a=]+[^:a:]", "=ab", true},
        {"^a$", "a", true},
        {"^+a$*$", "a", true},
        {"a^b", "ab", false},
        {"a^b", "a^b", false}, /* the compliance suite wants anchors, so that it is no character */
        {"(a|ab)(c|bcd)", "abcd", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (regexp_matches(cases[i].pattern, cases[i].text) != cases[i].matches) {
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
        }
    }
}

static const char *const wrong_patterns[] = {
    "*",
    "+a",
    "?",
    "a**",
    "a+?",
    "a??",
    "a{1}{2}",
    "{1}",
    "a{",
    "a{}",
    "a{,2}",
    "a{1,2",
    "a{2,1}",
    "a{x}",

    "(",
    ")",
    "a)",
    "(a",
    "(?:a)",
    "(*F)",
    "(?i)a",
    "]",
    "a]",
    "}",
    "a}",
    "[",
    "[]",
    "[^]",
    "[a",
    "[a-",
    "[b-a]",
    "[a--]",
    "[a-b-c]",
    "[--a]",
    "[[a]]",
    "[[:alpha:]]",
    "[a&&[b]]",
    "\\\\",
    "\\\\d",
    "\\\\w",
    "\\\\s",
    "\\\\b",
    "\\\\1",
    "\\\\/",
    "\\\\$",
    "\\\\x41",
    "\\\\u0041",
    "\\\\pL",
    "\\\\p{}",
    "\\\\p{Xx}",
    "\\\\p{Ll",
    "\\\\p{Lul}",
    "\\\\p{Cs}",
    "\\\\p{^L}",
    "\\\\p{Greek}",
    "\\\\Qa\\\\E",
    "[\\\\d]",
    "[a-\\\\p{L}]",
    "[\\\\p{L}-z]",
    "a|*",
};

static void what_is_not_i_regexp_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_patterns) / sizeof(wrong_patterns[0]); i++) {
        size_t place;
        for (int function = 0; function < 2; function++) {
            const char *name = function == 0 ? "match" : "search";
            const char *path =
                arena_printf(&arena, "[?%s(@, '%s')]%c", name, wrong_patterns[i], '\0').data;
            if (try_compile(path, &place) != NULL) {
                fail_msg("accepts %s", wrong_patterns[i]);
            }
            assert_non_null(strstr(error.text, "in the regular expression, at character"));
            assert_int_equal(place, strcspn(path, "'"));
        }
    }
}

static void a_wrong_pattern_of_the_message_matches_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_patterns) / sizeof(wrong_patterns[0]); i++) {
        const char *json =
            arena_printf(&arena, "{\"p\": \"%s\", \"v\": [\"\", \"a\"]}%c", wrong_patterns[i], '\0')
                .data;
        assert_string_equal(select(".v[?match(@, $.p)]", json), "");
        assert_string_equal(select(".v[?!search(@, $.p)]", json), "\"\" \"a\"");
    }
}

/* Such a pattern may be I-Regexp, so that "no match" would be a guess: it is an error always. */
static void a_pattern_past_a_limit_is_an_error(void **state)
{
    (void)state;
    const struct {
        const char *pattern;
        const char *error;
    } cases[] = {
        {"a{65536}", "more than 65,535 repetitions"},
        {"a{1,99999999999999999999}", "more than 65,535 repetitions"},
        {nested("", 65, "(", "a", ")"), "parentheses nested too deeply"},
        {nested("a", 10000, "b", "", ""), "a regular expression of more than 10000 bytes"},
        {"((a{1000}){1000}){1000}", "regular expression is too large"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t place;
        const char *pattern = cases[i].pattern;
        const char *path = arena_printf(&arena, "[?match(@, '%s')]%c", pattern, '\0').data;
        assert_null(try_compile(path, &place));
        assert_non_null(strstr(error.text, cases[i].error));
        const char *json = arena_printf(&arena, "[\"%s\"]%c", pattern, '\0').data;
        assert_run_fails("[?match('a', @)]", read(slice_of(json)), cases[i].error);
    }
    assert_true(regexp_matches(nested("", 64, "(", "a", ")"), "a"));
}

static void patterns_of_the_message_may_change_from_node_to_node(void **state)
{
    (void)state;
    const char *json = "[{\"p\":\"a+\",\"s\":\"aa\"},{\"p\":\"b\",\"s\":\"aa\"},"
                       "{\"p\":\"b\",\"s\":\"ab\"},{\"p\":7,\"s\":\"7\"}]";
    assert_string_equal(select("[?match(@.s, @.p)].s", json), "\"aa\"");
    assert_string_equal(select("[?search(@.s, @.p)].s", json), "\"aa\" \"ab\"");
    assert_string_equal(select("[?match(@.s, @.p) || search(@.s, @.p)].s", json), "\"aa\" \"ab\"");
}

static void nesting_of_the_path_is_bounded(void **state)
{
    (void)state;
    json_path_free(compile(nested("", 32, "[?@", "", "]")));
    size_t size;
    json_path_free(try_compile(nested("[?", 31, "(", "@", ")"), &size));
    const char *const opens[][3] = {
        {"[?", "(", ")"}, {"", "[?@", "]"}, {"[?", "!(", ")"}, {"[?1==", "length(", ")"}};
    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
        size_t place;
        const char *path = nested(opens[i][0], 100000, opens[i][1], "@", opens[i][2]);
        assert_null(try_compile(path, &place));
        assert_string_equal(error.text, "nested too deeply");
    }
}

static void a_long_path_is_not_a_deep_one(void **state)
{
    (void)state;
    assert_string_equal(select(nested("[?@.a", 20000, " || @.a", "]", ""), "[{\"a\":1}]"),
                        "{\"a\":1}");
    assert_string_equal(select(nested("[?@.a", 20000, "&&@.a", "]", ""), "[{\"a\":1}]"),
                        "{\"a\":1}");
    assert_string_equal(select(nested("", 20000, ".a", "", ""), "{\"a\":{\"a\":1}}"), "");
    assert_string_equal(select(nested("", 20000, "[*]", "", ""), "[[[1]]]"), "");
    assert_string_equal(select(nested("[0", 20000, ",0", "]", ""), "[]"), "");
}

/* The deepest tree, walked by the path that makes the runner call itself most. */
static void the_deepest_tree_is_walked(void **state)
{
    (void)state;
    const struct json_value *value = read(slice_of(nested("", JSON_DEPTH_MAX, "[", "", "]")));
    struct json_path *path = compile("..*[?@..[?@..[?@ == 1]] || count(@..*) > 9]");
    struct json_nodes nodes = {NULL, 0};
    assert_true(json_path_run(path, value, value, &arena, &work, &nodes, &error));
    assert_true(nodes.count > 0);
    json_path_free(path);
}

static const struct json_value *numbers(size_t count)
{
    struct buffer buffer;
    buffer_init(&buffer, 10000000);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(&buffer, "%c%zu", i == 0 ? '[' : ',', i);
    }
    buffer_append_byte(&buffer, ']');
    const struct json_value *value = read(arena_copy(&arena, buffer_slice(&buffer)));
    buffer_done(&buffer);
    return value;
}

static void the_number_of_nodes_is_bounded(void **state)
{
    (void)state;
    struct json_path *path = compile("[*]");
    const struct json_value *value = numbers(JSON_PATH_NODES_MAX);
    struct json_nodes nodes = {NULL, 0};
    assert_true(json_path_run(path, value, value, &arena, &work, &nodes, &error));
    assert_int_equal(nodes.count, JSON_PATH_NODES_MAX);
    json_path_free(path);
    assert_run_fails("[*,0]", value, "the path selects too many nodes");
    assert_run_fails("[?count($[*,0]) > 1]", value, "the path selects too many nodes");
}

static void the_work_is_bounded(void **state)
{
    (void)state;
    const struct json_value *value = numbers(3000);
    const char *const paths[] = {"[?$[?@ == 'x']]", "[?count($[*]) == 1]",
                                 "[?$ == $]",       "[?$[::-1] && count($[::-1]) == 0]",
                                 "[?$[?@ < -1]]",   "[?!$[?!$[0]]]"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_run_fails_after(4000000, paths[i], value, WORK_EXCEEDED);
        assert_true(work.exceeded);
        assert_in_range(work.steps, WORK_STEPS_MAX, WORK_STEPS_MAX + 4000);
    }
}

static void a_regular_expression_that_takes_too_long_fails(void **state)
{
    (void)state;
    const char *json = "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b\"]";
    const char *const paths[] = {"[?match(@, '(a|a)*b')]", "[?search(@, '(a|a)*b.')]",
                                 "[?match(@, '((a*)*)*b')]", "[?match(@, '(a|aa)+b')]"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_run_fails(paths[i], read(slice_of(json)),
                         "a regular expression takes too long on a text");
    }
}

static const char *repeated(char byte, size_t count)
{
    char *text = arena_alloc(&arena, count + 1);
    memset(text, byte, count);
    text[count] = '\0';
    return text;
}

static void a_long_text_that_is_looked_at_again_and_again_takes_too_long(void **state)
{
    (void)state;
    struct slice text = {repeated('a', 1000000), 1000000};
    struct json_value item = {.kind = JSON_STRING, .text = text};
    struct json_value array = {.kind = JSON_ARRAY, .first = &item, .count = 1};
    const char *const paths[] = {"[?search(@, 'a+[bc]')]", "[?match(@, '.*a.*a.*a[bc]')]",
                                 "[?search(@, '[a-z]{60000}[bc]')]"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_run_fails(paths[i], &array, "a regular expression takes too long on a text");
    }
}

static void the_steps_of_regular_expressions_are_work(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000000);
    for (size_t i = 0; i < 1000; i++) {
        buffer_printf(&buffer, "%c\"%s\"", i == 0 ? '[' : ',', repeated('a', 100));
    }
    buffer_append_byte(&buffer, ']');
    const struct json_value *value = read(arena_copy(&arena, buffer_slice(&buffer)));
    assert_run_fails_after(4000000, "[?search(@, 'a+a+[bc]')]", value, WORK_EXCEEDED);
    buffer_done(&buffer);
}

static void an_ordinary_pattern_on_a_long_text_does_not(void **state)
{
    (void)state;
    char text[20001];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    const char *json = arena_printf(&arena, "[\"%s!\"]%c", text, '\0').data;
    assert_true(strlen(select("[?search(@, 'b|!')]", json)) > 0);
    assert_true(strlen(select("[?match(@, '.*a.*!')]", json)) > 0);
    assert_true(strlen(select("[?match(@, '(aa)*!')]", json)) > 0);
    assert_true(strlen(select("[?match(@, '[a-z]{1,30000}!')]", json)) > 0);
}

static void running_allocates_nothing_in_the_steady_state(void **state)
{
    (void)state;
    struct arena own;
    arena_init(&own, 0);
    const struct json_value *value =
        read(SLICE("{\"p\": \"a.*\", \"lines\": [{\"sku\": \"a-1\"}, {\"sku\": \"b-2\"}]}"));
    struct json_path *path =
        compile("..[?match(@.sku, 'a.*') && search(@.sku, $.p) && count(@..*) < 9][::-1, *]");
    struct json_nodes nodes = {NULL, 0};
    assert_true(json_path_run(path, value, value, &own, &work, &nodes, &error));
    assert_int_equal(nodes.count, 1);
    size_t before = allocations_count();
    for (int i = 0; i < 1000; i++) {
        arena_reset(&own);
        assert_true(json_path_run(path, value, value, &own, &work, &nodes, &error));
    }
    assert_int_equal(allocations_count(), before);
    json_path_free(path);
    arena_done(&own);
}

/* The normalised path of the one node that `path` selects in `json`. */
static const char *normalised(const char *path_text, const char *json)
{
    struct json_path *path = compile(path_text);
    const struct json_value *value = read(slice_of(json));
    struct json_nodes nodes = {NULL, 0};
    assert_true(json_path_run(path, value, value, &arena, &work, &nodes, &error));
    assert_int_equal(nodes.count, 1);
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    assert_true(json_path_normalised(value, nodes.items[0], &buffer));
    const char *text = arena_string(&arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    json_path_free(path);
    return text;
}

/* Table 20 of RFC 9535. */
static void normalised_paths_are_those_of_the_rfc(void **state)
{
    (void)state;
    assert_string_equal(normalised("", "{}"), "$");
    assert_string_equal(normalised(".a", "{\"a\": 1}"), "$['a']");
    assert_string_equal(normalised("[1]", "[0, 1]"), "$[1]");
    assert_string_equal(normalised("[-3]", "[0, 1, 2, 3, 4]"), "$[2]");
    assert_string_equal(normalised(".a.b[1:2]", "{\"x\": [1], \"a\": {\"b\": [0, 1, 2]}}"),
                        "$['a']['b'][1]");
    assert_string_equal(normalised("[\"\\u000B\"]", "{\"\\u000b\": 1}"), "$['\\u000b']");
    assert_string_equal(normalised("[\"\\u0061\"]", "{\"a\": 1}"), "$['a']");
}

static void names_in_normalised_paths_have_the_escapes_of_the_rfc(void **state)
{
    (void)state;
    assert_string_equal(normalised(".*", "{\"\\b\\t\\n\\f\\r\\\"'/\\\\\": 1}"),
                        "$['\\b\\t\\n\\f\\r\"\\'/\\\\']");
    assert_string_equal(normalised(".*", "{\"\\u0000\\u001f\\u007f\\u00e9\": 1}"),
                        "$['\\u0000\\u001f\x7f\xc3\xa9']");
    assert_string_equal(normalised(".*", "{\"\": 1}"), "$['']");
}

static void a_node_elsewhere_has_no_normalised_path(void **state)
{
    (void)state;
    const struct json_value *value = read(SLICE("{\"a\": [1, {\"b\": []}], \"c\": 2}"));
    const struct json_value *other = read(SLICE("{\"a\": [1, {\"b\": []}], \"c\": 2}"));
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_false(json_path_normalised(value, other->first, &buffer));
    assert_int_equal(buffer.size, 0);
    /* Nor has what stands beside the root, if that is itself a part of a tree. */
    assert_false(json_path_normalised(value->first, value->first->next, &buffer));
    assert_true(json_path_normalised(value->first, value->first->first->next, &buffer));
    assert_string_equal(arena_string(&arena, buffer_slice(&buffer)), "$[1]");
    buffer_done(&buffer);
}

static void the_deepest_node_has_a_normalised_path(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 2] = "";
    memset(text, '[', JSON_DEPTH_MAX);
    text[JSON_DEPTH_MAX] = '7';
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX);
    const char *path = normalised("..[?@ == 7]", text);
    assert_int_equal(strlen(path), 1 + 3 * JSON_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_ends_where_no_segment_follows),
        cmocka_unit_test(an_error_has_its_place_and_says_what_is_expected),
        cmocka_unit_test(text_that_is_no_utf8_is_refused),
        cmocka_unit_test(what_selects_one_node_at_most_is_singular),
        cmocka_unit_test(nodes_come_in_the_order_of_the_rfc),
        cmocka_unit_test(slices_follow_the_rfc),
        cmocka_unit_test(numbers_are_compared_exactly_in_filters),
        cmocka_unit_test(nothing_is_equal_to_nothing_only),
        cmocka_unit_test(logic_binds_as_in_the_rfc),
        cmocka_unit_test(functions_give_what_the_rfc_says),
        cmocka_unit_test(filters_see_the_root_and_the_start_apart),
        cmocka_unit_test(what_is_not_found_at_the_end_keeps_its_place_on_request),
        cmocka_unit_test(patterns_mean_what_i_regexp_says),
        cmocka_unit_test(what_is_not_i_regexp_is_refused),
        cmocka_unit_test(a_wrong_pattern_of_the_message_matches_nothing),
        cmocka_unit_test(a_pattern_past_a_limit_is_an_error),
        cmocka_unit_test(patterns_of_the_message_may_change_from_node_to_node),
        cmocka_unit_test(nesting_of_the_path_is_bounded),
        cmocka_unit_test(a_long_path_is_not_a_deep_one),
        cmocka_unit_test(the_deepest_tree_is_walked),
        cmocka_unit_test(the_number_of_nodes_is_bounded),
        cmocka_unit_test(the_work_is_bounded),
        cmocka_unit_test(a_regular_expression_that_takes_too_long_fails),
        cmocka_unit_test(a_long_text_that_is_looked_at_again_and_again_takes_too_long),
        cmocka_unit_test(the_steps_of_regular_expressions_are_work),
        cmocka_unit_test(an_ordinary_pattern_on_a_long_text_does_not),
        cmocka_unit_test(running_allocates_nothing_in_the_steady_state),
        cmocka_unit_test(normalised_paths_are_those_of_the_rfc),
        cmocka_unit_test(names_in_normalised_paths_have_the_escapes_of_the_rfc),
        cmocka_unit_test(a_node_elsewhere_has_no_normalised_path),
        cmocka_unit_test(the_deepest_node_has_a_normalised_path),
    };
    return cmocka_run_group_tests(tests, start, end);
}
