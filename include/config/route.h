/* route: the section routes: which mapping the messages of which topics go through.
 *
 * A topic goes one way: the route that has its name, else the first with a pattern that fits it. The room
 * kafka goes by the same rule. */
#ifndef CONFIG_ROUTE_H
#define CONFIG_ROUTE_H

#include "config/config.h"

#define ROUTE_TOPICS_MAX 1000 /* of all routes together */

/* Fills the routes of `config` from the section's node, which is not null. What is wrong is added to
 * `errors`, and left out. */
void route_read(struct config *config, const struct node *routes, struct error_list *errors);
void route_free(struct config *config);

/* The route that the topic of this name goes, or NULL. */
const struct config_route *route_find(const struct config *config, const char *name);

#endif
