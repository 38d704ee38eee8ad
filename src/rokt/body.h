/* body: an answer's body, which may be anything. */
#ifndef ROKT_BODY_H
#define ROKT_BODY_H

#include "base/arena.h"
#include "json/value.h"

/* What it says; NULL when it is no JSON. One that is in another charset than UTF-8 (an echoed name in
 * Latin-1) is read all the same, with a `?` for each byte that is wrong. */
const struct json_value *body_read(struct slice body, struct arena *arena);

/* A text member; empty when `object` is none, or has none of that name. */
struct slice body_text(const struct json_value *object, struct slice name);

#endif
