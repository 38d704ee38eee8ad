#include "base/arena.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The usual block; what does not fit into one gets a block of its own. */
#define BLOCK_SIZE (64 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) char data[];
};

/* Under AddressSanitizer, memory that is not handed out is poisoned: use after a reset, and reading
 * past the end of an allocation, are caught as they are for malloc(). */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ARENA_POISON)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(memory, size) __asan_poison_memory_region(memory, size)
#define UNPOISON(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define POISON(memory, size) ((void)(memory), (void)(size))
#define UNPOISON(memory, size) ((void)(memory), (void)(size))
#endif

static size_t kept_bytes(const struct arena *arena)
{
    return arena->keep == 0 ? ARENA_KEEP : arena->keep;
}

static void free_block(struct arena_block *block)
{
    UNPOISON(block->data, block->capacity);
    free(block);
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
            block->used = 0;
            POISON(block->data, block->capacity);
            link = &block->next;
        } else {
            *link = block->next;
            free_block(block);
        }
    }
    arena->current = arena->first;
}

/* A small arena has small blocks, so that at least one is kept. */
static struct arena_block *new_block(const struct arena *arena, size_t size)
{
    size_t usual = kept_bytes(arena) < BLOCK_SIZE ? kept_bytes(arena) : BLOCK_SIZE;
    size_t capacity = size > usual ? size : usual;
    size_t bytes;
    if (__builtin_add_overflow(capacity, sizeof(struct arena_block), &bytes)) {
        bytes = SIZE_MAX; /* which memory_resize() refuses in its own words */
    }
    struct arena_block *block = memory_resize(NULL, bytes, 1);
    *block = (struct arena_block){.capacity = capacity};
    POISON(block->data, capacity);
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

/* Makes a block with room for `size` the current one. Empty ones that are passed over because they
 * are too small, the first after a reset among them, stay behind the new one for later ones. */
static void next_block(struct arena *arena, size_t size)
{
    bool untouched = arena->current == NULL || arena->current->used == 0;
    struct arena_block **link = untouched ? &arena->first : &arena->current->next;
    struct arena_block *block = take_block(link, size);
    if (block == NULL) {
        block = new_block(arena, size);
    }
    block->next = *link;
    *link = block;
    arena->current = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t rounded = size > SIZE_MAX - align ? SIZE_MAX : (size + align - 1) / align * align;
    struct arena_block *block = arena->current;
    if (block == NULL || rounded > block->capacity - block->used) {
        next_block(arena, rounded);
        block = arena->current;
    }
    char *memory = block->data + block->used;
    block->used += rounded;
    UNPOISON(memory, size);
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

size_t arena_used(const struct arena *arena)
{
    size_t used = 0;
    for (const struct arena_block *block = arena->first; block != NULL; block = block->next) {
        used += block->used;
    }
    return used;
}
