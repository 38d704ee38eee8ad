/* dice: seeded random numbers, the same for the same seed on every machine.
 *
 * SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): good enough for
 * sample data and for scripts of faults, useless for secrets. Not for use by two threads. */
#ifndef SANDBOX_DICE_H
#define SANDBOX_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

void dice_init(struct dice *dice, uint64_t seed);

uint64_t dice_roll(struct dice *dice);

/* 0 … sides - 1; `sides` is at least 1. */
uint64_t dice_below(struct dice *dice, uint64_t sides);

/* True in `share` (0 to 1) of all calls. */
bool dice_chance(struct dice *dice, double share);

/* A bijection of all 64-bit numbers: different numbers stay different, and look random. */
uint64_t dice_mix(uint64_t number);

#endif
