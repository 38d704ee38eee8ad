/* shop: how a commerce platform writes an order as JSON.
 *
 * One writer for each platform, in the shape of its real messages: Shopify's order as of the webhook
 * orders/paid, WooCommerce's REST order, Stripe's event checkout.session.completed, Adyen's standard webhook.
 * The sources are the vendors' references of these messages; all content is made up. */
#ifndef SANDBOX_SHOP_H
#define SANDBOX_SHOP_H

#include "basket.h"

#include "base/buffer.h"

/* What is known about the message that was written. */
struct shop_order {
    struct basket_text key;            /* of the Kafka message */
    struct basket_text transaction_id; /* of the conversion, if it becomes one */
};

/* Appends the message. `note` is text that the platform has a place for; it needs no escapes. */
typedef void (*shop_writer)(struct basket *basket, struct slice note, struct buffer *message,
                            struct shop_order *ret_order);

void shop_write_shopify(struct basket *basket, struct slice note, struct buffer *message,
                        struct shop_order *ret_order);
void shop_write_woocommerce(struct basket *basket, struct slice note, struct buffer *message,
                            struct shop_order *ret_order);
void shop_write_stripe(struct basket *basket, struct slice note, struct buffer *message,
                       struct shop_order *ret_order);
void shop_write_adyen(struct basket *basket, struct slice note, struct buffer *message,
                      struct shop_order *ret_order);

#endif
