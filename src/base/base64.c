#include "base/base64.h"

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters for the three bytes at `from`; missing ones count as 0. */
static void encode_group(struct slice bytes, size_t from, char ret_group[static 4])
{
    uint32_t group = 0;
    for (size_t i = from; i < from + 3; i++) {
        group = group << 8 | (i < bytes.size ? (unsigned char)bytes.data[i] : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        ret_group[i] = alphabet[group >> (18 - 6 * i) & 0x3F];
    }
}

size_t base64_encode(struct slice bytes, char *ret_text)
{
    size_t length = 0;
    for (size_t from = 0; from < bytes.size; from += 3) {
        encode_group(bytes, from, ret_text + length);
        length += 4;
    }
    size_t padding = (3 - bytes.size % 3) % 3;
    memset(ret_text + length - padding, '=', padding);
    ret_text[length] = '\0';
    return length;
}

/* What the character stands for, in either alphabet; 64 for none. */
static uint32_t meaning(char character)
{
    if (character >= 'a' && character <= 'z') {
        return 26 + (uint32_t)(character - 'a');
    }
    if (character >= 'A' && character <= 'Z') {
        return (uint32_t)(character - 'A');
    }
    if (character >= '0' && character <= '9') {
        return 52 + (uint32_t)(character - '0');
    }
    if (character == '+' || character == '-') {
        return 62;
    }
    return character == '/' || character == '_' ? 63 : 64;
}

/* Up to four characters, which give one byte less than they are; 0 when they are none of base64. */
static size_t decode_group(struct slice group, char *ret_bytes)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < group.size ? meaning(group.data[i]) : 0;
        if (value == 64) {
            return 0;
        }
        bits = bits << 6 | value;
    }
    size_t size = group.size - 1;
    for (size_t i = 0; i < size; i++) {
        ret_bytes[i] = (char)(bits >> (16 - 8 * i) & 0xFF);
    }
    bool rest = (bits & (0xFFFFFFu >> (8 * size))) != 0;
    return rest ? 0 : size;
}

/* Without the padding, which has to make whole groups; what is left of a wrong one is refused later. */
static struct slice without_padding(struct slice text)
{
    bool whole = text.size % 4 == 0;
    for (size_t i = 0; whole && i < 2 && slice_ends_with(text, SLICE("=")); i++) {
        text.size--;
    }
    return text;
}

bool base64_decode(struct slice text, char *ret_bytes, size_t *ret_size)
{
    text = without_padding(text);
    size_t size = 0;
    for (size_t from = 0; from < text.size; from += 4) {
        size_t decoded = decode_group(slice_part(text, from, 4), ret_bytes + size);
        if (decoded == 0) {
            return false;
        }
        size += decoded;
    }
    *ret_size = size;
    return true;
}
