#include "properties.h"

#include "base/memory.h"
#include "config/reference.h"

#include <stdlib.h>

const struct config_property *properties_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->property_count; i++) {
        if (strcmp(config->properties[i].name, name) == 0) {
            return &config->properties[i];
        }
    }
    return NULL;
}

/* A list or a mapping is what people write who know the names from other programs. */
static void refuse_collection(const struct config *config, const struct node *node,
                              struct error_list *errors)
{
    const char *hint = node->kind == NODE_SEQUENCE
                           ? "write a list as one text, with commas between"
                           : "write the whole name in one line, as group.id: orders";
    document_error(config->document, errors, node->place, hint,
                   "a property of Kafka is a single value");
}

static bool is_property_name(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~') {
            return false;
        }
    }
    return name.size > 0;
}

static void add_property(struct config *config, const struct node *node, char *value)
{
    config->properties[config->property_count++] = (struct config_property){
        .name = memory_string(node->key),
        .value = value,
        .name_place = node->key_place,
        .value_place = node->place,
    };
}

/* What the section must hold, and what to do about it. */
static const struct {
    const char *name;
    const char *hint;
} required_properties[] = {
    {"bootstrap.servers", "write bootstrap.servers: host-1:9092,host-2:9092"},
    {"group.id", "write group.id: and a name; relays of one name share the work"},
};
static const size_t required_count = sizeof required_properties / sizeof required_properties[0];

/* Empty means not set, which is fine for the others. */
static void refuse_empty(const struct config *config, const struct node *node,
                         struct error_list *errors)
{
    for (size_t i = 0; i < required_count; i++) {
        if (slice_equal(node->key, slice_of(required_properties[i].name))) {
            document_error(config->document, errors, node->place, required_properties[i].hint,
                           "%s must not be empty", required_properties[i].name);
        }
    }
}

static void read_value(struct config *config, const struct node *node, struct error_list *errors)
{
    char *value = node_is_null(node) ? memory_string(SLICE(""))
                                     : reference_expand(config->document, node, errors);
    if (value == NULL) {
        return;
    }
    if (value[0] == '\0') {
        refuse_empty(config, node, errors);
        free(value);
        return;
    }
    add_property(config, node, value);
}

static void read_property(struct config *config, const struct node *node, struct error_list *errors)
{
    if (node->kind != NODE_SCALAR) {
        refuse_collection(config, node, errors);
    } else if (!is_property_name(node->key)) {
        document_error(config->document, errors, node->key_place, NULL,
                       "Kafka has no property of this name");
    } else if (!node->unquoted) {
        read_value(config, node, errors);
    }
}

void properties_read(struct config *config, const struct node *kafka, struct error_list *errors)
{
    if (kafka->kind != NODE_MAPPING) {
        document_error(config->document, errors, kafka->place, required_properties[0].hint,
                       "kafka must be a mapping of librdkafka's properties");
        return;
    }
    config->properties = memory_new(kafka->count, sizeof *config->properties);
    for (const struct node *node = kafka->first; node != NULL; node = node->next) {
        read_property(config, node, errors);
    }
    for (size_t i = 0; i < required_count; i++) {
        if (node_child(kafka, required_properties[i].name) == NULL) {
            document_error(config->document, errors, kafka->key_place, required_properties[i].hint,
                           "%s is missing in kafka", required_properties[i].name);
        }
    }
}

void properties_free(struct config *config)
{
    for (size_t i = 0; i < config->property_count; i++) {
        free(config->properties[i].name);
        free(config->properties[i].value);
    }
    free(config->properties);
    config->properties = NULL;
    config->property_count = 0;
}
