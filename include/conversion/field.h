/* field: the table of Rokt's fields: what each is called, what it may hold, how it is
 * normalised, and where it stands in each of Rokt's APIs.
 *
 * Names and rules are those of Rokt's Event API (objectData) as its documentation has them, and
 * those that its Event and Audience API has besides. To add a field is to add a row. A value that
 * breaks its rule is left out or makes the message a dead letter, as the row's policy says: a bad
 * optional attribute must not cost the conversion, a bad amount must. */
#ifndef CONVERSION_FIELD_H
#define CONVERSION_FIELD_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

/* In the order of the reference. */
enum field {
    FIELD_EMAIL,
    FIELD_EMAILSHA256,
    FIELD_PASSBACKCONVERSIONTRACKINGID,
    FIELD_CUSTOMERID,
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
    FIELD_FIRSTNAMESHA256,
    FIELD_LASTNAME,
    FIELD_LASTNAMESHA256,
    FIELD_MOBILE,
    FIELD_MOBILESHA256,
    FIELD_IPADDRESS,
    FIELD_USERAGENT,
    FIELD_CCBIN,
    FIELD_BILLINGZIPCODE,
    FIELD_BILLINGZIPSHA256,
    FIELD_ZIPCODE,
    FIELD_ZIPSHA256,
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
    FIELD_RULE_TEXT,     /* as it is, but for control characters, which become spaces */
    FIELD_RULE_ID,       /* as it is; no control characters */
    FIELD_RULE_UNIQUE,   /* the same, and no word that programs write for nothing */
    FIELD_RULE_SKU,      /* as an id, and no comma: that would be several */
    FIELD_RULE_EMAIL,    /* trimmed, lower case; one @, a domain with a dot */
    FIELD_RULE_SHA256,   /* 64 hex digits, made lower case; never the digest of the empty text */
    FIELD_RULE_DECIMAL,  /* plain notation, digits kept; negative when the mapping allows it */
    FIELD_RULE_SIGNED,   /* the same, also negative (a margin may be) */
    FIELD_RULE_INTEGER,  /* not negative; 3.0 is 3 */
    FIELD_RULE_AGE,      /* the same, 1 to 130 */
    FIELD_RULE_CURRENCY, /* ISO 4217 alpha-3, made upper case */
    FIELD_RULE_COUNTRY,  /* ISO 3166-1 alpha-2, made upper case */
    FIELD_RULE_LANGUAGE, /* a tag of BCP 47: de, de-AT */
    FIELD_RULE_IP,       /* IPv4 or IPv6 in text form */
    FIELD_RULE_PHONE,    /* five digits or more, in any notation, not masked */
    FIELD_RULE_DATE,   /* yyyymmdd, a real day, not after the event; yyyy-mm-dd loses its hyphens */
    FIELD_RULE_GENDER, /* m or f; male and female too */
    FIELD_RULE_DIGITS6 /* the first six digits of a card's number, of six or eight given */
};

/* Where a value stands in a batch of the Event and Audience API. */
enum field_part {
    FIELD_NOWHERE,
    FIELD_BATCH,                 /* KEY of the batch itself */
    FIELD_USER_IDENTITY,         /* user_identities.KEY */
    FIELD_USER_ATTRIBUTE,        /* user_attributes.KEY */
    FIELD_INTEGRATION_ATTRIBUTE, /* integration_attributes.FIELD_INTEGRATION.KEY */
    FIELD_DEVICE_INFO,           /* device_info.KEY */
    FIELD_EVENT_ATTRIBUTE,       /* custom_attributes.KEY of the event */
    FIELD_EVENT_DATA             /* data.KEY of the event */
};

#define FIELD_INTEGRATION "1277" /* Rokt's number among the integrations */

struct field_home {
    enum field_part part;
    const char *key;
};

struct field_info {
    const char *name;
    enum field_rule rule;
    enum field_policy policy;
    bool personal; /* never in a log */

    /* In the Event API every field stands in objectData by its name. */
    struct field_home home;

    /* The same value once more, unless that is the first home of a field that has a value:
     * FIELD_NOWHERE for most. */
    struct field_home second_home;

    const char *form; /* what it may hold; NULL: what the rule says */
    const char *doc;
    const char *example; /* a value */
    const char *gives;   /* and what is sent of it */
};

const struct field_info *field_info(enum field field);

/* The rows of the reference, in order: first what every conversion has besides its fields
 * (eventTime, clientEventId, eventType: they are no enum field, and the mapping checks them), then
 * the fields. NULL behind the last. */
const struct field_info *field_at(size_t index);

/* What it may hold, in words. */
const char *field_form(const struct field_info *info);

/* "user_identities.email": where that is in a batch. */
void field_home_write(const struct field_home *home, struct buffer *buffer);

/* The field of that very name (lower case). */
bool field_find(struct slice name, enum field *ret_field);

/* The field whose name is nearest to one that is none, or NULL. */
const char *field_nearest(struct slice name);

/* What a value is judged by, besides its field. */
struct field_context {
    struct arena *arena;   /* where what is made of it lives */
    int64_t event_time_ms; /* of the conversion; MOMENT_MAX_MS while that is not known */
    bool negative;         /* the mapping allows FIELD_RULE_DECIMAL to be negative */
    size_t value_max;      /* code points; 0: CONVERSION_ATTRIBUTE_VALUE_MAX */
};

/* The value, which must be valid UTF-8, as Rokt takes it. An empty `ret_value` means: nothing to
 * send (blank). False, with an error that names the field and tells what kind of value it is but
 * never the value itself, when it breaks the rule. */
__attribute__((warn_unused_result)) bool field_normalise(enum field field, struct slice value,
                                                         const struct field_context *context,
                                                         struct slice *ret_value,
                                                         struct error *error);

/* The table as Markdown: a row for each of field_at(). */
void field_reference(struct buffer *buffer);

#endif
