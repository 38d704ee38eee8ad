#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "support/reference.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The tests run in a folder of their own, so that the names of files in errors are short. */
static char folder[64] = "/tmp/rokt-relay-config-XXXXXX";

static const char *const names[] = {"c.yaml",  "shop.yaml", "ca.pem", "crl.pem",
                                    "key.pem", "secret",    "port"};

static void write_file(const char *name, const char *content)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int enter_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
        return -1;
    }
    write_file("shop.yaml", "");
    write_file("ca.pem", "# ours\n-----BEGIN CERTIFICATE-----\n");
    write_file("crl.pem", "-----BEGIN X509 CRL-----\n");
    write_file("key.pem", "-----BEGIN EC PRIVATE KEY-----\n");
    write_file("secret", "rsec-from-a-file\n");
    write_file("port", "70000\n");
    return setenv("ROKT_RELAY_TEST_SECRET", "rsec 1", 1) != 0 ||
           setenv("ROKT_RELAY_TEST_URL", "http://evil.com", 1) != 0 ||
           setenv("ROKT_RELAY_TEST_EMPTY", "", 1) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)remove(names[i]);
    }
    return chdir("/") != 0 || rmdir(folder) != 0;
}

/* The errors as people read them; the caller's. */
static char *written(const struct error_list *errors)
{
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    error_list_write(errors, &buffer);
    char *text = memory_string(buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

static struct config *load_fine(const char *text)
{
    write_file("c.yaml", text);
    struct error_list errors = {0};
    struct config *config = config_load("c.yaml", &errors);
    char *found = written(&errors);
    assert_string_equal(found, "");
    assert_non_null(config);
    free(found);
    error_list_done(&errors);
    return config;
}

#define KAFKA "kafka: {bootstrap.servers: 'a:1', group.id: g}\n"
#define ROUTES "routes: [{topics: [orders], mapping: shop.yaml}]\n"
#define ROKT "rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1}\n"
#define DEAD "dead_letter: {topic: dead}\n"

static void a_short_configuration_has_all_defaults(void **state)
{
    (void)state;
    struct config *config = load_fine(KAFKA ROUTES ROKT DEAD);
    assert_int_equal(config->property_count, 2);
    assert_string_equal(config->properties[0].name, "bootstrap.servers");
    assert_string_equal(config->properties[0].value, "a:1");
    assert_int_equal(config->properties[1].name_place.column, 35);
    assert_int_equal(config->properties[1].value_place.column, 45);
    assert_int_equal(config->route_count, 1);
    assert_int_equal(config->routes[0].topic_count, 1);
    assert_string_equal(config->routes[0].topics[0], "orders");
    assert_string_equal(config->routes[0].mapping, "shop.yaml");
    assert_int_equal(config->routes[0].topics_place.column, 19);
    assert_int_equal(config->routes[0].mapping_place.column, 38);
    assert_int_equal(config->api, CONFIG_API_EVENT);
    assert_string_equal(config->base_url, "https://api.rokt.com");
    assert_string_equal(config->account_id, "1");
    assert_string_equal(config->public_key, "rpub-1");
    assert_string_equal(config->secret_key, "rsec-1");
    assert_null(config->ca_file);
    assert_null(config->crl_file);
    assert_null(config->client_certificate);
    assert_null(config->proxy_url);
    assert_int_equal(config->batch_events, 100);
    assert_int_equal(config->batch_bytes, 1000000);
    assert_int_equal(config->rate, 0);
    assert_int_equal(config->environment, CONFIG_PRODUCTION);
    assert_int_equal(config->email, CONFIG_EMAIL_PLAIN);
    assert_int_equal(config->batch_linger_ms, 500);
    assert_int_equal(config->requests_in_flight, 8);
    assert_int_equal(config->requests_timeout_ms, 10000);
    assert_int_equal(config->requests_connect_timeout_ms, 5000);
    assert_int_equal(config->requests_stall_timeout_ms, 30000);
    assert_int_equal(config->requests_compression, CONFIG_COMPRESSION_NONE);
    assert_int_equal(config->backoff_base_ms, 250);
    assert_int_equal(config->backoff_cap_ms, 30000);
    assert_int_equal(config->probe_interval_ms, 30000);
    assert_string_equal(config->dead_letter_topic, "dead");
    assert_int_equal(config->open_partition_max, 50000);
    assert_int_equal(config->open_max, 500000);
    assert_int_equal(config->commit_interval_ms, 1000);
    assert_int_equal(config->drain_timeout_ms, 10000);
    assert_int_equal(config->shutdown_timeout_ms, 25000);
    assert_int_equal(config->log_level, CONFIG_LOG_INFO);
    assert_int_equal(config->log_format, CONFIG_LOG_AUTO);
    config_free(config);
}

static void the_other_api_has_other_defaults_and_needs_no_account(void **state)
{
    (void)state;
    struct config *config = load_fine(
        KAFKA ROUTES DEAD "rokt: {api: event-and-audience, public_key: key, secret_key: secret}\n");
    assert_int_equal(config->api, CONFIG_API_EVENT_AND_AUDIENCE);
    assert_string_equal(config->base_url, "https://s2s.us2.mparticle.com");
    assert_null(config->account_id);
    assert_int_equal(config->batch_events, 100);
    assert_int_equal(config->batch_bytes, 250000);
    assert_int_equal(config->rate, 270);
    assert_int_equal(config->environment, CONFIG_PRODUCTION);
    config_free(config);
}

static void everything_can_be_set(void **state)
{
    (void)state;
    struct config *config = load_fine(
        "kafka:\n"
        "  bootstrap.servers: a:1,b:2\n"
        "  group.id: g\n"
        "  session.timeout.ms: 6000\n"
        "  sasl.password: ${file:secret}\n"
        "  sasl.username: ${env:ROKT_RELAY_TEST_EMPTY}\n"
        "  client.id:\n"
        "routes:\n"
        "  - {topics: orders.special, mapping: shop.yaml}\n"
        "  - topics:\n"
        "      - ^orders\\.(eu|us)$\n"
        "      - tickets\n"
        "    mapping: ../../../../../../../../dev/null\n"
        "rokt:\n"
        "  base_url: http://127.0.0.1:9080/\n"
        "  account_id: 12345\n"
        "  public_key: rpub-1\n"
        "  secret_key: ${file:secret}\n"
        "  ca_file: ca.pem\n"
        "  crl_file: crl.pem\n"
        "  client_certificate: ca.pem\n"
        "  client_key: key.pem\n"
        "  client_key_password: ${file:secret}\n"
        "  proxy: {url: 'http://proxy:3128', user: ada,\n"
        "          password: '${file:secret}'}\n"
        "  batch: {events: 1, bytes: 64kB, linger: 0}\n"
        "  rate: 100\n"
        "  requests: {in_flight: 64, timeout: 5m, connect_timeout: 1s, stall_timeout: 2s,\n"
        "             compression: gzip, backoff: {base: 1s, cap: 1s}}\n"
        "  probe_interval: 1m\n"
        "privacy: {email: sha256}\n"
        "dead_letter: {topic: orders.dead}\n"
        "max_open_messages: {per_partition: 100, in_all: 10000000}\n"
        "commit: {interval: 5s}\n"
        "drain_timeout: 5999ms\n"
        "shutdown_timeout: 1h\n"
        "log: {level: error, format: json}\n");
    assert_int_equal(config->property_count, 4);
    assert_string_equal(config->properties[3].name, "sasl.password");
    assert_string_equal(config->properties[3].value, "rsec-from-a-file");
    assert_int_equal(config->route_count, 2);
    assert_string_equal(config->routes[0].topics[0], "orders.special");
    assert_int_equal(config->routes[1].topic_count, 2);
    assert_string_equal(config->routes[1].topics[0], "^orders\\.(eu|us)$");
    assert_string_equal(config->base_url, "http://127.0.0.1:9080");
    assert_string_equal(config->secret_key, "rsec-from-a-file");
    assert_string_equal(config->ca_file, "ca.pem");
    assert_string_equal(config->crl_file, "crl.pem");
    assert_string_equal(config->client_certificate, "ca.pem");
    assert_string_equal(config->client_key, "key.pem");
    assert_string_equal(config->client_key_password, "rsec-from-a-file");
    assert_string_equal(config->proxy_url, "http://proxy:3128");
    assert_string_equal(config->proxy_user, "ada");
    assert_string_equal(config->proxy_password, "rsec-from-a-file");
    assert_int_equal(config->requests_connect_timeout_ms, 1000);
    assert_int_equal(config->requests_stall_timeout_ms, 2000);
    assert_int_equal(config->requests_compression, CONFIG_COMPRESSION_GZIP);
    assert_int_equal(config->batch_bytes, 64000);
    assert_int_equal(config->batch_linger_ms, 0);
    assert_int_equal(config->rate, 100);
    assert_int_equal(config->email, CONFIG_EMAIL_SHA256);
    assert_int_equal(config->requests_timeout_ms, 300000);
    assert_int_equal(config->open_partition_max, 100);
    assert_int_equal(config->open_max, 10000000);
    assert_int_equal(config->drain_timeout_ms, 5999);
    assert_int_equal(config->log_level, CONFIG_LOG_ERROR);
    assert_int_equal(config->log_format, CONFIG_LOG_JSON);
    config_free(config);
}

static void a_topic_goes_by_its_name_before_any_pattern(void **state)
{
    (void)state;
    struct config *config =
        load_fine("routes:\n"
                  "  - {topics: ['^orders\\.', special], mapping: shop.yaml}\n"
                  "  - {topics: ['^orders'], mapping: shop.yaml}\n"
                  "  - {topics: [orders.vip], mapping: shop.yaml}\n" KAFKA ROKT DEAD);
    assert_ptr_equal(route_find(config, "orders.vip"), &config->routes[2]);
    assert_ptr_equal(route_find(config, "special"), &config->routes[0]);
    assert_ptr_equal(route_find(config, "orders.eu"), &config->routes[0]);
    assert_ptr_equal(route_find(config, "orders"), &config->routes[1]);
    assert_null(route_find(config, "my.orders"));
    config_free(config);
}

static void relative_paths_start_at_the_configurations_folder(void **state)
{
    (void)state;
    write_file("c.yaml", KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, ca_file: "
                                           "ca.pem, secret_key: '${file:secret}'}\n");
    char path[PATH_MAX];
    char expected[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/c.yaml", folder);
    assert_int_equal(chdir("/"), 0);
    struct error_list errors = {0};
    struct config *config = config_load(path, &errors);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(errors.count, 0);
    assert_non_null(config);
    (void)snprintf(expected, sizeof expected, "%s/shop.yaml", folder);
    assert_string_equal(config->routes[0].mapping, expected);
    (void)snprintf(expected, sizeof expected, "%s/ca.pem", folder);
    assert_string_equal(config->ca_file, expected);
    assert_string_equal(config->secret_key, "rsec-from-a-file");
    config_free(config);
    error_list_done(&errors);
}

/* A file, and all that people are told about it. */
struct error_case {
    const char *text;
    const char *expected;
};

#define FOLDER "      = a path that does not begin with / starts at the folder of this file\n"
#define EXAMPLE "      = write {topics: [orders], mapping: mappings/shop.yaml}\n"

static const struct error_case error_cases[] = {
    /* the whole */
    {"# nothing\n", "c.yaml: error: the configuration is empty\n"
                    "      = it has the sections kafka, routes, rokt and dead_letter\n"},
    {"- a\n", "c.yaml:1:1: error: a configuration is a mapping of options\n"
              "    1 | - a\n"
              "      | ^\n"
              "      = it has the sections kafka, routes, rokt and dead_letter\n"},
    {"name: shop\nconversion: {email: $.email}\n",
     "c.yaml:1:1: error: this is a mapping, and no configuration\n"
     "    1 | name: shop\n"
     "      | ^~~~\n"
     "      = a route of the configuration names it; rokt-relay map --mapping FILE tries it\n"},
    {"kafka: 'x\n", "c.yaml:1:8: error: this quote is never closed\n"
                    "    1 | kafka: 'x\n"
                    "      |        ^\n"
                    "      = within '…' a quote is written twice: ''\n"},
    {"log: {level: info}\n",
     "c.yaml: error: kafka is missing\n"
     "      = add it: librdkafka's properties by their own names; `bootstrap.servers` and "
     "`group.id` are "
     "required.\n"
     "c.yaml: error: routes is missing\n"
     "      = add it: A list of routes: the `topics` that are read, and the file of the `mapping` "
     "that "
     "their messages go through.\n"
     "c.yaml: error: rokt.account_id is missing\n"
     "      = add it: Rokt's id of the account, at most 64 characters. The keys of the Event and "
     "Audience API stand for one.\n"
     "c.yaml: error: rokt.public_key is missing\n"
     "      = add it: The public key of Rokt's API credentials, `rpub-…`; the key, for the Event "
     "and "
     "Audience API.\n"
     "c.yaml: error: rokt.secret_key is missing\n"
     "      = add it: The secret key of Rokt's API credentials, `rsec-…`; the secret, for the "
     "Event and "
     "Audience API.\n"
     "c.yaml: error: dead_letter.topic is missing\n"
     "      = add it: The topic for messages that can never be delivered; no route may take it.\n"},
    {KAFKA ROUTES ROKT DEAD "admin: {listen: localhost}\n",
     "c.yaml:5:17: error: admin.listen must be an IP address and a port\n"
     "    5 | admin: {listen: localhost}\n"
     "      |                 ^~~~~~~~~\n"
     "      = as 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464; `off` for nowhere\n"},
    {KAFKA ROUTES ROKT DEAD "admin: {listen: '0.0.0.0:94640'}\n",
     "c.yaml:5:17: error: admin.listen must be an IP address and a port\n"
     "    5 | admin: {listen: '0.0.0.0:94640'}\n"
     "      |                 ^~~~~~~~~~~~~~~\n"
     "      = as 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464; `off` for nowhere\n"},
    {KAFKA ROUTES ROKT DEAD "watch: {listen: 0.0.0.0:9464}\nlog: {levle: info}\n",
     "c.yaml:5:1: error: unknown option \"watch\"\n"
     "    5 | watch: {listen: 0.0.0.0:9464}\n"
     "      | ^~~~~\n"
     "      = known here: kafka, routes, rokt, privacy, dead_letter, max_open_messages, "
     "commit, drain_timeout, "
     "shutdown_timeout, "
     "admin, log\n"
     "c.yaml:6:7: error: unknown option \"log.levle\"\n"
     "    6 | log: {levle: info}\n"
     "      |       ^~~~~\n"
     "      = the nearest known is \"level\"\n"},

    /* kafka */
    {"kafka: {}\n" ROUTES ROKT DEAD,
     "c.yaml:1:1: error: bootstrap.servers is missing in kafka\n"
     "    1 | kafka: {}\n"
     "      | ^~~~~\n"
     "      = write bootstrap.servers: host-1:9092,host-2:9092\n"
     "c.yaml:1:1: error: group.id is missing in kafka\n"
     "    1 | kafka: {}\n"
     "      | ^~~~~\n"
     "      = write group.id: and a name; relays of one name share the work\n"},
    {"kafka: a:9092\n" ROUTES ROKT DEAD,
     "c.yaml:1:8: error: kafka must be a mapping of librdkafka's properties\n"
     "    1 | kafka: a:9092\n"
     "      |        ^~~~~~\n"
     "      = write bootstrap.servers: host-1:9092,host-2:9092\n"},
    {"kafka:\n"
     "  bootstrap.servers: [a, b]\n"
     "  group: {id: g}\n"
     "  group.id: ${env:ROKT_RELAY_TEST_EMPTY}\n"
     "  a b: 1\n" ROUTES ROKT DEAD,
     "c.yaml:2:22: error: a property of Kafka is a single value\n"
     "    2 |   bootstrap.servers: [a, b]\n"
     "      |                      ^\n"
     "      = write a list as one text, with commas between\n"
     "c.yaml:3:10: error: a property of Kafka is a single value\n"
     "    3 |   group: {id: g}\n"
     "      |          ^\n"
     "      = write the whole name in one line, as group.id: orders\n"
     "c.yaml:4:13: error: group.id must not be empty\n"
     "    4 |   group.id: ${env:ROKT_RELAY_TEST_EMPTY}\n"
     "      |             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = write group.id: and a name; relays of one name share the work\n"
     "c.yaml:5:3: error: Kafka has no property of this name\n"
     "    5 |   a b: 1\n"
     "      |   ^~~\n"},
    {"kafka: {bootstrap.servers: '${env:ROKT_RELAY_TEST_UNSET}', sasl.password: hunter2, group.id: "
     "g}\n" ROUTES ROKT DEAD,
     "c.yaml:1:29: error: this environment variable is not set\n"
     "    1 | kafka: {bootstrap.servers: '${env:ROKT_RELAY_TEST_UNSET}', sasl.password: *******, "
     "group.id: g}\n"
     "      |                             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = set it, or give a default: ${env:NAME:-default}\n"},

    /* routes */
    {KAFKA ROKT DEAD "routes: []\n",
     "c.yaml:4:9: error: routes is a list of at least one route\n"
     "    4 | routes: []\n"
     "      |         ^\n"
     "      = write - {topics: [orders], mapping: mappings/shop.yaml}\n"},
    {KAFKA ROKT DEAD "routes: {topics: a, mapping: b}\n",
     "c.yaml:4:9: error: routes is a list of at least one route\n"
     "    4 | routes: {topics: a, mapping: b}\n"
     "      |         ^\n"
     "      = write - {topics: [orders], mapping: mappings/shop.yaml}\n"},
    {KAFKA ROKT DEAD "routes:\n"
                     "  - shop.yaml\n"
                     "  - {topics: [], mapping: none.yaml}\n"
                     "  - {topics: {a: b}, maping: shop.yaml, other: x}\n"
                     "  - {topics: [a, '', [b], ~], mapping: ''}\n"
                     "  - topics: c\n",
     "c.yaml:5:5: error: a route is a mapping of topics and mapping\n"
     "    5 |   - shop.yaml\n"
     "      |     ^~~~~~~~~\n" EXAMPLE "c.yaml:6:14: error: topics is a topic or a list of them\n"
     "    6 |   - {topics: [], mapping: none.yaml}\n"
     "      |              ^\n" EXAMPLE
     "c.yaml:6:27: error: cannot read the mapping: No such file or directory\n"
     "    6 |   - {topics: [], mapping: none.yaml}\n"
     "      |                           ^~~~~~~~~\n" FOLDER
     "c.yaml:7:5: error: mapping is missing in this route\n"
     "    7 |   - {topics: {a: b}, maping: shop.yaml, other: x}\n"
     "      |     ^\n" EXAMPLE "c.yaml:7:14: error: topics is a topic or a list of them\n"
     "    7 |   - {topics: {a: b}, maping: shop.yaml, other: x}\n"
     "      |              ^\n" EXAMPLE "c.yaml:7:22: error: unknown option \"maping\" of a route\n"
     "    7 |   - {topics: {a: b}, maping: shop.yaml, other: x}\n"
     "      |                      ^~~~~~\n"
     "      = the nearest known is \"mapping\"\n"
     "c.yaml:7:41: error: unknown option \"other\" of a route\n"
     "    7 |   - {topics: {a: b}, maping: shop.yaml, other: x}\n"
     "      |                                         ^~~~~\n"
     "      = a route has topics and a mapping\n"
     "c.yaml:8:18: error: a topic must not be empty\n"
     "    8 |   - {topics: [a, '', [b], ~], mapping: ''}\n"
     "      |                  ^~\n" EXAMPLE "c.yaml:8:22: error: a topic is a single value\n"
     "    8 |   - {topics: [a, '', [b], ~], mapping: ''}\n"
     "      |                      ^\n" EXAMPLE "c.yaml:8:27: error: a topic must not be empty\n"
     "    8 |   - {topics: [a, '', [b], ~], mapping: ''}\n"
     "      |                           ^\n" EXAMPLE
     "c.yaml:8:40: error: mapping must not be empty\n"
     "    8 |   - {topics: [a, '', [b], ~], mapping: ''}\n"
     "      |                                        ^~\n" EXAMPLE
     "c.yaml:9:5: error: mapping is missing in this route\n"
     "    9 |   - topics: c\n"
     "      |     ^~~~~~\n" EXAMPLE},
    {KAFKA ROKT DEAD "routes:\n"
                     "  - {topics: [orders, orders.*, '^(', orders], mapping: shop.yaml}\n"
                     "  - {topics: [orders], mapping: shop.yaml}\n"
                     "  - {topics: ['^tickets', tickets], mapping: shop.yaml}\n"
                     "  - {topics: [tickets.eu, '^tickets'], mapping: shop.yaml}\n",
     "c.yaml:5:23: error: a topic's name has only letters, digits, \".\", \"_\" and \"-\"\n"
     "    5 |   - {topics: [orders, orders.*, '^(', orders], mapping: shop.yaml}\n"
     "      |                       ^~~~~~~~\n"
     "      = a regular expression begins with ^\n"
     "c.yaml:5:33: error: this is no regular expression: Unmatched ( or \\(\n"
     "    5 |   - {topics: [orders, orders.*, '^(', orders], mapping: shop.yaml}\n"
     "      |                                 ^~~~\n"
     "c.yaml:5:39: error: this topic stands in a route already\n"
     "    5 |   - {topics: [orders, orders.*, '^(', orders], mapping: shop.yaml}\n"
     "      |                                       ^~~~~~\n"
     "      = it is the one in line 5\n"
     "c.yaml:6:15: error: this topic stands in a route already\n"
     "    6 |   - {topics: [orders], mapping: shop.yaml}\n"
     "      |               ^~~~~~\n"
     "      = it is the one in line 5\n"
     "c.yaml:8:27: error: this topic stands in a route already\n"
     "    8 |   - {topics: [tickets.eu, '^tickets'], mapping: shop.yaml}\n"
     "      |                           ^~~~~~~~~~\n"
     "      = it is the one in line 7\n"},

    /* rokt */
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  environment: development\n"
                       "  base_url: https://api.rokt.com/v2\n"
                       "  account_id: 'a b'\n"
                       "  public_key: rpub-1:rsec-1\n"
                       "  secret_key: 'rsec-1 '\n"
                       "  ca_file: none.pem\n"
                       "  requests: {backoff: {base: 1m, cap: 30s}}\n",
     "c.yaml:5:16: error: rokt.environment: the Event API has no environments\n"
     "    5 |   environment: development\n"
     "      |                ^~~~~~~~~~~\n"
     "      = it would take them for production\n"
     "c.yaml:6:33: error: rokt.base_url must end behind the host\n"
     "    6 |   base_url: https://api.rokt.com/v2\n"
     "      |                                 ^~~\n"
     "      = the paths are the API's, and known\n"
     "c.yaml:7:17: error: rokt.account_id has printable ASCII characters only, and no blanks\n"
     "    7 |   account_id: 'a b'\n"
     "      |                 ^\n"
     "c.yaml:8:21: error: rokt.public_key must not hold a \":\"\n"
     "    8 |   public_key: *************\n"
     "      |                     ^\n"
     "      = the public key and the secret key are two options\n"
     "c.yaml:9:22: error: rokt.secret_key has printable ASCII characters only, and no blanks\n"
     "    9 |   secret_key: '****** '\n"
     "      |                      ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"
     "c.yaml:10:12: error: cannot read rokt.ca_file: No such file or directory\n"
     "   10 |   ca_file: none.pem\n"
     "      |            ^~~~~~~~\n" FOLDER
     "c.yaml:11:30: error: rokt.requests.backoff.base must not be longer than "
     "rokt.requests.backoff.cap\n"
     "   11 |   requests: {backoff: {base: 1m, cap: 30s}}\n"
     "      |                              ^~\n"},
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  base_url: https://user:hunter2@api.rokt.com\n"
                       "  account_id: "
                       "12345678901234567890123456789012345678901234567890123456789012345\n"
                       "  public_key: rpub-1\n"
                       "  secret_key: rsec-1\n"
                       "  requests: {backoff: {cap: 100ms}}\n",
     "c.yaml:5:21: error: rokt.base_url must hold no user and no password\n"
     "    5 |   base_url: *********************************\n"
     "      |                     ^~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = the keys have options of their own\n"
     "c.yaml:6:15: error: rokt.account_id has at most 64 characters\n"
     "    6 |   account_id: 12345678901234567890123456789012345678901234567890123456789012345\n"
     "      |               ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "c.yaml:9:29: error: rokt.requests.backoff.base must not be longer than "
     "rokt.requests.backoff.cap\n"
     "    9 |   requests: {backoff: {cap: 100ms}}\n"
     "      |                             ^~~~~\n"},

    /* what references stand for is checked by the same rules, and never told */
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  base_url: ${env:ROKT_RELAY_TEST_URL}\n"
                       "  account_id: '1'\n"
                       "  public_key: ${env:ROKT_RELAY_TEST_SECRET}\n"
                       "  secret_key: ${file:none}\n"
                       "  batch: {events: '${file:port}', bytes: 1GB, linger: 500}\n",
     "c.yaml:5:13: error: rokt.base_url must begin with https://\n"
     "    5 |   base_url: ${env:ROKT_RELAY_TEST_URL}\n"
     "      |             ^~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = plain http is for this machine itself: localhost, 127.0.0.1 or [::1]\n"
     "c.yaml:7:15: error: rokt.public_key has printable ASCII characters only, and no blanks\n"
     "    7 |   public_key: ${env:ROKT_RELAY_TEST_SECRET}\n"
     "      |               ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"
     "c.yaml:8:15: error: cannot read the file: No such file or directory\n"
     "    8 |   secret_key: ${file:none}\n"
     "      |               ^~~~~~~~~~~~\n" FOLDER
     "c.yaml:9:19: error: rokt.batch.events must be a whole number from 1 to 100\n"
     "    9 |   batch: {events: '${file:port}', bytes: 1GB, linger: 500}\n"
     "      |                   ^~~~~~~~~~~~~~\n"
     "c.yaml:9:42: error: rokt.batch.bytes must be a size from 64kB to 1MB\n"
     "    9 |   batch: {events: '${file:port}', bytes: 1GB, linger: 500}\n"
     "      |                                          ^~~\n"
     "c.yaml:9:55: error: rokt.batch.linger must be a duration from 0 to 1m\n"
     "    9 |   batch: {events: '${file:port}', bytes: 1GB, linger: 500}\n"
     "      |                                                       ^~~\n"
     "      = write it with its unit, without a blank between: 500ms, 10s, 5m or 1h\n"},

    /* the dead-letter topic */
    {KAFKA ROKT ROUTES "dead_letter: {topic: orders}\n",
     "c.yaml:4:22: error: dead_letter.topic is read by the route whose topics are in line 3\n"
     "    4 | dead_letter: {topic: orders}\n"
     "      |                      ^~~~~~\n"
     "      = what it holds would come back for ever: take a name that no route takes\n"},
    {KAFKA ROKT "dead_letter: {topic: orders.dead}\n"
                "routes: [{topics: ['^orders'], mapping: shop.yaml}]\n",
     "c.yaml:3:22: error: dead_letter.topic is read by the route whose topics are in line 4\n"
     "    3 | dead_letter: {topic: orders.dead}\n"
     "      |                      ^~~~~~~~~~~\n"
     "      = what it holds would come back for ever: take a name that no route takes\n"},
    {KAFKA ROKT ROUTES "dead_letter: {topic: ^dead}\n",
     "c.yaml:4:22: error: dead_letter.topic: a topic's name has only letters, digits, \".\", \"_\" "
     "and "
     "\"-\"\n"
     "    4 | dead_letter: {topic: ^dead}\n"
     "      |                      ^~~~~\n"},

    {KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1,\n"
                       "  ca_file: shop.yaml}\n",
     "c.yaml:5:12: error: rokt.ca_file holds no certificate\n"
     "    5 |   ca_file: shop.yaml}\n"
     "      |            ^~~~~~~~~\n"
     "      = it needs PEM, which has lines of -----BEGIN CERTIFICATE-----\n"},

    /* certificates and the proxy */
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  account_id: '1'\n"
                       "  public_key: rpub-1\n"
                       "  secret_key: rsec-1\n"
                       "  crl_file: ca.pem\n"
                       "  client_key: ca.pem\n"
                       "  client_key_password: hunter2\n"
                       "  proxy: {url: 'http://ada:hunter2@proxy:1', user: 'a:b'}\n",
     "c.yaml:8:13: error: rokt.crl_file holds no list of revoked certificates\n"
     "    8 |   crl_file: ca.pem\n"
     "      |             ^~~~~~\n"
     "      = it needs PEM, which has lines of -----BEGIN X509 CRL-----\n"
     "c.yaml:9:15: error: rokt.client_key holds no private key\n"
     "    9 |   client_key: ca.pem\n"
     "      |               ^~~~~~\n"
     "      = it needs PEM, which has lines of -----BEGIN PRIVATE KEY-----\n"
     "c.yaml:9:15: error: rokt.client_key is there without rokt.client_certificate\n"
     "    9 |   client_key: ca.pem\n"
     "      |               ^~~~~~\n"
     "c.yaml:10:24: error: rokt.client_key_password is there without rokt.client_certificate\n"
     "   10 |   client_key_password: *******\n"
     "      |                        ^~~~~~~\n"
     "c.yaml:11:24: error: rokt.proxy.url must hold no user and no password\n"
     "   11 |   proxy: {url: '**************************', user: 'a:b'}\n"
     "      |                        ^~~~~~~~~~~~~~~~~~~\n"
     "      = they have options of their own: rokt.proxy.user, rokt.proxy.password\n"
     "c.yaml:11:52: error: rokt.proxy.user must not hold a \":\"\n"
     "   11 |   proxy: {url: '**************************', user: 'a:b'}\n"
     "      |                                                    ^~~~~\n"
     "      = the user and the password are two options\n"},
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  account_id: '1'\n"
                       "  public_key: rpub-1\n"
                       "  secret_key: rsec-1\n"
                       "  client_certificate: none.pem\n"
                       "  client_key: none.pem\n"
                       "  proxy: {user: ada, password: hunter2}\n",
     "c.yaml:8:23: error: cannot read rokt.client_certificate: No such file or directory\n"
     "    8 |   client_certificate: none.pem\n"
     "      |                       ^~~~~~~~\n" FOLDER
     "c.yaml:9:15: error: cannot read rokt.client_key: No such file or directory\n"
     "    9 |   client_key: none.pem\n"
     "      |               ^~~~~~~~\n" FOLDER
     "c.yaml:10:17: error: rokt.proxy.user is there without rokt.proxy.url\n"
     "   10 |   proxy: {user: ada, password: *******}\n"
     "      |                 ^~~\n"},
    {KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1,\n"
                       "  proxy: {url: proxy.example, password: hunter2}}\n",
     "c.yaml:5:16: error: rokt.proxy.url must begin with http://\n"
     "    5 |   proxy: {url: proxy.example, password: *******}}\n"
     "      |                ^~~~~~~~~~~~~\n"
     "      = what goes through the proxy is encrypted up to the API all the same\n"
     "c.yaml:5:41: error: rokt.proxy.password is there without rokt.proxy.user\n"
     "    5 |   proxy: {url: proxy.example, password: *******}}\n"
     "      |                                         ^~~~~~~\n"},

    /* times that must fit each other */
    {KAFKA ROUTES ROKT DEAD "drain_timeout: 5m\n",
     "c.yaml:5:16: error: drain_timeout must be shorter than kafka's session.timeout.ms\n"
     "    5 | drain_timeout: 5m\n"
     "      |                ^~\n"
     "      = where kafka does not set it, session.timeout.ms is 45s\n"
     "c.yaml:5:16: error: drain_timeout, with 10s for the last commit, must be shorter "
     "than kafka's max.poll.interval.ms\n"
     "    5 | drain_timeout: 5m\n"
     "      |                ^~\n"
     "      = where kafka does not set it, max.poll.interval.ms is 5m\n"},
    {"kafka: {bootstrap.servers: a, group.id: g, session.timeout.ms: 10000}\n" ROUTES ROKT DEAD,
     "c.yaml:1:64: error: drain_timeout must be shorter than kafka's session.timeout.ms\n"
     "    1 | kafka: {bootstrap.servers: a, group.id: g, session.timeout.ms: 10000}\n"
     "      |                                                                ^~~~~\n"
     "      = where kafka does not set it, session.timeout.ms is 45s\n"},
    {"kafka: {bootstrap.servers: a, group.id: g, max.poll.interval.ms: 20000}\n"
     "drain_timeout: 10s\n" ROUTES ROKT DEAD,
     "c.yaml:2:16: error: drain_timeout, with 10s for the last commit, must be shorter "
     "than kafka's max.poll.interval.ms\n"
     "    2 | drain_timeout: 10s\n"
     "      |                ^~~\n"
     "      = where kafka does not set it, max.poll.interval.ms is 5m\n"},
    {"kafka: {bootstrap.servers: a, group.id: g, group.protocol: Consumer}\n"
     "drain_timeout: 5m\n" ROUTES ROKT DEAD,
     "c.yaml:2:16: error: drain_timeout, with 10s for the last commit, must be shorter "
     "than kafka's max.poll.interval.ms\n"
     "    2 | drain_timeout: 5m\n"
     "      |                ^~\n"
     "      = where kafka does not set it, max.poll.interval.ms is 5m\n"},
};

/* The secret is hunter2 wherever it stands. */
static const struct error_case secret_cases[] = {
    /* names in another case, misspelt, or at a wrong place */
    {KAFKA ROUTES ROKT DEAD "SECRET_KEY: hunter2\n",
     "c.yaml:5:1: error: unknown option \"SECRET_KEY\"\n"
     "    5 | SECRET_KEY: *******\n"
     "      | ^~~~~~~~~~\n"
     "      = known here: kafka, routes, rokt, privacy, dead_letter, max_open_messages, "
     "commit, drain_timeout, "
     "shutdown_timeout, admin, log\n"},
    {KAFKA ROUTES ROKT DEAD "Sasl.Password: {a: hunter2}\n",
     "c.yaml:5:1: error: unknown option \"Sasl.Password\"\n"
     "    5 | Sasl.Password: *** ********\n"
     "      | ^~~~~~~~~~~~~\n"
     "      = known here: kafka, routes, rokt, privacy, dead_letter, max_open_messages, "
     "commit, drain_timeout, "
     "shutdown_timeout, admin, log\n"},
    {KAFKA ROUTES ROKT DEAD "ssl.key.pass: hunter2\n",
     "c.yaml:5:1: error: unknown option \"ssl.key.pass\"\n"
     "    5 | ssl.key.pass: *******\n"
     "      | ^~~~~~~~~~~~\n"
     "      = known here: kafka, routes, rokt, privacy, dead_letter, max_open_messages, "
     "commit, drain_timeout, "
     "shutdown_timeout, admin, log\n"},
    {KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1, "
                       "public_kye: hunter2, Secret_Key: hunter2}\n",
     "c.yaml:4:65: error: unknown option \"rokt.public_kye\"\n"
     "    4 | \xE2"
     "\x80"
     "\xA6"
     "count_id: '1', public_key: ******, secret_key: ******, public_kye: *******, Secret_Key: "
     "*******}\n"
     "      |                                                         ^~~~~~~~~~\n"
     "      = the nearest known is \"public_key\"\n"
     "c.yaml:4:86: error: unknown option \"rokt.Secret_Key\"\n"
     "    4 | \xE2"
     "\x80"
     "\xA6"
     "count_id: '1', public_key: ******, secret_key: ******, public_kye: *******, Secret_Key: "
     "*******}\n"
     "      |                                                                              "
     "^~~~~~~~~~\n"
     "      = the nearest known is \"secret_key\"\n"},
    {KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, secret_key: rsec-1, secrets: "
                       "[hunter2], pasword: 'hunter2'}\n",
     "c.yaml:4:65: error: unknown option \"rokt.secrets\"\n"
     "    4 | \xE2"
     "\x80"
     "\xA6"
     "account_id: '1', public_key: ******, secret_key: ******, secrets: *********, pasword: "
     "'*******'}\n"
     "      |                                                           ^~~~~~~\n"
     "      = known here: api, base_url, account_id, public_key, secret_key, environment, ca_file, "
     "crl_file, client_certificate, client_key, client_key_password, proxy, batch, rate, requests, "
     "probe_interval\n"
     "c.yaml:4:85: error: unknown option \"rokt.pasword\"\n"
     "    4 | \xE2"
     "\x80"
     "\xA6"
     "account_id: '1', public_key: ******, secret_key: ******, secrets: *********, pasword: "
     "'*******'}\n"
     "      |                                                                               "
     "^~~~~~~\n"
     "      = known here: api, base_url, account_id, public_key, secret_key, environment, ca_file, "
     "crl_file, client_certificate, client_key, client_key_password, proxy, batch, rate, requests, "
     "probe_interval\n"},
    {ROUTES ROKT DEAD "kafka: {bootstrap.servers: 'a:1', group.id: , SASL.PASSWORD: hunter2, "
                      "ssl.key.pass: hunter2}\n",
     "c.yaml:4:45: error: group.id must not be empty\n"
     "    4 | kafka: {bootstrap.servers: 'a:1', group.id: , SASL.PASSWORD: *******, ssl.key.pass: "
     "*******}\n"
     "      |                                             ^\n"
     "      = write group.id: and a name; relays of one name share the work\n"},
    {ROUTES ROKT DEAD "kafka: {bootstrap.servers: [a], group.id: g, sasl.password: {hunter2: b}}\n",
     "c.yaml:4:28: error: a property of Kafka is a single value\n"
     "    4 | kafka: {bootstrap.servers: [a], group.id: g, sasl.password: ********* **}\n"
     "      |                            ^\n"
     "      = write a list as one text, with commas between\n"
     "c.yaml:4:61: error: a property of Kafka is a single value\n"
     "    4 | kafka: {bootstrap.servers: [a], group.id: g, sasl.password: ********* **}\n"
     "      |                                                             ^\n"
     "      = write the whole name in one line, as group.id: orders\n"},
    /* values of a wrong type, and out of range */
    {KAFKA ROUTES DEAD
     "rokt: {account_id: '1', public_key: rpub-1, secret_key: [hunter2], batch: {events: 0}}\n",
     "c.yaml:4:57: error: rokt.secret_key must be a text, secret, not a list\n"
     "    4 | rokt: {account_id: '1', public_key: ******, secret_key: *********, batch: {events: "
     "0}}\n"
     "      |                                                         ^\n"
     "c.yaml:4:84: error: rokt.batch.events must be a whole number from 1 to 100\n"
     "    4 | rokt: {account_id: '1', public_key: ******, secret_key: *********, batch: {events: "
     "0}}\n"
     "      |                                                                                    "
     "^\n"},
    {KAFKA ROUTES DEAD
     "rokt: {account_id: '1', public_key: rpub-1, secret_key: {hunter2}, api: x}\n",
     "c.yaml:4:57: error: rokt.secret_key must be a text, secret, not a mapping\n"
     "    4 | rokt: {account_id: '1', public_key: ******, secret_key: *********, api: x}\n"
     "      |                                                         ^\n"
     "c.yaml:4:73: error: rokt.api must be event or event-and-audience\n"
     "    4 | rokt: {account_id: '1', public_key: ******, secret_key: *********, api: x}\n"
     "      |                                                                         ^\n"},
    {KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rpub-1, secret_key: hunter2 hunter2}\n",
     "c.yaml:4:64: error: rokt.secret_key has printable ASCII characters only, and no blanks\n"
     "    4 | rokt: {account_id: '1', public_key: ******, secret_key: ******* *******}\n"
     "      |                                                                ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"},
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  account_id: '1'\n"
                       "  public_key: >\n"
                       "    one\n"
                       "    hunter2\n"
                       "  secret_key: rsec-\n"
                       "    hunter2\n",
     "c.yaml:7:8: error: rokt.public_key has printable ASCII characters only, and no blanks\n"
     "    7 |     ***\n"
     "      |        ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"
     "c.yaml:9:20: error: rokt.secret_key has printable ASCII characters only, and no blanks\n"
     "    9 |   secret_key: *****\n"
     "      |                    ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"},
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  account_id: '1'\n"
                       "  public_key: |\n"
                       "    rpub-1\n"
                       "    hunter2: x\n"
                       "  secret_key: \"rsec-1\n"
                       "    hunter2\"\n",
     "c.yaml:7:11: error: rokt.public_key has printable ASCII characters only, and no blanks\n"
     "    7 |     ******\n"
     "      |           ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"
     "c.yaml:8:12: error: rokt.public_key must not hold a \":\"\n"
     "    8 |     ******** *\n"
     "      |            ^\n"
     "      = the public key and the secret key are two options\n"
     "c.yaml:9:22: error: rokt.secret_key has printable ASCII characters only, and no blanks\n"
     "    9 |   secret_key: \"******\n"
     "      |                      ^\n"
     "      = copy the key again; of a file, one line end at its end is left out\n"},
    {KAFKA ROUTES DEAD "\"rokt\": {\"account_id\": \"1\", \"public_key\": [\"hunter2\"],\n"
                       "  \"secret_key\": {\"a\": \"hunter2\"}}\n",
     "c.yaml:4:43: error: rokt.public_key must be a text, secret, not a list\n"
     "    4 | \"rokt\": {\"account_id\": \"1\", \"public_key\": ***********,\n"
     "      |                                           ^\n"
     "c.yaml:5:17: error: rokt.secret_key must be a text, secret, not a mapping\n"
     "    5 |   \"secret_key\": ***** **********}\n"
     "      |                 ^\n"},
    /* where the blank behind the colon is missing, and comments */
    {KAFKA ROUTES DEAD "rokt:\n"
                       "  secret_key:hunter2\n",
     "c.yaml:5:3: error: rokt must be a mapping of options\n"
     "    5 |   ******************\n"
     "      |   ^~~~~~~~~~~~~~~~~~\n"
     "      = known here: api, base_url, account_id, public_key, secret_key, environment, ca_file, "
     "crl_file, client_certificate, client_key, client_key_password, proxy, batch, rate, requests, "
     "probe_interval\n"},
    {KAFKA ROUTES DEAD "rokt: sasl.password=hunter2\n",
     "c.yaml:4:7: error: rokt must be a mapping of options\n"
     "    4 | rokt: *********************\n"
     "      |       ^~~~~~~~~~~~~~~~~~~~~\n"
     "      = known here: api, base_url, account_id, public_key, secret_key, environment, ca_file, "
     "crl_file, client_certificate, client_key, client_key_password, proxy, batch, rate, requests, "
     "probe_interval\n"},
    {KAFKA ROUTES ROKT DEAD "log: {level: loud} # password: hunter2\n",
     "c.yaml:5:14: error: log.level must be debug, info, warning or error\n"
     "    5 | log: {level: loud} # ********* *******\n"
     "      |              ^~~~\n"},
};

static void assert_errors(const struct error_case cases[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_file("c.yaml", cases[i].text);
        struct error_list errors = {0};
        config_free(config_load("c.yaml", &errors));
        assert_true(errors.errors > 0);
        char *found = written(&errors);
        assert_string_equal(found, cases[i].expected);
        free(found);
        error_list_done(&errors);
    }
}

static void all_errors_are_told_with_their_places(void **state)
{
    (void)state;
    assert_errors(error_cases, sizeof error_cases / sizeof error_cases[0]);
}

static void no_error_shows_a_secret(void **state)
{
    (void)state;
    size_t count = sizeof secret_cases / sizeof secret_cases[0];
    for (size_t i = 0; i < count; i++) {
        assert_null(strstr(secret_cases[i].expected, "hunter2"));
    }
    assert_errors(secret_cases, count);
}

static void a_file_that_is_missing_is_an_error(void **state)
{
    (void)state;
    struct error_list errors = {0};
    assert_null(config_load("none.yaml", &errors));
    char *found = written(&errors);
    assert_string_equal(found,
                        "none.yaml: error: cannot read the file: No such file or directory\n");
    free(found);
    error_list_done(&errors);
}

static void what_has_errors_can_be_examined_and_not_loaded(void **state)
{
    (void)state;
    write_file("c.yaml", "routes:\n"
                         "  - {topics: [a], mapping: none.yaml}\n"
                         "  - {topics: [b], mapping: shop.yaml}\n"
                         "kafka: {bootstrap.servers: a, group.id: g, client.id: @x}\n"
                         "log: {level: `debug}\n"
                         "rokt: {rate: 7, rate: 8}\n");
    struct error_list errors = {0};
    assert_null(config_load("c.yaml", &errors));
    error_list_done(&errors);
    errors = (struct error_list){0};
    struct config *config = config_examine("c.yaml", &errors);
    assert_non_null(config);
    char *found = written(&errors);
    static const char *const wanted[] = {
        "c.yaml:2:28: error: cannot read the mapping: No such file or directory\n",
        "c.yaml:4:55: error: a value that begins with @ needs quotes\n",
        "c.yaml:5:14: error: a value that begins with ` needs quotes\n",
        "c.yaml:6:17: error: the key \"rate\" stands twice\n",
        "error: rokt.public_key is missing\n",
        "error: rokt.secret_key is missing\n",
        "error: rokt.account_id is missing\n",
        "error: dead_letter.topic is missing\n",
    };
    size_t count = sizeof wanted / sizeof wanted[0];
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(found, wanted[i]));
    }
    assert_int_equal(errors.errors, count);
    free(found);
    assert_null(config->routes[0].mapping);
    assert_non_null(config->routes[1].mapping);
    assert_int_equal(config->rate, 7);
    assert_int_equal(config->property_count, 2);
    assert_false(config->options_whole);
    assert_false(config->properties_whole);
    config_free(config);
    error_list_done(&errors);
}

static void keys_of_another_shape_are_a_warning(void **state)
{
    (void)state;
    write_file("c.yaml",
               KAFKA ROUTES DEAD "rokt: {account_id: '1', public_key: rsec-1, secret_key: abc}\n");
    struct error_list errors = {0};
    struct config *config = config_load("c.yaml", &errors);
    assert_non_null(config);
    char *found = written(&errors);
    assert_string_equal(
        found, "c.yaml:4:37: warning: rokt.public_key does not begin with rpub- as Rokt's keys do\n"
               "    4 | rokt: {account_id: '1', public_key: ******, secret_key: ***}\n"
               "      |                                     ^~~~~~\n"
               "c.yaml:4:57: warning: rokt.secret_key does not begin with rsec- as Rokt's keys do\n"
               "    4 | rokt: {account_id: '1', public_key: ******, secret_key: ***}\n"
               "      |                                                         ^~~\n");
    free(found);
    config_free(config);
    error_list_done(&errors);
}

static void what_is_the_other_api_s_is_a_warning(void **state)
{
    (void)state;
    write_file("c.yaml", KAFKA ROUTES DEAD "rokt:\n"
                                           "  api: event-and-audience\n"
                                           "  base_url: https://api.rokt.com/\n"
                                           "  account_id: '1'\n"
                                           "  public_key: rpub-1\n"
                                           "  secret_key: rsec-1\n"
                                           "  environment: development\n");
    struct error_list errors = {0};
    struct config *config = config_load("c.yaml", &errors);
    assert_non_null(config);
    assert_int_equal(config->environment, CONFIG_DEVELOPMENT);
    char *found = written(&errors);
    assert_string_equal(
        found,
        "c.yaml:6:13: warning: rokt.base_url is the other API's address\n"
        "    6 |   base_url: https://api.rokt.com/\n"
        "      |             ^~~~~~~~~~~~~~~~~~~~~\n"
        "      = leave it out, or say another rokt.api\n"
        "c.yaml:7:15: warning: rokt.account_id is not sent: the keys of the Event and "
        "Audience API stand for an account\n"
        "    7 |   account_id: '1'\n"
        "      |               ^~~\n"
        "      = leave it out\n"
        "c.yaml:8:15: warning: rokt.public_key begins with rpub- as the Event API's keys do\n"
        "    8 |   public_key: ******\n"
        "      |               ^~~~~~\n"
        "      = the Event and Audience API has keys of its own\n"
        "c.yaml:9:15: warning: rokt.secret_key begins with rsec- as the Event API's keys do\n"
        "    9 |   secret_key: ******\n"
        "      |               ^~~~~~\n"
        "      = the Event and Audience API has keys of its own\n");
    free(found);
    config_free(config);
    error_list_done(&errors);
}

static void with_brokers_that_time_sessions_the_poll_interval_counts_alone(void **state)
{
    (void)state;
    config_free(load_fine("kafka: {bootstrap.servers: a, group.id: g, group.protocol: consumer}\n"
                          "drain_timeout: 289s\n" ROUTES ROKT DEAD));
}

static void the_number_of_topics_is_bounded(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    buffer_append(&buffer, SLICE(KAFKA ROKT DEAD "routes:\n  - mapping: shop.yaml\n    topics:\n"));
    for (int i = 0; i < ROUTE_TOPICS_MAX; i++) {
        buffer_printf(&buffer, "      - t%d\n", i);
    }
    size_t mark = buffer.size;
    buffer_append_byte(&buffer, '\0');
    struct config *config = load_fine(buffer.data);
    assert_int_equal(config->routes[0].topic_count, ROUTE_TOPICS_MAX);
    config_free(config);
    buffer_rollback(&buffer, mark);
    buffer_append(&buffer, SLICE("      - more\n\0"));
    write_file("c.yaml", buffer.data);
    struct error_list errors = {0};
    assert_null(config_load("c.yaml", &errors));
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.items[0].message, "too many topics");
    error_list_done(&errors);
    buffer_done(&buffer);
}

/* --- The files of the folder config ---------------------------------------------------------------- */

static const char *source_folder(void)
{
    const char *source = getenv("ROKT_RELAY_SOURCE");
#ifdef ROKT_RELAY_SOURCE
    source = source == NULL ? ROKT_RELAY_SOURCE : source;
#endif
    return source;
}

/* A file of the source; skips the test where there is none. */
static void read_source(const char *name, struct buffer *buffer)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", source_folder() == NULL ? "" : source_folder(),
                   name);
    FILE *file = source_folder() == NULL ? NULL : fopen(path, "re");
    if (file == NULL) {
        print_message("%s is not there: set ROKT_RELAY_SOURCE to the source\n", name);
        skip();
    }
    size_t size = 0;
    while ((size = fread(buffer_reserve(buffer, 4096), 1, 4096, file)) > 0) {
        buffer_commit(buffer, size);
    }
    assert_int_equal(fclose(file), 0);
}

static void the_reference_in_the_readme_is_the_table(void **state)
{
    (void)state;
    struct buffer table;
    buffer_init(&table, 1 << 20);
    option_reference(config_options, config_option_count, &table);
    reference_check("options", buffer_slice(&table));
    buffer_done(&table);
}

static void nobody_watches_where_it_is_off(void **state)
{
    (void)state;
    struct config *config = load_fine(KAFKA ROUTES ROKT DEAD);
    assert_string_equal(config->admin_listen, "127.0.0.1:9464");
    assert_true(config->ready_on_hold);
    config_free(config);
    config = load_fine(KAFKA ROUTES ROKT DEAD "admin: {listen: off, ready_on_hold: false}\n");
    assert_null(config->admin_listen);
    assert_false(config->ready_on_hold);
    config_free(config);
}

static void the_example_is_a_good_configuration(void **state)
{
    (void)state;
    struct buffer ignored;
    buffer_init(&ignored, 1 << 20);
    read_source("config/rokt-relay.yaml", &ignored);
    buffer_done(&ignored);
    assert_int_equal(setenv("ROKT_ACCOUNT_ID", "sandbox", 1), 0);
    assert_int_equal(setenv("ROKT_PUBLIC_KEY", "rpub-sandbox", 1), 0);
    assert_int_equal(setenv("ROKT_SECRET_KEY", "rsec-sandbox", 1), 0);
    assert_int_equal(setenv("ROKT_BASE_URL", "https://127.0.0.1:9443", 1), 0);
    assert_int_equal(unsetenv("ROKT_CA_FILE"), 0);
    assert_int_equal(unsetenv("KAFKA_GROUP_ID"), 0);
    assert_int_equal(unsetenv("KAFKA_BOOTSTRAP_SERVERS"), 0);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/config/rokt-relay.yaml", source_folder());
    struct error_list errors = {0};
    struct config *config = config_load(path, &errors);
    char *found = written(&errors);
    assert_string_equal(found, "");
    assert_int_equal(config->route_count, 4);
    assert_string_equal(config->properties[0].value, "localhost:9092");
    assert_string_equal(config->base_url, "https://127.0.0.1:9443");
    assert_string_equal(config->dead_letter_topic, "orders.rokt-dead-letter");
    assert_null(config->ca_file);
    free(found);
    config_free(config);
    error_list_done(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_configuration_has_all_defaults),
        cmocka_unit_test(the_other_api_has_other_defaults_and_needs_no_account),
        cmocka_unit_test(everything_can_be_set),
        cmocka_unit_test(a_topic_goes_by_its_name_before_any_pattern),
        cmocka_unit_test(relative_paths_start_at_the_configurations_folder),
        cmocka_unit_test(all_errors_are_told_with_their_places),
        cmocka_unit_test(no_error_shows_a_secret),
        cmocka_unit_test(with_brokers_that_time_sessions_the_poll_interval_counts_alone),
        cmocka_unit_test(a_file_that_is_missing_is_an_error),
        cmocka_unit_test(what_has_errors_can_be_examined_and_not_loaded),
        cmocka_unit_test(keys_of_another_shape_are_a_warning),
        cmocka_unit_test(what_is_the_other_api_s_is_a_warning),
        cmocka_unit_test(the_number_of_topics_is_bounded),
        cmocka_unit_test(the_reference_in_the_readme_is_the_table),
        cmocka_unit_test(nobody_watches_where_it_is_off),
        cmocka_unit_test(the_example_is_a_good_configuration),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
