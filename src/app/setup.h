/* setup: a configuration with everything that it names: checked as a whole, ready to start from.
 *
 * The one place where the rooms' checks come together, so that `check` and `run` find the same errors. */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "config/config.h"
#include "kafka/consumer.h"
#include "mapping/mapping.h"

struct setup {
    struct config *config;
    struct mapping **mappings; /* by route */
};

/* False, with all errors in `errors`, when there is one. `ret_setup` is to be released in any case. */
__attribute__((warn_unused_result)) bool setup_load(const char *path, struct setup *ret_setup,
                                                    struct error_list *errors);
void setup_release(struct setup *setup);

/* The properties of the section kafka as the room kafka wants them; to be freed, their texts stay the
 * configuration's. */
struct consumer_property *setup_kafka_properties(const struct config *config);

#endif
