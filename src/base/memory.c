#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_size_t allocations;

/* Says why in one write, because nothing that allocates can be relied on any more. */
__attribute__((noreturn)) static void give_up(struct slice reason)
{
    ssize_t ignored = write(STDERR_FILENO, reason.data, reason.size);
    (void)ignored;
    abort();
}

/* Takes what an allocator returned: counted when it is memory, the end when it is not. */
static void *accept(void *memory)
{
    if (memory == NULL) {
        give_up(SLICE("rokt-relay: out of memory\n"));
    }
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return memory;
}

/* The product, at least 1: for a size of 0 an allocator may return NULL, which would look like a
 * failure, and realloc() would free. */
static size_t bytes_of(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        give_up(SLICE("rokt-relay: the size of an allocation overflows\n"));
    }
    return bytes == 0 ? 1 : bytes;
}

void *memory_new(size_t count, size_t size)
{
    return accept(calloc(1, bytes_of(count, size)));
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    return accept(realloc(memory, bytes_of(count, size)));
}

char *memory_string(struct slice text)
{
    size_t size;
    if (__builtin_add_overflow(text.size, 1, &size)) {
        give_up(SLICE("rokt-relay: the size of an allocation overflows\n"));
    }
    char *copy = memory_resize(NULL, size, 1);
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    return copy;
}

size_t memory_allocations(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}
