/* program: what the programs of the benchmark have in common: they end with a sentence when something
 * is wrong, and when SIGTERM comes. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

/* A whole number from `min` on; fails on any other text. */
long number_of(const char *text, long min);

/* To be called before any thread is made; then wait_for_end() waits for SIGTERM or SIGINT. */
void block_signals(void);
void wait_for_end(void);

#endif
