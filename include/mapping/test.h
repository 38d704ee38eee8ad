/* test: the samples that a mapping has under `tests:`, with what they must become.
 *
 * They are checked when the mapping is compiled, as everything in it, and run when somebody asks. A test looks
 * at the fields that it names, and at no others; values are compared as texts. A message that is in a
 * file is read when its test runs, so that a mapping can be deployed without its samples. */
#ifndef MAPPING_TEST_H
#define MAPPING_TEST_H

#include "base/arena.h"
#include "base/buffer.h"
#include "mapping/mapping.h"

size_t mapping_test_count(const struct mapping *mapping);

/* The name of the test at `index`, unique in its mapping, on one line; lives as long as the mapping. */
const char *mapping_test_name(const struct mapping *mapping, size_t index);

/* The line of the mapping's file that it begins on. */
size_t mapping_test_line(const struct mapping *mapping, size_t index);

/* Whether the test's message becomes what it must. If not, `difference` gets lines that say what was
 * expected and what was got:
 *
 *     amount
 *       expected  "99.80"
 *       got       nothing
 *
 * They hold values of the sample, which may be personal: for whoever asked, never for a log.
 *
 * `ret_result` is what the message became; it has no conversions when the message could not be read. */
__attribute__((warn_unused_result)) bool mapping_test_run(const struct mapping *mapping,
                                                          size_t index, struct arena *arena,
                                                          struct buffer *difference,
                                                          struct mapping_result *ret_result);

#endif
