#include "support/scripted_consumer.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_MAX 32
#define EVENT_PARTITIONS_MAX 32
#define GIVEN_MAX 256

struct record {
    int64_t offset;
    struct slice value; /* owned */
    const struct letter_items *items;
    uint64_t deleted; /* offsets in front of it */
    bool end;         /* no record: the end of the partition was here, for a while */
};

struct scripted_partition {
    const char *topic;
    int32_t number;
    size_t route;
    struct record *records;
    size_t count;
    size_t capacity;
    int64_t committed; /* -1: nothing */
    char *metadata;    /* of that commit */
    bool taken_away;   /* by a loss that may not have been given out yet */
};

enum slot_state { SLOT_FREE, SLOT_HELD, SLOT_LEAVING };

struct scripted_slot {
    enum slot_state state;
    uint32_t epoch; /* another one for each assignment */
    size_t partition;
    bool paused;
    size_t next;      /* record to give out next */
    int64_t position; /* behind what was given out; -1: nothing was */
    int64_t asked;    /* the last offset that was to be committed; -1: none */
};

struct scripted_event {
    enum consumer_event_kind kind;
    size_t partitions[EVENT_PARTITIONS_MAX];
    size_t count;
    const char *text;
    struct scripted_event *next;
};

/* The asynchronous commit. */
struct in_flight {
    bool under_way;
    bool applied;
    bool failed;
    int64_t due_ms;
    struct consumer_offset offsets[SLOTS_MAX]; /* their metadata is a copy */
    uint32_t epochs[SLOTS_MAX];
    size_t count;
};

struct scripted_consumer {
    struct consumer consumer; /* the first member: what the tested code sees */
    const struct clock *clock;
    int wake_fd;
    struct scripted_partition *partitions;
    size_t partition_count;
    struct scripted_slot slots[SLOTS_MAX];

    struct scripted_event *events;
    struct consumer_partition named[EVENT_PARTITIONS_MAX]; /* those of the event given out */
    enum consumer_event_kind unanswered_kind;
    bool unanswered;
    int64_t unanswered_ms;
    bool fatal; /* was given out */

    char *given[GIVEN_MAX]; /* the messages' bytes */
    size_t given_count;
    size_t fetch_max;
    bool hungry; /* the last fetch found nothing: the fd is owed */

    struct in_flight in_flight;
    struct scripted_commit_answer (*decide)(void *context, const struct scripted_commit commits[],
                                            size_t count);
    void *context;

    struct scripted_commit *commits;
    size_t commit_count;
    size_t fetches;
    size_t pauses;
    size_t releases;
    int64_t longest_revoke_ms;
};

static struct scripted_consumer *of(struct consumer *consumer)
{
    return (struct scripted_consumer *)consumer;
}

static void wake(const struct scripted_consumer *scripted)
{
    uint64_t one = 1;
    ssize_t written = write(scripted->wake_fd, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

/* ---- events ----------------------------------------------------------------------------------- */

static void add_event(struct scripted_consumer *scripted, enum consumer_event_kind kind,
                      const size_t partitions[], size_t count, const char *text)
{
    assert(count <= EVENT_PARTITIONS_MAX);
    struct scripted_event *event = memory_new(1, sizeof *event);
    *event = (struct scripted_event){.kind = kind, .count = count, .text = text};
    for (size_t i = 0; i < count; i++) {
        assert(partitions[i] < scripted->partition_count);
        event->partitions[i] = partitions[i];
    }
    struct scripted_event **end = &scripted->events;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = event;
    wake(scripted);
}

static bool has_partitions(const struct scripted_event *event)
{
    return event->kind == CONSUMER_ASSIGNED || event->kind == CONSUMER_REVOKED ||
           event->kind == CONSUMER_LOST;
}

/* The first that may be given out now, taken from the queue; NULL when there is none. */
static struct scripted_event *take_event(struct scripted_consumer *scripted)
{
    struct scripted_event **place = &scripted->events;
    while (*place != NULL && scripted->unanswered && has_partitions(*place)) {
        place = &(*place)->next;
    }
    struct scripted_event *event = *place;
    if (event != NULL) {
        *place = event->next;
    }
    return event;
}

static uint32_t free_slot(const struct scripted_consumer *scripted)
{
    uint32_t slot = 0;
    while (scripted->slots[slot].state != SLOT_FREE) {
        slot++;
        assert(slot < SLOTS_MAX);
    }
    return slot;
}

static uint32_t slot_of(const struct scripted_consumer *scripted, size_t partition)
{
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        if (scripted->slots[slot].state != SLOT_FREE &&
            scripted->slots[slot].partition == partition) {
            return slot;
        }
    }
    return SLOTS_MAX;
}

/* The first record from the committed offset on. */
static size_t first_record(const struct scripted_partition *partition)
{
    size_t next = 0;
    while (next < partition->count && partition->records[next].offset < partition->committed) {
        next++;
    }
    return next;
}

static uint32_t take_slot(struct scripted_consumer *scripted, size_t index)
{
    assert(slot_of(scripted, index) == SLOTS_MAX);
    uint32_t number = free_slot(scripted);
    struct scripted_slot *slot = &scripted->slots[number];
    struct scripted_partition *partition = &scripted->partitions[index];
    partition->taken_away = false;
    *slot = (struct scripted_slot){.state = SLOT_HELD,
                                   .epoch = slot->epoch + 1,
                                   .partition = index,
                                   .next = first_record(partition),
                                   .position = -1,
                                   .asked = -1};
    return number;
}

static uint32_t leave_slot(struct scripted_consumer *scripted, size_t index)
{
    uint32_t number = slot_of(scripted, index);
    assert(number < SLOTS_MAX && scripted->slots[number].state == SLOT_HELD);
    scripted->slots[number].state = SLOT_LEAVING;
    return number;
}

static void name_partitions(struct scripted_consumer *scripted, const struct scripted_event *event)
{
    for (size_t i = 0; i < event->count; i++) {
        const struct scripted_partition *partition = &scripted->partitions[event->partitions[i]];
        uint32_t slot = event->kind == CONSUMER_ASSIGNED
                            ? take_slot(scripted, event->partitions[i])
                            : leave_slot(scripted, event->partitions[i]);
        scripted->named[i] = (struct consumer_partition){
            .slot = slot,
            .topic = partition->topic,
            .partition = partition->number,
            .route = partition->route,
            .committed = partition->committed,
            .metadata = partition->metadata == NULL ? SLICE("") : slice_of(partition->metadata),
        };
    }
}

static void begin(struct scripted_consumer *scripted, const struct scripted_event *event)
{
    if (has_partitions(event)) {
        name_partitions(scripted, event);
    }
    if (event->kind == CONSUMER_REVOKED || event->kind == CONSUMER_LOST) {
        scripted->unanswered = true;
        scripted->unanswered_kind = event->kind;
        scripted->unanswered_ms = scripted->clock->monotonic_ms;
    }
    if (event->kind == CONSUMER_FATAL || event->kind == CONSUMER_FENCED) {
        scripted->fatal = true;
    }
}

static bool give_event(struct scripted_consumer *scripted, struct consumer_event *ret_event)
{
    struct scripted_event *event = take_event(scripted);
    if (event == NULL) {
        return false;
    }
    begin(scripted, event);
    *ret_event = (struct consumer_event){.kind = event->kind,
                                         .partitions = scripted->named,
                                         .partition_count = event->count,
                                         .code = event->text == NULL ? "" : "_SCRIPTED"};
    if (event->text != NULL) {
        error_set(&ret_event->text, "%s", event->text);
    }
    free(event);
    return true;
}

/* ---- commits ---------------------------------------------------------------------------------- */

static void apply(struct scripted_consumer *scripted, const struct consumer_offset offsets[],
                  const uint32_t epochs[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scripted_slot *slot = &scripted->slots[offsets[i].slot];
        struct scripted_partition *partition = &scripted->partitions[slot->partition];
        bool is_ours = slot->state != SLOT_FREE && slot->epoch == epochs[i];
        if (is_ours && !partition->taken_away) {
            assert(offsets[i].offset >= partition->committed);
            partition->committed = offsets[i].offset;
            free(partition->metadata);
            partition->metadata = memory_string(offsets[i].metadata);
        }
    }
}

static void apply_in_flight(struct scripted_consumer *scripted)
{
    struct in_flight *in_flight = &scripted->in_flight;
    if (in_flight->under_way && !in_flight->applied && !in_flight->failed) {
        apply(scripted, in_flight->offsets, in_flight->epochs, in_flight->count);
    }
    in_flight->applied = true;
}

static void forget_in_flight(struct scripted_consumer *scripted)
{
    struct in_flight *in_flight = &scripted->in_flight;
    for (size_t i = 0; in_flight->under_way && i < in_flight->count; i++) {
        free((void *)(uintptr_t)in_flight->offsets[i].metadata.data);
    }
    in_flight->under_way = false;
}

static bool answer_commit(struct scripted_consumer *scripted, struct consumer_event *ret_event)
{
    struct in_flight *in_flight = &scripted->in_flight;
    if (!in_flight->under_way || in_flight->due_ms > scripted->clock->monotonic_ms) {
        return false;
    }
    apply_in_flight(scripted);
    forget_in_flight(scripted);
    *ret_event = (struct consumer_event){
        .kind = CONSUMER_COMMITTED, .failed = in_flight->failed, .code = ""};
    if (in_flight->failed) {
        ret_event->code = "_SCRIPTED";
        error_set(&ret_event->text, "the commit was scripted to fail");
    }
    return true;
}

static void check_offset(const struct scripted_consumer *scripted, struct consumer_offset offset)
{
    assert(offset.slot < SLOTS_MAX);
    const struct scripted_slot *slot = &scripted->slots[offset.slot];
    assert(slot->state != SLOT_FREE);
    assert(offset.offset <= slot->position);
    assert(offset.offset >= slot->asked);
    assert(offset.metadata.size <= 4096 &&
           memchr(offset.metadata.data, '\0', offset.metadata.size) == NULL);
    assert(slot->state != SLOT_LEAVING || scripted->unanswered_kind != CONSUMER_LOST);
}

static const struct scripted_commit *record(struct scripted_consumer *scripted,
                                            const struct consumer_offset offsets[], size_t count,
                                            bool at_once)
{
    scripted->commits =
        memory_resize(scripted->commits, scripted->commit_count + count, sizeof *scripted->commits);
    struct scripted_commit *commits = &scripted->commits[scripted->commit_count];
    for (size_t i = 0; i < count; i++) {
        check_offset(scripted, offsets[i]);
        struct scripted_slot *slot = &scripted->slots[offsets[i].slot];
        slot->asked = offsets[i].offset;
        commits[i] = (struct scripted_commit){
            .partition = slot->partition,
            .slot = offsets[i].slot,
            .offset = offsets[i].offset,
            .metadata = offsets[i].metadata,
            .asked_ms = scripted->clock->monotonic_ms,
            .at_once = at_once,
        };
    }
    scripted->commit_count += count;
    return commits;
}

static struct scripted_commit_answer ask(struct scripted_consumer *scripted,
                                         const struct consumer_offset offsets[], size_t count,
                                         bool at_once)
{
    assert(!scripted->fatal);
    assert(count > 0 && count <= SLOTS_MAX);
    const struct scripted_commit *commits = record(scripted, offsets, count, at_once);
    return scripted->decide == NULL ? (struct scripted_commit_answer){0}
                                    : scripted->decide(scripted->context, commits, count);
}

static void scripted_commit(struct consumer *consumer, const struct consumer_offset offsets[],
                            size_t count)
{
    struct scripted_consumer *scripted = of(consumer);
    struct in_flight *in_flight = &scripted->in_flight;
    assert(!in_flight->under_way);
    struct scripted_commit_answer answer = ask(scripted, offsets, count, false);
    *in_flight = (struct in_flight){.under_way = true,
                                    .failed = answer.failed,
                                    .due_ms = scripted->clock->monotonic_ms + answer.delay_ms,
                                    .count = count};
    for (size_t i = 0; i < count; i++) {
        in_flight->offsets[i] = offsets[i];
        in_flight->offsets[i].metadata = slice_of(memory_string(offsets[i].metadata));
        in_flight->epochs[i] = scripted->slots[offsets[i].slot].epoch;
    }
    scripted_consumer_tick(scripted);
}

static bool scripted_commit_now(struct consumer *consumer, const struct consumer_offset offsets[],
                                size_t count, struct error *error)
{
    struct scripted_consumer *scripted = of(consumer);
    struct scripted_commit_answer answer = ask(scripted, offsets, count, true);
    uint32_t epochs[SLOTS_MAX];
    apply_in_flight(scripted);
    if (answer.failed) {
        error_set(error, "the commit was scripted to fail");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        epochs[i] = scripted->slots[offsets[i].slot].epoch;
    }
    apply(scripted, offsets, epochs, count);
    return true;
}

/* ---- messages --------------------------------------------------------------------------------- */

static bool has_message(const struct scripted_consumer *scripted, uint32_t number)
{
    const struct scripted_slot *slot = &scripted->slots[number];
    const struct scripted_partition *partition = &scripted->partitions[slot->partition];
    return slot->state == SLOT_HELD && !slot->paused && !partition->taken_away &&
           slot->next < partition->count;
}

static struct consumer_message give_message(struct scripted_consumer *scripted, uint32_t number)
{
    struct scripted_slot *slot = &scripted->slots[number];
    const struct scripted_partition *partition = &scripted->partitions[slot->partition];
    const struct record *record = &partition->records[slot->next++];
    slot->position = record->offset + !record->end;
    char *copy = record->value.data == NULL ? NULL : memory_string(record->value);
    scripted->given[scripted->given_count++] = copy;
    return (struct consumer_message){
        .message = {.topic = slice_of(partition->topic),
                    .partition = partition->number,
                    .offset = record->offset,
                    .timestamp_ms = scripted->clock->wall_ms,
                    .value = {copy, record->value.size}},
        .offset = record->offset,
        .slot = number,
        .route = partition->route,
        .deleted = record->deleted,
        .items = record->items,
        .end = record->end,
    };
}

/* One of each partition in turn. */
static size_t scripted_fetch(struct consumer *consumer, struct consumer_message *ret_messages,
                             size_t max)
{
    struct scripted_consumer *scripted = of(consumer);
    size_t most = max < scripted->fetch_max ? max : scripted->fetch_max;
    size_t count = 0;
    bool more = true;
    assert(!scripted->fatal && scripted->given_count == 0 && max > 0);
    scripted->fetches++;
    while (more) {
        more = false;
        for (uint32_t slot = 0; slot < SLOTS_MAX && count < most; slot++) {
            if (has_message(scripted, slot)) {
                ret_messages[count++] = give_message(scripted, slot);
                more = true;
            }
        }
    }
    scripted->hungry = count == 0;
    return count;
}

static void scripted_discard(struct consumer *consumer)
{
    struct scripted_consumer *scripted = of(consumer);
    for (size_t i = 0; i < scripted->given_count; i++) {
        free(scripted->given[i]);
    }
    scripted->given_count = 0;
}

static bool has_messages(const struct scripted_consumer *scripted)
{
    bool any = false;
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        any = any || has_message(scripted, slot);
    }
    return any;
}

static void wake_if_hungry(struct scripted_consumer *scripted)
{
    if (scripted->hungry && has_messages(scripted)) {
        scripted->hungry = false;
        wake(scripted);
    }
}

static void scripted_pause(struct consumer *consumer, uint32_t slot, bool paused)
{
    struct scripted_consumer *scripted = of(consumer);
    assert(slot < SLOTS_MAX && scripted->slots[slot].state == SLOT_HELD);
    assert(scripted->slots[slot].paused != paused && scripted->given_count == 0);
    scripted->slots[slot].paused = paused;
    scripted->pauses += paused;
    wake_if_hungry(scripted);
}

static int64_t scripted_end(const struct consumer *consumer, uint32_t slot)
{
    const struct scripted_consumer *scripted = (const struct scripted_consumer *)consumer;
    assert(slot < SLOTS_MAX && scripted->slots[slot].state != SLOT_FREE);
    return scripted_consumer_next(scripted, scripted->slots[slot].partition);
}

/* ---- the interface ---------------------------------------------------------------------------- */

static bool scripted_event(struct consumer *consumer, struct consumer_event *ret_event)
{
    struct scripted_consumer *scripted = of(consumer);
    assert(!scripted->fatal);
    bool given = answer_commit(scripted, ret_event) || give_event(scripted, ret_event);
    wake_if_hungry(scripted);
    return given;
}

static void scripted_release(struct consumer *consumer)
{
    struct scripted_consumer *scripted = of(consumer);
    int64_t took_ms = scripted->clock->monotonic_ms - scripted->unanswered_ms;
    assert(!scripted->fatal && scripted->unanswered);
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        if (scripted->slots[slot].state == SLOT_LEAVING) {
            scripted->slots[slot].state = SLOT_FREE;
        }
    }
    scripted->unanswered = false;
    scripted->releases++;
    if (took_ms > scripted->longest_revoke_ms) {
        scripted->longest_revoke_ms = took_ms;
    }
    if (scripted->events != NULL) {
        wake(scripted);
    }
}

static size_t scripted_route(const struct consumer *consumer, struct slice topic)
{
    const struct scripted_consumer *scripted = (const struct scripted_consumer *)consumer;
    for (size_t i = 0; i < scripted->partition_count; i++) {
        if (slice_equal(slice_of(scripted->partitions[i].topic), topic)) {
            return scripted->partitions[i].route;
        }
    }
    abort(); /* it gave out no message of that topic */
}

static int scripted_fd(const struct consumer *consumer)
{
    return ((const struct scripted_consumer *)consumer)->wake_fd;
}

static void forget_events(struct scripted_consumer *scripted)
{
    while (scripted->events != NULL) {
        struct scripted_event *event = scripted->events;
        scripted->events = event->next;
        free(event);
    }
}

static void scripted_free(struct consumer *consumer)
{
    struct scripted_consumer *scripted = of(consumer);
    scripted_discard(consumer);
    forget_events(scripted);
    forget_in_flight(scripted);
    for (size_t i = 0; i < scripted->partition_count; i++) {
        struct scripted_partition *partition = &scripted->partitions[i];
        for (size_t j = 0; j < partition->count; j++) {
            free((void *)(uintptr_t)partition->records[j].value.data);
        }
        free(partition->records);
        free(partition->metadata);
    }
    free(scripted->partitions);
    free(scripted->commits);
    free(scripted);
}

static const struct consumer_operations operations = {
    .event = scripted_event,
    .fetch = scripted_fetch,
    .discard = scripted_discard,
    .pause = scripted_pause,
    .end = scripted_end,
    .commit = scripted_commit,
    .commit_now = scripted_commit_now,
    .release = scripted_release,
    .route = scripted_route,
    .fd = scripted_fd,
    .free = scripted_free,
};

/* ---- the test's side -------------------------------------------------------------------------- */

struct scripted_consumer *scripted_consumer_new(const struct clock *clock, int wake_fd)
{
    struct scripted_consumer *scripted = memory_new(1, sizeof *scripted);
    scripted->consumer.operations = &operations;
    scripted->clock = clock;
    scripted->wake_fd = wake_fd;
    scripted->fetch_max = GIVEN_MAX;
    return scripted;
}

struct consumer *scripted_consumer_interface(struct scripted_consumer *scripted)
{
    return &scripted->consumer;
}

size_t scripted_consumer_partition(struct scripted_consumer *scripted, const char *topic,
                                   int32_t number, size_t route)
{
    scripted->partitions = memory_resize(scripted->partitions, scripted->partition_count + 1,
                                         sizeof *scripted->partitions);
    scripted->partitions[scripted->partition_count] = (struct scripted_partition){
        .topic = topic, .number = number, .route = route, .committed = -1};
    return scripted->partition_count++;
}

int64_t scripted_consumer_next(const struct scripted_consumer *scripted, size_t index)
{
    assert(index < scripted->partition_count);
    const struct scripted_partition *partition = &scripted->partitions[index];
    if (partition->count == 0) {
        return 0;
    }
    const struct record *last = &partition->records[partition->count - 1];
    return last->offset + !last->end;
}

static void add_record(struct scripted_consumer *scripted, size_t index, struct record record)
{
    assert(record.offset >= scripted_consumer_next(scripted, index));
    struct scripted_partition *partition = &scripted->partitions[index];
    if (partition->count == partition->capacity) {
        partition->capacity = partition->capacity == 0 ? 64 : partition->capacity * 2;
        partition->records =
            memory_resize(partition->records, partition->capacity, sizeof *partition->records);
    }
    partition->records[partition->count++] = record;
    wake_if_hungry(scripted);
}

void scripted_consumer_produce(struct scripted_consumer *scripted, size_t index, int64_t offset,
                               struct slice value)
{
    struct slice copy = {value.data == NULL ? NULL : memory_string(value), value.size};
    add_record(scripted, index, (struct record){.offset = offset, .value = copy});
}

void scripted_consumer_end(struct scripted_consumer *scripted, size_t index, int64_t offset)
{
    add_record(scripted, index, (struct record){.offset = offset, .end = true});
}

void scripted_consumer_deleted(struct scripted_consumer *scripted, size_t index, uint64_t count)
{
    assert(index < scripted->partition_count && scripted->partitions[index].count > 0);
    struct scripted_partition *partition = &scripted->partitions[index];
    partition->records[partition->count - 1].deleted = count;
}

void scripted_consumer_items(struct scripted_consumer *scripted, size_t index,
                             const struct letter_items *items)
{
    assert(index < scripted->partition_count && scripted->partitions[index].count > 0);
    struct scripted_partition *partition = &scripted->partitions[index];
    partition->records[partition->count - 1].items = items;
}

int64_t scripted_consumer_committed(const struct scripted_consumer *scripted, size_t partition)
{
    assert(partition < scripted->partition_count);
    return scripted->partitions[partition].committed;
}

const char *scripted_consumer_metadata(const struct scripted_consumer *scripted, size_t partition)
{
    assert(partition < scripted->partition_count);
    const char *metadata = scripted->partitions[partition].metadata;
    return metadata == NULL ? "" : metadata;
}

void scripted_consumer_set_metadata(struct scripted_consumer *scripted, size_t partition,
                                    const char *metadata)
{
    assert(partition < scripted->partition_count);
    free(scripted->partitions[partition].metadata);
    scripted->partitions[partition].metadata = memory_string(slice_of(metadata));
}

void scripted_consumer_assign(struct scripted_consumer *scripted, const size_t partitions[],
                              size_t count)
{
    add_event(scripted, CONSUMER_ASSIGNED, partitions, count, NULL);
}

void scripted_consumer_revoke(struct scripted_consumer *scripted, const size_t partitions[],
                              size_t count)
{
    add_event(scripted, CONSUMER_REVOKED, partitions, count, NULL);
}

void scripted_consumer_lose(struct scripted_consumer *scripted, const size_t partitions[],
                            size_t count)
{
    add_event(scripted, CONSUMER_LOST, partitions, count, NULL);
    for (size_t i = 0; i < count; i++) {
        scripted->partitions[partitions[i]].taken_away = true;
    }
}

void scripted_consumer_error(struct scripted_consumer *scripted, const char *text)
{
    add_event(scripted, CONSUMER_ERROR, NULL, 0, text);
}

void scripted_consumer_fatal(struct scripted_consumer *scripted, const char *text)
{
    add_event(scripted, CONSUMER_FATAL, NULL, 0, text);
}

void scripted_consumer_fence(struct scripted_consumer *scripted, const char *text)
{
    add_event(scripted, CONSUMER_FENCED, NULL, 0, text);
}

void scripted_consumer_decide(
    struct scripted_consumer *scripted,
    struct scripted_commit_answer (*decide)(void *context, const struct scripted_commit commits[],
                                            size_t count),
    void *context)
{
    scripted->decide = decide;
    scripted->context = context;
}

void scripted_consumer_fetch_max(struct scripted_consumer *scripted, size_t max)
{
    assert(max <= GIVEN_MAX);
    scripted->fetch_max = max;
}

void scripted_consumer_rejoin(struct scripted_consumer *scripted)
{
    scripted_discard(&scripted->consumer);
    forget_events(scripted);
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        scripted->slots[slot].state = SLOT_FREE;
    }
    forget_in_flight(scripted);
    scripted->unanswered = false;
    scripted->fatal = false;
    scripted->hungry = false;
}

size_t scripted_consumer_commit_count(const struct scripted_consumer *scripted)
{
    return scripted->commit_count;
}

const struct scripted_commit *scripted_consumer_commits(const struct scripted_consumer *scripted)
{
    return scripted->commits;
}

size_t scripted_consumer_fetches(const struct scripted_consumer *scripted)
{
    return scripted->fetches;
}

size_t scripted_consumer_pauses(const struct scripted_consumer *scripted)
{
    return scripted->pauses;
}

size_t scripted_consumer_releases(const struct scripted_consumer *scripted)
{
    return scripted->releases;
}

int64_t scripted_consumer_longest_revoke_ms(const struct scripted_consumer *scripted)
{
    return scripted->longest_revoke_ms;
}

bool scripted_consumer_unanswered(const struct scripted_consumer *scripted)
{
    return scripted->unanswered;
}

int64_t scripted_consumer_deadline_ms(const struct scripted_consumer *scripted)
{
    return scripted->in_flight.under_way ? scripted->in_flight.due_ms : INT64_MAX;
}

void scripted_consumer_tick(struct scripted_consumer *scripted)
{
    if (scripted_consumer_deadline_ms(scripted) <= scripted->clock->monotonic_ms) {
        wake(scripted);
    }
}
