/* progress: how far something is, on standard error: on a terminal a bar that is drawn anew, else a line of
 * the log every ten seconds. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

/* All-zero but for the log: nothing was shown yet. */
struct progress {
    struct log *log; /* NULL: nothing but the bar */
    bool begun;
    bool terminal;
    bool drawn; /* the bar stands on the terminal's line */
    int64_t begin_ms;
    int64_t shown_ms;
};

/* `done` of `all`, at a monotonic time. To be called often: it shows what is due. */
void progress_show(struct progress *progress, uint64_t done, uint64_t all, int64_t now_ms);

/* Takes the bar away, as other text follows. */
void progress_end(struct progress *progress);

/* The bar without its line end, for `done` of `all` after `elapsed_ms`. */
#define PROGRESS_SIZE 160
void progress_format(uint64_t done, uint64_t all, int64_t elapsed_ms,
                     char ret_text[static PROGRESS_SIZE]);

#endif
