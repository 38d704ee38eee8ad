/* plan: a compiled mapping. Private to the files that compile and run it. */
#ifndef MAPPING_PLAN_H
#define MAPPING_PLAN_H

#include "mapping/expression.h"
#include "mapping/mapping.h"

#define PLAN_NAMES_MAX 200  /* of let, when, custom, metadata and require each */
#define PLAN_ITEMS_MAX 1000 /* conversions of one message */
#define PLAN_MESSAGE_BYTES_MAX (8 * 1024 * 1024)

/* One value to be made. */
struct assignment {
    const char *target;                 /* as errors name it: "amount", "custom.region" */
    const struct expression *value;     /* NULL: not mapped */
    const struct expression *condition; /* NULL: always */
    enum field_policy policy;
    bool negative; /* the mapping allows the amount to be negative */
};

struct field_assignment {
    enum field field;
    struct assignment assignment;
};

/* A custom attribute, or one of metadata. */
struct named_assignment {
    struct slice name;
    struct assignment assignment;
};

struct named_assignments {
    struct named_assignment *items;
    size_t count;
};

struct condition {
    const char *name;
    const struct expression *expression;
};

/* One name of `require`. */
struct requirement {
    const char *alternatives; /* all of them, as the mapping has it */
    bool is_custom;
    bool always;  /* every conversion has it */
    size_t index; /* enum field, or of the custom attributes */
    bool or_next; /* the next one is as good */
};

struct mapping {
    struct expression_pool pool; /* everything below is in it */
    const char *name;
    char hash[HASH_SHA256_HEX_SIZE]; /* the first digits of it, terminated */

    struct binding *bindings;
    size_t binding_count;
    struct condition *conditions;
    size_t condition_count;
    const struct expression *for_each; /* NULL: one conversion for a message */

    struct assignment account;
    struct field_assignment fields[FIELD_COUNT]; /* those that are mapped, in the table's order */
    size_t field_count;
    struct assignment event_time;
    struct assignment client_event_id;
    struct assignment event_type;
    struct named_assignments custom;
    struct named_assignments metadata;
    struct requirement *requirements;
    size_t requirement_count;
    struct test *tests;
    size_t test_count;
    size_t value_max; /* of a field or a custom attribute, in code points */
    bool web_sdk_too; /* a conversion has to have what Rokt finds duplicates by */
};

/* compile.c: fills the mapping from the document's root; what it reads of other files is added to
 * `hash`. */
void plan_compile(struct mapping *mapping, const struct document *document, struct hash *hash,
                  struct error_list *errors);

/* run.c: mapping_run(), which writes down what happens in `trace`, unless that is NULL. */
void plan_run(const struct mapping *mapping, const struct message *message, struct arena *arena,
              struct trace *trace, struct mapping_result *ret_result);

#endif
