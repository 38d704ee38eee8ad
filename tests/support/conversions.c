#include "support/conversions.h"

#include <inttypes.h>
#include <stdio.h>

const struct message conversions_message = {
    .topic = {"orders", sizeof "orders" - 1},
    .offset = 7,
    .timestamp_ms = CONVERSIONS_WALL_MS,
    .value = {"{\"id\":1}", sizeof "{\"id\":1}" - 1},
};

struct conversion conversions_make(uint64_t number, char id[static 37])
{
    (void)snprintf(id, 37, "order-%08" PRIu64, number);
    struct conversion conversion = {
        .client_event_id = slice_of(id),
        .event_time_ms = CONVERSIONS_WALL_MS,
        .event_type = SLICE("conversion"),
    };
    conversion.fields[FIELD_EMAIL] = SLICE("john@email.com");
    conversion.fields[FIELD_AMOUNT] = SLICE("99.80");
    conversion.fields[FIELD_CURRENCY] = SLICE("EUR");
    return conversion;
}
