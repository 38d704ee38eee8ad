#include "basket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const struct market markets[] = {
    {"USD", "US", "United States", "Springfield", "62704", "Illinois", "12 Walnut Street", "en-US",
     "+1 217 555 01", 2, 108, 7, -360},
    {"EUR", "DE", "Germany", "Köln", "50667", "Nordrhein-Westfalen", "Hohe Straße 12", "de-DE",
     "+49 221 5550", 2, 100, 19, 60},
    {"EUR", "FR", "France", "Besançon", "25000", "Bourgogne-Franche-Comté", "3 rue de l'Église",
     "fr-FR", "+33 1 99 00 1", 2, 100, 20, 60},
    {"GBP", "GB", "United Kingdom", "York", "YO1 7HH", "North Yorkshire", "Flat 4, 9 Petergate",
     "en-GB", "+44 1632 9601", 2, 86, 20, 0},
    {"JPY", "JP", "Japan", "京都市", "600-8216", "京都府", "下京区 12-3", "ja-JP", "+81 75 555 01",
     0, 165, 10, 540},
    {"AUD", "AU", "Australia", "Ballarat", "3350", "Victoria", "7 Lydiard Street", "en-AU",
     "+61 3 5550 10", 2, 163, 10, 660},
    {"CAD", "CA", "Canada", "Québec", "G1R 4S9", "Québec", "21, rue Saint-Jean", "fr-CA",
     "+1 418 555 01", 2, 148, 13, -300},
};

static const struct product products[] = {
    {"Trail Running Shoe, women's", "TRS-W-38", "trail-running-shoe", "Felsen", 12990, 640},
    {"Merino Base Layer", "MBL-110-M", "merino-base-layer", "Felsen", 7450, 210},
    {"Enamel Mug \\\"Nord\\\"", "MUG-ENA-01", "enamel-mug-nord", "Haus & Hof", 1595, 180},
    {"Café Crème – 1 kg", "COF-CRM-1000", "cafe-creme-1kg", "Rösterei Süd", 2180, 1000},
    {"Vinyl: Live at the Harbour (2 LP)", "LP-HARB-2", "live-at-the-harbour", "Pier 7", 3499, 520},
    {"Concert ticket, row 12, seat 7", "TKT-1207", "concert-ticket", "Pier 7", 8900, 0},
    {"Gift card 🎁", "GIFT-50", "gift-card", "Haus & Hof", 5000, 0},
    {"Linen Shirt – Größe L", "LIN-SH-L", "linen-shirt", "Atelier Nine", 6990, 260},
    {"Wool Blanket 130 × 180 cm", "WOOL-130", "wool-blanket", "Haus & Hof", 11900, 1400},
    {"Notebook A5, dotted, pack of 3", "NB-A5-D3", "notebook-a5-dotted", "Papierwerk", 1890, 480},
    {"Rain Jacket", "RJ-09-NAVY", "rain-jacket", "Felsen", 18950, 430},
    {"Ceramic Bowl 抹茶", "BWL-MAT", "ceramic-bowl-matcha", "Atelier Nine", 2750, 390},
};

/* With what stands before the @ of an address, which is ASCII. */
static const struct name {
    const char *name;
    const char *plain;
} first_names[] = {
    {"Anna", "anna"},   {"José", "jose"},     {"Zoë", "zoe"},         {"Liam", "liam"},
    {"Priya", "priya"}, {"Łukasz", "lukasz"}, {"美咲", "misaki"},     {"Olivia", "olivia"},
    {"Søren", "soren"}, {"Chloé", "chloe"},   {"Mohamed", "mohamed"}, {"Jürgen", "juergen"},
};

static const struct name last_names[] = {
    {"Smith", "smith"},      {"Müller", "mueller"},    {"O'Brien", "obrien"},
    {"García", "garcia"},    {"佐藤", "sato"},         {"Nguyen", "nguyen"},
    {"Dubois", "dubois"},    {"Kowalska", "kowalska"}, {"Van Dijk", "van.dijk"},
    {"D'Angelo", "dangelo"}, {"Patel", "patel"},       {"Brown", "brown"},
};

static const char *const domains[] = {"example.com", "example.org", "example.net",
                                      "mail.example.com"};

/* Of a thousand orders. The rest is paid. */
static const struct {
    enum basket_case kind;
    unsigned share;
} odd_cases[] = {
    {BASKET_CLICK_ONLY, 60}, {BASKET_FREE, 10},        {BASKET_UNPAID, 30},
    {BASKET_PARTLY_PAID, 8}, {BASKET_TEST, 15},        {BASKET_CANCELLED, 20},
    {BASKET_TOMBSTONE, 6},   {BASKET_NO_IDENTITY, 10}, {BASKET_NOT_JSON, 4},
};

static enum basket_case roll_kind(struct dice *dice)
{
    uint64_t rolled = dice_below(dice, 1000);
    for (size_t i = 0; i < COUNT(odd_cases); i++) {
        if (rolled < odd_cases[i].share) {
            return odd_cases[i].kind;
        }
        rolled -= odd_cases[i].share;
    }
    return BASKET_PAID;
}

/* The first roll of an order's dice is its case. */
static enum basket_case begin(struct dice *dice, const struct season *season, uint64_t number,
                              unsigned without)
{
    dice_init(dice, dice_mix(season->seed) ^ dice_mix(number + 1));
    enum basket_case kind = roll_kind(dice);
    return (without & (1U << kind)) != 0 ? BASKET_PAID : kind;
}

enum basket_case basket_kind(const struct season *season, uint64_t number, unsigned without)
{
    struct dice dice;
    return begin(&dice, season, number, without);
}

/* Digits of `number` to the base `base`, so that different numbers have different texts. */
static void write_code(uint64_t number, unsigned base, size_t size, char ret_code[])
{
    for (size_t i = 0; i < size; i++) {
        ret_code[i] = letters[number % base];
        number /= base;
    }
    ret_code[size] = '\0';
}

static void fill_codes(struct basket *basket, uint64_t seed)
{
    uint64_t unique = dice_mix(seed ^ 0x5EED) ^ dice_mix(basket->number);
    write_code(unique, 62, 11, basket->code);
    write_code(unique, 36, 13, basket->capitals);
}

/* One in eight people types capitals or blanks. */
static void fill_email(struct basket *basket, const struct name *first, const struct name *last)
{
    uint64_t manner = dice_below(&basket->dice, 16);
    const char *blank = manner == 1 ? " " : "";
    (void)snprintf(basket->email, sizeof basket->email, "%s%s.%s.%" PRIu64 "@%s%s", blank,
                   first->plain, last->plain, basket->number,
                   domains[dice_below(&basket->dice, COUNT(domains))], blank);
    if (manner == 0) {
        basket->email[0] = (char)(basket->email[0] - 'a' + 'A');
    }
}

static void fill_click_id(struct basket *basket)
{
    for (size_t i = 0; i < sizeof basket->click_id - 1; i++) {
        basket->click_id[i] = letters[dice_below(&basket->dice, 62)];
    }
}

/* Three in ten came by a Rokt placement. */
static void fill_person(struct basket *basket)
{
    const struct name *first = &first_names[dice_below(&basket->dice, COUNT(first_names))];
    const struct name *last = &last_names[dice_below(&basket->dice, COUNT(last_names))];
    basket->first_name = first->name;
    basket->last_name = last->name;
    bool clicked = dice_below(&basket->dice, 10) < 3;
    if (basket->kind != BASKET_CLICK_ONLY && basket->kind != BASKET_NO_IDENTITY) {
        fill_email(basket, first, last);
    }
    if (basket->kind == BASKET_CLICK_ONLY || (clicked && basket->kind != BASKET_NO_IDENTITY)) {
        fill_click_id(basket);
    }
    (void)snprintf(basket->telephone, sizeof basket->telephone, "%s%02u", basket->market->telephone,
                   (unsigned)dice_below(&basket->dice, 100));
    unsigned host = (unsigned)dice_below(&basket->dice, 250) + 1;
    if (host % 5 == 0) {
        (void)snprintf(basket->address, sizeof basket->address, "2001:db8:0:7::%x", host);
    } else {
        (void)snprintf(basket->address, sizeof basket->address, "203.0.113.%u", host);
    }
}

static int64_t price_in(const struct market *market, int64_t price)
{
    int64_t local = price * market->factor / 100;
    return market->decimals == 0 ? local / 10 * 10 : local;
}

static void fill_items(struct basket *basket)
{
    basket->item_count = 1 + dice_below(&basket->dice, BASKET_ITEMS_MAX);
    uint64_t product = dice_below(&basket->dice, COUNT(products));
    for (size_t i = 0; i < basket->item_count; i++) {
        struct basket_item *item = &basket->items[i];
        item->product = &products[(product + i * 5) % COUNT(products)];
        item->price = price_in(basket->market, item->product->price);
        item->quantity =
            dice_below(&basket->dice, 4) == 0 ? 2 + (unsigned)dice_below(&basket->dice, 3) : 1;
        basket->subtotal += item->price * item->quantity;
    }
}

static void fill_totals(struct basket *basket)
{
    basket->shipping = price_in(basket->market, basket->subtotal > 10000 ? 0 : 495);
    if (basket->kind == BASKET_FREE) {
        basket->shipping = 0;
        basket->discount = basket->subtotal;
    } else if (dice_below(&basket->dice, 6) == 0) {
        basket->discount = basket->subtotal / 10;
    }
    basket->total = basket->subtotal - basket->discount + basket->shipping;
    basket->tax = basket->total * basket->market->tax / (100 + basket->market->tax);
}

/* Spread evenly over the days, with some seconds by chance. */
static int64_t roll_time(struct basket *basket, const struct season *season)
{
    int64_t span = BASKET_DAYS * DAY_MS;
    int64_t step = span / (int64_t)(season->count + 1);
    int64_t past = span - step * (int64_t)basket->number;
    int64_t chance = (int64_t)dice_below(&basket->dice, (uint64_t)(step > 0 ? step : 1));
    return season->now_ms - past + chance;
}

void basket_fill(struct basket *basket, const struct season *season, uint64_t number,
                 unsigned without)
{
    memset(basket, 0, sizeof *basket);
    basket->number = number;
    basket->kind = begin(&basket->dice, season, number, without);
    basket->market = &markets[dice_below(&basket->dice, COUNT(markets))];
    fill_codes(basket, season->seed);
    fill_person(basket);
    fill_items(basket);
    fill_totals(basket);
    basket->time_ms = roll_time(basket, season);
}

struct basket_text basket_money(const struct basket *basket, int64_t amount)
{
    struct basket_text money;
    if (basket->market->decimals == 0) {
        (void)snprintf(money.text, sizeof money.text, "%" PRId64, amount);
    } else {
        (void)snprintf(money.text, sizeof money.text, "%" PRId64 ".%02" PRId64, amount / 100,
                       amount % 100);
    }
    return money;
}

static struct tm broken_down(const struct basket *basket, int seconds, int offset_minutes)
{
    time_t time = (time_t)(basket->time_ms / 1000 + seconds + offset_minutes * 60);
    struct tm date;
    (void)gmtime_r(&time, &date);
    return date;
}

struct basket_text basket_naive_time(const struct basket *basket, int seconds, bool utc)
{
    struct tm date = broken_down(basket, seconds, utc ? 0 : basket->market->offset_minutes);
    struct basket_text time;
    (void)strftime(time.text, sizeof time.text, "%Y-%m-%dT%H:%M:%S", &date);
    return time;
}

struct basket_text basket_local_time(const struct basket *basket, int seconds)
{
    int offset = basket->market->offset_minutes;
    unsigned distance = (unsigned)(offset < 0 ? -offset : offset);
    struct basket_text naive = basket_naive_time(basket, seconds, false);
    struct basket_text time;
    (void)snprintf(time.text, sizeof time.text, "%.19s%c%02u:%02u", naive.text,
                   offset < 0 ? '-' : '+', distance / 60 % 24, distance % 60);
    return time;
}

struct basket_text basket_letters(struct basket *basket, size_t count)
{
    struct basket_text text = {""};
    for (size_t i = 0; i < count && i < sizeof text.text - 1; i++) {
        text.text[i] = letters[dice_below(&basket->dice, 62)];
    }
    return text;
}
