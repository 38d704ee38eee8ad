#include "options.h"

#include "catalogue.h"
#include "fault.h"

#include <errno.h>
#include <stdlib.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_NUMBER, KIND_LIST };

/* One row an option; `place` is where its value is in struct options. */
static const struct option {
    const char *name;
    const char *argument; /* NULL: none */
    enum kind kind;
    size_t place;
    uint64_t max; /* of a number */
    const char *doc;
} table[] = {
    {"--listen", "ADDRESS:PORT", KIND_TEXT, offsetof(struct options, listen), 0,
     "where the Event API listens; 127.0.0.1:0, a port that is free, unless given"},
    {"--audience-port", "PORT", KIND_NUMBER, offsetof(struct options, audience_port), UINT16_MAX,
     "where the Event and Audience API listens, at the same address; 0, one that is free, unless "
     "given"},
    {"--plain", NULL, KIND_FLAG, offsetof(struct options, plain), 0, "HTTP instead of HTTPS"},
    {"--ca-file", "FILE", KIND_TEXT, offsetof(struct options, ca_file), 0,
     "where to write the authority's certificate for clients; a temporary file unless given"},
    {"--account-id", "ID", KIND_TEXT, offsetof(struct options, account_id), 0,
     "the account that the Event API accepts; sandbox"},
    {"--public-key", "KEY", KIND_TEXT, offsetof(struct options, public_key), 0,
     "its credentials; rpub-sandbox"},
    {"--secret-key", "KEY", KIND_TEXT, offsetof(struct options, secret_key), 0,
     "its credentials; rsec-sandbox"},
    {"--api-key", "KEY", KIND_TEXT, offsetof(struct options, api_key), 0,
     "the credentials of the Event and Audience API; key-sandbox"},
    {"--api-secret", "SECRET", KIND_TEXT, offsetof(struct options, api_secret), 0,
     "the credentials of the Event and Audience API; secret-sandbox"},
    {"--strict-request", NULL, KIND_FLAG, offsetof(struct options, strict_request), 0,
     "one bad event refuses its whole request (400) instead of itself; of the Event API"},
    {"--any-time", NULL, KIND_FLAG, offsetof(struct options, any_time), 0,
     "takes conversions however long ago they happened, or will"},
    {"--rate", "N", KIND_NUMBER, offsetof(struct options, limits.rate), RATE_MAX,
     "each API takes at most N conversions in any second, and answers 429 to more; 0, any number, "
     "unless given"},
    {"--acceleration", "PERCENT", KIND_NUMBER, offsetof(struct options, limits.acceleration),
     RATE_ACCELERATION_MAX,
     "and at most so many per cent more than in the highest second of the ten before, and a tenth "
     "of N besides"},
    {"--fault", "FAULT", KIND_LIST, offsetof(struct options, faults), 0,
     "what goes wrong, see below; may be repeated"},
    {"--scenario", "FILE", KIND_TEXT, offsetof(struct options, scenario), 0,
     "faults as a JSON array, before those of --fault"},
    {"--seed", "N", KIND_NUMBER, offsetof(struct options, seed), UINT64_MAX,
     "of everything random: shares of faults, orders; 1"},
    {"--account-file", "FILE", KIND_TEXT, offsetof(struct options, account_file), 0,
     "where to write the account too, at the end"},
    {"--journal", "FILE", KIND_TEXT, offsetof(struct options, journal), 0,
     "a line of JSON for each request of which conversions were taken: when, which, and whether "
     "the "
     "client was told"},
    {"--ready-file", "FILE", KIND_TEXT, offsetof(struct options, ready_file), 0,
     "where to write the line too that says that it is ready"},
    {"--kafka", NULL, KIND_FLAG, offsetof(struct options, kafka), 0,
     "a Kafka cluster as well (librdkafka's mock), with sample orders"},
    {"--topic", "NAME:PARTITIONS", KIND_LIST, offsetof(struct options, topics), 0,
     "an empty topic; may be repeated"},
    {"--shop", "SHOP=NAME:PARTITIONS", KIND_LIST, offsetof(struct options, shops), 0,
     "a topic of orders of a shop: shopify, woocommerce, stripe or adyen; may be repeated. Without "
     "--shop and --topic: each of them, in orders.SHOP, with 4, 2, 2 and 2 partitions"},
    {"--orders", "N", KIND_NUMBER, offsetof(struct options, orders), CATALOGUE_ORDERS_MAX,
     "how many orders, shared by the topics' partitions; 1000"},
    {"--size", "BYTES", KIND_NUMBER, offsetof(struct options, size), ORDER_SIZE_MAX,
     "pads orders to about that size"},
    {"--group", "NAME", KIND_TEXT, offsetof(struct options, group), 0,
     "the consumer group whose commits are shown; orders are produced as it commits, so that there "
     "may be more than the mock cluster keeps (5 MiB of a partition)"},
    {"--help", NULL, KIND_FLAG, offsetof(struct options, help), 0, "prints this"},
    {"--version", NULL, KIND_FLAG, offsetof(struct options, version), 0, "prints the version"},
};

#define TABLE_SIZE (sizeof table / sizeof table[0])

static bool read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool set(struct options *options, const struct option *option, const char *value,
                struct error *error)
{
    void *place = (char *)options + option->place;
    struct option_list *list = place;
    switch (option->kind) {
    case KIND_FLAG:
        *(bool *)place = true;
        return true;
    case KIND_TEXT:
        *(const char **)place = value;
        return true;
    case KIND_NUMBER:
        if (!read_number(value, option->max, place)) {
            error_set(error, "%s is a number up to %llu", option->name,
                      (unsigned long long)option->max);
            return false;
        }
        return true;
    case KIND_LIST:
        if (list->count == OPTIONS_LIST_MAX) {
            error_set(error, "%s may be given %d times", option->name, OPTIONS_LIST_MAX);
            return false;
        }
        list->items[list->count++] = value;
        return true;
    }
    return false;
}

/* The option that `argument` names, as "--name" or "--name=value". */
static const struct option *find(struct slice argument, struct error *error)
{
    struct slice name = slice_part(argument, 0, slice_find(argument, SLICE("=")));
    const char *names[TABLE_SIZE];
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        names[i] = table[i].name;
        if (slice_equal(name, slice_of(table[i].name))) {
            return &table[i];
        }
    }
    const char *nearest = error_nearest(name, names, TABLE_SIZE);
    error_set(error, "unknown option %.*s%s%s", SLICE_PRINT(name),
              nearest == NULL ? "" : "; the nearest is ", nearest == NULL ? "" : nearest);
    return NULL;
}

/* Reads one option at argv[index], and returns how many arguments it took; 0 for an error. */
static int read_option(struct options *options, char *const argv[], int index, int argc,
                       struct error *error)
{
    struct slice argument = slice_of(argv[index]);
    size_t equals = slice_find(argument, SLICE("="));
    const struct option *option = find(argument, error);
    if (option == NULL) {
        return 0;
    }
    if (option->kind == KIND_FLAG && equals != SIZE_MAX) {
        error_set(error, "%s takes no value", option->name);
        return 0;
    }
    bool apart = option->kind != KIND_FLAG && equals == SIZE_MAX;
    if (apart && index + 1 == argc) {
        error_set(error, "%s wants a value: %s", option->name, option->argument);
        return 0;
    }
    const char *value = apart ? argv[index + 1] : argument.data + equals + 1;
    if (option->kind == KIND_FLAG) {
        value = NULL;
    }
    if (!set(options, option, value, error)) {
        return 0;
    }
    return apart ? 2 : 1;
}

/* What was given but would have no effect is a mistake. */
static bool check(const struct options *options, struct error *error)
{
    bool of_kafka = options->topics.count > 0 || options->shops.count > 0 ||
                    options->orders_given || options->size > 0 || options->group != NULL;
    if (of_kafka && !options->kafka) {
        error_set(error, "--topic, --shop, --orders, --size and --group go with --kafka");
        return false;
    }
    if (options->plain && options->ca_file != NULL) {
        error_set(error, "--ca-file has no use with --plain");
        return false;
    }
    if (!rate_rules_check(&options->limits, error)) {
        error_prefix(error, "--acceleration");
        return false;
    }
    if (options->orders > 0 && options->orders_given && options->topics.count > 0 &&
        options->shops.count == 0) {
        error_set(error, "--orders needs a --shop when there is a --topic");
        return false;
    }
    return true;
}

bool options_parse(int argc, char *const argv[], struct options *ret_options, struct error *error)
{
    const uint64_t unset = UINT64_MAX;
    struct options options = {
        .listen = "127.0.0.1:0",
        .account_id = "sandbox",
        .public_key = "rpub-sandbox",
        .secret_key = "rsec-sandbox",
        .api_key = "key-sandbox",
        .api_secret = "secret-sandbox",
        .seed = 1,
        .orders = unset,
    };
    for (int index = 1; index < argc;) {
        int taken = read_option(&options, argv, index, argc, error);
        if (taken == 0) {
            return false;
        }
        index += taken;
    }
    options.orders_given = options.orders != unset;
    if (!options.orders_given) {
        options.orders = 1000;
    }
    if (!check(&options, error)) {
        return false;
    }
    *ret_options = options;
    return true;
}

bool options_topic(const char *text, struct slice *ret_name, uint32_t *ret_partitions,
                   struct error *error)
{
    struct slice topic = slice_of(text);
    size_t colon = slice_find(topic, SLICE(":"));
    uint64_t partitions = 0;
    if (colon == SIZE_MAX || !read_number(text + colon + 1, UINT32_MAX, &partitions)) {
        error_set(error, "\"%s\" is no NAME:PARTITIONS", text);
        return false;
    }
    *ret_name = slice_part(topic, 0, colon);
    *ret_partitions = (uint32_t)partitions;
    return true;
}

/* The text behind the option, broken into lines. */
static void write_doc(const char *doc, size_t indent, struct buffer *buffer)
{
    const size_t width = 96;
    struct slice rest = slice_of(doc);
    size_t column = indent;
    while (rest.size > 0) {
        size_t space = slice_find(rest, SLICE(" "));
        struct slice word = slice_part(rest, 0, space);
        rest = space == SIZE_MAX ? (struct slice){NULL, 0} : slice_part(rest, space + 1, SIZE_MAX);
        if (column > indent && column + 1 + word.size > width) {
            buffer_printf(buffer, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buffer_append_byte(buffer, ' ');
            column++;
        }
        buffer_append(buffer, word);
        column += word.size;
    }
    buffer_append_byte(buffer, '\n');
}

void options_help(struct buffer *buffer)
{
    buffer_append(buffer, SLICE("rokt-sandbox [OPTION …]\n\n"
                                "A local, strict stand-in of Rokt's Event API and of its Event and "
                                "Audience API, with an account of\nall that they received, and, if "
                                "wanted, a Kafka cluster with sample orders.\n\n"));
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        size_t mark = buffer->size;
        buffer_printf(buffer, "  %s %s", table[i].name,
                      table[i].argument == NULL ? "" : table[i].argument);
        size_t used = buffer->size - mark;
        buffer_printf(buffer, used < 31 ? "%*s" : "\n%*s", (int)(used < 31 ? 32 - used : 32), "");
        write_doc(table[i].doc, 32, buffer);
    }
    buffer_append(buffer, SLICE("\nA fault is written as key=value,key=value … or as a JSON object "
                                "with the same keys:\n\n"));
    fault_keys_write(buffer);
    buffer_append(
        buffer,
        SLICE("\nExamples: status=503,share=0.2   status=429,every=5,header=Retry-After: 1\n"
              "          reset,share=0.05,accept  delay=200,share=0.1\n\n"
              "Prints one line of JSON when it is ready, and the account as another at the end "
              "(SIGTERM or SIGINT).\nExit codes: 0 ended by a signal, 1 failed, 2 wrong usage.\n"));
}
