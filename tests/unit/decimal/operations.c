/* Reads operations on decimals, one a line, and prints what each gives:
 *
 *     add A B             the result in plain notation, or "refused", also for an operand
 *     subtract A B        the same
 *     multiply A B        the same
 *     divide A B SCALE ROUNDING
 *     round A SCALE ROUNDING
 *     shift A PLACES
 *     negate A, absolute A
 *     compare A B         -1, 0 or 1
 *     bytes HEX SCALE     two's complement
 *
 * differential.py compares them with what Python's decimal module says. */
#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 5
#define LINE_MAX_BYTES 8192

struct operation {
    struct slice words[WORDS_MAX];
    struct arena *arena;
    struct decimal a, b;
};

static void fail(const char *what, struct slice text)
{
    (void)fprintf(stderr, "%s: %.*s\n", what, SLICE_PRINT(text));
    exit(2);
}

static void split(char *line, struct operation *operation)
{
    char *rest = NULL;
    size_t count = 0;
    for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest)) {
        operation->words[count++] = slice_of(word);
    }
}

static long number_at(const struct operation *operation, size_t index)
{
    return strtol(arena_string(operation->arena, operation->words[index]), NULL, 10);
}

static enum decimal_rounding rounding_at(const struct operation *operation, size_t index)
{
    enum decimal_rounding rounding;
    if (!decimal_rounding_find(operation->words[index], &rounding)) {
        fail("no rounding", operation->words[index]);
    }
    return rounding;
}

static bool read_operands(struct operation *operation, size_t count)
{
    return (count < 1 || decimal_parse(operation->words[1], operation->arena, &operation->a)) &&
           (count < 2 || decimal_parse(operation->words[2], operation->arena, &operation->b));
}

static struct slice bytes_of_hex(struct slice hex, struct arena *arena)
{
    char *bytes = arena_alloc(arena, hex.size / 2);
    for (size_t i = 0; i < hex.size / 2; i++) {
        char digits[3] = {hex.data[2 * i], hex.data[2 * i + 1], '\0'};
        bytes[i] = (char)strtol(digits, NULL, 16);
    }
    return (struct slice){bytes, hex.size / 2};
}

static bool add(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_add(&operation->a, &operation->b, operation->arena, ret_result);
}

static bool subtract(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_subtract(&operation->a, &operation->b, operation->arena, ret_result);
}

static bool multiply(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_multiply(&operation->a, &operation->b, operation->arena, ret_result);
}

static bool divide(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_divide(&operation->a, &operation->b, (uint32_t)number_at(operation, 3),
                          rounding_at(operation, 4), operation->arena, ret_result);
}

static bool round_to(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_round(&operation->a, (uint32_t)number_at(operation, 2),
                         rounding_at(operation, 3), operation->arena, ret_result);
}

static bool shift(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_shift(&operation->a, (int32_t)number_at(operation, 2), operation->arena,
                         ret_result);
}

static bool negate(const struct operation *operation, struct decimal *ret_result)
{
    *ret_result = decimal_negate(&operation->a);
    return true;
}

static bool absolute(const struct operation *operation, struct decimal *ret_result)
{
    *ret_result = decimal_absolute(&operation->a);
    return true;
}

static bool compare(const struct operation *operation, struct decimal *ret_result)
{
    int order = decimal_compare(&operation->a, &operation->b);
    return decimal_parse(order < 0   ? SLICE("-1")
                         : order > 0 ? SLICE("1")
                                     : SLICE("0"),
                         operation->arena, ret_result);
}

static bool bytes(const struct operation *operation, struct decimal *ret_result)
{
    return decimal_of_bytes(bytes_of_hex(operation->words[1], operation->arena),
                            (int32_t)number_at(operation, 2), operation->arena, ret_result);
}

static const struct {
    const char *name;
    size_t operands;
    bool (*run)(const struct operation *operation, struct decimal *ret_result);
} operations[] = {
    {"add", 2, add},       {"subtract", 2, subtract}, {"multiply", 2, multiply},
    {"divide", 2, divide}, {"round", 1, round_to},    {"shift", 1, shift},
    {"negate", 1, negate}, {"absolute", 1, absolute}, {"compare", 2, compare},
    {"bytes", 0, bytes},
};

static void run(char *line, struct arena *arena)
{
    struct operation operation = {.arena = arena};
    split(line, &operation);
    size_t i = 0;
    while (!slice_equal(operation.words[0], slice_of(operations[i].name))) {
        i++;
        if (i == sizeof operations / sizeof *operations) {
            fail("no operation", operation.words[0]);
        }
    }
    struct decimal result;
    bool done =
        read_operands(&operation, operations[i].operands) && operations[i].run(&operation, &result);
    struct slice text = done ? decimal_text(&result, arena) : SLICE("refused");
    (void)printf("%.*s\n", SLICE_PRINT(text));
}

int main(void)
{
    static char line[LINE_MAX_BYTES];
    struct arena arena;
    arena_init(&arena, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        run(line, &arena);
        arena_reset(&arena);
    }
    arena_done(&arena);
    return 0;
}
