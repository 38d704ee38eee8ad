#include "setup.h"

#include "base/memory.h"
#include "config/amount.h"
#include "rokt/event_api.h"
#include "rokt/event_audience_api.h"

#include <stdlib.h>
#include <unistd.h>

_Static_assert(CONFIG_LAST_COMMIT_MS >= CONSUMER_COMMIT_NOW_MS,
               "a commit at once could take the member out of its group");

const struct rokt_api *const setup_apis[SETUP_API_COUNT] = {
    [CONFIG_API_EVENT] = &rokt_event_api,
    [CONFIG_API_EVENT_AND_AUDIENCE] = &rokt_event_audience_api,
};

/* Sent with keys that stand for one account, conversions of another would be counted there. */
const char *setup_fault(const struct rokt_api *api, const struct mapping *mapping)
{
    return !api->accounts && mapping_names_account(mapping)
               ? "the mapping names an account, and the keys of this API stand for one"
               : NULL;
}

static void choose_api(struct setup *setup)
{
    static const enum privacy_email emails[] = {[CONFIG_EMAIL_PLAIN] = PRIVACY_EMAIL_PLAIN,
                                                [CONFIG_EMAIL_SHA256] = PRIVACY_EMAIL_SHA256,
                                                [CONFIG_EMAIL_BOTH] = PRIVACY_EMAIL_BOTH};
    const struct config *config = setup->config;

    setup->api = *setup_apis[config->api];
    setup->api.settings.email = emails[config->email];
    setup->api.settings.development = config->environment == CONFIG_DEVELOPMENT;
}

static void check_batch(const struct setup *setup, struct error_list *errors)
{
    const struct node *node = option_find(setup->config->document, "rokt.batch.bytes");
    char max[AMOUNT_SIZE];

    if (node != NULL && setup->config->options_whole &&
        setup->config->batch_bytes > (int64_t)setup->api.bytes_max) {
        amount_format(AMOUNT_BYTES, (int64_t)setup->api.bytes_max, max);
        document_error(setup->config->document, errors, node->place,
                       "leave it out: the default is the most that the API takes",
                       "rokt.batch.bytes must be at most %s with this rokt.api", max);
    }
}

/* The names and values of the section kafka are librdkafka's: each by itself … */
static bool check_each_property(const struct config *config, struct error_list *errors)
{
    bool fine = true;

    for (size_t i = 0; i < config->property_count; i++) {
        const struct config_property *property = &config->properties[i];
        struct error error;
        struct error hint;

        if (!consumer_property_check(property->name, property->value, &error, &hint)) {
            document_error(config->document, errors, property->name_place,
                           hint.text[0] == '\0' ? NULL : hint.text, "%s", error.text);
            fine = false;
        }
    }
    return fine;
}

/* … and all together. */
static void check_properties(const struct config *config, struct error_list *errors)
{
    struct consumer_property *properties = setup_kafka_properties(config);
    struct error error;

    if (check_each_property(config, errors) && config->properties_whole &&
        !consumer_properties_check(properties, config->property_count, &error)) {
        document_error(config->document, errors,
                       node_child(document_root(config->document), "kafka")->key_place,
                       "these properties do not go together, or one that is needed is missing: see "
                       "librdkafka's CONFIGURATION.md",
                       "librdkafka: %s", error.text);
    }
    free(properties);
}

/* To the API that takes what it makes. */
static void fit_mapping(const struct setup *setup, size_t route, struct error_list *errors)
{
    const struct config *config = setup->config;
    struct mapping *mapping = setup->mappings[route];

    mapping_limit_values(mapping, setup->api.value_max);
    if (config->options_whole && setup_fault(&setup->api, mapping) != NULL) {
        document_error(config->document, errors, config->routes[route].mapping_place,
                       "take it out of the mapping; for several accounts, run a relay for each",
                       "%s", setup_fault(&setup->api, mapping));
    }
}

struct mapping *setup_mapping(const struct rokt_api *api, const char *path,
                              struct error_list *errors)
{
    struct mapping *mapping = mapping_load(path, errors);
    const char *fault = mapping == NULL ? NULL : setup_fault(api, mapping);

    if (fault != NULL) {
        error_list_add(errors, ERROR_GRADE_ERROR, &(struct source){path, {NULL, 0}},
                       (struct place){0}, fault, "take it out of the mapping");
        mapping_free(mapping);
        return NULL;
    }
    if (mapping != NULL) {
        mapping_limit_values(mapping, api->value_max);
    }
    return mapping;
}

/* Whether a route before has the same mapping. */
static bool is_loaded_before(const struct config *config, size_t route)
{
    for (size_t i = 0; i < route; i++) {
        const char *other = config->routes[i].mapping;
        if (other != NULL && strcmp(other, config->routes[route].mapping) == 0) {
            return true;
        }
    }
    return false;
}

/* What there is to say of a mapping that several routes have is said once. */
static void load_mapping(struct setup *setup, size_t route, struct error_list *errors)
{
    const struct config *config = setup->config;
    const char *path = config->routes[route].mapping;
    struct error_list said = {.count = 0};

    setup->mappings[route] = mapping_load(path, is_loaded_before(config, route) ? &said : errors);
    error_list_done(&said);
    if (setup->mappings[route] == NULL) {
        document_error(config->document, errors, config->routes[route].mapping_place,
                       "mend the errors that are shown for that file",
                       "this mapping cannot be used");
    } else {
        fit_mapping(setup, route, errors);
    }
}

static void load_mappings(struct setup *setup, struct error_list *errors)
{
    const struct config *config = setup->config;

    setup->mappings = memory_new(config->route_count, sizeof *setup->mappings);
    for (size_t i = 0; i < config->route_count; i++) {
        if (config->routes[i].mapping != NULL) {
            load_mapping(setup, i, errors);
        }
    }
}

struct consumer_property *setup_kafka_properties(const struct config *config)
{
    struct consumer_property *properties =
        memory_new(config->property_count + 1, sizeof *properties);

    for (size_t i = 0; i < config->property_count; i++) {
        properties[i].name = config->properties[i].name;
        properties[i].value = config->properties[i].value;
    }
    return properties;
}

struct consumer_subscription *setup_kafka_subscriptions(const struct config *config)
{
    struct consumer_subscription *subscriptions =
        memory_new(config->route_count, sizeof *subscriptions);

    for (size_t i = 0; i < config->route_count; i++) {
        subscriptions[i].topics = (const char *const *)config->routes[i].topics;
        subscriptions[i].topic_count = config->routes[i].topic_count;
    }
    return subscriptions;
}

struct log *setup_log(const struct config *config)
{
    static const enum log_format formats[] = {[CONFIG_LOG_AUTO] = LOG_FORMAT_AUTO,
                                              [CONFIG_LOG_JSON] = LOG_FORMAT_JSON,
                                              [CONFIG_LOG_TEXT] = LOG_FORMAT_TEXT};
    static const enum log_level levels[] = {[CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG,
                                            [CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
                                            [CONFIG_LOG_WARNING] = LOG_LEVEL_WARNING,
                                            [CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR};

    return log_new(STDERR_FILENO, formats[config->log_format], levels[config->log_level]);
}

bool setup_load(const char *path, struct setup *ret_setup, struct error_list *errors)
{
    *ret_setup = (struct setup){0};
    ret_setup->config = config_examine(path, errors);
    if (ret_setup->config == NULL) {
        return false;
    }
    choose_api(ret_setup);
    check_batch(ret_setup, errors);
    check_properties(ret_setup->config, errors);
    load_mappings(ret_setup, errors);
    return errors->errors == 0;
}

void setup_release(struct setup *setup)
{
    if (setup->mappings != NULL) {
        for (size_t i = 0; i < setup->config->route_count; i++) {
            mapping_free(setup->mappings[i]);
        }
        free(setup->mappings);
    }
    config_free(setup->config);
    *setup = (struct setup){0};
}
