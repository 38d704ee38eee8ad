#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "json/reader.h"
#include "sandbox/id_table.h"
#include "sandbox/orders.h"

#include <string.h>

#define ORDERS 2000
/* 2026-11-23T12:00:00Z */
#define NOW_MS INT64_C(1795435200000)
#define OLDEST_MS (NOW_MS - (int64_t)BASKET_DAYS * 24 * 60 * 60 * 1000)

static const struct season season = {.seed = 1, .count = ORDERS, .now_ms = NOW_MS};

static struct buffer message;
static struct arena arena;

/* What is at the end of a path of member names (and, for a digit, items); NULL: not there. */
static const struct json_value *at(const struct json_value *value, const char *const path[])
{
    for (size_t i = 0; path[i] != NULL && value != NULL; i++) {
        bool item = path[i][0] >= '0' && path[i][0] <= '9';
        value = item ? json_item(value, path[i][0] - '0') : json_member(value, slice_of(path[i]));
    }
    return value;
}

#define AT(value, ...) at((value), (const char *const[]){__VA_ARGS__, NULL})

static bool is_text(const struct json_value *value, const char *text)
{
    return value != NULL && value->kind == JSON_STRING && slice_equal(value->text, slice_of(text));
}

static bool is_blank(const struct json_value *value)
{
    return value == NULL || value->kind == JSON_NULL || value->text.size == 0;
}

/* What a shop's own mapping would make of an order, told independently of how it was written. */
struct reading {
    bool conversion; /* paid, real, not cancelled */
    bool identity;
    struct slice transaction_id;
    struct slice time;
    struct slice amount;
};

static struct reading read_shopify(const struct json_value *order)
{
    const struct json_value *landing = AT(order, "landing_site");
    return (struct reading){
        .conversion = is_text(AT(order, "financial_status"), "paid") &&
                      AT(order, "test")->kind == JSON_FALSE &&
                      AT(order, "cancelled_at")->kind == JSON_NULL,
        .identity = !is_blank(AT(order, "email")) ||
                    slice_find(landing->text, SLICE("rtid=")) != SIZE_MAX ||
                    slice_find(landing->text, SLICE("rclid=")) != SIZE_MAX,
        .transaction_id = AT(order, "id")->text,
        .time = AT(order, "processed_at")->text,
        .amount = AT(order, "total_price")->text,
    };
}

static struct reading read_woocommerce(const struct json_value *order)
{
    return (struct reading){
        .conversion =
            is_text(AT(order, "status"), "processing") || is_text(AT(order, "status"), "completed"),
        .identity = !is_blank(AT(order, "billing", "email")) ||
                    is_text(AT(order, "meta_data", "2", "key"), "rtid"),
        .transaction_id = AT(order, "id")->text,
        .time = AT(order, "date_created_gmt")->text,
        .amount = AT(order, "total")->text,
    };
}

static struct reading read_stripe(const struct json_value *order)
{
    const struct json_value *session = AT(order, "data", "object");
    const struct json_value *intent = AT(session, "payment_intent");
    return (struct reading){
        .conversion = is_text(AT(order, "type"), "checkout.session.completed") &&
                      is_text(AT(session, "payment_status"), "paid") &&
                      AT(order, "livemode")->kind == JSON_TRUE,
        .identity = !is_blank(AT(session, "customer_details", "email")) ||
                    !is_blank(AT(session, "metadata", "rtid")),
        .transaction_id = is_blank(intent) ? AT(session, "subscription")->text : intent->text,
        .amount = AT(session, "amount_total")->text,
    };
}

static struct reading read_adyen(const struct json_value *order)
{
    const struct json_value *item = AT(order, "notificationItems", "0", "NotificationRequestItem");
    return (struct reading){
        .conversion = is_text(AT(order, "live"), "true") &&
                      is_text(AT(item, "eventCode"), "AUTHORISATION") &&
                      is_text(AT(item, "success"), "true"),
        .identity = !is_blank(AT(item, "additionalData", "shopperEmail")) ||
                    !is_blank(AT(item, "additionalData", "metadata.rtid")),
        .transaction_id = AT(item, "pspReference")->text,
        .time = AT(item, "eventDate")->text,
        .amount = AT(item, "amount", "value")->text,
    };
}

static struct reading read_order(enum shop shop, const struct json_value *order)
{
    switch (shop) {
    case SHOP_SHOPIFY:
        return read_shopify(order);
    case SHOP_WOOCOMMERCE:
        return read_woocommerce(order);
    case SHOP_STRIPE:
        return read_stripe(order);
    case SHOP_ADYEN:
        return read_adyen(order);
    case SHOPS:
        break;
    }
    return (struct reading){.conversion = false};
}

static void check_time(struct slice text)
{
    int64_t ms = 0;
    assert_true(timestamp_parse(text, &zone_utc, &ms) == MOMENT_FINE);
    assert_true(ms >= OLDEST_MS && ms <= NOW_MS + INT64_C(60) * 1000);
}

static void check_order(enum shop shop, uint64_t number, struct id_table *ids)
{
    const struct json_value *value = NULL;
    struct order order;
    struct error error;
    order_write(&season, shop, number, 0, &message, &order);
    assert_true(order.shop_order.key.text[0] != '\0');
    if (order.tombstone) {
        assert_int_equal(order.outcome, ORDER_SKIPPED);
        assert_int_equal(message.size, 0);
        return;
    }
    arena_reset(&arena);
    if (!json_read(buffer_slice(&message), &arena, &value, &error)) {
        assert_int_equal(order.outcome, ORDER_DEAD);
        return;
    }
    struct reading reading = read_order(shop, value);
    enum order_outcome expected = ORDER_SKIPPED;
    if (reading.conversion) {
        expected = reading.identity ? ORDER_CONVERSION : ORDER_DEAD;
    }
    assert_int_equal(order.outcome, expected);
    assert_true(
        slice_equal(reading.transaction_id, slice_of(order.shop_order.transaction_id.text)));
    assert_int_equal(id_table_add(ids, reading.transaction_id, 0), ID_NEW);
    assert_true(reading.amount.size > 0);
    if (reading.time.size > 0) {
        check_time(reading.time);
    }
    assert_true(message.size > 700 && message.size < 4096);
}

static void are_what_a_mapping_would_make_of_them(void **state)
{
    (void)state;
    for (unsigned shop = 0; shop < SHOPS; shop++) {
        struct id_table ids;
        id_table_init(&ids, ORDERS);
        for (uint64_t number = 0; number < ORDERS; number++) {
            check_order((enum shop)shop, number, &ids);
        }
        id_table_done(&ids);
    }
}

static void are_counted_as_they_are_written(void **state)
{
    (void)state;
    for (unsigned shop = 0; shop < SHOPS; shop++) {
        struct order_counts counts = {0};
        uint64_t outcomes[3] = {0};
        struct order order;
        for (uint64_t number = 0; number < ORDERS; number++) {
            order_count(&season, (enum shop)shop, number, &counts);
            order_write(&season, (enum shop)shop, number, 0, &message, &order);
            outcomes[order.outcome]++;
        }
        assert_int_equal(counts.produced, ORDERS);
        assert_int_equal(counts.conversions, outcomes[ORDER_CONVERSION]);
        assert_int_equal(counts.skipped, outcomes[ORDER_SKIPPED]);
        assert_int_equal(counts.dead, outcomes[ORDER_DEAD]);
        assert_true(counts.skipped > ORDERS / 30 && counts.dead > ORDERS / 200);
        assert_true(counts.conversions > ORDERS * 8 / 10);
    }
}

static void are_of_every_kind(void **state)
{
    bool seen[BASKET_CASES] = {false};
    bool free_of_charge = false;
    bool yen = false;
    bool only_a_click = false;
    (void)state;
    for (uint64_t number = 0; number < ORDERS; number++) {
        struct basket basket;
        basket_fill(&basket, &season, number, 0);
        seen[basket.kind] = true;
        assert_int_equal(basket.kind, basket_kind(&season, number, 0));
        free_of_charge = free_of_charge || basket.total == 0;
        yen = yen || basket.market->decimals == 0;
        only_a_click = only_a_click || (basket.email[0] == '\0' && strlen(basket.click_id) == 32);
        assert_true(basket.total == basket.subtotal - basket.discount + basket.shipping);
    }
    for (size_t i = 0; i < BASKET_CASES; i++) {
        assert_true(seen[i]);
    }
    assert_true(free_of_charge && yen && only_a_click);
}

static void are_the_same_again_with_the_same_seed(void **state)
{
    struct season other = season;
    struct buffer again;
    struct order order;
    unsigned different = 0;
    (void)state;
    other.seed = 2;
    buffer_init(&again, (size_t)2 * ORDER_SIZE_MAX);
    for (uint64_t number = 0; number < 50; number++) {
        order_write(&season, SHOP_SHOPIFY, number, 0, &message, &order);
        order_write(&season, SHOP_SHOPIFY, number, 0, &again, &order);
        assert_true(slice_equal(buffer_slice(&message), buffer_slice(&again)));
        order_write(&other, SHOP_SHOPIFY, number, 0, &again, &order);
        different += !slice_equal(buffer_slice(&message), buffer_slice(&again));
    }
    assert_true(different > 45);
    buffer_done(&again);
}

static void are_padded_to_the_size_that_is_wanted(void **state)
{
    static const size_t sizes[] = {5000, 100000, ORDER_SIZE_MAX};
    struct error error;
    (void)state;
    for (unsigned shop = 0; shop < SHOPS; shop++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            const struct json_value *value = NULL;
            struct order order;
            uint64_t number = 0;
            do {
                order_write(&season, (enum shop)shop, number++, sizes[i], &message, &order);
            } while (order.outcome != ORDER_CONVERSION);
            assert_in_range(message.size, sizes[i] - 4, sizes[i] + 100);
            arena_reset(&arena);
            assert_true(json_read(buffer_slice(&message), &arena, &value, &error));
            assert_false(message.failed);
        }
    }
}

static void knows_shops_by_their_names(void **state)
{
    enum shop shop = SHOPS;
    (void)state;
    for (unsigned i = 0; i < SHOPS; i++) {
        assert_true(shop_find(slice_of(shop_name((enum shop)i)), &shop));
        assert_int_equal(shop, i);
    }
    assert_false(shop_find(SLICE("Shopify"), &shop));
}

static int set_up(void **state)
{
    (void)state;
    buffer_init(&message, (size_t)2 * ORDER_SIZE_MAX);
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_done(&message);
    arena_done(&arena);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(are_what_a_mapping_would_make_of_them),
        CASE(are_counted_as_they_are_written),
        CASE(are_of_every_kind),
        CASE(are_the_same_again_with_the_same_seed),
        CASE(are_padded_to_the_size_that_is_wanted),
        CASE(knows_shops_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
