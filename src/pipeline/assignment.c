#include "assignment.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void assignment_done(struct assignment *assignment)
{
    free(assignment->partitions);
    free(assignment->due);
    free(assignment->in_flight);
    *assignment = (struct assignment){0};
}

static void grow(struct assignment *assignment, size_t count)
{
    if (count <= assignment->count) {
        return;
    }
    assignment->partitions =
        memory_resize(assignment->partitions, count, sizeof *assignment->partitions);
    for (size_t i = assignment->count; i < count; i++) {
        assignment->partitions[i] = (struct partition){.state = PARTITION_GONE, .committed = -1};
    }
    assignment->due = memory_resize(assignment->due, count, sizeof *assignment->due);
    assignment->in_flight =
        memory_resize(assignment->in_flight, count, sizeof *assignment->in_flight);
    assignment->count = count;
}

void assignment_add(struct assignment *assignment, const struct consumer_partition *named)
{
    grow(assignment, (size_t)named->slot + 1);
    assert(assignment->partitions[named->slot].state == PARTITION_GONE);
    assignment->partitions[named->slot] = (struct partition){
        .state = PARTITION_HELD,
        .topic = named->topic,
        .number = named->partition,
        .committed = -1,
    };
}

void assignment_set_full(struct assignment *assignment, uint32_t slot, bool full)
{
    struct partition *partition = &assignment->partitions[slot];

    assert(partition->state != PARTITION_GONE && partition->full != full);
    partition->full = full;
    if (full) {
        assignment->full++;
    } else {
        assignment->full--;
    }
}

void assignment_leave(struct assignment *assignment, uint32_t slot)
{
    assert(assignment_state(assignment, slot) == PARTITION_HELD);
    assignment->partitions[slot].state = PARTITION_LEAVING;
    assignment->leaving++;
}

/* The slot may be used again by another partition: an answer to a commit that is still under way must
 * not be taken for that one's. */
static void disown_in_flight(struct assignment *assignment, uint32_t slot)
{
    for (size_t i = 0; i < assignment->in_flight_count; i++) {
        if (assignment->in_flight[i].slot == slot) {
            assignment->in_flight[i].slot = SLOT_NONE;
        }
    }
}

void assignment_remove(struct assignment *assignment, uint32_t slot)
{
    enum partition_state state = assignment_state(assignment, slot);

    assert(state != PARTITION_GONE);
    if (state == PARTITION_LEAVING) {
        assignment->leaving--;
    }
    if (assignment->partitions[slot].full) {
        assignment_set_full(assignment, slot, false);
    }
    assignment->partitions[slot] = (struct partition){.state = PARTITION_GONE, .committed = -1};
    disown_in_flight(assignment, slot);
}

size_t assignment_due(struct assignment *assignment, const struct ledger *ledger)
{
    assignment->due_count = 0;
    for (uint32_t slot = 0; slot < assignment->count; slot++) {
        const struct partition *partition = &assignment->partitions[slot];

        if (partition->state == PARTITION_GONE) {
            continue;
        }
        int64_t watermark = ledger_watermark(ledger, slot);
        if (watermark > partition->committed) {
            assignment->due[assignment->due_count++] = (struct consumer_offset){slot, watermark};
        }
    }
    return assignment->due_count;
}

void assignment_sent(struct assignment *assignment)
{
    assert(!assignment->committing);
    memcpy(assignment->in_flight, assignment->due, assignment->due_count * sizeof *assignment->due);
    assignment->in_flight_count = assignment->due_count;
    assignment->committing = true;
}

/* The answer to an older commit may come after a newer one was made at once. */
static void mark_committed(struct assignment *assignment, const struct consumer_offset offsets[],
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (offsets[i].slot == SLOT_NONE) {
            continue;
        }
        struct partition *partition = &assignment->partitions[offsets[i].slot];
        if (offsets[i].offset > partition->committed) {
            partition->committed = offsets[i].offset;
        }
    }
}

void assignment_answered(struct assignment *assignment, bool failed)
{
    if (!failed) {
        mark_committed(assignment, assignment->in_flight, assignment->in_flight_count);
    }
    assignment->in_flight_count = 0;
    assignment->committing = false;
}

void assignment_committed(struct assignment *assignment)
{
    mark_committed(assignment, assignment->due, assignment->due_count);
}
