#include "order.h"

#include "program.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define ANY_OF(names, number) (names)[(size_t)(number) % (sizeof(names) / sizeof((names)[0]))]

static const char *const FIRST_NAMES[] = {"Ana",  "Björn",  "Chloé",  "Daniel",
                                          "Elif", "Fatima", "György", "Hannah"};
static const char *const LAST_NAMES[] = {"Müller", "O'Brien",  "Nguyen", "García",
                                         "Smith",  "Kowalski", "Dubois"};
static const char *const CITIES[] = {"Berlin", "Köln", "München", "Hamburg", "Leipzig"};
static const char *const STREETS[] = {"Lindenallee", "Hauptstraße", "Am Markt", "Bergweg"};
static const char *const TITLES[] = {"Rain jacket, blue",
                                     "Wool socks (3 pairs)",
                                     "Trail running shoe \\\"Fjell\\\"",
                                     "Water bottle 0.75 l",
                                     "Head lamp",
                                     "Merino shirt – long sleeve"};
static const char *const GATEWAYS[] = {"visa", "mastercard", "paypal", "klarna",
                                       "American Express"};

__attribute__((format(printf, 3, 4))) static void write_piece(char *order, size_t *size,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(order + *size, ORDER_MAX - *size, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= ORDER_MAX - *size) {
        fail("an order is longer than %d bytes", ORDER_MAX);
    }
    *size += (size_t)length;
}

static void write_address(char *order, size_t *size, const char *name, long index)
{
    write_piece(order, size,
                "\"%s\":{\"first_name\":\"%s\",\"last_name\":\"%s\",\"address1\":\"%s %ld\","
                "\"address2\":null,\"city\":\"%s\",\"zip\":\"%05ld\",\"province\":null,"
                "\"country_code\":\"DE\",\"phone\":\"+49 30 %07ld\"},",
                name, ANY_OF(FIRST_NAMES, index), ANY_OF(LAST_NAMES, index / 3),
                ANY_OF(STREETS, index / 7), 1 + index % 120, ANY_OF(CITIES, index / 11),
                10000 + index % 89999, index % 10000000);
}

static void write_line(char *order, size_t *size, long index, long line)
{
    long number = index * 3 + line;
    write_piece(order, size,
                "%s{\"id\":%" PRId64 ",\"sku\":\"SKU-%05ld\",\"title\":\"%s\",\"quantity\":%ld,"
                "\"price\":\"%ld.%02ld\",\"grams\":%ld,\"taxable\":true,\"vendor\":\"Nordpfad\","
                "\"variant_title\":\"M / blue\",\"discounts\":[]}",
                line == 0 ? "" : ",", INT64_C(13000000000000) + number, number % 99991,
                ANY_OF(TITLES, number), 1 + number % 3, 5 + number % 90, number % 100,
                100 + number % 900);
}

static void write_head(char *order, size_t *size, long index, const char *time)
{
    write_piece(
        order, size,
        "{\"id\":%" PRId64 ",\"name\":\"#%ld\",\"created_at\":\"%s\",\"processed_at\":\"%s\","
        "\"financial_status\":\"paid\",\"fulfillment_status\":null,\"test\":false,"
        "\"currency\":\"EUR\",\"total_price\":\"%ld.%02ld\",\"subtotal_price\":\"%ld.%02ld\","
        "\"total_tax\":\"%ld.%02ld\",\"total_discounts\":\"0.00\",\"gross_margin\":%ld.%02ld,"
        "\"taxes_included\":true,\"source_name\":\"web\",\"browser_ip\":\"203.0.113.%ld\","
        "\"landing_site\":\"/products/fjell-2?utm_source=rokt&utm_medium=offer&"
        "rtid=%016lx%016lx&variant=%ld\",\"payment_gateway_names\":[\"%s\"],",
        INT64_C(5000000000000) + index, 1000 + index, time, time, 20 + index % 400, index % 100,
        15 + index % 400, index % 100, 3 + index % 60, index % 100, 4 + index % 90, index % 100,
        index % 256, 0x9e3779b97f4a7c15u * (size_t)(index + 1),
        0xc2b2ae3d27d4eb4fu * (size_t)(index + 1), index % 1000, ANY_OF(GATEWAYS, index));
}

static void write_customer(char *order, size_t *size, long index)
{
    write_piece(order, size,
                "\"customer\":{\"id\":%" PRId64 ",\"email\":\"Customer.%ld@Example.com\","
                "\"first_name\":\"%s\",\"last_name\":\"%s\",\"phone\":\"+49 151 %08ld\","
                "\"orders_count\":%ld,\"verified_email\":true,\"tags\":[\"newsletter\",\"vip\"]},",
                INT64_C(7000000000000) + index, index, ANY_OF(FIRST_NAMES, index),
                ANY_OF(LAST_NAMES, index / 3), index % 100000000, 1 + index % 9);
}

size_t order_write(char order[ORDER_MAX], long index, const char *time)
{
    size_t size = 0;
    write_head(order, &size, index, time);
    write_customer(order, &size, index);
    write_address(order, &size, "billing_address", index);
    write_address(order, &size, "shipping_address", index);
    write_piece(order, &size, "\"line_items\":[");
    for (long line = 0; line < 3; line++) {
        write_line(order, &size, index, line);
    }
    write_piece(order, &size,
                "],\"shipping_lines\":[{\"code\":\"DHL\",\"price\":\"4.90\"}],"
                "\"client_details\":{\"accept_language\":\"de-DE,de;q=0.9\",\"user_agent\":"
                "\"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"},"
                "\"note\":null}");
    return size;
}
