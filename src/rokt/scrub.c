#include "rokt/scrub.h"

#include "conversion/field.h"

#include <stdlib.h>
#include <strings.h>

#define ELLIPSIS "\xE2\x80\xA6" /* U+2026, "…" */
#define WORD_SIZE_MAX 32
#define CODE_SIZE_MAX 64

/* Without regard to case in alphabetical order, for bsearch(). */
static const char *const known_words[] = {
    "a",           "account",     "accountId",   "after",
    "allowed",     "already",     "an",          "and",
    "any",         "are",         "array",       "at",
    "attribute",   "attributes",  "bad",         "batch",
    "batches",     "be",          "before",      "body",
    "boolean",     "bytes",       "can",         "cannot",
    "character",   "characters",  "client",      "clientEventId",
    "contain",     "contains",    "conversion",  "convert",
    "converting",  "could",       "data",        "date",
    "decode",      "development", "did",         "digits",
    "do",          "does",        "duplicate",   "either",
    "empty",       "encoding",    "encountered", "end",
    "environment", "error",       "errors",      "event",
    "events",      "eventTime",   "eventType",   "exceed",
    "exceeded",    "exceeds",     "expected",    "failed",
    "failure",     "field",       "fields",      "for",
    "format",      "found",       "from",        "future",
    "greater",     "guid",        "has",         "have",
    "header",      "id",          "identifier",  "in",
    "incorrect",   "input",       "integer",     "invalid",
    "ip",          "is",          "item",        "items",
    "json",        "key",         "large",       "least",
    "length",      "less",        "limit",       "line",
    "long",        "longer",      "malformed",   "match",
    "max",         "maximum",     "may",         "message",
    "metaData",    "min",         "minimum",     "missing",
    "months",      "more",        "must",        "name",
    "no",          "not",         "null",        "number",
    "object",      "objectData",  "of",          "old",
    "older",       "on",          "one",         "only",
    "or",          "parse",       "parsing",     "past",
    "path",        "payload",     "permitted",   "position",
    "process",     "processed",   "production",  "property",
    "provided",    "range",       "read",        "reading",
    "record",      "records",     "request",     "required",
    "reserved",    "schema",      "should",      "size",
    "specified",   "string",      "supported",   "syntax",
    "than",        "the",         "time",        "timestamp",
    "to",          "token",       "too",         "type",
    "unable",      "unexpected",  "unknown",     "unmarshal",
    "unprocessed", "unsupported", "utf",         "valid",
    "validate",    "validation",  "value",       "values",
    "version",     "was",         "while",       "with",
    "within",      "without",     "wrong",
};

/* Members of the Event and Audience API's batches. */
static const char *const known_members[] = {
    "custom_attributes", "custom_event",      "custom_event_type",      "device_info",
    "event_name",        "event_type",        "http_header_user_agent", "integration_attributes",
    "source_message_id", "source_request_id", "timestamp_unixtime_ms",  "user_attributes",
    "user_identities",
};

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static int compare_words(const void *key, const void *item)
{
    const char *const *word = item;
    return strcasecmp(key, *word);
}

static const char *known_member(struct slice word)
{
    for (size_t i = 0; i < sizeof known_members / sizeof *known_members; i++) {
        if (slice_equal_ignoring_case(word, slice_of(known_members[i]))) {
            return known_members[i];
        }
    }
    return NULL;
}

static const char *known_field(struct slice word)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *name = field_info((enum field)i)->name;
        if (slice_equal_ignoring_case(word, slice_of(name))) {
            return name;
        }
    }
    return NULL;
}

/* The word of ours that it is, or NULL. */
static const char *known_word(struct slice word)
{
    char key[WORD_SIZE_MAX + 1];
    if (word.size > WORD_SIZE_MAX) {
        return NULL;
    }
    memcpy(key, word.data, word.size);
    key[word.size] = '\0';
    const char *const *found = bsearch(key, known_words, sizeof known_words / sizeof *known_words,
                                       sizeof *known_words, compare_words);
    const char *name = found != NULL ? *found : known_field(word);
    return name != NULL ? name : known_member(word);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* What stands around the words of a path ("events[3].amount:") or a quotation. */
static bool is_punctuation(char byte)
{
    return byte != '\0' && strchr(".,:;[](){}<>'\"`/=!?", byte) != NULL;
}

/* The next run of bytes of `rest` that are not such as `stops`; empty when there is none. */
static struct slice next_run(struct slice *rest, bool (*stops)(char byte))
{
    size_t from = 0;
    while (from < rest->size && stops(rest->data[from])) {
        from++;
    }
    size_t to = from;
    while (to < rest->size && !stops(rest->data[to])) {
        to++;
    }
    struct slice run = slice_part(*rest, from, to - from);
    *rest = slice_part(*rest, to, rest->size);
    return run;
}

/* The text that comes out, with room kept for an ellipsis and the NUL at its end. */
struct output {
    char *text;
    size_t size;
    bool left_out; /* it ends with an ellipsis */
};

static void put(struct output *output, const char *word)
{
    size_t size = strlen(word);
    if (output->size > 0) {
        output->text[output->size++] = ' ';
    }
    memcpy(output->text + output->size, word, size);
    output->size += size;
}

/* Several words in a row that are left out make one ellipsis. */
static void put_word(struct output *output, const char *word)
{
    const size_t kept = sizeof " " ELLIPSIS;
    bool fits = word != NULL && output->size + 1 + strlen(word) + kept <= SCRUB_SIZE;
    if (fits) {
        put(output, word);
    } else if (!output->left_out) {
        put(output, ELLIPSIS);
    }
    output->left_out = !fits;
}

/* A run with an @ is an address, whatever words it is made of. */
static void put_run(struct output *output, struct slice run)
{
    if (memchr(run.data, '@', run.size) != NULL) {
        put_word(output, NULL);
        return;
    }
    struct slice word = next_run(&run, is_punctuation);
    while (word.size > 0) {
        put_word(output, known_word(word));
        word = next_run(&run, is_punctuation);
    }
}

void scrub_message(struct slice message, char ret_text[static SCRUB_SIZE])
{
    struct output output = {.text = ret_text};
    struct slice run = next_run(&message, is_blank);
    while (run.size > 0) {
        put_run(&output, run);
        run = next_run(&message, is_blank);
    }
    ret_text[output.size] = '\0';
}

struct slice scrub_code(struct slice code)
{
    const struct slice none = {NULL, 0};
    if (code.size == 0 || code.size > CODE_SIZE_MAX || !is_letter(code.data[0])) {
        return none;
    }
    for (size_t i = 0; i < code.size; i++) {
        if (!is_letter(code.data[i]) && code.data[i] != '_') {
            return none;
        }
    }
    return code;
}
