#include "replay_plan.h"

#include "app.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many hex digits tell the group of one selection from those of others. */
#define GROUP_DIGITS 8

/* ---- the topic ------------------------------------------------------------------------------- */

/* Whether messages of the topic are orders: a route takes it. */
static bool has_route(const struct setup *setup, const char *topic, bool *ret_found,
                      struct error *error)
{
    struct consumer_subscription *routes = setup_kafka_subscriptions(setup->config);
    struct replay_settings settings = {
        .routes = routes,
        .route_count = setup->config->route_count,
    };
    struct replay *replay = replay_new(&settings, error);

    if (replay != NULL) {
        size_t route;

        *ret_found = replay_route(replay, slice_of(topic), &route);
    }
    replay_free(replay);
    free(routes);
    return replay != NULL;
}

static bool take_topic(const struct replay_request *request, struct replay_plan *plan,
                       struct error *error)
{
    const char *letters = plan->setup->config->dead_letter_topic;
    bool routed = false;

    plan->topic = request->topic == NULL ? letters : request->topic;
    if (plan->topic[0] == '^') {
        error_set(error, "--topic %s: the name of one topic is wanted, not an expression",
                  plan->topic);
        return false;
    }
    if (strcmp(plan->topic, letters) == 0) {
        plan->letters = true;
        return true;
    }
    if (!has_route(plan->setup, plan->topic, &routed, error)) {
        return false;
    }
    plan->letters = !routed;
    return true;
}

/* ---- the part of it -------------------------------------------------------------------------- */

/* The number that the text begins with, and what is behind it. */
static bool take_number(const char **text, int64_t max, int64_t *ret_number)
{
    char *end;

    errno = 0;
    int64_t number = strtoimax(*text, &end, 10);
    if (errno != 0 || !isdigit((unsigned char)**text) || number > max) {
        return false;
    }
    *text = end;
    *ret_number = number;
    return true;
}

static bool take_mark(const char **text, char mark)
{
    bool there = **text == mark;

    *text += there;
    return there;
}

/* "P:A-B" or "P:A". */
static bool parse_offsets(const char *text, struct replay_offsets *ret_offsets)
{
    if (!take_number(&text, INT32_MAX, &ret_offsets->partition) || !take_mark(&text, ':') ||
        !take_number(&text, INT64_MAX - 1, &ret_offsets->first)) {
        return false;
    }
    ret_offsets->last = ret_offsets->first;
    if (take_mark(&text, '-') && !take_number(&text, INT64_MAX - 1, &ret_offsets->last)) {
        return false;
    }
    return *text == '\0' && ret_offsets->last >= ret_offsets->first;
}

static bool is_named(const struct replay_plan *plan, int64_t partition)
{
    for (size_t i = 0; i < plan->offset_count; i++) {
        if (plan->offsets[i].partition == partition) {
            return true;
        }
    }
    return false;
}

static bool take_offsets(const struct replay_request *request, struct replay_plan *plan,
                         struct error *error)
{
    for (size_t i = 0; i < REPLAY_OFFSETS_MAX && request->offsets[i] != NULL; i++) {
        struct replay_offsets offsets;

        if (!parse_offsets(request->offsets[i], &offsets)) {
            error_set(error,
                      "--offsets %s: PARTITION:FIRST-LAST is wanted, as 0:1200-1299, or "
                      "PARTITION:OFFSET",
                      request->offsets[i]);
            return false;
        }
        if (is_named(plan, offsets.partition)) {
            error_set(error,
                      "--offsets %s: there is another part of that partition; replay one "
                      "after the other",
                      request->offsets[i]);
            return false;
        }
        plan->offsets[plan->offset_count++] = offsets;
    }
    return true;
}

static bool take_time(const char *name, const char *text, int64_t *ret_ms, struct error *error)
{
    if (text == NULL || timestamp_parse(slice_of(text), NULL, ret_ms) == MOMENT_FINE) {
        return true;
    }
    error_set(error, "--%s %s: a time like 2026-11-23T10:03:00Z is wanted", name, text);
    return false;
}

static bool is_period(const struct replay_plan *plan)
{
    return plan->letters ? plan->filter.since_ms < plan->filter.until_ms
                         : plan->since_ms < plan->until_ms;
}

/* Of letters the time at which they became such is meant, of orders the record's own. */
static bool take_times(const struct replay_request *request, struct replay_plan *plan,
                       struct error *error)
{
    plan->since_ms = RANGE_ALWAYS;
    plan->until_ms = RANGE_NEVER;
    plan->filter.since_ms = INT64_MIN;
    plan->filter.until_ms = INT64_MAX;
    if (!take_time("since", request->since,
                   plan->letters ? &plan->filter.since_ms : &plan->since_ms, error) ||
        !take_time("until", request->until,
                   plan->letters ? &plan->filter.until_ms : &plan->until_ms, error)) {
        return false;
    }
    if (request->since != NULL && request->until != NULL && !is_period(plan)) {
        error_set(error, "--since %s: --until %s is not later", request->since, request->until);
        return false;
    }
    if (!plan->letters && plan->offset_count > 0 &&
        (request->since != NULL || request->until != NULL)) {
        error_set(error, "--offsets says which orders already: leave --since and --until out");
        return false;
    }
    return true;
}

/* ---- letters --------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In one order, whatever that of the command line: it is the same replay. */
static struct replay_names sorted(const struct replay_names *names)
{
    struct replay_names result = *names;
    size_t count = 0;

    while (count < REPLAY_NAMES_MAX && result.names[count] != NULL) {
        count++;
    }
    qsort(result.names, count, sizeof result.names[0], compare_names);
    return result;
}

static bool take_filter(const struct replay_request *request, struct replay_plan *plan,
                        struct error *error)
{
    plan->filter.reasons = sorted(&request->reasons);
    plan->filter.fields = sorted(&request->fields);
    plan->filter.topics = sorted(&request->topics);
    plan->filter.hashes = sorted(&request->hashes);
    bool named = request->reasons.names[0] != NULL || request->fields.names[0] != NULL ||
                 request->topics.names[0] != NULL || request->hashes.names[0] != NULL;
    if (named && !plan->letters) {
        error_set(error,
                  "--reason, --field, --source-topic and --mapping-hash are of dead letters, and a "
                  "route takes \"%s\" as orders",
                  plan->topic);
        return false;
    }
    return true;
}

/* ---- rate and group -------------------------------------------------------------------------- */

static bool take_rate(const struct replay_request *request, struct replay_plan *plan,
                      struct error *error)
{
    int64_t max = plan->setup->config->rate;
    int64_t rate = max;

    if (request->rate != NULL && (!app_integer(request->rate, &rate) || rate < 1)) {
        error_set(error, "--rate %s: a number of conversions a second is wanted", request->rate);
        return false;
    }
    plan->rate = max > 0 && rate > max ? max : rate;
    return true;
}

static void add_names(FILE *out, const char *name, const struct replay_names *names)
{
    for (size_t i = 0; i < REPLAY_NAMES_MAX && names->names[i] != NULL; i++) {
        fprintf(out, "%s %s\n", name, names->names[i]);
    }
}

/* What is selected, as text: the same for the same selection. */
static void describe(const struct replay_plan *plan, FILE *out)
{
    if (strcmp(plan->topic, plan->setup->config->dead_letter_topic) != 0) {
        fprintf(out, "topic %s\n", plan->topic);
    }
    for (size_t i = 0; i < plan->offset_count; i++) {
        const struct replay_offsets *offsets = &plan->offsets[i];

        fprintf(out, "offsets %" PRId64 " %" PRId64 " %" PRId64 "\n", offsets->partition,
                offsets->first, offsets->last);
    }
    if (plan->since_ms != RANGE_ALWAYS || plan->filter.since_ms != INT64_MIN) {
        fprintf(out, "since %" PRId64 "\n", plan->letters ? plan->filter.since_ms : plan->since_ms);
    }
    if (plan->until_ms != RANGE_NEVER || plan->filter.until_ms != INT64_MAX) {
        fprintf(out, "until %" PRId64 "\n", plan->letters ? plan->filter.until_ms : plan->until_ms);
    }
    add_names(out, "reason", &plan->filter.reasons);
    add_names(out, "field", &plan->filter.fields);
    add_names(out, "source", &plan->filter.topics);
    add_names(out, "hash", &plan->filter.hashes);
}

static const char *own_group(const struct config *config)
{
    for (size_t i = 0; i < config->property_count; i++) {
        if (strcmp(config->properties[i].name, "group.id") == 0) {
            return config->properties[i].value;
        }
    }
    return ""; /* which the check of the properties does not let pass */
}

/* Each selection has a group of its own: what one has passed over another may want. */
static void name_group(const struct replay_request *request, struct replay_plan *plan)
{
    char digits[HASH_SHA256_HEX_SIZE];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL) {
        abort(); /* out of memory */
    }
    describe(plan, out);
    (void)fclose(out);
    hash_sha256_hex((struct slice){text, size}, digits);
    if (request->group != NULL) {
        plan->group = memory_string(slice_of(request->group));
    } else if (asprintf(&plan->group, "%s.replay%s%.*s", own_group(plan->setup->config),
                        size > 0 ? "." : "", size > 0 ? GROUP_DIGITS : 0, digits) < 0) {
        abort(); /* out of memory */
    }
    free(text);
}

static bool check_group(const struct replay_plan *plan, struct error *error)
{
    if (plan->group[0] == '\0' || strcmp(plan->group, own_group(plan->setup->config)) == 0) {
        error_set(error, "--group %s: a group of its own is wanted, not the relay's", plan->group);
        return false;
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

bool replay_plan_make(const struct replay_request *request, const struct setup *setup,
                      struct replay_plan *ret_plan, struct error *error)
{
    *ret_plan = (struct replay_plan){.path = request->path, .setup = setup};
    if (!take_topic(request, ret_plan, error) || !take_offsets(request, ret_plan, error) ||
        !take_times(request, ret_plan, error) || !take_filter(request, ret_plan, error) ||
        !take_rate(request, ret_plan, error)) {
        return false;
    }
    name_group(request, ret_plan);
    return check_group(ret_plan, error);
}

void replay_plan_release(struct replay_plan *plan)
{
    free(plan->group);
    plan->group = NULL;
}

/* Without what would make it the same member as a relay that runs. */
struct consumer_property *replay_plan_properties(const struct replay_plan *plan, size_t *ret_count)
{
    const struct config *config = plan->setup->config;
    struct consumer_property *properties = setup_kafka_properties(config);
    size_t count = 0;

    for (size_t i = 0; i < config->property_count; i++) {
        if (strcmp(properties[i].name, "group.id") == 0) {
            properties[i].value = plan->group;
        }
        if (strcmp(properties[i].name, "group.instance.id") != 0) {
            properties[count++] = properties[i];
        }
    }
    *ret_count = count;
    return properties;
}

static bool select_part(const struct replay_plan *plan, struct range *range, struct error *error)
{
    for (size_t i = 0; i < plan->offset_count; i++) {
        const struct replay_offsets *offsets = &plan->offsets[i];

        if (!range_select_part(range, (int32_t)offsets->partition, offsets->first, offsets->last,
                               error)) {
            return false;
        }
    }
    return plan->offset_count > 0 ||
           range_select_times(range, plan->since_ms, plan->until_ms, error);
}

struct range *replay_plan_range(const struct replay_plan *plan, struct error *error)
{
    size_t count;
    struct consumer_property *properties = replay_plan_properties(plan, &count);
    struct range *range = range_new(properties, count, plan->topic, error);

    free(properties);
    if (range != NULL && !select_part(plan, range, error)) {
        range_free(range);
        return NULL;
    }
    return range;
}

struct replay *replay_plan_replay(const struct replay_plan *plan, struct error *error)
{
    struct consumer_subscription *routes = setup_kafka_subscriptions(plan->setup->config);
    struct replay *replay = replay_new(
        &(struct replay_settings){
            .letters = plan->letters,
            .filter = plan->filter,
            .routes = routes,
            .route_count = plan->setup->config->route_count,
        },
        error);

    free(routes);
    return replay;
}
