/* field: the table of Rokt's fields: what each is called, what it may hold, how it is
 * normalised.
 *
 * Names and rules are those of Rokt's Event API (objectData) as its documentation has them. To
 * add a field is to add a row. A value that breaks its rule is left out or makes the message a
 * dead letter, as the row's policy says: a bad optional attribute must not cost the conversion,
 * a bad amount must. */
#ifndef CONVERSION_FIELD_H
#define CONVERSION_FIELD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

enum field {
    FIELD_EMAIL,
    FIELD_EMAILSHA256,
    FIELD_PASSBACKCONVERSIONTRACKINGID,
    FIELD_AMOUNT,
    FIELD_CURRENCY,
    FIELD_QUANTITY,
    FIELD_CONVERSIONTYPE,
    FIELD_PRODUCTNAME,
    FIELD_SKU,
    FIELD_PAYMENTTYPE,
    FIELD_MARGIN,
    FIELD_TRANSACTIONID,
    FIELD_CONFIRMATIONREF,
    FIELD_FIRSTNAME,
    FIELD_LASTNAME,
    FIELD_MOBILE,
    FIELD_IPADDRESS,
    FIELD_CCBIN,
    FIELD_BILLINGZIPCODE,
    FIELD_ZIPCODE,
    FIELD_COUNTRY,
    FIELD_LANGUAGE,
    FIELD_CITY,
    FIELD_STATE,
    FIELD_AGE,
    FIELD_GENDER,
    FIELD_DOB,
    FIELD_TITLE,
    FIELD_MAJORCAT,
    FIELD_MINORCAT,
    FIELD_CUSTOMERTYPE,
    FIELD_SHIPPINGTYPE,
    FIELD_COUNT
};

enum field_policy {
    FIELD_OMIT,       /* an invalid value is left out, and counted */
    FIELD_DEAD_LETTER /* an invalid value makes the message a dead letter */
};

/* What a value may be; each has one function that checks and normalises. */
enum field_rule {
    FIELD_RULE_TEXT,
    FIELD_RULE_EMAIL,    /* trimmed, lower case; one @, a domain with a dot */
    FIELD_RULE_SHA256,   /* 64 hex digits, made lower case; never the digest of the empty text */
    FIELD_RULE_DECIMAL,  /* plain notation, digits kept, never negative */
    FIELD_RULE_SIGNED,   /* the same, also negative (a margin may be) */
    FIELD_RULE_INTEGER,  /* not negative; 3.0 is 3 */
    FIELD_RULE_CURRENCY, /* ISO 4217 alpha-3, made upper case */
    FIELD_RULE_COUNTRY,  /* ISO 3166-1 alpha-2, made upper case */
    FIELD_RULE_IP,       /* IPv4 or IPv6 in text form */
    FIELD_RULE_DATE,     /* yyyymmdd; yyyy-mm-dd loses its hyphens */
    FIELD_RULE_GENDER,   /* m or f; male and female too */
    FIELD_RULE_DIGITS6   /* the first six digits of a card's number, of six or eight given */
};

struct field_info {
    const char *name;
    enum field_rule rule;
    size_t length_max; /* in code points */
    enum field_policy policy;
    bool personal; /* never in a log */
    const char *doc;
};

const struct field_info *field_info(enum field field);

/* The field of that very name (lower case). */
bool field_find(struct slice name, enum field *ret_field);

/* The field whose name is nearest to one that is none, or NULL. */
const char *field_nearest(struct slice name);

/* The value, which must be valid UTF-8, as Rokt takes it. An empty `ret_value` means: nothing to
 * send (blank). False, with an error that names the field and tells what kind of value it is but
 * never the value itself, when it breaks the rule. */
__attribute__((warn_unused_result)) bool field_normalise(enum field field, struct slice value,
                                                         struct arena *arena,
                                                         struct slice *ret_value,
                                                         struct error *error);

/* The table as Markdown: a row a field. */
void field_reference(struct buffer *buffer);

#endif
