/* options: the command line of rokt-sandbox. */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "rate_limit.h"

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_LIST_MAX 64

/* The values of an option that may be repeated. */
struct option_list {
    const char *items[OPTIONS_LIST_MAX];
    size_t count;
};

/* Texts point into argv; NULL when they were not given and have no default. */
struct options {
    const char *listen;
    const char *ca_file;
    const char *account_id;
    const char *public_key;
    const char *secret_key;
    const char *api_key; /* of the Event and Audience API */
    const char *api_secret;
    const char *account_file;
    const char *journal;
    const char *ready_file;
    const char *group;
    const char *scenario;
    uint64_t audience_port;
    struct rate_rules limits;
    uint64_t seed;
    uint64_t orders;
    uint64_t size;
    struct option_list faults;
    struct option_list topics; /* NAME:PARTITIONS */
    struct option_list shops;  /* SHOP=TOPIC:PARTITIONS */
    bool plain;
    bool strict_request;
    bool any_time;
    bool kafka;
    bool orders_given;
    bool help;
    bool version;
};

/* False, with an error, for what is no command line of the program. */
__attribute__((warn_unused_result)) bool
options_parse(int argc, char *const argv[], struct options *ret_options, struct error *error);

/* What --help prints. */
void options_help(struct buffer *buffer);

/* Takes "NAME:PARTITIONS" apart; false when it is none. */
__attribute__((warn_unused_result)) bool options_topic(const char *text, struct slice *ret_name,
                                                       uint32_t *ret_partitions,
                                                       struct error *error);

#endif
