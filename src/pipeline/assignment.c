#include "assignment.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void assignment_init(struct assignment *assignment)
{
    *assignment = (struct assignment){0};
    arena_init(&assignment->texts, 0);
}

void assignment_done(struct assignment *assignment)
{
    arena_done(&assignment->texts);
    free(assignment->due_progress);
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
        assignment->partitions[i] = (struct partition){.state = PARTITION_GONE};
    }
    assignment->due = memory_resize(assignment->due, count, sizeof *assignment->due);
    assignment->due_progress =
        memory_resize(assignment->due_progress, count, sizeof *assignment->due_progress);
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
        .route = named->route,
        .position = named->committed,
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
    assignment->partitions[slot] = (struct partition){.state = PARTITION_GONE};
    disown_in_flight(assignment, slot);
}

static struct slice metadata(struct assignment *assignment, const struct ledger *ledger,
                             uint32_t slot, int64_t offset)
{
    const struct partition *partition = &assignment->partitions[slot];
    struct completions_place place = {partition->topic, partition->number, offset};
    char text[COMPLETIONS_TEXT_MAX];

    ledger_completions(ledger, slot, &assignment->completions);
    size_t size = completions_encode(&assignment->completions, &place, text);
    return arena_copy(&assignment->texts, (struct slice){text, size});
}

/* Where nothing has popped yet the oldest message is open: what had ended behind it can be told
 * with its own offset, as nothing before it is ours. */
static void add_due(struct assignment *assignment, const struct ledger *ledger, uint32_t slot)
{
    int64_t watermark = ledger_watermark(ledger, slot);
    int64_t offset = watermark >= 0 ? watermark : ledger_oldest(ledger, slot);
    size_t i = assignment->due_count++;

    assignment->due[i] =
        (struct consumer_offset){slot, offset, metadata(assignment, ledger, slot, offset)};
    assignment->due_progress[i] = (struct progress){slot, ledger_ended(ledger, slot)};
}

size_t assignment_due(struct assignment *assignment, const struct ledger *ledger)
{
    assignment->due_count = 0;
    arena_reset(&assignment->texts);
    for (uint32_t slot = 0; slot < assignment->count; slot++) {
        const struct partition *partition = &assignment->partitions[slot];

        if (partition->state != PARTITION_GONE &&
            ledger_ended(ledger, slot) > partition->committed) {
            add_due(assignment, ledger, slot);
        }
    }
    return assignment->due_count;
}

void assignment_sent(struct assignment *assignment)
{
    size_t size = assignment->due_count * sizeof *assignment->due_progress;

    assert(!assignment->committing);
    memcpy(assignment->in_flight, assignment->due_progress, size);
    assignment->in_flight_count = assignment->due_count;
    assignment->committing = true;
}

/* The answer to an older commit may come after a newer one was made at once. */
static void mark_committed(struct assignment *assignment, const struct progress list[],
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].slot == SLOT_NONE) {
            continue;
        }
        struct partition *partition = &assignment->partitions[list[i].slot];
        if (list[i].ended > partition->committed) {
            partition->committed = list[i].ended;
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
    mark_committed(assignment, assignment->due_progress, assignment->due_count);
}
