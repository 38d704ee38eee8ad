/* property: librdkafka's properties, as the relay allows and sets them.
 *
 * Private to the room. Which properties exist, for which client, and what they take is asked of the
 * librdkafka that is linked; a table here says which of them a user may not set, and why. A value
 * may be a secret and never gets into a text. */
#ifndef KAFKA_PROPERTY_H
#define KAFKA_PROPERTY_H

#include "base/arena.h"
#include "kafka/consumer.h"

#include <librdkafka/rdkafka.h>

enum property_client {
    PROPERTY_CONSUMER,
    PROPERTY_PRODUCER,
    PROPERTY_READER /* a consumer that is in no group, whatever the properties say of one */
};

/* The user's properties, copied. All-zero is a valid empty list. */
struct property_list {
    struct arena arena; /* holds them */
    struct consumer_property *items;
    size_t count;
};

void property_list_init(struct property_list *list, const struct consumer_property properties[],
                        size_t count);
void property_list_done(struct property_list *list);

/* A configuration with the relay's own settings and those of the user's that concern this client;
 * NULL when one of them may not be set. Ends with rd_kafka_new() or rd_kafka_conf_destroy(). */
rd_kafka_conf_t *property_list_configure(const struct property_list *list,
                                         enum property_client client, struct error *error);

/* Puts "***" wherever one of the secrets among the properties stands in a text of librdkafka's. */
void property_list_scrub(const struct property_list *list, struct error *text);

#endif
