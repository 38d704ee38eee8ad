/* trace: the trace that all messages of a batch belong to, if it is one, for whoever follows an order
 * from its producer to Rokt.
 *
 * Source: W3C Trace Context, section 3.2 (the header traceparent, version 00). A Kafka record carries
 * it as a header of that name. */
#ifndef DELIVERY_TRACE_H
#define DELIVERY_TRACE_H

#include "delivery/batch.h"

/* "traceparent: 00-…" as the header line of the batch's requests; false, and `ret_line` untouched, when
 * its messages do not all have the same one, or it is not valid. */
__attribute__((warn_unused_result)) bool trace_line(const struct batch *batch,
                                                    char ret_line[static BATCH_TRACE_SIZE]);

#endif
