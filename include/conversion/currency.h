/* currency: the currencies that an order can be paid in, with their minor units.
 *
 * Source: ISO 4217, list one, as of November 2026, less the codes that have no minor unit (metals,
 * XDR, XXX, XTS …: nobody pays with those). A code that was withdrawn stays as long as Rokt takes
 * events from the time when it was in use (18 months). */
#ifndef CONVERSION_CURRENCY_H
#define CONVERSION_CURRENCY_H

#include "base/slice.h"

/* Whether `code`, three letters in any case, is one; how many digits its minor unit stands
 * behind the point: 2 for EUR, 0 for JPY, 3 for KWD. `ret_digits` may be NULL. */
bool currency_find(struct slice code, int *ret_digits);

#endif
