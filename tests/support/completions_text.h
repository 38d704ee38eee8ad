/* completions_text: text of completions with whatever content, and the checksum that belongs to it,
 * written down a second time. */
#ifndef SUPPORT_COMPLETIONS_TEXT_H
#define SUPPORT_COMPLETIONS_TEXT_H

#include "base/buffer.h"
#include "kafka/completions.h"

/* Appends it. `content` is what stands before the colon, "rokt-relay/1:" and the digits. */
void completions_text(struct buffer *out, struct slice content,
                      const struct completions_place *place);

#endif
