/* memory: allocation that does not fail.
 *
 * Out of memory for small things aborts: an offset is committed only after delivery, so nothing is
 * lost by it. Everything that input can grow is bounded before. Free with free(). */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/slice.h"

/* Cleared. `count` * `size` must not overflow: it aborts. */
__attribute__((returns_nonnull, malloc)) void *memory_new(size_t count, size_t size);

/* Like realloc for `count` items of `size`; the grown part is not cleared. */
__attribute__((returns_nonnull)) void *memory_resize(void *memory, size_t count, size_t size);

/* A NUL-terminated copy. */
__attribute__((returns_nonnull)) char *memory_string(struct slice text);

/* How many allocations this module has made, for the allocation budget of tests and benchmark. */
size_t memory_allocations(void);

#endif
