#include "shop.h"

#include <inttypes.h>
#include <stdio.h>

/* Order and line ids of Shopify have 13 digits. */
#define FIRST_ORDER UINT64_C(5500000000000)
#define FIRST_ITEM UINT64_C(14100000000000)

static uint64_t order_id(const struct basket *basket)
{
    return FIRST_ORDER + basket->number;
}

static const char *financial_status(const struct basket *basket)
{
    switch (basket->kind) {
    case BASKET_UNPAID:
        return basket->number % 2 == 0 ? "pending" : "authorized";
    case BASKET_PARTLY_PAID:
        return "partially_paid";
    case BASKET_CANCELLED:
        return basket->number % 2 == 0 ? "paid" : "voided";
    case BASKET_PAID:
    case BASKET_CLICK_ONLY:
    case BASKET_FREE:
    case BASKET_TEST:
    case BASKET_NO_IDENTITY:
    case BASKET_TOMBSTONE:
    case BASKET_NOT_JSON:
    case BASKET_CASES:
        break;
    }
    return "paid";
}

/* A string in quotes, or null. */
static void write_optional(struct buffer *message, const char *name, const char *value)
{
    if (value[0] == '\0') {
        buffer_printf(message, "\"%s\":null,", name);
    } else {
        buffer_printf(message, "\"%s\":\"%s\",", name, value);
    }
}

/* Shopify stores the path where the visit began, or the whole URL. */
static void write_landing_site(const struct basket *basket, struct buffer *message)
{
    const char *host = basket->number % 3 == 0 ? "https://shop.example" : "";
    const char *handle = basket->items[0].product->handle;
    buffer_printf(message, "\"landing_site\":\"%s/products/%s?utm_source=%s", host, handle,
                  basket->click_id[0] == '\0' ? "newsletter" : "rokt");
    if (basket->click_id[0] != '\0') {
        buffer_printf(message, "\\u0026%s=%s", basket->number % 2 == 0 ? "rtid" : "rclid",
                      basket->click_id);
    }
    buffer_append(message, SLICE("\",\"landing_site_ref\":null,"));
}

static void write_head(struct basket *basket, struct buffer *message)
{
    uint64_t id = order_id(basket);
    bool cancelled = basket->kind == BASKET_CANCELLED;
    struct basket_text code = basket_letters(basket, 9);
    buffer_printf(message,
                  "{\"id\":%" PRIu64 ",\"admin_graphql_api_id\":\"gid://shopify/Order/%" PRIu64
                  "\",\"app_id\":580111,\"browser_ip\":\"%s\",\"buyer_accepts_marketing\":%s,",
                  id, id, basket->address, basket->number % 4 == 0 ? "true" : "false");
    write_optional(message, "cancel_reason", cancelled ? "customer" : "");
    write_optional(message, "cancelled_at", cancelled ? basket_local_time(basket, 900).text : "");
    buffer_printf(message,
                  "\"checkout_id\":%" PRIu64 ",\"closed_at\":null,\"confirmation_number\":\"%s\","
                  "\"confirmed\":true,",
                  UINT64_C(37000000000000) + basket->number, code.text);
    write_optional(message, "contact_email", basket->email);
    buffer_printf(message, "\"created_at\":\"%s\",\"currency\":\"%s\",\"customer_locale\":\"%s\",",
                  basket_local_time(basket, 0).text, basket->market->currency,
                  basket->market->locale);
}

static void write_discounts(const struct basket *basket, struct buffer *message)
{
    if (basket->discount == 0) {
        buffer_append(message, SLICE("\"discount_codes\":[],"));
        return;
    }
    buffer_printf(message,
                  "\"discount_codes\":[{\"code\":\"%s\",\"amount\":\"%s\","
                  "\"type\":\"fixed_amount\"}],",
                  basket->kind == BASKET_FREE ? "ONTHEHOUSE" : "WELCOME10",
                  basket_money(basket, basket->discount).text);
}

static void write_state(const struct basket *basket, struct slice note, struct buffer *message)
{
    buffer_printf(message,
                  "\"email\":\"%s\",\"financial_status\":\"%s\",\"fulfillment_status\":null,",
                  basket->email, financial_status(basket));
    write_landing_site(basket, message);
    buffer_printf(message,
                  "\"name\":\"#%" PRIu64 "\",\"note\":%s%.*s%s,\"note_attributes\":[],"
                  "\"number\":%" PRIu64 ",\"order_number\":%" PRIu64
                  ",\"payment_gateway_names\":[\"%s\"],",
                  basket->number + 1001, note.size == 0 ? "null" : "\"", SLICE_PRINT(note),
                  note.size == 0 ? "" : "\"", basket->number + 1, basket->number + 1001,
                  basket->number % 5 == 0 ? "paypal" : "shopify_payments");
}

static void write_totals(const struct basket *basket, struct buffer *message)
{
    const char *currency = basket->market->currency;
    struct basket_text total = basket_money(basket, basket->total);
    buffer_printf(message,
                  "\"phone\":null,\"presentment_currency\":\"%s\",\"processed_at\":\"%s\","
                  "\"referring_site\":\"https://www.example.net/\",\"source_name\":\"web\","
                  "\"subtotal_price\":\"%s\",\"tags\":\"\",\"taxes_included\":true,\"test\":%s,",
                  currency, basket_local_time(basket, 2).text,
                  basket_money(basket, basket->subtotal - basket->discount).text,
                  basket->kind == BASKET_TEST ? "true" : "false");
    buffer_printf(message,
                  "\"total_discounts\":\"%s\",\"total_line_items_price\":\"%s\","
                  "\"total_price\":\"%s\",\"total_price_set\":{\"shop_money\":{\"amount\":\"%s\","
                  "\"currency_code\":\"%s\"},\"presentment_money\":{\"amount\":\"%s\","
                  "\"currency_code\":\"%s\"}},\"total_tax\":\"%s\",\"updated_at\":\"%s\","
                  "\"user_id\":null,",
                  basket_money(basket, basket->discount).text,
                  basket_money(basket, basket->subtotal).text, total.text, total.text, currency,
                  total.text, currency, basket_money(basket, basket->tax).text,
                  basket_local_time(basket, 5).text);
}

static void write_customer(const struct basket *basket, struct buffer *message)
{
    const struct market *market = basket->market;
    buffer_printf(message,
                  "\"billing_address\":{\"first_name\":\"%s\",\"address1\":\"%s\",\"phone\":\"%s\","
                  "\"city\":\"%s\",\"zip\":\"%s\",\"province\":\"%s\",\"country\":\"%s\","
                  "\"last_name\":\"%s\",\"address2\":null,\"company\":null,\"name\":\"%s %s\","
                  "\"country_code\":\"%s\"},",
                  basket->first_name, market->street, basket->telephone, market->city, market->zip,
                  market->province, market->country_name, basket->last_name, basket->first_name,
                  basket->last_name, market->country);
    if (basket->email[0] == '\0') {
        buffer_append(message, SLICE("\"customer\":null,"));
        return;
    }
    buffer_printf(message,
                  "\"customer\":{\"id\":%" PRIu64 ",\"email\":\"%s\",\"first_name\":\"%s\","
                  "\"last_name\":\"%s\",\"state\":\"disabled\",\"verified_email\":true,"
                  "\"currency\":\"%s\",\"tags\":\"\"},",
                  UINT64_C(7300000000000) + basket->number, basket->email, basket->first_name,
                  basket->last_name, market->currency);
}

static void write_item(const struct basket *basket, size_t index, struct buffer *message)
{
    const struct basket_item *item = &basket->items[index];
    uint64_t id = FIRST_ITEM + basket->number * BASKET_ITEMS_MAX + index;
    buffer_printf(message,
                  "%s{\"id\":%" PRIu64 ",\"current_quantity\":%u,\"fulfillable_quantity\":%u,"
                  "\"gift_card\":false,\"grams\":%u,\"name\":\"%s\",\"price\":\"%s\","
                  "\"product_exists\":true,\"quantity\":%u,\"requires_shipping\":%s,",
                  index == 0 ? "" : ",", id, item->quantity, item->quantity, item->product->grams,
                  item->product->title, basket_money(basket, item->price).text, item->quantity,
                  item->product->grams > 0 ? "true" : "false");
    buffer_printf(message,
                  "\"sku\":\"%s\",\"taxable\":true,\"title\":\"%s\",\"total_discount\":\"%s\","
                  "\"variant_title\":null,\"vendor\":\"%s\"}",
                  item->product->sku, item->product->title, basket_money(basket, 0).text,
                  item->product->vendor);
}

void shop_write_shopify(struct basket *basket, struct slice note, struct buffer *message,
                        struct shop_order *ret_order)
{
    write_head(basket, message);
    write_discounts(basket, message);
    write_state(basket, note, message);
    write_totals(basket, message);
    write_customer(basket, message);
    buffer_append(message, SLICE("\"line_items\":["));
    for (size_t i = 0; i < basket->item_count; i++) {
        write_item(basket, i, message);
    }
    buffer_printf(message,
                  "],\"shipping_lines\":[{\"code\":\"Standard\",\"price\":\"%s\","
                  "\"title\":\"Standard\"}]}",
                  basket_money(basket, basket->shipping).text);
    (void)snprintf(ret_order->key.text, sizeof ret_order->key.text, "%" PRIu64, order_id(basket));
    ret_order->transaction_id = ret_order->key;
}
