#include "json/value.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>

/* Objects above this size are compared through sorted lists, so that the worst order of members does
 * not cost the square of their number. */
#define MEMBERS_COMPARED_BY_SEARCH 64

/* Exponents are exact up to ten to the seventeenth; those beyond are all the same. */
#define EXPONENT_MAX 100000000000000000LL

#define DIGITS_A_STEP 4 /* of a number that is compared */

/* A number as JSON writes it, taken apart: sign * 0.DIGITS * 10^exponent. */
struct number {
    int sign;            /* -1, 0 or 1 */
    struct slice digits; /* from the first that is not 0; may hold the point */
    int64_t exponent;
};

const struct json_value json_null = {.kind = JSON_NULL};

/* Most names differ in their size or in the last byte: those that are not it are passed over without a call. */
static bool has_name(const struct json_value *member, struct slice name)
{
    size_t size = name.size;
    return member->name.size == size &&
           (size == 0 || (member->name.data[size - 1] == name.data[size - 1] &&
                          memcmp(member->name.data, name.data, size) == 0));
}

const struct json_value *json_member(const struct json_value *value, struct slice name)
{
    if (value == NULL || value->kind != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_value *member = value->first; member != NULL; member = member->next) {
        if (has_name(member, name)) {
            return member;
        }
    }
    return NULL;
}

const struct json_value *json_item(const struct json_value *value, long long index)
{
    if (value == NULL || value->kind != JSON_ARRAY) {
        return NULL;
    }
    long long count = (long long)value->count;
    long long place = index < 0 ? index + count : index;
    if (place < 0 || place >= count) {
        return NULL;
    }
    const struct json_value *item = value->first;
    while (place > 0) {
        item = item->next;
        place--;
    }
    return item;
}

/* The number behind the 'e', held within EXPONENT_MAX. */
static int64_t read_exponent(struct slice text)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    bool has_sign = negative || (text.size > 0 && text.data[0] == '+');
    int64_t exponent = 0;
    for (size_t i = has_sign ? 1 : 0; i < text.size; i++) {
        exponent = exponent * 10 + (text.data[i] - '0');
        if (exponent > EXPONENT_MAX) {
            exponent = EXPONENT_MAX;
            break;
        }
    }
    return negative ? -exponent : exponent;
}

static size_t position_of(struct slice text, const char *characters)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == characters[0] || text.data[i] == characters[1]) {
            return i;
        }
    }
    return text.size;
}

static struct number take_apart(struct slice text)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    text = slice_part(text, negative ? 1 : 0, SIZE_MAX);
    size_t end = position_of(text, "eE");
    struct slice mantissa = {text.data, end};
    size_t point = position_of(mantissa, "..");
    size_t first = 0;
    while (first < end && (mantissa.data[first] == '0' || mantissa.data[first] == '.')) {
        first++;
    }
    if (first == end) {
        return (struct number){0};
    }
    int64_t magnitude = (int64_t)point - (int64_t)first + (first > point ? 1 : 0);
    return (struct number){
        .sign = negative ? -1 : 1,
        .digits = slice_part(mantissa, first, SIZE_MAX),
        .exponent = magnitude + read_exponent(slice_part(text, end + 1, SIZE_MAX)),
    };
}

/* Takes the next digit off; behind the last there are zeros. */
static char take_digit(struct slice *digits)
{
    if (digits->size > 0 && digits->data[0] == '.') {
        *digits = slice_part(*digits, 1, SIZE_MAX);
    }
    char digit = digits->size > 0 ? digits->data[0] : '0';
    *digits = slice_part(*digits, 1, SIZE_MAX);
    return digit;
}

/* Compares what is left of two numbers of the same sign, without it. */
static int compare_magnitudes(struct number a, struct number b)
{
    if (a.exponent != b.exponent) {
        return a.exponent < b.exponent ? -1 : 1;
    }
    while (a.digits.size > 0 || b.digits.size > 0) {
        int difference = take_digit(&a.digits) - take_digit(&b.digits);
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

static int compare_numbers(struct slice a_text, struct slice b_text)
{
    struct number a = take_apart(a_text);
    struct number b = take_apart(b_text);
    if (a.sign != b.sign) {
        return a.sign < b.sign ? -1 : 1;
    }
    if (a.sign == 0) {
        return 0;
    }
    int difference = compare_magnitudes(a, b);
    return a.sign < 0 ? -difference : difference;
}

static bool arrays_equal(const struct json_value *a, const struct json_value *b)
{
    const struct json_value *other = b->first;
    for (const struct json_value *item = a->first; item != NULL; item = item->next) {
        if (!json_equal(item, other)) {
            return false;
        }
        other = other->next;
    }
    return true;
}

/* Members mostly come in the same order, so each is first sought behind the last one found. */
static bool small_objects_equal(const struct json_value *a, const struct json_value *b)
{
    const struct json_value *hint = b->first;
    for (const struct json_value *member = a->first; member != NULL; member = member->next) {
        const struct json_value *other = hint;
        if (other == NULL || !slice_equal(other->name, member->name)) {
            other = json_member(b, member->name);
        }
        if (other == NULL || !json_equal(member, other)) {
            return false;
        }
        hint = other->next;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct json_value *const *left = a;
    const struct json_value *const *right = b;
    return slice_compare((*left)->name, (*right)->name);
}

static const struct json_value **sorted_members(const struct json_value *object)
{
    const struct json_value **members = memory_new(object->count, sizeof(*members));
    size_t count = 0;
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        members[count++] = member;
    }
    qsort(members, count, sizeof(*members), compare_names);
    return members;
}

static bool large_objects_equal(const struct json_value *a, const struct json_value *b)
{
    const struct json_value **left = sorted_members(a);
    const struct json_value **right = sorted_members(b);
    bool equal = true;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = slice_equal(left[i]->name, right[i]->name) && json_equal(left[i], right[i]);
    }
    free(left);
    free(right);
    return equal;
}

bool json_equal(const struct json_value *a, const struct json_value *b)
{
    if (a->kind != b->kind || a->count != b->count) {
        return false;
    }
    switch (a->kind) {
    case JSON_NUMBER:
        return slice_equal(a->text, b->text) || compare_numbers(a->text, b->text) == 0;
    case JSON_STRING:
        return slice_equal(a->text, b->text);
    case JSON_ARRAY:
        return arrays_equal(a, b);
    case JSON_OBJECT:
        return a->count <= MEMBERS_COMPARED_BY_SEARCH ? small_objects_equal(a, b)
                                                      : large_objects_equal(a, b);
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        break;
    }
    return true;
}

/* Numbers are read digit by digit, several times. */
static bool count_tree(const struct json_value *value, const struct arena *arena, struct work *work)
{
    size_t digits = value->kind == JSON_NUMBER ? value->text.size : 0;
    size_t steps = work_of_bytes(value->name.size + value->text.size) + digits / DIGITS_A_STEP;
    bool fits = work_count(work, arena, steps);
    for (const struct json_value *child = value->first; child != NULL && fits;
         child = child->next) {
        fits = count_tree(child, arena, work);
    }
    return fits;
}

/* Values of different kinds, or of different numbers of children, are not looked at any further. */
bool json_count_work(const struct json_value *a, const struct json_value *b,
                     const struct arena *arena, struct work *work)
{
    bool alike = a->kind == b->kind && a->count == b->count;
    return !alike || (count_tree(a, arena, work) && count_tree(b, arena, work));
}

bool json_less(const struct json_value *a, const struct json_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == JSON_NUMBER) {
        return compare_numbers(a->text, b->text) < 0;
    }
    return a->kind == JSON_STRING && slice_compare(a->text, b->text) < 0;
}

const char *json_kind_name(enum json_kind kind)
{
    switch (kind) {
    case JSON_NULL:
        return "null";
    case JSON_FALSE:
    case JSON_TRUE:
        return "boolean";
    case JSON_NUMBER:
        return "number";
    case JSON_STRING:
        return "string";
    case JSON_ARRAY:
        return "array";
    case JSON_OBJECT:
        break;
    }
    return "object";
}
