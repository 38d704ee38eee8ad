/* letters: code points one by one: written as UTF-8, in upper and lower case, as hex digits.
 *
 * The case of Latin (with all of Latin-1, Extended-A and Extended Additional), Greek, Cyrillic
 * and Armenian, as the simple mappings of Unicode have it: one letter becomes one letter,
 * whatever the language (so ß stays, and i becomes I in Turkish too). All other code points
 * stay. */
#ifndef MAPPING_LETTERS_H
#define MAPPING_LETTERS_H

#include <stddef.h>
#include <stdint.h>

uint32_t letters_lower(uint32_t code_point);
uint32_t letters_upper(uint32_t code_point);

/* Writes the code point as UTF-8; returns how many bytes (1 to 4) that took. */
size_t letters_encode(uint32_t code_point, char *ret_bytes);

/* What the hex digit stands for, or -1. */
int letters_hex_digit(char byte);

#endif
