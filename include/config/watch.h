/* watch: files, and whether they have changed.
 *
 * A file has changed when another one is at its path, or it has been written: by its device, number,
 * size and time of change. One that is not there is remembered too. */
#ifndef CONFIG_WATCH_H
#define CONFIG_WATCH_H

#include <stdbool.h>

struct watch;

struct watch *watch_new(void);
/* watch_free(NULL) is fine. */
void watch_free(struct watch *watch);

/* Looks at the file now: whoever reads it does that later, so that no change is missed. */
void watch_add(struct watch *watch, const char *path);

/* Looks at all of them; whether one has changed since the last look. */
__attribute__((warn_unused_result)) bool watch_changed(struct watch *watch);

#endif
