/* rokt-sandbox: Rokt's APIs and a Kafka cluster, all made up, in one process. */
#include "account.h"
#include "base/address.h"
#include "catalogue.h"
#include "certificate.h"
#include "doors.h"
#include "fault_script.h"
#include "file.h"
#include "journal.h"
#include "mock_kafka.h"
#include "options.h"

#include "base/clock.h"
#include "base/memory.h"
#include "json/writer.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef ROKT_RELAY_VERSION
#error "ROKT_RELAY_VERSION is set by the build"
#endif

enum exit_code { EXIT_ENDED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define SCENARIO_MAX ((size_t)8 * 1024 * 1024)

/* Everything there is while the program runs; all-zero is valid and empty. */
struct sandbox {
    struct options options;
    struct address address;
    struct certificate certificate;
    char *folder;  /* temporary, or NULL */
    char *ca_file; /* NULL with --plain */
    struct account *account;
    struct fault_script *faults;
    struct catalogue *catalogue;
    struct mock_kafka *kafka;
    struct journal *journal; /* NULL: none is kept */
    struct doors doors;
};

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = memory_new(size, 1);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool make_folder(struct sandbox *sandbox, struct error *error)
{
    const char *parent = getenv("TMPDIR");
    char *folder =
        join(parent == NULL || parent[0] == '\0' ? "/tmp" : parent, "rokt-sandbox-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        error_set(error, "cannot make a temporary folder: %s", strerror(errno));
        free(folder);
        return false;
    }
    sandbox->folder = folder;
    return true;
}

static bool make_certificate(struct sandbox *sandbox, struct error *error)
{
    if (sandbox->options.plain) {
        return true;
    }
    if (!certificate_make(sandbox->address.host, &sandbox->certificate, error)) {
        return false;
    }
    if (sandbox->options.ca_file != NULL) {
        sandbox->ca_file = memory_string(slice_of(sandbox->options.ca_file));
    } else if (make_folder(sandbox, error)) {
        sandbox->ca_file = join(sandbox->folder, "ca.pem");
    } else {
        return false;
    }
    return file_write(sandbox->ca_file, slice_of(sandbox->certificate.authority), error);
}

static bool load_scenario(struct sandbox *sandbox, const char *path, struct error *error)
{
    struct buffer text;
    buffer_init(&text, SCENARIO_MAX);
    bool read = file_read(path, &text, error);
    bool loaded = read && fault_script_load(sandbox->faults, buffer_slice(&text), error);
    if (read && !loaded) {
        error_prefix(error, "%s", path);
    }
    buffer_done(&text);
    return loaded;
}

static bool add_faults(struct sandbox *sandbox, struct error *error)
{
    sandbox->faults = fault_script_new(sandbox->options.seed);
    if (sandbox->options.scenario != NULL &&
        !load_scenario(sandbox, sandbox->options.scenario, error)) {
        error_prefix(error, "--scenario");
        return false;
    }
    for (size_t i = 0; i < sandbox->options.faults.count; i++) {
        const char *text = sandbox->options.faults.items[i];
        if (!fault_script_add(sandbox->faults, slice_of(text), error)) {
            error_prefix(error, "--fault %s", text);
            return false;
        }
    }
    return true;
}

/* Adds "SHOP=TOPIC:PARTITIONS". */
static bool add_shop(struct catalogue *catalogue, const char *text, struct error *error)
{
    struct slice name = slice_of(text);
    size_t equals = slice_find(name, SLICE("="));
    enum shop shop;
    struct slice topic;
    uint32_t partitions = 0;
    if (equals == SIZE_MAX || !shop_find(slice_part(name, 0, equals), &shop)) {
        error_set(error,
                  "\"%s\" is no SHOP=TOPIC:PARTITIONS with shopify, woocommerce, stripe or "
                  "adyen as the shop",
                  text);
        return false;
    }
    if (!options_topic(text + equals + 1, &topic, &partitions, error) ||
        !catalogue_add(catalogue, topic, partitions, error)) {
        return false;
    }
    catalogue_sell(catalogue, shop);
    return true;
}

static bool add_topics(struct catalogue *catalogue, const struct options *options,
                       struct error *error)
{
    static const struct option_list gallery = {{"shopify=orders.shopify:4",
                                                "woocommerce=orders.woocommerce:2",
                                                "stripe=orders.stripe:2", "adyen=orders.adyen:2"},
                                               4};
    bool given = options->shops.count + options->topics.count > 0;
    const struct option_list *shops = given ? &options->shops : &gallery;
    for (size_t i = 0; i < shops->count; i++) {
        if (!add_shop(catalogue, shops->items[i], error)) {
            return false;
        }
    }
    for (size_t i = 0; i < options->topics.count; i++) {
        struct slice name;
        uint32_t partitions = 0;
        if (!options_topic(options->topics.items[i], &name, &partitions, error) ||
            !catalogue_add(catalogue, name, partitions, error)) {
            return false;
        }
    }
    return catalogue_add(catalogue, SLICE(MOCK_KAFKA_DEAD_LETTER), 1, error);
}

static struct clock time_now(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock;
}

/* What can be wrong in the arguments, beyond their form. */
static bool plan(struct sandbox *sandbox, struct error *error)
{
    const struct options *options = &sandbox->options;
    sandbox->account = account_new();
    if (!address_parse(options->listen, &sandbox->address, error) || !add_faults(sandbox, error)) {
        return false;
    }
    if (options->kafka) {
        sandbox->catalogue = memory_new(1, sizeof(struct catalogue));
        sandbox->catalogue->size = options->size;
        if (!add_topics(sandbox->catalogue, options, error)) {
            return false;
        }
        catalogue_plan(sandbox->catalogue, options->orders, options->seed, time_now().wall_ms);
    }
    return true;
}

static bool start_kafka(struct sandbox *sandbox, struct error *error)
{
    if (sandbox->catalogue == NULL) {
        return true;
    }
    sandbox->kafka = mock_kafka_new(sandbox->catalogue, sandbox->options.group, error);
    return sandbox->kafka != NULL && mock_kafka_fill(sandbox->kafka, error);
}

static bool open_journal(struct sandbox *sandbox, struct error *error)
{
    if (sandbox->options.journal == NULL) {
        return true;
    }
    sandbox->journal = journal_open(sandbox->options.journal, error);
    return sandbox->journal != NULL;
}

static bool close_journal(struct sandbox *sandbox, struct error *error)
{
    bool closed = journal_close(sandbox->journal, error);
    sandbox->journal = NULL;
    return closed;
}

static bool open_doors(struct sandbox *sandbox, struct error *error)
{
    const struct control control = {
        .account = sandbox->account, .faults = sandbox->faults, .kafka = sandbox->kafka};
    fault_script_start(sandbox->faults, time_now().monotonic_ms);
    return doors_open(&sandbox->doors, &sandbox->options, &sandbox->address,
                      sandbox->options.plain ? NULL : &sandbox->certificate, &control,
                      sandbox->journal, error);
}

/* Prints a line of JSON; the file, if there is one, has it by then. */
static bool publish(struct slice line, const char *path, struct error *error)
{
    if (path != NULL && !file_write(path, line, error)) {
        return false;
    }
    assert(line.data != NULL);
    if (fwrite(line.data, 1, line.size, stdout) != line.size || fflush(stdout) != 0) {
        error_set(error, "cannot write to the standard output: %s", strerror(errno));
        return false;
    }
    return true;
}

static bool announce(const struct sandbox *sandbox, struct error *error)
{
    struct buffer line;
    buffer_init(&line, TEXT_MAX);
    buffer_printf(&line, "{\"event_api\":\"%s\",\"event_audience_api\":\"%s\"",
                  doors_url(&sandbox->doors, API_EVENT), doors_url(&sandbox->doors, API_AUDIENCE));
    if (sandbox->ca_file != NULL) {
        buffer_append(&line, SLICE(",\"ca_file\":"));
        json_write_string(&line, slice_of(sandbox->ca_file), JSON_UTF8);
    }
    if (sandbox->kafka != NULL) {
        buffer_printf(&line, ",\"bootstrap_servers\":\"%s\",\"orders\":",
                      mock_kafka_bootstrap(sandbox->kafka));
        catalogue_write_counts(sandbox->catalogue, &line);
    }
    buffer_append(&line, SLICE("}\n"));
    bool announced = publish(buffer_slice(&line), sandbox->options.ready_file, error);
    buffer_done(&line);
    return announced;
}

/* The account, with the state of Kafka's topics in it when there are any. */
static bool report(const struct sandbox *sandbox, struct error *error)
{
    struct buffer line;
    buffer_init(&line, TEXT_MAX);
    account_write(sandbox->account, &line);
    bool reported = true;
    if (sandbox->kafka != NULL) {
        buffer_rollback(&line, line.size - 1);
        buffer_append(&line, SLICE(",\"kafka\":"));
        reported = mock_kafka_write_offsets(sandbox->kafka, NULL, &line, error);
        buffer_append_byte(&line, '}');
    }
    buffer_append_byte(&line, '\n');
    reported = reported && publish(buffer_slice(&line), sandbox->options.account_file, error);
    buffer_done(&line);
    return reported;
}

static bool start(struct sandbox *sandbox, struct error *error)
{
    return make_certificate(sandbox, error) && start_kafka(sandbox, error) &&
           open_journal(sandbox, error) && open_doors(sandbox, error) && announce(sandbox, error);
}

/* The signals are blocked in every thread, so that none but this one takes them. */
static void block_signals(sigset_t *ret_signals)
{
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool run(struct sandbox *sandbox, const sigset_t *signals, struct error *error)
{
    int signal_number = 0;
    if (!start(sandbox, error)) {
        return false;
    }
    (void)sigwait(signals, &signal_number);
    doors_close(&sandbox->doors);
    bool failed = mock_kafka_failed(sandbox->kafka, error);
    return report(sandbox, error) && close_journal(sandbox, error) && !failed;
}

static void clean_up(struct sandbox *sandbox)
{
    struct error error;
    doors_done(&sandbox->doors);
    (void)close_journal(sandbox, &error); /* run() has told, if it came to that */
    mock_kafka_free(sandbox->kafka);
    free(sandbox->catalogue);
    account_free(sandbox->account);
    fault_script_free(sandbox->faults);
    certificate_done(&sandbox->certificate);
    if (sandbox->folder != NULL) {
        (void)unlink(sandbox->ca_file);
        (void)rmdir(sandbox->folder);
    }
    free(sandbox->folder);
    free(sandbox->ca_file);
}

static int print_and_exit(const struct options *options)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    if (options->help) {
        options_help(&text);
    } else {
        buffer_append(&text, SLICE("rokt-sandbox " ROKT_RELAY_VERSION "\n"));
    }
    bool printed = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    buffer_done(&text);
    return printed ? EXIT_ENDED : EXIT_FAILED;
}

static int fail(enum exit_code code, const struct error *error)
{
    (void)fprintf(stderr, "rokt-sandbox: %s\n", error->text);
    if (code == EXIT_USAGE) {
        (void)fprintf(stderr, "rokt-sandbox: --help tells more\n");
    }
    return (int)code;
}

int main(int argc, char *argv[])
{
    struct sandbox sandbox = {.account = NULL};
    struct error error;
    sigset_t signals;
    if (!options_parse(argc, argv, &sandbox.options, &error)) {
        return fail(EXIT_USAGE, &error);
    }
    if (sandbox.options.help || sandbox.options.version) {
        return print_and_exit(&sandbox.options);
    }
    int code = EXIT_ENDED;
    block_signals(&signals);
    if (!plan(&sandbox, &error)) {
        code = fail(EXIT_USAGE, &error);
    } else if (!run(&sandbox, &signals, &error)) {
        code = fail(EXIT_FAILED, &error);
    }
    clean_up(&sandbox);
    return code;
}
