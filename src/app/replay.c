#include "app.h"
#include "base/clock.h"
#include "base/memory.h"
#include "dry_run.h"
#include "kafka/replay_consumer.h"
#include "progress.h"
#include "relay.h"
#include "replay_plan.h"
#include "replay_report.h"

#include <stdio.h>
#include <stdlib.h>

/* A replay that delivers. */
struct rerun {
    const struct replay_plan *plan;
    struct replay *replay;
    struct replay_part *parts; /* by partition */
    int64_t *begins;
    size_t part_count;
    struct consumer *consumer;
    struct replay_progress last;
    struct progress progress;
};

/* ---- the source ------------------------------------------------------------------------------ */

/* Settled before anything is read, as everything that fails again is written behind it. */
static void take_range(struct rerun *rerun, const struct range *range)
{
    int64_t from;
    int64_t to;

    while (range_span(range, rerun->part_count, &from, &to)) {
        size_t count = rerun->part_count + 1;

        rerun->parts = memory_resize(rerun->parts, count, sizeof *rerun->parts);
        rerun->begins = memory_resize(rerun->begins, count, sizeof *rerun->begins);
        rerun->parts[rerun->part_count] = (struct replay_part){from, to};
        rerun->begins[rerun->part_count] = from;
        rerun->part_count = count;
    }
}

static struct consumer *open_consumer(void *owner, int wake_fd, struct error *error)
{
    struct rerun *rerun = owner;
    const struct replay_plan *plan = rerun->plan;
    size_t count;
    struct consumer_property *properties = replay_plan_properties(plan, &count);
    struct consumer_subscription subscription = {&plan->topic, 1};
    struct consumer *inner = consumer_new(properties, count, &subscription, 1, wake_fd, error);

    free(properties);
    if (inner == NULL) {
        return NULL;
    }
    consumer_start_at(inner, plan->topic, rerun->begins, rerun->part_count);
    rerun->consumer = replay_consumer_new(inner, rerun->replay, rerun->parts, rerun->part_count);
    return rerun->consumer;
}

/* Over when all was given out and nothing of it is open any more. */
static bool turned(void *owner, const struct pipeline_account *account, int64_t now_ms)
{
    struct rerun *rerun = owner;

    rerun->last = replay_consumer_progress(rerun->consumer);
    uint64_t undone = account->open + rerun->last.given;
    uint64_t done = rerun->last.read > undone ? rerun->last.read - undone : 0;
    if (rerun->last.all > 0) {
        progress_show(&rerun->progress, done, rerun->last.all, now_ms);
    }
    return rerun->last.over && account->open == 0;
}

/* ---- running --------------------------------------------------------------------------------- */

static void say_start(const struct rerun *rerun)
{
    const struct replay_plan *plan = rerun->plan;

    log_event(rerun->progress.log, LOG_LEVEL_INFO, "replay_started",
              LOG_TEXT("version", ROKT_RELAY_VERSION), LOG_TEXT("topic", plan->topic),
              LOG_TEXT("group", plan->group),
              LOG_TEXT("dead_letter_topic", plan->setup->config->dead_letter_topic),
              LOG_TEXT("message", "what is written from now on is not part of it; waiting for "
                                  "partitions"));
}

static int deliver(struct rerun *rerun)
{
    const struct setup *setup = rerun->plan->setup;
    struct relay_settings settings = {
        .path = rerun->plan->path,
        .setup = setup,
        .log = rerun->progress.log,
        .rate = rerun->plan->rate,
        .source = {.owner = rerun, .open = open_consumer, .turned = turned, .again = true},
    };
    sigset_t signals;
    struct error error;
    int code = EXIT_FAILED;

    relay_block_signals(&signals);
    struct relay *relay = relay_new(&settings, &error);
    if (relay == NULL) {
        fprintf(stderr, "rokt-relay replay: %s\n", error.text);
        return EXIT_FAILED;
    }
    say_start(rerun);
    code = relay_run(relay, &signals);
    progress_end(&rerun->progress);
    struct replay_outcome outcome = {
        .plan = rerun->plan,
        .read = replay_account(rerun->replay),
        .account = relay_account(relay),
        .blocked = rerun->last.blocked,
        .unfinished = !rerun->last.over || relay_account(relay)->open > 0,
    };
    replay_report(&outcome);
    code = code == EXIT_OK ? replay_report_code(&outcome) : code;
    relay_free(relay);
    return code;
}

static int rerun_plan(const struct replay_plan *plan)
{
    struct rerun rerun = {.plan = plan};
    struct error error;
    int code = EXIT_FAILED;
    struct range *range = replay_plan_range(plan, &error);

    if (range != NULL && (rerun.replay = replay_plan_replay(plan, &error)) != NULL) {
        take_range(&rerun, range);
        rerun.progress.log = setup_log(plan->setup->config);
        code = deliver(&rerun);
        log_free(rerun.progress.log);
    } else {
        fprintf(stderr, "rokt-relay replay: %s\n", error.text);
    }
    range_free(range);
    replay_free(rerun.replay);
    free(rerun.parts);
    free(rerun.begins);
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int replay_setup(const struct replay_request *request, const struct setup *setup)
{
    struct replay_plan plan;
    struct error error;
    int code;

    if (!replay_plan_make(request, setup, &plan, &error)) {
        code = app_usage(&command_replay, "%s", error.text);
    } else {
        code = request->dry_run ? dry_run(&plan) : rerun_plan(&plan);
    }
    replay_plan_release(&plan);
    return code;
}

static int load_and_replay(const struct replay_request *request)
{
    struct setup setup;
    struct error_list errors = {0};
    bool valid = setup_load(request->path, &setup, &errors);
    int code = app_report(&errors);

    if (valid) {
        code = replay_setup(request, &setup);
    }
    setup_release(&setup);
    error_list_done(&errors);
    return code;
}

static int run(int argc, char **argv)
{
    struct replay_request request = {0};
    const struct argument arguments[] = {
        {.name = "config", .letter = 'c', .value = &request.path},
        {.name = "topic", .letter = 't', .value = &request.topic},
        {.name = "offsets",
         .letter = 'o',
         .value = request.offsets,
         .value_max = REPLAY_OFFSETS_MAX},
        {.name = "since", .letter = 's', .value = &request.since},
        {.name = "until", .letter = 'u', .value = &request.until},
        {.name = "reason",
         .letter = 'r',
         .value = request.reasons.names,
         .value_max = REPLAY_NAMES_MAX},
        {.name = "field",
         .letter = 'f',
         .value = request.fields.names,
         .value_max = REPLAY_NAMES_MAX},
        {.name = "source-topic",
         .letter = 'S',
         .value = request.topics.names,
         .value_max = REPLAY_NAMES_MAX},
        {.name = "mapping-hash",
         .letter = 'm',
         .value = request.hashes.names,
         .value_max = REPLAY_NAMES_MAX},
        {.name = "rate", .letter = 'R', .value = &request.rate},
        {.name = "group", .letter = 'g', .value = &request.group},
        {.name = "dry-run", .letter = 'n', .flag = &request.dry_run},
    };
    int operand = app_arguments(&command_replay, argc, argv, arguments,
                                sizeof arguments / sizeof arguments[0]);

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (operand < argc) {
        return app_usage(&command_replay, "what is \"%s\"?", argv[operand]);
    }
    return request.path == NULL ? app_usage(&command_replay, "--config FILE is missing")
                                : load_and_replay(&request);
}

const struct command command_replay = {
    "replay",
    "deliver dead letters, or orders once more",
    "usage: rokt-relay replay --config FILE [OPTION …]\n"
    "\n"
    "Reads the topic of dead letters as it is now, makes of each letter the message that it was, "
    "and\n"
    "takes that the usual way: mapped by the present mapping, delivered with the same ids as the\n"
    "first time, skipped, or dead once more: then it goes back, behind what is read. Of a letter "
    "that\n"
    "names items of for_each these alone are delivered. Ends by itself. How far it is, a consumer "
    "group\n"
    "of its own remembers: run again, it goes on there and repeats nothing.\n"
    "\n"
    "  -c, --config FILE         the configuration (YAML)\n"
    "  -n, --dry-run             only count: by reason, and what would become of them now\n"
    "  -t, --topic TOPIC         read this topic: one that a route takes is one of orders, which "
    "are\n"
    "                            delivered once more; any other is one of dead letters\n"
    "  -o, --offsets P:A-B       only offsets A to B of partition P of that topic; once per "
    "partition\n"
    "  -s, --since TIME          only what became a dead letter since; of orders: what was "
    "written\n"
    "  -u, --until TIME          only before that\n"
    "  -r, --reason CODE         only dead letters of this reason\n"
    "  -f, --field NAME          only those that died of this field\n"
    "  -S, --source-topic TOPIC  only those that were read from this topic\n"
    "  -m, --mapping-hash HASH   only those that died of this state of a mapping\n"
    "                            (these four: several times for any of several)\n"
    "  -R, --rate N              at most so many conversions a second (never more than rokt.rate)\n"
    "  -g, --group NAME          the group; else that of the configuration with .replay behind it, "
    "and\n"
    "                            for each choice of the options above a digest of that choice\n"
    "  -h, --help                this help\n"
    "\n"
    "A TIME is one like 2026-11-23T10:03:00Z. SIGTERM or SIGINT: takes in no more, delivers what "
    "is "
    "open,\n"
    "commits. Exit code 0 when everything was delivered or skipped, 6 when something went back, "
    "could not\n"
    "be read, or was not reached, 1 when it cannot start or go on, 3 when the configuration or a\n"
    "mapping has errors. With --dry-run 6 when something would not be delivered or skipped.\n",
    run,
};
