/* What is known of a field's value before any message comes: constants, and what transforms give.
 * What could never be right is an error, and so is what would be the same for many messages that it
 * has to tell apart. Of alternatives (??) each is looked at by itself. */
#include "compiler.h"
#include "kinds.h"

#include "base/timestamp.h"
#include "conversion/conversion.h"
#include "conversion/text.h"

#define SOURCE_MAX 60 /* bytes of an alternative in an error */

/* One alternative of a value. */
struct known {
    struct compiler *compiler;
    const struct node *node;
    enum field field; /* FIELD_COUNT: eventTime, clientEventId or eventType */
    const struct assignment *assignment;
    const struct expression *alternative;
};

/* What must differ between messages, and what it is made of mostly. */
static const struct {
    const char *name;
    const char *example;
    bool tells_apart; /* messages of which this is the same count once, and the others are lost */
} unlike[] = {
    {"eventTime", "$.created_at, for instance, or kafka.timestamp", false},
    {"clientEventId", "uuid5('shop', $.id), for instance", true},
    {"transactionid", "$.id, for instance", true},
    {"confirmationref", "$.number, for instance", true},
    {"email", "$.customer.email, for instance", false},
    {"emailsha256", "$.customer.email | email_sha256, for instance", false},
    {"passbackconversiontrackingid", "$.landing_page | url_param('rtid', 'rclid'), for instance",
     false},
};

#define UNLIKE (sizeof unlike / sizeof *unlike)

static bool is_alone(const struct known *known)
{
    return known->alternative == known->assignment->value;
}

/* For the value, or for the alternative of it that is wrong. */
static void add(const struct known *known, enum error_grade grade, const char *hint,
                struct error *error)
{
    struct slice source = expression_source(known->alternative);
    struct place place = compiler_value_place(known->node);
    if (!is_alone(known)) {
        error_prefix(error, "the alternative %.*s%s",
                     SLICE_PRINT(slice_part(source, 0, SOURCE_MAX)),
                     source.size > SOURCE_MAX ? "…" : "");
    }
    if (grade == ERROR_GRADE_ERROR) {
        compiler_error(known->compiler, place, hint, "%s", error->text);
    } else {
        compiler_warning(known->compiler, place, hint, "%s", error->text);
    }
}

/* Whether it is the same for every message, and no blank, which is nothing. */
static bool is_same(const struct expression *value)
{
    const struct json_value *constant = expression_constant(value);
    return !expression_uses_message(value) && (constant == NULL || !value_is_blank(constant));
}

/* False, with an error, when it must differ between messages and cannot. */
static bool check_unlike(const struct known *known)
{
    size_t i = 0;
    while (i < UNLIKE && strcmp(known->assignment->target, unlike[i].name) != 0) {
        i++;
    }
    if (i == UNLIKE || !is_same(known->alternative)) {
        return true;
    }
    bool all = is_alone(known);
    bool wrong = all || unlike[i].tells_apart;
    struct error error;
    error_set(&error, "every message%s would have the same %s%s", all ? "" : " that comes to it",
              unlike[i].name, wrong && !all ? ", and Rokt take them for one" : "");
    add(known, wrong ? ERROR_GRADE_ERROR : ERROR_GRADE_WARNING,
        all ? unlike[i].example : "leave it out: what is missing counts as missing", &error);
    return !wrong;
}

/* Whether what a conversion has besides the fields of the table could be that. */
static bool takes_own(const struct known *known, struct slice text, struct error *error)
{
    int64_t time_ms;
    if (strcmp(known->assignment->target, "eventTime") == 0) {
        error_set(error, "eventTime is no time of RFC 3339 with an offset");
        return timestamp_parse(text, NULL, &time_ms) == MOMENT_FINE;
    }
    bool id = strcmp(known->assignment->target, "clientEventId") == 0;
    size_t max = id ? CONVERSION_CLIENT_EVENT_ID_MAX : CONVERSION_EVENT_TYPE_MAX;
    const char *fault = text_has_control(text) ? "holds a control character"
                        : text_is_no_id(text)  ? TEXT_IS_NO_ID
                                               : NULL;
    if (fault != NULL) {
        error_set(error, "%s %s", known->assignment->target, fault);
        return false;
    }
    error_set(error, "%s is longer than %zu characters", known->assignment->target, max);
    return slice_length(text) <= max;
}

/* Whether the field could be that; else the error says why not. */
static bool takes(const struct known *known, struct slice text, struct error *error)
{
    struct slice normal;
    struct field_context context = {.arena = compiler_arena(known->compiler),
                                    .event_time_ms = MOMENT_MAX_MS,
                                    .negative = known->assignment->negative};
    return known->field == FIELD_COUNT
               ? takes_own(known, text, error)
               : field_normalise(known->field, text, &context, &normal, error);
}

/* A literal that the field would refuse, with every message that it is for. */
static void check_literal(const struct known *known, const struct json_value *literal)
{
    struct value value = {.one = literal};
    struct slice text;
    struct error error;
    if (value_text(&value, &text) == VALUE_TEXT && slice_trim(text).size > 0 &&
        !takes(known, text, &error)) {
        add(known, ERROR_GRADE_ERROR, NULL, &error);
    }
}

/* Of each kind values that a field that takes any of that kind takes one of. */
static const struct {
    enum kind kind;
    const char *text;
} specimens[] = {
    {KIND_BOOLEAN, "true"},
    {KIND_NUMBER, "1"},
    {KIND_NUMBER, "411111"},
    {KIND_NUMBER, "20001231"},
    {KIND_TIME, "2000-12-31T23:59:59.000Z"},
    {KIND_HASH, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {KIND_UUID, "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
    {KIND_PHONE, "+13238675309"},
    {KIND_ADDRESS, "8.8.8.8"},
};

#define SPECIMENS (sizeof specimens / sizeof *specimens)

static const char *hint_for(const struct known *known)
{
    bool hash = (known->alternative->kinds & KIND_HASH) != 0;
    if (hash && known->field == FIELD_COUNT) {
        return "uuid5('shop', $.id) makes an id of 36 characters";
    }
    if (hash) {
        return "hashed values have fields of their own: emailsha256, mobilesha256 …";
    }
    bool day = known->field != FIELD_COUNT && field_info(known->field)->rule == FIELD_RULE_DATE;
    return day && (known->alternative->kinds & KIND_TIME) != 0 ? "… | substring(0, 10) is its day"
                                                               : NULL;
}

/* What is not one text, or any, is judged when a message comes. */
static void check_kinds(const struct known *known)
{
    unsigned kinds = known->alternative->kinds & ~(unsigned)(KIND_NOTHING | KIND_NULL);
    bool fits = kinds == 0 || (kinds & (KIND_OTHER_TEXT | KIND_ARRAY | KIND_OBJECT)) != 0;
    struct error error;
    for (size_t i = 0; i < SPECIMENS && !fits; i++) {
        fits =
            (kinds & specimens[i].kind) != 0 && takes(known, slice_of(specimens[i].text), &error);
    }
    if (!fits) {
        struct error what;
        kinds_write(kinds, &what);
        error_prefix(&error, "this gives %s, which is never right", what.text);
        add(known, ERROR_GRADE_ERROR, hint_for(known), &error);
    }
}

void compiler_check_value(struct compiler *compiler, const struct node *node, enum field field,
                          const struct assignment *assignment)
{
    struct known known = {
        .compiler = compiler, .node = node, .field = field, .assignment = assignment};
    for (size_t i = 0; assignment->value != NULL; i++) {
        known.alternative = expression_alternative(assignment->value, i);
        if (known.alternative == NULL) {
            return;
        }
        const struct json_value *literal = expression_constant(known.alternative);
        if (!check_unlike(&known)) {
            continue;
        }
        if (literal != NULL) {
            check_literal(&known, literal);
        } else {
            check_kinds(&known);
        }
    }
}
