/* Values, in words. */
#include "explainer.h"

#define NAMES_MAX 4    /* members of an object that are named */
#define NAME_LENGTH 20 /* code points of each */

static const char *kind_word(enum json_kind kind)
{
    return kind == JSON_STRING ? "text " : kind == JSON_NUMBER ? "number " : "";
}

bool explain_hides(const struct explainer *explainer, struct slice text)
{
    return explainer->mask != NULL && (explainer->hiding || mask_hides(explainer->mask, text));
}

/* Names of members are the schema's, unless somebody made an object of addresses. */
static struct slice name_shown(const struct explainer *explainer, struct slice name)
{
    bool hidden = explainer->mask != NULL && mask_hides(explainer->mask, name);
    return hidden ? MASK : name;
}

/* "object of 12: id, name, …" */
static void write_members(struct explainer *explainer, const struct json_value *object)
{
    struct page *page = &explainer->page;
    page_printf(page, PAGE_PLAIN, "object of %zu", object->count);
    size_t count = 0;
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        page_write(page, PAGE_PLAIN, count == 0 ? SLICE(": ") : SLICE(", "));
        if (count == NAMES_MAX) {
            page_write(page, PAGE_PLAIN, SLICE("…"));
            return;
        }
        page_cut(page, PAGE_PLAIN, name_shown(explainer, member->name), NAME_LENGTH);
        count++;
    }
}

/* A text or a number. */
static void write_text(struct explainer *explainer, const struct json_value *value)
{
    struct page *page = &explainer->page;
    page_write(page, PAGE_FAINT, slice_of(kind_word(value->kind)));
    if (explain_hides(explainer, value->text)) {
        page_write(page, PAGE_PLAIN, MASK);
    } else if (value->kind == JSON_STRING) {
        page_quote(page, PAGE_PLAIN, value->text, EXPLAIN_TEXT_MAX);
    } else {
        page_cut(page, PAGE_PLAIN, value->text, EXPLAIN_TEXT_MAX);
    }
}

static void write_one(struct explainer *explainer, const struct json_value *value)
{
    struct page *page = &explainer->page;
    switch (value->kind) {
    case JSON_STRING:
    case JSON_NUMBER:
        write_text(explainer, value);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL: {
        struct value one = {.one = value};
        struct slice word = SLICE("null");
        (void)value_text(&one, &word);
        page_write(page, PAGE_PLAIN, word);
        break;
    }
    case JSON_ARRAY:
        page_printf(page, PAGE_PLAIN, "array of %zu", value->count);
        break;
    case JSON_OBJECT:
        write_members(explainer, value);
        break;
    }
    const struct value one = {.one = value};
    if (value_is_missing(&one)) {
        page_write(page, PAGE_FAINT, SLICE(" (missing)"));
    }
}

/* Where it stands in the message; what was made on the way stands nowhere. */
static void write_path(struct explainer *explainer, const struct json_value *value)
{
    buffer_reset(&explainer->path);
    if (explainer->trace->root == NULL ||
        !json_path_normalised(explainer->trace->root, value, &explainer->path)) {
        return;
    }
    page_to(&explainer->page, EXPLAIN_PATH);
    page_cut(&explainer->page, PAGE_FAINT, name_shown(explainer, buffer_slice(&explainer->path)),
             SIZE_MAX);
}

void explain_one(struct explainer *explainer, const struct json_value *value)
{
    write_one(explainer, value);
    write_path(explainer, value);
    page_end_line(&explainer->page);
}

void explain_more(struct explainer *explainer, size_t column, size_t left)
{
    if (left > 0) {
        page_to(&explainer->page, column);
        page_printf(&explainer->page, PAGE_FAINT, "… and %zu more", left);
        page_end_line(&explainer->page);
    }
}

static void write_items(struct explainer *explainer, const struct json_nodes *items, size_t column)
{
    size_t shown = items->count < EXPLAIN_ITEMS_MAX ? items->count : EXPLAIN_ITEMS_MAX;
    for (size_t i = 0; i < shown; i++) {
        page_to(&explainer->page, column);
        explain_one(explainer, items->items[i]);
    }
    explain_more(explainer, column, items->count - shown);
}

void explain_summary(struct explainer *explainer, const struct value *value)
{
    if (value->one != NULL) {
        write_one(explainer, value->one);
    } else if (value_is_list(value)) {
        page_printf(&explainer->page, PAGE_PLAIN, "list of %zu", value->list.count);
    } else {
        page_write(&explainer->page, PAGE_ODD, SLICE("nothing"));
    }
}

void explain_value(struct explainer *explainer, const struct value *value)
{
    size_t column = explainer->page.column + EXPLAIN_DEEPER;
    bool array = value->one != NULL && value->one->kind == JSON_ARRAY;
    explain_summary(explainer, value);
    if (value->one != NULL) {
        write_path(explainer, value->one);
    }
    page_end_line(&explainer->page);
    if (array || value_is_list(value)) {
        struct json_nodes items = value_items(value, explainer->trace->arena);
        write_items(explainer, &items, column);
    }
}
