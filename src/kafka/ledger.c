#include "kafka/ledger.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64

/* A larger ring is given back as soon as it is empty: it was a message that did not end for long. */
#define KEPT_CAPACITY 4096

/* Slots are small numbers. One this large was never given out. */
#define SLOTS_MAX (1U << 20)

struct entry {
    int64_t offset;
    uint32_t open; /* parts; at 0 it pops as soon as it is the head */
    bool lettered; /* one of them was a dead letter */
};
_Static_assert(sizeof(struct entry) == 16, "the header promises it");

/* A ring of a power of two: the message with sequence s stands at s modulo the capacity, so that
 * neither popping nor finding a token's message ever searches. */
struct ring {
    struct entry *entries;
    size_t capacity;
    uint64_t first; /* sequence of the head */
    uint64_t next;  /* sequence of the next message to come; equal to `first`: the ring is empty */
    size_t open;    /* messages in the ring that have not ended */
    int64_t last_offset; /* the next message has a higher one */
    int64_t watermark;
    uint32_t epoch; /* the first is 1, so that an all-zero token is of none */
    bool assigned;
};

struct ledger {
    struct ring *rings;
    size_t ring_count;
    size_t open_total;
    size_t waiting_total;
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
    for (size_t i = 0; i < ledger->ring_count; i++) {
        free(ledger->rings[i].entries);
    }
    free(ledger->rings);
    free(ledger);
}

static size_t waiting(const struct ring *ring)
{
    return (size_t)(ring->next - ring->first);
}

static struct entry *entry_at(const struct ring *ring, uint64_t sequence)
{
    return &ring->entries[sequence & (ring->capacity - 1)];
}

static struct ring *assigned_ring(const struct ledger *ledger, uint32_t slot)
{
    assert(slot < ledger->ring_count && ledger->rings[slot].assigned);
    return &ledger->rings[slot];
}

static void make_rings(struct ledger *ledger, size_t count)
{
    if (count <= ledger->ring_count) {
        return;
    }
    ledger->rings = memory_resize(ledger->rings, count, sizeof(struct ring));
    for (size_t i = ledger->ring_count; i < count; i++) {
        ledger->rings[i] = (struct ring){0};
    }
    ledger->ring_count = count;
}

void ledger_assign(struct ledger *ledger, uint32_t slot)
{
    assert(slot < SLOTS_MAX);
    make_rings(ledger, (size_t)slot + 1);
    struct ring *ring = &ledger->rings[slot];
    assert(!ring->assigned);
    ring->assigned = true;
    ring->epoch++;
    ring->first = 0;
    ring->next = 0;
    ring->open = 0;
    ring->last_offset = -1;
    ring->watermark = -1;
}

static void free_entries(struct ring *ring)
{
    free(ring->entries);
    ring->entries = NULL;
    ring->capacity = 0;
}

size_t ledger_revoke(struct ledger *ledger, uint32_t slot)
{
    struct ring *ring = assigned_ring(ledger, slot);
    size_t open = ring->open;
    ledger->open_total -= open;
    ledger->waiting_total -= waiting(ring);
    ring->assigned = false;
    free_entries(ring);
    return open;
}

/* Every message has another place in the larger ring. */
static void grow(struct ring *ring)
{
    struct ring larger = *ring;
    larger.capacity = ring->capacity == 0 ? FIRST_CAPACITY : ring->capacity * 2;
    larger.entries = memory_new(larger.capacity, sizeof(struct entry));
    for (uint64_t sequence = ring->first; sequence < ring->next; sequence++) {
        *entry_at(&larger, sequence) = *entry_at(ring, sequence);
    }
    free(ring->entries);
    *ring = larger;
}

/* Returns its sequence. */
static uint64_t append(struct ledger *ledger, struct ring *ring, struct entry entry)
{
    if (waiting(ring) == ring->capacity) {
        grow(ring);
    }
    *entry_at(ring, ring->next) = entry;
    ring->last_offset = entry.offset;
    ledger->waiting_total++;
    return ring->next++;
}

struct token ledger_open(struct ledger *ledger, uint32_t slot, int64_t offset)
{
    struct ring *ring = assigned_ring(ledger, slot);
    assert(offset > ring->last_offset);
    uint64_t sequence = append(ledger, ring, (struct entry){offset, 1, false});
    ring->open++;
    ledger->open_total++;
    return (struct token){slot, ring->epoch, sequence};
}

/* It stands in the ring as one that has ended right before `offset`, or makes the last one reach so far. */
void ledger_pass(struct ledger *ledger, uint32_t slot, int64_t offset)
{
    struct ring *ring = assigned_ring(ledger, slot);
    assert(offset > ring->last_offset);
    if (ring->first == ring->next) {
        ring->watermark = offset;
    } else if (entry_at(ring, ring->next - 1)->open == 0) {
        entry_at(ring, ring->next - 1)->offset = offset - 1;
    } else {
        (void)append(ledger, ring, (struct entry){offset - 1, 0, false});
    }
    ring->last_offset = offset - 1;
}

static struct entry *open_entry(const struct ring *ring, struct token token)
{
    assert(token.sequence >= ring->first && token.sequence < ring->next);
    struct entry *entry = entry_at(ring, token.sequence);
    assert(entry->open > 0);
    return entry;
}

void ledger_more(struct ledger *ledger, struct token token, size_t parts)
{
    struct ring *ring = assigned_ring(ledger, token.slot);
    assert(token.epoch == ring->epoch);
    struct entry *entry = open_entry(ring, token);
    assert(parts <= UINT32_MAX - entry->open);
    entry->open += (uint32_t)parts;
}

/* The ring of a token's epoch, or NULL when that is over. */
static struct ring *current_ring(const struct ledger *ledger, struct token token)
{
    assert(token.slot < ledger->ring_count);
    struct ring *ring = &ledger->rings[token.slot];
    assert(token.epoch <= ring->epoch);
    return ring->assigned && token.epoch == ring->epoch ? ring : NULL;
}

bool ledger_letter(struct ledger *ledger, struct token token)
{
    const struct ring *ring = current_ring(ledger, token);
    if (ring == NULL) {
        return false;
    }
    ledger_more(ledger, token, 1);
    open_entry(ring, token)->lettered = true;
    return true;
}

/* But for ledger_pass() the only place where a watermark moves. */
static void pop(struct ledger *ledger, struct ring *ring)
{
    while (ring->first < ring->next && entry_at(ring, ring->first)->open == 0) {
        ring->watermark = entry_at(ring, ring->first)->offset + 1;
        ring->first++;
        ledger->waiting_total--;
    }
    if (ring->first == ring->next && ring->capacity > KEPT_CAPACITY) {
        free_entries(ring);
    }
}

enum ledger_state ledger_done(struct ledger *ledger, struct token token)
{
    struct ring *ring = current_ring(ledger, token);
    if (ring == NULL) {
        return LEDGER_STALE;
    }
    struct entry *entry = open_entry(ring, token);
    entry->open--;
    if (entry->open > 0) {
        return LEDGER_OPEN;
    }
    enum ledger_state state = entry->lettered ? LEDGER_LETTERED : LEDGER_CLOSED;
    ring->open--;
    ledger->open_total--;
    pop(ledger, ring);
    return state;
}

int64_t ledger_watermark(const struct ledger *ledger, uint32_t slot)
{
    return assigned_ring(ledger, slot)->watermark;
}

size_t ledger_open_count(const struct ledger *ledger, uint32_t slot)
{
    return assigned_ring(ledger, slot)->open;
}

size_t ledger_open_total(const struct ledger *ledger)
{
    return ledger->open_total;
}

size_t ledger_waiting_count(const struct ledger *ledger, uint32_t slot)
{
    return waiting(assigned_ring(ledger, slot));
}

size_t ledger_waiting_total(const struct ledger *ledger)
{
    return ledger->waiting_total;
}

int64_t ledger_oldest(const struct ledger *ledger, uint32_t slot)
{
    const struct ring *ring = assigned_ring(ledger, slot);
    return ring->first < ring->next ? entry_at(ring, ring->first)->offset : -1;
}
