/* setup: a configuration with everything that it names: checked as a whole, ready to start from.
 *
 * The one place where the rooms' checks come together, so that `check` and `run` find the same errors. */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "base/log.h"
#include "config/config.h"
#include "kafka/consumer.h"
#include "mapping/mapping.h"
#include "rokt/api.h"

#define SETUP_API_COUNT 2

/* By enum config_api; each has the name that rokt.api calls it by. */
extern const struct rokt_api *const setup_apis[SETUP_API_COUNT];

struct setup {
    struct config *config;
    struct rokt_api api;       /* with the configuration's settings */
    struct mapping **mappings; /* by route */
};

/* Why the API cannot take what the mapping makes; NULL when it can. */
const char *setup_fault(const struct rokt_api *api, const struct mapping *mapping);

/* A mapping that no configuration names, for that API; to be freed. NULL, with the errors in `errors`, when it
 * has some, or the API cannot take what it makes. */
struct mapping *setup_mapping(const struct rokt_api *api, const char *path,
                              struct error_list *errors);

/* False, with all errors in `errors`, when there is one. `ret_setup` is to be released in any case. */
__attribute__((warn_unused_result)) bool setup_load(const char *path, struct setup *ret_setup,
                                                    struct error_list *errors);
void setup_release(struct setup *setup);

/* The properties of the section kafka as the room kafka wants them; to be freed, their texts stay the
 * configuration's. */
struct consumer_property *setup_kafka_properties(const struct config *config);

/* Its routes likewise, in their order. */
struct consumer_subscription *setup_kafka_subscriptions(const struct config *config);

/* A log to standard error as the configuration wants it. */
struct log *setup_log(const struct config *config);

#endif
