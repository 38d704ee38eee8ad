#include "support/allocations.h"

#include <stdbool.h>

static size_t count;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#ifdef SANITIZED /* these have an allocator of their own, with hooks */

/* As in <sanitizer/allocator_interface.h>, which gcc does not install. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void on_allocation(const volatile void *memory, size_t size)
{
    (void)memory;
    (void)size;
    count++;
}

static void ignore(const volatile void *memory)
{
    (void)memory;
}

static void start(void)
{
    static bool started;
    if (!started) {
        (void)__sanitizer_install_malloc_and_free_hooks(on_allocation, ignore);
        started = true;
    }
}

#else /* these take the place of the C library's */

#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t items, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
    count++;
    return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
    count++;
    return __libc_realloc(ptr, size);
}

static void start(void)
{
}

#endif

size_t allocations_count(void)
{
    start();
    return count;
}
