/* Compiling a mapping: its keys, and what all of them need. */
#include "compiler.h"
#include "mapping/mistake.h"
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>

struct arena *compiler_arena(struct compiler *compiler)
{
    return &compiler->mapping->pool.arena;
}

static const char *kind_text(const struct node *node)
{
    switch (node->kind) {
    case NODE_SCALAR:
        return node_is_null(node) ? "nothing" : "a text";
    case NODE_SEQUENCE:
        return "a list";
    case NODE_MAPPING:
        return "a mapping";
    }
    return "";
}

void compiler_error(struct compiler *compiler, struct place place, const char *hint,
                    const char *format, ...)
{
    char message[4 * ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    document_error(compiler->document, compiler->errors, place, hint, "%s", message);
}

void compiler_warning(struct compiler *compiler, struct place place, const char *hint,
                      const char *format, ...)
{
    char message[4 * ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    document_warning(compiler->document, compiler->errors, place, hint, "%s", message);
}

/* What YAML makes of `key:value` where a mapping is expected. */
static const char *kind_hint(const struct node *node, enum node_kind wanted)
{
    bool colon = node->kind == NODE_SCALAR && slice_find(node->text, SLICE(":")) != SIZE_MAX;
    return colon && wanted == NODE_MAPPING
               ? "a blank stands behind the colon of a key: `email: $.customer.email`"
               : NULL;
}

/* Whether the node is of that kind and not too large; else an error. */
bool compiler_need(struct compiler *compiler, const struct node *node, enum node_kind kind,
                   const char *what)
{
    if (node->kind != kind) {
        compiler_error(compiler, node->place, kind_hint(node, kind),
                       "%s was expected, and this is %s", what, kind_text(node));
        return false;
    }
    if (kind != NODE_SCALAR && node->count > PLAN_NAMES_MAX) {
        compiler_error(compiler, node->place, NULL, "more than %d entries", PLAN_NAMES_MAX);
        return false;
    }
    return true;
}

/* "known are a, b, c" */
static void known_hint(const char *const names[], size_t count, struct error *ret_hint)
{
    char text[ERROR_SIZE] = "";
    size_t size = 0;
    for (size_t i = 0; i < count && size < sizeof text; i++) {
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    error_set(ret_hint, "known are %s", text);
}

/* An error for the key: what it is called, the nearest of those that are known, or all of them. */
static void unknown_key(struct compiler *compiler, const struct node *node, const char *mistake,
                        const char *const names[], size_t count)
{
    const char *nearest = error_nearest(node->key, names, count);
    struct error hint;
    if (mistake != NULL) {
        error_set(&hint, "%s", mistake);
    } else if (nearest != NULL) {
        error_set(&hint, "the nearest known is \"%s\"", nearest);
    } else {
        known_hint(names, count, &hint);
    }
    compiler_error(compiler, node->key_place, hint.text, "unknown key \"%.*s\"",
                   SLICE_PRINT(node->key));
}

bool compiler_is_one_of(struct slice name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(name, slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

bool compiler_check_keys(struct compiler *compiler, const struct node *node,
                         const char *const names[], size_t count,
                         const char *mistake(struct slice name))
{
    bool good = true;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (!compiler_is_one_of(child->key, names, count)) {
            unknown_key(compiler, child, mistake == NULL ? NULL : mistake(child->key), names,
                        count);
            good = false;
        }
    }
    return good;
}

static void compile_tables(struct compiler *compiler, const struct node *node)
{
    if (node != NULL) {
        compiler->scope.tables = tables_compile(compiler->document, node, compiler_arena(compiler),
                                                compiler->hash, compiler->errors);
    }
}

static void compile_let(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    struct scope *scope = &compiler->scope;
    if (!compiler_need(compiler, node, NODE_MAPPING,
                       "a mapping of names to expressions (`order: $.payload`)")) {
        return;
    }
    mapping->bindings =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *mapping->bindings);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        bool dollar = slice_starts_with(child->key, SLICE("$")); /* told below, once */
        mapping->bindings[mapping->binding_count++].name =
            arena_copy(compiler_arena(compiler), slice_part(child->key, dollar, SIZE_MAX));
    }
    scope->bindings = mapping->bindings;
    scope->binding_count = mapping->binding_count;
    scope->binding_used = arena_calloc(compiler_arena(compiler), node->count + 1, sizeof(bool));
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (!expression_is_name(child->key)) {
            compiler_error(compiler, child->key_place,
                           slice_starts_with(child->key, SLICE("$"))
                               ? "the name stands here without the $ that it is used with"
                               : "letters, digits and underscores, 64 at most, no digit first",
                           "this cannot be the name of a value");
        }
        mapping->bindings[scope->binding_known].expression =
            expression_compile(scope, child, EXPRESSION_VALUE);
        scope->binding_known++;
    }
}

/* An expression with an error may have been read in part. */
static void warn_of_unused_names(struct compiler *compiler, const struct node *let)
{
    const bool *used = compiler->scope.binding_used;
    if (let == NULL || used == NULL) {
        return;
    }
    for (const struct node *child = let->first; child != NULL; child = child->next) {
        if (!*used++) {
            compiler_warning(compiler, child->key_place, "leave it out", "nothing uses $%.*s",
                             SLICE_PRINT(child->key));
        }
    }
}

static void compile_when(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    if (!compiler_need(compiler, node, NODE_MAPPING,
                       "a mapping of names to conditions (`paid: $.status == 'paid'`)")) {
        return;
    }
    mapping->conditions =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *mapping->conditions);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (compiler_is_one_of(child->key, reason_skipped, reason_skipped_count) ||
            !expression_is_name(child->key)) {
            compiler_error(
                compiler, child->key_place,
                "letters, digits and underscores, 64 at most; it is the reason that is counted "
                "when the condition does not hold",
                "this cannot be the name of a condition");
        }
        struct condition *condition = &mapping->conditions[mapping->condition_count++];
        condition->name = arena_string(compiler_arena(compiler), child->key);
        condition->expression = expression_compile(&compiler->scope, child, EXPRESSION_CONDITION);
    }
}

static void compile_for_each(struct compiler *compiler, const struct node *node)
{
    struct scope scope = compiler->scope;
    scope.has_item = false;
    const struct expression *expression = expression_compile(&scope, node, EXPRESSION_VALUE);
    compiler->mapping->for_each = expression;
    if (expression != NULL && expression_uses_item(expression)) {
        compiler_error(
            compiler, node->place, NULL,
            "for_each makes the items, and cannot use a named value that is made from one");
    }
}

/* One key pair may serve several accounts. */
static void compile_account(struct compiler *compiler, const struct node *node)
{
    struct assignment *account = &compiler->mapping->account;
    struct slice text = {NULL, 0};
    account->target = "account";
    account->policy = FIELD_DEAD_LETTER;
    compiler_assignment(compiler, node, 0, account);
    const struct json_value *constant =
        account->value == NULL ? NULL : expression_constant(account->value);
    struct value value = {.one = constant};
    if (constant != NULL &&
        (value_text(&value, &text) != VALUE_TEXT || !conversion_is_account_id(slice_trim(text)))) {
        compiler_error(compiler, compiler_value_place(node), NULL,
                       "an account has 1 to %d printable ASCII characters, and no blanks",
                       CONVERSION_ACCOUNT_ID_MAX);
    }
}

/* The file's name without folder and ending. */
static struct slice name_of_file(const struct document *document)
{
    const char *name = document_source(document)->name;
    const char *slash = strrchr(name, '/');
    struct slice base = slice_of(slash == NULL ? name : slash + 1);
    const char *dot = memrchr(base.data, '.', base.size);
    return dot == NULL || dot == base.data ? base : slice_part(base, 0, (size_t)(dot - base.data));
}

static void compile_name(struct compiler *compiler, const struct node *node)
{
    struct slice name = name_of_file(compiler->document);
    if (node != NULL && compiler_need(compiler, node, NODE_SCALAR, "a name")) {
        name = slice_trim(node->text);
        if (name.size == 0 || name.size > EXPRESSION_NAME_MAX) {
            compiler_error(compiler, node->place, NULL, "a name has 1 to %d bytes",
                           EXPRESSION_NAME_MAX);
        }
    }
    compiler->mapping->name = arena_string(compiler_arena(compiler), name);
}

static const char *const keys[] = {"name",     "account",     "let",        "tables",
                                   "when",     "for_each",    "conversion", "custom",
                                   "metadata", "integration", "require",    "tests"};

/* Fields are easily written a level too high. */
static const char *section_mistake(struct slice name)
{
    enum field field;
    return field_find(name, &field) || compiler_is_own(name) ? "fields stand within `conversion`"
                                                             : mistake_of_section(name);
}

/* Whether the keys of the document are mostly none of a mapping's, and nothing like them. */
static bool is_something_else(const struct node *root)
{
    const size_t count = sizeof keys / sizeof *keys;
    size_t foreign = 0;
    for (const struct node *child = root->first; child != NULL; child = child->next) {
        if (compiler_is_one_of(child->key, keys, count)) {
            return false;
        }
        foreign +=
            section_mistake(child->key) == NULL && error_nearest(child->key, keys, count) == NULL;
    }
    return 2 * foreign > root->count;
}

static bool is_configuration(const struct node *root)
{
    return node_child(root, "kafka") != NULL && node_child(root, "routes") != NULL;
}

/* A file of another kind gives one error, not one for each key. */
static bool check_whole(struct compiler *compiler, const struct node *root)
{
    if (is_configuration(root)) {
        compiler_error(compiler, root->place, "rokt-relay check --config FILE checks it",
                       "this is a configuration, and no mapping");
        return false;
    }
    if (is_something_else(root)) {
        compiler_error(compiler, root->place,
                       "a mapping has `conversion: {email: $.customer.email, …}`; an order stands "
                       "behind it: rokt-relay map --mapping MAPPING ORDER",
                       "this is no mapping: nothing in it is a key of one");
        return false;
    }
    return true;
}

/* In an order in which each knows what it needs of the others, whatever theirs in the file. */
static void compile_root(struct compiler *compiler, const struct node *root)
{
    const struct node *let = node_child(root, "let");
    const struct node *when = node_child(root, "when");
    const struct node *for_each = node_child(root, "for_each");
    const struct node *account = node_child(root, "account");
    const struct node *conversion = node_child(root, "conversion");
    const struct node *custom = node_child(root, "custom");
    const struct node *metadata = node_child(root, "metadata");
    const struct node *require = node_child(root, "require");
    const struct node *tests = node_child(root, "tests");
    bool known =
        compiler_check_keys(compiler, root, keys, sizeof keys / sizeof *keys, section_mistake);
    compile_name(compiler, node_child(root, "name"));
    compile_tables(compiler, node_child(root, "tables"));
    compiler->scope.has_item = for_each != NULL;
    if (let != NULL) {
        compile_let(compiler, let);
    }
    if (when != NULL) {
        compile_when(compiler, when);
    }
    if (for_each != NULL) {
        compile_for_each(compiler, for_each);
    }
    if (account != NULL) {
        compile_account(compiler, account);
    }
    if (conversion != NULL) {
        compiler_conversion(compiler, conversion);
    } else if (known) {
        compiler_error(compiler, root->place, "conversion: {email: $.customer.email, …}",
                       "`conversion` is missing: the fields and their values");
    }
    if (custom != NULL) {
        compiler_attributes(compiler, custom, true, &compiler->mapping->custom);
    }
    if (metadata != NULL) {
        compiler_attributes(compiler, metadata, false, &compiler->mapping->metadata);
    }
    if (require != NULL) {
        compiler_require(compiler, require);
    }
    compiler_check(compiler, root);
    if (tests != NULL) {
        compiler_tests(compiler, tests);
    }
}

void plan_compile(struct mapping *mapping, const struct document *document, struct hash *hash,
                  struct error_list *errors)
{
    struct compiler compiler = {
        .mapping = mapping, .document = document, .hash = hash, .errors = errors};
    compiler.scope = (struct scope){.pool = &mapping->pool, .document = document, .errors = errors};
    const struct node *root = document_root(document);
    if (root == NULL) {
        const struct place whole_file = {0, 0, 0};
        compiler_error(&compiler, whole_file, "conversion: {email: $.customer.email, …}",
                       "the mapping is empty");
        return;
    }
    size_t before = errors->errors;
    if (compiler_need(&compiler, root, NODE_MAPPING, "a mapping with `conversion` in it") &&
        check_whole(&compiler, root)) {
        compile_root(&compiler, root);
    }
    if (errors->errors == before) {
        warn_of_unused_names(&compiler, node_child(root, "let"));
    }
    /* An expression with an error looks into no table. */
    if (compiler.scope.tables != NULL && errors->errors == before) {
        tables_warn_of_unused(compiler.scope.tables, document, errors);
    }
}
