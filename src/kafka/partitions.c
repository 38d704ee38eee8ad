#include "partitions.h"

#include "base/memory.h"

#include <assert.h>
#include <regex.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16

/* One entry of a subscription. */
struct pattern {
    char *text; /* a topic's name, or a ^regular expression */
    size_t route;
    bool is_expression;
    regex_t expression;
};

struct partitions {
    struct pattern *patterns;
    size_t pattern_count;
    char **topics; /* every name ever seen, because events and messages point to them */
    size_t topic_count;
    struct partition *slots;
    uint32_t count;
    uint32_t capacity; /* of the slots and of the buckets; a power of two */
    uint32_t *buckets; /* the first slot of each hash: held and leaving ones only */
};

static bool compile(struct pattern *pattern, struct error *error)
{
    /* The flags are librdkafka's, so that both match the same topics. */
    int result = regcomp(&pattern->expression, pattern->text, REG_EXTENDED | REG_NOSUB);
    if (result == 0) {
        pattern->is_expression = true;
        return true;
    }
    char reason[128];
    (void)regerror(result, &pattern->expression, reason, sizeof reason);
    error_set(error, "the topics' expression \"%s\" cannot be used: %s", pattern->text, reason);
    return false;
}

static bool add_pattern(struct partitions *partitions, const char *text, size_t route,
                        struct error *error)
{
    for (size_t i = 0; i < partitions->pattern_count; i++) {
        if (strcmp(partitions->patterns[i].text, text) == 0) {
            error_set(error, "the topic \"%s\" stands twice in the subscriptions", text);
            return false;
        }
    }
    size_t count = partitions->pattern_count + 1;
    partitions->patterns = memory_resize(partitions->patterns, count, sizeof(struct pattern));
    struct pattern *pattern = &partitions->patterns[partitions->pattern_count++];
    *pattern = (struct pattern){.text = memory_string(slice_of(text)), .route = route};
    return text[0] != '^' || compile(pattern, error);
}

static bool add_patterns(struct partitions *partitions,
                         const struct consumer_subscription subscriptions[], size_t count,
                         struct error *error)
{
    for (size_t route = 0; route < count; route++) {
        for (size_t i = 0; i < subscriptions[route].topic_count; i++) {
            if (!add_pattern(partitions, subscriptions[route].topics[i], route, error)) {
                return false;
            }
        }
    }
    if (partitions->pattern_count == 0) {
        error_set(error, "there is no topic to subscribe to");
    }
    return partitions->pattern_count > 0;
}

struct partitions *partitions_new(const struct consumer_subscription subscriptions[], size_t count,
                                  struct error *error)
{
    struct partitions *partitions = memory_new(1, sizeof *partitions);
    if (!add_patterns(partitions, subscriptions, count, error)) {
        partitions_free(partitions);
        return NULL;
    }
    return partitions;
}

void partitions_free(struct partitions *partitions)
{
    if (partitions == NULL) {
        return;
    }
    for (size_t i = 0; i < partitions->pattern_count; i++) {
        struct pattern *pattern = &partitions->patterns[i];
        free(pattern->text);
        if (pattern->is_expression) {
            regfree(&pattern->expression);
        }
    }
    for (size_t i = 0; i < partitions->topic_count; i++) {
        free(partitions->topics[i]);
    }
    for (uint32_t slot = 0; slot < partitions->count; slot++) {
        free(partitions->slots[slot].metadata);
    }
    free(partitions->patterns);
    free(partitions->topics);
    free(partitions->slots);
    free(partitions->buckets);
    free(partitions);
}

/* With KIP-848 it is the broker that matches, by its own kind of expression: where one subscription
 * has expressions, whatever no pattern here matches can only be of that one. */
static bool only_expressions(const struct partitions *partitions, size_t *ret_route)
{
    bool found = false;
    for (size_t i = 0; i < partitions->pattern_count; i++) {
        const struct pattern *pattern = &partitions->patterns[i];
        if (!pattern->is_expression) {
            continue;
        }
        if (found && *ret_route != pattern->route) {
            return false;
        }
        *ret_route = pattern->route;
        found = true;
    }
    return found;
}

bool partitions_match(const struct partitions *partitions, const char *topic, size_t *ret_route)
{
    for (size_t i = 0; i < partitions->pattern_count; i++) {
        const struct pattern *pattern = &partitions->patterns[i];
        if (!pattern->is_expression && strcmp(pattern->text, topic) == 0) {
            *ret_route = pattern->route;
            return true;
        }
    }
    for (size_t i = 0; i < partitions->pattern_count; i++) {
        const struct pattern *pattern = &partitions->patterns[i];
        if (pattern->is_expression && regexec(&pattern->expression, topic, 0, NULL, 0) == 0) {
            *ret_route = pattern->route;
            return true;
        }
    }
    return false;
}

bool partitions_route(const struct partitions *partitions, const char *topic, size_t *ret_route)
{
    return partitions_match(partitions, topic, ret_route) ||
           only_expressions(partitions, ret_route);
}

const char *partitions_pattern(const struct partitions *partitions, size_t index)
{
    return index < partitions->pattern_count ? partitions->patterns[index].text : NULL;
}

/* FNV-1a. */
static uint32_t *bucket(const struct partitions *partitions, const char *topic, int32_t number)
{
    uint32_t hash = 2166136261U ^ (uint32_t)number;
    for (const char *at = topic; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    }
    return &partitions->buckets[hash & (partitions->capacity - 1)];
}

static void link_slot(struct partitions *partitions, uint32_t slot)
{
    struct partition *partition = &partitions->slots[slot];
    uint32_t *first = bucket(partitions, partition->topic, partition->number);
    partition->next = *first;
    *first = slot;
}

static void unlink_slot(struct partitions *partitions, uint32_t slot)
{
    const struct partition *partition = &partitions->slots[slot];
    uint32_t *link = bucket(partitions, partition->topic, partition->number);
    while (*link != slot) {
        link = &partitions->slots[*link].next;
    }
    *link = partition->next;
}

/* Whether the slot can be found by its partition. */
static bool is_linked(enum partition_state state)
{
    return state == PARTITION_HELD || state == PARTITION_LEAVING;
}

static void grow(struct partitions *partitions)
{
    uint32_t capacity = partitions->capacity == 0 ? FIRST_CAPACITY : partitions->capacity * 2;
    partitions->slots = memory_resize(partitions->slots, capacity, sizeof(struct partition));
    partitions->buckets = memory_resize(partitions->buckets, capacity, sizeof(uint32_t));
    partitions->capacity = capacity;
    for (uint32_t i = 0; i < capacity; i++) {
        partitions->buckets[i] = PARTITIONS_NONE;
    }
    for (uint32_t slot = 0; slot < partitions->count; slot++) {
        if (is_linked(partitions->slots[slot].state)) {
            link_slot(partitions, slot);
        }
    }
}

static uint32_t free_slot(struct partitions *partitions)
{
    for (uint32_t slot = 0; slot < partitions->count; slot++) {
        if (partitions->slots[slot].state == PARTITION_FREE) {
            return slot;
        }
    }
    if (partitions->count == partitions->capacity) {
        grow(partitions);
    }
    return partitions->count++;
}

static const char *kept_topic(struct partitions *partitions, const char *topic)
{
    for (size_t i = 0; i < partitions->topic_count; i++) {
        if (strcmp(partitions->topics[i], topic) == 0) {
            return partitions->topics[i];
        }
    }
    size_t count = partitions->topic_count + 1;
    partitions->topics = memory_resize(partitions->topics, count, sizeof(char *));
    partitions->topics[partitions->topic_count++] = memory_string(slice_of(topic));
    return partitions->topics[partitions->topic_count - 1];
}

uint32_t partitions_add(struct partitions *partitions, const char *topic, int32_t number,
                        size_t route)
{
    assert(partitions_find(partitions, topic, number) == PARTITIONS_NONE);
    uint32_t slot = free_slot(partitions);
    partitions->slots[slot] = (struct partition){
        .state = PARTITION_HELD,
        .topic = kept_topic(partitions, topic),
        .topic_size = strlen(topic),
        .number = number,
        .route = route,
        .committed = -1,
        .end = -1,
        .next_offset = -1,
    };
    link_slot(partitions, slot);
    return slot;
}

void partitions_set_committed(struct partitions *partitions, uint32_t slot, int64_t offset,
                              struct slice metadata)
{
    struct partition *partition = partitions_at(partitions, slot);
    assert(partition->metadata == NULL);
    partition->committed = offset;
    partition->next_offset = offset;
    partition->metadata = metadata.size == 0 ? NULL : memory_string(metadata);
}

uint32_t partitions_find(const struct partitions *partitions, const char *topic, int32_t number)
{
    if (partitions->capacity == 0) {
        return PARTITIONS_NONE;
    }
    uint32_t slot = *bucket(partitions, topic, number);
    while (slot != PARTITIONS_NONE) {
        const struct partition *partition = &partitions->slots[slot];
        if (partition->number == number && strcmp(partition->topic, topic) == 0) {
            return slot;
        }
        slot = partition->next;
    }
    return PARTITIONS_NONE;
}

/* The door for a state change. */
void partitions_set(struct partitions *partitions, uint32_t slot, enum partition_state state)
{
    struct partition *partition = partitions_at(partitions, slot);
    enum partition_state before = partition->state;
    assert((state == PARTITION_LEAVING && before == PARTITION_HELD) ||
           (state == PARTITION_GONE && is_linked(before)) ||
           (state == PARTITION_FREE && (before == PARTITION_LEAVING || before == PARTITION_GONE)));
    if (is_linked(before) && !is_linked(state)) {
        unlink_slot(partitions, slot);
    }
    if (state == PARTITION_FREE) {
        free(partition->metadata);
        partition->metadata = NULL;
    }
    partition->state = state;
}

struct partition *partitions_at(const struct partitions *partitions, uint32_t slot)
{
    assert(slot < partitions->count);
    return &partitions->slots[slot];
}

uint32_t partitions_count(const struct partitions *partitions)
{
    return partitions->count;
}

struct consumer_partition partitions_public(const struct partitions *partitions, uint32_t slot)
{
    const struct partition *partition = partitions_at(partitions, slot);
    return (struct consumer_partition){
        .slot = slot,
        .topic = partition->topic,
        .partition = partition->number,
        .route = partition->route,
        .committed = partition->committed,
        .metadata = partition->metadata == NULL ? SLICE("") : slice_of(partition->metadata),
    };
}

void partition_list_add(struct partition_list *list, const struct partitions *partitions,
                        uint32_t slot)
{
    list->items = memory_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = partitions_public(partitions, slot);
}

void partition_list_done(struct partition_list *list)
{
    free(list->items);
    *list = (struct partition_list){0};
}
