/* record: a message of librdkafka's as the other rooms know it.
 *
 * Private to the room. */
#ifndef KAFKA_RECORD_H
#define KAFKA_RECORD_H

#include "base/arena.h"
#include "mapping/message.h"

#include <librdkafka/rdkafka.h>

/* All but the topic. Nothing is copied but the list of headers, into the arena: it is valid as long
 * as both. False when the headers are damaged. */
__attribute__((warn_unused_result)) bool
record_read(const rd_kafka_message_t *rkmessage, struct arena *arena, struct message *ret_message);

#endif
