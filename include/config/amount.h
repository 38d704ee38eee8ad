/* amount: whole numbers with a unit behind them, as people write them: 500ms, 64kB, 50%, 8. */
#ifndef CONFIG_AMOUNT_H
#define CONFIG_AMOUNT_H

#include "base/slice.h"

enum amount_kind {
    AMOUNT_NUMBER,   /* no unit */
    AMOUNT_BYTES,    /* none, B, kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024) */
    AMOUNT_DURATION, /* ms, s, m, h; in ms; 0 may stand alone */
    AMOUNT_PERCENT   /* % */
};

#define AMOUNT_SIZE 32

/* Digits and a unit of the kind, nothing else. False for anything more, and past INT64_MAX. */
__attribute__((warn_unused_result)) bool amount_parse(enum amount_kind kind, struct slice text,
                                                      int64_t *ret_amount);

/* With the largest unit that leaves a whole number. `amount` is not negative. */
void amount_format(enum amount_kind kind, int64_t amount, char ret_text[static AMOUNT_SIZE]);

#endif
