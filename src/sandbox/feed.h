/* feed: produces a catalogue's orders to Kafka, all at once or as a consumer group commits. */
#ifndef SANDBOX_FEED_H
#define SANDBOX_FEED_H

#include "catalogue.h"

#include "base/error.h"

struct feed;

/* Produces everything, and returns when the brokers have it all. */
__attribute__((warn_unused_result)) bool feed_all(const struct catalogue *catalogue,
                                                  const char *bootstrap, struct error *error);

/* Starts a thread that keeps ahead of the group by no more than the mock cluster keeps of a partition.
 * What it is given must live until feed_stop(). NULL when it cannot. */
__attribute__((warn_unused_result)) struct feed *feed_start(const struct catalogue *catalogue,
                                                            const char *bootstrap,
                                                            const char *group, struct error *error);

/* Whether there is something left to produce; false for NULL. */
bool feed_is_busy(struct feed *feed);

/* Whether it had to give up; it raises SIGTERM then. False for NULL. */
bool feed_failed(struct feed *feed, struct error *ret_error);

/* free(NULL) is fine. */
void feed_stop(struct feed *feed);

#endif
