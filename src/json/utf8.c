#include "utf8.h"

size_t utf8_encode(uint32_t code_point, char ret_bytes[static UTF8_SIZE_MAX])
{
    if (code_point < 0x80) {
        ret_bytes[0] = (char)code_point;
        return 1;
    }
    size_t size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    ret_bytes[0] = (char)((0xF00u >> size & 0xFF) | code_point);
    return size;
}

size_t utf8_valid_size(struct slice text)
{
    size_t size = 0;
    size_t step;
    do {
        step = slice_decode(slice_part(text, size, UTF8_SIZE_MAX), NULL);
        size += step;
    } while (step > 0);
    return size;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool utf8_read_escape(struct slice text, uint32_t *ret_unit)
{
    if (text.size < 6 || text.data[0] != '\\' || text.data[1] != 'u') {
        return false;
    }
    uint32_t unit = 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(text.data[i]);
        if (digit < 0) {
            return false;
        }
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret_unit = unit;
    return true;
}
