/* order: an order as a shop writes it, about 1.9 kB of JSON. */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <stddef.h>

#define ORDER_MAX 4096

/* Writes the order of that number, no two alike, and returns its size. `time` is when it was placed, by
 * RFC 3339. */
size_t order_write(char order[ORDER_MAX], long index, const char *time);

#endif
