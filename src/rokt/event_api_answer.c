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

/* The first row that holds the status counts. Rows 400, 401, 403 and 429: Rokt's documentation; 409:
 * version 1 of the API, "this idempotency key was seen"; the holds besides, 408, 413 and 425 are
 * undocumented. */
static const struct status_rule status_rules[] = {
    {200, 299, ROKT_DONE, true, "accepted"},
    {300, 399, ROKT_HOLD, false,
     "a redirect, which is never followed with credentials: check the address"},
    {400, 400, ROKT_SPLIT, false, "the request was refused"},
    {401, 401, ROKT_HOLD, false,
     "the keys were not accepted: check the public key and the secret key"},
    {403, 403, ROKT_HOLD, false,
     "the keys are not authorised for this account: check the account id"},
    {404, 404, ROKT_HOLD, false, "there is no such path: check the address"},
    {405, 405, ROKT_HOLD, false, "the method is not allowed there: check the address"},
    {408, 408, ROKT_RETRY, false, "the server timed out"},
    {409, 409, ROKT_DONE, false, "received before"},
    {413, 413, ROKT_SPLIT, false, "the request is too large"},
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

/* What the records that were not taken say, over all parts of an answer. */
struct reading {
    const struct rokt_answer *answer;
    struct arena *arena;
    struct rokt_refusal *of_event; /* of each event; ROKT_DONE: none */
    struct slice *ids;             /* of each event; NULL: not read yet */
    size_t records;
    bool unmatched; /* a record belongs to none of the events, or to several */
    bool unclear;   /* something stands where it is not expected */
};

/* The id of an event, out of the bytes that were sent. */
static struct slice id_sent(const struct reading *reading, size_t event)
{
    struct rokt_span span = reading->answer->events[event];
    const struct json_value *value = NULL;
    struct error ignored;
    bool valid = json_read(slice_part(reading->answer->request, span.from, span.size),
                           reading->arena, &value, &ignored);
    return valid ? text_of(value, SLICE("clientEventId")) : (struct slice){NULL, 0};
}

/* Read when the first record asks for them: mostly there is none. */
static const struct slice *ids_sent(struct reading *reading)
{
    if (reading->ids == NULL) {
        size_t count = reading->answer->event_count;
        reading->ids = arena_alloc(reading->arena, count * sizeof *reading->ids);
        for (size_t i = 0; i < count; i++) {
            reading->ids[i] = id_sent(reading, i);
        }
    }
    return reading->ids;
}

/* The event that a record is about; false unless it is exactly one. A request of one event leaves no
 * doubt. */
static bool match(struct reading *reading, const struct json_value *record, size_t *ret_event)
{
    struct slice id = text_of(json_member(record, SLICE("record")), SLICE("clientEventId"));
    const struct slice *ids = ids_sent(reading);
    size_t matches = 0;
    if (reading->answer->event_count == 1) {
        *ret_event = 0;
        return true;
    }
    for (size_t i = 0; i < reading->answer->event_count; i++) {
        if (id.size > 0 && slice_equal(id, ids[i])) {
            *ret_event = i;
            matches++;
        }
    }
    return matches == 1;
}

/* Rokt's word for "these bytes will never do" is ValidationError. Whatever else it says is tried once
 * more, alone. */
static void refuse(struct reading *reading, size_t event, const struct json_value *record)
{
    struct rokt_refusal *refusal = &reading->of_event[event];
    const struct json_value *error = json_member(record, SLICE("error"));
    struct slice code = scrub_code(text_of(error, SLICE("code")));
    bool invalid = slice_equal(code, SLICE("ValidationError"));
    char words[SCRUB_SIZE];
    bool repeated = refusal->verdict != ROKT_DONE;
    if (repeated && (invalid || refusal->verdict == ROKT_ALONE)) {
        return;
    }
    scrub_message(text_of(error, SLICE("message")), words);
    refusal->event = event;
    refusal->verdict = invalid || reading->answer->alone ? ROKT_DEAD : ROKT_ALONE;
    error_set(&refusal->cause, "%d, but not taken: %.*s%s%s%s", reading->answer->status,
              SLICE_PRINT(code.size > 0 ? code : SLICE("no code")), words[0] == '\0' ? "" : " (",
              words, words[0] == '\0' ? "" : ")");
}

/* One part of `data`. A code beside the records, or where they should be, is an error's body: proof
 * of nothing. */
static void read_records(struct reading *reading, const struct json_value *data)
{
    const struct json_value *records = json_member(data, SLICE("unprocessedRecords"));
    bool is_list = records == NULL || records->kind == JSON_NULL || records->kind == JSON_ARRAY;
    if (data->kind != JSON_OBJECT || json_member(data, SLICE("code")) != NULL || !is_list) {
        reading->unclear = true;
        return;
    }
    const struct json_value *record = records == NULL ? NULL : records->first;
    for (; record != NULL; record = record->next) {
        size_t event;
        reading->records++;
        if (match(reading, record, &event)) {
            refuse(reading, event, record);
        } else {
            reading->unmatched = true;
        }
    }
}

static void read_body(struct reading *reading, const struct json_value *body)
{
    const struct json_value *data = json_member(body, SLICE("data"));
    reading->unclear = body->kind != JSON_OBJECT;
    if (data == NULL || data->kind == JSON_NULL) {
        return;
    }
    if (data->kind != JSON_ARRAY) {
        read_records(reading, data);
        return;
    }
    for (const struct json_value *part = data->first; part != NULL; part = part->next) {
        read_records(reading, part);
    }
}

/* The refusals without the events that have none. */
static void gather(const struct reading *reading, struct rokt_judgement *judgement)
{
    judgement->refusals = reading->of_event;
    for (size_t i = 0; i < reading->answer->event_count; i++) {
        if (reading->of_event[i].verdict != ROKT_DONE) {
            reading->of_event[judgement->refusal_count++] = reading->of_event[i];
        }
    }
}

/* 2xx: done only when the body says so: a JSON object in which an event is not among the unprocessed
 * records. Everything else is undocumented, also an empty body, and might come from whatever stands
 * between us and Rokt: the outcome is unknown, and sending again is safe because the ids stay the
 * same. */
static void judge_body(const struct status_rule *rule, const struct rokt_answer *answer,
                       const struct json_value *body, struct arena *arena,
                       struct rokt_judgement *judgement)
{
    struct reading reading = {
        .answer = answer,
        .arena = arena,
        .of_event = arena_calloc(arena, answer->event_count, sizeof *reading.of_event),
    };
    if (body != NULL) {
        read_body(&reading, body);
    }
    if (body == NULL || reading.unclear) {
        judgement->verdict = ROKT_RETRY;
        error_set(&judgement->cause, "%d, but the body is not %s: the outcome is unknown",
                  answer->status, body == NULL ? "JSON" : "as documented");
        return;
    }
    gather(&reading, judgement);
    judgement->verdict = reading.unmatched ? ROKT_ALONE : rule->verdict;
    if (reading.records == 0) {
        error_set(&judgement->cause, "%d: %s", answer->status, rule->meaning);
    } else {
        error_set(&judgement->cause, "%d, but %zu of the conversions %s not taken%s",
                  answer->status, reading.records, reading.records == 1 ? "was" : "were",
                  reading.unmatched ? ", and which is not clear" : "");
    }
}

void event_api_answer_judge(const struct rokt_answer *answer, struct arena *arena,
                            struct rokt_judgement *ret_judgement)
{
    const struct status_rule *rule = find_rule(answer->status);
    const struct json_value *body = NULL;
    struct error ignored; /* what is wrong with it matters to nobody */
    *ret_judgement = (struct rokt_judgement){.verdict = rule->verdict, .used_percent = -1};
    if (!json_read(answer->body, arena, &body, &ignored)) {
        body = NULL;
    }
    if (answer->status == 429) {
        ret_judgement->pressure = ROKT_PRESSURE_RATE;
    }
    if (rule->by_body) {
        judge_body(rule, answer, body, arena, ret_judgement);
    } else {
        describe(rule, answer->status, body, &ret_judgement->cause);
    }
}
