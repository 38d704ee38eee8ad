/* parse: what reading JSON costs at the least: yajl as it is, and nothing is kept of what it finds. */
#ifndef BENCH_PARSE_H
#define BENCH_PARSE_H

#include <stddef.h>

/* Returns how many names, values and brackets the text has. */
unsigned long long parse_bare(const void *text, size_t size);

#endif
