#include "config/topic.h"

#include <regex.h>

bool topic_is_pattern(const char *topic)
{
    return topic[0] == '^';
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

bool topic_check_name(const char *topic, struct error *error)
{
    size_t size = strlen(topic);
    if (size == 0) {
        error_set(error, "a topic's name must not be empty");
        return false;
    }
    if (size > TOPIC_NAME_MAX) {
        error_set(error, "a topic's name has at most %d characters", TOPIC_NAME_MAX);
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!is_name_byte(topic[i])) {
            error_set(error, "a topic's name has only letters, digits, \".\", \"_\" and \"-\"");
            return false;
        }
    }
    if (strcmp(topic, ".") == 0 || strcmp(topic, "..") == 0) {
        error_set(error, "Kafka allows no topic of this name");
        return false;
    }
    return true;
}

static bool check_pattern(const char *pattern, struct error *error)
{
    if (strlen(pattern) > TOPIC_PATTERN_MAX) {
        error_set(error, "a pattern of topics has at most %d bytes", TOPIC_PATTERN_MAX);
        return false;
    }
    regex_t regex;
    int result = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (result == 0) {
        regfree(&regex);
        return true;
    }
    char reason[ERROR_SIZE];
    (void)regerror(result, &regex, reason, sizeof reason);
    error_set(error, "this is no regular expression: %s", reason);
    return false;
}

bool topic_check(const char *topic, struct error *error)
{
    return topic_is_pattern(topic) ? check_pattern(topic, error) : topic_check_name(topic, error);
}

bool topic_fits(const char *topic, const char *name)
{
    if (!topic_is_pattern(topic)) {
        return strcmp(topic, name) == 0;
    }
    regex_t regex;
    if (regcomp(&regex, topic, REG_EXTENDED | REG_NOSUB) != 0) {
        return false;
    }
    bool fits = regexec(&regex, name, 0, NULL, 0) == 0;
    regfree(&regex);
    return fits;
}
