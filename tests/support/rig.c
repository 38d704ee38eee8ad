#include "support/rig.h"

#include "base/memory.h"
#include "rokt/event_api.h"
#include "support/conversions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Turns without any time passing: more is a loop that spins. */
#define SPINS_MAX 300

#define ORDER_BYTES_MAX 4096

static const char orders_yaml[] = "name: orders\n"
                                  "when:\n"
                                  "  paid: $.paid == true\n"
                                  "conversion:\n"
                                  "  eventTime: $.time\n"
                                  "  clientEventId: $.id\n"
                                  "  email: $.email\n"
                                  "  firstname: $.name\n"
                                  "  amount: $.amount\n"
                                  "  ipaddress: $.ip\n";

static const char tickets_yaml[] = "name: tickets\n"
                                   "when:\n"
                                   "  paid: $.paid == true\n"
                                   "for_each: $.tickets[*]\n"
                                   "conversion:\n"
                                   "  eventTime: '@.time'\n"
                                   "  clientEventId: '@.id'\n"
                                   "  email: $.email\n"
                                   "  firstname: $.name\n"
                                   "  amount: $.amount\n";

/* ---- the transport: the scripted one, but for its sleep ---------------------------------------- */

static struct rig *rig_of(struct transport *transport)
{
    return (struct rig *)(void *)((char *)transport - offsetof(struct rig, transport));
}

static struct transport *scripted_of(struct transport *transport)
{
    return scripted_transport_interface(rig_of(transport)->scripted);
}

static void rig_submit(struct transport *transport, void *owner, struct slice body,
                       const char *const *lines)
{
    struct transport *scripted = scripted_of(transport);
    scripted->operations->submit(scripted, owner, body, lines);
}

static bool rig_reap(struct transport *transport, struct transport_answer *ret_answer)
{
    struct transport *scripted = scripted_of(transport);
    return scripted->operations->reap(scripted, ret_answer);
}

static void rig_cancel(struct transport *transport)
{
    struct transport *scripted = scripted_of(transport);
    scripted->operations->cancel(scripted);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When one of the fakes has something for the pipeline. */
static int64_t fakes_deadline_ms(const struct rig *rig)
{
    int64_t deadline_ms = scripted_transport_deadline_ms(rig->scripted);
    deadline_ms = earlier(deadline_ms, scripted_consumer_deadline_ms(rig->consumer));
    return earlier(deadline_ms, scripted_dead_letter_deadline_ms(rig->letters));
}

static bool is_awake(const struct rig *rig)
{
    uint64_t count;
    if (read(rig->wake_fd, &count, sizeof count) != (ssize_t)sizeof count) {
        return false;
    }
    assert_int_equal(write(rig->wake_fd, &count, sizeof count), sizeof count);
    return true;
}

static void rig_wait(struct transport *transport, int fd, int timeout_ms)
{
    struct rig *rig = rig_of(transport);
    int64_t now_ms = rig->clock.monotonic_ms;
    assert_int_equal(fd, rig->wake_fd);
    assert_true(timeout_ms >= 0);
    if (timeout_ms == 0 || fakes_deadline_ms(rig) <= now_ms || is_awake(rig)) {
        return;
    }
    int64_t until_ms = earlier(now_ms + timeout_ms, earlier(rig->until_ms, fakes_deadline_ms(rig)));
    rig->idle = until_ms == now_ms;
    rig->clock.monotonic_ms = until_ms;
    rig->clock.wall_ms += until_ms - now_ms;
    scripted_consumer_tick(rig->consumer);
    scripted_dead_letter_tick(rig->letters);
}

static const struct transport_operations operations = {
    .submit = rig_submit,
    .reap = rig_reap,
    .wait = rig_wait,
    .cancel = rig_cancel,
};

/* ---- what the fakes ask ----------------------------------------------------------------------- */

static struct scripted_answer scripted_or_otherwise(struct rig *rig)
{
    if (rig->script_count == 0) {
        return rig->otherwise;
    }
    rig->script_count--;
    return *rig->script++;
}

static struct scripted_answer decide_request(void *context, size_t index, struct slice body)
{
    struct rig *rig = context;
    (void)index;
    if (rig->warming) {
        return (struct scripted_answer){.status = 200};
    }
    struct scripted_answer answer =
        rig->answer != NULL ? rig->answer(rig->context, rig, body) : scripted_or_otherwise(rig);
    if (answer.failure == NULL && answer.status == 200 && answer.body == NULL) {
        oracle_accepted(&rig->oracle, body, rig->clock.monotonic_ms + answer.delay_ms);
    }
    return answer;
}

static size_t partition_of(const struct scripted_letter *letter)
{
    size_t first = strcmp(letter->topic, "orders") == 0 ? RIG_ORDERS_0 : RIG_TICKETS_0;
    return first + (size_t)letter->partition;
}

static struct scripted_letter_answer decide_letter(void *context,
                                                   const struct scripted_letter *letter)
{
    struct rig *rig = context;
    struct scripted_letter_answer answer = rig->answer_letter != NULL
                                               ? rig->answer_letter(rig->context, letter->attempts)
                                               : rig->letter_answer;
    if (!answer.failed) {
        oracle_lettered(&rig->oracle, partition_of(letter), letter->offset,
                        rig->clock.monotonic_ms + answer.delay_ms);
    }
    return answer;
}

/* What the next owner of the partition will not deliver. */
static void check_completions(const struct rig *rig, const struct scripted_commit *commit,
                              const struct completions *completions)
{
    size_t partition = commit->partition;
    for (size_t i = 0; i < rig->oracle.partitions[partition].count; i++) {
        const struct fate *fate = &rig->oracle.partitions[partition].fates[i];
        for (size_t j = 0; j < completions->count; j++) {
            const struct completions_run *run = &completions->runs[j];
            bool told = fate->offset >= run->first && fate->offset <= run->last;
            if (told && !oracle_is_done(fate, rig->clock.monotonic_ms)) {
                fail_msg("partition %zu: metadata says that %lld is done", partition,
                         (long long)fate->offset);
            }
        }
    }
}

static void check_metadata(const struct rig *rig, const struct scripted_commit *commit)
{
    struct completions_place place = {
        .topic = commit->partition < RIG_TICKETS_0 ? "orders" : "tickets",
        .partition = (int32_t)(commit->partition % 2),
        .offset = commit->offset,
    };
    struct completions completions;
    struct error error;
    if (commit->metadata.size == 0) {
        return;
    }
    if (!completions_decode(commit->metadata, &place, &completions, &error)) {
        fail_msg("metadata that cannot be read: %s", error.text);
    }
    check_completions(rig, commit, &completions);
}

/* The promise. */
static void check_commit(const struct rig *rig, const struct scripted_commit *commit)
{
    const struct fate *open =
        oracle_first_open(&rig->oracle, commit->partition, commit->offset, rig->clock.monotonic_ms);
    if (open != NULL) {
        fail_msg("partition %zu: %lld is committed, but %lld is not done", commit->partition,
                 (long long)commit->offset, (long long)open->offset);
    }
}

static struct scripted_commit_answer
decide_commit(void *context, const struct scripted_commit commits[], size_t count)
{
    struct rig *rig = context;
    for (size_t i = 0; i < count; i++) {
        check_commit(rig, &commits[i]);
        check_metadata(rig, &commits[i]);
    }
    return rig->answer_commit != NULL ? rig->answer_commit(rig->context, commits->at_once)
                                      : rig->commit_answer;
}

/* ---- making ----------------------------------------------------------------------------------- */

void rig_init(struct rig *rig)
{
    *rig = (struct rig){
        .delivery_settings =
            {
                .api = &rokt_event_api,
                .account_id = "1",
                .batch_conversions = 2,
                .batch_bytes = 100000,
                .batch_linger_ms = 100,
                .in_flight = 3,
                .backoff_base_ms = 100,
                .backoff_cap_ms = 30000,
                .probe_interval_ms = 10000,
                .seed = 1,
            },
        .pipeline_settings =
            {
                .open_partition_max = 1000,
                .open_max = 3000,
                .commit_interval_ms = 1000,
                .drain_timeout_ms = 5000,
                .shutdown_timeout_ms = 20000,
            },
        .clock = {.monotonic_ms = RIG_START_MS, .wall_ms = CONVERSIONS_WALL_MS, .frozen = true},
        .otherwise = {.status = 200},
        .transport = {.operations = &operations},
    };
}

static struct mapping *make_mapping(const char *text, const char *account)
{
    struct error_list errors = {0};
    struct buffer yaml;
    buffer_init(&yaml, ORDER_BYTES_MAX);
    buffer_append(&yaml, slice_of(text));
    if (account != NULL) {
        buffer_printf(&yaml, "account: \"%s\"\n", account);
    }
    struct document *document = document_read("mapping.yaml", buffer_slice(&yaml), &errors);
    assert_non_null(document);
    struct mapping *mapping = mapping_compile(document, &errors);
    assert_non_null(mapping);
    assert_int_equal(errors.count, 0);
    document_free(document);
    error_list_done(&errors);
    buffer_done(&yaml);
    return mapping;
}

static void make_fakes(struct rig *rig)
{
    rig->consumer = scripted_consumer_new(&rig->clock, rig->wake_fd);
    for (size_t i = 0; i < RIG_PARTITIONS; i++) {
        size_t route = i < RIG_TICKETS_0 ? 0 : 1;
        (void)scripted_consumer_partition(rig->consumer, route == 0 ? "orders" : "tickets",
                                          (int32_t)(i % 2), route);
    }
    rig->scripted = scripted_transport_new(&rig->clock);
    rig->letters = scripted_dead_letter_new(&rig->clock, rig->wake_fd);
    scripted_consumer_decide(rig->consumer, decide_commit, rig);
    scripted_transport_decide(rig->scripted, decide_request, rig);
    scripted_dead_letter_decide(rig->letters, decide_letter, rig);
}

static void make_pipeline(struct rig *rig)
{
    rig->delivery = delivery_new(&rig->delivery_settings, &rig->transport, &rig->clock);
    struct pipeline_stages stages = {
        .watchers = rig->watchers,
        .consumer = scripted_consumer_interface(rig->consumer),
        .delivery = rig->delivery,
        .dead_letter = scripted_dead_letter_interface(rig->letters),
        .mappings = (const struct mapping *const *)rig->mappings,
        .route_count = 2,
        .clock = &rig->clock,
        .log = rig->log,
        .wake_fd = rig->wake_fd,
    };
    rig->pipeline = pipeline_new(&stages, &rig->pipeline_settings);
    rig->state = PIPELINE_RUNNING;
}

/* Requests of conversions that are nobody's, as many as may be under way at once. */
static void send_nobodys(struct rig *rig)
{
    struct delivery_report report;
    uint64_t count = rig->delivery_settings.in_flight * rig->delivery_settings.batch_conversions;
    for (uint64_t i = 0; i < count; i++) {
        char id[37];
        struct error error;
        struct conversion conversion = conversions_make(i, id);
        assert_true(delivery_add(rig->delivery, &conversion, &conversions_message,
                                 (struct token){0}, &error));
    }
    while (delivery_pending(rig->delivery) > 0) {
        delivery_dispatch(rig->delivery, true);
        assert_true(delivery_reap(rig->delivery, &report));
        while (delivery_reap(rig->delivery, &report)) {
        }
    }
}

/* Requests have been taken, so that as many may be under way at once as are allowed: what happens at the
 * start is for the tests of the limiter. */
static void warm_up(struct rig *rig)
{
    rig->warming = true;
    for (size_t i = 0; i < rig->delivery_settings.in_flight; i++) {
        send_nobodys(rig);
    }
    rig->warming = false;
    rig->warming_requests = scripted_transport_count(rig->scripted);
}

void rig_start(struct rig *rig)
{
    rig->log_fd = memfd_create("log", MFD_CLOEXEC);
    rig->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(rig->log_fd >= 0 && rig->wake_fd >= 0);
    rig->log = log_new(rig->log_fd, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    log_set_clock(rig->log, &rig->clock);
    rig->mappings[0] = make_mapping(orders_yaml, rig->accounts[0]);
    rig->mappings[1] = make_mapping(tickets_yaml, rig->accounts[1]);
    make_fakes(rig);
    make_pipeline(rig);
    warm_up(rig);
}

static void free_pipeline(struct rig *rig)
{
    pipeline_free(rig->pipeline);
    delivery_free(rig->delivery);
}

void rig_restart(struct rig *rig)
{
    free_pipeline(rig);
    scripted_consumer_rejoin(rig->consumer);
    scripted_dead_letter_restart(rig->letters);
    make_pipeline(rig);
}

/* Nothing personal, and no other value of an order. */
static void check_log(const struct rig *rig)
{
    static const char *const values[] = {ORACLE_EMAIL, ORACLE_NAME,    ORACLE_AMOUNT,
                                         ORACLE_ID,    ORACLE_ADDRESS, "mail.example"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (rig_log_count(rig, values[i]) > 0) {
            fail_msg("the log holds \"%s\" of an order", values[i]);
        }
    }
}

void rig_free(struct rig *rig)
{
    struct transport *transport = scripted_transport_interface(rig->scripted);
    struct consumer *consumer = scripted_consumer_interface(rig->consumer);
    struct dead_letter *dead_letter = scripted_dead_letter_interface(rig->letters);
    free_pipeline(rig);
    log_free(rig->log);
    check_log(rig);
    transport->operations->free(transport);
    consumer->operations->free(consumer);
    dead_letter->operations->free(dead_letter);
    mapping_free(rig->mappings[0]);
    mapping_free(rig->mappings[1]);
    oracle_done(&rig->oracle);
    (void)close(rig->wake_fd);
    (void)close(rig->log_fd);
}

/* ---- running ---------------------------------------------------------------------------------- */

static void check_account(const struct rig *rig)
{
    const struct pipeline_account *account = pipeline_account(rig->pipeline);
    assert_int_equal(account->consumed, account->delivered + account->skipped +
                                            account->dead_lettered + account->done_before +
                                            account->given_back + account->open);
}

enum pipeline_state rig_run(struct rig *rig, int64_t ms)
{
    size_t spins = 0;
    rig->until_ms = rig->clock.monotonic_ms + ms;
    rig->idle = false;
    while (!rig->idle && rig->state == PIPELINE_RUNNING) {
        int64_t before_ms = rig->clock.monotonic_ms;
        rig->state = pipeline_turn(rig->pipeline, true);
        rig->turns++;
        check_account(rig);
        spins = rig->clock.monotonic_ms > before_ms ? 0 : spins + 1;
        assert_true(spins < SPINS_MAX);
    }
    return rig->state;
}

/* ---- what is done and seen --------------------------------------------------------------------- */

int64_t rig_produce(struct rig *rig, size_t partition, int64_t offset, struct order order)
{
    struct buffer buffer;
    buffer_init(&buffer, ORDER_BYTES_MAX);
    if (offset == -1) {
        offset = scripted_consumer_next(rig->consumer, partition);
    }
    oracle_write(&buffer, &order, partition, offset, partition < RIG_TICKETS_0);
    struct slice value =
        order.kind == ORDER_TOMBSTONE ? (struct slice){NULL, 0} : buffer_slice(&buffer);
    oracle_produced(&rig->oracle, partition, offset, &order);
    scripted_consumer_produce(rig->consumer, partition, offset, value);
    buffer_done(&buffer);
    return offset;
}

void rig_produce_paid(struct rig *rig, size_t partition, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)rig_produce(rig, partition, -1, (struct order){.kind = ORDER_PAID, .items = 1});
    }
}

void rig_assign(struct rig *rig, size_t partition)
{
    scripted_consumer_assign(rig->consumer, &partition, 1);
}

void rig_revoke(struct rig *rig, size_t partition)
{
    scripted_consumer_revoke(rig->consumer, &partition, 1);
}

void rig_lose(struct rig *rig, size_t partition)
{
    scripted_consumer_lose(rig->consumer, &partition, 1);
}

int64_t rig_committed(const struct rig *rig, size_t partition)
{
    return scripted_consumer_committed(rig->consumer, partition);
}

const struct scripted_request *rig_request(const struct rig *rig, size_t index)
{
    return scripted_transport_request(rig->scripted, rig->warming_requests + index);
}

size_t rig_requests(const struct rig *rig)
{
    return scripted_transport_count(rig->scripted) - rig->warming_requests;
}

const struct pipeline_account *rig_account(const struct rig *rig)
{
    return pipeline_account(rig->pipeline);
}

/* The whole log, NUL-terminated; to be freed. */
static char *read_log(const struct rig *rig)
{
    off_t size = lseek(rig->log_fd, 0, SEEK_END);
    assert_true(size >= 0);
    char *text = memory_new((size_t)size + 1, 1);
    assert_int_equal(pread(rig->log_fd, text, (size_t)size, 0), size);
    return text;
}

size_t rig_log_count(const struct rig *rig, const char *text)
{
    char *log = read_log(rig);
    size_t count = 0;
    char *rest = log;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        count += strstr(line, text) != NULL;
    }
    free(log);
    return count;
}
