#include "mapping/notice.h"

#include "plan.h"
#include "trace.h"

/* How often a field came to nothing. */
struct tally {
    const char *name;
    size_t count;
};

/* One for each field, in the order in which they are made. */
struct tallies {
    struct tally *items;
    size_t count;
    size_t conversions; /* in all */
};

static bool found_nothing(const struct trace_entry *entry)
{
    return entry->misfit == NULL && entry->last != NULL && entry->last->state == TRACE_GAVE;
}

static bool had_a_misfit(const struct trace_entry *entry)
{
    return entry->misfit != NULL;
}

/* Names of a mapping are told apart by where they are. */
static void count_name(struct tallies *tallies, const char *name)
{
    size_t i = 0;
    while (i < tallies->count && tallies->items[i].name != name) {
        i++;
    }
    if (i == tallies->count) {
        tallies->items[tallies->count++] = (struct tally){name, 0};
    }
    tallies->items[i].count++;
}

static void count_block(struct tallies *tallies, const struct trace_block *block,
                        bool counts(const struct trace_entry *entry))
{
    bool conversion = false;
    for (const struct trace_entry *entry = block->first; entry != NULL; entry = entry->next) {
        bool assignment = entry->kind == TRACE_ASSIGNMENT;
        conversion = conversion || assignment;
        if (assignment && entry->gives.size == 0 && counts(entry)) {
            count_name(tallies, entry->name);
        }
    }
    tallies->conversions += conversion;
}

static void write_names(const struct tallies *tallies, struct buffer *buffer)
{
    for (size_t i = 0; i < tallies->count; i++) {
        const struct tally *tally = &tallies->items[i];
        buffer_printf(buffer, "%s%s", i == 0 ? "" : ", ", tally->name);
        if (tally->count < tallies->conversions) {
            buffer_printf(buffer, " (%zu of %zu conversions)", tally->count, tallies->conversions);
        }
    }
}

static void write_line(const char *start, const struct trace *trace, const struct mapping *mapping,
                       bool counts(const struct trace_entry *entry), struct buffer *buffer)
{
    /* The account, and what a conversion has besides its fields, are assignments too. */
    size_t most = 4 + mapping->field_count + mapping->custom.count + mapping->metadata.count;
    struct tallies tallies = {.items = arena_calloc(trace->arena, most, sizeof *tallies.items)};
    for (const struct trace_block *block = trace->first; block != NULL; block = block->next) {
        count_block(&tallies, block, counts);
    }
    if (tallies.count > 0) {
        buffer_append(buffer, slice_of(start));
        write_names(&tallies, buffer);
        buffer_append_byte(buffer, '\n');
    }
}

void mapping_notice(const struct mapping *mapping, const struct message *message,
                    struct arena *arena, struct buffer *buffer, struct mapping_result *ret_result)
{
    struct arena notes; /* the message's own is part of what its work is measured by */
    struct trace trace;
    arena_init(&notes, 0);
    trace_init(&trace, mapping->binding_count, &notes);
    plan_run(mapping, message, arena, &trace, ret_result);
    if (ret_result->outcome != MAPPING_SKIPPED) {
        write_line("nothing was found for: ", &trace, mapping, found_nothing, buffer);
    }
    if (ret_result->outcome == MAPPING_MAPPED) {
        write_line("left out because of their values: ", &trace, mapping, had_a_misfit, buffer);
    }
    arena_done(&notes);
}
