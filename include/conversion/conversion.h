/* conversion: one conversion as Rokt understands it, independent of the API that will carry it.
 *
 * The vocabulary is that of Rokt's Event API. All text is valid UTF-8 and normalised; an empty
 * slice is a field that is not there. Lives in the arena of the message that it was made from. */
#ifndef CONVERSION_CONVERSION_H
#define CONVERSION_CONVERSION_H

#include "base/slice.h"
#include "conversion/field.h"

#include <stdint.h>

#define CONVERSION_ACCOUNT_ID_MAX 64
#define CONVERSION_NO_ITEM (-1)
#define CONVERSION_EVENT_TYPE SLICE("conversion") /* the usual one */

/* Limits of the Event API, in code points. Source: Rokt's documentation of it, version 2020-05-21. */
#define CONVERSION_CLIENT_EVENT_ID_MAX 36
#define CONVERSION_EVENT_TYPE_MAX 128
#define CONVERSION_ATTRIBUTE_NAME_MAX 256
#define CONVERSION_ATTRIBUTE_VALUE_MAX 65536

/* Limits of the Event and Audience API; names as above. Source: mParticle's documentation of its
 * Events API, default service limits. */
#define CONVERSION_AUDIENCE_VALUE_MAX 4096     /* code points */
#define CONVERSION_AUDIENCE_ATTRIBUTES_MAX 100 /* of an event */

struct attribute {
    struct slice name;
    struct slice value;
};

struct conversion {
    struct slice account_id; /* whom it is for; empty: the configuration's account */
    struct slice client_event_id;
    int64_t event_time_ms; /* since 1970-01-01T00:00:00Z: when the order happened */
    struct slice event_type;
    struct slice fields[FIELD_COUNT];
    const struct attribute *custom;
    size_t custom_count;
    const struct attribute *metadata;
    size_t metadata_count;
    int32_t item; /* of for_each, that it was made of, counted from 0; CONVERSION_NO_ITEM without */
};

/* Whether it has what Rokt needs to know the customer: an e-mail, its hash, or the click id. */
bool conversion_has_identity(const struct conversion *conversion);

/* Whether the text can be the id of an account: 1 to 64 printable ASCII characters, none a blank. */
bool conversion_is_account_id(struct slice text);

#endif
