/* status: how the relay is, for a person: a page for a browser, and the same as JSON.
 *
 * At its top stands whether orders flow, and if not why, since when, and what to do. The page needs
 * nothing but itself: no script, no other file; it loads itself anew. Nothing personal is in it. */
#ifndef ADMIN_STATUS_H
#define ADMIN_STATUS_H

#include "admin/health.h"
#include "admin/metrics.h"
#include "base/buffer.h"
#include "base/snapshot.h"

#define STATUS_SAMPLES 61 /* with the ends: five minutes */
#define STATUS_SAMPLE_MS 5000

enum status_state { STATUS_WELL, STATUS_WAITS, STATUS_ILL };

struct status_sample {
    int64_t taken_ms;
    uint64_t consumed;
    uint64_t conversions;
    uint64_t dead_lettered;
};

/* The last minutes. All-zero is none. */
struct status_history {
    struct status_sample samples[STATUS_SAMPLES]; /* a ring */
    size_t next;
    size_t count;
    const char *title; /* how it has been … */
    int64_t since_ms;  /* … since then, on the wall clock */
};

struct status_view {
    const struct snapshot *snapshot;
    const struct metrics_facts *facts;
    const struct health_settings *health;
    int64_t now_ms; /* monotonic */
};

/* To be called several times a second: keeps a sample of them every STATUS_SAMPLE_MS. */
void status_record(struct status_history *history, const struct status_view *view);

/* What stands at the top: a literal, and in `ret_text` why, and what to do. */
const char *status_judge(const struct status_view *view, enum status_state *ret_state,
                         struct error *ret_text);

void status_page(const struct status_history *history, const struct status_view *view,
                 struct buffer *buffer);
void status_json(const struct status_history *history, const struct status_view *view,
                 struct buffer *buffer);

#endif
