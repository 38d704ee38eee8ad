#include "conversion/field.h"

#include "conversion/conversion.h"
#include "mapping/mistake.h"
#include "reference.h"

#include <stdio.h>
#include <string.h>

#define NAMES 30  /* columns of a name in the table */
#define LABELS 27 /* columns of a label in a row that is shown in full */
#define PATH_BYTES_MAX 256

static const char *name_at(size_t index)
{
    const struct field_info *info = field_at(index);

    return info == NULL ? NULL : info->name;
}

static void write_brief(const struct page *page)
{
    const struct page rows = {page->buffer, page->width, 0, NAMES};

    for (size_t i = 0; field_at(i) != NULL; i++) {
        const struct field_info *info = field_at(i);

        page_entry(&rows, info->name, info->doc);
        page_entry(&rows, "", field_form(info));
        buffer_append_byte(page->buffer, '\n');
    }
}

static void write_home(const struct page *page, const char *label, const struct field_home *home)
{
    struct buffer path;

    buffer_init(&path, PATH_BYTES_MAX);
    field_home_write(home, &path);
    buffer_append_byte(&path, '\0');
    page_line(page, label, path.data);
    buffer_done(&path);
}

/* Whether it is where a field stands first, which then has the better right to it. */
static bool is_some_fields(const struct field_home *home)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_home *other = &field_info((enum field)i)->home;

        if (other->part == home->part && strcmp(other->key, home->key) == 0) {
            return true;
        }
    }
    return false;
}

static void write_homes(const struct page *page, const struct field_info *info)
{
    write_home(page, "Event and Audience API", &info->home);
    if (info->second_home.part != FIELD_NOWHERE) {
        write_home(page, is_some_fields(&info->second_home) ? "  also, unless mapped" : "  also",
                   &info->second_home);
    }
}

static void write_limit(const struct page *page)
{
    char text[128];

    (void)snprintf(text, sizeof text, "%d characters, %d in the Event and Audience API",
                   CONVERSION_ATTRIBUTE_VALUE_MAX, CONVERSION_AUDIENCE_VALUE_MAX);
    page_entry(page, "at most", text);
}

static void write_full(const struct page *page, size_t index)
{
    const struct field_info *info = field_at(index);
    const struct page rows = {page->buffer, page->width, 2, LABELS};
    bool own = info->home.part == FIELD_EVENT_DATA;

    buffer_printf(page->buffer, "%s\n", info->name);
    page_entry(&rows, "holds", info->doc);
    page_entry(&rows, "may be", field_form(info));
    if (!own) {
        write_limit(&rows);
    }
    page_entry(&rows, "when it is not",
               info->policy == FIELD_OMIT ? "left out" : "the message is a dead letter");
    page_entry(&rows, "personal", info->personal ? "yes" : "no");
    page_line(&rows, "Event API", own ? "the event itself" : "objectData");
    write_homes(&rows, info);
    page_line(&rows, "example", info->example);
    page_line(&rows, "is sent as", info->gives);
}

static int run(int argc, char **argv)
{
    static const struct reference reference = {
        .command = &command_fields,
        .noun = "field",
        .name = name_at,
        .mistake = mistake_of_field,
        .brief = write_brief,
        .full = write_full,
        .markdown = field_reference,
    };

    return reference_run(&reference, argc, argv);
}

const struct command command_fields = {
    "fields",
    "show the fields that a mapping can fill",
    "usage: rokt-relay fields [NAME …]\n"
    "       rokt-relay fields --markdown\n"
    "\n"
    "Prints what a conversion can hold: each field, and what its value may be. Of fields that are\n"
    "named, everything is shown: the limits, what becomes of a value that breaks the rule, "
    "whether\n"
    "it is personal, where it stands in Rokt's APIs, and an example.\n"
    "\n"
    "  -m, --markdown   the table as it stands in config/README.md\n"
    "  -h, --help       this help\n"
    "\n"
    "Exit code 0, or 2 when there is no field of a name.\n",
    run,
};
