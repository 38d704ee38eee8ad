#include "kafka/ledger.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

/* A larger ring is given back as soon as it is empty: it was a message that did not end for long. */
#define KEPT_CAPACITY 4096

/* Slots are small numbers. One this large was never given out. */
#define SLOTS_MAX (1U << 20)

struct entry {
    int64_t offset;
    uint32_t open; /* parts; at 0 it pops as soon as it is the head */
    bool lettered; /* one of them was a dead letter */
    bool passed;   /* no message, but what ledger_pass() told; its last offset */
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
    uint64_t ended;
    struct completions_run *known; /* of the messages to come, [known_next, known_count) */
    size_t known_next;
    size_t known_count;
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
        free(ledger->rings[i].known);
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
    ring->ended = 0;
}

static void forget_known(struct ring *ring)
{
    free(ring->known);
    ring->known = NULL;
    ring->known_next = 0;
    ring->known_count = 0;
}

void ledger_recall(struct ledger *ledger, uint32_t slot, const struct completions *completions)
{
    struct ring *ring = assigned_ring(ledger, slot);
    size_t size = completions->count * sizeof *ring->known;
    assert(ring->last_offset == -1 && ring->known == NULL && completions->count > 0);
    ring->known = memory_new(completions->count, sizeof *ring->known);
    memcpy(ring->known, completions->runs, size);
    ring->known_count = completions->count;
}

bool ledger_recalls(struct ledger *ledger, uint32_t slot, int64_t offset)
{
    struct ring *ring = assigned_ring(ledger, slot);
    while (ring->known_next < ring->known_count && ring->known[ring->known_next].last < offset) {
        ring->known_next++;
    }
    if (ring->known_next == ring->known_count) {
        forget_known(ring);
        return false;
    }
    return ring->known[ring->known_next].first <= offset;
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
    forget_known(ring);
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
    uint64_t sequence = append(ledger, ring, (struct entry){.offset = offset, .open = 1});
    ring->open++;
    ledger->open_total++;
    return (struct token){slot, ring->epoch, sequence};
}

/* It stands in the ring as a message would that has ended. Two of them, one behind the other, are
 * one. */
static void pass_behind(struct ledger *ledger, struct ring *ring, int64_t offset)
{
    struct entry *last = entry_at(ring, ring->next - 1);
    if (last->passed) {
        last->offset = offset - 1;
    } else {
        (void)append(ledger, ring, (struct entry){.offset = offset - 1, .passed = true});
    }
}

void ledger_pass(struct ledger *ledger, uint32_t slot, int64_t offset)
{
    struct ring *ring = assigned_ring(ledger, slot);
    assert(offset > ring->last_offset);
    forget_known(ring);
    if (offset == ring->last_offset + 1) {
        return; /* nothing lies between, and this entry would have the offset of an open message */
    }
    if (ring->first == ring->next) {
        ring->watermark = offset;
    } else {
        pass_behind(ledger, ring, offset);
    }
    ring->last_offset = offset - 1;
    ring->ended++;
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
    ring->ended++;
    ledger->open_total--;
    pop(ledger, ring);
    return state;
}

size_t ledger_parts(const struct ledger *ledger, struct token token)
{
    const struct ring *ring = current_ring(ledger, token);
    return ring == NULL || token.sequence < ring->first ? 0 : entry_at(ring, token.sequence)->open;
}

int64_t ledger_watermark(const struct ledger *ledger, uint32_t slot)
{
    return assigned_ring(ledger, slot)->watermark;
}

uint64_t ledger_ended(const struct ledger *ledger, uint32_t slot)
{
    return assigned_ring(ledger, slot)->ended;
}

/* Those that have ended, one behind the other, make a run, whatever their offsets: nothing else
 * came between. Returns the sequence behind the run that begins at `from`. */
static uint64_t run_end(const struct ring *ring, uint64_t from)
{
    while (from < ring->next && entry_at(ring, from)->open == 0) {
        from++;
    }
    return from;
}

static bool add_ended(const struct ring *ring, struct completions *completions)
{
    uint64_t sequence = ring->first;
    while (sequence < ring->next) {
        uint64_t end = run_end(ring, sequence);
        if (end > sequence && !completions_add(completions, entry_at(ring, sequence)->offset,
                                               entry_at(ring, end - 1)->offset)) {
            return false;
        }
        sequence = end + 1;
    }
    return true;
}

void ledger_completions(const struct ledger *ledger, uint32_t slot,
                        struct completions *ret_completions)
{
    const struct ring *ring = assigned_ring(ledger, slot);
    ret_completions->count = 0;
    bool room = add_ended(ring, ret_completions);
    for (size_t i = ring->known_next; i < ring->known_count && room; i++) {
        int64_t first = ring->known[i].first;
        int64_t last = ring->known[i].last;
        first = first > ring->last_offset ? first : ring->last_offset + 1;
        room = first > last || completions_add(ret_completions, first, last);
    }
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
