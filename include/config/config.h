/* config: the configuration of a relay: one YAML file, read, checked and typed.
 *
 * Every option is a row of one table. What can be known without starting is checked here, all errors at
 * once with their places. The kafka section is carried as it stands: the names are librdkafka's, and
 * the room kafka checks them. Mapping files are named here and compiled by the room mapping. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/document.h"
#include "config/option.h"
#include "config/watch.h"

enum config_api { CONFIG_API_EVENT, CONFIG_API_EVENT_AND_AUDIENCE };
enum config_environment { CONFIG_PRODUCTION, CONFIG_DEVELOPMENT };
enum config_email { CONFIG_EMAIL_PLAIN, CONFIG_EMAIL_SHA256, CONFIG_EMAIL_BOTH };
enum config_compression { CONFIG_COMPRESSION_NONE, CONFIG_COMPRESSION_GZIP };
enum config_log_format { CONFIG_LOG_AUTO, CONFIG_LOG_JSON, CONFIG_LOG_TEXT };
enum config_log_level { CONFIG_LOG_DEBUG, CONFIG_LOG_INFO, CONFIG_LOG_WARNING, CONFIG_LOG_ERROR };

/* How long the commit may take that ends a rebalance; at least the room kafka's CONSUMER_COMMIT_NOW_MS. */
#define CONFIG_LAST_COMMIT_MS 10000

/* One property of the section kafka, its references put in. */
struct config_property {
    char *name;
    char *value;
    struct place name_place;
    struct place value_place;
};

/* Which mapping the messages of which topics go through. */
struct config_route {
    char **topics; /* names, or ^regular expressions */
    size_t topic_count;
    char *
        mapping; /* path of the file, relative ones made relative to the configuration's folder; NULL,
                      with an error, when it is not there or cannot be read */
    struct place topics_place;
    struct place mapping_place;
};

struct config {
    struct document *document; /* for errors that others find in it later */
    struct watch *watch;       /* the files that the section rokt comes from, this one included */

    bool options_whole;    /* all options could be read; if not, some have their defaults */
    bool properties_whole; /* so could kafka */

    struct config_property *properties; /* of kafka */
    size_t property_count;
    struct config_route *routes;
    size_t route_count;

    int api;          /* enum config_api */
    char *base_url;   /* scheme and host, without a slash at its end */
    char *account_id; /* NULL: none is needed */
    char *public_key;
    char *secret_key;
    int environment;          /* enum config_environment */
    char *ca_file;            /* NULL: the system's */
    char *crl_file;           /* NULL: none; this and those below too */
    char *client_certificate; /* path of the file */
    char *client_key;         /* path; NULL: it is in the certificate's file */
    char *client_key_password;
    char *proxy_url;
    char *proxy_user;
    char *proxy_password;
    int64_t rate; /* conversions a second; 0: no limit */
    int64_t batch_events;
    int64_t batch_bytes;
    int64_t batch_linger_ms;
    int64_t requests_in_flight;
    int64_t requests_timeout_ms;
    int64_t requests_connect_timeout_ms;
    int64_t requests_stall_timeout_ms;
    int requests_compression; /* enum config_compression */
    int64_t backoff_base_ms;
    int64_t backoff_cap_ms;
    int64_t probe_interval_ms;

    int email; /* enum config_email: what is sent of an address */

    char *dead_letter_topic;
    int64_t dead_percent_max; /* of a mapping's messages */

    int64_t open_partition_max; /* messages of a partition, from its oldest open one on */
    int64_t open_max;           /* of all partitions */
    int64_t commit_interval_ms;
    int64_t drain_timeout_ms;    /* on a rebalance */
    int64_t shutdown_timeout_ms; /* on SIGTERM */

    char *admin_listen; /* address and port; NULL: nowhere */
    int64_t stall_timeout_ms;
    bool ready_on_hold;

    int log_level;  /* enum config_log_level */
    int log_format; /* enum config_log_format */
};

/* The table, for the reference. */
extern const struct option config_options[];
extern const size_t config_option_count;

/* NULL, with the errors in `errors`, when there is one; warnings alone do not fail it. */
struct config *config_load(const char *path, struct error_list *errors);

/* The same, but when there are errors, it gives what could be read: for nothing else than finding more of
 * them. NULL when the file is no configuration at all. */
struct config *config_examine(const char *path, struct error_list *errors);
void config_free(struct config *config);

#endif
