/* poison: memory that must not be touched for now. AddressSanitizer tells who does; without it, nothing
 * happens. */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_WORKS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(POISON_WORKS)
#define POISON_WORKS 1
#endif

#ifdef POISON_WORKS
#include <sanitizer/asan_interface.h>
#endif

static inline void poison_memory(void *memory, size_t size)
{
#ifdef POISON_WORKS
    __asan_poison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

static inline void poison_lift(void *memory, size_t size)
{
#ifdef POISON_WORKS
    __asan_unpoison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

#endif
