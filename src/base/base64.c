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

/* One more than what a character stands for, in either alphabet; 0 for none. */
/* clang-format off */
static const unsigned char meanings[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
          23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
          49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
};
/* clang-format on */

/* Without the padding, which has to make whole groups; what is left of a wrong one is refused later. */
static struct slice without_padding(struct slice text)
{
    bool whole = text.size % 4 == 0;
    for (size_t i = 0; whole && i < 2 && slice_ends_with(text, SLICE("=")); i++) {
        text.size--;
    }
    return text;
}

/* Whether the bits of the last character that no byte is made of are zeros; one character alone makes none. */
static bool ends_well(size_t characters, uint32_t bits)
{
    size_t rest = characters % 4;
    return rest == 0 || (rest == 2 && (bits & 0xF) == 0) || (rest == 3 && (bits & 0x3) == 0);
}

/* Each character but the first of four completes a byte. */
bool base64_decode(struct slice text, char *ret_bytes, size_t *ret_size)
{
    text = without_padding(text);
    size_t size = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint32_t meaning = meanings[(unsigned char)text.data[i]];
        if (meaning == 0) {
            return false;
        }
        bits = bits << 6 | (meaning - 1);
        if (i % 4 != 0) {
            ret_bytes[size++] = (char)(bits >> (6 - 2 * (i % 4)));
        }
    }
    if (!ends_well(text.size, bits)) {
        return false;
    }
    *ret_size = size;
    return true;
}
