/* Compiling the fields and attributes of a conversion. */
#include "compiler.h"
#include "mapping/mistake.h"

#include "base/timestamp.h"
#include "conversion/conversion.h"
#include "conversion/text.h"

#define SLIP_MAX 2 /* letters that a misspelt name has more or less */

/* What a conversion has besides the fields of the table. */
static const char *const own_names[] = {"eventTime", "clientEventId", "eventType"};

bool compiler_is_own(struct slice name)
{
    return compiler_is_one_of(name, own_names, sizeof own_names / sizeof *own_names);
}

/* Of a name that is one of them. */
static struct assignment *own_assignment(struct mapping *mapping, struct slice name)
{
    if (slice_equal(name, SLICE("eventTime"))) {
        return &mapping->event_time;
    }
    return slice_equal(name, SLICE("eventType")) ? &mapping->event_type : &mapping->client_event_id;
}

static const char *nearest_field(struct slice name)
{
    const char *nearest = error_nearest(name, own_names, sizeof own_names / sizeof *own_names);
    return nearest != NULL ? nearest : field_nearest(name);
}

void compiler_field_hint(struct slice name, const char *otherwise, struct error *ret_hint)
{
    const char *mistake = mistake_of_field(name);
    const char *nearest = nearest_field(name);
    if (mistake != NULL) {
        error_set(ret_hint, "%s", mistake);
    } else if (nearest != NULL) {
        error_set(ret_hint, "the nearest known is \"%s\"", nearest);
    } else {
        error_set(ret_hint, "%s", otherwise);
    }
}

/* Whether it holds fields, instead of being the long form of one. */
static bool is_nested(const struct node *node)
{
    return node->kind == NODE_MAPPING && node_child(node, "value") == NULL &&
           node_child(node, "text") == NULL;
}

static void unknown_field(struct compiler *compiler, const struct node *node)
{
    struct error hint;
    compiler_field_hint(node->key, "attributes of your own stand in `custom`", &hint);
    compiler_error(compiler, node->key_place,
                   is_nested(node) ? "fields are not nested: each stands in `conversion` itself"
                                   : hint.text,
                   "Rokt has no field \"%.*s\"", SLICE_PRINT(node->key));
    compiler->unknown_fields = true;
}

static void compile_own(struct compiler *compiler, const struct node *node)
{
    struct assignment *own = own_assignment(compiler->mapping, node->key);
    own->target = arena_string(compiler_arena(compiler), node->key);
    own->policy = FIELD_DEAD_LETTER;
    compiler_assignment(compiler, node, 0, own);
    compiler_check_value(compiler, node, FIELD_COUNT, own);
}

/* Of an address with a capital letter it would be another hash than everybody else's. */
static void warn_of_hash(struct compiler *compiler, const struct node *node,
                         const struct field_assignment *field)
{
    const struct expression *value = field->assignment.value;
    if (field->field == FIELD_EMAILSHA256 && value != NULL && expression_hashes_as_is(value)) {
        compiler_warning(compiler, compiler_value_place(node), "… | email_sha256",
                         "sha256 takes the address as it is: email_sha256 trims it and makes small "
                         "letters of it before");
    }
}

static unsigned long_form_of(enum field field)
{
    bool amount = field_info(field)->rule == FIELD_RULE_DECIMAL;
    return LONG_FORM_ON_INVALID | (amount ? LONG_FORM_NEGATIVE : 0u);
}

static void compile_field(struct compiler *compiler, const struct node *node)
{
    struct mapping *mapping = compiler->mapping;
    enum field field;
    if (compiler_is_own(node->key)) {
        compile_own(compiler, node);
    } else if (!field_find(node->key, &field)) {
        unknown_field(compiler, node);
    } else {
        struct field_assignment *assignment = &mapping->fields[mapping->field_count++];
        assignment->field = field;
        assignment->assignment.target = field_info(field)->name;
        assignment->assignment.policy = field_info(field)->policy;
        compiler_assignment(compiler, node, long_form_of(field), &assignment->assignment);
        compiler_check_value(compiler, node, field, &assignment->assignment);
        warn_of_hash(compiler, node, assignment);
    }
}

bool compiler_is_mapped(const struct compiler *compiler, enum field field)
{
    const struct mapping *mapping = compiler->mapping;
    for (size_t i = 0; i < mapping->field_count; i++) {
        if (mapping->fields[i].field == field) {
            return true;
        }
    }
    return false;
}

void compiler_conversion(struct compiler *compiler, const struct node *node)
{
    if (!compiler_need(compiler, node, NODE_MAPPING,
                       "a mapping of fields to expressions (`email: $.customer.email`)")) {
        return;
    }
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        compile_field(compiler, child);
    }
}

/* Without what only separates words. */
static struct slice plain_name(struct slice name, struct arena *arena)
{
    char *plain = arena_alloc(arena, name.size);
    size_t size = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] != '_' && name.data[i] != '-' && !slice_is_blank(name.data[i])) {
            plain[size++] = name.data[i];
        }
    }
    return (struct slice){plain, size};
}

static bool is_field_in_any_case(struct slice name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (slice_equal_ignoring_case(name, slice_of(field_info((enum field)i)->name))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++) {
        if (slice_equal_ignoring_case(name, slice_of(own_names[i]))) {
            return true;
        }
    }
    return false;
}

/* A field that was misspelt would be sent, and do nothing. */
static void warn_of_field(struct compiler *compiler, const struct node *node)
{
    const char *nearest = nearest_field(node->key);
    size_t size = nearest == NULL ? 0 : strlen(nearest);
    bool as_long = nearest != NULL && node->key.size + SLIP_MAX >= size &&
                   size + SLIP_MAX >= node->key.size; /* `shipping` is more likely a price */
    if (as_long) {
        struct error hint;
        error_set(&hint, "`%s` stands in conversion", nearest);
        compiler_warning(compiler, node->key_place, hint.text,
                         "this attribute looks like Rokt's field %s", nearest);
    }
}

static void check_attribute_name(struct compiler *compiler, const struct node *node, bool is_custom)
{
    struct slice prefix = slice_part(node->key, 0, sizeof "rokt." - 1);
    const char *fault = NULL;
    if (slice_trim(node->key).size == 0) {
        fault = "the name of an attribute is blank";
    } else if (slice_equal_ignoring_case(prefix, SLICE("rokt."))) {
        fault = "names that begin with \"rokt.\" are Rokt's own";
    } else if (slice_length(node->key) > CONVERSION_ATTRIBUTE_NAME_MAX) {
        fault = "the name of an attribute is longer than 256 characters";
    } else if (text_has_control(node->key)) {
        fault = "the name of an attribute holds a control character";
    } else if (is_custom && is_field_in_any_case(plain_name(node->key, compiler_arena(compiler)))) {
        fault = "this is a field of Rokt's: it stands in conversion";
    }
    if (fault != NULL) {
        compiler_error(compiler, node->key_place, NULL, "%s", fault);
    } else if (is_custom) {
        warn_of_field(compiler, node);
    }
}

/* Whether it is where a field that is mapped stands first. */
static bool is_taken(const struct mapping *mapping, const struct field_home *home)
{
    for (size_t i = 0; i < mapping->field_count; i++) {
        const struct field_home *other = &field_info(mapping->fields[i].field)->home;
        if (other->part == home->part && strcmp(other->key, home->key) == 0) {
            return true;
        }
    }
    return false;
}

/* How many attributes of an event a conversion can come to in the Event and Audience API. */
static size_t count_event_attributes(const struct mapping *mapping)
{
    size_t count = mapping->custom.count;
    for (size_t i = 0; i < mapping->field_count; i++) {
        const struct field_info *info = field_info(mapping->fields[i].field);
        count += info->home.part == FIELD_EVENT_ATTRIBUTE;
        count += info->second_home.part == FIELD_EVENT_ATTRIBUTE &&
                 !is_taken(mapping, &info->second_home);
    }
    return count;
}

static void warn_of_count(struct compiler *compiler, const struct node *node)
{
    size_t count = count_event_attributes(compiler->mapping);
    struct error text;
    if (count > CONVERSION_AUDIENCE_ATTRIBUTES_MAX) {
        error_set(
            &text,
            "with the fields these are %zu attributes, and the Event and Audience API takes %d "
            "of an event",
            count, CONVERSION_AUDIENCE_ATTRIBUTES_MAX);
        error_list_add(compiler->errors, ERROR_GRADE_WARNING, document_source(compiler->document),
                       node->key_place, text.text, NULL);
    }
}

void compiler_attributes(struct compiler *compiler, const struct node *node, bool is_custom,
                         struct named_assignments *assignments)
{
    if (!compiler_need(compiler, node, NODE_MAPPING,
                       "a mapping of names to expressions (`region: $.region`)")) {
        return;
    }
    assignments->items =
        arena_calloc(compiler_arena(compiler), node->count + 1, sizeof *assignments->items);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        check_attribute_name(compiler, child, is_custom);
        struct named_assignment *assignment = &assignments->items[assignments->count++];
        assignment->name = arena_copy(compiler_arena(compiler), child->key);
        struct slice target =
            arena_printf(compiler_arena(compiler), "%s.%.*s", is_custom ? "custom" : "metadata",
                         SLICE_PRINT(child->key));
        assignment->assignment.target = arena_string(compiler_arena(compiler), target);
        assignment->assignment.policy = FIELD_OMIT;
        compiler_assignment(compiler, child, LONG_FORM_ON_INVALID, &assignment->assignment);
    }
    if (is_custom) {
        warn_of_count(compiler, node);
    }
}
