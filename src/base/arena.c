#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The usual block; what does not fit into one gets a block of its own. */
#define BLOCK_SIZE (64 * 1024)

/* Memory that is not handed out is poisoned: use after a reset, and reading past the end of an
 * allocation, are caught as they are for malloc(). */
struct arena_block {
    struct arena_block *next;
    size_t capacity; /* a multiple of the alignment */
    alignas(max_align_t) char data[];
};

static size_t kept_bytes(const struct arena *arena)
{
    return arena->keep == 0 ? ARENA_KEEP : arena->keep;
}

static void free_block(struct arena_block *block)
{
    poison_lift(block->data, block->capacity);
    free(block);
}

/* The empty block that memory is handed out from, or none; `used` bytes are in others. */
static void set_current(struct arena *arena, struct arena_block *block, size_t used)
{
    arena->current = block;
    arena->free = block == NULL ? NULL : block->data;
    arena->left = block == NULL ? 0 : block->capacity;
    arena->reach = used + arena->left;
}

void arena_init(struct arena *arena, size_t keep)
{
    *arena = (struct arena){.keep = keep};
}

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free_block(block);
        block = next;
    }
    arena_init(arena, arena->keep);
}

/* Walks all blocks: those that fit into what is kept stay, in their order. */
void arena_reset(struct arena *arena)
{
    size_t left = kept_bytes(arena);
    struct arena_block **link = &arena->first;
    while (*link != NULL) {
        struct arena_block *block = *link;
        if (block->capacity <= left) {
            left -= block->capacity;
            poison_memory(block->data, block->capacity);
            link = &block->next;
        } else {
            *link = block->next;
            free_block(block);
        }
    }
    set_current(arena, arena->first, 0);
}

/* A small arena has small blocks, so that at least one is kept. */
static struct arena_block *new_block(const struct arena *arena, size_t size)
{
    size_t usual = kept_bytes(arena) < BLOCK_SIZE ? kept_bytes(arena) : BLOCK_SIZE;
    usual -= usual % alignof(max_align_t);
    size_t capacity = size > usual ? size : usual;
    size_t bytes;
    if (__builtin_add_overflow(capacity, sizeof(struct arena_block), &bytes)) {
        bytes = SIZE_MAX; /* which memory_resize() refuses in its own words */
    }
    struct arena_block *block = memory_resize(NULL, bytes, 1);
    *block = (struct arena_block){.capacity = capacity};
    poison_memory(block->data, capacity);
    return block;
}

/* Unlinks the first of the empty blocks from `link` on that has room for `size`, or NULL. */
static struct arena_block *take_block(struct arena_block **link, size_t size)
{
    while (*link != NULL && (*link)->capacity < size) {
        link = &(*link)->next;
    }
    struct arena_block *block = *link;
    if (block != NULL) {
        *link = block->next;
    }
    return block;
}

/* Bytes handed out from the current block since the last reset. */
static size_t current_used(const struct arena *arena)
{
    return arena->current == NULL ? 0 : arena->current->capacity - arena->left;
}

/* Makes a block with room for `size` the current one. Empty ones that are passed over because they
 * are too small, the first after a reset among them, stay behind the new one for later ones. */
static void next_block(struct arena *arena, size_t size)
{
    struct arena_block **link = &arena->first;
    size_t used = arena_used(arena);
    if (arena->current != NULL && current_used(arena) > 0) {
        link = &arena->current->next;
    }
    struct arena_block *block = take_block(link, size);
    if (block == NULL) {
        block = new_block(arena, size);
    }
    block->next = *link;
    *link = block;
    set_current(arena, block, used);
}

void *arena_alloc_elsewhere(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t rounded = size > SIZE_MAX - align ? SIZE_MAX : (size + align - 1) / align * align;
    if (arena->current == NULL || rounded > arena->left) {
        next_block(arena, rounded);
    }
    char *memory = arena->free;
    arena->free += rounded;
    arena->left -= rounded;
    poison_lift(memory, size);
    return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        bytes = SIZE_MAX;
    }
    void *memory = arena_alloc(arena, bytes);
    memset(memory, 0, bytes);
    return memory;
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    if (bytes.size == 0) {
        return (struct slice){"", 0};
    }
    char *copy = arena_alloc(arena, bytes.size);
    memcpy(copy, bytes.data, bytes.size);
    return (struct slice){copy, bytes.size};
}

char *arena_string(struct arena *arena, struct slice bytes)
{
    char *copy = arena_alloc(arena, bytes.size + 1);
    if (bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    copy[bytes.size] = '\0';
    return copy;
}

/* Most texts are short: they are formatted once, and the long ones again. */
struct slice arena_printf(struct arena *arena, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return (struct slice){"", 0};
    }
    size_t size = (size_t)length;
    if (size < sizeof text) {
        return arena_copy(arena, (struct slice){text, size});
    }
    char *room = arena_alloc(arena, size + 1);
    va_start(arguments, format);
    (void)vsnprintf(room, size + 1, format, arguments);
    va_end(arguments);
    return (struct slice){room, size};
}
