#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "config/document.h"

#include <stdlib.h>

/* What `text` gives as errors, as people read them; freed by the caller. */
static char *errors_of(struct slice text)
{
    struct error_list errors = {0};
    struct document *document = document_read("t.yaml", text, &errors);
    bool whole = document != NULL && document_is_whole(document);
    assert_true(whole == (errors.errors == 0));
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    error_list_write(&errors, &buffer);
    char *written = memory_string(buffer_slice(&buffer));
    buffer_done(&buffer);
    error_list_done(&errors);
    document_free(document);
    return written;
}

static void assert_errors(const char *text, const char *expected)
{
    char *written = errors_of(slice_of(text));
    assert_string_equal(written, expected);
    free(written);
}

static struct document *read_fine(const char *text)
{
    struct error_list errors = {0};
    struct document *document = document_read("t.yaml", slice_of(text), &errors);
    assert_non_null(document);
    assert_int_equal(errors.count, 0);
    error_list_done(&errors);
    return document;
}

static void assert_text(const struct node *node, const char *expected)
{
    assert_non_null(node);
    assert_int_equal(node->kind, NODE_SCALAR);
    assert_string_equal(node->text.data, expected);
    assert_int_equal(node->text.size, strlen(expected));
}

static void a_tree_has_the_shape_of_the_file(void **state)
{
    (void)state;
    struct document *document = read_fine("routes:\n"
                                          "  - {topics: [a, b], mapping: 'x.yaml'}\n"
                                          "  - topics: c\n"
                                          "empty: {}\n");
    const struct node *root = document_root(document);
    assert_int_equal(root->kind, NODE_MAPPING);
    assert_int_equal(root->count, 2);
    const struct node *routes = node_child(root, "routes");
    assert_int_equal(routes->kind, NODE_SEQUENCE);
    assert_int_equal(routes->count, 2);
    const struct node *topics = node_child(routes->first, "topics");
    assert_int_equal(topics->count, 2);
    assert_text(topics->first, "a");
    assert_text(topics->first->next, "b");
    assert_null(topics->first->next->next);
    assert_text(node_child(routes->first, "mapping"), "x.yaml");
    assert_text(node_child(routes->first->next, "topics"), "c");
    assert_null(routes->first->next->next);
    assert_int_equal(node_child(root, "empty")->kind, NODE_MAPPING);
    assert_int_equal(node_child(root, "empty")->count, 0);
    document_free(document);
}

static void json_is_read_too(void **state)
{
    (void)state;
    struct document *document =
        read_fine("{\"a\":{\"b\":[1,true,null,\"\\u00e9\\n\\/\"]},\n\t\"c\":\"d\"}");
    const struct node *list = node_child(node_child(document_root(document), "a"), "b");
    assert_int_equal(list->count, 4);
    assert_text(list->first, "1");
    assert_text(list->first->next->next->next, "\xC3\xA9\n/");
    assert_text(node_child(document_root(document), "c"), "d");
    document_free(document);
}

static void expressions_come_through_unharmed(void **state)
{
    (void)state;
    const char *const expressions[] = {
        "$.a ?? $.b",
        "$order.financial_status == 'paid'",
        "$.x | url_param('rtid', 'rclid')",
        "$.items[*].title | replace(',', ' ') | join(', ')",
        "$.items[?@.sku != \"\"].sku | distinct | only",
        "$.a#b",
        "kafka.headers['x:y']",
        "${env:NAME:-host:9092}",
        "$['a'] && !exists($.b) || $.c >= 1",
    };
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 1000);
        buffer_printf(&buffer, "value: %s # why\n%c", expressions[i], '\0');
        struct document *document = read_fine(buffer.data);
        const struct node *node = node_child(document_root(document), "value");
        assert_text(node, expressions[i]);
        assert_false(node->quoted);
        document_free(document);
        buffer_done(&buffer);
    }
}

static void nothing_is_an_empty_document(void **state)
{
    (void)state;
    const char *const texts[] = {"", "# only a comment\n", "---\n", "--- # nothing\n...\n",
                                 "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct document *document = read_fine(texts[i]);
        assert_null(document_root(document));
        assert_null(node_child(document_root(document), "a"));
        document_free(document);
    }
}

static void null_is_told_from_the_text(void **state)
{
    (void)state;
    struct document *document =
        read_fine("- ~\n- null\n-\n- ''\n- 'null'\n- \"~\"\n- nil\n- {}\n- |\n  null\n");
    const bool expected[] = {true, true, true, false, false, false, false, false, false};
    size_t i = 0;
    for (const struct node *node = document_root(document)->first; node != NULL;
         node = node->next) {
        assert_int_equal(node_is_null(node), expected[i++]);
    }
    assert_int_equal(i, sizeof expected / sizeof expected[0]);
    document_free(document);
}

static void assert_place(struct place place, size_t line, size_t column, size_t length)
{
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    assert_int_equal(place.length, length);
}

static void every_node_knows_its_place(void **state)
{
    (void)state;
    struct document *document = read_fine("\xEF\xBB\xBF"
                                          "k\xC3\xA9y: caf\xC3\xA9 au lait # no\r\n"
                                          "list:\r\n"
                                          "  - {x: 'y', \"z\": [1]}\r\n"
                                          "map:\r\n"
                                          "  inner: |\r\n"
                                          "    text\r\n"
                                          "nothing:\r\n");
    const struct node *root = document_root(document);
    assert_place(root->place, 1, 1, 3);
    assert_place(root->first->key_place, 1, 1, 3);
    assert_place(root->first->place, 1, 6, 12);
    const struct node *list = node_child(root, "list");
    assert_place(list->place, 3, 3, 1);
    assert_place(list->first->place, 3, 5, 1);
    assert_place(list->first->first->key_place, 3, 6, 1);
    assert_place(list->first->first->place, 3, 9, 3);
    assert_place(list->first->first->next->key_place, 3, 14, 3);
    assert_place(list->first->first->next->place, 3, 19, 1);
    const struct node *map = node_child(root, "map");
    assert_place(map->place, 5, 3, 5);
    assert_place(map->first->place, 5, 10, 1);
    assert_text(map->first, "text\n");
    assert_place(node_child(root, "nothing")->place, 7, 9, 1);
    document_free(document);
}

/* Where the first `part` of the text of the only value stands. */
struct place_case {
    const char *yaml;
    const char *text; /* what the value is decoded to */
    const char *part;
    struct place place;
};

static void assert_place_case(const struct place_case *expected)
{
    struct document *document = read_fine(expected->yaml);
    const struct node *node = document_root(document)->first;
    assert_text(node, expected->text);
    size_t offset = slice_find(node->text, slice_of(expected->part));
    assert_int_not_equal(offset, SIZE_MAX);
    struct place place = document_place(document, node, offset, strlen(expected->part));
    assert_place(place, expected->place.line, expected->place.column, expected->place.length);
    document_free(document);
}

static void assert_place_cases(const struct place_case cases[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_place_case(&cases[i]);
    }
}

#define ASSERT_PLACES(cases) assert_place_cases(cases, sizeof(cases) / sizeof(cases)[0])

static void places_in_plain_scalars(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"a: $.x | uper", "$.x | uper", "uper", {1, 10, 4}},
        {"a: $.x | uper", "$.x | uper", "$.x | uper", {1, 4, 10}},
        {"\xEF\xBB\xBF"
         "a: \xC3\xA9\xC3\xA9 x",
         "\xC3\xA9\xC3\xA9 x",
         "x",
         {1, 7, 1}},
        /* folded lines: each line end is a blank, an empty line a line end */
        {"a: one\n   two\n\n\n   three", "one two\n\nthree", "two", {2, 4, 3}},
        {"a: one\n   two\n\n\n   three", "one two\n\nthree", "three", {5, 4, 5}},
        {"a: one  \r\n   two\r\n   three", "one two three", "three", {3, 4, 5}},
        {"a: one\n   two", "one two", "one two", {1, 4, 3}},
        {"a: one\n   two", "one two", " t", {1, 7, 1}},
        {"a:\n  one\n  two", "one two", "two", {3, 3, 3}},
        {"- a  b", "a  b", "b", {1, 6, 1}},
    };
    ASSERT_PLACES(cases);
}

static void places_in_single_quoted_scalars(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"a: '$.x == ''y'' | z'", "$.x == 'y' | z", "'y'", {1, 12, 5}},
        {"a: '$.x == ''y'' | z'", "$.x == 'y' | z", "z", {1, 20, 1}},
        {"a: '''''z'", "''z", "z", {1, 9, 1}},
        {"a: 'one\n\n  two'''", "one\ntwo'", "two", {3, 3, 3}},
        {"a: 'one \n  two'", "one two", "two", {2, 3, 3}},
        {"a: 'back\\slash x'", "back\\slash x", "x", {1, 16, 1}},
        {"a: ' x '", " x ", "x", {1, 6, 1}},
    };
    ASSERT_PLACES(cases);
}

static void places_in_double_quoted_scalars(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"a: \"$.x | uper\"", "$.x | uper", "uper", {1, 11, 4}},
        {"a: \"\\\"x\\\" | y\"", "\"x\" | y", "y", {1, 13, 1}},
        {"a: \"\\\"x\\\" | y\"", "\"x\" | y", "\"x\"", {1, 5, 5}},
        {"a: \"\\x41\\u00e9\\U0001F600z\"", "A\xC3\xA9\xF0\x9F\x98\x80z", "z", {1, 25, 1}},
        {"a: \"\\x41\\u00e9\\U0001F600z\"", "A\xC3\xA9\xF0\x9F\x98\x80z", "\xC3\xA9", {1, 9, 6}},
        {"a: \"\\ud83d\\ude00 \\uDBFF\\udfff__ \\\\ud83d z\"",
         "\xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF__ \\ud83d z",
         "z",
         {1, 41, 1}},
        {"a: \"\\ud83d\\ude00 \\uDBFF\\udfff__\"",
         "\xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF__",
         "\xF4\x8F\xBF\xBF",
         {1, 18, 12}},
        {"a: \"one\n  \\ud83d\\ude00\\\n  two\"", "one \xF0\x9F\x98\x80two", "two", {3, 3, 3}},
        {"a: \"\\N\\_\\L\\P\\t\\\\z\"",
         "\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\t\\z",
         "z",
         {1, 17, 1}},
        {"a: \"one\n  two\n\n  three\"", "one two\nthree", "three", {4, 3, 5}},
        {"a: \"one\\\n  two\"", "onetwo", "two", {2, 3, 3}},
        {"a: \"one \\\n\n\n  two\"", "one \n\ntwo", "two", {4, 3, 3}},
        {"a: \"one\\\r\n  two\r\n  three\"", "onetwo three", "three", {3, 3, 5}},
        {"a: \"one \\  \n two\"", "one   two", "two", {2, 2, 3}},
    };
    ASSERT_PLACES(cases);
}

static void places_in_block_scalars(void **state)
{
    (void)state;
    static const struct place_case cases[] = {
        {"a: |\n  one\n  two x\n", "one\ntwo x\n", "x", {3, 7, 1}},
        {"a: |-\n\n\n    one\n      two\n\n    three\n\n",
         "\n\none\n  two\n\nthree",
         "two",
         {5, 7, 3}},
        {"a: |-\n\n\n    one\n      two\n\n    three\n\n",
         "\n\none\n  two\n\nthree",
         "three",
         {7, 5, 5}},
        {"a: |2+ # why\n    one\n   two\n\n", "  one\n two\n\n", "one", {2, 5, 3}},
        {"a: |2+ # why\n    one\n   two\n\n", "  one\n two\n\n", "two", {3, 4, 3}},
        {"a: >\n  one\n  two\n\n  three\n", "one two\nthree\n", "two", {3, 3, 3}},
        {"a: >\n  one\n  two\n\n  three\n", "one two\nthree\n", "three", {5, 3, 5}},
        {"a: >\r\n  one\r\n  two\r\n", "one two\n", "two", {3, 3, 3}},
        /* what is indented deeper is not folded, nor are its neighbours */
        {"a: >\n  one\n    deep\n  two\n  three\n", "one\n  deep\ntwo three\n", "deep", {3, 5, 4}},
        {"a: >\n  one\n    deep\n  two\n  three\n", "one\n  deep\ntwo three\n", "two", {4, 3, 3}},
        {"a: >\n  one\n    deep\n  two\n  three\n", "one\n  deep\ntwo three\n", "three", {5, 3, 5}},
        {"a: >-\n\n  one\n\n\n  two", "\none\n\ntwo", "two", {6, 3, 3}},
        {"a: |\n  \xC3\xA9 x", "\xC3\xA9 x", "x", {2, 5, 1}},
        {"- |\r\n    one\r\n    two\r\n", "one\ntwo\n", "two", {3, 5, 3}},
    };
    ASSERT_PLACES(cases);
}

static void a_place_past_the_end_is_behind_the_last_character(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        struct place place;
    } cases[] = {
        {"a: one", {1, 7, 1}},
        {"a: 'one'", {1, 8, 1}},
        {"a: \"one\"", {1, 8, 1}},
        {"a: |\n  one\n\n", {2, 6, 1}},
        {"a: >\n  one\n", {2, 6, 1}},
        {"a: ''", {1, 5, 1}},
        {"a: \"\"", {1, 5, 1}},
        {"a: |\n", {1, 4, 1}},
        {"a: |+\n\n\n", {1, 4, 1}},
        {"a: >\nb: c\n", {1, 4, 1}},
        {"a:", {1, 3, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct document *document = read_fine(cases[i].yaml);
        const struct node *node = document_root(document)->first;
        struct place place = document_place(document, node, node->text.size, 0);
        assert_place(place, cases[i].place.line, cases[i].place.column, cases[i].place.length);
        place = document_place(document, node, SIZE_MAX, SIZE_MAX);
        assert_place(place, cases[i].place.line, cases[i].place.column, cases[i].place.length);
        document_free(document);
    }
}

/* What is to be read, and what people see then. */
struct error_case {
    const char *text;
    const char *expected;
};

static const struct error_case syntax_cases[] = {
    {"a:\n\tb: 1\n", "t.yaml:2:1: error: a tab, where YAML wants blanks\n"
                     "    2 |  b: 1\n"
                     "      | ^\n"
                     "      = indent with blanks\n"},
    {"a: one\n\ttwo\n", "t.yaml:2:1: error: a tab, where YAML wants blanks\n"
                        "    2 |  two\n"
                        "      | ^\n"
                        "      = indent with blanks\n"},
    {"a: |\n \tone\n  two\n", "t.yaml:2:2: error: a tab, where YAML wants blanks\n"
                              "    2 |   one\n"
                              "      |  ^\n"
                              "      = indent with blanks\n"},
    {"a: @.price\n",
     "t.yaml:1:4: error: a value that begins with @ needs quotes\n"
     "    1 | a: @.price\n"
     "      |    ^~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold: \"@.price\"\n"},
    {"a: %d  \nb: c\n",
     "t.yaml:1:4: error: a value that begins with % needs quotes\n"
     "    1 | a: %d  \n"
     "      |    ^~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: `x`\n", "t.yaml:1:4: error: a value that begins with ` needs quotes\n"
                 "    1 | a: `x`\n"
                 "      |    ^~~\n"
                 "      = quotes are ' and \"\n"},
    {"a: *.x\n", "t.yaml:1:4: error: a value that begins with * needs quotes\n"
                 "    1 | a: *.x\n"
                 "      |    ^~~\n"
                 "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: && $.b\n", "t.yaml:1:4: error: a value that begins with & needs quotes\n"
                    "    1 | a: && $.b\n"
                    "      |    ^~~~~~\n"
                    "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: !e!x b\n", "t.yaml:1:4: error: a value that begins with ! needs quotes\n"
                    "    1 | a: !e!x b\n"
                    "      |    ^~~~~~\n"
                    "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: !<x b\n", "t.yaml:1:4: error: a value that begins with ! needs quotes\n"
                   "    1 | a: !<x b\n"
                   "      |    ^~~~~\n"
                   "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: !x,b\n", "t.yaml:1:4: error: a value that begins with ! needs quotes\n"
                  "    1 | a: !x,b\n"
                  "      |    ^~~~\n"
                  "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"amount: join(': ') | x: y\n",
     "t.yaml:1:15: error: a second \": \" in one line\n"
     "    1 | amount: join(': ') | x: y\n"
     "      |               ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"a: 1\n  b: 2\n",
     "t.yaml:2:4: error: a key where none can stand: the line above has not ended\n"
     "    2 |   b: 2\n"
     "      |    ^\n"
     "      = the keys of one mapping begin in the same column; or a colon is missing in "
     "the line above\n"},
    {"a: ? b\n", "t.yaml:1:4: error: a value that begins with \"? \" needs quotes\n"
                 "    1 | a: ? b\n"
                 "      |    ^~~\n"
                 "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: - b\n", "t.yaml:1:4: error: the entry of a list, where none can stand\n"
                 "    1 | a: - b\n"
                 "      |    ^~~\n"
                 "      = a list begins on a line of its own, and a value that begins with \"- \" "
                 "needs quotes\n"},
    {"a: 1\nb\nc: 2\n", "t.yaml:2:1: error: a key without its \":\"\n"
                        "    2 | b\n"
                        "      | ^\n"
                        "      = write \"key: value\"; if this belongs to the value above, indent "
                        "it deeper than its key\n"},
    {"a: 'it's\n", "t.yaml:1:8: error: the value ended with the quote before this\n"
                   "    1 | a: 'it's\n"
                   "      |        ^\n"
                   "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: 'text\nb: c\n", "t.yaml:1:4: error: this quote is never closed\n"
                         "    1 | a: 'text\n"
                         "      |    ^\n"
                         "      = within '…' a quote is written twice: ''\n"},
    {"a: \"text\n---\n\"\n", "t.yaml:1:4: error: this quote is never closed\n"
                             "    1 | a: \"text\n"
                             "      |    ^\n"
                             "      = within \"…\" a quote is written \\\"\n"},
    {"a: \"\\d+\"\n",
     "t.yaml:1:5: error: a \\ with a character that makes no escape\n"
     "    1 | a: \"\\d+\"\n"
     "      |     ^\n"
     "      = within \"…\" a backslash is written \\\\; within '…' it stands for itself\n"},
    {"{\"a\": \"\\uD83D\\uDA00\"}\n",
     "t.yaml:1:10: error: an escape that is no character\n"
     "    1 | {\"a\": \"\\uD83D\\uDA00\"}\n"
     "      |          ^\n"
     "      = write the character itself, or \\U with its eight hex digits\n"},
    {"a: \"\\u00g0\"\n", "t.yaml:1:7: error: an escape with too few hex digits\n"
                         "    1 | a: \"\\u00g0\"\n"
                         "      |       ^\n"
                         "      = \\x has two, \\u four and \\U eight of them\n"},
    {"a: 'text' | upper\n",
     "t.yaml:1:11: error: the value ended with the quote before this\n"
     "    1 | a: 'text' | upper\n"
     "      |           ^~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: \"text\" ?? $.b\n",
     "t.yaml:1:11: error: the value ended with the quote before this\n"
     "    1 | a: \"text\" ?? $.b\n"
     "      |           ^~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: [1] | first\n", "t.yaml:1:8: error: the value ended with the bracket before this\n"
                         "    1 | a: [1] | first\n"
                         "      |        ^~~~~~~\n"
                         "      = a value that begins with [ or { is a list or a mapping: put it "
                         "in quotes to make it a "
                         "text\n"},
    {"a: {b: c} ?? d\n", "t.yaml:1:11: error: the value ended with the bracket before this\n"
                         "    1 | a: {b: c} ?? d\n"
                         "      |           ^~~~\n"
                         "      = a value that begins with [ or { is a list or a mapping: put it "
                         "in quotes to make it a "
                         "text\n"},
    {"a: | upper\n", "t.yaml:1:4: error: a value that begins with | or > needs quotes\n"
                     "    1 | a: | upper\n"
                     "      |    ^~~~~~~\n"
                     "      = put the whole value in quotes, of the kind that it does not hold; "
                     "alone at the end of its "
                     "line, | begins a text of several lines\n"},
    {"a: 1\n- b\n", "t.yaml:2:1: error: the entry of a list, where a key is expected\n"
                    "    2 | - b\n"
                    "      | ^~~\n"
                    "      = indent a list deeper than its key\n"},
    {"a:\n    b: 1\n  c: 2\n", "t.yaml:3:3: error: this line belongs to nothing above it\n"
                               "    3 |   c: 2\n"
                               "      |   ^~~~\n"
                               "      = the keys of one mapping begin in the same column\n"},
    {"- a\nb: 1\n",
     "t.yaml:2:1: error: this line is not of the list above it, and of nothing else\n"
     "    2 | b: 1\n"
     "      | ^~~~\n"
     "      = the entries of one list begin with \"- \" in the same column\n"},
    {"a: [1, 2\n\n",
     "t.yaml:1:4: error: this [ is never closed\n"
     "    1 | a: [1, 2\n"
     "      |    ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    {"a: {b: 1\n",
     "t.yaml:1:4: error: this { is never closed\n"
     "    1 | a: {b: 1\n"
     "      |    ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    {"a: [${env:X}]\n",
     "t.yaml:1:6: error: a , or ] is expected before this\n"
     "    1 | a: [${env:X}]\n"
     "      |      ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    {"a: {value: $.b[0]}\n",
     "t.yaml:1:15: error: a , or } is expected before this\n"
     "    1 | a: {value: $.b[0]}\n"
     "      |               ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    {"a: ]\n", "t.yaml:1:4: error: a value is expected here\n"
               "    1 | a: ]\n"
               "      |    ^\n"
               "      = a value that begins with , ] or } needs quotes\n"},
    {"  a: 1\nb: 2\n", "t.yaml:2:1: error: the document ended before this line\n"
                       "    2 | b: 2\n"
                       "      | ^~~~\n"
                       "      = the keys of one mapping begin in the same column\n"},
    {"%YAML 1.3\n---\na: 1\n", "t.yaml:1:1: error: a version of YAML that is not known\n"
                               "    1 | %YAML 1.3\n"
                               "      | ^~~~~~~~~\n"
                               "      = leave the line out\n"},
    {"%d\n", "t.yaml:1:1: error: a line that begins with % is a directive of YAML\n"
             "    1 | %d\n"
             "      | ^~\n"
             "      = put the value in quotes\n"},
};

static void syntax_errors_are_said_in_plain_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof syntax_cases / sizeof syntax_cases[0]; i++) {
        assert_errors(syntax_cases[i].text, syntax_cases[i].expected);
    }
}

/* Values without their quotes do not hide what else is wrong. */
static const struct error_case unquoted_cases[] = {
    {"a: @.x\nb: !present($.y)\nc: {d: *z, e: &f g, h: [%i, `j]}\na: 1\n",
     "t.yaml:1:4: error: a value that begins with @ needs quotes\n"
     "    1 | a: @.x\n"
     "      |    ^~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold: \"@.price\"\n"
     "t.yaml:2:4: error: a value that begins with ! needs quotes\n"
     "    2 | b: !present($.y)\n"
     "      |    ^~~~~~~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:8: error: a value that begins with * needs quotes\n"
     "    3 | c: {d: *z, e: &f g, h: [%i, `j]}\n"
     "      |        ^~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:15: error: a value that begins with & needs quotes\n"
     "    3 | c: {d: *z, e: &f g, h: [%i, `j]}\n"
     "      |               ^~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:25: error: a value that begins with % needs quotes\n"
     "    3 | c: {d: *z, e: &f g, h: [%i, `j]}\n"
     "      |                         ^~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:29: error: a value that begins with ` needs quotes\n"
     "    3 | c: {d: *z, e: &f g, h: [%i, `j]}\n"
     "      |                             ^~\n"
     "      = quotes are ' and \"\n"
     "t.yaml:4:1: error: the key \"a\" stands twice\n"
     "    4 | a: 1\n"
     "      | ^\n"
     "      = it stands in line 1 already\n"},
    {"a: @.x\nb: 'y' z\n",
     "t.yaml:1:4: error: a value that begins with @ needs quotes\n"
     "    1 | a: @.x\n"
     "      |    ^~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold: \"@.price\"\n"
     "t.yaml:2:8: error: the value ended with the quote before this\n"
     "    2 | b: 'y' z\n"
     "      |        ^\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
};

static void values_without_their_quotes_hide_no_other_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unquoted_cases / sizeof unquoted_cases[0]; i++) {
        assert_errors(unquoted_cases[i].text, unquoted_cases[i].expected);
    }
}

static void values_without_their_quotes_are_read_as_if_they_had_them(void **state)
{
    (void)state;
    static const char text[] = "a: @.x\n'b': !y 'z'\n*c : &d\n";
    struct error_list errors = {0};
    struct document *document = document_read("t.yaml", SLICE(text), &errors);
    assert_non_null(document);
    assert_int_equal(errors.errors, 4);
    assert_false(document_is_whole(document));
    const struct node *root = document_root(document);
    assert_text(node_child(root, "a"), "@.x");
    assert_text(node_child(root, "b"), "!y 'z'");
    assert_text(node_child(root, "*c"), "&d");
    struct place place = document_place(document, node_child(root, "a"), 0, 3);
    assert_int_equal(place.column, 4);
    assert_int_equal(place.length, 3);
    document_free(document);
    error_list_done(&errors);
}

static void surrogate_pairs_of_json_are_characters(void **state)
{
    (void)state;
    struct document *document =
        read_fine("{\"k\\ud83d\\ude00\": \"__\\ud83d\\ude00__\", \"b\": '\\ud83d\\ude00', "
                  "\"c\": \"\\ud83d\\ude00\\ud83d\\ude01\"}");
    const struct node *node = document_root(document)->first;
    assert_true(slice_equal(node->key, SLICE("k\xF0\x9F\x98\x80")));
    assert_text(node, "__\xF0\x9F\x98\x80__");
    assert_text(node->next, "\\ud83d\\ude00");
    assert_text(node->next->next, "\xF0\x9F\x98\x80\xF0\x9F\x98\x81");
    document_free(document);
}

static void of_keys_that_stand_twice_the_first_is_read(void **state)
{
    (void)state;
    static const char text[] = "a: 1\nb: {c: 2, c: 3, d: 4, c: 5}\na: [6]\ne: 7\na: 8\n";
    struct error_list errors = {0};
    struct document *document = document_read("t.yaml", SLICE(text), &errors);
    assert_non_null(document);
    assert_int_equal(errors.errors, 4);
    assert_false(document_is_whole(document));
    const struct node *root = document_root(document);
    const struct node *b = root->first->next;
    assert_int_equal(root->count, 3);
    assert_text(root->first, "1");
    assert_int_equal(b->count, 2);
    assert_text(b->first, "2");
    assert_text(b->first->next, "4");
    assert_null(b->first->next->next);
    assert_text(b->next, "7");
    assert_null(b->next->next);
    document_free(document);
    error_list_done(&errors);
}

static void a_secret_that_stands_twice_is_hidden_twice(void **state)
{
    (void)state;
    static const char text[] = "secret_key: hunter1\nx: {secret_key: a, secret_key: hunter2}\n"
                               "secret_key: {hunter3: hunter4}\n";
    struct error_list errors = {0};
    struct document *document = document_read("t.yaml", SLICE(text), &errors);
    assert_non_null(document);
    assert_int_equal(errors.errors, 2);
    assert_int_equal(slice_find(document_source(document)->text, SLICE("hunter")), SIZE_MAX);
    document_free(document);
    error_list_done(&errors);
}

static const struct error_case subset_cases[] = {
    {"a: &x 1\nb: *x\nc: !exists($.d)\nd: ! 'text'\n&k e: {}\nf: !!map {}\n",
     "t.yaml:1:4: error: a value that begins with & needs quotes\n"
     "    1 | a: &x 1\n"
     "      |    ^~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:2:4: error: a value that begins with * needs quotes\n"
     "    2 | b: *x\n"
     "      |    ^~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:4: error: a value that begins with ! needs quotes\n"
     "    3 | c: !exists($.d)\n"
     "      |    ^~~~~~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:4:4: error: a value that begins with ! needs quotes\n"
     "    4 | d: ! 'text'\n"
     "      |    ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:5:1: error: a value that begins with & needs quotes\n"
     "    5 | &k e: {}\n"
     "      | ^~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:6:4: error: a value that begins with ! needs quotes\n"
     "    6 | f: !!map {}\n"
     "      |    ^\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"a: 1\nb: {c: 1, 'c': 2}\na: 2\na: 3\n", "t.yaml:2:11: error: the key \"c\" stands twice\n"
                                              "    2 | b: {c: 1, 'c': 2}\n"
                                              "      |           ^~~\n"
                                              "      = it stands in line 2 already\n"
                                              "t.yaml:3:1: error: the key \"a\" stands twice\n"
                                              "    3 | a: 2\n"
                                              "      | ^\n"
                                              "      = it stands in line 1 already\n"
                                              "t.yaml:4:1: error: the key \"a\" stands twice\n"
                                              "    4 | a: 3\n"
                                              "      | ^\n"
                                              "      = it stands in line 3 already\n"},
    {"a: {{ .Values.x }}\n",
     "t.yaml:1:5: error: a mapping or a list cannot be a key\n"
     "    1 | a: {{ .Values.x }}\n"
     "      |     ^\n"
     "      = a value that begins with { or [ needs quotes if it is to be a text\n"},
    {"a: 1\n---\nb: 2\n", "t.yaml:2:1: error: a second document begins here\n"
                          "    2 | ---\n"
                          "      | ^~~\n"
                          "      = put it in a file of its own, or take the --- away\n"},
    {"a: caf\xE9\n", "t.yaml:1:7: error: these bytes are not UTF-8\n"
                     "    1 | a: caf\xEF\xBF\xBD\n"
                     "      |       ^\n"
                     "      = save the file as UTF-8\n"},
    {"a: 1\rb: 2\r", "t.yaml:1:5: error: a carriage return (CR) without a line feed (LF)\n"
                     "    1 | a: 1 b: 2\n"
                     "      |     ^\n"
                     "      = save the file with LF or CRLF as line ends\n"},
    {"a: \x07\n", "t.yaml:1:4: error: the character U+0007 is not allowed here\n"
                  "    1 | a:  \n"
                  "      |    ^\n"
                  "      = within \"…\" it can be written as \\u and its four hex digits\n"},
    {"a: \xE2\x80\xA8\n",
     "t.yaml:1:4: error: the character U+2028 is not allowed here\n"
     "    1 | a:  \n"
     "      |    ^\n"
     "      = within \"…\" it can be written as \\u and its four hex digits\n"},
};

static void what_is_not_of_the_subset_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subset_cases / sizeof subset_cases[0]; i++) {
        assert_errors(subset_cases[i].text, subset_cases[i].expected);
    }
}

/* The secret is hunter2 wherever it stands. */
static const struct error_case secret_cases[] = {
    {"secret_key: rsec-abc: x\n",
     "t.yaml:1:21: error: a second \": \" in one line\n"
     "    1 | secret_key: ********* *\n"
     "      |                     ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"sasl.password:\n  hunter2: \xC3\xA9: y\n",
     "t.yaml:2:13: error: a second \": \" in one line\n"
     "    2 |   ******** \xC2\xB7* *\n"
     "      |             ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"sasl.password: h\x07nter2\n",
     "t.yaml:1:17: error: the character U+0007 is not allowed here\n"
     "    1 | sasl.password: *******\n"
     "      |                 ^\n"
     "      = within \"…\" it can be written as \\u and its four hex digits\n"},
    /* tags, anchors and aliases */
    {"rokt:\n"
     "  secret_key: !hunter2\n"
     "  public_key: &hunter2\n",
     "t.yaml:2:15: error: a value that begins with ! needs quotes\n"
     "    2 |   secret_key: ********\n"
     "      |               ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:15: error: a value that begins with & needs quotes\n"
     "    3 |   public_key: ********\n"
     "      |               ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"kafka: {sasl.password: !hunter2, group.id: g}\n",
     "t.yaml:1:24: error: a value that begins with ! needs quotes\n"
     "    1 | kafka: {sasl.password: ********* ********* **\n"
     "      |                        ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"kafka:\n"
     "  sasl.password: *hunter2\n"
     "  ssl.key.password: &hunter2 hunter2\n",
     "t.yaml:2:18: error: a value that begins with * needs quotes\n"
     "    2 |   sasl.password: ********\n"
     "      |                  ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:21: error: a value that begins with & needs quotes\n"
     "    3 |   ssl.key.password: ******** *******\n"
     "      |                     ^~~~~~~~~~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt:\n"
     "  secret_key:\n"
     "    !hunter2\n"
     "  public_key:\n"
     "\n"
     "    - &hunter2\n",
     "t.yaml:3:5: error: a value that begins with ! needs quotes\n"
     "    3 |     ********\n"
     "      |     ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:6:7: error: a value that begins with & needs quotes\n"
     "    6 |     - ********\n"
     "      |       ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt:\n"
     "  secret_key: !!binary hunter2\n"
     "  base_url: &x y\n",
     "t.yaml:2:15: error: a value that begins with ! needs quotes\n"
     "    2 |   secret_key: ******** *******\n"
     "      |               ^~~~~~~~~~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:13: error: a value that begins with & needs quotes\n"
     "    3 |   base_url: &x y\n"
     "      |             ^~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt:\n"
     "  secret_key: !!str\n"
     "    hunter2 *hunter2\n"
     "  ca_file: *x\n",
     "t.yaml:2:15: error: a value that begins with ! needs quotes\n"
     "    2 |   secret_key: *****\n"
     "      |               ^~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:4:12: error: a value that begins with * needs quotes\n"
     "    4 |   ca_file: *x\n"
     "      |            ^~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"kafka:\n"
     "  SASL.Password: !hunter2\n"
     "  ssl.key.pass: !hunter2\n"
     "  ssl.key.pme: !hunter2\n",
     "t.yaml:2:18: error: a value that begins with ! needs quotes\n"
     "    2 |   SASL.Password: ********\n"
     "      |                  ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:3:17: error: a value that begins with ! needs quotes\n"
     "    3 |   ssl.key.pass: ********\n"
     "      |                 ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:4:16: error: a value that begins with ! needs quotes\n"
     "    4 |   ssl.key.pme: ********\n"
     "      |                ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt: {\"SECRET_KEY\": !hunter2}\n",
     "t.yaml:1:22: error: a value that begins with ! needs quotes\n"
     "    1 | rokt: {\"SECRET_KEY\": *********\n"
     "      |                      ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"{\"rokt\": {\"secret_key\":\n"
     "  !hunter2 \"x\"}, \"log\": *hunter2}\n",
     "t.yaml:2:3: error: a value that begins with ! needs quotes\n"
     "    2 |   ******** ***** ****** *********\n"
     "      |   ^~~~~~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"
     "t.yaml:2:25: error: a value that begins with * needs quotes\n"
     "    2 |   ******** ***** ****** *********\n"
     "      |                         ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"? secret_key\n"
     ": !hunter2\n",
     "t.yaml:2:3: error: a value that begins with ! needs quotes\n"
     "    2 | * ********\n"
     "      |   ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    /* what is no YAML */
    {"rokt:\n"
     "  secret_key: @hunter2\n",
     "t.yaml:2:15: error: a value that begins with @ needs quotes\n"
     "    2 |   secret_key: ********\n"
     "      |               ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold: \"@.price\"\n"},
    {"rokt:\n"
     "  secret_key: %hunter2\n",
     "t.yaml:2:15: error: a value that begins with % needs quotes\n"
     "    2 |   secret_key: ********\n"
     "      |               ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt:\n"
     "  secret_key: x: hunter2\n",
     "t.yaml:2:16: error: a second \": \" in one line\n"
     "    2 |   secret_key: ** *******\n"
     "      |                ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"rokt:\n"
     "  secret_key: 'a' hunter2\n",
     "t.yaml:2:19: error: the value ended with the quote before this\n"
     "    2 |   secret_key: *** *******\n"
     "      |                   ^~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"rokt:\n"
     "  secret_key: {a}hunter2\n",
     "t.yaml:2:18: error: the value ended with the bracket before this\n"
     "    2 |   secret_key: **********\n"
     "      |                  ^~~~~~~\n"
     "      = a value that begins with [ or { is a list or a mapping: put it in quotes to make it "
     "a text\n"},
    {"rokt:\n"
     "  secret_key: 'hunter2\n",
     "t.yaml:2:15: error: this quote is never closed\n"
     "    2 |   secret_key: ********\n"
     "      |               ^\n"
     "      = within '\xE2"
     "\x80"
     "\xA6"
     "' a quote is written twice: ''\n"},
    {"rokt:\n"
     "  secret_key: \"\\hunter2\"\n",
     "t.yaml:2:16: error: a \\ with a character that makes no escape\n"
     "    2 |   secret_key: **********\n"
     "      |                ^\n"
     "      = within \"\xE2"
     "\x80"
     "\xA6"
     "\" a backslash is written \\\\; within '\xE2"
     "\x80"
     "\xA6"
     "' it stands for itself\n"},
    {"rokt:\n"
     "  secret_key: |hunter2\n",
     "t.yaml:2:15: error: a value that begins with | or > needs quotes\n"
     "    2 |   secret_key: ********\n"
     "      |               ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold; alone at the end "
     "of its line, | begins a text of several lines\n"},
    {"rokt:\n"
     "  secret_key hunter2\n"
     "  public_key: a\n",
     "t.yaml:3:13: error: a key where none can stand: the line above has not ended\n"
     "    3 |   public_key: *\n"
     "      |             ^\n"
     "      = the keys of one mapping begin in the same column; or a colon is missing in "
     "the line above\n"},
    {"rokt:\n"
     "  secret_key:hunter2\n"
     "  public_key: a\n",
     "t.yaml:3:13: error: a key where none can stand: the line above has not ended\n"
     "    3 |   public_key: *\n"
     "      |             ^\n"
     "      = the keys of one mapping begin in the same column; or a colon is missing in "
     "the line above\n"},
    {"kafka:\n"
     "  sasl.pasword:\n"
     "    deep:\n"
     "      - hunter2: x: y\n",
     "t.yaml:4:19: error: a second \": \" in one line\n"
     "    4 |       - ******** ** *\n"
     "      |                   ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"kafka:\n"
     "  sasl.password: \"one\n"
     "hunter2: x\n"
     "three\" hunter2\n",
     "t.yaml:4:8: error: the value ended with the quote before this\n"
     "    4 | ****** *******\n"
     "      |        ^~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"kafka:\n"
     "  sasl.password: |\n"
     "    one\n"
     "\thunter2\n",
     "t.yaml:4:1: error: a tab, where YAML wants blanks\n"
     "    4 |  *******\n"
     "      | ^\n"
     "      = indent with blanks\n"},
    {"{\"rokt\":\n"
     "{\"secret_key\":\n"
     "\"hunter2\" hunter2}}\n",
     "t.yaml:3:11: error: a , or } is expected before this\n"
     "    3 | ********* *********\n"
     "      |           ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    {"rokt: rsec-hunter2: x\n",
     "t.yaml:1:19: error: a second \": \" in one line\n"
     "    1 | rokt: ************* *\n"
     "      |                   ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"proxy: https://user:hunter2@a: b\n",
     "t.yaml:1:30: error: a second \": \" in one line\n"
     "    1 | proxy: https****************** *\n"
     "      |                              ^\n"
     "      = a value that holds \": \" needs quotes around all of it\n"},
    {"rokt:\n"
     "  secret_key: 'a\x07"
     "hunter2'\n",
     "t.yaml:2:17: error: the character U+0007 is not allowed here\n"
     "    2 |   secret_key: ***********\n"
     "      |                 ^\n"
     "      = within \"\xE2"
     "\x80"
     "\xA6"
     "\" it can be written as \\u and its four hex digits\n"},
    {"rokt:\n"
     "  secret_key: caf\xE9"
     " hunter2\n",
     "t.yaml:2:18: error: these bytes are not UTF-8\n"
     "    2 |   secret_key: **** *******\n"
     "      |                  ^\n"
     "      = save the file as UTF-8\n"},
    {"rokt: {secret_key: [hunter2\n",
     "t.yaml:1:20: error: this [ is never closed\n"
     "    1 | rokt: {secret_key: ********\n"
     "      |                    ^\n"
     "      = within [ ] and { } a value that holds one of , [ ] { } needs quotes around it\n"},
    /* keys */
    {"rokt: {secret_key: hunter2, secret_key: hunter2}\n",
     "t.yaml:1:29: error: the key \"secret_key\" stands twice\n"
     "    1 | rokt: {secret_key: ******** *********** ********\n"
     "      |                             ^~~~~~~~~~\n"
     "      = it stands in line 1 already\n"},
    {"rokt: {secret_key: hunter2, {hunter2}: x}\n",
     "t.yaml:1:29: error: a mapping or a list cannot be a key\n"
     "    1 | rokt: {secret_key: ******** ********** **\n"
     "      |                             ^\n"
     "      = a value that begins with { or [ needs quotes if it is to be a text\n"},
    {"rokt: {secret_key: hunter2}\n"
     "---\n"
     "password: hunter2\n",
     "t.yaml:2:1: error: a second document begins here\n"
     "    2 | ***\n"
     "      | ^~~\n"
     "      = put it in a file of its own, or take the --- away\n"},
    {"- \"secret_key\": >\n hunter2: a: b\n",
     "t.yaml:2:2: error: this line is not of the list above it, and of nothing else\n"
     "    2 |  ******** ** *\n"
     "      |  ^~~~~~~~~~~~~\n"
     "      = the entries of one list begin with \"- \" in the same column\n"},
    {"? public_kye\n: &hunter2\n",
     "t.yaml:2:3: error: a value that begins with & needs quotes\n"
     "    2 | * ********\n"
     "      |   ^~~~~~~~\n"
     "      = put the whole value in quotes, of the kind that it does not hold\n"},
    {"sasl.password: {hunter2: 1, hunter2: 2}\n",
     "t.yaml:1:29: error: this key stands twice\n"
     "    1 | sasl.password: ********* ** ******** **\n"
     "      |                             ^~~~~~~\n"
     "      = it stands in line 1 already\n"},
};

static void a_secret_on_a_broken_line_is_not_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof secret_cases / sizeof secret_cases[0]; i++) {
        assert_null(strstr(secret_cases[i].expected, "hunter2"));
        assert_errors(secret_cases[i].text, secret_cases[i].expected);
    }
}

static void a_nul_does_not_end_the_file(void **state)
{
    (void)state;
    char *written = errors_of(SLICE("a: 1\n\0b: *x\n"));
    assert_string_equal(written, "t.yaml:2:1: error: the character U+0000 is not allowed here\n"
                                 "    2 |  b: *x\n"
                                 "      | ^\n"
                                 "      = within \"…\" it can be written as \\u and its four hex "
                                 "digits\n");
    free(written);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * DOCUMENT_DEPTH_MAX + 3] = {0};
    memset(text, '[', DOCUMENT_DEPTH_MAX);
    memset(text + DOCUMENT_DEPTH_MAX, ']', DOCUMENT_DEPTH_MAX);
    document_free(read_fine(text));
    memset(text, '[', DOCUMENT_DEPTH_MAX + 1);
    memset(text + DOCUMENT_DEPTH_MAX + 1, ']', DOCUMENT_DEPTH_MAX + 1);
    char *written = errors_of(slice_of(text));
    assert_non_null(strstr(written, "t.yaml:1:65: error: nested deeper than 64 levels\n"));
    free(written);
}

/* `count` times `part`, between `before` and `after`. */
static char *repeated(const char *before, const char *part, size_t count, const char *after)
{
    struct buffer buffer;
    buffer_init(&buffer, 64 << 20);
    buffer_append(&buffer, slice_of(before));
    for (size_t i = 0; i < count; i++) {
        buffer_append(&buffer, slice_of(part));
    }
    buffer_append(&buffer, slice_of(after));
    char *text = memory_string(buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

/* Each makes the file be read once more. */
static void so_many_values_without_their_quotes_are_found(void **state)
{
    (void)state;
    struct error_list errors = {0};
    char *text = repeated("- @x\n", "- @x\n", 49, "- @y\n");
    struct document *document = document_read("t.yaml", slice_of(text), &errors);
    assert_null(document);
    assert_int_equal(errors.errors, 51);
    free(text);
    error_list_done(&errors);
}

static void size_is_bounded(void **state)
{
    (void)state;
    char *text = repeated("a: ", "x", DOCUMENT_BYTES_MAX - 3, "");
    document_free(read_fine(text));
    free(text);
    text = repeated("a: ", "x", DOCUMENT_BYTES_MAX - 2, "");
    assert_errors(text, "t.yaml: error: the file is larger than 4194304 bytes\n");
    free(text);
}

static void the_number_of_values_is_bounded(void **state)
{
    (void)state;
    char *text = repeated("- ", "x\n- ", DOCUMENT_NODES_MAX - 2, "x\n");
    document_free(read_fine(text));
    free(text);
    text = repeated("- ", "x\n- ", DOCUMENT_NODES_MAX - 1, "x\n");
    assert_errors(text, "t.yaml:250000:3: error: the file has more than 250000 values\n"
                        "250000 | - x\n"
                        "       |   ^\n");
    free(text);
}

static void the_length_of_a_key_is_bounded(void **state)
{
    (void)state;
    char *text = repeated("? ", "k", DOCUMENT_KEY_MAX, "\n: x\n");
    document_free(read_fine(text));
    free(text);
    text = repeated("? ", "k", DOCUMENT_KEY_MAX + 1, "\n: x\n");
    char *written = errors_of(slice_of(text));
    assert_non_null(strstr(written, "t.yaml:1:3: error: a key of more than 1024 bytes\n"));
    free(written);
    free(text);
}

static void the_number_of_errors_is_bounded(void **state)
{
    (void)state;
    char *text = repeated("", "- *x\n", DOCUMENT_ERRORS_MAX + 100, "");
    char *written = errors_of(slice_of(text));
    assert_non_null(strstr(written, "t.yaml: error: there are more errors, which are not shown\n"));
    assert_non_null(strstr(written, "t.yaml:200:3: error: "));
    assert_null(strstr(written, "t.yaml:201:3: error: "));
    free(written);
    free(text);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct error_list errors = {0};
    assert_null(document_load("/no/such/file.yaml", &errors));
    assert_null(document_load("/", &errors));
    assert_int_equal(errors.errors, 2);
    assert_string_equal(errors.items[0].file, "/no/such/file.yaml");
    assert_string_equal(errors.items[0].message, "cannot read the file: No such file or directory");
    assert_string_equal(errors.items[1].message, "cannot read the file: it is a folder");
    error_list_done(&errors);
}

static void hidden_text_does_not_reach_an_error(void **state)
{
    (void)state;
    struct document *document = read_fine(
        "a: {key: 's''\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80', b: x}\nc: |\n  one\n  two\n");
    const struct node *root = document_root(document);
    const struct node *key = node_child(root->first, "key");
    const struct node *block = node_child(root, "c");
    document_hide(document, key, 0, 0);
    assert_non_null(strstr(document_source(document)->text.data, "key: 's''"));
    document_hide(document, key, 0, key->text.size);
    document_hide(document, block, 0, block->text.size);
    struct error_list errors = {0};
    document_error(document, &errors, node_child(root->first, "b")->place, NULL, "no %s", "good");
    struct place place = document_place(document, block, 4, 3);
    document_error(document, &errors, place, "hint", "here");
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    error_list_write(&errors, &buffer);
    buffer_append_byte(&buffer, '\0');
    assert_string_equal(buffer.data,
                        "t.yaml:1:23: error: no good\n"
                        "    1 | a: {key: '***\xC2\xB7\xE2\x80\xA2\xF0\x9F\x94\x92', b: x}\n"
                        "      |                       ^\n"
                        "t.yaml:4:3: error: here\n"
                        "    4 |   ***\n"
                        "      |   ^~~\n"
                        "      = hint\n");
    buffer_done(&buffer);
    error_list_done(&errors);
    document_free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_has_the_shape_of_the_file),
        cmocka_unit_test(json_is_read_too),
        cmocka_unit_test(expressions_come_through_unharmed),
        cmocka_unit_test(nothing_is_an_empty_document),
        cmocka_unit_test(null_is_told_from_the_text),
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(places_in_plain_scalars),
        cmocka_unit_test(places_in_single_quoted_scalars),
        cmocka_unit_test(places_in_double_quoted_scalars),
        cmocka_unit_test(places_in_block_scalars),
        cmocka_unit_test(a_place_past_the_end_is_behind_the_last_character),
        cmocka_unit_test(values_without_their_quotes_hide_no_other_error),
        cmocka_unit_test(values_without_their_quotes_are_read_as_if_they_had_them),
        cmocka_unit_test(surrogate_pairs_of_json_are_characters),
        cmocka_unit_test(of_keys_that_stand_twice_the_first_is_read),
        cmocka_unit_test(a_secret_that_stands_twice_is_hidden_twice),
        cmocka_unit_test(so_many_values_without_their_quotes_are_found),
        cmocka_unit_test(syntax_errors_are_said_in_plain_words),
        cmocka_unit_test(what_is_not_of_the_subset_is_refused),
        cmocka_unit_test(a_secret_on_a_broken_line_is_not_shown),
        cmocka_unit_test(a_nul_does_not_end_the_file),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(the_length_of_a_key_is_bounded),
        cmocka_unit_test(the_number_of_errors_is_bounded),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(hidden_text_does_not_reach_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
