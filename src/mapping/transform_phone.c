/* The transform of phone numbers: to the form of E.164, +49301234567, which is the same whoever
 * wrote the number. */
#include "call.h"

#include "base/letter.h"

#define CODE_DIGITS_MAX 3
#define DIGITS_MIN 7
#define DIGITS_MAX 15 /* E.164 */

/* What is dialled before a number within a country and is no part of it: a 0 in all but these. */
struct trunk {
    struct slice code;   /* the country's */
    struct slice prefix; /* empty: a 0 there is part of the number */
    size_t digits;       /* of a number that has it; 0: any */
};

static const struct trunk trunks[] = {
    {{"1", 1}, {"1", 1}, 11},  /* North America */
    {{"7", 1}, {"8", 1}, 11},  /* Russia, Kazakhstan */
    {{"36", 2}, {"06", 2}, 0}, /* Hungary */
    {{"39", 2}, {"", 0}, 0},   /* Italy */
    {{"225", 3}, {"", 0}, 0},  /* Ivory Coast */
    {{"242", 3}, {"", 0}, 0},  /* Congo */
    {{"378", 3}, {"", 0}, 0},  /* San Marino */
};

static const struct trunk *find_trunk(struct slice code)
{
    static const struct trunk others = {{NULL, 0}, {"0", 1}, 0};
    for (size_t i = 0; i < sizeof trunks / sizeof *trunks; i++) {
        if (slice_equal(trunks[i].code, code)) {
            return &trunks[i];
        }
    }
    return &others;
}

static struct slice without_trunk(struct slice digits, struct slice code)
{
    const struct trunk *trunk = find_trunk(code);
    bool has_it = (trunk->digits == 0 || trunk->digits == digits.size) &&
                  slice_starts_with(digits, trunk->prefix);
    return has_it ? slice_part(digits, trunk->prefix.size, SIZE_MAX) : digits;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool call_phone_code(struct slice text, struct slice *ret_code)
{
    struct slice code = slice_part(text, slice_starts_with(text, SLICE("+")), SIZE_MAX);
    if (code.size == 0 || code.size > CODE_DIGITS_MAX || code.data[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < code.size; i++) {
        if (!is_digit(code.data[i])) {
            return false;
        }
    }
    *ret_code = code;
    return true;
}

/* --- Numbers as they are written ------------------------------------------------------------- */

struct number {
    bool plus;
    struct slice digits;
};

/* How many bytes of what may stand between digits begin `text`; 0: none. */
static size_t separator_size(struct slice text)
{
    uint32_t code_point = 0;
    size_t size = slice_decode(text, &code_point);
    bool mark = code_point < 0x80 && code_point != 0 && strchr("-./()", (int)code_point) != NULL;
    bool hyphen = code_point >= 0x2010 && code_point <= 0x2015;
    return mark || hyphen || letter_is_blank(code_point) ? size : 0;
}

/* "+49 (0)30 1234": the 0 is for those who dial within the country. */
static bool is_optional_trunk(struct slice text, struct slice digits)
{
    return slice_starts_with(text, SLICE("(0)")) && digits.size > 0 &&
           find_trunk(digits)->prefix.size > 0;
}

/* Reads the digits into `room`, which holds as many as `text` has bytes. False when there is
 * anything that no phone number has. */
static bool read_number(struct slice text, char *room, struct number *ret_number)
{
    *ret_number = (struct number){false, {room, 0}};
    while (text.size > 0) {
        char byte = text.data[0];
        size_t size = 1;
        if (is_digit(byte)) {
            room[ret_number->digits.size++] = byte;
        } else if (byte == '+' && ret_number->digits.size == 0 && !ret_number->plus) {
            ret_number->plus = true;
        } else if (is_optional_trunk(text, ret_number->digits)) {
            size = 3;
        } else {
            size = separator_size(text);
        }
        if (size == 0) {
            return false;
        }
        text = slice_part(text, size, SIZE_MAX);
    }
    return true;
}

/* Takes a 00 off a number that has it in place of a plus. */
static void mark_plus(struct number *number)
{
    if (!number->plus && slice_starts_with(number->digits, SLICE("00"))) {
        number->plus = true;
        number->digits = slice_part(number->digits, 2, SIZE_MAX);
    }
}

/* The calling code that was given; empty when there is none. */
static bool given_code(struct call *call, struct slice *ret_code)
{
    struct slice text;
    *ret_code = (struct slice){NULL, 0};
    if (call->argument_count == 0 || value_is_missing(&call->arguments[0])) {
        return true;
    }
    if (!call_text(call, 0, &text)) {
        return false;
    }
    if (!call_phone_code(text, ret_code)) {
        call->misfit = "an argument that is no calling code";
        return false;
    }
    return true;
}

/* Makes of the number and the calling code what stands behind the plus: the code is empty when
 * the number has its own. NULL, or what is wrong. */
static const char *complete(struct number *number, struct slice *code)
{
    if (number->plus) {
        *code = (struct slice){NULL, 0};
    } else if (code->size > 0) {
        number->digits = without_trunk(number->digits, *code);
    } else {
        return "a phone number without the code of its country";
    }
    size_t digits = code->size + number->digits.size;
    bool zero = code->size == 0 && slice_starts_with(number->digits, SLICE("0"));
    return digits < DIGITS_MIN || digits > DIGITS_MAX || zero ? "a text that is no phone number"
                                                              : NULL;
}

static struct slice write_number(const struct number *number, struct slice code,
                                 struct arena *arena)
{
    char *room = arena_alloc(arena, 1 + code.size + number->digits.size);
    room[0] = '+';
    if (code.size > 0) {
        memcpy(room + 1, code.data, code.size);
    }
    memcpy(room + 1 + code.size, number->digits.data, number->digits.size);
    return (struct slice){room, 1 + code.size + number->digits.size};
}

enum call_result call_phone(struct call *call, struct slice text, struct slice *ret_text)
{
    struct number number;
    struct slice code;
    struct slice trimmed = slice_trim(text);
    bool tel = slice_equal_ignoring_case(slice_part(trimmed, 0, 4), SLICE("tel:"));
    char *room = arena_alloc(call->arena, text.size);
    if (!given_code(call, &code)) {
        return CALL_MISFIT;
    }
    if (!read_number(slice_part(trimmed, tel ? 4 : 0, SIZE_MAX), room, &number)) {
        return call_misfit(call, "a text that is no phone number");
    }
    mark_plus(&number);
    const char *fault = complete(&number, &code);
    if (fault != NULL) {
        return call_misfit(call, fault);
    }
    *ret_text = write_number(&number, code, call->arena);
    return CALL_GAVE;
}
