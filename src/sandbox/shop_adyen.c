#include "shop.h"

#include <inttypes.h>
#include <stdio.h>

static const char *event_code(const struct basket *basket)
{
    return basket->kind == BASKET_CANCELLED ? "CANCELLATION" : "AUTHORISATION";
}

static bool is_refused(const struct basket *basket)
{
    return basket->kind == BASKET_UNPAID || basket->kind == BASKET_PARTLY_PAID;
}

static void write_additional_data(struct basket *basket, struct slice note, struct buffer *message)
{
    const struct market *market = basket->market;
    buffer_printf(
        message,
        "\"additionalData\":{\"authCode\":\"%06u\",\"cardSummary\":\"%04u\","
        "\"expiryDate\":\"03/2030\",\"issuerCountry\":\"%s\",\"shopperCountry\":\"%s\","
        "\"shopperIP\":\"%s\",\"shopperLocale\":\"%s\",\"shopperReference\":\"C-%" PRIu64 "\",",
        (unsigned)dice_below(&basket->dice, 1000000), (unsigned)dice_below(&basket->dice, 10000),
        market->country, market->country, basket->address, market->locale, basket->number % 900);
    buffer_printf(message,
                  "\"billingAddress.city\":\"%s\",\"billingAddress.country\":\"%s\","
                  "\"billingAddress.postalCode\":\"%s\",\"billingAddress.street\":\"%s\","
                  "\"shopperName\":\"[first name=%s, infix=null, last name=%s, gender=null]\","
                  "\"shopperTelephone\":\"%s\",",
                  market->city, market->country, market->zip, market->street, basket->first_name,
                  basket->last_name, basket->telephone);
    if (basket->email[0] != '\0') {
        buffer_printf(message, "\"shopperEmail\":\"%s\",", basket->email);
    }
    if (basket->click_id[0] != '\0') {
        buffer_printf(message, "\"metadata.rtid\":\"%s\",", basket->click_id);
    }
    if (note.size > 0) {
        buffer_printf(message, "\"metadata.note\":\"%.*s\",", SLICE_PRINT(note));
    }
    buffer_printf(message, "\"hmacSignature\":\"%s=\"},", basket_letters(basket, 43).text);
}

static void write_item(struct basket *basket, const char *reference, struct slice note,
                       struct buffer *message)
{
    static const char *const methods[] = {"visa", "mc", "amex", "ideal", "paypal"};
    uint64_t method = dice_below(&basket->dice, sizeof methods / sizeof methods[0]);
    buffer_append(message, SLICE("{\"NotificationRequestItem\":{"));
    write_additional_data(basket, note, message);
    buffer_printf(message,
                  "\"amount\":{\"currency\":\"%s\",\"value\":%" PRId64 "},\"eventCode\":\"%s\","
                  "\"eventDate\":\"%s\",\"merchantAccountCode\":\"ExampleShopECOM\","
                  "\"merchantReference\":\"ORD-%" PRIu64 "\",",
                  basket->market->currency, basket->total, event_code(basket),
                  basket_local_time(basket, 1).text, basket->number + 700000);
    buffer_printf(message,
                  "\"operations\":[\"CANCEL\",\"CAPTURE\",\"REFUND\"],\"paymentMethod\":\"%s\","
                  "\"pspReference\":\"%s\",\"reason\":\"%s\",\"success\":\"%s\"}}",
                  methods[method], reference, is_refused(basket) ? "Refused" : "",
                  is_refused(basket) ? "false" : "true");
}

/* Adyen's JSON webhooks hold a list that always has one item. */
void shop_write_adyen(struct basket *basket, struct slice note, struct buffer *message,
                      struct shop_order *ret_order)
{
    struct basket_text *reference = &ret_order->key;
    (void)snprintf(reference->text, sizeof reference->text, "%sAX9", basket->capitals);
    ret_order->transaction_id = *reference;
    buffer_printf(message, "{\"live\":\"%s\",\"notificationItems\":[",
                  basket->kind == BASKET_TEST ? "false" : "true");
    write_item(basket, reference->text, note, message);
    buffer_append(message, SLICE("]}"));
}
