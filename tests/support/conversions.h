/* conversions: conversions to deliver, made on the spot. */
#ifndef SUPPORT_CONVERSIONS_H
#define SUPPORT_CONVERSIONS_H

#include "conversion/conversion.h"
#include "mapping/message.h"

#include <stdint.h>

#define CONVERSIONS_WALL_MS 1795167667125LL /* 2026-11-20T09:41:07.125Z: when they happened */

/* With an id made of `number`, an e-mail, an amount and a currency. The id lives in `id`. */
struct conversion conversions_make(uint64_t number, char id[static 37]);

/* That they were made from. */
extern const struct message conversions_message;

#endif
