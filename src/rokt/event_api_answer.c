#include "rokt/event_api_answer.h"

#include "body.h"
#include "json/reader.h"
#include "status.h"

/* Rows 400, 401 and 403: Rokt's documentation; 409: version 1 of the API, "this idempotency key was
 * seen". */
static const struct status_rule rules[] = {
    {200, 299, ROKT_DONE, true, "accepted"},
    {400, 400, ROKT_SPLIT, false, "the request was refused"},
    {401, 401, ROKT_HOLD, false,
     "the keys were not accepted: check the public key and the secret key"},
    {403, 403, ROKT_HOLD, false,
     "the keys are not authorised for this account: check the account id"},
    {409, 409, ROKT_DONE, false, "received before"},
};

/* `data` is an object, and has been seen as an array of them. NULL when there is none. */
static const struct json_value *first_object(const struct json_value *data)
{
    if (data != NULL && data->kind == JSON_ARRAY) {
        data = data->first;
    }
    return data != NULL && data->kind == JSON_OBJECT ? data : NULL;
}

/* What an error's body says. */
static void describe(const struct status_rule *rule, int status, const struct json_value *body,
                     struct rokt_judgement *judgement)
{
    const struct json_value *data = first_object(json_member(body, SLICE("data")));
    status_describe(rule, status, body_text(data, SLICE("code")), body_text(data, SLICE("message")),
                    &judgement->cause, &judgement->complaint);
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
    return valid ? body_text(value, SLICE("clientEventId")) : (struct slice){NULL, 0};
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
    struct slice id = body_text(json_member(record, SLICE("record")), SLICE("clientEventId"));
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
    struct slice code = body_text(error, SLICE("code"));
    bool invalid = slice_equal(code, SLICE("ValidationError"));
    bool repeated = refusal->verdict != ROKT_DONE;
    if (repeated && (invalid || refusal->verdict == ROKT_ALONE)) {
        return;
    }
    refusal->event = event;
    refusal->verdict = invalid || reading->answer->alone ? ROKT_DEAD : ROKT_ALONE;
    status_describe_refusal(reading->answer->status, code, body_text(error, SLICE("message")),
                            &refusal->cause, &refusal->complaint);
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
    const struct status_rule *rule =
        status_find(rules, sizeof rules / sizeof *rules, answer->status);
    const struct json_value *body = body_read(answer->body, arena);
    *ret_judgement = (struct rokt_judgement){
        .verdict = rule->verdict,
        .repeated = answer->status == 409,
        .used_percent = -1,
    };
    if (answer->status == 429) {
        ret_judgement->pressure = ROKT_PRESSURE_RATE;
    }
    if (rule->by_body) {
        judge_body(rule, answer, body, arena, ret_judgement);
    } else {
        describe(rule, answer->status, body, ret_judgement);
    }
}
