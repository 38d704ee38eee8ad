/* mapping: what a message of some topic becomes: conversions, a skip with its reason, or a dead
 * letter.
 *
 * Compiled once from a YAML document, with every error at its place; run per message in an
 * arena, without any other allocation. The same message and mapping always give the same
 * conversions with the same ids. A mapping is never changed once compiled; a run uses nothing
 * but the arena, so several may run at once with an arena each. */
#ifndef MAPPING_MAPPING_H
#define MAPPING_MAPPING_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "config/document.h"
#include "conversion/conversion.h"
#include "mapping/message.h"

struct mapping;

enum mapping_outcome {
    MAPPING_MAPPED,  /* `conversions`, one at least */
    MAPPING_SKIPPED, /* `reason` */
    MAPPING_DEAD     /* `reason` (a code) and `error` (in words) */
};

struct mapping_result {
    enum mapping_outcome outcome;
    const struct conversion *conversions; /* in the arena, or in the message's own bytes */
    size_t count;

    /* Skipped: the name of the condition, or "tombstone", or "no_items". Dead: one of the codes
     * that config/README.md lists ("not_json", "invalid_field", "missing_identity" …). Lives as
     * long as the mapping. */
    const char *reason;

    /* Dead: which field and expression, and what kind of value; nothing personal. */
    struct error error;

    /* Dead: the field ("amount", "custom.region"), or what `require` names ("transactionid |
     * confirmationref"); NULL when it is none of these. Lives as long as the mapping. */
    const char *field;

    size_t omitted; /* fields left out because their value broke the rule */
};

/* NULL, with errors in `errors`, when there is one; warnings alone do not fail it. */
struct mapping *mapping_compile(const struct document *document, struct error_list *errors);

/* The same from a file. */
struct mapping *mapping_load(const char *path, struct error_list *errors);
void mapping_free(struct mapping *mapping);

/* Its `name:`, or the file's name without folder and ending. */
const char *mapping_name(const struct mapping *mapping);

/* The first 16 hex digits of the SHA-256 of its file and, behind that, of the files of its tables in
 * their order: what `cat orders.yaml skus.csv | sha256sum` begins with. */
#define MAPPING_HASH_SIZE 16
const char *mapping_hash(const struct mapping *mapping);

/* How long the values of fields and custom attributes may be, in code points, when the API that takes
 * them takes less than the Event API (65,536): a longer one breaks its field's rule. Before the first
 * run. */
void mapping_limit_values(struct mapping *mapping, size_t value_max);

/* Whether it says which account conversions are for. */
bool mapping_names_account(const struct mapping *mapping);

/* `ret_result` lives as long as the arena's content and the message. */
void mapping_run(const struct mapping *mapping, const struct message *message, struct arena *arena,
                 struct mapping_result *ret_result);

/* The result as an object of JSON, on one line without its end; `metadata` only where there is any:
 *
 *     {"result":"mapped","conversions":[{"clientEventId":"…","eventTime":"…","eventType":"…",
 *      "fields":{"amount":"99.80"},"custom":{"region":"…"},"metadata":{"source":"…"}}]}
 *     {"result":"skipped","reason":"…"}
 *     {"result":"dead","reason":"…","message":"…"}
 *
 * Conversions hold the customer's personal values: it is for whoever asked, never for a log. */
void mapping_result_write(const struct mapping_result *result, struct buffer *buffer);

#endif
