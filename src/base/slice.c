#include "base/slice.h"

/* Names longer than this are nobody's typing error. */
#define DISTANCE_SIZE 64

/* ASCII only and whatever the locale: names and tokens of protocols are what is compared. */
static unsigned char lower(char byte)
{
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

bool slice_equal_ignoring_case(struct slice a, struct slice b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

size_t slice_hash(struct slice text)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < text.size; i++) {
        sum = (sum ^ (unsigned char)text.data[i]) * 1099511628211u;
    }
    return (size_t)(sum ^ (sum >> 32));
}

bool slice_starts_with(struct slice text, struct slice prefix)
{
    return text.size >= prefix.size && slice_equal(slice_part(text, 0, prefix.size), prefix);
}

bool slice_ends_with(struct slice text, struct slice suffix)
{
    return text.size >= suffix.size &&
           slice_equal(slice_part(text, text.size - suffix.size, suffix.size), suffix);
}

size_t slice_find(struct slice text, struct slice part)
{
    if (part.size == 0) {
        return 0;
    }
    if (part.size > text.size) {
        return SIZE_MAX;
    }
    const char *place = part.size == 1 ? memchr(text.data, part.data[0], text.size)
                                       : memmem(text.data, text.size, part.data, part.size);
    return place == NULL ? SIZE_MAX : (size_t)(place - text.data);
}

struct slice slice_trim_blanks(struct slice text)
{
    while (text.size > 0 && slice_is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && slice_is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* How long the sequence is that `lead` begins, with the smallest code point that may be written so
 * long: what is below is an overlong form. 0 when no sequence begins so. */
static size_t sequence_size(unsigned char lead, uint32_t *ret_smallest)
{
    if (lead >= 0xC2 && lead <= 0xDF) {
        *ret_smallest = 0x80;
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        *ret_smallest = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *ret_smallest = 0x10000;
        return 4;
    }
    return 0;
}

static size_t decode_sequence(struct slice text, uint32_t *ret_code_point)
{
    unsigned char lead = (unsigned char)text.data[0];
    uint32_t smallest = 0;
    size_t size = sequence_size(lead, &smallest);
    if (size == 0 || size > text.size) {
        return 0;
    }
    uint32_t code_point = lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        code_point = code_point << 6 | (byte & 0x3Fu);
    }
    bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < smallest || code_point > 0x10FFFF || surrogate) {
        return 0;
    }
    *ret_code_point = code_point;
    return size;
}

size_t slice_decode(struct slice text, uint32_t *ret_code_point)
{
    uint32_t ignored;
    uint32_t *code_point = ret_code_point == NULL ? &ignored : ret_code_point;
    if (text.size == 0) {
        return 0;
    }
    if ((unsigned char)text.data[0] < 0x80) {
        *code_point = (unsigned char)text.data[0];
        return 1;
    }
    return decode_sequence(text, code_point);
}

bool slice_is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x2028 ||
           code_point == 0x2029;
}

static uint64_t high_bits(const char *word)
{
    uint64_t bytes;
    memcpy(&bytes, word, sizeof bytes);
    return bytes & 0x8080808080808080u;
}

/* How many ASCII bytes `text` begins with, rounded down to words: most text is nothing else. */
static size_t ascii_words(struct slice text)
{
    const size_t word = sizeof(uint64_t);
    size_t size = 0;
    while (text.size - size >= 4 * word) {
        const char *four = text.data + size;
        if ((high_bits(four) | high_bits(four + word) | high_bits(four + 2 * word) |
             high_bits(four + 3 * word)) != 0) {
            break;
        }
        size += 4 * word;
    }
    while (text.size - size >= word && high_bits(text.data + size) == 0) {
        size += word;
    }
    return size;
}

bool slice_is_ascii(struct slice text)
{
    size_t at = ascii_words(text);
    while (at < text.size && (unsigned char)text.data[at] < 0x80) {
        at++;
    }
    return at == text.size;
}

bool slice_is_utf8(struct slice text)
{
    size_t at = 0;
    while (at < text.size) {
        struct slice rest = {text.data + at, text.size - at};
        size_t size = ascii_words(rest);
        if (size == 0) {
            size = slice_decode(rest, NULL);
        }
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

size_t slice_length(struct slice text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.size; i++) {
        length += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    }
    return length;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: the textbook's table, of which three rows are needed at a time. */
size_t slice_distance(struct slice a, struct slice b)
{
    if (a.size > DISTANCE_SIZE || b.size > DISTANCE_SIZE) {
        return SIZE_MAX;
    }
    size_t rows[3][DISTANCE_SIZE + 1] = {{0}};
    for (size_t j = 0; j <= b.size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            bool same = a.data[i - 1] == b.data[j - 1];
            row[j] = smaller(above[j - 1] + !same, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1]) {
                row[j] = smaller(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a.size % 3][b.size];
}
