#include "letters.h"

#include <stdbool.h>
#include <stddef.h>

/* The capitals first, first + step, …, last; each small letter stands `distance` behind its
 * capital. */
struct letters {
    uint32_t first;
    uint32_t last;
    uint32_t step;
    uint32_t distance;
};

static const struct letters ranges[] = {
    {'A', 'Z', 1, 32},       {0x00C0, 0x00D6, 1, 32}, {0x00D8, 0x00DE, 1, 32},
    {0x0100, 0x012E, 2, 1},  {0x0132, 0x0136, 2, 1},  {0x0139, 0x0147, 2, 1},
    {0x014A, 0x0176, 2, 1},  {0x0179, 0x017D, 2, 1},  {0x0386, 0x0386, 1, 38},
    {0x0388, 0x038A, 1, 37}, {0x038C, 0x038C, 1, 64}, {0x038E, 0x038F, 1, 63},
    {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03AB, 1, 32}, {0x0400, 0x040F, 1, 80},
    {0x0410, 0x042F, 1, 32}, {0x0460, 0x0480, 2, 1},  {0x048A, 0x04BE, 2, 1},
    {0x04C1, 0x04CD, 2, 1},  {0x04D0, 0x052E, 2, 1},  {0x0531, 0x0556, 1, 48},
    {0x1E00, 0x1E94, 2, 1},  {0x1EA0, 0x1EFE, 2, 1},
};

#define RANGES (sizeof ranges / sizeof *ranges)
#define CAPITAL_Y_DIAERESIS 0x0178u
#define SMALL_Y_DIAERESIS 0x00FFu
#define CAPITAL_SIGMA 0x03A3u
#define FINAL_SIGMA 0x03C2u

uint32_t letters_lower(uint32_t code_point)
{
    for (size_t i = 0; i < RANGES; i++) {
        const struct letters *range = &ranges[i];
        if (code_point >= range->first && code_point <= range->last) {
            bool capital = (code_point - range->first) % range->step == 0;
            return capital ? code_point + range->distance : code_point;
        }
    }
    return code_point == CAPITAL_Y_DIAERESIS ? SMALL_Y_DIAERESIS : code_point;
}

uint32_t letters_upper(uint32_t code_point)
{
    for (size_t i = 0; i < RANGES; i++) {
        const struct letters *range = &ranges[i];
        uint32_t capital = code_point - range->distance;
        if (code_point >= range->first + range->distance && capital <= range->last &&
            (capital - range->first) % range->step == 0) {
            return capital;
        }
    }
    if (code_point == FINAL_SIGMA) {
        return CAPITAL_SIGMA;
    }
    return code_point == SMALL_Y_DIAERESIS ? CAPITAL_Y_DIAERESIS : code_point;
}

size_t letters_encode(uint32_t code_point, char *ret_bytes)
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t size = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    ret_bytes[0] = (char)(leads[size] | code_point);
    return size;
}

int letters_hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}
