/* arena: memory for everything that lives as long as one message.
 *
 * Allocations are never freed one by one; arena_reset() takes all of them back at once and keeps
 * the blocks, so that the steady state allocates nothing. What a single huge message made it grow
 * by beyond `keep` bytes is given back at the reset. Not for use by two threads. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *current;
    size_t keep; /* bytes kept over a reset; 0: ARENA_KEEP */
};

#define ARENA_KEEP (1024 * 1024)

void arena_init(struct arena *arena, size_t keep);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena);

/* `size` bytes, aligned for any type, not cleared. Never NULL: aborts when memory is out. */
__attribute__((returns_nonnull, malloc, alloc_size(2))) void *arena_alloc(struct arena *arena,
                                                                          size_t size);

/* The same for `count` items of `size`, cleared; aborts on overflow. */
__attribute__((returns_nonnull)) void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* A copy of `bytes` that lives as long as the arena's content. */
struct slice arena_copy(struct arena *arena, struct slice bytes);

/* The same with a NUL behind it, for libraries that want one. */
char *arena_string(struct arena *arena, struct slice bytes);

__attribute__((format(printf, 2, 3))) struct slice arena_printf(struct arena *arena,
                                                                const char *format, ...);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#endif
