/* kinds: which kinds of value an expression can give, as far as that is known before a message
 * comes: a set of bits. Of a list it is the kinds of its values. What a path finds can be anything.
 *
 * Private to the files that compile expressions and look into them. */
#ifndef MAPPING_KINDS_H
#define MAPPING_KINDS_H

#include "syntax.h"

enum kind {
    KIND_NOTHING = 1,
    KIND_NULL = 2,
    KIND_BOOLEAN = 4,
    KIND_NUMBER = 8,
    KIND_ARRAY = 16,
    KIND_OBJECT = 32,
    /* Texts: of some transforms it is known which. */
    KIND_TIME = 64,
    KIND_HASH = 128,
    KIND_UUID = 256,
    KIND_PHONE = 512,
    KIND_ADDRESS = 1024,
    KIND_OTHER_TEXT = 2048
};

#define KIND_TEXT (KIND_TIME | KIND_HASH | KIND_UUID | KIND_PHONE | KIND_ADDRESS | KIND_OTHER_TEXT)
#define KINDS_ANY 4095u

unsigned kinds_of_literal(const struct json_value *literal);
unsigned kinds_of_record(enum kafka_part part);

/* Whether it is present for every message, so that no alternative behind it counts. */
bool kinds_always_present(const struct expression *operand);

/* Of ?? with these operands. */
unsigned kinds_of_alternatives(const struct expression *alternatives);

/* Of a call of a known transform. */
unsigned kinds_of_call(const struct expression *call);

/* Whether there are values of these kinds for which the comparison says more than that both, or
 * one of them, are missing. */
bool kinds_compare(enum comparison comparison, unsigned left, unsigned right);

/* "a text", "a number or a text": what they are when they are not missing. */
void kinds_write(unsigned kinds, struct error *ret_text);

#endif
