#include "reason.h"

const char reason_tombstone[] = "tombstone";
const char reason_no_items[] = "no_items";
const char *const reason_skipped[] = {reason_tombstone, reason_no_items};
const size_t reason_skipped_count = sizeof reason_skipped / sizeof *reason_skipped;

const char reason_too_large[] = "too_large";
const char reason_not_json[] = "not_json";
const char reason_expression[] = "expression_error";
const char reason_list[] = "list_in_field";
const char reason_invalid[] = "invalid_field";
const char reason_event_time[] = "missing_event_time";
const char reason_identity[] = "missing_identity";
const char reason_required[] = "missing_required";
const char reason_items[] = "too_many_items";
const char reason_duplicate[] = "duplicate_id";
const char reason_work[] = "too_much_work";
const char *const reason_dead[] = {
    reason_too_large, reason_not_json,   reason_expression, reason_list,
    reason_invalid,   reason_event_time, reason_identity,   reason_required,
    reason_items,     reason_duplicate,  reason_work,
};
const size_t reason_dead_count = sizeof reason_dead / sizeof *reason_dead;
