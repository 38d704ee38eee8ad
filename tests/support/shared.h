/* shared: test data that is not the project's own: the test suites of standards, sample orders.
 *
 * It lies in the directory that the environment variable ROKT_RELAY_SHARED names, else in `shared`
 * beside the checkout. Where it is absent, tests that need it are skipped. */
#ifndef SUPPORT_SHARED_H
#define SUPPORT_SHARED_H

#include "base/slice.h"

/* The path of `name` within the shared directory; valid until the next call. */
const char *shared_path(const char *name);

/* The content of a file there, for shared_free(); `data` is NULL when there is no such file. */
struct slice shared_read(const char *name);

/* The same for any path. */
struct slice shared_read_file(const char *path);

void shared_free(struct slice content);

#endif
