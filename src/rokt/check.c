#include "check.h"

#define AHEAD_MAX_MS (5 * CHECK_MINUTE_MS)
#define RESERVED_PREFIX "rokt."

/* Counts only what has bytes enough to be too long. */
static bool longer_than(struct slice text, size_t length_max)
{
    return text.size > length_max && slice_length(text) > length_max;
}

static bool check_required(const char *name, struct slice value, size_t length_max,
                           struct error *error)
{
    if (value.size == 0) {
        error_set(error, "%s is missing", name);
        return false;
    }
    return check_value(slice_of(name), value, length_max, error);
}

bool check_event(const struct conversion *conversion, int64_t wall_ms, struct error *error)
{
    if (conversion->event_time_ms > wall_ms + AHEAD_MAX_MS) {
        error_set(error, "eventTime is more than 5 minutes in the future");
        return false;
    }
    if (!check_required("clientEventId", conversion->client_event_id,
                        CONVERSION_CLIENT_EVENT_ID_MAX, error) ||
        !check_required("eventType", conversion->event_type, CONVERSION_EVENT_TYPE_MAX, error)) {
        return false;
    }
    if (!conversion_has_identity(conversion)) {
        error_set(error, "none of email, emailsha256 and passbackconversiontrackingid has a value");
        return false;
    }
    return true;
}

bool check_value(struct slice name, struct slice value, size_t length_max, struct error *error)
{
    if (longer_than(value, length_max)) {
        error_set(error, "%.*s is longer than %zu characters", SLICE_PRINT(name), length_max);
        return false;
    }
    return true;
}

static bool is_reserved(struct slice name)
{
    const struct slice prefix = SLICE(RESERVED_PREFIX);
    return slice_equal_ignoring_case(slice_part(name, 0, prefix.size), prefix);
}

static bool check_name(struct slice name, struct error *error)
{
    if (!check_required("the name of an attribute", name, CONVERSION_ATTRIBUTE_NAME_MAX, error)) {
        return false;
    }
    if (is_reserved(name)) {
        error_set(error, "the attribute %.*s: names that begin with %s are reserved",
                  SLICE_PRINT(name), RESERVED_PREFIX);
        return false;
    }
    return true;
}

bool check_refuse_twice(struct slice name, struct error *error)
{
    error_set(error, "the attribute %.*s is there twice", SLICE_PRINT(name));
    return false;
}

bool check_attribute(const struct attribute attributes[], size_t at, size_t length_max,
                     struct error *error)
{
    const struct attribute *attribute = &attributes[at];
    if (!check_name(attribute->name, error) ||
        !check_value(attribute->name, attribute->value, length_max, error)) {
        return false;
    }
    for (size_t i = 0; i < at; i++) {
        if (attributes[i].value.size > 0 && slice_equal(attributes[i].name, attribute->name)) {
            return check_refuse_twice(attribute->name, error);
        }
    }
    return true;
}
