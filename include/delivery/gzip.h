/* gzip: the bodies of requests made smaller (RFC 1952), for a slow link.
 *
 * The same bytes always become the same ones: there is no time and no name in the head. What
 * compressing needs is allocated once. */
#ifndef DELIVERY_GZIP_H
#define DELIVERY_GZIP_H

#include "base/buffer.h"

struct gzip;

struct gzip *gzip_new(void);
/* gzip_free(NULL) is fine. */
void gzip_free(struct gzip *gzip);

/* What so many bytes become at most, by a little more than they are. */
size_t gzip_size_max(size_t size);

/* Appends the compressed bytes; `buffer` must have room for gzip_size_max() of them below its limit. */
void gzip_pack(struct gzip *gzip, struct slice bytes, struct buffer *buffer);

#endif
