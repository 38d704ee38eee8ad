#include "shop.h"

#include <inttypes.h>
#include <stdio.h>

#define FIRST_ORDER UINT64_C(20000)

static uint64_t order_id(const struct basket *basket)
{
    return FIRST_ORDER + basket->number;
}

static const char *status(const struct basket *basket)
{
    switch (basket->kind) {
    case BASKET_UNPAID:
        return "on-hold";
    case BASKET_PARTLY_PAID:
        return "pending";
    case BASKET_TEST:
        return "checkout-draft";
    case BASKET_CANCELLED:
        return basket->number % 2 == 0 ? "cancelled" : "failed";
    case BASKET_PAID:
    case BASKET_CLICK_ONLY:
    case BASKET_FREE:
    case BASKET_NO_IDENTITY:
    case BASKET_TOMBSTONE:
    case BASKET_NOT_JSON:
    case BASKET_CASES:
        break;
    }
    return basket->number % 3 == 0 ? "completed" : "processing";
}

/* null, or the time in quotes. */
static struct basket_text paid_time(const struct basket *basket, bool utc)
{
    struct basket_text time = {"null"};
    if (basket->kind != BASKET_UNPAID && basket->kind != BASKET_PARTLY_PAID) {
        (void)snprintf(time.text, sizeof time.text, "\"%.19s\"",
                       basket_naive_time(basket, 35, utc).text);
    }
    return time;
}

/* A transfer has no transaction of a payment service. */
static bool by_transfer(const struct basket *basket)
{
    return basket->number % 6 == 0;
}

static void write_head(const struct basket *basket, struct slice note, struct buffer *message)
{
    buffer_printf(message,
                  "{\"id\":%" PRIu64 ",\"parent_id\":0,\"status\":\"%s\",\"currency\":\"%s\","
                  "\"version\":\"9.3.3\",\"prices_include_tax\":true,\"date_created\":\"%s\","
                  "\"date_modified\":\"%s\",",
                  order_id(basket), status(basket), basket->market->currency,
                  basket_naive_time(basket, 0, false).text,
                  basket_naive_time(basket, 40, false).text);
    buffer_printf(message,
                  "\"discount_total\":\"%s\",\"discount_tax\":\"0.00\",\"shipping_total\":\"%s\","
                  "\"shipping_tax\":\"0.00\",\"cart_tax\":\"%s\",\"total\":\"%s\","
                  "\"total_tax\":\"%s\",\"customer_id\":%" PRIu64 ",\"order_key\":\"wc_order_%s\",",
                  basket_money(basket, basket->discount).text,
                  basket_money(basket, basket->shipping).text,
                  basket_money(basket, basket->tax).text, basket_money(basket, basket->total).text,
                  basket_money(basket, basket->tax).text, basket->number % 700, basket->code);
    buffer_printf(message, "\"customer_note\":\"%.*s\",", SLICE_PRINT(note));
}

static void write_billing(const struct basket *basket, struct buffer *message)
{
    const struct market *market = basket->market;
    buffer_printf(message,
                  "\"billing\":{\"first_name\":\"%s\",\"last_name\":\"%s\",\"company\":\"\","
                  "\"address_1\":\"%s\",\"address_2\":\"\",\"city\":\"%s\",\"state\":\"\","
                  "\"postcode\":\"%s\",\"country\":\"%s\",\"email\":\"%s\",\"phone\":\"%s\"},",
                  basket->first_name, basket->last_name, market->street, market->city, market->zip,
                  market->country, basket->email, basket->telephone);
    buffer_printf(message,
                  "\"shipping\":{\"first_name\":\"%s\",\"last_name\":\"%s\",\"company\":\"\","
                  "\"address_1\":\"%s\",\"address_2\":\"\",\"city\":\"%s\",\"state\":\"\","
                  "\"postcode\":\"%s\",\"country\":\"%s\",\"phone\":\"\"},",
                  basket->first_name, basket->last_name, market->street, market->city, market->zip,
                  market->country);
}

static void write_payment(struct basket *basket, struct buffer *message)
{
    if (by_transfer(basket)) {
        buffer_append(message, SLICE("\"payment_method\":\"bacs\",\"payment_method_title\":"
                                     "\"Direct bank transfer\",\"transaction_id\":\"\","));
    } else {
        buffer_printf(message,
                      "\"payment_method\":\"stripe\",\"payment_method_title\":\"Credit card\","
                      "\"transaction_id\":\"ch_3%s%.12s\",",
                      basket->code, basket_letters(basket, 12).text);
    }
    buffer_printf(message,
                  "\"customer_ip_address\":\"%s\",\"customer_user_agent\":\"Mozilla/5.0 (X11; "
                  "Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\",\"created_via\":"
                  "\"checkout\",\"date_completed\":null,\"date_paid\":%s,\"cart_hash\":"
                  "\"%s\",\"number\":\"%" PRIu64 "\",",
                  basket->address, paid_time(basket, false).text, basket_letters(basket, 32).text,
                  order_id(basket));
}

/* What WooCommerce's order attribution stores, and a plug-in that keeps the click id. */
static void write_meta_data(const struct basket *basket, struct buffer *message)
{
    uint64_t id = 130000 + basket->number * 8;
    buffer_printf(message,
                  "\"meta_data\":[{\"id\":%" PRIu64 ",\"key\":\"is_vat_exempt\",\"value\":\"no\"},"
                  "{\"id\":%" PRIu64 ",\"key\":\"_wc_order_attribution_source_type\","
                  "\"value\":\"utm\"}",
                  id, id + 1);
    if (basket->click_id[0] != '\0') {
        buffer_printf(message, ",{\"id\":%" PRIu64 ",\"key\":\"rtid\",\"value\":\"%s\"}", id + 2,
                      basket->click_id);
    }
    buffer_append(message, SLICE("],"));
}

static void write_item(const struct basket *basket, size_t index, struct buffer *message)
{
    const struct basket_item *item = &basket->items[index];
    struct basket_text total = basket_money(basket, item->price * item->quantity);
    buffer_printf(
        message,
        "%s{\"id\":%" PRIu64 ",\"name\":\"%s\",\"product_id\":%u,\"variation_id\":0,"
        "\"quantity\":%u,\"tax_class\":\"\",\"subtotal\":\"%s\",\"subtotal_tax\":\"0.00\","
        "\"total\":\"%s\",\"total_tax\":\"0.00\",\"taxes\":[],\"meta_data\":[],"
        "\"sku\":\"%s\",\"price\":%s}",
        index == 0 ? "" : ",", basket->number * BASKET_ITEMS_MAX + index, item->product->title,
        80 + item->product->grams, item->quantity, total.text, total.text, item->product->sku,
        basket_money(basket, item->price).text);
}

static void write_tail(const struct basket *basket, struct buffer *message)
{
    buffer_printf(message,
                  "],\"tax_lines\":[],\"shipping_lines\":[{\"id\":%" PRIu64 ",\"method_title\":"
                  "\"Flat rate\",\"method_id\":\"flat_rate\",\"total\":\"%s\",\"total_tax\":"
                  "\"0.00\",\"taxes\":[]}],\"fee_lines\":[],\"coupon_lines\":[],\"refunds\":[],",
                  basket->number, basket_money(basket, basket->shipping).text);
    buffer_printf(message,
                  "\"date_created_gmt\":\"%s\",\"date_modified_gmt\":\"%s\","
                  "\"date_completed_gmt\":null,\"date_paid_gmt\":%s}",
                  basket_naive_time(basket, 0, true).text, basket_naive_time(basket, 40, true).text,
                  paid_time(basket, true).text);
}

void shop_write_woocommerce(struct basket *basket, struct slice note, struct buffer *message,
                            struct shop_order *ret_order)
{
    write_head(basket, note, message);
    write_billing(basket, message);
    write_payment(basket, message);
    write_meta_data(basket, message);
    buffer_append(message, SLICE("\"line_items\":["));
    for (size_t i = 0; i < basket->item_count; i++) {
        write_item(basket, i, message);
    }
    write_tail(basket, message);
    (void)snprintf(ret_order->key.text, sizeof ret_order->key.text, "%" PRIu64, order_id(basket));
    ret_order->transaction_id = ret_order->key;
}
