/* Transforms of numbers that are written in another way than JSON's. */
#include "call.h"

#include "base/base64.h"

#define CONNECT_SCALE_MAX 1000

/* How numbers are written: `1.234,56` has the mark `,` and groups that `.` parts. */
struct marks {
    uint32_t mark;
    uint32_t group; /* 0: digits stand without groups */
};

/* A number that is read, and what it is in plain notation. */
struct notation {
    struct slice rest; /* what is not read yet */
    char *plain;
    size_t size;
};

/* Formatters write blanks of several kinds and two kinds of apostrophe, which nobody can tell apart
 * by looking: each stands for all of them. */
static uint32_t common_form(uint32_t code_point)
{
    switch (code_point) {
    case 0xA0:   /* no-break space */
    case 0x2009: /* thin space */
    case 0x202F: /* narrow no-break space */
        return ' ';
    case 0x2019: /* right single quotation mark */
        return '\'';
    default:
        return code_point;
    }
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The one character that a text is, unless it is a part of numbers itself. */
static bool read_mark(struct slice text, uint32_t *ret_mark)
{
    uint32_t code_point;
    size_t size = slice_decode(text, &code_point);
    if (size == 0 || size != text.size || is_digit(text.data[0]) || code_point == '-' ||
        code_point == '+') {
        return false;
    }
    *ret_mark = common_form(code_point);
    return true;
}

/* Takes the next character off when it is `mark`. */
static bool take_mark(struct notation *notation, uint32_t mark)
{
    uint32_t code_point;
    size_t size = slice_decode(notation->rest, &code_point);
    if (size == 0 || common_form(code_point) != mark) {
        return false;
    }
    notation->rest = slice_part(notation->rest, size, SIZE_MAX);
    return true;
}

/* Takes the digits that come next over into the plain notation; how many they are. */
static size_t take_digits(struct notation *notation)
{
    size_t count = 0;
    while (count < notation->rest.size && is_digit(notation->rest.data[count])) {
        notation->plain[notation->size++] = notation->rest.data[count++];
    }
    notation->rest = slice_part(notation->rest, count, SIZE_MAX);
    return count;
}

/* The digits before the mark. The last group has three of them, each between two or three (in India
 * 12,34,567), the first at least one, and that is no lone zero: else what parts them is more likely a
 * decimal mark. */
static bool take_whole(struct notation *notation, uint32_t group)
{
    size_t digits = take_digits(notation);
    bool zero = digits == 1 && notation->plain[notation->size - 1] == '0';
    size_t least = 1;
    bool grouped = false;
    while (group != 0 && take_mark(notation, group)) {
        if (zero || digits < least || digits > 3) {
            return false;
        }
        digits = take_digits(notation);
        least = 2;
        grouped = true;
    }
    return !grouped || digits == 3;
}

/* Without blanks of any kind at both ends. */
static struct slice trim(struct slice text)
{
    static const char *const blanks[] = {"\u00A0", "\u2009", "\u202F"};
    size_t before;
    do {
        before = text.size;
        text = slice_trim(text);
        for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
            struct slice blank = slice_of(blanks[i]);
            if (slice_starts_with(text, blank)) {
                text = slice_part(text, blank.size, SIZE_MAX);
            }
            if (slice_ends_with(text, blank)) {
                text = slice_part(text, 0, text.size - blank.size);
            }
        }
    } while (text.size < before);
    return text;
}

/* The text in plain notation. */
static bool rewrite(struct slice text, const struct marks *marks, struct arena *arena,
                    struct slice *ret_plain)
{
    struct notation notation = {.rest = trim(text), .plain = arena_alloc(arena, text.size)};
    if (take_mark(&notation, '-')) {
        notation.plain[notation.size++] = '-';
    } else {
        (void)take_mark(&notation, '+');
    }
    if (!take_whole(&notation, marks->group)) {
        return false;
    }
    if (take_mark(&notation, marks->mark)) {
        notation.plain[notation.size++] = '.';
        (void)take_digits(&notation);
    }
    *ret_plain = (struct slice){notation.plain, notation.size};
    return notation.rest.size == 0;
}

/* What is wrong with the marks, or NULL. */
static const char *read_marks(const struct slice texts[], size_t count, struct marks *ret_marks)
{
    struct marks marks = {.group = 0};
    if (!read_mark(texts[0], &marks.mark) || (count > 1 && !read_mark(texts[1], &marks.group))) {
        return "one character that is neither a digit nor a sign";
    }
    if (marks.mark == marks.group) {
        return "two different marks";
    }
    *ret_marks = marks;
    return NULL;
}

/* Marks from the message are read with each number. */
bool call_decimal_prepare(struct preparation *preparation, const void **ret_prepared)
{
    struct slice texts[2];
    for (size_t i = 0; i < preparation->argument_count; i++) {
        if (preparation->arguments[i] == NULL) {
            return true;
        }
        texts[i] = preparation->arguments[i]->text;
    }
    if (preparation->argument_count == 0) {
        return true;
    }
    struct marks *marks = arena_alloc(preparation->arena, sizeof *marks);
    const char *fault = read_marks(texts, preparation->argument_count, marks);
    if (fault != NULL) {
        struct marks ignored;
        preparation->at = read_marks(texts, 1, &ignored) == NULL ? 1 : 0;
        error_set(&preparation->error, "decimal wants %s here", fault);
        return false;
    }
    *ret_prepared = marks;
    return true;
}

static bool find_marks(struct call *call, struct marks *ret_marks)
{
    struct slice texts[2];
    if (call->prepared != NULL) {
        *ret_marks = *(const struct marks *)call->prepared;
        return true;
    }
    for (size_t i = 0; i < call->argument_count; i++) {
        if (!call_text(call, i, &texts[i])) {
            return false;
        }
    }
    if (read_marks(texts, call->argument_count, ret_marks) != NULL) {
        call->misfit = "marks that are not two different characters";
        return false;
    }
    return true;
}

/* A number of JSON has JSON's marks, whatever texts have. */
enum call_result call_decimal(struct call *call, const struct json_value *item,
                              struct value *ret_value)
{
    struct slice text;
    struct marks marks;
    struct decimal decimal;
    enum call_result result = call_item_text(call, item, &text);
    if (result != CALL_GAVE) {
        return result;
    }
    if (call->argument_count > 0 && item->kind != JSON_NUMBER) {
        if (!find_marks(call, &marks)) {
            return CALL_MISFIT;
        }
        if (!rewrite(text, &marks, call->arena, &text)) {
            return call_misfit(call, item->kind == JSON_STRING
                                         ? "a text that is no number with these marks"
                                         : call_no_number(item));
        }
    }
    if (!decimal_parse(text, call->arena, &decimal)) {
        return call_misfit(call, call_no_number(item));
    }
    return call_gives(call, &decimal, ret_value);
}

/* The bytes, and the scale where an object has it. */
static bool connect_parts(struct call *call, const struct json_value *item, struct slice *ret_text,
                          int64_t *ret_scale)
{
    const struct json_value *text = item;
    struct decimal scale;
    if (item->kind == JSON_OBJECT) {
        const struct json_value *member = json_member(item, SLICE("scale"));
        text = json_member(item, SLICE("value"));
        if (text == NULL || member == NULL || member->kind != JSON_NUMBER ||
            !decimal_parse(member->text, call->arena, &scale) ||
            !decimal_integer(&scale, ret_scale)) {
            call->misfit = "an object without a scale and a value";
            return false;
        }
    } else if (call->argument_count == 0) {
        call->misfit = "a text without the scale as an argument";
        return false;
    } else if (!call_integer(call, 0, -CONNECT_SCALE_MAX, CONNECT_SCALE_MAX, ret_scale)) {
        return false;
    }
    if (text->kind != JSON_STRING) {
        call->misfit = "a value that is no text";
        return false;
    }
    *ret_text = slice_trim(text->text);
    return true;
}

/* Kafka Connect's Decimal (org.apache.kafka.connect.data.Decimal) as its JsonConverter writes it:
 * the unscaled whole number as BigInteger.toByteArray() gives it, in base64. */
enum call_result call_connect_decimal(struct call *call, const struct json_value *item,
                                      struct value *ret_value)
{
    struct slice text;
    int64_t scale;
    struct decimal decimal;
    if (!connect_parts(call, item, &text, &scale)) {
        return CALL_MISFIT;
    }
    char *bytes = arena_alloc(call->arena, text.size);
    size_t size;
    if (!base64_decode(text, bytes, &size) || size == 0) {
        return call_misfit(call, "a text that is no base64");
    }
    if (scale < -CONNECT_SCALE_MAX || scale > CONNECT_SCALE_MAX ||
        !decimal_of_bytes((struct slice){bytes, size}, (int32_t)scale, call->arena, &decimal)) {
        return call_misfit(call, "a number of that many digits");
    }
    return call_gives(call, &decimal, ret_value);
}
