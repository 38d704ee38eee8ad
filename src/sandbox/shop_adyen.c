#include "shop.h"

#include <inttypes.h>
#include <stdio.h>

/* One message in eight carries two notifications. */
size_t shop_adyen_items(uint64_t number)
{
    return number % 8 == 0 ? SHOP_CONVERSIONS_MAX : 1;
}

static const char *event_code(const struct basket *basket)
{
    return basket->kind == BASKET_CANCELLED ? "CANCELLATION" : "AUTHORISATION";
}

static bool is_refused(const struct basket *basket)
{
    return basket->kind == BASKET_UNPAID || basket->kind == BASKET_PARTLY_PAID;
}

static void write_additional_data(struct basket *basket, struct slice note, size_t index,
                                  struct buffer *message)
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
    if (note.size > 0 && index == 0) {
        buffer_printf(message, "\"metadata.note\":\"%.*s\",", SLICE_PRINT(note));
    }
    buffer_printf(message, "\"hmacSignature\":\"%s=\"},", basket_letters(basket, 43).text);
}

/* The first of two notifications of a message has the larger part of the money. */
static int64_t amount(const struct basket *basket, size_t index)
{
    int64_t part = basket->total / 3;
    if (shop_adyen_items(basket->number) == 1) {
        return basket->total;
    }
    return index == 0 ? basket->total - part : part;
}

static void write_item(struct basket *basket, struct slice note, size_t index,
                       struct buffer *message, struct basket_text *ret_reference)
{
    static const char *const methods[] = {"visa", "mc", "amex", "ideal", "paypal"};
    (void)snprintf(ret_reference->text, sizeof ret_reference->text, "%s%cX9", basket->capitals,
                   (char)('A' + index));
    buffer_append(message, index == 0 ? SLICE("{\"NotificationRequestItem\":{")
                                      : SLICE(",{\"NotificationRequestItem\":{"));
    write_additional_data(basket, note, index, message);
    buffer_printf(message,
                  "\"amount\":{\"currency\":\"%s\",\"value\":%" PRId64 "},\"eventCode\":\"%s\","
                  "\"eventDate\":\"%s\",\"merchantAccountCode\":\"ExampleShopECOM\","
                  "\"merchantReference\":\"ORD-%" PRIu64 "-%zu\",",
                  basket->market->currency, amount(basket, index), event_code(basket),
                  basket_local_time(basket, 1).text, basket->number + 700000, index + 1);
    buffer_printf(message,
                  "\"operations\":[\"CANCEL\",\"CAPTURE\",\"REFUND\"],\"paymentMethod\":\"%s\","
                  "\"pspReference\":\"%s\",\"reason\":\"%s\",\"success\":\"%s\"}}",
                  methods[dice_below(&basket->dice, sizeof methods / sizeof methods[0])],
                  ret_reference->text, is_refused(basket) ? "Refused" : "",
                  is_refused(basket) ? "false" : "true");
}

void shop_write_adyen(struct basket *basket, struct slice note, struct buffer *message,
                      struct shop_order *ret_order)
{
    buffer_printf(message, "{\"live\":\"%s\",\"notificationItems\":[",
                  basket->kind == BASKET_TEST ? "false" : "true");
    for (size_t i = 0; i < shop_adyen_items(basket->number); i++) {
        write_item(basket, note, i, message, &ret_order->transaction_ids[i]);
    }
    buffer_append(message, SLICE("]}"));
    ret_order->conversions = shop_adyen_items(basket->number);
    ret_order->key = ret_order->transaction_ids[0];
}
