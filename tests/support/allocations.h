/* allocations: how often memory was taken from the heap, by whomever, libraries included. */
#ifndef SUPPORT_ALLOCATIONS_H
#define SUPPORT_ALLOCATIONS_H

#include <stddef.h>

/* How many calls of malloc, calloc and realloc there were since the first call of this function. */
size_t allocations_count(void);

#endif
