#include "natural.h"

#define LIMB 1000000000u
#define LIMB_DIGITS 9

static struct natural natural_new(size_t count, struct arena *arena)
{
    return (struct natural){arena_calloc(arena, count, sizeof(uint32_t)), count};
}

/* Without limbs that say nothing. */
static struct natural trimmed(struct natural natural)
{
    while (natural.count > 0 && natural.limbs[natural.count - 1] == 0) {
        natural.count--;
    }
    return natural;
}

struct natural natural_read(struct slice digits, size_t zeros, struct arena *arena)
{
    static const uint32_t powers[LIMB_DIGITS] = {1,      10,      100,      1000,     10000,
                                                 100000, 1000000, 10000000, 100000000};
    size_t size = digits.size + zeros;
    struct natural natural = natural_new(size / LIMB_DIGITS + 1, arena);
    for (size_t place = zeros; place < size; place++) {
        uint32_t digit = (uint32_t)(digits.data[size - 1 - place] - '0');
        natural.limbs[place / LIMB_DIGITS] += digit * powers[place % LIMB_DIGITS];
    }
    return trimmed(natural);
}

struct natural natural_of_bytes(struct slice bytes, struct arena *arena)
{
    /* Nine digits hold 29 bits: 3 bytes at least. */
    struct natural natural = natural_new(bytes.size / 3 + 1, arena);
    for (size_t i = 0; i < bytes.size; i++) {
        uint64_t carry = (unsigned char)bytes.data[i];
        for (size_t at = 0; at < natural.count; at++) {
            carry += (uint64_t)natural.limbs[at] << 8;
            natural.limbs[at] = (uint32_t)(carry % LIMB);
            carry /= LIMB;
        }
    }
    return trimmed(natural);
}

struct slice natural_digits(const struct natural *natural, struct arena *arena)
{
    size_t size = natural->count * LIMB_DIGITS;
    char *digits = arena_alloc(arena, size);
    for (size_t at = 0; at < natural->count; at++) {
        uint32_t limb = natural->limbs[at];
        for (size_t place = at * LIMB_DIGITS; place < (at + 1) * LIMB_DIGITS; place++) {
            digits[size - 1 - place] = (char)('0' + limb % 10);
            limb /= 10;
        }
    }
    return (struct slice){digits, size};
}

struct natural natural_multiply(const struct natural *a, const struct natural *b,
                                struct arena *arena)
{
    struct natural product = natural_new(a->count + b->count, arena);
    for (size_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b->count; j++) {
            carry += (uint64_t)a->limbs[i] * b->limbs[j] + product.limbs[i + j];
            product.limbs[i + j] = (uint32_t)(carry % LIMB);
            carry /= LIMB;
        }
        product.limbs[i + b->count] = (uint32_t)carry;
    }
    return trimmed(product);
}

/* The number times `factor`, with one more limb, which may be 0. */
static struct natural scaled(const struct natural *natural, uint32_t factor, struct arena *arena)
{
    struct natural product = natural_new(natural->count + 1, arena);
    uint64_t carry = 0;
    for (size_t i = 0; i < natural->count; i++) {
        carry += (uint64_t)natural->limbs[i] * factor;
        product.limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    product.limbs[natural->count] = (uint32_t)carry;
    return product;
}

static int compare(const struct natural *a, const struct natural *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i > 0; i--) {
        if (a->limbs[i - 1] != b->limbs[i - 1]) {
            return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
        }
    }
    return 0;
}

/* How often the divisor goes into the limbs that end at `top`, or one too many: judged by the
 * highest limbs alone (Knuth, The Art of Computer Programming, 4.3.1, algorithm D, step D3). */
static uint32_t estimate(const uint32_t *top, const struct natural *divisor)
{
    uint64_t high = divisor->limbs[divisor->count - 1];
    uint64_t next = divisor->count > 1 ? divisor->limbs[divisor->count - 2] : 0;
    uint64_t below = divisor->count > 1 ? top[-2] : 0;
    uint64_t two = (uint64_t)top[0] * LIMB + top[-1];
    uint64_t times = two / high;
    uint64_t rest = two % high;
    while (rest < LIMB && (times >= LIMB || times * next > rest * LIMB + below)) {
        times--;
        rest += high;
    }
    return (uint32_t)times;
}

/* Takes the divisor `times` off the limbs at `window`, which are one more than its own. False when that
 * was more than there is: they are then as if a limb above them had lent. */
static bool subtract(uint32_t *window, const struct natural *divisor, uint32_t times)
{
    uint64_t carry = 0;
    for (size_t i = 0; i <= divisor->count; i++) {
        carry += i < divisor->count ? (uint64_t)divisor->limbs[i] * times : 0;
        uint32_t part = (uint32_t)(carry % LIMB);
        bool borrow = window[i] < part;
        window[i] += (borrow ? LIMB : 0) - part;
        carry = carry / LIMB + borrow;
    }
    return carry == 0;
}

/* Gives the divisor back once; what is carried out of the window was borrowed before. */
static void add_back(uint32_t *window, const struct natural *divisor)
{
    uint32_t carry = 0;
    for (size_t i = 0; i <= divisor->count; i++) {
        uint32_t sum = window[i] + (i < divisor->count ? divisor->limbs[i] : 0) + carry;
        carry = sum >= LIMB;
        window[i] = sum - (carry ? LIMB : 0);
    }
}

static enum natural_rest judge(struct natural rest, const struct natural *divisor,
                               struct arena *arena)
{
    rest = trimmed(rest);
    if (rest.count == 0) {
        return NATURAL_NOTHING;
    }
    struct natural twice = trimmed(scaled(&rest, 2, arena));
    int order = compare(&twice, divisor);
    return order < 0 ? NATURAL_LESS : order == 0 ? NATURAL_HALF : NATURAL_MORE;
}

/* Algorithm D: limb by limb from the top, as on paper. Both are scaled first, so that the divisor's
 * highest limb is at least half of what it can be: that keeps the estimates good. */
struct natural natural_divide(const struct natural *natural, const struct natural *divisor,
                              struct arena *arena, enum natural_rest *ret_rest)
{
    uint32_t factor = LIMB / (divisor->limbs[divisor->count - 1] + 1);
    struct natural rest = scaled(natural, factor, arena);
    struct natural by = trimmed(scaled(divisor, factor, arena));
    size_t places = rest.count > by.count ? rest.count - by.count : 0;
    struct natural quotient = natural_new(places, arena);
    for (size_t place = places; place > 0; place--) {
        uint32_t *window = rest.limbs + place - 1;
        uint32_t times = estimate(window + by.count, &by);
        if (!subtract(window, &by, times)) {
            add_back(window, &by);
            times--;
        }
        quotient.limbs[place - 1] = times;
    }
    *ret_rest = judge(rest, &by, arena);
    return trimmed(quotient);
}
