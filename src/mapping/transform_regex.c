/* Transforms by regular expressions. Pattern and replacement are literals, made ready with the mapping. */
#include "call.h"

#include "base/regex.h"

#define GROUP_DIGITS 5 /* of the number of a group: PCRE2 has 65,535 at most */

/* A replacement is a row of parts: text as it is, or what a group has taken. */
struct part {
    struct slice text; /* data NULL: a group */
    size_t group;
};

struct substitution {
    const struct regex *regex;
    struct part *parts;
    size_t count;
};

/* What is being written: grows in the arena, up to a limit; nothing is appended past that. */
struct output {
    struct arena *arena;
    char *data;
    size_t size;
    size_t room;
    size_t limit;
    bool failed;
};

static bool compile(struct preparation *preparation, const struct regex **ret_regex)
{
    size_t place;
    preparation->at = 0;
    if (preparation->arguments[0] == NULL) {
        error_set(&preparation->error, "the pattern has to be a text in quotes: it is compiled "
                                       "once, with the mapping");
        return false;
    }
    struct slice pattern = preparation->arguments[0]->text;
    *ret_regex =
        regex_compile(pattern, REGEX_ANYWHERE, preparation->arena, &place, &preparation->error);
    if (*ret_regex == NULL) {
        error_prefix(&preparation->error, "in the regular expression, at character %zu",
                     slice_length(slice_part(pattern, 0, place)) + 1);
    }
    return *ret_regex != NULL;
}

bool prepare_regex_extract(struct preparation *preparation, const void **ret_prepared)
{
    const struct regex *regex;
    bool compiled = compile(preparation, &regex);
    *ret_prepared = compiled ? regex : NULL;
    return compiled;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The number that all of `name` is; SIZE_MAX when it is none, or more than any group has. */
static size_t group_number(struct slice name)
{
    size_t number = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (i == GROUP_DIGITS || !is_digit(name.data[i])) {
            return SIZE_MAX;
        }
        number = number * 10 + (size_t)(name.data[i] - '0');
    }
    return name.size > 0 ? number : SIZE_MAX;
}

/* What stands behind the `$` at the start of `text`: `ret_name` is the name or number of a group, and
 * empty for another `$`. Returns how many bytes it takes, with the `$`; 0 when it is nothing of these. */
static size_t reference(struct slice text, struct slice *ret_name)
{
    struct slice rest = slice_part(text, 1, SIZE_MAX);
    *ret_name = (struct slice){NULL, 0};
    if (slice_starts_with(rest, SLICE("$"))) {
        return 2;
    }
    if (slice_starts_with(rest, SLICE("{"))) {
        size_t close = slice_find(rest, SLICE("}"));
        *ret_name = slice_part(rest, 1, close == SIZE_MAX ? 0 : close - 1);
        return ret_name->size > 0 ? close + 2 : 0;
    }
    size_t size = 0;
    while (size < rest.size && is_digit(rest.data[size])) {
        size++;
    }
    *ret_name = slice_part(rest, 0, size);
    return size > 0 ? size + 1 : 0;
}

/* The group of that name or number, 0 being the whole match. */
static bool find_group(struct preparation *preparation, const struct regex *regex,
                       struct slice name, size_t *ret_group)
{
    size_t number = group_number(name);
    if (number == SIZE_MAX) {
        number = regex_group_named(regex, arena_string(preparation->arena, name));
        number = number == 0 ? SIZE_MAX : number;
    }
    if (number > regex_group_count(regex)) {
        error_set(&preparation->error, "the pattern has no group %.*s", SLICE_PRINT(name));
        error_set(&preparation->hint, "a group is (…), with a name (?<name>…)");
        return false;
    }
    *ret_group = number;
    return true;
}

/* Adds the part that begins with the `$` that `text` begins with; `ret_size` is how much that is. */
static bool add_reference(struct preparation *preparation, struct substitution *substitution,
                          struct slice text, size_t *ret_size)
{
    struct slice name;
    struct part part = {.text = SLICE("$")};
    *ret_size = reference(text, &name);
    if (*ret_size == 0) {
        error_set(&preparation->error, "`$` in the replacement is a group of the pattern: $1, "
                                       "${1} or ${name}");
        error_set(&preparation->hint, "$$ stands for a dollar sign");
        return false;
    }
    if (name.size > 0) {
        part.text.data = NULL;
        if (!find_group(preparation, substitution->regex, name, &part.group)) {
            return false;
        }
    }
    substitution->parts[substitution->count++] = part;
    return true;
}

/* Other languages write groups so. */
static bool has_backslash_group(struct slice text)
{
    bool found = false;
    for (size_t i = 0; i + 1 < text.size; i++) {
        found =
            found || (text.data[i] == '\\' && text.data[i + 1] >= '0' && text.data[i + 1] <= '9');
    }
    return found;
}

static bool read_replacement(struct preparation *preparation, struct slice text,
                             struct substitution *substitution)
{
    size_t dollars = 0;
    for (size_t i = 0; i < text.size; i++) {
        dollars += text.data[i] == '$';
    }
    substitution->parts =
        arena_calloc(preparation->arena, 2 * dollars + 1, sizeof *substitution->parts);
    while (text.size > 0) {
        size_t size = slice_find(text, SLICE("$"));
        if (size == 0) {
            if (!add_reference(preparation, substitution, text, &size)) {
                return false;
            }
        } else {
            struct slice plain = slice_part(text, 0, size);
            size = plain.size;
            substitution->parts[substitution->count++].text = plain;
        }
        text = slice_part(text, size, SIZE_MAX);
    }
    return true;
}

bool prepare_regex_replace(struct preparation *preparation, const void **ret_prepared)
{
    struct substitution *substitution = arena_calloc(preparation->arena, 1, sizeof *substitution);
    if (!compile(preparation, &substitution->regex)) {
        return false;
    }
    preparation->at = 1;
    if (preparation->arguments[1] == NULL) {
        error_set(&preparation->error, "the replacement has to be a text in quotes: it is read "
                                       "once, with the mapping");
        return false;
    }
    if (has_backslash_group(preparation->arguments[1]->text)) {
        error_set(&preparation->error,
                  "a backslash in the replacement is a backslash, and no group");
        error_set(&preparation->hint, "a group of the pattern is $1");
        return false;
    }
    *ret_prepared = substitution;
    return read_replacement(preparation, preparation->arguments[1]->text, substitution);
}

static enum regex_verdict match(struct call *call, const struct regex *regex, struct slice text,
                                size_t from)
{
    call->matcher->arena = call->arena;
    return regex_match_counted(regex, text, from, call->work, call->matcher);
}

static enum call_result too_hard(struct call *call)
{
    return call_misfit(call, "a text on which the regular expression takes too long");
}

/* The first group that took part, or all that was matched where there are no groups. */
enum call_result call_regex_extract(struct call *call, struct slice text, struct slice *ret_text)
{
    const struct regex *regex = call->prepared;
    size_t groups = regex_group_count(regex);
    enum regex_verdict verdict = match(call, regex, text, 0);
    if (verdict != REGEX_YES) {
        return verdict == REGEX_NO ? CALL_NOTHING : too_hard(call);
    }
    size_t group = groups == 0 ? 0 : 1;
    while (group < groups && regex_group(call->matcher, group).data == NULL) {
        group++;
    }
    *ret_text = regex_group(call->matcher, group);
    return ret_text->size > 0 ? CALL_GAVE : CALL_NOTHING;
}

static void put(struct output *output, struct slice text)
{
    if (text.size > output->limit - output->size) {
        output->failed = true;
    }
    if (output->failed || text.size == 0) {
        return;
    }
    if (text.size > output->room - output->size) {
        output->room = 2 * (output->size + text.size);
        char *larger = arena_alloc(output->arena, output->room);
        memcpy(larger, output->data, output->size);
        output->data = larger;
    }
    memcpy(output->data + output->size, text.data, text.size);
    output->size += text.size;
}

static void put_replacement(struct output *output, const struct substitution *substitution,
                            const struct regex_matcher *matcher)
{
    for (size_t i = 0; i < substitution->count; i++) {
        const struct part *part = &substitution->parts[i];
        put(output, part->text.data == NULL ? regex_group(matcher, part->group) : part->text);
    }
}

/* Behind a match, and behind the next character when nothing was matched, else it would be matched again. */
static size_t next_start(struct slice text, size_t end, bool empty)
{
    if (!empty) {
        return end;
    }
    size_t size = slice_decode(slice_part(text, end, SIZE_MAX), NULL);
    return size == 0 ? SIZE_MAX : end + size;
}

enum call_result call_regex_replace(struct call *call, struct slice text, struct slice *ret_text)
{
    const struct substitution *substitution = call->prepared;
    struct output output = {
        .arena = call->arena,
        .data = arena_alloc(call->arena, text.size),
        .room = text.size,
        .limit = text.size > TRANSFORM_TEXT_MAX ? text.size : TRANSFORM_TEXT_MAX,
    };
    size_t from = 0;
    size_t copied = 0;
    enum regex_verdict verdict = match(call, substitution->regex, text, from);
    while (verdict == REGEX_YES && !output.failed) {
        struct slice found = regex_group(call->matcher, 0);
        size_t place = (size_t)(found.data - text.data);
        put(&output, slice_part(text, copied, place - copied));
        put_replacement(&output, substitution, call->matcher);
        copied = place + found.size;
        from = next_start(text, copied, found.size == 0);
        verdict = from <= text.size ? match(call, substitution->regex, text, from) : REGEX_NO;
    }
    if (verdict == REGEX_TOO_HARD) {
        return too_hard(call);
    }
    put(&output, slice_part(text, copied, SIZE_MAX));
    *ret_text = (struct slice){output.data, output.size};
    return output.failed ? call_misfit(call, "a text that would become too long") : CALL_GAVE;
}
