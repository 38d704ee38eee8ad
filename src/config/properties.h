/* properties: the section kafka: librdkafka's properties by their own names.
 *
 * What the names mean, the room kafka knows; here they are carried, and the two without which nothing can
 * be read are demanded. An empty value is as if the property were not there, so that a reference can
 * leave one out. */
#ifndef CONFIG_PROPERTIES_H
#define CONFIG_PROPERTIES_H

#include "config/config.h"

/* Fills the properties of `config` from the section's node, which is not null. What is wrong is added to
 * `errors`, and left out. */
void properties_read(struct config *config, const struct node *kafka, struct error_list *errors);
void properties_free(struct config *config);

/* NULL when it is not set. */
const struct config_property *properties_find(const struct config *config, const char *name);

#endif
