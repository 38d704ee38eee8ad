/* position: where in a JSON text a value stands, as the errors of the Event and Audience API tell it:
 *
 *     Path '[1].events[0].data.custom_attributes.amount', line 1, position 345
 *
 * The position is that of the value's last character, counted in characters from 1, into the whole text. */
#ifndef SANDBOX_POSITION_H
#define SANDBOX_POSITION_H

#include "base/arena.h"
#include "base/buffer.h"

#include <stddef.h>

#define POSITION_STEPS_MAX 8

/* From a value to one of its children. */
struct position_step {
    struct slice name; /* an object's member; data is NULL: the array's item at `index` */
    size_t index;
};

/* The way from the whole text to a value; all-zero is the whole text. */
struct position {
    struct position_step steps[POSITION_STEPS_MAX];
    size_t depth;
};

/* One step further, to a member or an item. */
void position_enter(struct position *position, struct slice name);
void position_enter_item(struct position *position, size_t index);
void position_leave(struct position *position);

/* The bytes of the value there; `text` must be valid JSON. Of members with the same name it is the last.
 * Empty when there is no such value. The arena is scratch. */
struct slice position_find(const struct position *position, struct slice text, struct arena *arena);

/* The bytes of each item of the array `text`, valid JSON; returns how many of them there are, `max` at most. */
size_t position_items(struct slice text, struct slice ret_items[], size_t max);

/* How many values, with all that are within others, the text has: one more for each name that an object has
 * twice than the tree read from it, which keeps the last of them. `text` must be valid JSON. */
size_t position_count(struct slice text);

/* [1].events[0].data; what is no identifier is written ['so']. */
void position_write(const struct position *position, struct buffer *buffer);

#endif
