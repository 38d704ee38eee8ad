/* choice: which conversions of a message are to be delivered. Private to the pipeline.
 *
 * Usually all. Of a dead letter that names items of for_each only those: the others were delivered the
 * first time. A mapping that has no for_each now cannot tell them apart. */
#ifndef PIPELINE_CHOICE_H
#define PIPELINE_CHOICE_H

#include "conversion/conversion.h"
#include "kafka/consumer.h"
#include "kafka/letter.h"

enum choice { CHOICE_DELIVER, CHOICE_LEAVE, CHOICE_UNKNOWN };

#define CHOICE_UNKNOWN_TEXT                                                                \
    "some items of for_each were delivered before, others not, and the mapping makes one " \
    "conversion of them all now"

static inline enum choice choice_of(const struct consumer_message *fetched,
                                    const struct conversion *conversion)
{
    if (fetched->items == NULL) {
        return CHOICE_DELIVER;
    }
    if (conversion->item == CONVERSION_NO_ITEM) {
        return CHOICE_UNKNOWN;
    }
    return letter_items_has(fetched->items, (size_t)conversion->item) ? CHOICE_DELIVER
                                                                      : CHOICE_LEAVE;
}

#endif
