#include "dice.h"

#define GOLDEN_RATIO 0x9E3779B97F4A7C15u

uint64_t dice_mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9u;
    number = (number ^ (number >> 27)) * 0x94D049BB133111EBu;
    return number ^ (number >> 31);
}

void dice_init(struct dice *dice, uint64_t seed)
{
    dice->state = seed;
}

uint64_t dice_roll(struct dice *dice)
{
    dice->state += GOLDEN_RATIO;
    return dice_mix(dice->state);
}

/* The remainder favours small numbers by sides / 2^64, which nobody will ever see. */
uint64_t dice_below(struct dice *dice, uint64_t sides)
{
    return dice_roll(dice) % sides;
}

bool dice_chance(struct dice *dice, double share)
{
    const double unit = 1.0 / 9007199254740992.0; /* 2^-53: as many bits as a double has */
    return (double)(dice_roll(dice) >> 11) * unit < share;
}
