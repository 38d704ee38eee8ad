/* test_plan: the tests of a mapping, compiled. Private to the files that compile and run them. */
#ifndef MAPPING_TEST_PLAN_H
#define MAPPING_TEST_PLAN_H

#include "compiler.h"
#include "mapping/test.h"

#define TEST_NAME_MAX 200 /* characters */

/* Where the value stands in a conversion. */
enum expectation_kind {
    EXPECTATION_FIELD, /* `field` */
    EXPECTATION_CUSTOM,
    EXPECTATION_METADATA,
    EXPECTATION_ACCOUNT,
    EXPECTATION_EVENT_TIME,
    EXPECTATION_CLIENT_EVENT_ID,
    EXPECTATION_EVENT_TYPE
};

struct expectation {
    enum expectation_kind kind;
    enum field field;
    const char *target; /* as the test names it: "custom.region" */
    struct slice name;  /* of the attribute */
    struct slice text;  /* empty: it must not be there */
};

/* What of one conversion is looked at. */
struct expected_conversion {
    struct expectation *items;
    size_t count;
};

struct test {
    const char *name;
    size_t line;
    struct message message;
    const char *file; /* where the message's value is; NULL: in the message */

    enum mapping_outcome outcome;
    const char *reason;                      /* skipped or dead */
    struct expected_conversion *conversions; /* mapped */
    size_t conversion_count;
};

/* test_message.c: the record of a test from the keys of its node. */
void compiler_test_message(struct compiler *compiler, const struct node *node, struct test *test);

/* test_outcome.c: what must become of it. */
void compiler_test_outcome(struct compiler *compiler, const struct node *node, struct test *test);

#endif
