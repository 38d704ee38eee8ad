#include "rokt/event_api_answer.h"

#include "json/reader.h"
#include "rokt/scrub.h"

#include <limits.h>

/* What a status means. */
struct status_rule {
    int from, to;
    enum rokt_verdict verdict;
    bool by_body; /* the verdict holds only when the body bears it out */
    const char *meaning;
};

/* The first row that holds the status counts. Rows 401 and 403: Rokt's documentation; 409:
 * version 1 of the API, "this idempotency key was seen"; the other holds and 408 and 425 are
 * undocumented. */
static const struct status_rule status_rules[] = {
    {200, 299, ROKT_DONE, true, "accepted"},
    {300, 399, ROKT_HOLD, false,
     "a redirect, which is never followed with credentials: check the address"},
    {400, 400, ROKT_HOLD, false, "the request was refused"},
    {401, 401, ROKT_HOLD, false,
     "the keys were not accepted: check the public key and the secret key"},
    {403, 403, ROKT_HOLD, false,
     "the keys are not authorised for this account: check the account id"},
    {404, 404, ROKT_HOLD, false, "there is no such path: check the address"},
    {405, 405, ROKT_HOLD, false, "the method is not allowed there: check the address"},
    {408, 408, ROKT_RETRY, false, "the server timed out"},
    {409, 409, ROKT_DONE, false, "received before"},
    {413, 413, ROKT_HOLD, false, "the request is too large: lower the batch's size"},
    {415, 415, ROKT_HOLD, false, "the type of the content was refused: check the address"},
    {425, 425, ROKT_RETRY, false, "too early"},
    {429, 429, ROKT_RETRY, false, "too many requests"},
    {500, 599, ROKT_RETRY, false, "the server failed"},
    {INT_MIN, INT_MAX, ROKT_HOLD, false, "an answer that is not documented"},
};

static const struct status_rule *find_rule(int status)
{
    const struct status_rule *rule = status_rules;
    while (status < rule->from || status > rule->to) {
        rule++; /* the last row holds any */
    }
    return rule;
}

/* `data` is an object, and has been seen as an array of them. NULL when there is none. */
static const struct json_value *first_object(const struct json_value *data)
{
    if (data != NULL && data->kind == JSON_ARRAY) {
        data = data->first;
    }
    return data != NULL && data->kind == JSON_OBJECT ? data : NULL;
}

static struct slice text_of(const struct json_value *object, struct slice name)
{
    const struct json_value *value = json_member(object, name);
    return value != NULL && value->kind == JSON_STRING ? value->text : (struct slice){NULL, 0};
}

/* "400 RequestValidationError: the request was refused (event … required)" */
static void describe(const struct status_rule *rule, int status, const struct json_value *body,
                     struct error *ret_cause)
{
    const struct json_value *data = first_object(json_member(body, SLICE("data")));
    struct slice code = scrub_code(text_of(data, SLICE("code")));
    char words[SCRUB_SIZE];
    scrub_message(text_of(data, SLICE("message")), words);
    bool has_words = words[0] != '\0';
    error_set(ret_cause, "%d%s%.*s: %s%s%s%s", status, code.size > 0 ? " " : "", SLICE_PRINT(code),
              rule->meaning, has_words ? " (" : "", words, has_words ? ")" : "");
}

/* Records that were not taken, over all parts of an answer. */
struct refusals {
    size_t count;
    struct slice code; /* of the first that has one */
    bool mixed;        /* another has another */
    bool unclear;      /* something stands where it is not expected */
};

static void count_record(struct refusals *refusals, const struct json_value *record)
{
    struct slice code = scrub_code(text_of(json_member(record, SLICE("error")), SLICE("code")));
    refusals->count++;
    if (refusals->code.size == 0) {
        refusals->code = code;
    } else if (!slice_equal(refusals->code, code)) {
        refusals->mixed = true;
    }
}

/* One part of `data`. A code beside the records, or where they should be, is an error's body: proof
 * of nothing. */
static void count_records(struct refusals *refusals, const struct json_value *data)
{
    const struct json_value *records = json_member(data, SLICE("unprocessedRecords"));
    bool is_list = records == NULL || records->kind == JSON_NULL || records->kind == JSON_ARRAY;
    if (data->kind != JSON_OBJECT || json_member(data, SLICE("code")) != NULL || !is_list) {
        refusals->unclear = true;
        return;
    }
    const struct json_value *record = records == NULL ? NULL : records->first;
    for (; record != NULL; record = record->next) {
        count_record(refusals, record);
    }
}

static struct refusals find_refusals(const struct json_value *body)
{
    struct refusals refusals = {.unclear = body->kind != JSON_OBJECT};
    const struct json_value *data = json_member(body, SLICE("data"));
    if (data == NULL || data->kind == JSON_NULL) {
        return refusals;
    }
    if (data->kind != JSON_ARRAY) {
        count_records(&refusals, data);
        return refusals;
    }
    for (const struct json_value *part = data->first; part != NULL; part = part->next) {
        count_records(&refusals, part);
    }
    return refusals;
}

/* 2xx: done only when the body says so: a JSON object without unprocessed records. Everything else
 * is undocumented, also an empty body, and might come from whatever stands between us and Rokt: the
 * outcome is unknown, and sending again is safe because the ids stay the same. */
static enum rokt_verdict judge_body(const struct status_rule *rule, int status,
                                    const struct json_value *body, struct error *ret_cause)
{
    if (body == NULL) {
        error_set(ret_cause, "%d, but the body is not JSON: the outcome is unknown", status);
        return ROKT_RETRY;
    }
    struct refusals refusals = find_refusals(body);
    if (refusals.count > 0) {
        error_set(ret_cause, "%d, but %zu of the conversions were not taken: %.*s%s", status,
                  refusals.count, SLICE_PRINT(refusals.code),
                  refusals.mixed ? " and others"
                                 : (refusals.code.size > 0 ? "" : "without a code"));
        return ROKT_HOLD;
    }
    if (refusals.unclear) {
        error_set(ret_cause, "%d, but the body is not as documented: the outcome is unknown",
                  status);
        return ROKT_RETRY;
    }
    error_set(ret_cause, "%d: %s", status, rule->meaning);
    return rule->verdict;
}

enum rokt_verdict event_api_answer_judge(const struct rokt_answer *answer, struct arena *arena,
                                         struct error *ret_cause)
{
    const struct status_rule *rule = find_rule(answer->status);
    const struct json_value *body = NULL;
    struct error ignored; /* what is wrong with it matters to nobody */
    if (!json_read(answer->body, arena, &body, &ignored)) {
        body = NULL;
    }
    if (rule->by_body) {
        return judge_body(rule, answer->status, body, ret_cause);
    }
    describe(rule, answer->status, body, ret_cause);
    return rule->verdict;
}
