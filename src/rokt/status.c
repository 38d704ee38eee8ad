#include "status.h"

#include "rokt/scrub.h"

#include <limits.h>
#include <stdio.h>

/* None of these is documented for the Event and Audience API, and of the Event API's 5xx only 500, 502
 * and 503. */
static const struct status_rule common_rules[] = {
    {300, 399, ROKT_HOLD, false,
     "a redirect, which is never followed with credentials: check the address"},
    {404, 404, ROKT_HOLD, false, "there is no such path: check the address"},
    {405, 405, ROKT_HOLD, false, "the method is not allowed there: check the address"},
    {408, 408, ROKT_RETRY, false, "the server timed out"},
    {413, 413, ROKT_SPLIT, false, "the request is too large"},
    {415, 415, ROKT_HOLD, false, "the type of the content was refused: check the address"},
    {425, 425, ROKT_RETRY, false, "too early"},
    {429, 429, ROKT_RETRY, false, "too many requests"},
    {500, 599, ROKT_RETRY, false, "the server failed"},
    {INT_MIN, INT_MAX, ROKT_HOLD, false, "an answer that is not documented"},
};

static bool holds(const struct status_rule *rule, int status)
{
    return status >= rule->from && status <= rule->to;
}

const struct status_rule *status_find(const struct status_rule own[], size_t count, int status)
{
    for (size_t i = 0; i < count; i++) {
        if (holds(&own[i], status)) {
            return &own[i];
        }
    }
    const struct status_rule *rule = common_rules;
    while (!holds(rule, status)) {
        rule++; /* the last row holds any */
    }
    return rule;
}

static void scrub(struct slice code, struct slice message, struct rokt_complaint *ret_complaint)
{
    struct slice known = scrub_code(code);
    (void)snprintf(ret_complaint->code, sizeof ret_complaint->code, "%.*s", SLICE_PRINT(known));
    scrub_message(message, ret_complaint->message);
}

void status_describe(const struct status_rule *rule, int status, struct slice code,
                     struct slice message, struct error *ret_cause,
                     struct rokt_complaint *ret_complaint)
{
    scrub(code, message, ret_complaint);
    const char *known = ret_complaint->code;
    const char *words = ret_complaint->message;
    bool has_words = words[0] != '\0';
    error_set(ret_cause, "%d%s%s: %s%s%s%s", status, known[0] != '\0' ? " " : "", known,
              rule->meaning, has_words ? " (" : "", words, has_words ? ")" : "");
}

void status_describe_refusal(int status, struct slice code, struct slice message,
                             struct error *ret_cause, struct rokt_complaint *ret_complaint)
{
    scrub(code, message, ret_complaint);
    const char *known = ret_complaint->code;
    const char *words = ret_complaint->message;
    bool has_words = words[0] != '\0';
    error_set(ret_cause, "%d, but not taken: %s%s%s%s", status,
              known[0] != '\0' ? known : "no code", has_words ? " (" : "", words,
              has_words ? ")" : "");
}
