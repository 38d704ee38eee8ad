#include "json/writer.h"

#include <stdint.h>

/* `byte` in each of the eight bytes of a word. */
#define EIGHT(byte) (0x0101010101010101ull * (byte))

static uint64_t zero_bytes(uint64_t word)
{
    return (word - EIGHT(0x01)) & ~word & EIGHT(0x80);
}

/* Whether none of eight bytes needs an escape. (The usual sums that look at eight at once; a borrow
 * can flag a byte wrongly only next to one flagged rightly.) */
static bool all_plain(const char *bytes, enum json_charset charset)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    uint64_t flagged = (word - EIGHT(0x20)) & ~word & EIGHT(0x80);
    flagged |= zero_bytes(word ^ EIGHT('"')) | zero_bytes(word ^ EIGHT('\\'));
    if (charset == JSON_ASCII) {
        flagged |= zero_bytes(word ^ EIGHT(0x7F)) | (word & EIGHT(0x80));
    }
    return flagged == 0;
}

static bool is_plain(char character, enum json_charset charset)
{
    unsigned char byte = (unsigned char)character;
    return byte >= 0x20 && byte != '"' && byte != '\\' && (charset == JSON_UTF8 || byte < 0x7F);
}

/* How many bytes from `from` on need no escape. */
static size_t plain_size(struct slice text, size_t from, enum json_charset charset)
{
    size_t at = from;
    while (text.size >= 8 && at < text.size) {
        size_t word = at < text.size - 8 ? at : text.size - 8; /* the last reaches back */
        if (!all_plain(text.data + word, charset)) {
            break;
        }
        at = word + 8;
    }
    while (at < text.size && is_plain(text.data[at], charset)) {
        at++;
    }
    return at - from;
}

/* The letter of the two-character escape of a byte, or 0. */
static char short_escape(char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void write_unit(struct buffer *buffer, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = {'\\',
                           'u',
                           digits[unit >> 12 & 15],
                           digits[unit >> 8 & 15],
                           digits[unit >> 4 & 15],
                           digits[unit & 15]};
    buffer_append(buffer, (struct slice){escape, sizeof(escape)});
}

/* Escapes the character at the start of `text`; returns its size. */
static size_t write_escape(struct buffer *buffer, struct slice text)
{
    char letter = short_escape(text.data[0]);
    if (letter != 0) {
        const char escape[] = {'\\', letter};
        buffer_append(buffer, (struct slice){escape, sizeof(escape)});
        return 1;
    }
    uint32_t code_point = 0xFFFD; /* what stands for bytes that break the contract */
    size_t size = slice_decode(text, &code_point);
    if (code_point > 0xFFFF) {
        write_unit(buffer, 0xD800 + ((code_point - 0x10000) >> 10));
        write_unit(buffer, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
    } else {
        write_unit(buffer, code_point);
    }
    return size == 0 ? 1 : size;
}

void json_write_escaped(struct buffer *buffer, struct slice text, enum json_charset charset)
{
    size_t done = 0;
    while (done < text.size) {
        size_t plain = plain_size(text, done, charset);
        buffer_append(buffer, (struct slice){text.data + done, plain});
        done += plain;
        if (done < text.size) {
            done += write_escape(buffer, slice_part(text, done, SIZE_MAX));
        }
    }
}

void json_write_string(struct buffer *buffer, struct slice text, enum json_charset charset)
{
    buffer_append_byte(buffer, '"');
    json_write_escaped(buffer, text, charset);
    buffer_append_byte(buffer, '"');
}

/* The children between their brackets; calls json_write_value() for each, no deeper than the tree,
 * which the reader bounds. */
static void write_children(struct buffer *buffer, const struct json_value *value,
                           enum json_charset charset)
{
    bool object = value->kind == JSON_OBJECT;
    buffer_append_byte(buffer, object ? '{' : '[');
    for (const struct json_value *child = value->first; child != NULL; child = child->next) {
        if (child != value->first) {
            buffer_append_byte(buffer, ',');
        }
        if (object) {
            json_write_string(buffer, child->name, charset);
            buffer_append_byte(buffer, ':');
        }
        json_write_value(buffer, child, charset);
    }
    buffer_append_byte(buffer, object ? '}' : ']');
}

void json_write_value(struct buffer *buffer, const struct json_value *value,
                      enum json_charset charset)
{
    switch (value->kind) {
    case JSON_NULL:
        buffer_append(buffer, SLICE("null"));
        break;
    case JSON_FALSE:
        buffer_append(buffer, SLICE("false"));
        break;
    case JSON_TRUE:
        buffer_append(buffer, SLICE("true"));
        break;
    case JSON_NUMBER:
        buffer_append(buffer, value->text);
        break;
    case JSON_STRING:
        json_write_string(buffer, value->text, charset);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        write_children(buffer, value, charset);
        break;
    }
}
