#include "orders.h"

#include <stdlib.h>

#define BIT(kind) (1U << (kind))

/* `without` are the cases that a platform does not have: payment services see no order that is free. */
static const struct {
    const char *name;
    shop_writer write;
    unsigned without;
} shops[SHOPS] = {
    [SHOP_SHOPIFY] = {"shopify", shop_write_shopify, 0},
    [SHOP_WOOCOMMERCE] = {"woocommerce", shop_write_woocommerce, 0},
    [SHOP_STRIPE] = {"stripe", shop_write_stripe, BIT(BASKET_FREE)},
    [SHOP_ADYEN] = {"adyen", shop_write_adyen, BIT(BASKET_FREE)},
};

const char *shop_name(enum shop shop)
{
    return shops[shop].name;
}

bool shop_find(struct slice name, enum shop *ret_shop)
{
    for (unsigned shop = 0; shop < SHOPS; shop++) {
        if (slice_equal(name, slice_of(shops[shop].name))) {
            *ret_shop = (enum shop)shop;
            return true;
        }
    }
    return false;
}

static enum order_outcome outcome_of(enum basket_case kind)
{
    switch (kind) {
    case BASKET_UNPAID:
    case BASKET_PARTLY_PAID:
    case BASKET_TEST:
    case BASKET_CANCELLED:
    case BASKET_TOMBSTONE:
        return ORDER_SKIPPED;
    case BASKET_NO_IDENTITY:
    case BASKET_NOT_JSON:
        return ORDER_DEAD;
    case BASKET_PAID:
    case BASKET_CLICK_ONLY:
    case BASKET_FREE:
    case BASKET_CASES:
        break;
    }
    return ORDER_CONVERSION;
}

/* A customer's remark, as long as it is wanted. */
static struct slice make_note(struct buffer *note, size_t size)
{
    static const struct slice remark = SLICE("Please leave it with the neighbours, thank you. ");
    while (note->size < size) {
        size_t left = size - note->size;
        buffer_append(note, slice_part(remark, 0, left));
    }
    return buffer_slice(note);
}

static void write_once(const struct season *season, enum shop shop, uint64_t number,
                       struct slice note, struct buffer *message, struct order *ret_order)
{
    struct basket basket;
    basket_fill(&basket, season, number, shops[shop].without);
    buffer_reset(message);
    *ret_order = (struct order){.outcome = outcome_of(basket.kind),
                                .tombstone = basket.kind == BASKET_TOMBSTONE};
    shops[shop].write(&basket, note, message, &ret_order->shop_order);
    if (basket.kind == BASKET_NOT_JSON) {
        buffer_rollback(message, message->size * 3 / 5);
    } else if (ret_order->tombstone) {
        buffer_reset(message);
    }
}

void order_write(const struct season *season, enum shop shop, uint64_t number, size_t size,
                 struct buffer *message, struct order *ret_order)
{
    write_once(season, shop, number, SLICE(""), message, ret_order);
    if (ret_order->tombstone || message->size >= size) {
        return;
    }
    struct buffer note;
    buffer_init(&note, ORDER_SIZE_MAX);
    struct slice text = make_note(&note, size - message->size);
    write_once(season, shop, number, text, message, ret_order);
    buffer_done(&note);
}

void order_count(const struct season *season, enum shop shop, uint64_t number,
                 struct order_counts *counts)
{
    counts->produced++;
    switch (outcome_of(basket_kind(season, number, shops[shop].without))) {
    case ORDER_CONVERSION:
        counts->conversions++;
        break;
    case ORDER_SKIPPED:
        counts->skipped++;
        break;
    case ORDER_DEAD:
        counts->dead++;
        break;
    }
}
