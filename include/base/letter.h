/* letter: code points one by one: their case, as UTF-8, as hex digits. By GLib, with the tables
 * of Unicode that it was built with. */
#ifndef BASE_LETTER_H
#define BASE_LETTER_H

#include "base/arena.h"
#include "base/slice.h"

#define LETTER_SIZE_MAX 4 /* bytes in UTF-8 */

/* Unicode's simple mappings: one letter becomes one letter, whatever the language: ß stays, and
 * i becomes I in Turkish too. In UTF-8 the result may take less bytes, or up to half as many
 * more. */
uint32_t letter_lower(uint32_t code_point);
uint32_t letter_upper(uint32_t code_point);

/* The text, which must be valid UTF-8, with that done to each code point of it. */
struct slice letter_change(struct slice text, uint32_t (*change)(uint32_t code_point),
                           struct arena *arena);

/* Spaces of any width, also those that do not break a line, tabs, and the ends of lines and
 * paragraphs. */
bool letter_is_blank(uint32_t code_point);

/* For letter_trim(), when a blank may stand at an end. */
struct slice letter_trim_blanks(struct slice text);

/* The text, which must be valid UTF-8, without such blanks at both ends. Most texts begin and end with
 * visible ASCII. */
static inline struct slice letter_trim(struct slice text)
{
    bool visible = text.size > 0 && text.data[0] > ' ' && text.data[text.size - 1] > ' ' &&
                   (unsigned char)(text.data[0] | text.data[text.size - 1]) < 0x80;
    return visible ? text : letter_trim_blanks(text);
}

/* How many bytes such blanks take at the start. */
size_t letter_blank_size(struct slice text);

/* Whether there is nothing else in the text, which must be valid UTF-8: most begin with visible ASCII. */
static inline bool letter_all_blank(struct slice text)
{
    bool visible = text.size > 0 && text.data[0] > ' ' && (unsigned char)text.data[0] < 0x80;
    return !visible && letter_blank_size(text) == text.size;
}

/* Writes a code point that is no surrogate as UTF-8; returns its size in bytes, at most
 * LETTER_SIZE_MAX. */
size_t letter_encode(uint32_t code_point, char *ret_bytes);

/* What the hex digit stands for, or -1. */
int letter_hex_digit(char byte);

#endif
