/* names: a set of names, to notice the second of two. It lives in an arena and refers to the caller's
 * texts. */
#ifndef SANDBOX_NAMES_H
#define SANDBOX_NAMES_H

#include "base/arena.h"

struct names {
    struct slice *slots; /* open addressing; a slot without data is free */
    size_t slot_count;
};

/* Room for `count` names. */
void names_init(struct names *names, size_t count, struct arena *arena);

/* False when the name is there already. It must not be added more often than there is room. */
bool names_add(struct names *names, struct slice name);

#endif
