/* arena: memory for everything that lives as long as one message.
 *
 * Allocations are never freed one by one; arena_reset() takes all of them back at once and keeps
 * the blocks, so that the steady state allocates nothing. What a single huge message made it grow
 * by beyond `keep` bytes is given back at the reset. Not for use by two threads. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/poison.h"
#include "base/slice.h"

#include <stdalign.h>

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *current;
    char *free;   /* of the current block, aligned for any type */
    size_t left;  /* bytes from there to its end: a multiple of the alignment */
    size_t reach; /* bytes handed out since the last reset when that end is reached */
    size_t keep;  /* bytes kept over a reset; 0: ARENA_KEEP */
};

#define ARENA_KEEP (1024 * 1024)

void arena_init(struct arena *arena, size_t keep);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena);

/* For arena_alloc(), when the current block has no room to spare, or there is none. */
__attribute__((returns_nonnull, malloc, alloc_size(2))) void *
arena_alloc_elsewhere(struct arena *arena, size_t size);

/* `size` bytes, aligned for any type, not cleared. Never NULL: aborts when memory is out. Inline: most of
 * a message's allocations are small, and there are hundreds of them. */
__attribute__((returns_nonnull, malloc, alloc_size(2))) static inline void *
arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size >= arena->left) {
        return arena_alloc_elsewhere(arena, size);
    }
    char *memory = arena->free;
    size_t rounded = (size + align - 1) / align * align;
    arena->free += rounded;
    arena->left -= rounded;
    poison_lift(memory, size);
    return memory;
}

/* The same for `count` items of `size`, cleared; aborts on overflow. */
__attribute__((returns_nonnull)) void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* A copy of `bytes` that lives as long as the arena's content. */
struct slice arena_copy(struct arena *arena, struct slice bytes);

/* The same with a NUL behind it, for libraries that want one. */
char *arena_string(struct arena *arena, struct slice bytes);

__attribute__((format(printf, 2, 3))) struct slice arena_printf(struct arena *arena,
                                                                const char *format, ...);

/* Bytes handed out since the last reset. */
static inline size_t arena_used(const struct arena *arena)
{
    return arena->reach - arena->left;
}

#endif
