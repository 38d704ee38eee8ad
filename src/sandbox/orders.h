/* orders: sample orders for Kafka topics, each with what must become of it.
 *
 * What a mapping must make of an order follows from the conditions that a shop would write: only orders that
 * are paid, real and not cancelled are conversions, and a conversion needs an identity. Any order can be
 * written again from its number. */
#ifndef SANDBOX_ORDERS_H
#define SANDBOX_ORDERS_H

#include "basket.h"
#include "shop.h"

#include "base/buffer.h"

#include <stdint.h>

enum shop { SHOP_SHOPIFY, SHOP_WOOCOMMERCE, SHOP_STRIPE, SHOP_ADYEN, SHOPS };

enum order_outcome {
    ORDER_CONVERSION, /* becomes a conversion */
    ORDER_SKIPPED,    /* is none: not paid, a test, cancelled, a tombstone */
    ORDER_DEAD        /* ought to be one but cannot: no identity, no JSON */
};

struct order {
    enum order_outcome outcome;
    bool tombstone; /* the message has a key but no value */
    struct shop_order shop_order;
};

/* How many messages with which outcome. */
struct order_counts {
    uint64_t produced;
    uint64_t conversions;
    uint64_t skipped;
    uint64_t dead;
};

const char *shop_name(enum shop shop);
bool shop_find(struct slice name, enum shop *ret_shop);

#define ORDER_SIZE_MAX 900000 /* bytes; within what brokers take */

/* Writes the order `number` of the season into the emptied buffer, which must have room for
 * 2 * ORDER_SIZE_MAX bytes; padded to about `size` bytes when it is shorter, 0: as it is. */
void order_write(const struct season *season, enum shop shop, uint64_t number, size_t size,
                 struct buffer *message, struct order *ret_order);

/* Counts an order, without writing it. */
void order_count(const struct season *season, enum shop shop, uint64_t number,
                 struct order_counts *counts);

#endif
