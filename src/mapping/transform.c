#include "mapping/transform.h"

#include "base/decimal.h"
#include "call.h"
#include "conversion/currency.h"

const char transform_sample[] =
    "{\"id\": 4711, \"ref\": \"#1001\", \"total\": \"99.80\", \"cents\": 9980, \"currency\": "
    "\"EUR\",\n"
    " \"paid_at\": \"2026-11-23T10:03:00+01:00\", \"placed\": \"2026-11-23 09:03:00\",\n"
    " \"customer\": {\"name\": \"Ada Lovelace King\", \"email\": \" John@Email.com \"},\n"
    " \"phone\": \"+1 (323) 867-5309\", \"ip\": \"10.0.0.1\", \"landing\": "
    "\"/?utm=x&rtid=a%2Bb\",\n"
    " \"items\": [{\"sku\": \"A-1\", \"qty\": 2, \"name\": \"Tom &amp; Jerry\"},\n"
    "           {\"sku\": \"B-2\", \"qty\": 1, \"name\": \"Mug, blue\"},\n"
    "           {\"sku\": \"A-1\", \"qty\": 1, \"name\": null}]}\n";

#define NO_ARGUMENTS                 \
    "", 0, 0,                        \
    {                                \
        TRANSFORM_ANY, TRANSFORM_ANY \
    }
#define EACH_TEXT TRANSFORM_EACH, TRANSFORM_TEXT
#define EACH_NUMBER TRANSFORM_EACH, TRANSFORM_NUMBER

static const struct transform transforms[] = {
    /* Texts. */
    {"trim", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ERROR, call_trim, NULL,
     "without the blanks at both ends", "$.customer.email | trim", "John@Email.com"},
    {"lower", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ERROR, call_lower, NULL,
     "small letters (Latin, Greek, Cyrillic, Armenian; letter by letter)", "'ÀB-C' | lower",
     "àb-c"},
    {"upper", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ERROR, call_upper, NULL,
     "capital letters (the same; ß stays)", "'straße é' | upper", "STRAßE É"},
    {"replace",
     "(old, new)",
     2,
     2,
     {TRANSFORM_NOT_EMPTY, TRANSFORM_STRING},
     EACH_TEXT,
     TRANSFORM_ERROR,
     call_replace,
     NULL,
     "each `old` becomes `new`",
     "$.items[1].name | replace(',', ' /')",
     "Mug / blue"},
    {"strip_prefix",
     "(prefix)",
     1,
     1,
     {TRANSFORM_STRING, TRANSFORM_STRING},
     EACH_TEXT,
     TRANSFORM_ERROR,
     call_strip_prefix,
     NULL,
     "without `prefix`, if it begins so",
     "$.ref | strip_prefix('#')",
     "1001"},
    {"strip_suffix",
     "(suffix)",
     1,
     1,
     {TRANSFORM_STRING, TRANSFORM_STRING},
     EACH_TEXT,
     TRANSFORM_ERROR,
     call_strip_suffix,
     NULL,
     "without `suffix`, if it ends so",
     "'7.5%' | strip_suffix('%')",
     "7.5"},
    {"digits", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ABSENT, call_digits, NULL,
     "the digits 0 to 9 alone", "$.phone | digits", "13238675309"},
    {"given_name", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ABSENT, call_given_name, NULL,
     "the first word of a full name", "$.customer.name | given_name", "Ada"},
    {"family_name", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ABSENT, call_family_name, NULL,
     "all words but the first", "$.customer.name | family_name", "Lovelace King"},
    {"html_decode", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ERROR, call_html_decode, NULL,
     "`&amp;` `&lt;` `&gt;` `&quot;` `&apos;` `&nbsp;` `&#233;` `&#xE9;` as what they stand for; "
     "others stay",
     "$.items[0].name | html_decode", "Tom & Jerry"},
    {"url_param",
     "(name, …)",
     1,
     TRANSFORM_ARGUMENTS_MAX,
     {TRANSFORM_NOT_EMPTY, TRANSFORM_NOT_EMPTY},
     EACH_TEXT,
     TRANSFORM_ABSENT,
     call_url_param,
     NULL,
     "the query parameter of the first of these names that has a value; of a URL, a relative one, "
     "or "
     "a query alone; `%XX` and `+` decoded",
     "$.landing | url_param('rclid', 'rtid')",
     "a+b"},
    /* Lists. */
    {"first", NO_ARGUMENTS, TRANSFORM_LIST, TRANSFORM_ITEM, TRANSFORM_ERROR, NULL, call_first,
     "the first value", "$.items[*].sku | first", "A-1"},
    {"last", NO_ARGUMENTS, TRANSFORM_LIST, TRANSFORM_ITEM, TRANSFORM_ERROR, NULL, call_last,
     "the last value", "$.items[*].name | last", "Mug, blue"},
    {"only", NO_ARGUMENTS, TRANSFORM_LIST, TRANSFORM_ITEM, TRANSFORM_ERROR, NULL, call_only,
     "the value, if all are the same text; else nothing", "$.items[*].sku | only", NULL},
    {"distinct", NO_ARGUMENTS, TRANSFORM_LIST, TRANSFORM_ITEMS, TRANSFORM_ERROR, NULL,
     call_distinct, "each text once", "$.items[*].sku | distinct | join(' ')", "A-1 B-2"},
    {"join",
     "(separator = ',')",
     0,
     1,
     {TRANSFORM_STRING, TRANSFORM_STRING},
     TRANSFORM_LIST,
     TRANSFORM_TEXT,
     TRANSFORM_ERROR,
     NULL,
     call_join,
     "one text, the separator in between",
     "$.items[*].name | html_decode | join(' + ')",
     "Tom & Jerry + Mug, blue"},
    {"sum", NO_ARGUMENTS, TRANSFORM_LIST, TRANSFORM_NUMBER, TRANSFORM_ERROR, NULL, call_sum,
     "the sum, exact; of numbers, and texts that are numbers", "$.items[*].qty | sum", "4"},
    {"count", NO_ARGUMENTS, TRANSFORM_WHOLE_LIST, TRANSFORM_NUMBER, TRANSFORM_ERROR, NULL,
     call_count, "how many values, missing ones too; of an array its items", "$.items | count",
     "3"},
    /* Numbers and times. */
    {"decimal", NO_ARGUMENTS, EACH_NUMBER, TRANSFORM_ERROR, call_decimal, NULL,
     "a number in plain notation, its digits kept", "1.50e2 | decimal", "150"},
    {"minor_units",
     "(currency or digits)",
     1,
     1,
     {TRANSFORM_MINOR, TRANSFORM_MINOR},
     EACH_NUMBER,
     TRANSFORM_ERROR,
     call_minor_units,
     NULL,
     "a whole number of minor units (cents) in major ones, by ISO 4217 or by the number of digits",
     "$.cents | minor_units($.currency)",
     "99.80"},
    {"shift",
     "(places)",
     1,
     1,
     {TRANSFORM_WHOLE, TRANSFORM_WHOLE},
     EACH_NUMBER,
     TRANSFORM_ERROR,
     call_shift,
     NULL,
     "the decimal point moved to the right, to the left when negative",
     "$.cents | shift(-3)",
     "9.980"},
    {"timestamp",
     "(unit)",
     0,
     1,
     {TRANSFORM_TIME, TRANSFORM_TIME},
     EACH_TEXT,
     TRANSFORM_ERROR,
     call_timestamp,
     NULL,
     "a time of RFC 3339 (`T` or a space, any fraction, offset) as UTC with milliseconds; with "
     "'utc' one without an offset is UTC; with 's', 'ms', 'us', 'ns' a number since 1970",
     "$.placed | timestamp('utc')",
     "2026-11-23T09:03:00.000Z"},
    /* Identity. */
    {"email_sha256", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ABSENT, call_email_sha256, NULL,
     "SHA-256 of an e-mail address, trimmed and in lower case first, in hex; nothing for what is "
     "no "
     "address, or masked, or hashed already",
     "$.customer.email | email_sha256",
     "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f"},
    {"sha256", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ERROR, call_sha256, NULL,
     "SHA-256 of the text as it is, in hex", "'abc' | sha256",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"uuid5",
     "(part, …)",
     1,
     TRANSFORM_ARGUMENTS_MAX,
     {TRANSFORM_STRING, TRANSFORM_STRING},
     EACH_TEXT,
     TRANSFORM_ERROR,
     call_uuid5,
     NULL,
     "the UUID (version 5) of the parts, joined by U+001F, in the namespace: a UUID, or any text; "
     "nothing when a part is missing",
     "uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')",
     "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
    {"public_ip", NO_ARGUMENTS, EACH_TEXT, TRANSFORM_ABSENT, call_public_ip, NULL,
     "the address, unless it is private, loopback, link-local, multicast or otherwise nobody's",
     "$.ip | public_ip", NULL},
    /* Either. */
    {"default",
     "(value)",
     1,
     1,
     {TRANSFORM_ANY, TRANSFORM_ANY},
     TRANSFORM_COALESCE,
     TRANSFORM_ITEM,
     TRANSFORM_ERROR,
     NULL,
     NULL,
     "`value`, when what comes in is missing: `??`",
     "$.coupon | default('none')",
     "none"},
};

#define TRANSFORMS (sizeof transforms / sizeof *transforms)

const struct transform *transform_find(struct slice name)
{
    for (size_t i = 0; i < TRANSFORMS; i++) {
        if (slice_equal(name, slice_of(transforms[i].name))) {
            return &transforms[i];
        }
    }
    return NULL;
}

const struct transform *transform_at(size_t index)
{
    return index < TRANSFORMS ? &transforms[index] : NULL;
}

const char *transform_nearest(struct slice name)
{
    const char *names[TRANSFORMS];
    for (size_t i = 0; i < TRANSFORMS; i++) {
        names[i] = transforms[i].name;
    }
    return error_nearest(name, names, TRANSFORMS);
}

/* Whether the literal is a whole number between the two. */
static bool is_whole(const struct json_value *literal, int64_t min, int64_t max)
{
    struct arena arena;
    struct decimal decimal;
    int64_t integer;
    arena_init(&arena, 0);
    bool whole = literal->kind == JSON_NUMBER && decimal_parse(literal->text, &arena, &decimal) &&
                 decimal_integer(&decimal, &integer) && integer >= min && integer <= max;
    arena_done(&arena);
    return whole;
}

static bool is_time(struct slice text)
{
    static const char *const units[] = {"utc", "s", "ms", "us", "ns"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_equal(text, slice_of(units[i]))) {
            return true;
        }
    }
    return false;
}

const char *transform_argument_fault(const struct transform *transform, size_t index,
                                     const struct json_value *literal)
{
    bool text = literal->kind == JSON_STRING;
    bool string = text || literal->kind == JSON_NUMBER;
    switch (transform->argument[index == 0 ? 0 : 1]) {
    case TRANSFORM_ANY:
        return NULL;
    case TRANSFORM_STRING:
        return string ? NULL : "a text";
    case TRANSFORM_NOT_EMPTY:
        return string && literal->text.size > 0 ? NULL : "a text that is not empty";
    case TRANSFORM_WHOLE:
        return is_whole(literal, -1000, 1000) ? NULL : "a whole number from -1000 to 1000";
    case TRANSFORM_MINOR:
        return (text && currency_find(literal->text, NULL)) || is_whole(literal, 0, 30)
                   ? NULL
                   : "a currency of ISO 4217, or a whole number from 0 to 30";
    case TRANSFORM_TIME:
        return text && is_time(literal->text) ? NULL : "'utc', 's', 'ms', 'us' or 'ns'";
    }
    return NULL;
}

struct slice transform_prepare(const struct transform *transform, struct slice constant,
                               struct arena *arena)
{
    return transform->each == call_uuid5 ? call_uuid5_space(constant, arena) : constant;
}

void transform_reducers(struct buffer *buffer)
{
    const char *separator = "";
    for (size_t i = 0; i < TRANSFORMS; i++) {
        bool list =
            transforms[i].scope == TRANSFORM_LIST || transforms[i].scope == TRANSFORM_WHOLE_LIST;
        if (list && transforms[i].result != TRANSFORM_ITEMS) {
            buffer_printf(buffer, "%s%s", separator, transforms[i].name);
            separator = ", ";
        }
    }
}

/* A cell of a Markdown table, in which a bar would end it. */
static void write_cell(struct buffer *buffer, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            buffer_append_byte(buffer, '\\');
        }
        buffer_append_byte(buffer, *text);
    }
}

static const char *scope_text(const struct transform *transform)
{
    switch (transform->scope) {
    case TRANSFORM_EACH:
        return "each";
    case TRANSFORM_LIST:
    case TRANSFORM_WHOLE_LIST:
        return "list";
    case TRANSFORM_COALESCE:
        return "any";
    }
    return "";
}

static const char *misfit_text(const struct transform *transform)
{
    if (transform->scope == TRANSFORM_COALESCE) {
        return "—"; /* it passes on whatever it gets */
    }
    return transform->misfit == TRANSFORM_ERROR ? "error" : "nothing";
}

static void write_row(struct buffer *buffer, const struct transform *transform)
{
    buffer_printf(buffer, "| `%s%s` | %s | ", transform->name, transform->arguments,
                  scope_text(transform));
    write_cell(buffer, transform->doc);
    buffer_printf(buffer, " | %s | `", misfit_text(transform));
    write_cell(buffer, transform->example);
    if (transform->gives == NULL) {
        buffer_append(buffer, SLICE("` → nothing |\n"));
    } else {
        buffer_append(buffer, SLICE("` → `"));
        write_cell(buffer, transform->gives);
        buffer_append(buffer, SLICE("` |\n"));
    }
}

void transform_reference(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("The examples run on this message:\n\n```json\n"));
    buffer_append(buffer, slice_of(transform_sample));
    buffer_append(buffer, SLICE("```\n\n| transform | works on | gives | of what it cannot use | "
                                "example |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < TRANSFORMS; i++) {
        write_row(buffer, &transforms[i]);
    }
}
