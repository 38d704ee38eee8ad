#include "delivery/gzip.h"

#include "base/memory.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define WINDOW_BITS (15 + 16) /* the largest window; 16 more stand for gzip, deflateInit2(3) */
#define MEMORY_LEVEL 8        /* the usual one */

struct gzip {
    z_stream stream;
};

/* The fastest level: conversions repeat each other so much that slower ones gain little. */
struct gzip *gzip_new(void)
{
    struct gzip *gzip = memory_new(1, sizeof *gzip);
    int code = deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                            Z_DEFAULT_STRATEGY);
    if (code != Z_OK) {
        abort(); /* out of memory, as in base/memory */
    }
    return gzip;
}

void gzip_free(struct gzip *gzip)
{
    if (gzip != NULL) {
        (void)deflateEnd(&gzip->stream);
        free(gzip);
    }
}

/* As deflateBound() has it when nothing is known of the stream, and the head and the end of gzip. */
size_t gzip_size_max(size_t size)
{
    return size + (size >> 3) + (size >> 6) + 64;
}

void gzip_pack(struct gzip *gzip, struct slice bytes, struct buffer *buffer)
{
    z_stream *stream = &gzip->stream;
    (void)deflateReset(stream);
    size_t bound = deflateBound(stream, bytes.size);
    assert(bytes.size <= UINT_MAX && bound <= gzip_size_max(bytes.size) && bound <= UINT_MAX);
    char *room = buffer_reserve(buffer, bound);
    assert(room != NULL);
    stream->next_in = (Bytef *)(uintptr_t)bytes.data;
    stream->avail_in = (uInt)bytes.size;
    stream->next_out = (Bytef *)room;
    stream->avail_out = (uInt)bound;
    int code = deflate(stream, Z_FINISH);
    assert(code == Z_STREAM_END);
    (void)code;
    buffer_commit(buffer, stream->total_out);
}
