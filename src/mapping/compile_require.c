/* Compiling what a conversion must have. */
#include "compiler.h"

static bool find_custom(const struct mapping *mapping, struct slice name, size_t *ret_index)
{
    for (size_t i = 0; i < mapping->custom.count; i++) {
        if (slice_equal(slice_of(mapping->custom.items[i].assignment.target), name)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* Sets what the name stands for; false when it stands for nothing. `ret_mapped` tells whether it
 * can ever be there. */
static bool find_requirement(struct compiler *compiler, struct slice name,
                             struct requirement *requirement, bool *ret_mapped)
{
    struct mapping *mapping = compiler->mapping;
    enum field field;
    *ret_mapped = true;
    if (field_find(name, &field)) {
        requirement->index = field;
        *ret_mapped = compiler_is_mapped(compiler, field);
        return true;
    }
    if (compiler_is_own(name)) {
        requirement->always = true;
        return true;
    }
    requirement->is_custom = true;
    return find_custom(mapping, name, &requirement->index);
}

static void unknown_requirement(struct compiler *compiler, struct place place, struct slice name)
{
    struct error hint;
    compiler_field_hint(name, "a field, or custom.NAME; alternatives as in a | b", &hint);
    for (size_t i = 0; i < compiler->mapping->custom.count; i++) {
        if (slice_equal(compiler->mapping->custom.items[i].name, name)) {
            error_set(&hint, "the custom attribute is custom.%.*s", SLICE_PRINT(name));
        }
    }
    compiler_error(compiler, place, hint.text, "unknown name \"%.*s\"", SLICE_PRINT(name));
}

/* `a | b | c`: one of them must be there. */
static void compile_alternatives(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    const char *all = arena_string(compiler_arena(compiler), slice_trim(node->text));
    bool any_mapped = false;
    bool known = true;
    size_t from = 0;
    while (from <= node->text.size) {
        struct slice rest = slice_part(node->text, from, SIZE_MAX);
        struct slice part = slice_part(rest, 0, slice_find(rest, SLICE("|")));
        struct slice name = slice_trim(part);
        struct requirement requirement = {.alternatives = all,
                                          .or_next = from + part.size < node->text.size};
        bool mapped = false;
        size_t at = name.size == 0 ? from : (size_t)(name.data - node->text.data);
        if (!find_requirement(compiler, name, &requirement, &mapped)) {
            struct place place = document_place(compiler->document, node, at, name.size);
            unknown_requirement(compiler, place, name);
            known = false;
        }
        any_mapped = any_mapped || mapped;
        mapping->requirements[mapping->requirement_count++] = requirement;
        from += part.size + 1;
    }
    if (known && !any_mapped) {
        compiler_error(compiler, node->place, "map it, or take it out of `require`",
                       "this is required and never mapped: every message would be dead");
    }
}

static size_t count_names(const struct node *node)
{
    size_t count = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        count++;
        for (size_t i = 0; i < child->text.size; i++) {
            count += child->text.data[i] == '|';
        }
    }
    return count;
}

void compiler_require(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    if (!compiler_need(compiler, node, NODE_SEQUENCE,
                       "a list of names (`[transactionid, amount]`)")) {
        return;
    }
    mapping->requirements = arena_calloc(compiler_arena(compiler), count_names(node) + 1,
                                         sizeof *mapping->requirements);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        if (compiler_need(compiler, child, NODE_SCALAR, "a name")) {
            compile_alternatives(compiler, child);
        }
    }
}
