#include "support/oracle.h"

#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RECENT "2026-11-20T09:41:07Z"
#define TOO_OLD "2020-01-01T00:00:00Z"

void oracle_done(struct oracle *oracle)
{
    for (size_t i = 0; i < ORACLE_PARTITIONS; i++) {
        free(oracle->partitions[i].fates);
    }
    *oracle = (struct oracle){0};
}

/* ---- what is produced ------------------------------------------------------------------------- */

static void write_item(struct buffer *buffer, const struct order *order, size_t partition,
                       int64_t offset, unsigned item)
{
    bool refused = (order->refused >> item & 1U) != 0;
    buffer_printf(buffer, "\"id\":\"" ORACLE_ID "%zu:%" PRId64 ":%u:\",\"time\":\"%s\"", partition,
                  offset, item, refused ? TOO_OLD : RECENT);
}

static void write_items(struct buffer *buffer, const struct order *order, size_t partition,
                        int64_t offset)
{
    buffer_append(buffer, SLICE("\"tickets\":["));
    for (unsigned item = 0; item < order->items; item++) {
        buffer_append(buffer, slice_of(item > 0 ? ",{" : "{"));
        write_item(buffer, order, partition, offset, item);
        buffer_append_byte(buffer, '}');
    }
    buffer_append_byte(buffer, ']');
}

void oracle_write(struct buffer *buffer, const struct order *order, size_t partition,
                  int64_t offset, bool single)
{
    if (order->kind == ORDER_TOMBSTONE) {
        return;
    }
    buffer_printf(buffer,
                  "{\"paid\":%s,\"ip\":\"" ORACLE_ADDRESS "\",\"amount\":\"" ORACLE_AMOUNT "\",",
                  order->kind == ORDER_UNPAID ? "false" : "true");
    if (order->kind != ORDER_NAMELESS) {
        buffer_append(buffer,
                      SLICE("\"name\":\"" ORACLE_NAME "\",\"email\":\"" ORACLE_EMAIL "\","));
    }
    if (single) {
        write_item(buffer, order, partition, offset, 0);
    } else {
        write_items(buffer, order, partition, offset);
    }
    if (order->kind != ORDER_DAMAGED) {
        buffer_append_byte(buffer, '}');
    }
}

void oracle_produced(struct oracle *oracle, size_t partition, int64_t offset,
                     const struct order *order)
{
    assert(partition < ORACLE_PARTITIONS && order->items <= ORACLE_ITEMS_MAX);
    size_t count = oracle->partitions[partition].count;
    struct fate *fates = oracle->partitions[partition].fates;
    assert(count == 0 || fates[count - 1].offset < offset);
    if (count == oracle->partitions[partition].capacity) {
        size_t capacity = count == 0 ? 64 : count * 2;
        fates = memory_resize(fates, capacity, sizeof *fates);
        oracle->partitions[partition].fates = fates;
        oracle->partitions[partition].capacity = capacity;
    }
    fates[count] = (struct fate){.offset = offset, .order = *order, .lettered_ms = INT64_MAX};
    for (unsigned item = 0; item < ORACLE_ITEMS_MAX; item++) {
        fates[count].accepted_ms[item] = INT64_MAX;
    }
    oracle->partitions[partition].count++;
}

/* ---- what becomes of it ----------------------------------------------------------------------- */

static int compare_offsets(const void *key, const void *element)
{
    int64_t offset = *(const int64_t *)key;
    const struct fate *fate = element;
    return (offset > fate->offset) - (offset < fate->offset);
}

static struct fate *find(const struct oracle *oracle, size_t partition, int64_t offset)
{
    assert(partition < ORACLE_PARTITIONS);
    return bsearch(&offset, oracle->partitions[partition].fates,
                   oracle->partitions[partition].count, sizeof(struct fate), compare_offsets);
}

const struct fate *oracle_fate(const struct oracle *oracle, size_t partition, int64_t offset)
{
    return find(oracle, partition, offset);
}

static void earliest(int64_t *at_ms, int64_t other_ms)
{
    if (other_ms < *at_ms) {
        *at_ms = other_ms;
    }
}

/* A number and the colon behind it. */
static int64_t take_number(char **at)
{
    char *end;
    long long number = strtoll(*at, &end, 10);
    assert(end > *at && *end == ':');
    *at = end + 1;
    return number;
}

/* The next id of the body from `*at` on; false when there is none. */
static bool next_id(const struct oracle *oracle, struct slice body, size_t *at,
                    struct fate **ret_fate, size_t *ret_item)
{
    size_t found = slice_find(slice_part(body, *at, body.size), SLICE(ORACLE_ID));
    if (found == SIZE_MAX) {
        return false;
    }
    char text[64];
    char *rest = text;
    *at += found + strlen(ORACLE_ID);
    struct slice id = slice_part(body, *at, sizeof text - 1);
    memcpy(text, id.data, id.size);
    text[id.size] = '\0';
    size_t partition = (size_t)take_number(&rest);
    *ret_fate = find(oracle, partition, take_number(&rest));
    *ret_item = (size_t)take_number(&rest);
    assert(*ret_fate != NULL && *ret_item < ORACLE_ITEMS_MAX);
    return true;
}

void oracle_accepted(struct oracle *oracle, struct slice body, int64_t at_ms)
{
    struct fate *fate;
    size_t item;
    size_t at = 0;
    while (next_id(oracle, body, &at, &fate, &item)) {
        earliest(&fate->accepted_ms[item], at_ms);
        fate->accepted[item]++;
    }
}

bool oracle_knows(const struct oracle *oracle, struct slice body, int64_t now_ms)
{
    struct fate *fate;
    size_t item;
    size_t at = 0;
    bool known = true;
    while (next_id(oracle, body, &at, &fate, &item)) {
        known = known && fate->accepted_ms[item] <= now_ms;
    }
    return known;
}

void oracle_lettered(struct oracle *oracle, size_t partition, int64_t offset, int64_t at_ms)
{
    struct fate *fate = find(oracle, partition, offset);
    assert(fate != NULL);
    earliest(&fate->lettered_ms, at_ms);
    fate->lettered++;
}

/* ---- what must become of it ------------------------------------------------------------------- */

static bool is_for_rokt(const struct fate *fate, unsigned item)
{
    return fate->order.kind == ORDER_PAID && (fate->order.refused >> item & 1U) == 0;
}

static bool needs_letter(const struct fate *fate)
{
    switch (fate->order.kind) {
    case ORDER_PAID:
        return fate->order.refused != 0;
    case ORDER_NAMELESS:
        return fate->order.items > 0;
    case ORDER_DAMAGED:
    case ORDER_POISON:
        return true;
    case ORDER_UNPAID:
    case ORDER_TOMBSTONE:
        break;
    }
    return false;
}

bool oracle_is_done(const struct fate *fate, int64_t now_ms)
{
    bool done = !needs_letter(fate) || fate->lettered_ms <= now_ms;
    for (unsigned item = 0; item < fate->order.items; item++) {
        done = done && (!is_for_rokt(fate, item) || fate->accepted_ms[item] <= now_ms);
    }
    return done;
}

const struct fate *oracle_first_open(const struct oracle *oracle, size_t partition, int64_t offset,
                                     int64_t now_ms)
{
    assert(partition < ORACLE_PARTITIONS);
    const struct fate *fate = oracle->partitions[partition].fates;
    for (size_t i = 0; i < oracle->partitions[partition].count && fate->offset < offset; i++) {
        if (!oracle_is_done(fate, now_ms)) {
            return fate;
        }
        fate++;
    }
    return NULL;
}

bool oracle_is_exact(const struct fate *fate)
{
    bool exact = fate->lettered == (needs_letter(fate) ? 1 : 0);
    for (unsigned item = 0; item < fate->order.items; item++) {
        exact = exact && fate->accepted[item] == (is_for_rokt(fate, item) ? 1 : 0);
    }
    return exact;
}
