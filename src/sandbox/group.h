/* group: a consumer group seen from outside: where its topics end, and what it has committed.
 *
 * An ordinary client that never joins the group. Not for use by two threads. Arrays of partitions are in the
 * order of the catalogue's topics, partition by partition; catalogue_partitions() says how many. */
#ifndef SANDBOX_GROUP_H
#define SANDBOX_GROUP_H

#include "catalogue.h"

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct group;

/* `name` NULL: no group, for the ends alone. NULL when it fails. */
__attribute__((warn_unused_result)) struct group *group_open(const char *bootstrap,
                                                             const char *name,
                                                             const struct catalogue *catalogue,
                                                             struct error *error);

/* What is committed of each partition; -1: nothing. */
__attribute__((warn_unused_result)) bool
group_committed(struct group *group, int64_t ret_committed[], struct error *error);

/* The first offset that is there, and the one after the last. */
__attribute__((warn_unused_result)) bool group_ends(struct group *group, int64_t ret_low[],
                                                    int64_t ret_end[], struct error *error);

/* free(NULL) is fine. */
void group_close(struct group *group);

#endif
