/* mask: the personal values of one message, and what may be shown without them.
 *
 * For whoever looks at what became of an order and need not know whose it was. Personal are the
 * fields that the table says are, and custom attributes and metadata, of which only the mapping's
 * author knows what they hold; and every other text in which a personal value stands, wherever it
 * came from. */
#ifndef CONVERSION_MASK_H
#define CONVERSION_MASK_H

#include "base/arena.h"
#include "conversion/conversion.h"

#define MASK SLICE("***") /* what is shown instead */
#define MASK_TEXTS_MAX 10000

struct mask_text;

/* What it holds is in the arena. */
struct mask {
    struct arena *arena;
    struct mask_text *first;
    size_t count;
    bool full; /* there were more than that: everything is hidden */
};

void mask_init(struct mask *mask, struct arena *arena);

/* A personal value, which is copied. One of less than three bytes hides nothing: it stands in other texts
 * by chance; nor does one of more than 4,096, which is never shown. */
void mask_add(struct mask *mask, struct slice text);

/* More personal values than can be added: hides everything. */
void mask_fill(struct mask *mask);

/* Whether a text must not be shown: a personal value stands in it as a whole word, in any case, or it
 * is a word of one of at most 64 bytes; there is an e-mail address in it, whoever's; or it is longer
 * than 4,096 bytes, which nobody looks at as a whole. */
bool mask_hides(const struct mask *mask, struct slice text);

/* Adds what is personal of the conversion, and gives it as it may be shown: MASK in the place of each
 * value that must not be. It lives as long as the arena and the conversion. */
void mask_conversion(struct mask *mask, const struct conversion *conversion,
                     struct conversion *ret_conversion);

#endif
