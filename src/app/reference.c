#include "reference.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1024 * 1024)
#define ROWS_MAX 256
#define WIDTH 80      /* where nobody says */
#define WIDTH_MAX 120 /* longer lines are hard to read */

static size_t terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return WIDTH;
    }
    return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* Where the row of that name is, or SIZE_MAX. */
static size_t find_row(const struct reference *reference, const char *name)
{
    for (size_t i = 0; reference->name(i) != NULL; i++) {
        if (strcmp(reference->name(i), name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static int unknown_name(const struct reference *reference, const char *name)
{
    const char *names[ROWS_MAX];
    const char *nearest;
    size_t count = 0;

    while (count < ROWS_MAX && reference->name(count) != NULL) {
        names[count] = reference->name(count);
        count++;
    }
    nearest = error_nearest(slice_of(name), names, count);
    if (reference->mistake(slice_of(name)) != NULL) {
        return app_usage(reference->command, "there is no %s \"%s\"; %s", reference->noun, name,
                         reference->mistake(slice_of(name)));
    }
    if (nearest == NULL) {
        return app_usage(reference->command, "there is no %s \"%s\"", reference->noun, name);
    }
    return app_usage(reference->command, "there is no %s \"%s\"; the nearest known is \"%s\"",
                     reference->noun, name, nearest);
}

static int write_rows(const struct reference *reference, char **names, int count,
                      const struct page *page)
{
    for (int i = 0; i < count; i++) {
        size_t row = find_row(reference, names[i]);

        if (row == SIZE_MAX) {
            return unknown_name(reference, names[i]);
        }
        reference->full(page, row);
        buffer_append_byte(page->buffer, '\n');
    }
    if (reference->end != NULL) {
        reference->end(page);
    }
    return EXIT_OK;
}

static int write_text(const struct reference *reference, bool markdown, char **names, int count,
                      struct buffer *text)
{
    const struct page page = {.buffer = text, .width = terminal_width()};

    if (markdown) {
        reference->markdown(text);
    } else if (count == 0) {
        reference->brief(&page);
    } else {
        return write_rows(reference, names, count, &page);
    }
    return EXIT_OK;
}

int reference_run(const struct reference *reference, int argc, char **argv)
{
    bool markdown = false;
    const struct argument arguments[] = {{.name = "markdown", .letter = 'm', .flag = &markdown}};
    int operand = app_arguments(reference->command, argc, argv, arguments, 1);
    struct buffer text;
    int code;

    if (operand < 0) {
        return EXIT_USAGE;
    }
    if (markdown && operand < argc) {
        return app_usage(reference->command, "--markdown prints all of them: it takes no name");
    }
    buffer_init(&text, TEXT_MAX);
    code = write_text(reference, markdown, argv + operand, argc - operand, &text);
    if (code == EXIT_OK) {
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_done(&text);
    return code;
}
