/* journal: a line of JSON in a file for each request whose conversions were taken: when it came, when it was
 * answered, whether the client was told the truth, and which conversions they were.
 *
 * {"received_ms":81234,"answered_ms":81240,"status":200,"told":true,"ids":["T-1","T-2"]}
 *
 * Times are the machine's monotonic clock, as other processes read it; ids are transactions, or, of a
 * conversion without one, the event's. A line is whole in the file before the answer leaves. May be used by
 * several threads. */
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include "account.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct journal;

/* Begins the file anew. NULL with an error when it cannot be written. */
__attribute__((warn_unused_result)) struct journal *journal_open(const char *path,
                                                                 struct error *error);

/* Nothing is written of a request of which nothing was taken. */
void journal_write(struct journal *journal, const struct account_request *request,
                   int64_t received_ms, int64_t answered_ms);

/* False when not all could be written. The journal is freed in any case; NULL is fine. */
__attribute__((warn_unused_result)) bool journal_close(struct journal *journal,
                                                       struct error *error);

#endif
