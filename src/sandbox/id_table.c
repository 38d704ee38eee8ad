#include "id_table.h"

#include "base/memory.h"

#include <stdlib.h>

#define FIRST_SLOTS 64
/* What 32 bits can point to. */
#define TEXTS_MAX ((size_t)UINT32_MAX)

static uint64_t hash(struct slice bytes)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < bytes.size; i++) {
        hash = (hash ^ (unsigned char)bytes.data[i]) * 0x100000001B3u;
    }
    return hash;
}

uint32_t id_digest(struct slice bytes)
{
    uint64_t wide = hash(bytes);
    return (uint32_t)(wide ^ (wide >> 32));
}

void id_table_init(struct id_table *table, size_t max)
{
    *table = (struct id_table){.max = max < UINT32_MAX ? max : UINT32_MAX - 1};
    buffer_init(&table->texts, TEXTS_MAX);
}

void id_table_done(struct id_table *table)
{
    free(table->entries);
    free(table->slots);
    buffer_done(&table->texts);
    id_table_init(table, table->max);
}

struct slice id_table_text(const struct id_table *table, size_t index)
{
    const struct id_entry *entry = &table->entries[index];
    return (struct slice){table->texts.data + entry->place, entry->size};
}

uint32_t id_table_count(const struct id_table *table, size_t index)
{
    return table->entries[index].count;
}

/* The slot that holds `id`, or the free one where it belongs. */
static uint32_t *find_slot(const struct id_table *table, struct slice id)
{
    size_t mask = table->slot_count - 1;
    size_t at = (size_t)id_digest(id) & mask;
    while (table->slots[at] != 0 && !slice_equal(id_table_text(table, table->slots[at] - 1), id)) {
        at = (at + 1) & mask;
    }
    return &table->slots[at];
}

/* Twice as many slots, so that at most two in three are taken. */
static void grow_slots(struct id_table *table)
{
    free(table->slots);
    table->slot_count = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
    table->slots = memory_new(table->slot_count, sizeof(uint32_t));
    for (size_t i = 0; i < table->count; i++) {
        *find_slot(table, id_table_text(table, i)) = (uint32_t)(i + 1);
    }
}

static void grow_entries(struct id_table *table)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity == 0 ? FIRST_SLOTS : table->capacity * 2;
        table->entries = memory_resize(table->entries, table->capacity, sizeof(struct id_entry));
    }
}

static enum id_news add_new(struct id_table *table, uint32_t *slot, struct slice id,
                            uint32_t content)
{
    size_t place = table->texts.size;
    buffer_append(&table->texts, id);
    if (table->count >= table->max || table->texts.failed) {
        buffer_rollback(&table->texts, place);
        return ID_UNTRACKED;
    }
    grow_entries(table);
    table->entries[table->count] = (struct id_entry){
        .content = content, .count = 1, .place = (uint32_t)place, .size = (uint32_t)id.size};
    table->count++;
    *slot = (uint32_t)table->count;
    return ID_NEW;
}

enum id_news id_table_add(struct id_table *table, struct slice id, uint32_t content)
{
    if (table->count >= table->slot_count / 3 * 2) {
        grow_slots(table);
    }
    uint32_t *slot = find_slot(table, id);
    if (*slot == 0) {
        return add_new(table, slot, id, content);
    }
    struct id_entry *entry = &table->entries[*slot - 1];
    entry->count += entry->count < UINT32_MAX;
    return entry->content == content ? ID_REPEATED : ID_CHANGED;
}
