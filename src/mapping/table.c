#include "table_list.h"

/* At most half of the slots are taken, so that a free one is always near. */
static size_t slots_for(size_t capacity)
{
    size_t slots = 4;
    while (slots < 2 * capacity) {
        slots *= 2;
    }
    return slots;
}

void table_init(struct table *table, size_t capacity, struct arena *arena)
{
    size_t slots = slots_for(capacity);
    table->entries = arena_alloc(arena, capacity * sizeof *table->entries);
    table->slots = arena_calloc(arena, slots, sizeof *table->slots);
    table->slot_mask = slots - 1;
}

/* The slot that has the key, or the free one where it would stand. */
static uint32_t *find_slot(const struct table *table, struct slice key)
{
    size_t slot = slice_hash(key) & table->slot_mask;
    while (table->slots[slot] != 0 &&
           !slice_equal(table->entries[table->slots[slot] - 1].key, key)) {
        slot = (slot + 1) & table->slot_mask;
    }
    return &table->slots[slot];
}

const struct table_entry *table_add(struct table *table, const struct table_entry *entry)
{
    uint32_t *slot = find_slot(table, entry->key);
    if (*slot != 0) {
        return &table->entries[*slot - 1];
    }
    table->entries[table->count++] = *entry;
    *slot = (uint32_t)table->count;
    return NULL;
}

bool table_find(const struct table *table, struct slice key, struct slice *ret_value)
{
    uint32_t slot = *find_slot(table, key);
    if (slot == 0 || slice_trim(table->entries[slot - 1].value).size == 0) {
        return false;
    }
    *ret_value = table->entries[slot - 1].value;
    return true;
}

const struct table *tables_use(struct tables *tables, struct slice name)
{
    for (size_t i = 0; tables != NULL && i < tables->count; i++) {
        if (slice_equal(name, slice_of(tables->items[i].name))) {
            tables->items[i].used = true;
            return &tables->items[i];
        }
    }
    return NULL;
}

const char *tables_nearest(const struct tables *tables, struct slice name)
{
    const char *names[TABLES_MAX];
    size_t count = tables == NULL ? 0 : tables->count;
    for (size_t i = 0; i < count; i++) {
        names[i] = tables->items[i].name;
    }
    return error_nearest(name, names, count);
}

void tables_warn_of_unused(const struct tables *tables, const struct document *document,
                           struct error_list *errors)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = &tables->items[i];
        if (!table->used) {
            document_warning(document, errors, table->place, NULL,
                             "no expression looks into the table \"%s\"", table->name);
        }
    }
}
