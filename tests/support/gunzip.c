#include "support/gunzip.h"

#include <assert.h>
#include <zlib.h>

#define UNPACKED_MAX (64 * 1024 * 1024)
#define CHUNK 65536

bool gunzip(struct slice packed, struct buffer *ret_unpacked)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.size};
    int code = inflateInit2(&stream, 15 + 16);
    assert(code == Z_OK);
    buffer_init(ret_unpacked, UNPACKED_MAX);
    while (code == Z_OK) {
        char *room = buffer_reserve(ret_unpacked, CHUNK);
        assert(room != NULL);
        stream.next_out = (Bytef *)room;
        stream.avail_out = CHUNK;
        code = inflate(&stream, Z_NO_FLUSH);
        buffer_commit(ret_unpacked, CHUNK - stream.avail_out);
    }
    (void)inflateEnd(&stream);
    return code == Z_STREAM_END && stream.avail_in == 0;
}
