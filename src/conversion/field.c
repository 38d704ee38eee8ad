#include "conversion/field.h"

#include "conversion/conversion.h"
#include "rule.h"

#include <stdio.h>

#define TEXT_MAX CONVERSION_ATTRIBUTE_VALUE_MAX

/* Limits below TEXT_MAX follow from the rule itself. */
static const struct field_info fields[FIELD_COUNT] = {
    [FIELD_EMAIL] = {"email", FIELD_RULE_EMAIL, 254, FIELD_OMIT, true,
                     "The customer's e-mail address."},
    [FIELD_EMAILSHA256] =
        {"emailsha256", FIELD_RULE_SHA256, 64, FIELD_OMIT, true,
         "SHA-256 of the address, trimmed and in lower case: see `email_sha256`."},
    [FIELD_PASSBACKCONVERSIONTRACKINGID] =
        {"passbackconversiontrackingid", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true,
         "Rokt's click id, mostly of 32 characters: the landing page has it as `rtid` or `rclid`."},
    [FIELD_AMOUNT] = {"amount", FIELD_RULE_DECIMAL, TEXT_MAX, FIELD_DEAD_LETTER, false,
                      "What was paid, in major units: `99.80`. 0 is an amount."},
    [FIELD_CURRENCY] = {"currency", FIELD_RULE_CURRENCY, 3, FIELD_DEAD_LETTER, false,
                        "The currency of the amount."},
    [FIELD_QUANTITY] = {"quantity", FIELD_RULE_INTEGER, TEXT_MAX, FIELD_OMIT, false,
                        "How many pieces."},
    [FIELD_CONVERSIONTYPE] =
        {"conversiontype", FIELD_RULE_TEXT, TEXT_MAX, FIELD_DEAD_LETTER, false,
         "Tells kinds of conversions apart; with the event type `conversion` only."},
    [FIELD_PRODUCTNAME] = {"productname", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                           "One name or several, separated by commas."},
    [FIELD_SKU] = {"sku", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false, "Exactly one SKU."},
    [FIELD_PAYMENTTYPE] = {"paymenttype", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                           "`VISA`, `American Express` …"},
    [FIELD_MARGIN] = {"margin", FIELD_RULE_SIGNED, TEXT_MAX, FIELD_OMIT, false,
                      "The profit, as an absolute number: `10.12`."},
    [FIELD_TRANSACTIONID] =
        {"transactionid", FIELD_RULE_TEXT, TEXT_MAX, FIELD_DEAD_LETTER, false,
         "Unique for the transaction: Rokt finds duplicates by it, across channels."},
    [FIELD_CONFIRMATIONREF] =
        {"confirmationref", FIELD_RULE_TEXT, TEXT_MAX, FIELD_DEAD_LETTER, false,
         "The order's number; finds duplicates where there is no `transactionid`."},
    [FIELD_FIRSTNAME] = {"firstname", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "Given name."},
    [FIELD_LASTNAME] = {"lastname", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "Family name."},
    [FIELD_MOBILE] = {"mobile", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true,
                      "Phone number: `+1 (323) 867-5309`, `3053211654`."},
    [FIELD_IPADDRESS] = {"ipaddress", FIELD_RULE_IP, TEXT_MAX, FIELD_OMIT, true,
                         "The customer's address, not a proxy's: see `public_ip`."},
    [FIELD_CCBIN] = {"ccbin", FIELD_RULE_DIGITS6, TEXT_MAX, FIELD_OMIT, true,
                     "The first six digits of the card; never more of them."},
    [FIELD_BILLINGZIPCODE] = {"billingzipcode", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true,
                              "Postal code of the payer."},
    [FIELD_ZIPCODE] = {"zipcode", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "Postal code."},
    [FIELD_COUNTRY] = {"country", FIELD_RULE_COUNTRY, 2, FIELD_OMIT, false,
                       "The customer's country."},
    [FIELD_LANGUAGE] = {"language", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                        "`en`, `de-AT` …"},
    [FIELD_CITY] = {"city", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "City."},
    [FIELD_STATE] = {"state", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "State or province."},
    [FIELD_AGE] = {"age", FIELD_RULE_INTEGER, TEXT_MAX, FIELD_OMIT, true, "Age in years."},
    [FIELD_GENDER] = {"gender", FIELD_RULE_GENDER, TEXT_MAX, FIELD_OMIT, true, "Gender."},
    [FIELD_DOB] = {"dob", FIELD_RULE_DATE, TEXT_MAX, FIELD_OMIT, true, "Date of birth."},
    [FIELD_TITLE] = {"title", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, true, "`Ms`, `Mr`, `Dr` …"},
    [FIELD_MAJORCAT] = {"majorcat", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                        "Main category of the product."},
    [FIELD_MINORCAT] = {"minorcat", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                        "Category below it."},
    [FIELD_CUSTOMERTYPE] = {"customertype", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                            "`new`, `returning` …"},
    [FIELD_SHIPPINGTYPE] = {"shippingtype", FIELD_RULE_TEXT, TEXT_MAX, FIELD_OMIT, false,
                            "`express`, `standard` …"},
};

const struct field_info *field_info(enum field field)
{
    return &fields[field];
}

bool field_find(struct slice name, enum field *ret_field)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (slice_equal(name, slice_of(fields[i].name))) {
            *ret_field = (enum field)i;
            return true;
        }
    }
    return false;
}

const char *field_nearest(struct slice name)
{
    const char *names[FIELD_COUNT];
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        names[i] = fields[i].name;
    }
    return error_nearest(name, names, FIELD_COUNT);
}

/* A text of no more bytes than it may have code points need not be counted. */
static bool is_too_long(struct slice text, size_t length_max)
{
    return text.size > length_max && slice_length(text) > length_max;
}

bool field_normalise(enum field field, struct slice value, struct arena *arena,
                     struct slice *ret_value, struct error *error)
{
    const struct field_info *info = &fields[field];
    struct slice trimmed = slice_trim(value);
    if (trimmed.size == 0) {
        *ret_value = (struct slice){NULL, 0};
        return true;
    }
    struct slice text = info->rule == FIELD_RULE_TEXT ? value : trimmed;
    struct slice normal;
    const char *fault = rule_apply(info->rule, text, arena, &normal);
    if (fault != NULL) {
        error_set(error, "%s %s", info->name, fault);
        return false;
    }
    if (is_too_long(normal, info->length_max)) {
        error_set(error, "%s is longer than %zu characters", info->name, info->length_max);
        return false;
    }
    *ret_value = normal;
    return true;
}

void field_reference(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("| field | holds | what it may be | when it is not | personal |\n"
                                "|---|---|---|---|---|\n"));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = &fields[i];
        buffer_printf(buffer, "| `%s` | %s | %s | %s | %s |\n", info->name, info->doc,
                      rule_doc(info->rule), info->policy == FIELD_OMIT ? "left out" : "dead letter",
                      info->personal ? "yes" : "");
    }
}
