#include "scanner.h"

#include "utf8.h"

#include "base/letter.h"

#define INTEGER_MAX ((1LL << 53) - 1)

bool scanner_fail(struct scanner *scanner, size_t place, const char *message)
{
    scanner->at = place;
    error_set(scanner->error, "%s", message);
    return false;
}

static struct slice rest_of(const struct scanner *scanner)
{
    return slice_part(scanner->text, scanner->at, SIZE_MAX);
}

char scanner_peek(const struct scanner *scanner)
{
    return scanner->at < scanner->text.size ? scanner->text.data[scanner->at] : '\0';
}

bool scanner_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool scanner_take(struct scanner *scanner, struct slice sign)
{
    if (!slice_starts_with(rest_of(scanner), sign)) {
        return false;
    }
    scanner->at += sign.size;
    return true;
}

bool scanner_expect(struct scanner *scanner, struct slice sign, const char *message)
{
    return scanner_take(scanner, sign) || scanner_fail(scanner, scanner->at, message);
}

void scanner_skip_blanks(struct scanner *scanner)
{
    char byte = scanner_peek(scanner);
    while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
        scanner->at++;
        byte = scanner_peek(scanner);
    }
}

bool scanner_enter(struct scanner *scanner)
{
    if (scanner->nesting == scanner->nesting_max) {
        return scanner_fail(scanner, scanner->at, "nested too deeply");
    }
    scanner->nesting++;
    return true;
}

void scanner_leave(struct scanner *scanner)
{
    scanner->nesting--;
}

static bool is_name_start(char byte)
{
    char lower = (char)(byte | 0x20);
    return (unsigned char)byte >= 0x80 || byte == '_' || (lower >= 'a' && lower <= 'z');
}

struct slice scanner_name(struct scanner *scanner)
{
    struct slice rest = rest_of(scanner);
    size_t size = 0;
    while (size < rest.size &&
           (is_name_start(rest.data[size]) || (size > 0 && scanner_is_digit(rest.data[size])))) {
        size++;
    }
    scanner->at += size;
    return slice_part(rest, 0, size);
}

/* --- Strings --------------------------------------------------------------------------------- */

/* How many bytes stand between the quotes; SIZE_MAX when the second is missing. */
static size_t quoted_size(struct slice text)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] == text.data[0]) {
            return i - 1;
        }
        if (text.data[i] == '\\') {
            i++;
        }
    }
    return SIZE_MAX;
}

/* The second half of a code point that an escape at `place` has begun. */
static bool decode_surrogate(struct scanner *scanner, size_t place, uint32_t *code_point)
{
    uint32_t low = 0;
    if (!utf8_is_high_surrogate(*code_point) || !utf8_read_escape(rest_of(scanner), &low) ||
        !utf8_is_low_surrogate(low)) {
        return scanner_fail(scanner, place, "a surrogate without its partner");
    }
    scanner->at += 6;
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static bool decode_unicode_escape(struct scanner *scanner, uint32_t *ret_code_point)
{
    size_t place = scanner->at;
    uint32_t code_point = 0;
    if (!utf8_read_escape(rest_of(scanner), &code_point)) {
        return scanner_fail(scanner, place, "four hex digits are expected behind \\u");
    }
    scanner->at += 6;
    if ((utf8_is_high_surrogate(code_point) || utf8_is_low_surrogate(code_point)) &&
        !decode_surrogate(scanner, place, &code_point)) {
        return false;
    }
    *ret_code_point = code_point;
    return true;
}

/* A backslash and what it escapes. Only the quote at hand may be escaped, not the other. */
static bool decode_escape(struct scanner *scanner, char quote, uint32_t *ret_code_point)
{
    static const char letters[] = "bfnrt/\\";
    static const char meanings[] = "\b\f\n\r\t/\\";
    struct slice escape = slice_part(scanner->text, scanner->at, 2);
    char letter = escape.size == 2 ? escape.data[1] : '\0';
    if (letter == 'u') {
        return decode_unicode_escape(scanner, ret_code_point);
    }
    const char *known = letter == '\0' ? NULL : strchr(letters, letter);
    if (known == NULL && letter != quote) {
        return scanner_fail(scanner, scanner->at, "an unknown escape");
    }
    *ret_code_point = (unsigned char)(known == NULL ? quote : meanings[known - letters]);
    scanner->at += 2;
    return true;
}

bool scanner_string(struct scanner *scanner, struct slice *ret_string)
{
    char quote = scanner_peek(scanner);
    size_t quoted = quoted_size(rest_of(scanner));
    if (quoted == SIZE_MAX) {
        return scanner_fail(scanner, scanner->at, "this quote is never closed");
    }
    char *decoded = arena_alloc(scanner->arena, quoted); /* never longer than the escapes */
    size_t size = 0;
    size_t end = scanner->at + 1 + quoted;
    scanner->at++;
    while (scanner->at < end) {
        uint32_t code_point = (unsigned char)scanner_peek(scanner);
        if (code_point < 0x20) {
            return scanner_fail(scanner, scanner->at, "a control character: write it as an escape");
        }
        if (code_point == '\\') {
            if (!decode_escape(scanner, quote, &code_point)) {
                return false;
            }
            size += letter_encode(code_point, decoded + size);
        } else {
            decoded[size++] = scanner_peek(scanner);
            scanner->at++;
        }
    }
    scanner->at++;
    *ret_string = (struct slice){decoded, size};
    return true;
}

/* --- Numbers --------------------------------------------------------------------------------- */

static bool skip_digits(struct scanner *scanner)
{
    size_t start = scanner->at;
    while (scanner_is_digit(scanner_peek(scanner))) {
        scanner->at++;
    }
    return scanner->at > start || scanner_fail(scanner, start, "a digit is expected here");
}

/* Digits without a leading zero, behind an optional minus. */
static bool skip_integer(struct scanner *scanner)
{
    (void)scanner_take(scanner, SLICE("-"));
    size_t start = scanner->at;
    if (!skip_digits(scanner)) {
        return false;
    }
    if (scanner->text.data[start] == '0' && scanner->at > start + 1) {
        return scanner_fail(scanner, start, "a number has no leading zeros");
    }
    return true;
}

bool scanner_integer(struct scanner *scanner, int64_t *ret_integer)
{
    size_t start = scanner->at;
    if (!skip_integer(scanner)) {
        return false;
    }
    struct slice digits = slice_part(scanner->text, start, scanner->at - start);
    if (slice_equal(digits, SLICE("-0"))) {
        return scanner_fail(scanner, start, "-0 is no index");
    }
    int64_t integer = 0;
    bool negative = digits.data[0] == '-';
    for (size_t i = negative ? 1 : 0; i < digits.size; i++) {
        integer = integer * 10 + (digits.data[i] - '0');
        if (integer > INTEGER_MAX) {
            return scanner_fail(scanner, start, "an integer beyond 2^53 - 1");
        }
    }
    *ret_integer = negative ? -integer : integer;
    return true;
}

bool scanner_number(struct scanner *scanner, struct slice *ret_digits)
{
    size_t start = scanner->at;
    if (!skip_integer(scanner)) {
        return false;
    }
    if (scanner_take(scanner, SLICE(".")) && !skip_digits(scanner)) {
        return false;
    }
    if (scanner_take(scanner, SLICE("e")) || scanner_take(scanner, SLICE("E"))) {
        if (!scanner_take(scanner, SLICE("-"))) {
            (void)scanner_take(scanner, SLICE("+"));
        }
        if (!skip_digits(scanner)) {
            return false;
        }
    }
    *ret_digits = slice_part(scanner->text, start, scanner->at - start);
    return true;
}
