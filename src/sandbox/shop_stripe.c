#include "shop.h"

#include <inttypes.h>
#include <stdio.h>

/* "USD" as "usd". */
static struct basket_text lower_currency(const struct basket *basket)
{
    struct basket_text lower = {""};
    for (size_t i = 0; i < 3; i++) {
        lower.text[i] = (char)(basket->market->currency[i] - 'A' + 'a');
    }
    return lower;
}

/* A subscription's first payment has no payment intent of its own. */
static bool is_subscription(const struct basket *basket)
{
    return basket->number % 7 == 0;
}

static const char *event_type(const struct basket *basket)
{
    return basket->kind == BASKET_CANCELLED ? "checkout.session.expired"
                                            : "checkout.session.completed";
}

static bool is_paid(const struct basket *basket)
{
    return basket->kind != BASKET_UNPAID && basket->kind != BASKET_PARTLY_PAID &&
           basket->kind != BASKET_CANCELLED;
}

static const char *mode(const struct basket *basket)
{
    return basket->kind == BASKET_TEST ? "test" : "live";
}

static void write_envelope(struct basket *basket, struct buffer *message)
{
    buffer_printf(
        message,
        "{\"id\":\"evt_1%s%s\",\"object\":\"event\",\"api_version\":\"2025-09-30.clover\","
        "\"created\":%" PRId64 ",\"data\":{\"object\":",
        basket->code, basket_letters(basket, 12).text, basket->time_ms / 1000 + 3);
}

static void write_amounts(const struct basket *basket, struct buffer *message)
{
    buffer_printf(message,
                  "\"adaptive_pricing\":{\"enabled\":true},\"after_expiration\":null,"
                  "\"allow_promotion_codes\":true,\"amount_subtotal\":%" PRId64
                  ",\"amount_total\":%" PRId64 ",\"automatic_tax\":{\"enabled\":true,"
                  "\"status\":\"complete\"},\"billing_address_collection\":\"required\","
                  "\"cancel_url\":\"https://shop.example/cart\",\"client_reference_id\":\"%" PRIu64
                  "\",\"created\":%" PRId64 ",\"currency\":\"%s\",",
                  basket->subtotal, basket->total, basket->number + 50000,
                  basket->time_ms / 1000 - 240, lower_currency(basket).text);
}

static void write_email(const struct basket *basket, struct buffer *message)
{
    if (basket->email[0] == '\0') {
        buffer_append(message, SLICE("null"));
    } else {
        buffer_printf(message, "\"%s\"", basket->email);
    }
}

static void write_customer(struct basket *basket, struct buffer *message)
{
    const struct market *market = basket->market;
    buffer_printf(message,
                  "\"customer\":\"cus_%s\",\"customer_creation\":\"always\",\"customer_details\":"
                  "{\"address\":{\"city\":\"%s\",\"country\":\"%s\",\"line1\":\"%s\","
                  "\"line2\":null,\"postal_code\":\"%s\",\"state\":null},\"email\":",
                  basket_letters(basket, 14).text, market->city, market->country, market->street,
                  market->zip);
    write_email(basket, message);
    buffer_printf(message,
                  ",\"name\":\"%s %s\",\"phone\":\"%s\",\"tax_exempt\":\"none\",\"tax_ids\":[]},"
                  "\"customer_email\":null,",
                  basket->first_name, basket->last_name, basket->telephone);
}

static void write_metadata(const struct basket *basket, struct slice note, struct buffer *message)
{
    buffer_printf(message, "\"metadata\":{\"order_number\":\"%" PRIu64 "\"",
                  basket->number + 50000);
    if (basket->click_id[0] != '\0') {
        buffer_printf(message, ",\"rtid\":\"%s\"", basket->click_id);
    }
    if (note.size > 0) {
        buffer_printf(message, ",\"note\":\"%.*s\"", SLICE_PRINT(note));
    }
    buffer_append(message, SLICE("},"));
}

static void write_payment(struct basket *basket, struct buffer *message,
                          struct basket_text *ret_transaction_id)
{
    char *id = ret_transaction_id->text;
    const size_t size = sizeof ret_transaction_id->text;
    if (is_subscription(basket)) {
        (void)snprintf(id, size, "sub_1%s%.12s", basket->code, basket_letters(basket, 12).text);
        buffer_printf(message,
                      "\"mode\":\"subscription\",\"payment_intent\":null,\"subscription\":\"%s\",",
                      id);
    } else {
        (void)snprintf(id, size, "pi_3%s%.12s", basket->code, basket_letters(basket, 12).text);
        buffer_printf(message,
                      "\"mode\":\"payment\",\"payment_intent\":\"%s\",\"subscription\":null,", id);
    }
    buffer_printf(message,
                  "\"payment_link\":null,\"payment_method_types\":[\"card\"%s],"
                  "\"payment_status\":\"%s\",\"phone_number_collection\":{\"enabled\":true},",
                  basket->number % 3 == 0 ? ",\"klarna\"" : "",
                  is_paid(basket) ? "paid" : "unpaid");
}

static void write_tail(const struct basket *basket, struct buffer *message)
{
    buffer_printf(message,
                  "\"status\":\"%s\",\"submit_type\":null,\"success_url\":"
                  "\"https://shop.example/thanks\",\"total_details\":{\"amount_discount\":%" PRId64
                  ",\"amount_shipping\":%" PRId64 ",\"amount_tax\":%" PRId64
                  "},\"ui_mode\":\"hosted\",\"url\":null}},",
                  basket->kind == BASKET_CANCELLED ? "expired" : "complete", basket->discount,
                  basket->shipping, basket->tax);
    buffer_printf(message,
                  "\"livemode\":%s,\"pending_webhooks\":1,\"request\":{\"id\":null,"
                  "\"idempotency_key\":null},\"type\":\"%s\"}",
                  basket->kind == BASKET_TEST ? "false" : "true", event_type(basket));
}

void shop_write_stripe(struct basket *basket, struct slice note, struct buffer *message,
                       struct shop_order *ret_order)
{
    struct basket_text *session = &ret_order->key;
    (void)snprintf(session->text, sizeof session->text, "cs_%s_a1%s%.20s", mode(basket),
                   basket->code, basket_letters(basket, 20).text);
    write_envelope(basket, message);
    buffer_printf(message, "{\"id\":\"%s\",\"object\":\"checkout.session\",", session->text);
    write_amounts(basket, message);
    write_customer(basket, message);
    buffer_printf(message,
                  "\"expires_at\":%" PRId64 ",\"invoice\":null,\"livemode\":%s,\"locale\":\"%s\",",
                  basket->time_ms / 1000 + 86400, basket->kind == BASKET_TEST ? "false" : "true",
                  basket->market->locale);
    write_metadata(basket, note, message);
    write_payment(basket, message, &ret_order->transaction_id);
    write_tail(basket, message);
}
