/* Compiling the tests of a mapping. */
#include "test_plan.h"

static const char *const keys[] = {"name",   "message",   "key",    "headers", "topic", "partition",
                                   "offset", "timestamp", "mapped", "skipped", "dead"};

/* So that a name stands on one line. */
static bool has_control(struct slice text)
{
    uint32_t code_point = 0;
    for (size_t at = 0; at < text.size;) {
        at += slice_decode(slice_part(text, at, SIZE_MAX), &code_point);
        if (slice_is_control(code_point)) {
            return true;
        }
    }
    return false;
}

static void check_unique(struct compiler *compiler, const struct node *node, const char *name)
{
    const struct mapping *mapping = compiler->mapping;
    for (size_t i = 0; i + 1 < mapping->test_count; i++) {
        const struct test *other = &mapping->tests[i];
        if (other->name != NULL && strcmp(other->name, name) == 0) {
            struct error hint;
            error_set(&hint, "the other one begins on line %zu", other->line);
            compiler_error(compiler, node->place, hint.text, "two tests have this name");
            return;
        }
    }
}

static void compile_name(struct compiler *compiler, const struct node *node, struct test *test)
{
    const struct node *child = node_child(node, "name");
    if (child == NULL) {
        compiler_error(compiler, node->place, "name: a paid order", "the test has no name");
        return;
    }
    if (!compiler_need(compiler, child, NODE_SCALAR, "a name")) {
        return;
    }
    struct slice name = slice_trim(child->text);
    if (name.size == 0 || slice_length(name) > TEST_NAME_MAX || has_control(name)) {
        compiler_error(compiler, child->place, NULL,
                       "the name of a test has 1 to %d characters, on one line", TEST_NAME_MAX);
        return;
    }
    test->name = arena_string(compiler_arena(compiler), name);
    check_unique(compiler, child, test->name);
}

static void compile_test(struct compiler *compiler, const struct node *node, struct test *test)
{
    if (!compiler_need(compiler, node, NODE_MAPPING, "a test: {name, message, mapped}")) {
        return;
    }
    test->line = node->place.line;
    (void)compiler_check_keys(compiler, node, keys, sizeof keys / sizeof *keys, NULL);
    compile_name(compiler, node, test);
    compiler_test_message(compiler, node, test);
    compiler_test_outcome(compiler, node, test);
}

void compiler_tests(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    if (!compiler_need(compiler, node, NODE_SEQUENCE, "a list of tests")) {
        return;
    }
    mapping->tests =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *mapping->tests);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        compile_test(compiler, child, &mapping->tests[mapping->test_count++]);
    }
}
