#include "property.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- what librdkafka knows ------------------------------------------------------------------- */

enum client_scope { SCOPE_BOTH, SCOPE_CONSUMER, SCOPE_PRODUCER };

struct known {
    char *name;
    char *range; /* "true, false", "1 .. 300000", or empty: any text */
    enum client_scope scope;
    bool by_program; /* callbacks and the like: not to be set by text */
};

struct catalogue {
    struct known *rows;
    size_t count;
};

static struct slice column(struct slice line, size_t index)
{
    const struct slice bar = SLICE(" | ");
    for (; index > 0; index--) {
        size_t end = slice_find(line, bar);
        line = end == SIZE_MAX ? SLICE("") : slice_part(line, end + bar.size, line.size);
    }
    return slice_trim(slice_part(line, 0, slice_find(line, bar)));
}

/* A row as librdkafka prints it: name | C/P | range | default | importance | description. */
static void add_known(struct catalogue *catalogue, struct slice line)
{
    struct slice scope = column(line, 1);
    bool consumer = slice_equal(scope, SLICE("C"));
    bool producer = slice_equal(scope, SLICE("P"));
    if (!consumer && !producer && !slice_equal(scope, SLICE("*"))) {
        return; /* a heading */
    }
    catalogue->rows = memory_resize(catalogue->rows, catalogue->count + 1, sizeof *catalogue->rows);
    catalogue->rows[catalogue->count++] = (struct known){
        .name = memory_string(column(line, 0)),
        .range = memory_string(column(line, 2)),
        .scope = consumer   ? SCOPE_CONSUMER
                 : producer ? SCOPE_PRODUCER
                            : SCOPE_BOTH,
        .by_program = slice_ends_with(line, SLICE("*Type: see dedicated API*")),
    };
}

/* Its own list, because no call tells which properties there are and whose they are. */
static struct catalogue load_catalogue(void)
{
    struct catalogue catalogue = {NULL, 0};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        abort(); /* out of memory */
    }
    rd_kafka_conf_properties_show(file);
    (void)fclose(file);
    struct slice rest = {text, size};
    while (rest.size > 0) {
        size_t end = slice_find(rest, SLICE("\n"));
        add_known(&catalogue, slice_part(rest, 0, end));
        rest = end == SIZE_MAX ? SLICE("") : slice_part(rest, end + 1, rest.size);
    }
    free(text);
    return catalogue;
}

static void free_catalogue(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        free(catalogue->rows[i].name);
        free(catalogue->rows[i].range);
    }
    free(catalogue->rows);
}

/* Some names stand there twice, globally and for topics; the first is what is set by that name. */
static const struct known *find_known(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (strcmp(catalogue->rows[i].name, name) == 0) {
            return &catalogue->rows[i];
        }
    }
    return NULL;
}

/* ---- what a user may not set ----------------------------------------------------------------- */

struct rule {
    const char *name;
    const char *allowed; /* values, with a space between them; NULL: the relay sets it itself */
    const char *reason;
};

#define COMMITS "the relay commits by itself, and only what has been taken care of"
#define LETTERS "a dead letter must be acknowledged by all replicas, however long it takes"
#define ONCE "the dead letters' producer is idempotent"

static const struct rule rules[] = {
    {"enable.auto.commit", "false", COMMITS},
    {"auto.commit.enable", "false", COMMITS},
    {"auto.commit.interval.ms", NULL, COMMITS},
    {"enable.auto.offset.store", "false", COMMITS},
    {"offset.store.method", "broker", "offsets belong to the group, not to a file of one machine"},
    {"offset.store.path", NULL, "offsets belong to the group, not to a file of one machine"},
    {"offset.store.sync.interval.ms", NULL,
     "offsets belong to the group, not to a file of one machine"},
    {"auto.offset.reset", "earliest smallest beginning error",
     "messages that were written before the group's first commit, or while a new partition was not "
     "yet known, would be lost; to begin at the end, set the group's offsets once with Kafka's "
     "tools"},
    {"isolation.level", "read_committed",
     "orders of transactions that were aborted would be delivered"},
    {"api.version.request", "true", "messages would come without headers and timestamps"},
    {"enable.partition.eof", NULL, "the relay sets it itself"},
    {"enabled_events", NULL, "the relay sets it itself"},
    {"log.queue", NULL, "the relay sets it itself"},
    {"internal.termination.signal", NULL, "signals are the relay's own"},
    {"plugin.library.paths", NULL, "foreign code in the process could break every guarantee"},

    {"acks", "all -1", LETTERS},
    {"request.required.acks", "all -1", LETTERS},
    {"message.timeout.ms", NULL, LETTERS},
    {"delivery.timeout.ms", NULL, LETTERS},
    {"retries", NULL, LETTERS},
    {"message.send.max.retries", NULL, LETTERS},
    {"delivery.report.only.error", "false", LETTERS},
    {"enable.gapless.guarantee", "false", "one dead letter that is refused would end all others"},
    {"enable.idempotence", "true", ONCE ": a retry must not write a letter twice"},
    {"queuing.strategy", "fifo", ONCE},
    {"max.in.flight", "1 2 3 4 5", ONCE ", which allows 5"},
    {"max.in.flight.requests.per.connection", "1 2 3 4 5", ONCE ", which allows 5"},
    {"transactional.id", NULL, "dead letters are no transaction"},

    {"enable.ssl.certificate.verification", "true",
     "whoever is on the way could pose as the brokers and take password and orders; name the "
     "brokers' authority in ssl.ca.location"},
    {"ssl.endpoint.identification.algorithm", "https",
     "whoever has another certificate of that authority could pose as the brokers; their "
     "certificates must hold their names"},
};

static bool is_among(const char *value, const char *allowed)
{
    struct slice rest = slice_of(allowed);
    while (rest.size > 0) {
        size_t end = slice_find(rest, SLICE(" "));
        if (slice_equal_ignoring_case(slice_part(rest, 0, end), slice_of(value))) {
            return true;
        }
        rest = end == SIZE_MAX ? SLICE("") : slice_part(rest, end + 1, rest.size);
    }
    return false;
}

static bool follows_rules(const char *name, const char *value, struct error *error,
                          struct error *ret_hint)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        if (strcmp(rule->name, name) != 0) {
            continue;
        }
        if (rule->allowed == NULL) {
            error_set(error, "the property \"%s\" cannot be set: %s", name, rule->reason);
            error_set(ret_hint, "leave it out");
            return false;
        }
        if (!is_among(value, rule->allowed)) {
            error_set(error, "the property \"%s\" cannot have this value: %s", name, rule->reason);
            error_set(ret_hint, "leave it out, or choose of: %s", rule->allowed);
            return false;
        }
    }
    return true;
}

/* ---- check ----------------------------------------------------------------------------------- */

static void say_unknown(const struct catalogue *catalogue, const char *name, struct error *error,
                        struct error *ret_hint)
{
    error_set(error, "librdkafka %s knows no property \"%s\"", rd_kafka_version_str(), name);
    const char **names = memory_new(catalogue->count, sizeof *names);
    for (size_t i = 0; i < catalogue->count; i++) {
        names[i] = catalogue->rows[i].name;
    }
    const char *nearest = error_nearest(slice_of(name), names, catalogue->count);
    if (nearest != NULL) {
        error_set(ret_hint, "the nearest known is \"%s\"", nearest);
    }
    free(names);
}

/* librdkafka's own text would show the value. */
static bool has_type(const struct known *known, const char *value, struct error *error,
                     struct error *ret_hint)
{
    rd_kafka_conf_t *scratch = rd_kafka_conf_new();
    char ignored[ERROR_SIZE];
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(scratch, known->name, value, ignored, sizeof ignored);
    rd_kafka_conf_destroy(scratch);
    if (result == RD_KAFKA_CONF_OK) {
        return true;
    }
    error_set(error, "the property \"%s\" cannot have this value", known->name);
    if (known->range[0] != '\0') {
        error_set(ret_hint, "it takes: %s", known->range);
    }
    return false;
}

static bool check(const struct catalogue *catalogue, const char *name, const char *value,
                  struct error *error, struct error *ret_hint)
{
    const struct known *known = find_known(catalogue, name);
    ret_hint->text[0] = '\0';
    if (known == NULL) {
        say_unknown(catalogue, name, error, ret_hint);
        return false;
    }
    if (known->by_program) {
        error_set(error, "the property \"%s\" can only be set by a program", name);
        error_set(ret_hint, "leave it out");
        return false;
    }
    return follows_rules(name, value, error, ret_hint) && has_type(known, value, error, ret_hint);
}

bool consumer_property_check(const char *name, const char *value, struct error *error,
                             struct error *ret_hint)
{
    struct catalogue catalogue = load_catalogue();
    bool fine = check(&catalogue, name, value, error, ret_hint);
    free_catalogue(&catalogue);
    return fine;
}

/* ---- set ------------------------------------------------------------------------------------- */

/* What a user's own value may replace. */
static const struct consumer_property standards[2][8] = {
    [PROPERTY_CONSUMER] =
        {
            {"client.id", "rokt-relay"},
            {"auto.offset.reset", "earliest"},
            {"allow.auto.create.topics", "false"},
            {"check.crcs", "true"}, /* as Kafka's own client does */
            /* A full queue costs this much time; the default of a second halves the throughput. */
            {"fetch.queue.backoff.ms", "2"},
            {"queued.max.messages.kbytes", "8192"},
        },
    [PROPERTY_PRODUCER] =
        {
            {"client.id", "rokt-relay"},
            {"allow.auto.create.topics", "false"},
            /* librdkafka's limit. How large a letter may be is for the brokers to say: whatever
             * could be read from one topic can be written to another that allows as much. */
            {"message.max.bytes", "1000000000"},
            /* How long a topic that is not there is waited for before that is said. */
            {"topic.metadata.propagation.max.ms", "5000"},
        },
};

static const struct consumer_property fixed[2][8] = {
    [PROPERTY_CONSUMER] =
        {
            {"enable.auto.commit", "false"},
            {"enable.auto.offset.store", "false"},
            {"enable.partition.eof", "true"},
            {"isolation.level", "read_committed"},
            {"log.queue", "true"},
        },
    [PROPERTY_PRODUCER] =
        {
            {"enable.idempotence", "true"},
            {"acks", "all"},
            {"message.timeout.ms", "0"}, /* without end */
            {"log.queue", "true"},
        },
};

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[ERROR_SIZE];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
        abort(); /* it was checked, or it is one of ours */
    }
}

static void set_all(rd_kafka_conf_t *conf, const struct consumer_property list[])
{
    for (; list->name != NULL; list++) {
        set(conf, list->name, list->value);
    }
}

static bool concerns(enum property_client client, enum client_scope scope)
{
    return scope == SCOPE_BOTH ||
           scope == (client == PROPERTY_PRODUCER ? SCOPE_PRODUCER : SCOPE_CONSUMER);
}

static bool set_users(rd_kafka_conf_t *conf, enum property_client client,
                      const struct property_list *list, struct error *error)
{
    struct catalogue catalogue = load_catalogue();
    bool fine = true;
    for (size_t i = 0; i < list->count && fine; i++) {
        const struct consumer_property *property = &list->items[i];
        struct error hint;
        fine = check(&catalogue, property->name, property->value, error, &hint);
        if (fine && concerns(client, find_known(&catalogue, property->name)->scope)) {
            set(conf, property->name, property->value);
        }
    }
    free_catalogue(&catalogue);
    return fine;
}

/* With group.protocol=consumer the brokers assign, and librdkafka refuses a strategy of the client.
 * Of the classic ones this is the one whose rebalances take away only what has to go. */
static void set_strategy(rd_kafka_conf_t *conf, const struct property_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct consumer_property *property = &list->items[i];
        if (strcmp(property->name, "partition.assignment.strategy") == 0 ||
            (strcmp(property->name, "group.protocol") == 0 &&
             strcasecmp(property->value, "consumer") == 0)) {
            return;
        }
    }
    set(conf, "partition.assignment.strategy", "cooperative-sticky");
}

static bool is_users(const struct property_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* How much a fetch brings is most of the relay's memory. Brokers send a batch
 * that is larger all the same (KIP-74), so that none is stuck. librdkafka wants room for
 * message.max.bytes here, and makes it itself when that alone is set. */
static void set_fetch_size(rd_kafka_conf_t *conf, const struct property_list *list)
{
    if (!is_users(list, "fetch.max.bytes") && !is_users(list, "message.max.bytes")) {
        set(conf, "fetch.max.bytes", "1048576");
    }
}

static bool has_value(const rd_kafka_conf_t *conf, const char *name)
{
    char value[2];
    size_t size = sizeof value;
    return rd_kafka_conf_get(conf, name, value, &size) == RD_KAFKA_CONF_OK && value[0] != '\0';
}

static bool has_needed(const rd_kafka_conf_t *conf, enum property_client client,
                       struct error *error)
{
    const char *missing = NULL;
    if (!has_value(conf, "bootstrap.servers")) {
        missing = "bootstrap.servers";
    } else if (client == PROPERTY_CONSUMER && !has_value(conf, "group.id")) {
        missing = "group.id";
    }
    if (missing != NULL) {
        error_set(error, "the property \"%s\" is missing", missing);
    }
    return missing == NULL;
}

/* Without a group there is nobody to ask for one, and nothing that could be committed by mistake. */
static void leave_group(rd_kafka_conf_t *conf)
{
    (void)rd_kafka_conf_set(conf, "group.id", NULL, NULL, 0);
}

rd_kafka_conf_t *property_list_configure(const struct property_list *list,
                                         enum property_client client, struct error *error)
{
    /* A reader is a consumer in all else. */
    enum property_client kind = client == PROPERTY_READER ? PROPERTY_CONSUMER : client;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set_all(conf, standards[kind]);
    if (!set_users(conf, client, list, error) || !has_needed(conf, client, error)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    set_all(conf, fixed[kind]);
    if (client == PROPERTY_CONSUMER) {
        set_strategy(conf, list);
    }
    if (kind == PROPERTY_CONSUMER) {
        set_fetch_size(conf, list);
    }
    if (client == PROPERTY_READER) {
        leave_group(conf);
    }
    return conf;
}

/* ---- copies and secrets ---------------------------------------------------------------------- */

void property_list_init(struct property_list *list, const struct consumer_property properties[],
                        size_t count)
{
    arena_init(&list->arena, 0);
    list->items = arena_calloc(&list->arena, count, sizeof *list->items);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        list->items[i].name = arena_string(&list->arena, slice_of(properties[i].name));
        list->items[i].value = arena_string(&list->arena, slice_of(properties[i].value));
    }
}

void property_list_done(struct property_list *list)
{
    arena_done(&list->arena);
    *list = (struct property_list){0};
}

/* Parts of the names under which librdkafka keeps passwords, tokens and private keys. */
static const char *const secret_names[] = {"password", "passphrase", "secret", "key.pem",
                                           "oauthbearer.config"};

/* A text of three letters stands in every other message. */
#define SECRET_SIZE_MIN 4

static bool is_secret(const struct consumer_property *property)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++) {
        if (strstr(property->name, secret_names[i]) != NULL) {
            return strlen(property->value) >= SECRET_SIZE_MIN;
        }
    }
    return false;
}

/* What was masked is not searched again, in case that the secret is found in its own mask. */
static void mask(struct error *text, struct slice secret)
{
    struct buffer masked;
    buffer_init(&masked, ERROR_SIZE * SECRET_SIZE_MIN);
    struct slice rest = slice_of(text->text);
    size_t at = slice_find(rest, secret);
    while (at != SIZE_MAX) {
        buffer_append(&masked, slice_part(rest, 0, at));
        buffer_append(&masked, SLICE("***"));
        rest = slice_part(rest, at + secret.size, rest.size);
        at = slice_find(rest, secret);
    }
    buffer_append(&masked, rest);
    error_set(text, "%.*s", SLICE_PRINT(buffer_slice(&masked)));
    buffer_done(&masked);
}

void property_list_scrub(const struct property_list *list, struct error *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_secret(&list->items[i])) {
            mask(text, slice_of(list->items[i].value));
        }
    }
}

static void ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)line;
}

/* A client without brokers connects to nothing, but everything else of it is made: what librdkafka has
 * against the properties together, and against the files that they name, it says now. */
static bool can_be_made(const struct property_list *list, enum property_client client,
                        struct error *error)
{
    char reason[ERROR_SIZE] = "";
    rd_kafka_conf_t *conf = property_list_configure(list, client, error);
    if (conf == NULL) {
        return false;
    }
    set(conf, "bootstrap.servers", "");
    set(conf, "log.queue", "false");
    rd_kafka_conf_set_log_cb(conf, ignore_log);
    rd_kafka_t *rk =
        rd_kafka_new(client == PROPERTY_CONSUMER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                     reason, sizeof reason);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(error, "%s", reason);
        property_list_scrub(list, error);
        return false;
    }
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return true;
}

bool consumer_properties_check(const struct consumer_property properties[], size_t count,
                               struct error *error)
{
    struct property_list list;
    property_list_init(&list, properties, count);
    bool fine = can_be_made(&list, PROPERTY_CONSUMER, error) &&
                can_be_made(&list, PROPERTY_PRODUCER, error);
    property_list_done(&list);
    return fine;
}
