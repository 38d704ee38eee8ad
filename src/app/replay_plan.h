/* replay_plan: what a command line of `replay` asks for, checked against the configuration: which topic,
 * which part of it, by which group. */
#ifndef APP_REPLAY_PLAN_H
#define APP_REPLAY_PLAN_H

#include "kafka/range.h"
#include "kafka/replay.h"
#include "setup.h"

#define REPLAY_OFFSETS_MAX 64

/* As it stands there; NULL and false are what is not. */
struct replay_request {
    const char *path; /* of the configuration */
    const char *topic;
    const char *offsets[REPLAY_OFFSETS_MAX];
    const char *since;
    const char *until;
    struct replay_names reasons;
    struct replay_names fields;
    struct replay_names topics;
    struct replay_names hashes;
    const char *rate;
    const char *group;
    bool dry_run;
};

/* Offsets of one partition; both ends belong to them. */
struct replay_offsets {
    int64_t partition;
    int64_t first;
    int64_t last;
};

struct replay_plan {
    const char *path;
    const struct setup *setup;
    const char *topic;
    bool letters; /* the topic is one of dead letters, not of orders */
    struct replay_filter filter;
    struct replay_offsets offsets[REPLAY_OFFSETS_MAX];
    size_t offset_count; /* 0: all */
    int64_t since_ms;    /* of the records of a topic of orders; RANGE_ALWAYS */
    int64_t until_ms;    /* likewise; RANGE_NEVER */
    int64_t rate;        /* conversions a second; 0: no limit */
    char *group;         /* that remembers how far it is */
};

/* False, with what is wrong with the command line in `error`. `ret_plan` is to be released in any case;
 * its texts are those of the request and the setup. */
__attribute__((warn_unused_result)) bool replay_plan_make(const struct replay_request *request,
                                                          const struct setup *setup,
                                                          struct replay_plan *ret_plan,
                                                          struct error *error);
void replay_plan_release(struct replay_plan *plan);

/* The configuration's properties as those of a member of the plan's group; to be freed. */
struct consumer_property *replay_plan_properties(const struct replay_plan *plan, size_t *ret_count);

/* The range of the topic, before what the group has done is taken out. NULL, with `error`, when there is no
 * such topic or not all of what is asked for. */
struct range *replay_plan_range(const struct replay_plan *plan, struct error *error);

/* NULL, with `error`, when the routes cannot be used. */
struct replay *replay_plan_replay(const struct replay_plan *plan, struct error *error);

#endif
