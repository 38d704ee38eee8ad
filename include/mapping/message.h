/* message: a Kafka record, as a mapping sees it. Everything belongs to whoever gave the message, and is
 * valid until it is given back. */
#ifndef MAPPING_MESSAGE_H
#define MAPPING_MESSAGE_H

#include "base/slice.h"

#include <stdint.h>

struct message_header {
    struct slice name;
    struct slice value; /* any bytes; data is NULL for a header without a value */
};

struct message {
    struct slice topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* since 1970-01-01T00:00:00Z; -1 when the record has none */
    struct slice key;     /* any bytes; data is NULL when the record has none */
    struct slice value;   /* any bytes; data is NULL for a tombstone */
    const struct message_header *headers; /* in the record's order */
    size_t header_count;
};

#endif
