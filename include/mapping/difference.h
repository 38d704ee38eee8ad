/* difference: what another mapping would make of the same messages, counted: which would become
 * something else, and which fields of those that both map.
 *
 * Of each kind of difference there is a count and a few samples, whatever the number of messages, so
 * that it takes the same memory for a topic of any length. Samples hold no personal value. */
#ifndef MAPPING_DIFFERENCE_H
#define MAPPING_DIFFERENCE_H

#include "mapping/mapping.h"

#define DIFFERENCE_SAMPLES 3 /* of each kind */
#define DIFFERENCE_KINDS_MAX 2000

struct difference;

struct difference *difference_new(void);
void difference_free(struct difference *difference);

/* What the two mappings made of the message; they must live as long as the difference. */
void difference_add(struct difference *difference, const struct message *message,
                    const struct mapping_result *old, const struct mapping_result *changed);

/* Messages, and those of them that are not mapped to the same. */
uint64_t difference_messages(const struct difference *difference);
uint64_t difference_changed(const struct difference *difference);

/* The summary, and behind it each kind of difference with its count and its samples:
 *
 *     12034 messages: 12026 map to the same, 8 differ
 *       newly delivered   2
 *       …
 */
void difference_write(const struct difference *difference, struct buffer *buffer);

#endif
