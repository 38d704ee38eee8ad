#include "rokt/event_audience_api_answer.h"

#include "base/entity.h"
#include "body.h"
#include "culprit.h"
#include "status.h"

/* 409 is not among them: unlike the Event API's, nobody says that it means "received". */
static const struct status_rule rules[] = {
    {200, 299, ROKT_DONE, true, "accepted"},
    {400, 400, ROKT_SPLIT, true, "the request was refused"},
    {401, 401, ROKT_HOLD, false, "no keys arrived: check what stands between here and the API"},
    {403, 403, ROKT_HOLD, false,
     "the keys were not accepted: check both, and that the address is that of their pod"},
};

/* --- Errors ----------------------------------------------------------------------------------- */

struct finding {
    struct slice code;
    struct slice message; /* HTML's escapes undone */
};

/* What all errors of an answer come to. */
struct reading {
    const struct rokt_answer *answer;
    struct arena *arena;
    struct rokt_refusal *of_event; /* of each event; ROKT_DONE: none */
    enum rokt_verdict verdict;     /* of an event that an error is about */
    struct finding first;
    struct finding unnamed; /* the first that is about no event, or several */
    size_t count;           /* of errors */
    size_t unnamed_count;
    bool unclear; /* something stands where it is not expected */
};

static struct slice unescape(struct slice text, struct arena *arena)
{
    char *room = arena_alloc(arena, text.size);
    return (struct slice){room, entity_decode(text, room)};
}

static void refuse(struct reading *reading, size_t event, enum rokt_verdict verdict,
                   const struct finding *finding)
{
    struct rokt_refusal *refusal = &reading->of_event[event];
    if (refusal->verdict == ROKT_DONE) {
        refusal->event = event;
        refusal->verdict = verdict;
        status_describe_refusal(reading->answer->status, finding->code, finding->message,
                                &refusal->cause, &refusal->complaint);
    }
}

static void read_error(struct reading *reading, const struct json_value *error)
{
    struct slice message =
        error->kind == JSON_STRING ? error->text : body_text(error, SLICE("message"));
    struct finding finding = {
        .code = body_text(error, SLICE("code")),
        .message = unescape(message, reading->arena),
    };
    size_t event;
    if (reading->count++ == 0) {
        reading->first = finding;
    }
    if (culprit_find(finding.message, reading->answer, &event)) {
        refuse(reading, event, reading->verdict, &finding);
    } else if (reading->unnamed_count++ == 0) {
        reading->unnamed = finding;
    }
}

static bool may_be_errors(const struct json_value *value)
{
    return value->kind == JSON_ARRAY || value->kind == JSON_OBJECT ||
           (value->kind == JSON_STRING && value->text.size > 0);
}

/* An object without errors says that there are none. */
static void read_errors(struct reading *reading, const struct json_value *object)
{
    const struct json_value *errors = json_member(object, SLICE("errors"));
    enum json_kind kind = errors == NULL ? JSON_NULL : errors->kind;
    if (object->kind != JSON_OBJECT || (kind != JSON_NULL && !may_be_errors(errors))) {
        reading->unclear = true;
    } else if (kind == JSON_ARRAY) {
        for (const struct json_value *error = errors->first; error != NULL; error = error->next) {
            read_error(reading, error);
        }
    } else if (kind != JSON_NULL) {
        read_error(reading, errors);
    }
}

/* A list of such objects is read alike, though nobody says that there is one. */
static void read_body(struct reading *reading, const struct json_value *body)
{
    if (body->kind != JSON_ARRAY) {
        read_errors(reading, body);
        return;
    }
    for (const struct json_value *part = body->first; part != NULL; part = part->next) {
        read_errors(reading, part);
    }
}

/* --- Verdicts --------------------------------------------------------------------------------- */

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

/* 202 says so without a body; another 2xx is undocumented, and so is any other body. */
static bool is_proof(const struct reading *reading, const struct json_value *body)
{
    const struct rokt_answer *answer = reading->answer;
    if (body == NULL) {
        return answer->status == 202 && slice_trim(answer->body).size == 0;
    }
    return !reading->unclear;
}

static void describe_accepted(const struct reading *reading, const struct status_rule *rule,
                              struct rokt_judgement *judgement)
{
    int status = reading->answer->status;
    if (reading->count == 0) {
        error_set(&judgement->cause, "%d: %s", status, rule->meaning);
    } else if (reading->unnamed_count == 0) {
        error_set(&judgement->cause,
                  "%d, but with %zu error%s about conversions that were not taken", status,
                  reading->count, reading->count == 1 ? "" : "s");
    } else {
        status_describe_refusal(status, reading->unnamed.code, reading->unnamed.message,
                                &judgement->cause, &judgement->complaint);
    }
}

/* Of a single conversion there is no doubt; but what is not told to be its fault is tried once more. */
static void judge_accepted(struct reading *reading, const struct status_rule *rule,
                           const struct json_value *body, struct rokt_judgement *judgement)
{
    const struct rokt_answer *answer = reading->answer;
    if (!is_proof(reading, body)) {
        judgement->verdict = ROKT_RETRY;
        error_set(&judgement->cause, "%d, but the body is not %s: the outcome is unknown",
                  answer->status, body == NULL ? "JSON" : "as documented");
        return;
    }
    if (reading->unnamed_count > 0 && answer->event_count == 1) {
        refuse(reading, 0, answer->alone ? ROKT_DEAD : ROKT_ALONE, &reading->unnamed);
    } else if (reading->unnamed_count > 0) {
        judgement->verdict = ROKT_ALONE;
    }
    gather(reading, judgement);
    describe_accepted(reading, rule, judgement);
}

/* Nothing of it was taken. */
static void judge_refused(const struct reading *reading, const struct status_rule *rule,
                          struct rokt_judgement *judgement)
{
    status_describe(rule, reading->answer->status, reading->first.code, reading->first.message,
                    &judgement->cause, &judgement->complaint);
    if (reading->answer->event_count > 1) {
        gather(reading, judgement);
    }
}

static void judge_body(const struct status_rule *rule, const struct rokt_answer *answer,
                       struct arena *arena, struct rokt_judgement *judgement)
{
    bool refused = rule->verdict == ROKT_SPLIT;
    const struct json_value *body = body_read(answer->body, arena);
    struct reading reading = {
        .answer = answer,
        .arena = arena,
        .of_event = arena_calloc(arena, answer->event_count, sizeof *reading.of_event),
        .verdict = refused ? ROKT_ALONE : ROKT_DEAD,
    };
    if (body != NULL) {
        read_body(&reading, body);
    }
    if (refused) {
        judge_refused(&reading, rule, judgement);
    } else {
        judge_accepted(&reading, rule, body, judgement);
    }
}

/* --- Limits ----------------------------------------------------------------------------------- */

enum { HEADER_EXCEEDED, HEADER_PERCENTAGE }; /* in struct rokt_answer */

static enum rokt_pressure read_pressure(const struct rokt_answer *answer)
{
    struct slice exceeded = slice_trim(answer->headers[HEADER_EXCEEDED]);
    if (answer->status != 429) {
        return ROKT_PRESSURE_NONE;
    }
    return slice_equal_ignoring_case(exceeded, SLICE("acceleration")) ? ROKT_PRESSURE_ACCELERATION
                                                                      : ROKT_PRESSURE_RATE;
}

/* Of 0 to 100; a fraction is cut off. */
static int read_percentage(const struct rokt_answer *answer)
{
    struct slice text = slice_trim(answer->headers[HEADER_PERCENTAGE]);
    size_t digits = 0;
    int percent = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        percent = percent * 10 + (text.data[digits++] - '0');
        percent = percent > 100 ? 100 : percent;
    }
    bool whole = digits == text.size || text.data[digits] == '.';
    return digits > 0 && whole ? percent : -1;
}

void event_audience_api_answer_judge(const struct rokt_answer *answer, struct arena *arena,
                                     struct rokt_judgement *ret_judgement)
{
    const struct status_rule *rule =
        status_find(rules, sizeof rules / sizeof *rules, answer->status);
    *ret_judgement = (struct rokt_judgement){
        .verdict = rule->verdict,
        .pressure = read_pressure(answer),
        .used_percent = read_percentage(answer),
    };
    if (rule->by_body) {
        judge_body(rule, answer, arena, ret_judgement);
    } else {
        const struct slice none = {NULL, 0}; /* what else these say is not documented */
        status_describe(rule, answer->status, none, none, &ret_judgement->cause,
                        &ret_judgement->complaint);
    }
}
