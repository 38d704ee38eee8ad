#include "base/error.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS "\xE2\x80\xA6"    /* U+2026, "…" */

/* How many code points of a line are shown, and how many of them before the place of a cut one. */
#define EXCERPT_LENGTH 96
#define EXCERPT_BEFORE 40

/* A name of fewer letters is no hint by being the beginning of another. */
#define PREFIX_SIZE 3
#define NAME_SIZE 64

/* What stands for the first code point of `text` in a line that is shown; `ret_size` is how many
 * bytes of `text` it stands for. An invalid byte counts as one code point. */
static struct slice shown(struct slice text, size_t *ret_size)
{
    uint32_t code_point = 0;
    size_t size = slice_decode(text, &code_point);
    *ret_size = size == 0 ? 1 : size;
    if (size == 0) {
        return SLICE(REPLACEMENT);
    }
    if (slice_is_control(code_point)) {
        return SLICE(" ");
    }
    return slice_part(text, 0, size);
}

/* Copies `text` as it is shown, whole code points only, and terminates it. Returns how much of
 * `text` found room. */
static size_t copy_shown(struct slice text, char *copy, size_t capacity)
{
    size_t at = 0;
    size_t used = 0;
    while (at < text.size) {
        size_t size = 0;
        struct slice piece = shown(slice_part(text, at, text.size), &size);
        if (piece.size > capacity - 1 - used) {
            break;
        }
        memcpy(copy + used, piece.data, piece.size);
        used += piece.size;
        at += size;
    }
    copy[used] = '\0';
    return at;
}

/* The same in memory of its own; one byte becomes three at most. */
static char *shown_string(struct slice text)
{
    size_t capacity = text.size * (sizeof(REPLACEMENT) - 1) + 1;
    char *copy = memory_new(capacity, 1);
    (void)copy_shown(text, copy, capacity);
    return copy;
}

/* `length` is what the text would have had with room for all of it, as vsnprintf() returns it. */
static void set_text(struct error *error, const char *text, int length)
{
    struct slice whole = slice_of(text);
    size_t taken = copy_shown(whole, error->text, sizeof error->text);
    if (taken == whole.size && length >= 0 && (size_t)length == whole.size) {
        return;
    }
    (void)copy_shown(whole, error->text, sizeof error->text - (sizeof(ELLIPSIS) - 1));
    memcpy(error->text + strlen(error->text), ELLIPSIS, sizeof ELLIPSIS);
}

/* Both go through a scratch of their own, because the arguments may be the error's text itself. It
 * has room to spare: what does not fit into it does not fit into the error either. */
void error_set(struct error *error, const char *format, ...)
{
    char text[ERROR_SIZE + 8];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    set_text(error, text, length);
}

void error_prefix(struct error *error, const char *format, ...)
{
    char context[ERROR_SIZE];
    char text[2 * ERROR_SIZE + 8];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    int length = snprintf(text, sizeof text, "%s: %s", context, error->text);
    set_text(error, text, length);
}

void error_list_done(struct error_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct error_item *item = &list->items[i];
        free(item->file);
        free(item->message);
        free(item->hint);
        free(item->line);
    }
    free(list->items);
    *list = (struct error_list){0};
}

/* Line `number` of `text`, without its end; false when there is none. What follows the last newline
 * is a line too, because that is where a file ends too early. */
static bool find_line(struct slice text, size_t number, struct slice *ret_line)
{
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF"))) {
        text = slice_part(text, 3, text.size);
    }
    if (number == 0 || text.size == 0) {
        return false;
    }
    for (; number > 1; number--) {
        size_t end = slice_find(text, SLICE("\n"));
        if (end == SIZE_MAX) {
            return false;
        }
        text = slice_part(text, end + 1, text.size);
    }
    struct slice line = slice_part(text, 0, slice_find(text, SLICE("\n")));
    if (slice_ends_with(line, SLICE("\r"))) {
        line.size--;
    }
    *ret_line = line;
    return true;
}

/* How many bytes of `text` the first `count` code points take, and how many there really are. */
static size_t skip_shown(struct slice text, size_t count, size_t *ret_count)
{
    size_t at = 0;
    size_t passed = 0;
    while (passed < count && at < text.size) {
        size_t size = 0;
        (void)shown(slice_part(text, at, text.size), &size);
        at += size;
        passed++;
    }
    *ret_count = passed;
    return at;
}

/* A line that is too long is shown from a little before the place on, with "…" for what is left out
 * at either end. */
static void set_excerpt(struct error_item *item, struct slice line)
{
    size_t length = 0;
    (void)skip_shown(line, SIZE_MAX, &length);
    size_t before = item->place.column == 0 ? 0 : item->place.column - 1;
    if (before > length) {
        before = length; /* right behind the end */
    }
    size_t start = 0;
    if (length > EXCERPT_LENGTH && before > EXCERPT_BEFORE) {
        size_t last = length - EXCERPT_LENGTH;
        start = before - EXCERPT_BEFORE < last ? before - EXCERPT_BEFORE : last;
    }
    size_t ignored = 0;
    size_t from = skip_shown(line, start, &ignored);
    struct slice rest = slice_part(line, from, line.size);
    size_t size = skip_shown(rest, EXCERPT_LENGTH, &ignored);
    char *excerpt = shown_string(slice_part(rest, 0, size));

    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX - 1);
    buffer_printf(&buffer, "%s%s%s", start > 0 ? ELLIPSIS : "", excerpt,
                  size < rest.size ? ELLIPSIS : "");
    item->line = memory_string(buffer_slice(&buffer));
    item->caret = before - start + (start > 0);
    buffer_done(&buffer);
    free(excerpt);
}

void error_list_add(struct error_list *list, enum error_grade grade, const struct source *source,
                    struct place place, const char *message, const char *hint)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->items = memory_resize(list->items, list->capacity, sizeof *list->items);
    }
    struct error_item *item = &list->items[list->count++];
    *item = (struct error_item){
        .grade = grade,
        .place = place,
        .file = shown_string(slice_of(source->name)),
        .message = shown_string(slice_of(message)),
        .hint = hint == NULL ? NULL : shown_string(slice_of(hint)),
    };
    list->errors += grade == ERROR_GRADE_ERROR;
    struct slice line;
    if (find_line(source->text, place.line, &line)) {
        set_excerpt(item, line);
    }
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Items at one place keep the order in which they were added: they lie in one array. */
static int compare_items(const void *left, const void *right)
{
    const struct error_item *a = *(const struct error_item *const *)left;
    const struct error_item *b = *(const struct error_item *const *)right;
    int order = strcmp(a->file, b->file);
    if (order == 0) {
        order = compare_sizes(a->place.line, b->place.line);
    }
    if (order == 0) {
        order = compare_sizes(a->place.column, b->place.column);
    }
    return order == 0 ? (a > b) - (a < b) : order;
}

static void write_heading(const struct error_item *item, struct buffer *buffer)
{
    buffer_append(buffer, slice_of(item->file));
    if (item->place.line > 0) {
        buffer_printf(buffer, ":%zu", item->place.line);
    }
    if (item->place.line > 0 && item->place.column > 0) {
        buffer_printf(buffer, ":%zu", item->place.column);
    }
    const char *grade = item->grade == ERROR_GRADE_ERROR ? "error" : "warning";
    buffer_printf(buffer, ": %s: %s\n", grade, item->message);
}

/* The caret and the rest of what is underlined, never past the end of the line. */
static void write_underline(const struct error_item *item, struct buffer *buffer)
{
    for (size_t i = 0; i < item->caret; i++) {
        buffer_append_byte(buffer, ' ');
    }
    buffer_append_byte(buffer, '^');
    size_t shown_length = slice_length(slice_of(item->line));
    for (size_t i = 1; i < item->place.length && item->caret + i < shown_length; i++) {
        buffer_append_byte(buffer, '~');
    }
    buffer_append_byte(buffer, '\n');
}

static void write_item(const struct error_item *item, struct buffer *buffer)
{
    /* Wide enough for the number, so that the bars stand below each other. */
    int width = snprintf(NULL, 0, "%5zu", item->place.line);
    write_heading(item, buffer);
    if (item->line != NULL) {
        buffer_printf(buffer, "%*zu |%s%s\n", width, item->place.line,
                      item->line[0] == '\0' ? "" : " ", item->line);
    }
    if (item->line != NULL && item->place.column > 0) {
        buffer_printf(buffer, "%*s | ", width, "");
        write_underline(item, buffer);
    }
    if (item->hint != NULL) {
        buffer_printf(buffer, "%*s = %s\n", width, "", item->hint);
    }
}

void error_list_write(const struct error_list *list, struct buffer *buffer)
{
    if (list->count == 0) {
        return;
    }
    const struct error_item **items = memory_new(list->count, sizeof(struct error_item *));
    for (size_t i = 0; i < list->count; i++) {
        items[i] = &list->items[i];
    }
    qsort(items, list->count, sizeof(struct error_item *), compare_items);
    for (size_t i = 0; i < list->count; i++) {
        write_item(items[i], buffer);
    }
    free(items);
}

static size_t to_lower(struct slice name, char ret_lower[static NAME_SIZE])
{
    for (size_t i = 0; i < name.size; i++) {
        bool upper = name.data[i] >= 'A' && name.data[i] <= 'Z';
        ret_lower[i] = (char)(upper ? name.data[i] - 'A' + 'a' : name.data[i]);
    }
    return name.size;
}

/* The case of letters is a typing error that costs nothing. A third of the letters may be wrong,
 * and at least one, but never all of them. SIZE_MAX when more are. */
static size_t near_distance(struct slice name, struct slice candidate)
{
    if (name.size > NAME_SIZE || candidate.size > NAME_SIZE) {
        return SIZE_MAX;
    }
    char lower_name[NAME_SIZE];
    char lower_candidate[NAME_SIZE];
    size_t name_size = to_lower(name, lower_name);
    size_t candidate_size = to_lower(candidate, lower_candidate);
    size_t distance = slice_distance((struct slice){lower_name, name_size},
                                     (struct slice){lower_candidate, candidate_size});
    size_t longer = name_size > candidate_size ? name_size : candidate_size;
    size_t allowed = longer / 3 > 1 ? longer / 3 : 1;
    bool near = distance <= allowed && (distance < name_size || distance == 0);
    return near ? distance : SIZE_MAX;
}

/* Somebody who writes "trans" for "transactionid" has not mistyped it. */
static bool is_beginning(struct slice name, struct slice candidate)
{
    return name.size >= PREFIX_SIZE && name.size < candidate.size &&
           slice_equal_ignoring_case(name, slice_part(candidate, 0, name.size));
}

const char *error_nearest(struct slice name, const char *const names[], size_t count)
{
    const char *nearest = NULL;
    const char *beginning = NULL;
    size_t smallest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        struct slice candidate = slice_of(names[i]);
        size_t distance = near_distance(name, candidate);
        if (distance < smallest) {
            smallest = distance;
            nearest = names[i];
        }
        if (beginning == NULL && is_beginning(name, candidate)) {
            beginning = names[i];
        }
    }
    return nearest != NULL ? nearest : beginning;
}
