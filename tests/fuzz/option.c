/* Any YAML against the table of options: what is read is within its bounds, and secrets stay hidden. */
#include "config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The bounds hold for defaults, too. */
static void check_bounds(const struct config *config)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct option *option = &config_options[i];
        const void *member = (const char *)config + option->offset;
        bool amount = option->type == OPTION_INTEGER || option->type == OPTION_BYTES ||
                      option->type == OPTION_DURATION;
        if (amount) {
            int64_t value = *(const int64_t *)member;
            demand(value >= option->min && value <= option->max);
        }
    }
}

/* Whether the secret can come from its own place alone: it stands nowhere else in the file, and is like
 * nothing that errors say by themselves. */
static bool is_telling(const char *secret, struct slice text)
{
    if (secret == NULL || strlen(secret) < 8 || strncmp(secret, "rsec-", 5) != 0) {
        return false;
    }
    size_t first = slice_find(text, slice_of(secret));
    return first != SIZE_MAX &&
           slice_find(slice_part(text, first + 1, text.size), slice_of(secret)) == SIZE_MAX;
}

static void check_hidden(const char *secret, const struct error_list *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct error_item *item = &errors->items[i];
        demand(strstr(item->message, secret) == NULL);
        demand(item->hint == NULL || strstr(item->hint, secret) == NULL);
        demand(item->line == NULL || strstr(item->line, secret) == NULL);
    }
}

/* In a file that cannot be read, a line is shown up to what looks like one of Rokt's keys. */
static void check_lines(const struct error_list *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        const char *line = errors->items[i].line;
        demand(line == NULL || strstr(line, "rsec-") == NULL);
    }
}

static void read_options(struct document *document, struct slice text, struct error_list *errors)
{
    const struct node *root = document_root(document);
    if (root == NULL || root->kind != NODE_MAPPING) {
        return;
    }
    struct config config = {0};
    option_read(config_options, config_option_count, document, &config, errors);
    check_bounds(&config);
    if (is_telling(config.secret_key, text)) {
        check_hidden(config.secret_key, errors);
    }
    option_release(config_options, config_option_count, &config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    if (slice_find(text, SLICE("file:")) != SIZE_MAX) {
        return 0; /* a file to read may be one that never ends */
    }
    struct error_list errors = {0};
    struct document *document = document_read("fuzz.yaml", text, &errors);
    if (document != NULL && document_is_whole(document)) {
        read_options(document, text, &errors);
    } else {
        check_lines(&errors);
    }
    document_free(document);
    error_list_done(&errors);
    return 0;
}
