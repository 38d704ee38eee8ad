#include "mapping/difference.h"

#include "page.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "conversion/mask.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAMPLE_VALUE_MAX 40 /* code points of a value that is shown */
#define SAMPLE_SIZE 512     /* bytes of a sample */
#define COLUMN_COUNT 44
#define COLUMN_SAMPLE 56

/* ---- kinds ------------------------------------------------------------------------------------ */

/* What may differ of two results. */
enum aspect {
    ASPECT_OUTCOME, /* `old_reason` and `reason` tell which */
    ASPECT_COUNT,   /* of conversions */
    ASPECT_OWN,     /* what every conversion has: `name` */
    ASPECT_FIELD,
    ASPECT_CUSTOM,
    ASPECT_METADATA
};

/* How a value differs. */
enum change { CHANGE_OTHER, CHANGE_ADDED, CHANGE_GONE };

struct kind {
    enum aspect aspect;
    enum change change;
    struct slice name; /* of the field or the attribute */
    enum mapping_outcome old_outcome;
    enum mapping_outcome outcome;
    const char *old_reason; /* lives as long as the old mapping */
    const char *reason;
    uint64_t count; /* messages */
    uint64_t seen;  /* the number of the last message that was counted */
    char *samples[DIFFERENCE_SAMPLES];
    size_t sample_count;
};

/* How many messages went which way. */
enum way {
    WAY_SAME,
    WAY_FIELDS,    /* mapped by both, to something else */
    WAY_DELIVERED, /* by the new mapping alone */
    WAY_SKIPPED,
    WAY_DEAD,
    WAY_REASON, /* skipped or dead with both, for another reason */
    WAY_COUNT
};

struct difference {
    struct kind *kinds;
    size_t kind_count;
    size_t kind_capacity;
    bool full; /* there were more kinds than are kept */
    uint64_t messages;
    uint64_t ways[WAY_COUNT];
    struct arena arena; /* of the message */
    struct buffer text; /* of the sample */
};

struct difference *difference_new(void)
{
    struct difference *difference = memory_new(1, sizeof *difference);
    arena_init(&difference->arena, 0);
    buffer_init(&difference->text, SAMPLE_SIZE);
    return difference;
}

void difference_free(struct difference *difference)
{
    if (difference == NULL) {
        return;
    }
    for (size_t i = 0; i < difference->kind_count; i++) {
        for (size_t j = 0; j < difference->kinds[i].sample_count; j++) {
            free(difference->kinds[i].samples[j]);
        }
    }
    free(difference->kinds);
    arena_done(&difference->arena);
    buffer_done(&difference->text);
    free(difference);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_kind(const struct kind *a, const struct kind *b)
{
    return a->aspect == b->aspect && a->change == b->change && slice_equal(a->name, b->name) &&
           a->old_outcome == b->old_outcome && a->outcome == b->outcome &&
           same_text(a->old_reason, b->old_reason) && same_text(a->reason, b->reason);
}

/* The one that is kept like it; NULL when no more are kept. */
static struct kind *find_kind(struct difference *difference, const struct kind *wanted)
{
    for (size_t i = 0; i < difference->kind_count; i++) {
        if (is_same_kind(&difference->kinds[i], wanted)) {
            return &difference->kinds[i];
        }
    }
    if (difference->kind_count == DIFFERENCE_KINDS_MAX) {
        difference->full = true;
        return NULL;
    }
    if (difference->kind_count == difference->kind_capacity) {
        difference->kind_capacity = 2 * difference->kind_capacity + 16;
        difference->kinds =
            memory_resize(difference->kinds, difference->kind_capacity, sizeof *difference->kinds);
    }
    struct kind *kind = &difference->kinds[difference->kind_count++];
    *kind = *wanted;
    return kind;
}

/* ---- one message ------------------------------------------------------------------------------ */

/* The two results that are compared, and which of their values may be shown. */
struct pair {
    struct difference *difference;
    const struct message *message;
    const struct mapping_result *old;
    const struct mapping_result *changed;
    struct mask mask;
};

static void write_value(struct page *page, struct slice value)
{
    if (value.size == 0) {
        return;
    }
    page_printf(page, PAGE_PLAIN, " ");
    if (slice_equal(value, MASK)) {
        page_write(page, PAGE_PLAIN, value);
    } else {
        page_quote(page, PAGE_PLAIN, value, SAMPLE_VALUE_MAX);
    }
}

/* "3:1234", and behind it the values as they may be shown. */
static void write_sample(const struct pair *pair, struct slice old, struct slice changed)
{
    struct page page = {.buffer = &pair->difference->text};
    buffer_reset(page.buffer);
    page_printf(&page, PAGE_PLAIN, "%" PRId32 ":%" PRId64, pair->message->partition,
                pair->message->offset);
    write_value(&page, old);
    if (old.size > 0 && changed.size > 0) {
        page_printf(&page, PAGE_PLAIN, " ->");
    }
    write_value(&page, changed);
}

/* Once a message, however many of its conversions differ so. */
static void count_kind(struct pair *pair, const struct kind *wanted, struct slice old,
                       struct slice changed)
{
    struct difference *difference = pair->difference;
    struct kind *kind = find_kind(difference, wanted);
    if (kind == NULL || kind->seen == difference->messages) {
        return;
    }
    kind->seen = difference->messages;
    kind->count++;
    if (kind->sample_count < DIFFERENCE_SAMPLES) {
        write_sample(pair, old, changed);
        kind->samples[kind->sample_count++] = memory_string(buffer_slice(&difference->text));
    }
}

static struct slice shown(const struct pair *pair, struct slice text, bool personal)
{
    bool hidden = text.size > 0 && (personal || mask_hides(&pair->mask, text));
    return hidden ? MASK : text;
}

/* Whether the two are not the same. */
static bool compare(struct pair *pair, enum aspect aspect, struct slice name, bool personal,
                    struct slice old, struct slice changed)
{
    if (slice_equal(old, changed)) {
        return false;
    }
    struct kind kind = {.aspect = aspect,
                        .name = name,
                        .change = old.size == 0       ? CHANGE_ADDED
                                  : changed.size == 0 ? CHANGE_GONE
                                                      : CHANGE_OTHER};
    count_kind(pair, &kind, shown(pair, old, personal), shown(pair, changed, personal));
    return true;
}

static struct slice find_attribute(const struct attribute attributes[], size_t count,
                                   struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(attributes[i].name, name)) {
            return attributes[i].value;
        }
    }
    return (struct slice){NULL, 0};
}

/* Attributes of both, each once. */
static bool compare_attributes(struct pair *pair, enum aspect aspect, const struct attribute old[],
                               size_t old_count, const struct attribute changed[],
                               size_t changed_count)
{
    bool differ = false;
    for (size_t i = 0; i < old_count; i++) {
        struct slice other = find_attribute(changed, changed_count, old[i].name);
        differ |= compare(pair, aspect, old[i].name, true, old[i].value, other);
    }
    for (size_t i = 0; i < changed_count; i++) {
        if (find_attribute(old, old_count, changed[i].name).size == 0) {
            differ |= compare(pair, aspect, changed[i].name, true, (struct slice){NULL, 0},
                              changed[i].value);
        }
    }
    return differ;
}

static struct slice time_text(const struct pair *pair, int64_t time_ms)
{
    char *text = arena_alloc(&pair->difference->arena, TIMESTAMP_SIZE);
    timestamp_format(time_ms, text);
    return slice_of(text);
}

static bool compare_own(struct pair *pair, const struct conversion *old,
                        const struct conversion *changed)
{
    bool differ =
        compare(pair, ASPECT_OWN, SLICE("account"), false, old->account_id, changed->account_id);
    if (old->event_time_ms != changed->event_time_ms) {
        differ |=
            compare(pair, ASPECT_OWN, SLICE("eventTime"), false,
                    time_text(pair, old->event_time_ms), time_text(pair, changed->event_time_ms));
    }
    differ |=
        compare(pair, ASPECT_OWN, SLICE("eventType"), false, old->event_type, changed->event_type);
    differ |= compare(pair, ASPECT_OWN, SLICE("clientEventId"), false, old->client_event_id,
                      changed->client_event_id);
    return differ;
}

static bool compare_conversions(struct pair *pair, const struct conversion *old,
                                const struct conversion *changed)
{
    bool differ = compare_own(pair, old, changed);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_info *info = field_info((enum field)i);
        differ |= compare(pair, ASPECT_FIELD, slice_of(info->name), info->personal, old->fields[i],
                          changed->fields[i]);
    }
    differ |= compare_attributes(pair, ASPECT_CUSTOM, old->custom, old->custom_count,
                                 changed->custom, changed->custom_count);
    differ |= compare_attributes(pair, ASPECT_METADATA, old->metadata, old->metadata_count,
                                 changed->metadata, changed->metadata_count);
    return differ;
}

static bool compare_counts(struct pair *pair)
{
    char *texts = arena_alloc(&pair->difference->arena, 64);
    int old_size = snprintf(texts, 32, "%zu", pair->old->count);
    int size = snprintf(texts + 32, 32, "%zu", pair->changed->count);
    return compare(pair, ASPECT_COUNT, SLICE("conversions"), false,
                   (struct slice){texts, (size_t)old_size},
                   (struct slice){texts + 32, (size_t)size});
}

/* Everything that is personal of any of them. */
static void add_personal(struct pair *pair, const struct mapping_result *result)
{
    for (size_t i = 0; i < result->count * FIELD_COUNT && !pair->mask.full; i++) {
        if (field_info((enum field)(i % FIELD_COUNT))->personal) {
            mask_add(&pair->mask, result->conversions[i / FIELD_COUNT].fields[i % FIELD_COUNT]);
        }
    }
}

/* Conversion by conversion, in their order. */
static bool compare_mapped(struct pair *pair)
{
    size_t count =
        pair->old->count < pair->changed->count ? pair->old->count : pair->changed->count;
    mask_init(&pair->mask, &pair->difference->arena);
    add_personal(pair, pair->old);
    add_personal(pair, pair->changed);
    bool differ = compare_counts(pair);
    for (size_t i = 0; i < count; i++) {
        differ |=
            compare_conversions(pair, &pair->old->conversions[i], &pair->changed->conversions[i]);
    }
    return differ;
}

static enum way way_of(const struct mapping_result *old, const struct mapping_result *changed)
{
    static const enum way ways[] = {[MAPPING_MAPPED] = WAY_DELIVERED,
                                    [MAPPING_SKIPPED] = WAY_SKIPPED,
                                    [MAPPING_DEAD] = WAY_DEAD};
    if (old->outcome != changed->outcome) {
        return ways[changed->outcome];
    }
    return same_text(old->reason, changed->reason) ? WAY_SAME : WAY_REASON;
}

static enum way compare_results(struct pair *pair)
{
    const struct mapping_result *old = pair->old;
    const struct mapping_result *changed = pair->changed;
    if (old->outcome == MAPPING_MAPPED && changed->outcome == MAPPING_MAPPED) {
        return compare_mapped(pair) ? WAY_FIELDS : WAY_SAME;
    }
    enum way way = way_of(old, changed);
    if (way != WAY_SAME) {
        struct kind kind = {.aspect = ASPECT_OUTCOME,
                            .old_outcome = old->outcome,
                            .outcome = changed->outcome,
                            .old_reason = old->reason,
                            .reason = changed->reason};
        count_kind(pair, &kind, (struct slice){NULL, 0}, (struct slice){NULL, 0});
    }
    return way;
}

void difference_add(struct difference *difference, const struct message *message,
                    const struct mapping_result *old, const struct mapping_result *changed)
{
    struct pair pair = {
        .difference = difference, .message = message, .old = old, .changed = changed};
    arena_reset(&difference->arena);
    difference->messages++;
    difference->ways[compare_results(&pair)]++;
}

uint64_t difference_messages(const struct difference *difference)
{
    return difference->messages;
}

uint64_t difference_changed(const struct difference *difference)
{
    return difference->messages - difference->ways[WAY_SAME];
}

/* ---- in words --------------------------------------------------------------------------------- */

static const char *outcome_word(enum mapping_outcome outcome)
{
    static const char *const words[] = {
        [MAPPING_MAPPED] = "mapped", [MAPPING_SKIPPED] = "skipped", [MAPPING_DEAD] = "dead"};
    return words[outcome];
}

static void write_outcome(struct page *page, enum mapping_outcome outcome, const char *reason)
{
    page_printf(page, PAGE_PLAIN, "%s%s%s", outcome_word(outcome), reason == NULL ? "" : ": ",
                reason == NULL ? "" : reason);
}

static void write_name(struct page *page, const struct kind *kind)
{
    static const char *const prefixes[] = {
        [ASPECT_OUTCOME] = "", [ASPECT_COUNT] = "number of ", [ASPECT_OWN] = "",
        [ASPECT_FIELD] = "",   [ASPECT_CUSTOM] = "custom.",   [ASPECT_METADATA] = "metadata."};
    static const char *const changes[] = {
        [CHANGE_OTHER] = "", [CHANGE_ADDED] = ", only new", [CHANGE_GONE] = ", only old"};
    if (kind->aspect == ASPECT_OUTCOME) {
        write_outcome(page, kind->old_outcome, kind->old_reason);
        page_write(page, PAGE_PLAIN, SLICE(" -> "));
        write_outcome(page, kind->outcome, kind->reason);
        return;
    }
    page_printf(page, PAGE_PLAIN, "%s", prefixes[kind->aspect]);
    page_write(page, PAGE_PLAIN, kind->name);
    page_printf(page, PAGE_PLAIN, "%s", changes[kind->change]);
}

static void write_kind(struct page *page, const struct kind *kind)
{
    page_to(page, 2);
    write_name(page, kind);
    page_to(page, COLUMN_COUNT);
    page_printf(page, PAGE_PLAIN, "%" PRIu64, kind->count);
    for (size_t i = 0; i < kind->sample_count; i++) {
        page_to(page, COLUMN_SAMPLE);
        page_write(page, PAGE_PLAIN, slice_of(kind->samples[i]));
        page_end_line(page);
    }
}

static int compare_kinds(const void *a, const void *b)
{
    const struct kind *first = *(const struct kind *const *)a;
    const struct kind *second = *(const struct kind *const *)b;
    if (first->count != second->count) {
        return first->count < second->count ? 1 : -1;
    }
    return first < second ? -1 : 1;
}

/* Those of outcomes, or all others; the most frequent first. */
static void write_kinds(const struct difference *difference, struct page *page, bool outcomes,
                        const char *heading)
{
    const struct kind **kinds = memory_new(difference->kind_count + 1, sizeof(struct kind *));
    size_t count = 0;
    for (size_t i = 0; i < difference->kind_count; i++) {
        if ((difference->kinds[i].aspect == ASPECT_OUTCOME) == outcomes) {
            kinds[count++] = &difference->kinds[i];
        }
    }
    qsort(kinds, count, sizeof(struct kind *), compare_kinds);
    if (count > 0) {
        page_end_line(page);
        page_printf(page, PAGE_PLAIN, "%s", heading);
        page_to(page, COLUMN_SAMPLE);
        page_write(page, PAGE_PLAIN, SLICE("partition:offset"));
        page_end_line(page);
    }
    for (size_t i = 0; i < count; i++) {
        write_kind(page, kinds[i]);
    }
    free(kinds);
}

static void write_summary(const struct difference *difference, struct page *page)
{
    static const char *const words[WAY_COUNT] = {[WAY_FIELDS] = "mapped to something else",
                                                 [WAY_DELIVERED] = "newly mapped",
                                                 [WAY_SKIPPED] = "newly skipped",
                                                 [WAY_DEAD] = "newly dead",
                                                 [WAY_REASON] = "for another reason"};
    page_printf(page, PAGE_PLAIN,
                "%" PRIu64 " message%s: %" PRIu64 " the same, %" PRIu64 " different",
                difference->messages, difference->messages == 1 ? "" : "s",
                difference->ways[WAY_SAME], difference_changed(difference));
    page_end_line(page);
    for (size_t i = WAY_FIELDS; i < WAY_COUNT; i++) {
        if (difference->ways[i] > 0) {
            page_to(page, 2);
            page_printf(page, PAGE_PLAIN, "%s", words[i]);
            page_to(page, COLUMN_COUNT);
            page_printf(page, PAGE_PLAIN, "%" PRIu64, difference->ways[i]);
            page_end_line(page);
        }
    }
}

void difference_write(const struct difference *difference, struct buffer *buffer)
{
    struct page page = {.buffer = buffer};
    write_summary(difference, &page);
    write_kinds(difference, &page, true, "messages that become something else");
    write_kinds(difference, &page, false, "values that differ where both map");
    if (difference->full) {
        page_end_line(&page);
        page_printf(&page, PAGE_PLAIN,
                    "There are more than %d kinds of differences: the others are "
                    "in the summary alone.",
                    DIFFERENCE_KINDS_MAX);
        page_end_line(&page);
    }
}
