#include "setup.h"

#include "base/memory.h"

#include <stdlib.h>

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

    if (check_each_property(config, errors) &&
        !consumer_properties_check(properties, config->property_count, &error)) {
        document_error(config->document, errors,
                       node_child(document_root(config->document), "kafka")->key_place,
                       "these properties do not go together, or one that is needed is missing: see "
                       "librdkafka's CONFIGURATION.md",
                       "librdkafka: %s", error.text);
    }
    free(properties);
}

static void load_mappings(struct setup *setup, struct error_list *errors)
{
    const struct config *config = setup->config;

    setup->mappings = memory_new(config->route_count, sizeof *setup->mappings);
    for (size_t i = 0; i < config->route_count; i++) {
        setup->mappings[i] = mapping_load(config->routes[i].mapping, errors);
        if (setup->mappings[i] == NULL) {
            document_error(config->document, errors, config->routes[i].mapping_place,
                           "mend the errors that are shown for that file",
                           "this mapping cannot be used");
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

bool setup_load(const char *path, struct setup *ret_setup, struct error_list *errors)
{
    *ret_setup = (struct setup){0};
    ret_setup->config = config_load(path, errors);
    if (ret_setup->config == NULL) {
        return false;
    }
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
