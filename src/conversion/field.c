#include "conversion/field.h"

#include "base/letter.h"
#include "conversion/conversion.h"
#include "rule.h"

/* Which hashed forms there are, and what is hashed: Rokt's documentation, "Hashing identifiers". */
#define HASH_EXAMPLE "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
#define HASH_GIVES "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct field_info fields[FIELD_COUNT] = {
    [FIELD_EMAIL] = {.name = "email",
                     .rule = FIELD_RULE_EMAIL,
                     .personal = true,
                     .home = {FIELD_USER_IDENTITY, "email"},
                     .doc = "The customer's e-mail address.",
                     .example = " John@Email.com ",
                     .gives = "john@email.com"},
    [FIELD_EMAILSHA256] =
        {.name = "emailsha256",
         .rule = FIELD_RULE_SHA256,
         .personal = true,
         .home = {FIELD_USER_IDENTITY, "other"},
         .doc = "SHA-256 of the address, trimmed and in lower case: see `email_sha256`.",
         .example = "FAB1E2E699B3B927CBF875046A64F2225DF02D5CB306F3857424C2BBB87BE61F",
         .gives = "fab1e2e699b3b927cbf875046a64f2225df02d5cb306f3857424c2bbb87be61f"},
    [FIELD_PASSBACKCONVERSIONTRACKINGID] =
        {.name = "passbackconversiontrackingid",
         .rule = FIELD_RULE_UNIQUE,
         .personal = true,
         .home = {FIELD_USER_IDENTITY, "other2"},
         .second_home = {FIELD_INTEGRATION_ATTRIBUTE, "passbackconversiontrackingid"},
         .doc = "Rokt's click id, mostly of 32 characters: the landing page has it as `rtid` or "
                "`rclid`.",
         .example = "0f8fad5bd9cb469fa165708677289aab",
         .gives = "0f8fad5bd9cb469fa165708677289aab"},
    [FIELD_CUSTOMERID] = {.name = "customerid",
                          .rule = FIELD_RULE_UNIQUE,
                          .personal = true,
                          .home = {FIELD_USER_IDENTITY, "customerid"},
                          .doc = "The shop's own id of the customer.",
                          .example = "C-20417",
                          .gives = "C-20417"},
    [FIELD_AMOUNT] = {.name = "amount",
                      .rule = FIELD_RULE_DECIMAL,
                      .policy = FIELD_DEAD_LETTER,
                      .home = {FIELD_EVENT_ATTRIBUTE, "amount"},
                      .doc = "What was paid, in major units: `99.80`. 0 is an amount.",
                      .example = "1.5e2",
                      .gives = "150"},
    [FIELD_CURRENCY] = {.name = "currency",
                        .rule = FIELD_RULE_CURRENCY,
                        .policy = FIELD_DEAD_LETTER,
                        .home = {FIELD_EVENT_ATTRIBUTE, "currency"},
                        .doc = "The currency of the amount.",
                        .example = "eur",
                        .gives = "EUR"},
    [FIELD_QUANTITY] = {.name = "quantity",
                        .rule = FIELD_RULE_INTEGER,
                        .home = {FIELD_EVENT_ATTRIBUTE, "quantity"},
                        .doc = "How many pieces.",
                        .example = "3.0",
                        .gives = "3"},
    [FIELD_CONVERSIONTYPE] =
        {.name = "conversiontype",
         .rule = FIELD_RULE_ID,
         .policy = FIELD_DEAD_LETTER,
         .home = {FIELD_EVENT_ATTRIBUTE, "conversiontype"},
         .doc = "Tells kinds of conversions apart; with the event type `conversion` only.",
         .example = "purchase",
         .gives = "purchase"},
    [FIELD_PRODUCTNAME] = {.name = "productname",
                           .rule = FIELD_RULE_TEXT,
                           .home = {FIELD_EVENT_ATTRIBUTE, "productname"},
                           .doc = "One name or several, separated by commas.",
                           .example = "Mug,Lid",
                           .gives = "Mug,Lid"},
    [FIELD_SKU] = {.name = "sku",
                   .rule = FIELD_RULE_SKU,
                   .home = {FIELD_EVENT_ATTRIBUTE, "sku"},
                   .doc = "Exactly one SKU.",
                   .example = "MUG-1",
                   .gives = "MUG-1"},
    [FIELD_PAYMENTTYPE] = {.name = "paymenttype",
                           .rule = FIELD_RULE_TEXT,
                           .home = {FIELD_EVENT_ATTRIBUTE, "paymenttype"},
                           .doc = "`VISA`, `American Express` …",
                           .example = "VISA",
                           .gives = "VISA"},
    [FIELD_MARGIN] = {.name = "margin",
                      .rule = FIELD_RULE_SIGNED,
                      .home = {FIELD_EVENT_ATTRIBUTE, "margin"},
                      .doc = "The profit, as an absolute number: `10.12`.",
                      .example = "-10.12",
                      .gives = "-10.12"},
    [FIELD_TRANSACTIONID] =
        {.name = "transactionid",
         .rule = FIELD_RULE_UNIQUE,
         .policy = FIELD_DEAD_LETTER,
         .home = {FIELD_EVENT_ATTRIBUTE, "transactionid"},
         .second_home = {FIELD_EVENT_ATTRIBUTE, "confirmationref"},
         .doc = "Unique for the transaction: Rokt finds duplicates by it, across channels.",
         .example = "6120000000417",
         .gives = "6120000000417"},
    [FIELD_CONFIRMATIONREF] =
        {.name = "confirmationref",
         .rule = FIELD_RULE_UNIQUE,
         .policy = FIELD_DEAD_LETTER,
         .home = {FIELD_EVENT_ATTRIBUTE, "confirmationref"},
         .doc = "The order's number; finds duplicates where there is no `transactionid`.",
         .example = "2041",
         .gives = "2041"},
    [FIELD_FIRSTNAME] = {.name = "firstname",
                         .rule = FIELD_RULE_TEXT,
                         .personal = true,
                         .home = {FIELD_USER_ATTRIBUTE, "firstname"},
                         .doc = "Given name.",
                         .example = "João",
                         .gives = "João"},
    [FIELD_FIRSTNAMESHA256] = {.name = "firstnamesha256",
                               .rule = FIELD_RULE_SHA256,
                               .personal = true,
                               .home = {FIELD_USER_ATTRIBUTE, "firstnamesha256"},
                               .doc = "SHA-256 of the given name, trimmed and in lower case.",
                               .example = HASH_EXAMPLE,
                               .gives = HASH_GIVES},
    [FIELD_LASTNAME] = {.name = "lastname",
                        .rule = FIELD_RULE_TEXT,
                        .personal = true,
                        .home = {FIELD_USER_ATTRIBUTE, "lastname"},
                        .doc = "Family name.",
                        .example = "Silva",
                        .gives = "Silva"},
    [FIELD_LASTNAMESHA256] = {.name = "lastnamesha256",
                              .rule = FIELD_RULE_SHA256,
                              .personal = true,
                              .home = {FIELD_USER_ATTRIBUTE, "lastnamesha256"},
                              .doc = "SHA-256 of the family name, trimmed and in lower case.",
                              .example = HASH_EXAMPLE,
                              .gives = HASH_GIVES},
    [FIELD_MOBILE] = {.name = "mobile",
                      .rule = FIELD_RULE_PHONE,
                      .personal = true,
                      .home = {FIELD_USER_ATTRIBUTE, "mobile"},
                      .doc = "Phone number: `+1 (323) 867-5309`, `3053211654`.",
                      .example = " +1 (323) 867-5309",
                      .gives = "+1 (323) 867-5309"},
    [FIELD_MOBILESHA256] =
        {.name = "mobilesha256",
         .rule = FIELD_RULE_SHA256,
         .personal = true,
         .home = {FIELD_USER_ATTRIBUTE, "mobilesha256"},
         .doc = "SHA-256 of the phone number: its digits alone, without the country's code: see "
                "`phone`.",
         .example = HASH_EXAMPLE,
         .gives = HASH_GIVES},
    [FIELD_IPADDRESS] = {.name = "ipaddress",
                         .rule = FIELD_RULE_IP,
                         .personal = true,
                         .home = {FIELD_BATCH, "ip"},
                         .doc = "The customer's address, not a proxy's: see `public_ip`.",
                         .example = " 203.0.113.24 ",
                         .gives = "203.0.113.24"},
    [FIELD_USERAGENT] = {.name = "useragent",
                         .rule = FIELD_RULE_TEXT,
                         .personal = true,
                         .home = {FIELD_DEVICE_INFO, "http_header_user_agent"},
                         .doc = "The browser that the order came from, as its header `User-Agent` "
                                "says it.",
                         .example = "Mozilla/5.0 (X11; Linux x86_64)",
                         .gives = "Mozilla/5.0 (X11; Linux x86_64)"},
    [FIELD_CCBIN] = {.name = "ccbin",
                     .rule = FIELD_RULE_DIGITS6,
                     .personal = true,
                     .home = {FIELD_EVENT_ATTRIBUTE, "ccbin"},
                     .doc = "The first six digits of the card; never more of them.",
                     .example = "41111122",
                     .gives = "411111"},
    [FIELD_BILLINGZIPCODE] = {.name = "billingzipcode",
                              .rule = FIELD_RULE_TEXT,
                              .personal = true,
                              .home = {FIELD_USER_ATTRIBUTE, "billingzipcode"},
                              .doc = "Postal code of the payer.",
                              .example = "10001",
                              .gives = "10001"},
    [FIELD_BILLINGZIPSHA256] = {.name = "billingzipsha256",
                                .rule = FIELD_RULE_SHA256,
                                .personal = true,
                                .home = {FIELD_USER_ATTRIBUTE, "billingzipsha256"},
                                .doc = "SHA-256 of the payer's postal code, without blanks.",
                                .example = HASH_EXAMPLE,
                                .gives = HASH_GIVES},
    [FIELD_ZIPCODE] = {.name = "zipcode",
                       .rule = FIELD_RULE_TEXT,
                       .personal = true,
                       .home = {FIELD_USER_ATTRIBUTE, "zipcode"},
                       .doc = "Postal code.",
                       .example = "SW1A 1AA",
                       .gives = "SW1A 1AA"},
    [FIELD_ZIPSHA256] = {.name = "zipsha256",
                         .rule = FIELD_RULE_SHA256,
                         .personal = true,
                         .home = {FIELD_USER_ATTRIBUTE, "zipsha256"},
                         .doc = "SHA-256 of the postal code, without blanks.",
                         .example = HASH_EXAMPLE,
                         .gives = HASH_GIVES},
    [FIELD_COUNTRY] = {.name = "country",
                       .rule = FIELD_RULE_COUNTRY,
                       .home = {FIELD_USER_ATTRIBUTE, "country"},
                       .doc = "The customer's country.",
                       .example = "de",
                       .gives = "DE"},
    [FIELD_LANGUAGE] = {.name = "language",
                        .rule = FIELD_RULE_LANGUAGE,
                        .home = {FIELD_USER_ATTRIBUTE, "language"},
                        .doc = "The customer's language: `en`, `de-AT` …",
                        .example = "de_at",
                        .gives = "de-AT"},
    [FIELD_CITY] = {.name = "city",
                    .rule = FIELD_RULE_TEXT,
                    .personal = true,
                    .home = {FIELD_USER_ATTRIBUTE, "city"},
                    .doc = "City.",
                    .example = "Zürich",
                    .gives = "Zürich"},
    [FIELD_STATE] = {.name = "state",
                     .rule = FIELD_RULE_TEXT,
                     .personal = true,
                     .home = {FIELD_USER_ATTRIBUTE, "state"},
                     .doc = "State or province.",
                     .example = "NY",
                     .gives = "NY"},
    [FIELD_AGE] = {.name = "age",
                   .rule = FIELD_RULE_AGE,
                   .personal = true,
                   .home = {FIELD_USER_ATTRIBUTE, "age"},
                   .doc = "Age in years.",
                   .example = "42",
                   .gives = "42"},
    [FIELD_GENDER] = {.name = "gender",
                      .rule = FIELD_RULE_GENDER,
                      .personal = true,
                      .home = {FIELD_USER_ATTRIBUTE, "gender"},
                      .doc = "Gender.",
                      .example = "Female",
                      .gives = "f"},
    [FIELD_DOB] = {.name = "dob",
                   .rule = FIELD_RULE_DATE,
                   .personal = true,
                   .home = {FIELD_USER_ATTRIBUTE, "dob"},
                   .doc = "Date of birth.",
                   .example = "1984-02-29",
                   .gives = "19840229"},
    [FIELD_TITLE] = {.name = "title",
                     .rule = FIELD_RULE_TEXT,
                     .personal = true,
                     .home = {FIELD_USER_ATTRIBUTE, "title"},
                     .doc = "`Ms`, `Mr`, `Dr` …",
                     .example = "Ms",
                     .gives = "Ms"},
    [FIELD_MAJORCAT] = {.name = "majorcat",
                        .rule = FIELD_RULE_TEXT,
                        .home = {FIELD_EVENT_ATTRIBUTE, "majorcat"},
                        .doc = "Main category of the product.",
                        .example = "Electronics",
                        .gives = "Electronics"},
    [FIELD_MINORCAT] = {.name = "minorcat",
                        .rule = FIELD_RULE_TEXT,
                        .home = {FIELD_EVENT_ATTRIBUTE, "minorcat"},
                        .doc = "Category below it.",
                        .example = "Cameras",
                        .gives = "Cameras"},
    [FIELD_CUSTOMERTYPE] = {.name = "customertype",
                            .rule = FIELD_RULE_TEXT,
                            .home = {FIELD_EVENT_ATTRIBUTE, "customertype"},
                            .doc = "`guest`, `member` …",
                            .example = "guest",
                            .gives = "guest"},
    [FIELD_SHIPPINGTYPE] = {.name = "shippingtype",
                            .rule = FIELD_RULE_TEXT,
                            .home = {FIELD_EVENT_ATTRIBUTE, "shippingtype"},
                            .doc = "`express`, `standard` …",
                            .example = "express",
                            .gives = "express"},
};

/* What a conversion has besides. */
static const struct field_info own[] = {
    {.name = "eventTime",
     .policy = FIELD_DEAD_LETTER,
     .home = {FIELD_EVENT_DATA, "timestamp_unixtime_ms"},
     .form = "a time of RFC 3339 with its offset; sent as UTC with milliseconds",
     .doc =
         "When the order happened, not when it was sent: see `timestamp`. The record's time when "
         "it is not mapped.",
     .example = "2026-11-23T10:03:00+01:00",
     .gives = "2026-11-23T09:03:00.000Z"},
    {.name = "clientEventId",
     .policy = FIELD_DEAD_LETTER,
     .home = {FIELD_EVENT_DATA, "source_message_id"},
     .form = "an id (no control characters, not `null` and the like), at most 36 characters",
     .doc = "The event's id, the same whenever the message is read again: see `uuid5`. Made from "
            "the record's place when it is not mapped.",
     .example = "2ed6657d-e927-568b-95e1-2665a8aea6a2",
     .gives = "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
    {.name = "eventType",
     .policy = FIELD_DEAD_LETTER,
     .home = {FIELD_EVENT_DATA, "event_name"},
     .form = "an id (no control characters), at most 128 characters",
     .doc = "`conversion` when it is not mapped; others by agreement with Rokt.",
     .example = "conversion",
     .gives = "conversion"},
};

#define OWN_COUNT (sizeof own / sizeof *own)

const struct field_info *field_info(enum field field)
{
    return &fields[field];
}

const struct field_info *field_at(size_t index)
{
    if (index < OWN_COUNT) {
        return &own[index];
    }
    return index - OWN_COUNT < FIELD_COUNT ? &fields[index - OWN_COUNT] : NULL;
}

const char *field_form(const struct field_info *info)
{
    return info->form != NULL ? info->form : rule_form(info->rule);
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
static bool is_too_long(struct slice text, size_t value_max)
{
    return text.size > value_max && slice_length(text) > value_max;
}

bool field_normalise(enum field field, struct slice value, const struct field_context *context,
                     struct slice *ret_value, struct error *error)
{
    const struct field_info *info = &fields[field];
    if (letter_trim(value).size == 0) {
        *ret_value = (struct slice){NULL, 0};
        return true;
    }
    struct slice normal;
    const char *fault = rule_apply(info->rule, value, context, &normal);
    if (fault != NULL) {
        error_set(error, "%s %s", info->name, fault);
        return false;
    }
    size_t max = context->value_max == 0 ? CONVERSION_ATTRIBUTE_VALUE_MAX : context->value_max;
    if (is_too_long(normal, max)) {
        error_set(error, "%s is longer than %zu characters", info->name, max);
        return false;
    }
    *ret_value = normal;
    return true;
}

static const char *const parts[] = {
    [FIELD_NOWHERE] = "",
    [FIELD_BATCH] = "",
    [FIELD_USER_IDENTITY] = "user_identities",
    [FIELD_USER_ATTRIBUTE] = "user_attributes",
    [FIELD_INTEGRATION_ATTRIBUTE] = ("integration_attributes." FIELD_INTEGRATION),
    [FIELD_DEVICE_INFO] = "device_info",
    [FIELD_EVENT_ATTRIBUTE] = "custom_attributes",
    [FIELD_EVENT_DATA] = "data",
};

void field_home_write(const struct field_home *home, struct buffer *buffer)
{
    if (home->part != FIELD_NOWHERE) {
        const char *part = parts[home->part];
        buffer_printf(buffer, "%s%s%s", part, part[0] == '\0' ? "" : ".", home->key);
    }
}

/* Most stand there by their own name: that need not be said again. */
static void write_home(const struct field_info *info, struct buffer *buffer)
{
    bool own_name = strcmp(info->name, info->home.key) == 0;
    buffer_append_byte(buffer, '`');
    if (own_name) {
        buffer_append(buffer, slice_of(parts[info->home.part]));
    } else {
        field_home_write(&info->home, buffer);
    }
    buffer_append_byte(buffer, '`');
    if (info->second_home.part != FIELD_NOWHERE) {
        buffer_append(buffer, SLICE(", `"));
        field_home_write(&info->second_home, buffer);
        buffer_append_byte(buffer, '`');
    }
}

static void write_row(const struct field_info *info, struct buffer *buffer)
{
    buffer_printf(buffer, "| `%s` | %s | %s | %s | %s | ", info->name, info->doc, field_form(info),
                  info->policy == FIELD_OMIT ? "left out" : "dead letter",
                  info->personal ? "yes" : "");
    write_home(info, buffer);
    buffer_append(buffer, SLICE(" |\n"));
}

void field_reference(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("| field | holds | what it may be | when it is not | personal | "
                                "Event and Audience API |\n|---|---|---|---|---|---|\n"));
    for (size_t i = 0; field_at(i) != NULL; i++) {
        write_row(field_at(i), buffer);
    }
}
