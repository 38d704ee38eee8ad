#include "mapping/mistake.h"
#include "mapping/transform.h"
#include "reference.h"

#include <stdio.h>

#define NAMES 30  /* columns of a name with its arguments in the table */
#define LABELS 16 /* columns of a label in a row that is shown in full */

static const char *name_at(size_t index)
{
    const struct transform *transform = transform_at(index);

    return transform == NULL ? NULL : transform->name;
}

static void write_brief(const struct page *page)
{
    const struct page rows = {page->buffer, page->width, 0, NAMES};
    char label[128];

    for (size_t i = 0; transform_at(i) != NULL; i++) {
        const struct transform *transform = transform_at(i);

        (void)snprintf(label, sizeof label, "%s%s", transform->name, transform->arguments);
        page_entry(&rows, label, transform->doc);
    }
}

static const char *scope_text(enum transform_scope scope)
{
    switch (scope) {
    case TRANSFORM_EACH:
    case TRANSFORM_EXPRESSION:
        return "each value: of a list comes a list";
    case TRANSFORM_LIST:
        return "the whole list, missing values left out; one value is a list of one";
    case TRANSFORM_WHOLE_LIST:
        return "the whole list, missing values too; one value is a list of one";
    case TRANSFORM_COALESCE:
        return "whatever there is, missing or not";
    }
    return "";
}

static const char *misfit_text(enum transform_misfit misfit)
{
    return misfit == TRANSFORM_ERROR
               ? "an error: the field is left out or the message dead, as its policy says"
               : "nothing";
}

static void write_full(const struct page *page, size_t index)
{
    const struct transform *transform = transform_at(index);
    const struct page rows = {page->buffer, page->width, 2, LABELS};
    bool passes =
        transform->scope == TRANSFORM_COALESCE || transform->scope == TRANSFORM_EXPRESSION;

    buffer_printf(page->buffer, "%s%s\n", transform->name, transform->arguments);
    page_entry(&rows, "gives", transform->doc);
    page_entry(&rows, "works on", scope_text(transform->scope));
    if (!passes) {
        page_entry(&rows, "of a misfit", misfit_text(transform->misfit));
    }
    page_line(&rows, "example", transform->example);
    page_line(&rows, "", transform->gives == NULL ? "→ nothing" : transform->gives);
}

static void write_sample(const struct page *page)
{
    buffer_printf(page->buffer,
                  "The examples run on this message:\n\n%s\n"
                  "and with these tables in the mapping:\n\n%s",
                  transform_sample, transform_sample_tables);
}

static int run(int argc, char **argv)
{
    static const struct reference reference = {
        .command = &command_transforms,
        .noun = "transform",
        .name = name_at,
        .mistake = mistake_of_transform,
        .brief = write_brief,
        .full = write_full,
        .end = write_sample,
        .markdown = transform_reference,
    };

    return reference_run(&reference, argc, argv);
}

const struct command command_transforms = {
    "transforms",
    "show the transforms of the mapping language",
    "usage: rokt-relay transforms [NAME …]\n"
    "       rokt-relay transforms --markdown\n"
    "\n"
    "Prints what can be done to values on their way into a field. Of transforms that are named,\n"
    "everything is shown: what they work on, what they do with a value that they cannot use, and "
    "an\n"
    "example with its result.\n"
    "\n"
    "  -m, --markdown   the table as it stands in config/README.md\n"
    "  -h, --help       this help\n"
    "\n"
    "Exit code 0, or 2 when there is no transform of a name.\n",
    run,
};
