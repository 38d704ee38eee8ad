/* Transforms of people's names. config/README.md says by which rule. */
#include "call.h"

#include "base/letter.h"

struct person {
    struct slice given;
    struct slice family;
};

#define WORD_MAX 4 /* bytes of the longest title */

static const char titles[][WORD_MAX + 1] = {"mr",   "mrs",  "ms",   "miss", "mx",
                                            "dr",   "prof", "rev",  "sir",  "herr",
                                            "frau", "mme",  "mlle", "sr",   "sra"};
static const char suffixes[][WORD_MAX + 1] = {"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"};

#define TITLES (sizeof titles / sizeof *titles)
#define SUFFIXES (sizeof suffixes / sizeof *suffixes)

/* How many bytes the blank takes that stands at a place; 0 when none stands there, nor in the midst of a
 * character. Most of names is ASCII, which need not be decoded. */
static size_t blank_at(struct slice text, size_t at)
{
    uint32_t code_point = 0;
    char byte = at < text.size ? text.data[at] : 'x';
    if ((unsigned char)byte < 0x80) {
        return slice_is_blank(byte);
    }
    size_t size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
    return size > 0 && letter_is_blank(code_point) ? size : 0;
}

static struct slice without_blanks(struct slice text)
{
    size_t at = 0;
    size_t size = blank_at(text, 0);
    while (size > 0) {
        at += size;
        size = blank_at(text, at);
    }
    return slice_part(text, at, SIZE_MAX);
}

static struct slice first_word(struct slice text)
{
    struct slice rest = without_blanks(text);
    size_t size = 0;
    while (size < rest.size && blank_at(rest, size) == 0) {
        size++;
    }
    return slice_part(rest, 0, size);
}

/* What stands behind a word of the text, without blanks in front. */
static struct slice behind(struct slice text, struct slice word)
{
    size_t end = (size_t)(word.data - text.data) + word.size;
    return without_blanks(slice_part(text, end, SIZE_MAX));
}

/* With or without a point, in any case. */
static bool is_one_of(struct slice word, const char words[][WORD_MAX + 1], size_t count)
{
    char lower[WORD_MAX + 1] = "";
    word.size -= slice_ends_with(word, SLICE("."));
    if (word.size == 0 || word.size > WORD_MAX) {
        return false;
    }
    for (size_t i = 0; i < word.size; i++) {
        char byte = word.data[i];
        lower[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
    for (size_t i = 0; i < count; i++) {
        if (memcmp(lower, words[i], sizeof lower) == 0) {
            return true;
        }
    }
    return false;
}

/* From the first word to the last that is no suffix; empty when there is none. */
static struct slice without_suffixes(struct slice text)
{
    struct slice rest = text;
    struct slice first = {NULL, 0};
    struct slice name = {NULL, 0};
    for (struct slice word = first_word(rest); word.size > 0; word = first_word(rest)) {
        first = first.data == NULL ? word : first;
        if (!is_one_of(word, suffixes, SUFFIXES)) {
            name = (struct slice){first.data, (size_t)(word.data - first.data) + word.size};
        }
        rest = behind(rest, word);
    }
    return name;
}

/* Titles in front go, as long as a word is left. */
static struct slice without_titles(struct slice text)
{
    struct slice word = first_word(text);
    struct slice rest = word.size == 0 ? word : behind(text, word);
    while (rest.size > 0 && is_one_of(word, titles, TITLES)) {
        text = rest;
        word = first_word(text);
        rest = behind(text, word);
    }
    return text;
}

/* "Dr. Ada Lovelace King": whom only a title and one word name is called by the family name. */
static struct person in_order(struct slice name)
{
    struct slice untitled = without_titles(name);
    struct slice first = first_word(untitled);
    struct slice rest = behind(untitled, first);
    struct person person = {.given = first, .family = rest};
    if (rest.size == 0 && untitled.data != name.data) {
        person = (struct person){.family = first};
    }
    return person;
}

/* The next of the parts between commas that is more than blanks and suffixes; empty when none is. */
static struct slice next_part(struct slice *rest)
{
    struct slice part = {NULL, 0};
    while (rest->size > 0 && part.size == 0) {
        struct slice whole = slice_part(*rest, 0, slice_find(*rest, SLICE(",")));
        *rest = slice_part(*rest, whole.size + 1, SIZE_MAX);
        part = without_suffixes(whole);
    }
    return part;
}

static struct person person_of(struct slice text)
{
    struct slice rest = text;
    struct slice first = next_part(&rest);
    struct slice second = next_part(&rest);
    if (first.size == 0 || second.size == 0) {
        return first.size == 0 ? (struct person){.given = first} : in_order(first);
    }
    return (struct person){.given = first_word(without_titles(second)),
                           .family = without_titles(first)};
}

static enum call_result gives(struct call *call, struct slice name, struct slice *ret_text)
{
    *ret_text = name;
    return name.size > 0 ? CALL_GAVE : call_misfit(call, "a name without that part");
}

enum call_result call_given_name(struct call *call, struct slice text, struct slice *ret_text)
{
    return gives(call, person_of(text).given, ret_text);
}

enum call_result call_family_name(struct call *call, struct slice text, struct slice *ret_text)
{
    return gives(call, person_of(text).family, ret_text);
}
