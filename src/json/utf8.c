#include "utf8.h"

#include "base/letter.h"

size_t utf8_valid_size(struct slice text)
{
    size_t size = 0;
    size_t step;
    do {
        step = slice_decode(slice_part(text, size, LETTER_SIZE_MAX), NULL);
        size += step;
    } while (step > 0);
    return size;
}

bool utf8_read_escape(struct slice text, uint32_t *ret_unit)
{
    if (text.size < 6 || text.data[0] != '\\' || text.data[1] != 'u') {
        return false;
    }
    uint32_t unit = 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = letter_hex_digit(text.data[i]);
        if (digit < 0) {
            return false;
        }
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret_unit = unit;
    return true;
}
