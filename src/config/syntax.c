#include "syntax.h"

/* A rule of the table: what libyaml says, a condition on the text around it, and what to make of it.
 * The first rule that fits is taken. NULL fits always. */
struct rule {
    const char *problem;
    const char *context;
    bool (*applies)(const struct syntax_problem *problem);
    enum { AT_PROBLEM, AT_CONTEXT } where;
    enum { ONE_CHARACTER, REST_OF_LINE } extent;
    const char *message;
    const char *hint;
};

static char byte_at(const struct syntax_problem *problem, size_t at)
{
    return at < problem->text.size ? problem->text.data[at] : '\0';
}

/* The last byte before `at` on its line that is no blank; NUL when there is none. */
static char byte_before(const struct syntax_problem *problem, size_t at)
{
    const char *data = problem->text.data;
    while (at > 0 && (data[at - 1] == ' ' || data[at - 1] == '\t')) {
        at--;
    }
    return at > 0 && data[at - 1] != '\n' ? data[at - 1] : '\0';
}

static bool ends_quoted(const struct syntax_problem *problem, size_t at)
{
    char before = byte_before(problem, at);
    return before == '\'' || before == '"';
}

static bool ends_collection(const struct syntax_problem *problem, size_t at)
{
    char before = byte_before(problem, at);
    return before == ']' || before == '}';
}

static bool is_behind_quoted(const struct syntax_problem *problem)
{
    return ends_quoted(problem, problem->at);
}

static bool is_behind_collection(const struct syntax_problem *problem)
{
    return ends_collection(problem, problem->at);
}

static bool block_is_behind_quoted(const struct syntax_problem *problem)
{
    return ends_quoted(problem, problem->from);
}

static bool block_is_behind_collection(const struct syntax_problem *problem)
{
    return ends_collection(problem, problem->from);
}

static bool is_tab(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '\t';
}

static bool is_at_sign(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '@';
}

static bool is_percent(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '%';
}

static bool is_backtick(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '`';
}

static bool is_ampersand(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '&';
}

static bool is_star(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '*';
}

static bool is_exclamation_mark(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '!';
}

static bool is_dash(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->at) == '-';
}

/* Whether a key and its colon stand before the place on the same line. */
static bool is_second_colon(const struct syntax_problem *problem)
{
    for (size_t at = problem->at; at > 1 && byte_at(problem, at - 1) != '\n'; at--) {
        if (byte_at(problem, at - 1) == ' ' && byte_at(problem, at - 2) == ':') {
            return true;
        }
    }
    return false;
}

static bool is_at_end(const struct syntax_problem *problem)
{
    return slice_trim(slice_part(problem->text, problem->at, problem->text.size)).size == 0;
}

static bool is_single_quoted(const struct syntax_problem *problem)
{
    return byte_at(problem, problem->from) == '\'';
}

#define QUOTE_ALL "put the whole value in quotes, of the kind that it does not hold"
#define ONE_COLUMN "the keys of one mapping begin in the same column"
#define WITHIN_FLOW "within [ ] and { } a value that holds one of , [ ] { } needs quotes around it"

static const struct rule rules[] = {
    {SYNTAX_NO_TOKEN, NULL, is_tab, AT_PROBLEM, ONE_CHARACTER, "a tab, where YAML wants blanks",
     "indent with blanks"},
    {SYNTAX_NO_TOKEN, NULL, is_at_sign, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with @ needs quotes", QUOTE_ALL ": \"@.price\""},
    {SYNTAX_NO_TOKEN, NULL, is_percent, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with % needs quotes", QUOTE_ALL},
    {SYNTAX_NO_TOKEN, NULL, is_backtick, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with ` needs quotes", "quotes are ' and \""},
    {SYNTAX_NO_TOKEN, NULL, is_ampersand, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with & needs quotes", QUOTE_ALL},
    {SYNTAX_NO_TOKEN, NULL, is_star, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with * needs quotes", QUOTE_ALL},
    {SYNTAX_NO_TOKEN, NULL, is_exclamation_mark, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with ! needs quotes", QUOTE_ALL},
    {SYNTAX_NO_TOKEN, NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with this character needs quotes", QUOTE_ALL},
    {"found a tab character that violates indentation", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a tab, where YAML wants blanks", "indent with blanks"},
    {"found a tab character where an indentation space is expected", NULL, NULL, AT_PROBLEM,
     ONE_CHARACTER, "a tab, where YAML wants blanks", "indent with blanks"},

    {"mapping values are not allowed in this context", NULL, is_second_colon, AT_PROBLEM,
     ONE_CHARACTER, "a second \": \" in one line",
     "a value that holds \": \" needs quotes around all of it"},
    {"mapping values are not allowed in this context", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a key where none can stand: the line above has not ended",
     ONE_COLUMN "; or a colon is missing in the line above"},
    {"mapping keys are not allowed in this context", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with \"? \" needs quotes", QUOTE_ALL},
    {"block sequence entries are not allowed in this context", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "the entry of a list, where none can stand",
     "a list begins on a line of its own, and a value that begins with \"- \" needs quotes"},
    {"could not find expected ':'", NULL, NULL, AT_CONTEXT, REST_OF_LINE, "a key without its \":\"",
     "write \"key: value\"; if this belongs to the value above, indent it deeper than its key"},
    {"found unexpected ':'", NULL, NULL, AT_PROBLEM, ONE_CHARACTER, "a \":\" that stands in no key",
     "write \"key: value\" with a blank; a value that holds \":\" needs quotes"},

    {"did not find expected alphabetic or numeric character", "while scanning an alias", NULL,
     AT_CONTEXT, REST_OF_LINE, "a value that begins with * needs quotes", QUOTE_ALL},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor", NULL,
     AT_CONTEXT, REST_OF_LINE, "a value that begins with & needs quotes", QUOTE_ALL},
    {NULL, "while scanning a tag", NULL, AT_CONTEXT, REST_OF_LINE,
     "a value that begins with ! needs quotes", QUOTE_ALL},
    {NULL, "while parsing a tag", NULL, AT_CONTEXT, REST_OF_LINE,
     "a value that begins with ! needs quotes", QUOTE_ALL},
    {"found undefined tag handle", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "a value that begins with ! needs quotes", QUOTE_ALL},

    {NULL, "while scanning a quoted scalar", is_single_quoted, AT_CONTEXT, ONE_CHARACTER,
     "this quote is never closed", "within '…' a quote is written twice: ''"},
    {NULL, "while scanning a quoted scalar", NULL, AT_CONTEXT, ONE_CHARACTER,
     "this quote is never closed", "within \"…\" a quote is written \\\""},
    {"found unknown escape character", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a \\ with a character that makes no escape",
     "within \"…\" a backslash is written \\\\; within '…' it stands for itself"},
    {SYNTAX_NO_CHARACTER, NULL, NULL, AT_PROBLEM, ONE_CHARACTER, "an escape that is no character",
     "write the character itself, or \\U with its eight hex digits"},
    {"did not find expected hexdecimal number", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "an escape with too few hex digits", "\\x has two, \\u four and \\U eight of them"},

    {NULL, "while scanning a block scalar", block_is_behind_quoted, AT_CONTEXT, REST_OF_LINE,
     "the value ended with the quote before this", QUOTE_ALL},
    {NULL, "while scanning a block scalar", block_is_behind_collection, AT_CONTEXT, REST_OF_LINE,
     "the value ended with the bracket before this",
     "a value that begins with [ or { is a list or a mapping: put it in quotes to make it a text"},
    {NULL, "while scanning a block scalar", NULL, AT_CONTEXT, REST_OF_LINE,
     "a value that begins with | or > needs quotes",
     QUOTE_ALL "; alone at the end of its line, | begins a text of several lines"},

    {"did not find expected key", NULL, is_behind_quoted, AT_PROBLEM, REST_OF_LINE,
     "the value ended with the quote before this", QUOTE_ALL},
    {"did not find expected key", NULL, is_behind_collection, AT_PROBLEM, REST_OF_LINE,
     "the value ended with the bracket before this",
     "a value that begins with [ or { is a list or a mapping: put it in quotes to make it a text"},
    {"did not find expected key", NULL, is_dash, AT_PROBLEM, REST_OF_LINE,
     "the entry of a list, where a key is expected", "indent a list deeper than its key"},
    {"did not find expected key", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "this line belongs to nothing above it", ONE_COLUMN},
    {"did not find expected '-' indicator", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "this line is not of the list above it, and of nothing else",
     "the entries of one list begin with \"- \" in the same column"},
    {"did not find expected ',' or ']'", NULL, is_at_end, AT_CONTEXT, ONE_CHARACTER,
     "this [ is never closed", WITHIN_FLOW},
    {"did not find expected ',' or '}'", NULL, is_at_end, AT_CONTEXT, ONE_CHARACTER,
     "this { is never closed", WITHIN_FLOW},
    {"did not find expected ',' or ']'", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a , or ] is expected before this", WITHIN_FLOW},
    {"did not find expected ',' or '}'", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a , or } is expected before this", WITHIN_FLOW},
    {"did not find expected node content", NULL, NULL, AT_PROBLEM, ONE_CHARACTER,
     "a value is expected here", "a value that begins with , ] or } needs quotes"},
    {"did not find expected <document start>", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "the document ended before this line", ONE_COLUMN},

    {"found incompatible YAML document", NULL, NULL, AT_PROBLEM, REST_OF_LINE,
     "a version of YAML that is not known", "leave the line out"},
    {NULL, "while scanning a directive", NULL, AT_CONTEXT, REST_OF_LINE,
     "a line that begins with % is a directive of YAML", "put the value in quotes"},
    {NULL, "while scanning a %YAML directive", NULL, AT_CONTEXT, REST_OF_LINE,
     "a version of YAML that is not known", "leave the line out"},
};

static bool equals(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

static bool fits(const struct rule *rule, const struct syntax_problem *problem)
{
    return equals(rule->problem, problem->problem) && equals(rule->context, problem->context) &&
           (rule->applies == NULL || rule->applies(problem));
}

/* Where the line that holds `at` ends, less the blanks at its end. */
static size_t line_end(struct slice text, size_t at)
{
    struct slice rest = slice_part(text, at, text.size);
    size_t end = slice_find(rest, SLICE("\n"));
    if (end != SIZE_MAX) {
        rest.size = end;
    }
    while (rest.size > 1 && slice_trim(slice_part(rest, rest.size - 1, 1)).size == 0) {
        rest.size--;
    }
    return at + rest.size;
}

struct syntax_answer syntax_explain(const struct syntax_problem *problem)
{
    static const struct rule other = {.where = AT_PROBLEM, .extent = ONE_CHARACTER};
    const struct rule *found = &other;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && found == &other; i++) {
        if (fits(&rules[i], problem)) {
            found = &rules[i];
        }
    }
    size_t from = found->where == AT_CONTEXT ? problem->from : problem->at;
    return (struct syntax_answer){
        .message = found->message != NULL ? found->message : problem->problem,
        .hint = found->hint,
        .from = from,
        .to = found->extent == REST_OF_LINE ? line_end(problem->text, from) : from + 1,
    };
}
