/* basket: who bought what, where, for how much, and what is odd about the order.
 *
 * Made up from a seed and the order's number alone, so that any order can be made again. All people, addresses
 * and telephone numbers are invented; e-mail domains and IP addresses are those reserved for examples. Texts
 * from its tables may hold JSON escapes but nothing that would need one. */
#ifndef SANDBOX_BASKET_H
#define SANDBOX_BASKET_H

#include "dice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASKET_ITEMS_MAX 4
#define BASKET_CODE_SIZE 24
#define BASKET_DAYS 21 /* orders are at most so old */

enum basket_case {
    BASKET_PAID,
    BASKET_CLICK_ONLY, /* no e-mail, but the click id of a Rokt placement */
    BASKET_FREE,       /* a discount of everything: paid, nothing to pay */
    BASKET_UNPAID,
    BASKET_PARTLY_PAID,
    BASKET_TEST,
    BASKET_CANCELLED,
    BASKET_NO_IDENTITY, /* neither e-mail nor click id */
    BASKET_TOMBSTONE,   /* a Kafka message without a value */
    BASKET_NOT_JSON,    /* cut in its middle, as by a producer that died */
    BASKET_CASES
};

struct market {
    const char *currency;
    const char *country;
    const char *country_name;
    const char *city;
    const char *zip;
    const char *province;
    const char *street;
    const char *locale;
    const char *telephone; /* the start of a number in international notation */
    unsigned decimals;     /* of the currency */
    unsigned factor;       /* percent of the catalogue's price */
    unsigned tax;          /* percent, contained in the price */
    int offset_minutes;    /* from UTC */
};

struct product {
    const char *title;
    const char *sku;
    const char *handle; /* in URLs */
    const char *vendor;
    int64_t price; /* in hundredths */
    unsigned grams;
};

struct basket_item {
    const struct product *product;
    int64_t price; /* of one, in the currency's smallest unit */
    unsigned quantity;
};

struct basket {
    uint64_t number; /* of the order; unique */
    enum basket_case kind;
    struct dice dice; /* for what else a shop wants to make up */
    const struct market *market;
    const char *first_name;
    const char *last_name;
    char email[96]; /* as a person typed it; empty: none */
    char telephone[32];
    char address[48];                /* IP */
    char click_id[33];               /* 32 characters; empty: none */
    char code[BASKET_CODE_SIZE];     /* 11 letters and digits, unique */
    char capitals[BASKET_CODE_SIZE]; /* 13 capital letters and digits, unique */
    struct basket_item items[BASKET_ITEMS_MAX];
    size_t item_count;
    int64_t subtotal; /* all in the currency's smallest unit */
    int64_t discount;
    int64_t shipping;
    int64_t tax;
    int64_t total;
    int64_t time_ms; /* when it was ordered */
};

/* What all orders of a run have in common. */
struct season {
    uint64_t seed;
    uint64_t count; /* of orders */
    int64_t now_ms; /* no order is younger */
};

/* The order `number` (below the season's count); the later ones are younger. Cases whose bit is set in
 * `without` do not happen where it was made, and become BASKET_PAID. */
void basket_fill(struct basket *basket, const struct season *season, uint64_t number,
                 unsigned without);

/* The case alone, which is cheaper. */
enum basket_case basket_kind(const struct season *season, uint64_t number, unsigned without);

/* Text by value, so that it can stand in the arguments of a printf. */
struct basket_text {
    char text[64];
};

/* An amount as the currency writes it: "99.80", "12800". */
struct basket_text basket_money(const struct basket *basket, int64_t amount);

/* The time of the order plus so many seconds, with the market's offset: "2026-11-23T10:03:00+01:00". */
struct basket_text basket_local_time(const struct basket *basket, int seconds);

/* The same without an offset: as the clock there has it, or, with `utc`, in UTC. */
struct basket_text basket_naive_time(const struct basket *basket, int seconds, bool utc);

/* `count` (at most 63) letters and digits by the basket's dice. */
struct basket_text basket_letters(struct basket *basket, size_t count);

#endif
