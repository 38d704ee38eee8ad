/* topic: names of Kafka's topics, and patterns of them.
 *
 * As librdkafka has it, what begins with ^ is a regular expression (POSIX extended) that is searched in the
 * names; all else is a name. */
#ifndef CONFIG_TOPIC_H
#define CONFIG_TOPIC_H

#include "base/error.h"

#define TOPIC_NAME_MAX 249 /* characters; a rule of Kafka's, like the others below */
#define TOPIC_PATTERN_MAX 1000

bool topic_is_pattern(const char *topic);

/* Whether Kafka allows the name: ASCII letters, digits, '.', '_' and '-', but neither "." nor "..".
 * `error` says what is wrong, without the name. */
__attribute__((warn_unused_result)) bool topic_check_name(const char *topic, struct error *error);

/* The same for a name or a pattern. */
__attribute__((warn_unused_result)) bool topic_check(const char *topic, struct error *error);

/* Whether the name is `topic`, or fits it when that is a pattern (a bad one fits nothing). */
bool topic_fits(const char *topic, const char *name);

#endif
