#include "json/regexp.h"

#define NESTING_MAX 64    /* of parentheses */
#define REPEATS_MAX 65535 /* PCRE2's own limit of {n,m} */
#define PATTERN_SIZE_MAX 10000

/* The longest translation of one byte of a pattern: `.` to `[^\n\r]`. */
#define GROWTH_MAX 7

/* Reads a pattern and writes its translation. */
struct translator {
    struct slice pattern;
    size_t at;
    size_t nesting;
    char *output; /* has room for the longest translation */
    size_t size;
    bool too_large;
    struct error *error;
};

static bool fail(const struct translator *translator, const char *message)
{
    error_set(translator->error, "%s", message);
    return false;
}

static bool fail_too_large(struct translator *translator, const char *message)
{
    translator->too_large = true;
    return fail(translator, message);
}

/* The byte at hand; 0 at the end (a NUL that is really there is a character like others). */
static char peek(const struct translator *translator)
{
    bool end = translator->at >= translator->pattern.size;
    return end ? '\0' : translator->pattern.data[translator->at];
}

static bool at_end(const struct translator *translator)
{
    return translator->at >= translator->pattern.size;
}

static bool take(struct translator *translator, char byte)
{
    if (at_end(translator) || peek(translator) != byte) {
        return false;
    }
    translator->at++;
    return true;
}

static void put(struct translator *translator, struct slice bytes)
{
    memcpy(translator->output + translator->size, bytes.data, bytes.size);
    translator->size += bytes.size;
}

/* Moves on over `size` bytes that mean the same to PCRE2. */
static void copy(struct translator *translator, size_t size)
{
    put(translator, slice_part(translator->pattern, translator->at, size));
    translator->at += size;
}

/* Moves on over one character as it is. */
static void copy_character(struct translator *translator)
{
    struct slice rest = slice_part(translator->pattern, translator->at, SIZE_MAX);
    size_t size = slice_decode(rest, NULL);
    copy(translator, size == 0 ? 1 : size);
}

/* The categories of Unicode, as \p{…} may name them: a letter, alone or with one of those behind. */
static bool is_category(struct slice name)
{
    static const char *const categories[] = {"Llmotu", "Mcen",  "Ndlo", "Pcdefios",
                                             "Zlps",   "Sckmo", "Ccfno"};
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (name.size > 0 && name.data[0] == categories[i][0]) {
            return name.size == 1 || (name.size == 2 && name.data[1] != '\0' &&
                                      strchr(categories[i] + 1, name.data[1]) != NULL);
        }
    }
    return false;
}

/* \p{…} or \P{…} */
static bool translate_category(struct translator *translator)
{
    struct slice rest = slice_part(translator->pattern, translator->at, SIZE_MAX);
    size_t close = slice_find(rest, SLICE("}"));
    if (rest.size < 3 || rest.data[2] != '{' || close == SIZE_MAX ||
        !is_category(slice_part(rest, 3, close - 3))) {
        return fail(translator, "a category is expected here, as in \\p{L} or \\p{Nd}");
    }
    copy(translator, close + 1);
    return true;
}

/* A backslash and a character; `category` says whether it was \p or \P, which cannot bound a range. */
static bool translate_escape(struct translator *translator, bool *ret_category)
{
    struct slice escape = slice_part(translator->pattern, translator->at, 2);
    char letter = escape.size == 2 ? escape.data[1] : '\0';
    *ret_category = letter == 'p' || letter == 'P';
    if (*ret_category) {
        return translate_category(translator);
    }
    if (letter == '\0' || strchr("()*+-.?[\\]^nrt{|}", letter) == NULL) {
        return fail(translator, "no escape of I-Regexp (which has no \\d, \\w or \\s: write [0-9] "
                                "and the like)");
    }
    copy(translator, 2);
    return true;
}

/* One character within brackets; returns its code point. */
static bool translate_class_character(struct translator *translator, uint32_t *ret_code_point,
                                      bool *ret_category)
{
    struct slice rest = slice_part(translator->pattern, translator->at, SIZE_MAX);
    *ret_category = false;
    if (rest.size == 0) {
        return fail(translator, "']' is missing");
    }
    if (rest.data[0] == '\\') {
        static const char escapes[] = "nrt";
        static const char meanings[] = "\n\r\t";
        char letter = rest.size > 1 ? rest.data[1] : '\0';
        const char *escape = letter == '\0' ? NULL : strchr(escapes, letter);
        char meaning = escape == NULL ? letter : meanings[escape - escapes];
        *ret_code_point = (unsigned char)meaning;
        return translate_escape(translator, ret_category);
    }
    if (strchr("-[]", rest.data[0]) != NULL && rest.data[0] != '\0') {
        return fail(translator, "needs a backslash here");
    }
    (void)slice_decode(rest, ret_code_point);
    if (strchr("^.:=", rest.data[0]) != NULL && rest.data[0] != '\0') {
        put(translator, SLICE("\\")); /* else it may negate, or begin what is POSIX's: [.a.] */
    }
    copy_character(translator);
    return true;
}

/* A character or a range of them. */
static bool translate_class_item(struct translator *translator)
{
    uint32_t first = 0;
    uint32_t last = 0;
    bool category;
    if (!translate_class_character(translator, &first, &category)) {
        return false;
    }
    bool closes =
        slice_starts_with(slice_part(translator->pattern, translator->at, SIZE_MAX), SLICE("-]"));
    if (category || closes || peek(translator) != '-') {
        return true;
    }
    copy(translator, 1);
    size_t place = translator->at;
    if (!translate_class_character(translator, &last, &category)) {
        return false;
    }
    if (category || last < first) {
        translator->at = place;
        return fail(translator, "no end of a range");
    }
    return true;
}

static void translate_class_hyphen(struct translator *translator)
{
    if (take(translator, '-')) {
        put(translator, SLICE("\\-"));
    }
}

/* [ … ] */
static bool translate_class(struct translator *translator)
{
    copy(translator, 1);
    if (peek(translator) == '^') {
        copy(translator, 1);
    }
    size_t start = translator->at;
    translate_class_hyphen(translator);
    while (peek(translator) != ']' || translator->at == start) {
        if (slice_starts_with(slice_part(translator->pattern, translator->at, SIZE_MAX),
                              SLICE("-]"))) {
            translate_class_hyphen(translator);
        } else if (!translate_class_item(translator)) {
            return false;
        }
    }
    copy(translator, 1);
    return true;
}

/* A number of repetitions; false when there is none. */
static bool translate_count(struct translator *translator, uint32_t *ret_count)
{
    uint32_t count = 0;
    size_t start = translator->at;
    while (peek(translator) >= '0' && peek(translator) <= '9' && count <= REPEATS_MAX) {
        count = count * 10 + (uint32_t)(peek(translator) - '0');
        copy(translator, 1);
    }
    if (translator->at == start) {
        return fail(translator, "a number is expected here");
    }
    if (count > REPEATS_MAX) {
        translator->at = start;
        return fail_too_large(translator, "more than 65,535 repetitions");
    }
    *ret_count = count;
    return true;
}

/* {n}, {n,} or {n,m} */
static bool translate_range_quantifier(struct translator *translator)
{
    uint32_t least = 0;
    uint32_t most = 0;
    copy(translator, 1);
    if (!translate_count(translator, &least)) {
        return false;
    }
    if (peek(translator) == ',') {
        copy(translator, 1);
        size_t place = translator->at;
        if (peek(translator) != '}' && !translate_count(translator, &most)) {
            return false;
        }
        if (translator->at > place && most < least) {
            translator->at = place;
            return fail(translator, "the larger number comes last");
        }
    }
    if (peek(translator) != '}') {
        return fail(translator, "'}' is missing");
    }
    copy(translator, 1);
    return true;
}

static bool translate_quantifier(struct translator *translator)
{
    char sign = peek(translator);
    if (sign == '*' || sign == '+' || sign == '?') {
        copy(translator, 1);
        return true;
    }
    return sign != '{' || translate_range_quantifier(translator);
}

static bool translate_branches(struct translator *translator);

/* ( … ) */
static bool translate_group(struct translator *translator)
{
    if (translator->nesting == NESTING_MAX) {
        return fail_too_large(translator, "parentheses nested too deeply");
    }
    size_t place = translator->at;
    translator->at++;
    translator->nesting++;
    put(translator, SLICE("(?:"));
    if (!translate_branches(translator)) {
        return false;
    }
    if (peek(translator) != ')') {
        translator->at = place;
        return fail(translator, "this '(' is never closed");
    }
    translator->nesting--;
    copy(translator, 1);
    return true;
}

static bool translate_atom(struct translator *translator)
{
    bool category;
    switch (peek(translator)) {
    case '.':
        translator->at++;
        put(translator, SLICE("[^\\n\\r]"));
        return true;
    case '^':
        translator->at++;
        put(translator, SLICE("(?:^)")); /* alone, PCRE2 would not let it be repeated */
        return true;
    case '$':
        translator->at++;
        put(translator, SLICE("(?:\\z)"));
        return true;
    case '[':
        return translate_class(translator);
    case '(':
        return translate_group(translator);
    case '\\':
        return translate_escape(translator, &category);
    case '*':
    case '+':
    case '?':
    case '{':
        return fail(translator, "nothing to repeat here");
    case ']':
    case '}':
        return fail(translator, "needs a backslash here");
    default:
        copy_character(translator);
        return true;
    }
}

/* Branches between `|`; each is a row of atoms with quantifiers. */
static bool translate_branches(struct translator *translator)
{
    while (!at_end(translator) && peek(translator) != ')') {
        if (peek(translator) == '|') {
            copy(translator, 1);
        } else if (!translate_atom(translator) || !translate_quantifier(translator)) {
            return false;
        }
    }
    return true;
}

static bool translate(struct translator *translator)
{
    if (!translate_branches(translator)) {
        return false;
    }
    return at_end(translator) || fail(translator, "this ')' closes nothing");
}

enum regexp_state regexp_compile(struct slice pattern, enum regex_scope scope, struct arena *arena,
                                 const struct regex **ret_regex, size_t *ret_place,
                                 struct error *error)
{
    *ret_place = 0;
    if (pattern.size > PATTERN_SIZE_MAX) {
        error_set(error, "a regular expression of more than %d bytes", PATTERN_SIZE_MAX);
        return REGEXP_TOO_LARGE;
    }
    struct translator translator = {
        .pattern = pattern,
        .output = arena_alloc(arena, GROWTH_MAX * pattern.size),
        .error = error,
    };
    if (!translate(&translator)) {
        *ret_place = translator.at;
        return translator.too_large ? REGEXP_TOO_LARGE : REGEXP_WRONG;
    }
    struct slice translation = {translator.output, translator.size};
    size_t place;
    const struct regex *regex = regex_compile(translation, scope, arena, &place, error);
    if (regex == NULL) {
        return REGEXP_TOO_LARGE;
    }
    *ret_regex = regex;
    return REGEXP_READY;
}
