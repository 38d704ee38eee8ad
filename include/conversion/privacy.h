/* privacy: what is sent of the customer's e-mail address, whatever the mapping maps.
 *
 * A mapping says what an order holds; how much of it may leave the house is the company's decision,
 * which is why it stands in the configuration. */
#ifndef CONVERSION_PRIVACY_H
#define CONVERSION_PRIVACY_H

#include "base/hash.h"
#include "conversion/conversion.h"

enum privacy_email {
    PRIVACY_EMAIL_PLAIN,  /* what is mapped */
    PRIVACY_EMAIL_SHA256, /* the hash alone, made of the address unless it is mapped itself */
    PRIVACY_EMAIL_BOTH    /* what is mapped, and the hash that is made as above */
};

/* What is changed of a conversion. */
struct privacy_room {
    struct conversion conversion;
    char hash[HASH_SHA256_HEX_SIZE];
};

/* The conversion as it may be sent: itself, or one in `room`, which must live as long. */
const struct conversion *privacy_apply(enum privacy_email email,
                                       const struct conversion *conversion,
                                       struct privacy_room *room);

#endif
