/* Reads times, one a line, and prints what each is in milliseconds since 1970, or "refused":
 *
 *     FORMAT <tab> ZONE <tab> TEXT        the zone may be empty
 *
 * differential.py compares them with what Python's datetime and zoneinfo say. */
#include "base/timestamp.h"
#include "json/reader.h"
#include "mapping/expression.h"

#include <stdio.h>
#include <stdlib.h>

/* The expression that reads `$` so, as a mapping has it. */
static const char *make_source(const char *format, const char *zone, struct arena *arena)
{
    struct slice source =
        zone[0] == '\0' ? arena_printf(arena, "e: |-\n  $ | timestamp('%s')\n", format)
                        : arena_printf(arena, "e: |-\n  $ | timestamp('%s', '%s')\n", format, zone);
    return arena_string(arena, source);
}

static void print_value(const struct value *value)
{
    struct slice text = SLICE("");
    int64_t ms = 0;
    if (value_text(value, &text) != VALUE_TEXT || timestamp_parse(text, NULL, &ms) != MOMENT_FINE) {
        (void)fprintf(stderr, "no time: %.*s\n", SLICE_PRINT(text));
        exit(2);
    }
    (void)printf("%lld\n", (long long)ms);
}

static void evaluate(const struct expression *expression, const char *text, struct arena *arena)
{
    struct json_value root = {.kind = JSON_STRING, .text = slice_of(text)};
    struct message message = {.timestamp_ms = -1};
    struct evaluation evaluation = {.message = &message, .root = &root, .arena = arena};
    struct value value;
    struct error error;
    if (expression_evaluate(expression, &evaluation, &value, &error)) {
        print_value(&value);
    } else {
        (void)printf("refused\n");
    }
}

static void read_line(char *line, struct arena *arena)
{
    const char *format = strsep(&line, "\t");
    const char *zone = strsep(&line, "\t");
    struct error_list errors = {0};
    struct expression_pool pool;
    struct document *document =
        document_read("line", slice_of(make_source(format, zone, arena)), &errors);
    expression_pool_init(&pool);
    struct scope scope = {.pool = &pool, .document = document, .errors = &errors};
    const struct expression *expression =
        document == NULL
            ? NULL
            : expression_compile(&scope, document_root(document)->first, EXPRESSION_VALUE);
    if (expression == NULL) {
        (void)fprintf(stderr, "%s %s: %s\n", format, zone, errors.items[0].message);
        exit(2);
    }
    evaluate(expression, line, arena);
    expression_pool_done(&pool);
    document_free(document);
    error_list_done(&errors);
}

int main(void)
{
    struct arena arena;
    char *line = NULL;
    size_t room = 0;
    arena_init(&arena, 0);
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        read_line(line, &arena);
        arena_reset(&arena);
    }
    free(line);
    arena_done(&arena);
    return 0;
}
