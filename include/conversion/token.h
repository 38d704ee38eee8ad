/* token: whose conversion this is.
 *
 * Given out by the ledger when a message is taken in, carried through delivery and dead letters,
 * and handed back when the conversion (or the letter) has been taken care of. */
#ifndef CONVERSION_TOKEN_H
#define CONVERSION_TOKEN_H

#include <stdint.h>

struct token {
    uint32_t slot;     /* of the partition, among those assigned */
    uint32_t epoch;    /* of its assignment: what comes back from an older one changes nothing */
    uint64_t sequence; /* of the message within the epoch */
};

#endif
