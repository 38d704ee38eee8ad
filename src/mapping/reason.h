/* reason: why a message is skipped or dead, in a word; config/README.md says what each means. A
 * message that a condition leaves out is skipped by the condition's name. */
#ifndef MAPPING_REASON_H
#define MAPPING_REASON_H

#include <stddef.h>

/* Skipped, whatever the conditions. A new one belongs into the list behind them, too, as one of the
 * dead does into theirs. */
extern const char reason_tombstone[];
extern const char reason_no_items[];
extern const char *const reason_skipped[];
extern const size_t reason_skipped_count;

/* Dead. */
extern const char reason_too_large[];
extern const char reason_not_json[];
extern const char reason_expression[];
extern const char reason_list[];
extern const char reason_invalid[];
extern const char reason_event_time[];
extern const char reason_identity[];
extern const char reason_required[];
extern const char reason_items[];
extern const char reason_duplicate[];
extern const char reason_work[];
extern const char *const reason_dead[];
extern const size_t reason_dead_count;

#endif
