#include "coding.h"

#include <zlib.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib's way to say gzip, and nothing else */
#define MEMORY_LEVEL 8               /* zlib's default */
#define PIECE 16384

/* zlib reads, but has not declared so. */
static Bytef *input(struct slice bytes)
{
    return (Bytef *)(uintptr_t)bytes.data;
}

/* Lets zlib work until it has no more to say; its last word. */
static int inflate_all(z_stream *stream, struct buffer *text)
{
    char piece[PIECE];
    int result = Z_OK;
    while (result == Z_OK && !text->failed) {
        stream->next_out = (Bytef *)piece;
        stream->avail_out = sizeof piece;
        result = inflate(stream, Z_NO_FLUSH);
        buffer_append(text, (struct slice){piece, sizeof piece - stream->avail_out});
    }
    return result;
}

bool coding_gunzip(struct slice bytes, struct buffer *text)
{
    z_stream stream = {.next_in = input(bytes), .avail_in = (uInt)bytes.size};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        return false;
    }
    int result = inflate_all(&stream, text);
    bool whole = result == Z_STREAM_END && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    return whole || text->failed;
}

void coding_gzip(struct slice text, struct buffer *bytes)
{
    z_stream stream = {.next_in = input(text), .avail_in = (uInt)text.size};
    char piece[PIECE];
    int result = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY);
    while (result == Z_OK) {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = sizeof piece;
        result = deflate(&stream, Z_FINISH);
        buffer_append(bytes, (struct slice){piece, sizeof piece - stream.avail_out});
    }
    (void)deflateEnd(&stream);
}

void coding_latin1(struct slice text, struct buffer *bytes)
{
    size_t at = 0;
    while (at < text.size) {
        uint32_t code_point = 0;
        size_t size = slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
        bool known = size > 0 && code_point <= 0xFF;
        buffer_append_byte(bytes, known ? (char)(unsigned char)code_point : '?');
        at += size > 0 ? size : 1;
    }
}
