/* panel: the admin server of a relay, as its configuration describes it. */
#ifndef APP_PANEL_H
#define APP_PANEL_H

#include "base/clock.h"
#include "base/log.h"
#include "base/snapshot.h"
#include "setup.h"

struct panel;

/* Starts it; NULL, with `error`, when that fails. All that is given must outlive it. The
 * configuration says where to listen. */
struct panel *panel_new(const struct setup *setup, struct snapshot_exchange *exchange,
                        const struct clock *clock, struct log *log, struct error *error);

/* Stops it. free(NULL) is fine. */
void panel_free(struct panel *panel);

#endif
