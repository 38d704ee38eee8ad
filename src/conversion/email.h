/* email: the addresses that a hash of them can be matched with.
 *
 * A dot-atom, '@' and a domain of two or more labels, as RFC 5321 has them, also in other
 * scripts (RFC 6531). Left out of the RFC on purpose, since orders do not have them but by
 * mistake: quoted local parts, address literals, domains of one label, characters that cannot be
 * seen, and every address with a '*', a bullet or an ellipsis, which is a masked one. */
#ifndef CONVERSION_EMAIL_H
#define CONVERSION_EMAIL_H

#include "base/slice.h"

/* NULL when `text`, which is valid UTF-8, is an address; else what is wrong with it, in words. */
const char *email_fault(struct slice text);

#endif
