#include "kafka/ledger.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64

/* Slots are small numbers. One this large was never given out. */
#define SLOTS_MAX (1U << 20)

struct entry {
    int64_t offset;
    size_t open;   /* parts; at 0 it pops as soon as it is the head */
    bool lettered; /* one of them was a dead letter */
};

/* A ring of a power of two: the message with sequence s stands at s modulo the capacity, so that
 * neither popping nor finding a token's message ever searches. */
struct slot {
    struct entry *entries;
    size_t capacity;
    uint64_t first; /* sequence of the head */
    uint64_t next;  /* sequence of the next message to come; equal to `first`: the ring is empty */
    size_t open;    /* messages in the ring that have not ended */
    int64_t last_offset;
    int64_t watermark;
    uint32_t epoch; /* the first is 1, so that an all-zero token is of none */
    bool assigned;
};

struct ledger {
    struct slot *slots;
    size_t slot_count;
    size_t open_total;
};

struct ledger *ledger_new(void)
{
    return memory_new(1, sizeof(struct ledger));
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    for (size_t i = 0; i < ledger->slot_count; i++) {
        free(ledger->slots[i].entries);
    }
    free(ledger->slots);
    free(ledger);
}

static size_t held_by(const struct slot *slot)
{
    return (size_t)(slot->next - slot->first);
}

static struct entry *entry_at(const struct slot *slot, uint64_t sequence)
{
    return &slot->entries[sequence & (slot->capacity - 1)];
}

static struct slot *assigned_slot(const struct ledger *ledger, uint32_t number)
{
    assert(number < ledger->slot_count && ledger->slots[number].assigned);
    return &ledger->slots[number];
}

static void make_slots(struct ledger *ledger, size_t count)
{
    if (count <= ledger->slot_count) {
        return;
    }
    ledger->slots = memory_resize(ledger->slots, count, sizeof(struct slot));
    for (size_t i = ledger->slot_count; i < count; i++) {
        ledger->slots[i] = (struct slot){0};
    }
    ledger->slot_count = count;
}

void ledger_assign(struct ledger *ledger, uint32_t number)
{
    assert(number < SLOTS_MAX);
    make_slots(ledger, (size_t)number + 1);
    struct slot *slot = &ledger->slots[number];
    assert(!slot->assigned);
    slot->assigned = true;
    slot->epoch++;
    slot->first = 0;
    slot->next = 0;
    slot->open = 0;
    slot->last_offset = -1;
    slot->watermark = -1;
}

size_t ledger_revoke(struct ledger *ledger, uint32_t number)
{
    struct slot *slot = assigned_slot(ledger, number);
    size_t open = slot->open;
    ledger->open_total -= open;
    slot->assigned = false;
    free(slot->entries);
    slot->entries = NULL;
    slot->capacity = 0;
    return open;
}

/* Every message has another place in the larger ring. */
static void grow(struct slot *slot)
{
    struct slot larger = *slot;
    larger.capacity = slot->capacity == 0 ? FIRST_CAPACITY : slot->capacity * 2;
    larger.entries = memory_new(larger.capacity, sizeof(struct entry));
    for (uint64_t sequence = slot->first; sequence < slot->next; sequence++) {
        *entry_at(&larger, sequence) = *entry_at(slot, sequence);
    }
    free(slot->entries);
    *slot = larger;
}

struct token ledger_open(struct ledger *ledger, uint32_t number, int64_t offset)
{
    struct slot *slot = assigned_slot(ledger, number);
    assert(offset > slot->last_offset);
    if (held_by(slot) == slot->capacity) {
        grow(slot);
    }
    uint64_t sequence = slot->next++;
    *entry_at(slot, sequence) = (struct entry){offset, 1, false};
    slot->last_offset = offset;
    slot->open++;
    ledger->open_total++;
    return (struct token){number, slot->epoch, sequence};
}

static struct entry *open_entry(const struct slot *slot, struct token token)
{
    assert(token.sequence >= slot->first && token.sequence < slot->next);
    struct entry *entry = entry_at(slot, token.sequence);
    assert(entry->open > 0);
    return entry;
}

void ledger_more(struct ledger *ledger, struct token token, size_t parts)
{
    struct slot *slot = assigned_slot(ledger, token.slot);
    assert(token.epoch == slot->epoch);
    struct entry *entry = open_entry(slot, token);
    assert(parts <= SIZE_MAX - entry->open);
    entry->open += parts;
}

void ledger_letter(struct ledger *ledger, struct token token)
{
    ledger_more(ledger, token, 1);
    open_entry(assigned_slot(ledger, token.slot), token)->lettered = true;
}

/* The only place where a watermark moves. */
static void pop(struct slot *slot)
{
    while (slot->first < slot->next && entry_at(slot, slot->first)->open == 0) {
        slot->watermark = entry_at(slot, slot->first)->offset + 1;
        slot->first++;
    }
}

enum ledger_state ledger_done(struct ledger *ledger, struct token token)
{
    assert(token.slot < ledger->slot_count);
    struct slot *slot = &ledger->slots[token.slot];
    assert(token.epoch <= slot->epoch);
    if (!slot->assigned || token.epoch != slot->epoch) {
        return LEDGER_STALE;
    }
    struct entry *entry = open_entry(slot, token);
    entry->open--;
    if (entry->open > 0) {
        return LEDGER_OPEN;
    }
    enum ledger_state state = entry->lettered ? LEDGER_LETTERED : LEDGER_CLOSED;
    slot->open--;
    ledger->open_total--;
    pop(slot);
    return state;
}

int64_t ledger_watermark(const struct ledger *ledger, uint32_t number)
{
    return assigned_slot(ledger, number)->watermark;
}

size_t ledger_open_count(const struct ledger *ledger, uint32_t number)
{
    return assigned_slot(ledger, number)->open;
}

size_t ledger_open_total(const struct ledger *ledger)
{
    return ledger->open_total;
}
