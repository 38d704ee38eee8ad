/* reference: config/README.md holds what is printed from tables; a test of each compares the
 * two. */
#ifndef SUPPORT_REFERENCE_H
#define SUPPORT_REFERENCE_H

#include "base/slice.h"

/* Fails the test, and prints what must stand there, unless config/README.md has just `table`
 * between the lines <!-- NAME --> and <!-- /NAME -->. With ROKT_RELAY_UPDATE in the environment it writes the
 * table there instead. */
void reference_check(const char *name, struct slice table);

/* The same of another file of the checkout: "deploy/README.md". */
void reference_check_in(const char *file, const char *name, struct slice table);

#endif
