/* original: the messages that conversions were made from, kept beside their batch until the answer:
 * a conversion that Rokt refuses makes a dead letter of its whole message. */
#ifndef DELIVERY_ORIGINAL_H
#define DELIVERY_ORIGINAL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "mapping/message.h"

/* Appends a copy of the message; where it stands in the buffer. The buffer has failed when there is
 * no room for it. */
size_t original_keep(struct buffer *buffer, const struct message *message);

/* Appends the copy that stands at `at` in another buffer. */
size_t original_copy(struct buffer *buffer, const struct buffer *from, size_t at);

/* The message that stands at `at`: its headers are in the arena, their bytes and all else in the
 * buffer. */
struct message original_read(const struct buffer *buffer, size_t at, struct arena *arena);

/* The value of its first header of that name, in the buffer; data is NULL when there is none. */
struct slice original_header(const struct buffer *buffer, size_t at, struct slice name);

#endif
