#include "attribute.h"

#include <arpa/inet.h>

#define SHA256_HEX_SIZE 64
#define CLICK_ID_LENGTH 32
/* The digest of nothing: somebody hashed an e-mail that was not there. */
#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_lower_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f');
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* How many bytes of `text` from `from` on are of a kind. */
static size_t span(struct slice text, size_t from, bool (*is_kind)(char))
{
    size_t size = 0;
    while (from + size < text.size && is_kind(text.data[from + size])) {
        size++;
    }
    return size;
}

static bool has(struct slice text, bool (*is_kind)(char))
{
    for (size_t i = 0; i < text.size; i++) {
        if (is_kind(text.data[i])) {
            return true;
        }
    }
    return false;
}

static bool is_all(struct slice text, size_t size, bool (*is_kind)(char))
{
    return text.size == size && span(text, 0, is_kind) == size;
}

/* One @ with something on both sides; no star, which masked addresses have. */
static bool is_email(struct slice value)
{
    size_t at = slice_find(value, SLICE("@"));
    if (at == SIZE_MAX || at == 0 || at + 1 == value.size) {
        return false;
    }
    struct slice domain = slice_part(value, at + 1, value.size);
    return slice_find(domain, SLICE("@")) == SIZE_MAX &&
           slice_find(value, SLICE("*")) == SIZE_MAX && !has(value, is_upper) &&
           !has(value, is_blank);
}

static bool is_email_digest(struct slice value)
{
    return is_all(value, SHA256_HEX_SIZE, is_lower_hex) &&
           !slice_equal(value, SLICE(SHA256_OF_NOTHING));
}

static bool is_click_id(struct slice value)
{
    return slice_length(value) == CLICK_ID_LENGTH && !has(value, is_blank);
}

static bool is_decimal(struct slice value)
{
    size_t whole = span(value, 0, is_digit);
    if (whole == 0 || whole == value.size) {
        return whole > 0;
    }
    size_t fraction = span(value, whole + 1, is_digit);
    return value.data[whole] == '.' && fraction > 0 && whole + 1 + fraction == value.size;
}

static bool is_signed_decimal(struct slice value)
{
    bool negative = slice_starts_with(value, SLICE("-"));
    return is_decimal(slice_part(value, negative, value.size));
}

static bool is_integer(struct slice value)
{
    return value.size > 0 && span(value, 0, is_digit) == value.size;
}

static bool is_currency(struct slice value)
{
    return is_all(value, 3, is_upper);
}

static bool is_country(struct slice value)
{
    return is_all(value, 2, is_upper);
}

static bool is_bank_number(struct slice value)
{
    return is_all(value, 6, is_digit);
}

static bool is_single(struct slice value)
{
    return slice_find(value, SLICE(",")) == SIZE_MAX;
}

static bool is_telephone(struct slice value)
{
    return has(value, is_digit);
}

static bool is_address(struct slice value)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (value.size >= sizeof text) {
        return false;
    }
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    if (strlen(text) != value.size) {
        return false;
    }
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_date(struct slice value)
{
    if (!is_all(value, 8, is_digit)) {
        return false;
    }
    int month = (value.data[4] - '0') * 10 + value.data[5] - '0';
    int day = (value.data[6] - '0') * 10 + value.data[7] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_gender(struct slice value)
{
    return slice_equal(value, SLICE("m")) || slice_equal(value, SLICE("f"));
}

/* Source: Rokt's documentation of the Event API, objectData, and of the names it recognises besides. */
static const struct rule {
    const char *name;
    bool (*is_valid)(struct slice value);
    const char *form;
} rules[] = {
    {"email", is_email, "an e-mail address in lower case without blanks"},
    {"emailsha256", is_email_digest, "64 lower-case hex digits, not the digest of nothing"},
    {"passbackconversiontrackingid", is_click_id, "a Rokt ID of 32 characters"},
    {"amount", is_decimal, "a decimal number like 100.25, not negative"},
    {"currency", is_currency, "an ISO 4217 code of three capital letters"},
    {"quantity", is_integer, "an integer"},
    {"sku", is_single, "exactly one SKU"},
    {"margin", is_signed_decimal, "a decimal number like 10.12"},
    {"mobile", is_telephone, "a telephone number"},
    {"ipaddress", is_address, "an IPv4 or IPv6 address"},
    {"ccbin", is_bank_number, "six digits"},
    {"country", is_country, "an ISO 3166 code of two capital letters"},
    {"age", is_integer, "an integer"},
    {"gender", is_gender, "m or f"},
    {"dob", is_date, "a date as yyyymmdd"},
};

bool attribute_name_check(struct slice name, struct error *error)
{
    const struct slice reserved = SLICE("rokt.");
    if (name.size == 0) {
        error_set(error, "a name is empty");
        return false;
    }
    if (slice_length(name) > ATTRIBUTE_NAME_MAX) {
        error_set(error, "a name is longer than %d characters", ATTRIBUTE_NAME_MAX);
        return false;
    }
    if (slice_equal_ignoring_case(slice_part(name, 0, reserved.size), reserved)) {
        error_set(error, "the prefix rokt. is reserved");
        return false;
    }
    return true;
}

bool attribute_value_check(struct slice name, struct slice value, size_t max, struct error *error)
{
    if (value.size == 0) {
        error_set(error, "the value of %.*s is empty", SLICE_PRINT(name));
        return false;
    }
    if (slice_length(value) > max) {
        error_set(error, "the value of %.*s is longer than %zu characters", SLICE_PRINT(name), max);
        return false;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (slice_equal(name, slice_of(rules[i].name)) && !rules[i].is_valid(value)) {
            error_set(error, "%s must be %s", rules[i].name, rules[i].form);
            return false;
        }
    }
    return true;
}

bool attribute_is_identity(struct slice name)
{
    return slice_equal(name, SLICE("email")) || slice_equal(name, SLICE("emailsha256")) ||
           slice_equal(name, SLICE("passbackconversiontrackingid"));
}
