#include "config/config.h"

#include "base/address.h"
#include "base/memory.h"
#include "config/amount.h"
#include "config/route.h"
#include "config/topic.h"
#include "config/url.h"
#include "properties.h"
#include "reach.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE 60000
#define HOUR 3600000

#define ACCOUNT_ID_MAX 64 /* characters; Rokt's Event API, accountId */

/* librdkafka's, when the section kafka does not set them. */
#define SESSION_TIMEOUT_MS 45000
#define POLL_INTERVAL_MS 300000

#define ADMIN_LISTEN "admin.listen"
#define API "rokt.api"
#define EVENT_BASE_URL "https://api.rokt.com"
#define AUDIENCE_BASE_URL "https://s2s.us2.mparticle.com"

#define MEMBER(name) offsetof(struct config, name)

const struct option config_options[] = {
    {.path = "kafka",
     .type = OPTION_SECTION,
     .required = true,
     .doc = "librdkafka's properties by their own names; `bootstrap.servers` and `group.id` are "
            "required."},
    {.path = "routes",
     .type = OPTION_SECTION,
     .required = true,
     .doc =
         "A list of routes: the `topics` that are read, and the file of the `mapping` that their "
         "messages go through."},
    {.path = API,
     .type = OPTION_CHOICE,
     .offset = MEMBER(api),
     .standard = "event",
     .choices = {"event", "event-and-audience"},
     .doc =
         "Which of Rokt's APIs takes the conversions: the Event API, or its successor, the Event "
         "and Audience API."},
    {.path = "rokt.base_url",
     .type = OPTION_TEXT,
     .offset = MEMBER(base_url),
     .by = API,
     .cases = {{.standard = EVENT_BASE_URL}, {.standard = AUDIENCE_BASE_URL}},
     .doc = "The API's scheme, host and port, without a path; `http` is for loopback hosts alone."},
    {.path = "rokt.account_id",
     .type = OPTION_TEXT,
     .offset = MEMBER(account_id),
     .by = API,
     .cases = {{.required = true}, {.required = false}},
     .doc = "Rokt's id of the account, at most 64 characters. The keys of the Event and Audience "
            "API stand for one."},
    {.path = "rokt.public_key",
     .type = OPTION_SECRET,
     .offset = MEMBER(public_key),
     .required = true,
     .doc = "The public key of Rokt's API credentials, `rpub-…`; the key, for the Event and "
            "Audience API."},
    {.path = "rokt.secret_key",
     .type = OPTION_SECRET,
     .offset = MEMBER(secret_key),
     .required = true,
     .doc = "The secret key of Rokt's API credentials, `rsec-…`; the secret, for the Event and "
            "Audience API."},
    {.path = "rokt.environment",
     .type = OPTION_CHOICE,
     .offset = MEMBER(environment),
     .standard = "production",
     .choices = {"production", "development"},
     .doc = "Which of the Event and Audience API's environments the conversions are for; the Event "
            "API has one only."},
    {.path = "rokt.ca_file",
     .type = OPTION_TEXT,
     .offset = MEMBER(ca_file),
     .doc = "A file of the certificates (PEM) that vouch for the API, in place of the system's."},
    {.path = "rokt.crl_file",
     .type = OPTION_TEXT,
     .offset = MEMBER(crl_file),
     .doc =
         "A file of lists of revoked certificates (PEM), one of each authority between the API's "
         "certificate and the root; read for each connection."},
    {.path = "rokt.client_certificate",
     .type = OPTION_TEXT,
     .offset = MEMBER(client_certificate),
     .doc = "A file with the relay's own certificate (PEM), and behind it those of authorities "
            "between, for an API or a gateway that wants one."},
    {.path = "rokt.client_key",
     .type = OPTION_TEXT,
     .offset = MEMBER(client_key),
     .doc = "The file of its private key (PEM), unless that is in the file of the certificate."},
    {.path = "rokt.client_key_password",
     .type = OPTION_SECRET,
     .offset = MEMBER(client_key_password),
     .doc = "The password of the private key, when it has one."},
    {.path = "rokt.proxy.url",
     .type = OPTION_TEXT,
     .offset = MEMBER(proxy_url),
     .doc = "The HTTP proxy to the API, `http://HOST:PORT`; without it that of the environment, if "
            "there is one."},
    {.path = "rokt.proxy.user",
     .type = OPTION_TEXT,
     .offset = MEMBER(proxy_user),
     .doc = "The user at the proxy, when it wants one."},
    {.path = "rokt.proxy.password",
     .type = OPTION_SECRET,
     .offset = MEMBER(proxy_password),
     .doc = "The password of that user."},
    {.path = "rokt.batch.events",
     .type = OPTION_INTEGER,
     .offset = MEMBER(batch_events),
     .standard = "100",
     .min = 1,
     .max = 100,
     .doc = "Conversions in a request at most; 100 is Rokt's limit."},
    {.path = "rokt.batch.bytes",
     .type = OPTION_BYTES,
     .offset = MEMBER(batch_bytes),
     .by = API,
     .cases = {{.standard = "1MB"}, {.standard = "250kB"}},
     .min = 64000,
     .max = 1000000,
     .doc =
         "Bytes of a request's body at most; a conversion that alone needs more is dead-lettered. "
         "The default is the most that the API takes."},
    {.path = "rokt.batch.linger",
     .type = OPTION_DURATION,
     .offset = MEMBER(batch_linger_ms),
     .standard = "500ms",
     .min = 0,
     .max = MINUTE,
     .doc = "How long a batch that is not full waits for more conversions."},
    {.path = "rokt.rate",
     .type = OPTION_INTEGER,
     .offset = MEMBER(rate),
     .by = API,
     .cases = {{.standard = NULL}, {.standard = "270"}},
     .min = 1,
     .max = 1000000,
     .doc =
         "Conversions a second at most; Rokt allows 270, unless it agreed to others. Relays that "
         "share keys share that, too."},
    {.path = "rokt.requests.in_flight",
     .type = OPTION_INTEGER,
     .offset = MEMBER(requests_in_flight),
     .standard = "8",
     .min = 1,
     .max = 64,
     .doc = "Requests that are under way at once at most."},
    {.path = "rokt.requests.timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(requests_timeout_ms),
     .standard = "10s",
     .min = 100,
     .max = 5 * MINUTE,
     .doc = "How long one request may take; then it is sent again."},
    {.path = "rokt.requests.connect_timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(requests_connect_timeout_ms),
     .standard = "5s",
     .min = 100,
     .max = 5 * MINUTE,
     .doc = "How much of that making a connection may take: resolving the name, TCP, the proxy and "
            "TLS."},
    {.path = "rokt.requests.stall_timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(requests_stall_timeout_ms),
     .standard = "30s",
     .min = 1000,
     .max = 5 * MINUTE,
     .doc = "How much of that may pass without a byte sent or received; counted in whole seconds."},
    {.path = "rokt.requests.compression",
     .type = OPTION_CHOICE,
     .offset = MEMBER(requests_compression),
     .standard = "none",
     .choices = {"none", "gzip"},
     .doc =
         "`gzip` compresses the bodies of requests, for a slow link: to about a tenth, for more "
         "processor time. Rokt does not document that its APIs take it. `rokt.batch.bytes` counts "
         "what it is before."},
    {.path = "rokt.requests.backoff.base",
     .type = OPTION_DURATION,
     .offset = MEMBER(backoff_base_ms),
     .standard = "250ms",
     .min = 1,
     .max = MINUTE,
     .doc =
         "The longest wait before the first retry; it doubles with each retry, and each wait is a "
         "random part of it."},
    {.path = "rokt.requests.backoff.cap",
     .type = OPTION_DURATION,
     .offset = MEMBER(backoff_cap_ms),
     .standard = "30s",
     .min = 1,
     .max = HOUR,
     .doc = "The longest wait between two retries, unless Rokt asks for a longer one."},
    {.path = "rokt.probe_interval",
     .type = OPTION_DURATION,
     .offset = MEMBER(probe_interval_ms),
     .standard = "30s",
     .min = 1000,
     .max = HOUR,
     .doc = "How often a request is tried while Rokt refuses the credentials; all else is held."},
    {.path = "privacy.email",
     .type = OPTION_CHOICE,
     .offset = MEMBER(email),
     .standard = "plain",
     .choices = {"plain", "sha256", "both"},
     .doc = "What is sent of an e-mail address, whatever a mapping maps: that as it is, its hash "
            "alone, or that and its hash."},
    {.path = "dead_letter.topic",
     .type = OPTION_TEXT,
     .offset = MEMBER(dead_letter_topic),
     .required = true,
     .doc = "The topic for messages that can never be delivered; no route may take it."},
    {.path = "dead_letter.max_share",
     .type = OPTION_PERCENT,
     .offset = MEMBER(dead_percent_max),
     .standard = "50%",
     .min = 1,
     .max = 100,
     .doc = "When more of a mapping's last 1,000 messages are dead (100 at least), it is the "
            "mapping: from then on they stay open instead. 100% is never."},
    {.path = "max_open_messages.per_partition",
     .type = OPTION_INTEGER,
     .offset = MEMBER(open_partition_max),
     .standard = "50000",
     .min = 100,
     .max = 1000000,
     .doc =
         "Messages of a partition that may wait for the oldest one that is under way; then nothing "
         "more of that partition is read until it ends."},
    {.path = "max_open_messages.in_all",
     .type = OPTION_INTEGER,
     .offset = MEMBER(open_max),
     .standard = "500000",
     .min = 100,
     .max = 10000000,
     .doc = "The same of all partitions together; then nothing more is read. Each takes 16 to 32 "
            "bytes."},
    {.path = "commit.interval",
     .type = OPTION_DURATION,
     .offset = MEMBER(commit_interval_ms),
     .standard = "1s",
     .min = 100,
     .max = MINUTE,
     .doc = "How often offsets are committed."},
    {.path = "drain_timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(drain_timeout_ms),
     .standard = "10s",
     .min = 100,
     .max = 10 * MINUTE,
     .doc = "How long a rebalance waits for what is under way; shorter than kafka's "
            "`session.timeout.ms`, and by more than 10 s shorter than its `max.poll.interval.ms`."},
    {.path = "shutdown_timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(shutdown_timeout_ms),
     .standard = "25s",
     .min = 100,
     .max = HOUR,
     .doc =
         "How long SIGTERM waits for what is under way; shorter than the grace period of whoever "
         "sends it."},
    {.path = ADMIN_LISTEN,
     .type = OPTION_TEXT,
     .offset = MEMBER(admin_listen),
     .standard = "127.0.0.1:9464",
     .doc = "The IP address and the port where the relay answers whoever watches it, "
            "`0.0.0.0:9464` in a container; `off`: nowhere. There is no password and no TLS: see "
            "[deploy/README.md](../deploy/README.md#watching-it)."},
    {.path = "admin.stall_timeout",
     .type = OPTION_DURATION,
     .offset = MEMBER(stall_timeout_ms),
     .standard = "5m",
     .min = 30 * 1000,
     .max = 24 * HOUR,
     .doc = "How long nothing may be read of a partition that has messages, or nothing end of one "
            "that has open ones, without a known reason, until `/livez` says so."},
    {.path = "admin.ready_on_hold",
     .type = OPTION_BOOLEAN,
     .offset = MEMBER(ready_on_hold),
     .standard = "true",
     .doc =
         "Whether `/readyz` is well while delivery is on hold. With `false` a roll-out with wrong "
         "keys stops at its first pod."},
    {.path = "log.level",
     .type = OPTION_CHOICE,
     .offset = MEMBER(log_level),
     .standard = "info",
     .choices = {"debug", "info", "warning", "error"},
     .doc = "What is less important is not logged."},
    {.path = "log.format",
     .type = OPTION_CHOICE,
     .offset = MEMBER(log_format),
     .standard = "auto",
     .choices = {"auto", "json", "text"},
     .doc = "One JSON object a line, or text; `auto` is text on a terminal and JSON elsewhere."},
};
const size_t config_option_count = sizeof config_options / sizeof config_options[0];

/* --- Places ---------------------------------------------------------------------------------------- */

static struct place part_place(const struct config *config, const char *path, size_t offset,
                               size_t size)
{
    return option_part_place(config->document, path, offset, size);
}

static struct place value_place(const struct config *config, const char *path)
{
    return option_place(config->document, path);
}

/* --- Checks of single options ---------------------------------------------------------------------- */

static void check_base_url(struct config *config, struct error_list *errors)
{
    static const char path[] = "rokt.base_url";
    struct slice url = slice_of(config->base_url);
    struct url_problem problem;
    if (!url_check(url, &problem)) {
        document_error(config->document, errors,
                       part_place(config, path, problem.from, problem.size), problem.hint, "%s %s",
                       path, problem.message);
    } else if (slice_ends_with(url, SLICE("/"))) {
        config->base_url[url.size - 1] = '\0';
    }
}

/* Where the first byte stands that is no printable ASCII, or SIZE_MAX. */
static size_t find_unprintable(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return i;
        }
    }
    return SIZE_MAX;
}

static void check_account_id(const struct config *config, struct error_list *errors)
{
    static const char path[] = "rokt.account_id";
    if (config->account_id == NULL) {
        return;
    }
    size_t at = find_unprintable(config->account_id);
    if (at != SIZE_MAX) {
        document_error(config->document, errors, part_place(config, path, at, 1), NULL,
                       "%s has printable ASCII characters only, and no blanks", path);
    } else if (strlen(config->account_id) > ACCOUNT_ID_MAX) {
        document_error(config->document, errors, value_place(config, path), NULL,
                       "%s has at most %d characters", path, ACCOUNT_ID_MAX);
    }
}

/* What only one of the APIs knows. The address of the other, or its keys, would be told by nothing but
 * delivery that never begins. */
static void check_api(const struct config *config, struct error_list *errors)
{
    bool is_audience = config->api == CONFIG_API_EVENT_AND_AUDIENCE;
    if (is_audience && config->account_id != NULL) {
        document_warning(config->document, errors, value_place(config, "rokt.account_id"),
                         "leave it out",
                         "rokt.account_id is not sent: the keys of the Event and "
                         "Audience API stand for an account");
    }
    if (!is_audience && config->environment == CONFIG_DEVELOPMENT) {
        document_error(config->document, errors, value_place(config, "rokt.environment"),
                       "it would take them for production",
                       "rokt.environment: the Event API has no environments");
    }
    if (strcmp(config->base_url, is_audience ? EVENT_BASE_URL : AUDIENCE_BASE_URL) == 0) {
        document_warning(config->document, errors, value_place(config, "rokt.base_url"),
                         "leave it out, or say another rokt.api",
                         "rokt.base_url is the other API's address");
    }
}

static bool starts_with(const char *text, const char *prefix)
{
    return slice_starts_with(slice_of(text), slice_of(prefix));
}

/* The keys of the two APIs are others. */
static void check_prefix(const struct config *config, const char *path, const char *key,
                         const char *prefix, struct error_list *errors)
{
    bool is_audience = config->api == CONFIG_API_EVENT_AND_AUDIENCE;
    if (!is_audience && !starts_with(key, prefix)) {
        document_warning(config->document, errors, value_place(config, path), NULL,
                         "%s does not begin with %s as Rokt's keys do", path, prefix);
    } else if (is_audience && starts_with(key, prefix)) {
        document_warning(config->document, errors, value_place(config, path),
                         "the Event and Audience API has keys of its own",
                         "%s begins with %s as the Event API's keys do", path, prefix);
    }
}

/* The keys travel as "public:secret" in base64, so a colon in the first would move the border. */
static void check_key(const struct config *config, const char *path, const char *key,
                      const char *prefix, struct error_list *errors)
{
    if (key == NULL) {
        return;
    }
    size_t at = find_unprintable(key);
    if (at != SIZE_MAX) {
        document_error(config->document, errors, part_place(config, path, at, 1),
                       "copy the key again; of a file, one line end at its end is left out",
                       "%s has printable ASCII characters only, and no blanks", path);
    } else {
        check_prefix(config, path, key, prefix, errors);
    }
}

static void check_colon(const struct config *config, struct error_list *errors)
{
    const char *colon = config->public_key == NULL ? NULL : strchr(config->public_key, ':');
    if (colon != NULL) {
        size_t at = (size_t)(colon - config->public_key);
        document_error(config->document, errors, part_place(config, "rokt.public_key", at, 1),
                       "the public key and the secret key are two options",
                       "rokt.public_key must not hold a \":\"");
    }
}

static void check_dead_letter(const struct config *config, struct error_list *errors)
{
    static const char path[] = "dead_letter.topic";
    if (config->dead_letter_topic == NULL) {
        return;
    }
    struct error error;
    const struct config_route *route = route_find(config, config->dead_letter_topic);
    if (!topic_check_name(config->dead_letter_topic, &error)) {
        document_error(config->document, errors, value_place(config, path), NULL, "%s: %s", path,
                       error.text);
    } else if (route != NULL) {
        document_error(config->document, errors, value_place(config, path),
                       "what it holds would come back for ever: take a name that no route takes",
                       "dead_letter.topic is read by the route whose topics are in line %zu",
                       route->topics_place.line);
    }
}

/* Where it is off there is none. */
static void check_listen(struct config *config, struct error_list *errors)
{
    struct address address;
    struct error error;
    if (strcmp(config->admin_listen, "off") == 0) {
        free(config->admin_listen);
        config->admin_listen = NULL;
    } else if (!address_parse(config->admin_listen, &address, &error)) {
        document_error(config->document, errors, value_place(config, ADMIN_LISTEN),
                       "as 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464; `off` for nowhere",
                       "%s must be an IP address and a port", ADMIN_LISTEN);
    }
}

/* --- Checks between options ------------------------------------------------------------------------ */

static void check_backoff(const struct config *config, struct error_list *errors)
{
    const char *path = option_find(config->document, "rokt.requests.backoff.base") != NULL
                           ? "rokt.requests.backoff.base"
                           : "rokt.requests.backoff.cap";
    if (config->backoff_base_ms > config->backoff_cap_ms) {
        document_error(config->document, errors, value_place(config, path), NULL,
                       "rokt.requests.backoff.base must not be longer than "
                       "rokt.requests.backoff.cap");
    }
}

/* Of a property that is a number of milliseconds; what is none is the room kafka's to refuse. */
static int64_t property_ms(const struct config *config, const char *name, int64_t standard)
{
    const struct config_property *property = properties_find(config, name);
    int64_t value = 0;
    if (property == NULL || !amount_parse(AMOUNT_NUMBER, slice_of(property->value), &value)) {
        return standard;
    }
    return value;
}

/* While partitions are drained this member must stay one of the group. */
static void check_drain(const struct config *config, const char *name, int64_t standard,
                        int64_t commit_ms, struct error_list *errors)
{
    if (config->drain_timeout_ms + commit_ms < property_ms(config, name, standard)) {
        return;
    }
    const struct config_property *property = properties_find(config, name);
    bool set = option_find(config->document, "drain_timeout") != NULL;
    struct place place = value_place(config, "drain_timeout");
    if (!set && property != NULL) {
        place = property->value_place;
    }
    char text[AMOUNT_SIZE];
    amount_format(AMOUNT_DURATION, standard, text);
    char hint[128];
    (void)snprintf(hint, sizeof hint, "where kafka does not set it, %s is %s", name, text);
    document_error(config->document, errors, place, hint,
                   "drain_timeout%s must be shorter than kafka's %s",
                   commit_ms > 0 ? ", with 10s for the last commit," : "", name);
}

/* With group.protocol=consumer the brokers say how long a session lasts (KIP-848): the property cannot
 * be set then. */
static bool has_session_timeout(const struct config *config)
{
    const struct config_property *protocol = properties_find(config, "group.protocol");
    return protocol == NULL ||
           !slice_equal_ignoring_case(slice_of(protocol->value), SLICE("consumer"));
}

static void check(struct config *config, struct error_list *errors)
{
    check_base_url(config, errors);
    check_account_id(config, errors);
    check_api(config, errors);
    check_key(config, "rokt.public_key", config->public_key, "rpub-", errors);
    check_colon(config, errors);
    check_key(config, "rokt.secret_key", config->secret_key, "rsec-", errors);
    reach_check(config, errors);
    check_dead_letter(config, errors);
    check_listen(config, errors);
    /* What has been refused has its default now: comparing it with others would tell nonsense. */
    if (config->options_whole) {
        check_backoff(config, errors);
        if (has_session_timeout(config)) {
            check_drain(config, "session.timeout.ms", SESSION_TIMEOUT_MS, 0, errors);
        }
        /* Heartbeats go on while offsets are committed at once, but nothing is polled. */
        check_drain(config, "max.poll.interval.ms", POLL_INTERVAL_MS, CONFIG_LAST_COMMIT_MS,
                    errors);
    }
}

/* --- Loading --------------------------------------------------------------------------------------- */

/* A section that is there and not null; option_read() has refused all others. */
static const struct node *find_section(const struct config *config, const char *name)
{
    const struct node *node = node_child(document_root(config->document), name);
    return node == NULL || node_is_null(node) ? NULL : node;
}

static void read_sections(struct config *config, struct error_list *errors)
{
    const struct node *kafka = find_section(config, "kafka");
    const struct node *routes = find_section(config, "routes");
    size_t before = errors->errors;
    if (kafka != NULL) {
        properties_read(config, kafka, errors);
    }
    config->properties_whole =
        kafka != NULL && errors->errors == before && document_is_whole(config->document);
    if (routes != NULL) {
        route_read(config, routes, errors);
    }
}

/* The whole file is something else: one error is enough. */
static bool is_mapping_language(const struct node *root)
{
    return node_child(root, "conversion") != NULL && node_child(root, "kafka") == NULL &&
           node_child(root, "routes") == NULL;
}

static bool is_configuration(const struct document *document, struct error_list *errors)
{
    const struct node *root = document_root(document);
    static const char hint[] = "it has the sections kafka, routes, rokt and dead_letter";
    if (root == NULL) {
        document_error(document, errors, (struct place){0}, hint, "the configuration is empty");
        return false;
    }
    if (root->kind != NODE_MAPPING) {
        document_error(document, errors, root->place, hint,
                       "a configuration is a mapping of options");
        return false;
    }
    if (is_mapping_language(root)) {
        document_error(document, errors, root->place,
                       "a route of the configuration names it; rokt-relay map --mapping FILE "
                       "tries it",
                       "this is a mapping, and no configuration");
        return false;
    }
    return true;
}

static void read_all(struct config *config, struct error_list *errors)
{
    size_t before = errors->errors;
    option_read(config_options, config_option_count, config->document, config, errors);
    config->options_whole = errors->errors == before && document_is_whole(config->document);
    read_sections(config, errors);
    check(config, errors);
}

struct config *config_examine(const char *path, struct error_list *errors)
{
    struct watch *watch = watch_new();
    watch_add(watch, path);
    struct document *document = document_load(path, errors);
    if (document == NULL || !is_configuration(document, errors)) {
        watch_free(watch);
        document_free(document);
        return NULL;
    }
    struct config *config = memory_new(1, sizeof *config);
    config->document = document;
    config->watch = watch;
    reach_watch(config);
    read_all(config, errors);
    return config;
}

struct config *config_load(const char *path, struct error_list *errors)
{
    size_t before = errors->errors;
    struct config *config = config_examine(path, errors);
    if (errors->errors > before) {
        config_free(config);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    properties_free(config);
    route_free(config);
    option_release(config_options, config_option_count, config);
    document_free(config->document);
    watch_free(config->watch);
    free(config);
}
