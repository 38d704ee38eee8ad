#include "rule.h"

#include "base/decimal.h"
#include "base/letter.h"
#include "base/timestamp.h"
#include "conversion/currency.h"
#include "conversion/text.h"
#include "country.h"
#include "email.h"
#include "language.h"

#include <arpa/inet.h>

#define SHA256_DIGITS 64
#define DATE_DIGITS 8
#define BIN_DIGITS 6
#define LONG_BIN_DIGITS 8
#define AGE_MAX 130
#define BIRTH_YEAR_MIN 1901
#define PHONE_DIGITS_MIN 5
#define AMOUNT_DIGITS_MAX 40 /* no money has more; what does is 1e300, or an id */

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

static const char *text_rule(struct slice value, const struct field_context *context,
                             struct slice *ret_value)
{
    *ret_value = text_clean(value, context->arena);
    return NULL;
}

static const char *id_rule(struct slice value, const struct field_context *context,
                           struct slice *ret_value)
{
    (void)context;
    if (text_has_control(value)) {
        return "holds a control character";
    }
    *ret_value = value;
    return NULL;
}

static const char *unique_rule(struct slice value, const struct field_context *context,
                               struct slice *ret_value)
{
    return text_is_no_id(value) ? TEXT_IS_NO_ID : id_rule(value, context, ret_value);
}

static const char *sku_rule(struct slice value, const struct field_context *context,
                            struct slice *ret_value)
{
    if (slice_find(value, SLICE(",")) != SIZE_MAX) {
        return "holds a comma: that would be several";
    }
    return id_rule(value, context, ret_value);
}

/* In lower case as those have it who hash addresses elsewhere: É becomes é. Accents that are characters of
 * their own, and domains in other scripts, stay as they are. */
static const char *email_rule(struct slice value, const struct field_context *context,
                              struct slice *ret_value)
{
    const char *fault = email_fault(value);
    if (fault == NULL) {
        *ret_value = slice_is_ascii(value) ? lower(value, context->arena)
                                           : letter_change(value, letter_lower, context->arena);
    }
    return fault;
}

static const char *sha256_rule(struct slice value, const struct field_context *context,
                               struct slice *ret_value)
{
    struct slice digest = lower(value, context->arena);
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

static const char *signed_rule(struct slice value, const struct field_context *context,
                               struct slice *ret_value)
{
    if (value.size <= AMOUNT_DIGITS_MAX && is_plain(value)) {
        *ret_value = value;
        return NULL;
    }
    struct decimal decimal;
    if (!decimal_parse(value, context->arena, &decimal)) {
        return "is no decimal number";
    }
    if (decimal.digits.size > AMOUNT_DIGITS_MAX) {
        return "has more than 40 digits";
    }
    *ret_value = decimal_text(&decimal, context->arena);
    return NULL;
}

static const char *decimal_rule(struct slice value, const struct field_context *context,
                                struct slice *ret_value)
{
    struct slice text = {NULL, 0};
    const char *fault = signed_rule(value, context, &text);
    if (fault == NULL && text.data[0] == '-' && !context->negative) {
        fault = "is negative";
    }
    if (fault == NULL) {
        *ret_value = text;
    }
    return fault;
}

static const char *integer_rule(struct slice value, const struct field_context *context,
                                struct slice *ret_value)
{
    struct decimal decimal;
    if (!decimal_parse(value, context->arena, &decimal)) {
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

static int number_at(const char *digits, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

/* Nobody is older, and 0 is what databases have for "not known". */
static const char *age_rule(struct slice value, const struct field_context *context,
                            struct slice *ret_value)
{
    struct slice age = {NULL, 0};
    const char *fault = integer_rule(value, context, &age);
    if (fault != NULL) {
        return fault;
    }
    if (age.size > 3 || number_at(age.data, age.size) < 1 ||
        number_at(age.data, age.size) > AGE_MAX) {
        return "is not between 1 and 130";
    }
    *ret_value = age;
    return NULL;
}

static const char *currency_rule(struct slice value, const struct field_context *context,
                                 struct slice *ret_value)
{
    if (!currency_find(value, NULL)) {
        return "is no currency code of ISO 4217";
    }
    *ret_value = upper(value, context->arena);
    return NULL;
}

static const char *country_rule(struct slice value, const struct field_context *context,
                                struct slice *ret_value)
{
    struct slice code = upper(value, context->arena);
    if (!country_is_known(code)) {
        return "is no country code of two letters (ISO 3166-1)";
    }
    *ret_value = code;
    return NULL;
}

static const char *language_rule(struct slice value, const struct field_context *context,
                                 struct slice *ret_value)
{
    return language_normalise(value, context->arena, ret_value)
               ? NULL
               : "is no language tag (BCP 47: de, de-AT)";
}

static const char *phone_rule(struct slice value, const struct field_context *context,
                              struct slice *ret_value)
{
    size_t digits = 0;
    for (size_t i = 0; i < value.size; i++) {
        digits += is_digit(value.data[i]);
    }
    if (slice_find(value, SLICE("*")) != SIZE_MAX) {
        return "is masked: it holds '*'";
    }
    if (digits < PHONE_DIGITS_MIN) {
        return "has fewer than 5 digits";
    }
    return id_rule(value, context, ret_value);
}

static const char *ip_rule(struct slice value, const struct field_context *context,
                           struct slice *ret_value)
{
    (void)context;
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

static bool is_day(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

/* The eight digits of a date, or NULL. */
static const char *date_digits(struct slice value, struct arena *arena)
{
    size_t hyphens = value.size == DATE_DIGITS + 2 ? 1 : 0;
    if (value.size != DATE_DIGITS + 2 * hyphens ||
        (hyphens > 0 && (value.data[4] != '-' || value.data[7] != '-'))) {
        return NULL;
    }
    char *digits = arena_alloc(arena, DATE_DIGITS);
    memcpy(digits, value.data, 4);
    memcpy(digits + 4, value.data + 4 + hyphens, 2);
    memcpy(digits + 6, value.data + 6 + 2 * hyphens, 2);
    return is_digits((struct slice){digits, DATE_DIGITS}) ? digits : NULL;
}

/* Whether the day comes after the event's, in UTC: a day too many for whoever is east of it is no
 * matter for a date of birth. */
static bool is_after(const char *digits, int64_t event_time_ms)
{
    char event[TIMESTAMP_SIZE];
    timestamp_format(event_time_ms, event);
    const char parts[] = {event[0], event[1], event[2], event[3],
                          event[5], event[6], event[8], event[9]};
    return memcmp(digits, parts, DATE_DIGITS) > 0;
}

/* The years before are those of placeholders: 0001-01-01, 1753-01-01, 1900-01-01. */
static const char *date_rule(struct slice value, const struct field_context *context,
                             struct slice *ret_value)
{
    const char *digits = date_digits(value, context->arena);
    if (digits == NULL ||
        !is_day(number_at(digits, 4), number_at(digits + 4, 2), number_at(digits + 6, 2))) {
        return "is no date (yyyymmdd or yyyy-mm-dd)";
    }
    if (number_at(digits, 4) < BIRTH_YEAR_MIN) {
        return "is before 1901";
    }
    if (is_after(digits, context->event_time_ms)) {
        return "is after the event";
    }
    *ret_value = (struct slice){digits, DATE_DIGITS};
    return NULL;
}

static const char *gender_rule(struct slice value, const struct field_context *context,
                               struct slice *ret_value)
{
    struct slice gender = lower(value, context->arena);
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
static const char *digits6_rule(struct slice value, const struct field_context *context,
                                struct slice *ret_value)
{
    (void)context;
    if (!is_digits(value) || (value.size != BIN_DIGITS && value.size != LONG_BIN_DIGITS)) {
        return "is not of 6 (or 8) digits";
    }
    *ret_value = slice_part(value, 0, BIN_DIGITS);
    return NULL;
}

struct rule {
    const char *(*apply)(struct slice value, const struct field_context *context,
                         struct slice *ret_value);
    const char *form;
    bool keeps_blanks; /* at both ends */
};

static const struct rule rules[] = {
    [FIELD_RULE_TEXT] = {text_rule, "text (control characters become spaces)", true},
    [FIELD_RULE_ID] = {id_rule, "an id (no control characters)", true},
    [FIELD_RULE_UNIQUE] = {unique_rule, "an id (no control characters, not `null` and the like)",
                           true},
    [FIELD_RULE_SKU] = {sku_rule, "one id, without commas (no control characters)", true},
    [FIELD_RULE_EMAIL] = {email_rule,
                          "an e-mail address: in lower case; one `@`, a domain with a dot, nothing "
                          "quoted, no blanks, no `*`, `•` or `…` (a masked address)",
                          false},
    [FIELD_RULE_SHA256] = {sha256_rule, "64 hex digits, in lower case; not the hash of nothing",
                           false},
    [FIELD_RULE_DECIMAL] = {decimal_rule,
                            "a number, digits kept, in plain notation; not negative, unless the "
                            "mapping has `negative: allow`",
                            false},
    [FIELD_RULE_SIGNED] = {signed_rule, "a number, digits kept, in plain notation; may be negative",
                           false},
    [FIELD_RULE_INTEGER] = {integer_rule, "a whole number (`3.0` is `3`); not negative", false},
    [FIELD_RULE_AGE] = {age_rule, "a whole number from 1 to 130", false},
    [FIELD_RULE_CURRENCY] = {currency_rule, "a code of ISO 4217, in upper case", false},
    [FIELD_RULE_COUNTRY] = {country_rule, "a code of ISO 3166-1 alpha-2, in upper case", false},
    [FIELD_RULE_LANGUAGE] = {language_rule, "a tag of BCP 47: `de`, `de-AT`; `de_at` becomes that",
                             false},
    [FIELD_RULE_IP] = {ip_rule, "an IPv4 or IPv6 address", false},
    [FIELD_RULE_PHONE] = {phone_rule, "5 digits or more, in any notation; no `*` (a masked number)",
                          false},
    [FIELD_RULE_DATE] = {date_rule,
                         "a day from 1901 to the event's, as `yyyymmdd`; `yyyy-mm-dd` loses its "
                         "hyphens",
                         false},
    [FIELD_RULE_GENDER] = {gender_rule, "`m` or `f`; `male` and `female` become these", false},
    [FIELD_RULE_DIGITS6] = {digits6_rule, "6 digits; of 8 the first 6", false},
};

const char *rule_apply(enum field_rule rule, struct slice value,
                       const struct field_context *context, struct slice *ret_value)
{
    struct slice text = rules[rule].keeps_blanks ? value : letter_trim(value);
    return rules[rule].apply(text, context, ret_value);
}

const char *rule_form(enum field_rule rule)
{
    return rules[rule].form;
}
