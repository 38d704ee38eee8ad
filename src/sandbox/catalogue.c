#include "catalogue.h"

#include "base/memory.h"
#include "json/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX ((size_t)2 * ORDER_SIZE_MAX)

/* As Kafka has it. */
static bool is_topic_name(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool fine = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
        if (!fine) {
            return false;
        }
    }
    return name.size > 0 && name.size < 250 && !slice_equal(name, SLICE(".")) &&
           !slice_equal(name, SLICE(".."));
}

bool catalogue_add(struct catalogue *catalogue, struct slice name, uint32_t partitions,
                   struct error *error)
{
    if (!is_topic_name(name)) {
        error_set(error, "\"%.*s\" is no name of a topic", SLICE_PRINT(name));
        return false;
    }
    if (partitions < 1 || partitions > CATALOGUE_PARTITIONS_MAX) {
        error_set(error, "a topic has 1 to %d partitions", CATALOGUE_PARTITIONS_MAX);
        return false;
    }
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        if (slice_equal(name, slice_of(catalogue->topics[i].name))) {
            error_set(error, "the topic %.*s is there twice", SLICE_PRINT(name));
            return false;
        }
    }
    if (catalogue->topic_count == CATALOGUE_TOPICS_MAX) {
        error_set(error, "there are at most %d topics", CATALOGUE_TOPICS_MAX);
        return false;
    }
    struct catalogue_topic *topic = &catalogue->topics[catalogue->topic_count++];
    *topic = (struct catalogue_topic){.partitions = partitions};
    (void)snprintf(topic->name, sizeof topic->name, "%.*s", SLICE_PRINT(name));
    return true;
}

void catalogue_sell(struct catalogue *catalogue, enum shop shop)
{
    struct catalogue_topic *topic = &catalogue->topics[catalogue->topic_count - 1];
    topic->has_orders = true;
    topic->shop = shop;
}

size_t catalogue_partitions(const struct catalogue *catalogue)
{
    size_t partitions = 0;
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        partitions += catalogue->topics[i].partitions;
    }
    return partitions;
}

/* Orders of all topics have different numbers, and the same spread over the days. */
static uint64_t order_number(const struct catalogue *catalogue, size_t topic, uint64_t index)
{
    return index * catalogue->topic_count + topic;
}

static uint64_t partitions_with_orders(const struct catalogue *catalogue)
{
    uint64_t partitions = 0;
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &catalogue->topics[i];
        partitions += topic->has_orders ? topic->partitions : 0;
    }
    return partitions;
}

/* Each takes its part of what the topics before it have left, so that no order remains. */
static void share(struct catalogue *catalogue, uint64_t orders)
{
    uint64_t partitions = partitions_with_orders(catalogue);
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        struct catalogue_topic *topic = &catalogue->topics[i];
        if (topic->has_orders) {
            topic->count = orders * topic->partitions / partitions;
            orders -= topic->count;
            partitions -= topic->partitions;
        }
    }
}

void catalogue_plan(struct catalogue *catalogue, uint64_t orders, uint64_t seed, int64_t now_ms)
{
    uint64_t most = 0;
    share(catalogue, orders);
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        most = catalogue->topics[i].count > most ? catalogue->topics[i].count : most;
    }
    catalogue->season =
        (struct season){.seed = seed, .count = most * catalogue->topic_count, .now_ms = now_ms};
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        struct catalogue_topic *topic = &catalogue->topics[i];
        topic->counts = (struct order_counts){0};
        for (uint64_t index = 0; index < topic->count; index++) {
            order_count(&catalogue->season, topic->shop, order_number(catalogue, i, index),
                        &topic->counts);
        }
    }
}

void catalogue_write(const struct catalogue *catalogue, size_t topic, uint64_t index,
                     struct buffer *message, struct order *ret_order)
{
    order_write(&catalogue->season, catalogue->topics[topic].shop,
                order_number(catalogue, topic, index), catalogue->size, message, ret_order);
}

static bool topic_fits(const struct catalogue *catalogue, size_t index, uint64_t bytes[],
                       struct buffer *message, struct error *error)
{
    const struct catalogue_topic *topic = &catalogue->topics[index];
    struct order order;
    memset(bytes, 0, topic->partitions * sizeof bytes[0]);
    for (uint64_t i = 0; i < topic->count; i++) {
        catalogue_write(catalogue, index, i, message, &order);
        uint64_t *partition = &bytes[i % topic->partitions];
        *partition += message->size + strlen(order.shop_order.key.text) + CATALOGUE_MESSAGE_FRAME;
        if (*partition > CATALOGUE_PARTITION_BYTES) {
            error_set(error,
                      "the mock cluster keeps 5 MiB of a partition: %s with %" PRIu32
                      " partitions holds about %" PRIu64 " of its %" PRIu64
                      " orders. Give it more partitions, or name the consumer's group with "
                      "--group: then orders are produced as it commits",
                      topic->name, topic->partitions, i, topic->count);
            return false;
        }
    }
    return true;
}

bool catalogue_fits(const struct catalogue *catalogue, struct error *error)
{
    uint64_t *bytes = memory_new(CATALOGUE_PARTITIONS_MAX, sizeof(uint64_t));
    struct buffer message;
    bool fits = true;
    buffer_init(&message, MESSAGE_MAX);
    for (size_t i = 0; fits && i < catalogue->topic_count; i++) {
        fits = topic_fits(catalogue, i, bytes, &message, error);
    }
    buffer_done(&message);
    free(bytes);
    return fits;
}

static bool becomes(const struct order *order, struct slice transaction_id)
{
    return order->outcome == ORDER_CONVERSION &&
           slice_equal(slice_of(order->shop_order.transaction_id.text), transaction_id);
}

static void write_order(const struct catalogue_topic *topic, uint64_t index,
                        const struct order *order, struct slice message, struct buffer *buffer)
{
    buffer_printf(buffer,
                  "{\"topic\":\"%s\",\"partition\":%" PRIu64 ",\"offset\":%" PRIu64
                  ",\"key\":\"%s\",\"order\":",
                  topic->name, index % topic->partitions, index / topic->partitions,
                  order->shop_order.key.text);
    buffer_append(buffer, message);
    buffer_append_byte(buffer, '}');
}

bool catalogue_write_order(const struct catalogue *catalogue, struct slice transaction_id,
                           struct buffer *buffer)
{
    struct buffer message;
    struct order order;
    bool found = false;
    buffer_init(&message, MESSAGE_MAX);
    for (size_t i = 0; !found && i < catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &catalogue->topics[i];
        for (uint64_t index = 0; !found && index < topic->count; index++) {
            catalogue_write(catalogue, i, index, &message, &order);
            found = becomes(&order, transaction_id);
            if (found) {
                write_order(topic, index, &order, buffer_slice(&message), buffer);
            }
        }
    }
    buffer_done(&message);
    return found;
}

void catalogue_write_counts(const struct catalogue *catalogue, struct buffer *buffer)
{
    const char *separator = "";
    buffer_append_byte(buffer, '{');
    for (size_t i = 0; i < catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &catalogue->topics[i];
        const struct order_counts *counts = &topic->counts;
        if (topic->has_orders) {
            buffer_printf(buffer,
                          "%s\"%s\":{\"produced\":%" PRIu64 ",\"conversions\":%" PRIu64
                          ",\"skipped\":%" PRIu64 ",\"dead\":%" PRIu64 "}",
                          separator, topic->name, counts->produced, counts->conversions,
                          counts->skipped, counts->dead);
            separator = ",";
        }
    }
    buffer_append_byte(buffer, '}');
}
