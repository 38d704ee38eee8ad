/* metrics: a snapshot as Prometheus reads it (text format 0.0.4).
 *
 * Every metric is a row of one table: name, type, labels, help, and where its values come from. The
 * text and the reference in deploy/README.md are printed from it. Names are base units; labels are
 * bounded: partitions that are assigned (their series vanish with them), reasons that mappings
 * name, statuses. No value of an order is in any. */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include "base/buffer.h"
#include "base/snapshot.h"

struct metrics_mapping {
    const char *name;
    const char *hash;
};

/* What does not change while the relay runs. */
struct metrics_facts {
    const char *version;
    const char *api;
    int64_t started_wall_ms;
    const struct metrics_mapping *mappings;
    size_t mapping_count;
};

/* `now_ms` is monotonic. */
void metrics_write(const struct snapshot *snapshot, const struct metrics_facts *facts,
                   int64_t now_ms, struct buffer *buffer);

/* The table as Markdown: a row a metric. */
void metrics_reference(struct buffer *buffer);

#endif
