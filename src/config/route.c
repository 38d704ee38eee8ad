#include "config/route.h"

#include "base/memory.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/topic.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const keys[] = {"topics", "mapping"};
static const char example[] = "write {topics: [orders], mapping: mappings/shop.yaml}";

/* A topic that has been read, to compare the later ones with. */
struct seen {
    const char *topic;
    size_t line;
};

struct routing {
    struct config *config;
    struct error_list *errors;
    struct seen *seen; /* of ROUTE_TOPICS_MAX */
    size_t seen_count;
};

static void refuse(const struct routing *routing, struct place place, const char *hint,
                   const char *problem)
{
    document_error(routing->config->document, routing->errors, place, hint, "%s", problem);
}

/* The value as text; NULL, and an error, when it is none, or empty. */
static char *read_text(const struct routing *routing, const struct node *node, const char *what)
{
    if (node->kind != NODE_SCALAR) {
        document_error(routing->config->document, routing->errors, node->place, example,
                       "%s is a single value", what);
        return NULL;
    }
    if (node->unquoted) {
        return NULL;
    }
    char *text = node_is_null(node)
                     ? memory_string(SLICE(""))
                     : reference_expand(routing->config->document, node, routing->errors);
    if (text != NULL && text[0] == '\0') {
        document_error(routing->config->document, routing->errors, node->place, example,
                       "%s must not be empty", what);
        free(text);
        return NULL;
    }
    return text;
}

/* The same name, or the same pattern. */
static bool is_taken(const struct routing *routing, const struct node *node, const char *topic)
{
    for (size_t i = 0; i < routing->seen_count; i++) {
        const struct seen *seen = &routing->seen[i];
        if (strcmp(seen->topic, topic) == 0) {
            char hint[64];
            (void)snprintf(hint, sizeof hint, "it is the one in line %zu", seen->line);
            refuse(routing, node->place, hint, "this topic stands in a route already");
            return true;
        }
    }
    return false;
}

static void add_topic(struct routing *routing, struct config_route *route, char *topic,
                      const struct node *node)
{
    route->topics = memory_resize(route->topics, route->topic_count + 1, sizeof *route->topics);
    route->topics[route->topic_count++] = topic;
    routing->seen[routing->seen_count++] = (struct seen){topic, node->place.line};
}

static void read_topic(struct routing *routing, struct config_route *route, const struct node *node)
{
    char *topic = read_text(routing, node, "a topic");
    if (topic == NULL) {
        return;
    }
    struct error error;
    if (routing->seen_count == ROUTE_TOPICS_MAX) {
        refuse(routing, node->place, "a pattern, as ^orders\\., takes many", "too many topics");
    } else if (!topic_check(topic, &error)) {
        const char *hint = topic_is_pattern(topic) ? NULL : "a regular expression begins with ^";
        refuse(routing, node->place, hint, error.text);
    } else if (!is_taken(routing, node, topic)) {
        add_topic(routing, route, topic, node);
        return;
    }
    free(topic);
}

static void read_topics(struct routing *routing, struct config_route *route,
                        const struct node *node)
{
    route->topics_place = node->place;
    if (node->kind == NODE_SCALAR) {
        read_topic(routing, route, node);
        return;
    }
    if (node->kind == NODE_MAPPING || node->count == 0) {
        refuse(routing, node->place, example, "topics is a topic or a list of them");
        return;
    }
    for (const struct node *topic = node->first; topic != NULL; topic = topic->next) {
        read_topic(routing, route, topic);
    }
}

static void read_mapping_path(struct routing *routing, struct config_route *route,
                              const struct node *node)
{
    route->mapping_place = node->place;
    char *path = read_text(routing, node, "mapping");
    if (path == NULL) {
        return;
    }
    route->mapping = file_resolve(document_source(routing->config->document)->name, path);
    free(path);
    struct error error;
    if (!file_readable(route->mapping, &error)) {
        error_prefix(&error, "cannot read the mapping");
        refuse(routing, node->place,
               "a path that does not begin with / starts at the folder of this file", error.text);
        free(route->mapping);
        route->mapping = NULL;
    }
}

static void refuse_key(const struct routing *routing, const struct node *node)
{
    const char *nearest = error_nearest(node->key, keys, sizeof keys / sizeof keys[0]);
    char hint[64] = "a route has topics and a mapping";
    if (nearest != NULL) {
        (void)snprintf(hint, sizeof hint, "the nearest known is \"%s\"", nearest);
    }
    document_error(routing->config->document, routing->errors, node->key_place, hint,
                   "unknown option \"%.*s\" of a route", SLICE_PRINT(node->key));
}

static void read_keys(struct routing *routing, struct config_route *route, const struct node *item)
{
    for (const struct node *node = item->first; node != NULL; node = node->next) {
        if (slice_equal(node->key, slice_of(keys[0]))) {
            read_topics(routing, route, node);
        } else if (slice_equal(node->key, slice_of(keys[1]))) {
            read_mapping_path(routing, route, node);
        } else {
            refuse_key(routing, node);
        }
    }
}

static void read_route(struct routing *routing, const struct node *item)
{
    if (item->kind != NODE_MAPPING) {
        refuse(routing, item->place, example, "a route is a mapping of topics and mapping");
        return;
    }
    struct config *config = routing->config;
    struct config_route *route = &config->routes[config->route_count++];
    read_keys(routing, route, item);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (node_child(item, keys[i]) == NULL) {
            document_error(config->document, routing->errors, item->place, example,
                           "%s is missing in this route", keys[i]);
        }
    }
}

void route_read(struct config *config, const struct node *routes, struct error_list *errors)
{
    struct routing routing = {.config = config, .errors = errors};
    if (routes->kind != NODE_SEQUENCE || routes->count == 0) {
        refuse(&routing, routes->place, "write - {topics: [orders], mapping: mappings/shop.yaml}",
               "routes is a list of at least one route");
        return;
    }
    routing.seen = memory_new(ROUTE_TOPICS_MAX, sizeof *routing.seen);
    config->routes = memory_new(routes->count, sizeof *config->routes);
    for (const struct node *item = routes->first; item != NULL; item = item->next) {
        read_route(&routing, item);
    }
    free(routing.seen);
}

void route_free(struct config *config)
{
    for (size_t i = 0; i < config->route_count; i++) {
        struct config_route *route = &config->routes[i];
        for (size_t j = 0; j < route->topic_count; j++) {
            free(route->topics[j]);
        }
        free(route->topics);
        free(route->mapping);
    }
    free(config->routes);
    config->routes = NULL;
    config->route_count = 0;
}

static const struct config_route *find(const struct config *config, const char *name, bool pattern)
{
    for (size_t i = 0; i < config->route_count; i++) {
        const struct config_route *route = &config->routes[i];
        for (size_t j = 0; j < route->topic_count; j++) {
            const char *topic = route->topics[j];
            if (topic_is_pattern(topic) == pattern && topic_fits(topic, name)) {
                return route;
            }
        }
    }
    return NULL;
}

const struct config_route *route_find(const struct config *config, const char *name)
{
    const struct config_route *route = find(config, name, false);
    return route != NULL ? route : find(config, name, true);
}
