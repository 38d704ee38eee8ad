/* rehearsal: what would become of messages, without delivering any: mapped as the pipeline does, and each
 * conversion encoded. What Rokt would say of them is not known. */
#ifndef PIPELINE_REHEARSAL_H
#define PIPELINE_REHEARSAL_H

#include "base/clock.h"
#include "pipeline/pipeline.h"

struct rehearsal_settings {
    const struct mapping *const *mappings; /* by the route of a message */
    const struct rokt_api *api;
    const char *account_id; /* of conversions that name none */
    size_t batch_bytes; /* of a request: a conversion that exceeds it alone cannot be delivered */
    const struct clock *clock;
};

struct rehearsal;

/* What the settings point to must outlive it. */
struct rehearsal *rehearsal_new(const struct rehearsal_settings *settings);
void rehearsal_free(struct rehearsal *rehearsal);

void rehearsal_take(struct rehearsal *rehearsal, const struct consumer_message *fetched);

/* `delivered`, `conversions` and `dead_lettered` are what would be. */
const struct pipeline_account *rehearsal_account(const struct rehearsal *rehearsal);

#endif
