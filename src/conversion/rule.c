#include "rule.h"

#include "base/decimal.h"
#include "conversion/currency.h"
#include "country.h"
#include "email.h"

#include <arpa/inet.h>

#define SHA256_DIGITS 64
#define DATE_DIGITS 8
#define BIN_DIGITS 6
#define LONG_BIN_DIGITS 8

/* What hashing an e-mail that is not there gives. */
#define EMPTY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_digits(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

/* Whether it is one of the 26 letters from `first` on. One comparison: which bytes of a digest are
 * letters cannot be predicted. */
static bool is_letter(char byte, char first)
{
    return (unsigned char)(byte - first) < 26;
}

/* The text with the ASCII letters from `first` on in the other case: itself when it has none. */
static struct slice change_case(struct slice text, char first, struct arena *arena)
{
    size_t at = 0;
    while (at < text.size && !is_letter(text.data[at], first)) {
        at++;
    }
    if (at == text.size) {
        return text;
    }
    char *copy = arena_alloc(arena, text.size);
    for (size_t i = 0; i < text.size; i++) {
        copy[i] = (char)(text.data[i] ^ is_letter(text.data[i], first) << 5);
    }
    return (struct slice){copy, text.size};
}

static struct slice lower(struct slice text, struct arena *arena)
{
    return change_case(text, 'A', arena);
}

static struct slice upper(struct slice text, struct arena *arena)
{
    return change_case(text, 'a', arena);
}

/* Looks at all bytes, without a branch for each. */
static bool is_lower_hex(struct slice text)
{
    unsigned others = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool digit = (unsigned char)(text.data[i] - '0') < 10;
        bool letter = (unsigned char)(text.data[i] - 'a') < 6;
        others |= !(digit | letter);
    }
    return others == 0;
}

static const char *text_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    (void)arena;
    *ret_value = value;
    return NULL;
}

static const char *email_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    const char *fault = email_fault(value);
    if (fault == NULL) {
        *ret_value = lower(value, arena);
    }
    return fault;
}

static const char *sha256_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    struct slice digest = lower(value, arena);
    if (digest.size != SHA256_DIGITS || !is_lower_hex(digest)) {
        return "is not of 64 hex digits";
    }
    if (slice_equal(digest, SLICE(EMPTY_DIGEST))) {
        return "is the hash of the empty text";
    }
    *ret_value = digest;
    return NULL;
}

/* Whether it is written as it will be sent: digits, perhaps a point and more digits. */
static bool is_plain(struct slice text)
{
    size_t point = slice_find(text, SLICE("."));
    struct slice whole = slice_part(text, 0, point);
    bool zeros = whole.size > 1 && whole.data[0] == '0';
    bool fraction = point == SIZE_MAX || is_digits(slice_part(text, point + 1, SIZE_MAX));
    return is_digits(whole) && !zeros && fraction;
}

static const char *signed_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    if (value.size < DECIMAL_DIGITS && is_plain(value)) {
        *ret_value = value;
        return NULL;
    }
    struct decimal decimal;
    if (!decimal_parse(value, arena, &decimal)) {
        return "is no decimal number";
    }
    *ret_value = decimal_text(&decimal, arena);
    return NULL;
}

static const char *decimal_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    struct slice text = {NULL, 0};
    const char *fault = signed_rule(value, arena, &text);
    if (fault == NULL && text.data[0] == '-') {
        fault = "is negative";
    }
    if (fault == NULL) {
        *ret_value = text;
    }
    return fault;
}

static const char *integer_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    struct decimal decimal;
    if (!decimal_parse(value, arena, &decimal)) {
        return "is no number";
    }
    if (!decimal_is_integer(&decimal)) {
        return "has a fraction";
    }
    if (decimal.negative && !decimal_is_zero(&decimal)) {
        return "is negative";
    }
    *ret_value = slice_part(decimal.digits, 0, decimal.digits.size - decimal.scale);
    return NULL;
}

static const char *currency_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    if (!currency_find(value, NULL)) {
        return "is no currency code of ISO 4217";
    }
    *ret_value = upper(value, arena);
    return NULL;
}

static const char *country_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    struct slice code = upper(value, arena);
    if (!country_is_known(code)) {
        return "is no country code of two letters (ISO 3166-1)";
    }
    *ret_value = code;
    return NULL;
}

static const char *ip_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    (void)arena;
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (value.size >= sizeof text || memchr(value.data, '\0', value.size) != NULL) {
        return "is no IP address";
    }
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1) {
        return "is no IP address";
    }
    *ret_value = value;
    return NULL;
}

static int number_at(const char *digits, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

static bool is_day(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static const char *date_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    static const char fault[] = "is no date (yyyymmdd or yyyy-mm-dd)";
    char *digits = arena_alloc(arena, DATE_DIGITS);
    size_t hyphens = value.size == DATE_DIGITS + 2 ? 1 : 0;
    if (value.size != DATE_DIGITS + 2 * hyphens ||
        (hyphens > 0 && (value.data[4] != '-' || value.data[7] != '-'))) {
        return fault;
    }
    memcpy(digits, value.data, 4);
    memcpy(digits + 4, value.data + 4 + hyphens, 2);
    memcpy(digits + 6, value.data + 6 + 2 * hyphens, 2);
    struct slice date = {digits, DATE_DIGITS};
    if (!is_digits(date) ||
        !is_day(number_at(digits, 4), number_at(digits + 4, 2), number_at(digits + 6, 2))) {
        return fault;
    }
    *ret_value = date;
    return NULL;
}

static const char *gender_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    struct slice gender = lower(value, arena);
    if (slice_equal(gender, SLICE("m")) || slice_equal(gender, SLICE("male"))) {
        *ret_value = SLICE("m");
        return NULL;
    }
    if (slice_equal(gender, SLICE("f")) || slice_equal(gender, SLICE("female"))) {
        *ret_value = SLICE("f");
        return NULL;
    }
    return "is neither m nor f";
}

/* A whole card number is refused and not cut: it has no business in an order message. */
static const char *digits6_rule(struct slice value, struct arena *arena, struct slice *ret_value)
{
    (void)arena;
    if (!is_digits(value) || (value.size != BIN_DIGITS && value.size != LONG_BIN_DIGITS)) {
        return "is not of 6 (or 8) digits";
    }
    *ret_value = slice_part(value, 0, BIN_DIGITS);
    return NULL;
}

struct rule {
    const char *(*apply)(struct slice value, struct arena *arena, struct slice *ret_value);
    const char *doc;
};

static const struct rule rules[] = {
    [FIELD_RULE_TEXT] = {text_rule, "text, as it is"},
    [FIELD_RULE_EMAIL] = {email_rule,
                          "an e-mail address: trimmed, in lower case; one `@`, a domain "
                          "with a dot, nothing quoted, no `*` (a masked address)"},
    [FIELD_RULE_SHA256] = {sha256_rule, "64 hex digits, in lower case; not the hash of nothing"},
    [FIELD_RULE_DECIMAL] = {decimal_rule, "a number, digits kept, in plain notation; not negative"},
    [FIELD_RULE_SIGNED] = {signed_rule, "a number, digits kept, in plain notation"},
    [FIELD_RULE_INTEGER] = {integer_rule, "a whole number (3.0 is 3); not negative"},
    [FIELD_RULE_CURRENCY] = {currency_rule, "a code of ISO 4217, in upper case"},
    [FIELD_RULE_COUNTRY] = {country_rule, "a code of ISO 3166-1 alpha-2, in upper case"},
    [FIELD_RULE_IP] = {ip_rule, "an IPv4 or IPv6 address"},
    [FIELD_RULE_DATE] = {date_rule, "a date as yyyymmdd; yyyy-mm-dd loses its hyphens"},
    [FIELD_RULE_GENDER] = {gender_rule, "`m` or `f`; male and female too"},
    [FIELD_RULE_DIGITS6] = {digits6_rule, "6 digits; of 8 the first 6"},
};

const char *rule_apply(enum field_rule rule, struct slice value, struct arena *arena,
                       struct slice *ret_value)
{
    return rules[rule].apply(value, arena, ret_value);
}

const char *rule_doc(enum field_rule rule)
{
    return rules[rule].doc;
}
