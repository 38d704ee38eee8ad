/* gunzip: what gzip has made smaller, as it was. */
#ifndef SUPPORT_GUNZIP_H
#define SUPPORT_GUNZIP_H

#include "base/buffer.h"

/* False when it is no gzip, or more than one after the other. `ret_unpacked` is to be freed in any
 * case. */
__attribute__((warn_unused_result)) bool gunzip(struct slice packed, struct buffer *ret_unpacked);

#endif
