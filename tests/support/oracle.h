/* oracle: which orders were produced, what must become of each, and what has become of it: the promise,
 * written down a second time.
 *
 * It sees only what the outside sees: requests that Rokt took, letters that the brokers acknowledged,
 * offsets that were committed. Orders are named by partition (an index of the test's) and offset; an
 * order's conversions carry ids made of both and of the item. */
#ifndef SUPPORT_ORACLE_H
#define SUPPORT_ORACLE_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_PARTITIONS 8
#define ORACLE_ITEMS_MAX 4

/* What stands in orders and must never be seen in a log. */
#define ORACLE_EMAIL "zebulon.quux@mail.example"
#define ORACLE_NAME "Zebulon"
#define ORACLE_AMOUNT "7301.19"
#define ORACLE_ADDRESS "10.20.30.400" /* which is none */
#define ORACLE_ID "ordr:"             /* every id begins so */

enum order_kind {
    ORDER_PAID,      /* `items` conversions */
    ORDER_UNPAID,    /* skipped */
    ORDER_TOMBSTONE, /* skipped; has no value at all */
    ORDER_DAMAGED,   /* no JSON: a letter */
    ORDER_NAMELESS,  /* without e-mail: a letter */
    ORDER_POISON     /* Rokt refuses items of it when they are sent: a letter */
};

struct order {
    enum order_kind kind;
    unsigned items;   /* 1, or in a list 0 to ORACLE_ITEMS_MAX: without any it is skipped */
    unsigned refused; /* bit i: item i is too old, so that Rokt's API would refuse it */
};

/* What has become of an order. Times are monotonic, INT64_MAX: not yet. */
struct fate {
    int64_t offset;
    struct order order;
    int64_t accepted_ms[ORACLE_ITEMS_MAX];
    size_t accepted[ORACLE_ITEMS_MAX]; /* how often */
    int64_t lettered_ms;
    size_t lettered;
};

/* All-zero is valid, with nothing produced. */
struct oracle {
    struct {
        struct fate *fates;
        size_t count;
        size_t capacity;
    } partitions[ORACLE_PARTITIONS];
};

void oracle_done(struct oracle *oracle);

/* The message's value; one without items in a list when `single`. Nothing is written for a tombstone. */
void oracle_write(struct buffer *buffer, const struct order *order, size_t partition,
                  int64_t offset, bool single);

/* Offsets of a partition come in rising order. */
void oracle_produced(struct oracle *oracle, size_t partition, int64_t offset,
                     const struct order *order);

/* Rokt takes, at that time, all conversions whose ids stand in the body. */
void oracle_accepted(struct oracle *oracle, struct slice body, int64_t at_ms);

/* Whether Rokt has taken all of them before. */
bool oracle_knows(const struct oracle *oracle, struct slice body, int64_t now_ms);

/* The brokers acknowledge the letter at that time. */
void oracle_lettered(struct oracle *oracle, size_t partition, int64_t offset, int64_t at_ms);

const struct fate *oracle_fate(const struct oracle *oracle, size_t partition, int64_t offset);

/* Whether it is delivered, skipped or dead-lettered. */
bool oracle_is_done(const struct fate *fate, int64_t now_ms);

/* The first order below `offset` that is not, or NULL. */
const struct fate *oracle_first_open(const struct oracle *oracle, size_t partition, int64_t offset,
                                     int64_t now_ms);

/* Whether it was delivered and lettered as often as it should be, and nothing of it twice. */
bool oracle_is_exact(const struct fate *fate);

#endif
