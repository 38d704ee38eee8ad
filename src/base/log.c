#include "base/log.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define VALUE_SIZE 2000         /* bytes of a text that are shown; a longer one ends with "…" */
#define FIELDS_SIZE (16 * 1024) /* rendered; fields past it are left out, and the line says so */
#define NOTE_SIZE 64            /* room for the note that fields are left out */
#define LINE_SIZE (20 * 1024)   /* has room for the fields and what stands around them */
#define REPETITIONS_MAX 256     /* events are literals, so there are fewer */
#define ATTEMPTS 10             /* to write a line … */
#define PATIENCE_MS 100         /* … with so long between two of them */

/* One event at one level, and how often it came since its window began. */
struct repetition {
    const char *event;
    enum log_level level;
    int64_t start_ms;
    int64_t count;
    struct buffer last; /* the fields of the last one that was held back */
};

struct log {
    pthread_mutex_t mutex; /* guards all that follows */
    int fd;
    enum log_format format; /* never AUTO */
    bool colour;
    enum log_level level;
    const struct clock *clock; /* NULL: the system's */
    struct repetition *repetitions;
    size_t count;
    struct buffer fields; /* of the event at hand, rendered */
    struct buffer line;   /* between two calls: the rest of a line that is begun */
    bool stuck;           /* the last line did not go out: do not wait again */
    int64_t lost;         /* lines, since the last report */
};

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_ERROR] = "error",
};

/* For the text format: of one width, in the colours that terminals have for this. */
static const char *const level_columns[] = {"debug", "info ", "warn ", "error"};
static const char *const level_colours[] = {"\x1B[2m", "\x1B[32m", "\x1B[33m", "\x1B[31m"};

bool log_level_parse(struct slice name, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (slice_equal(name, slice_of(level_names[i]))) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* https://no-color.org: any value but the empty one. */
static bool wants_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool dumb = terminal == NULL || strcmp(terminal, "dumb") == 0;
    return isatty(fd) == 1 && !dumb && (no_colour == NULL || no_colour[0] == '\0');
}

struct log *log_new(int fd, enum log_format format, enum log_level level)
{
    struct log *log = memory_new(1, sizeof *log);
    (void)pthread_mutex_init(&log->mutex, NULL);
    log->fd = fd;
    log->format = format;
    if (format == LOG_FORMAT_AUTO) {
        log->format = isatty(fd) == 1 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON;
    }
    log->colour = log->format == LOG_FORMAT_TEXT && wants_colour(fd);
    log->level = level;
    buffer_init(&log->fields, FIELDS_SIZE + NOTE_SIZE);
    buffer_init(&log->line, LINE_SIZE);
    return log;
}

void log_set_clock(struct log *log, const struct clock *clock)
{
    log->clock = clock;
}

static struct clock read_clock(const struct log *log)
{
    struct clock now = {0};
    if (log->clock != NULL) {
        return *log->clock;
    }
    clock_refresh(&now);
    return now;
}

/* As JSON escapes; what is no UTF-8 becomes U+FFFD. */
static void append_escape(struct buffer *buffer, uint32_t code_point)
{
    static const char names[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (size_t i = 0; i < sizeof names - 1; i += 2) {
        if ((uint32_t)names[i] == code_point) {
            buffer_append_byte(buffer, '\\');
            buffer_append_byte(buffer, names[i + 1]);
            return;
        }
    }
    buffer_printf(buffer, "\\u%04x", code_point);
}

/* The characters of `quoting` are escaped as control characters are. */
static void append_escaped(struct buffer *buffer, struct slice text, const char *quoting)
{
    struct slice shown = slice_part(text, 0, VALUE_SIZE);
    size_t at = 0;
    while (at < shown.size) {
        uint32_t code_point = 0;
        /* Decoded from the whole text, so that a cut does not halve the last one. */
        size_t size = slice_decode(slice_part(text, at, text.size), &code_point);
        if (size == 0) {
            buffer_append(buffer, SLICE("\xEF\xBF\xBD"));
            size = 1;
        } else if (slice_is_control(code_point) ||
                   (code_point < 0x80 && strchr(quoting, (int)code_point) != NULL)) {
            append_escape(buffer, code_point);
        } else {
            buffer_append(buffer, slice_part(text, at, size));
        }
        at += size;
    }
    if (at < text.size) {
        buffer_append(buffer, SLICE("\xE2\x80\xA6"));
    }
}

static void append_quoted(struct buffer *buffer, struct slice text)
{
    buffer_append_byte(buffer, '"');
    append_escaped(buffer, text, "\"\\");
    buffer_append_byte(buffer, '"');
}

/* Whether a person reads it right without quotes around it. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\') {
            return false;
        }
    }
    return text.size > 0;
}

static void append_value(struct log *log, const struct log_field *field)
{
    bool bare = log->format == LOG_FORMAT_TEXT && is_plain(field->text);
    switch (field->kind) {
    case LOG_KIND_TEXT:
        if (bare) {
            append_escaped(&log->fields, field->text, "");
        } else {
            append_quoted(&log->fields, field->text);
        }
        break;
    case LOG_KIND_INTEGER:
        buffer_append_integer(&log->fields, field->integer);
        break;
    case LOG_KIND_BOOLEAN:
        buffer_append(&log->fields, slice_of(field->integer != 0 ? "true" : "false"));
        break;
    case LOG_KIND_END:
        break;
    }
}

static void append_field(struct log *log, const struct log_field *field)
{
    struct buffer *buffer = &log->fields;
    if (log->format == LOG_FORMAT_JSON) {
        buffer_append_byte(buffer, ',');
        append_quoted(buffer, slice_of(field->name));
        buffer_append_byte(buffer, ':');
    } else {
        buffer_append(buffer, slice_of(buffer->size == 0 ? "  " : " "));
        append_escaped(buffer, slice_of(field->name), "");
        buffer_append_byte(buffer, '=');
    }
    append_value(log, field);
}

static bool is_message(const struct log_field *field)
{
    return field->kind == LOG_KIND_TEXT && strcmp(field->name, "message") == 0;
}

/* Whole or not at all; false when there is no room for it. */
static bool append_fitting(struct log *log, const struct log_field *field)
{
    size_t mark = log->fields.size;
    if (log->format == LOG_FORMAT_TEXT && is_message(field)) {
        buffer_append(&log->fields, SLICE("  "));
        append_escaped(&log->fields, field->text, "");
    } else {
        append_field(log, field);
    }
    if (log->fields.size > FIELDS_SIZE || log->fields.failed) {
        buffer_rollback(&log->fields, mark);
        return false;
    }
    return true;
}

/* In a text the message comes last, so that the fields of one event stand below each other. */
static void render(struct log *log, const struct log_field fields[])
{
    const struct log_field *message = NULL;
    bool complete = true;
    buffer_reset(&log->fields);
    for (const struct log_field *field = fields; field->kind != LOG_KIND_END; field++) {
        if (log->format == LOG_FORMAT_TEXT && is_message(field)) {
            message = field;
        } else {
            complete = append_fitting(log, field) && complete;
        }
    }
    if (message != NULL) {
        complete = append_fitting(log, message) && complete;
    }
    if (!complete) {
        append_field(log, &LOG_BOOLEAN("truncated", true));
    }
}

static void append_json_head(struct log *log, enum log_level level, const char *event,
                             const char *time)
{
    buffer_printf(&log->line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":", time,
                  level_names[level]);
    append_quoted(&log->line, slice_of(event));
}

/* The time of day is enough for who is watching. */
static void append_text_head(struct log *log, enum log_level level, const char *event,
                             const char *time)
{
    buffer_append(&log->line, slice_part(slice_of(time), 11, 8));
    buffer_printf(&log->line, " %s%s%s ", log->colour ? level_colours[level] : "",
                  level_columns[level], log->colour ? "\x1B[0m" : "");
    append_escaped(&log->line, slice_of(event), "");
}

/* Puts a line after what `line` still holds. `repeated` of 0 says nothing. */
static void append_line(struct log *log, enum log_level level, const char *event,
                        struct slice fields, int64_t repeated)
{
    struct clock now = read_clock(log);
    char time[TIMESTAMP_SIZE];
    bool json = log->format == LOG_FORMAT_JSON;
    timestamp_format(now.wall_ms, time);
    (json ? append_json_head : append_text_head)(log, level, event, time);
    buffer_append(&log->line, fields);
    if (repeated > 0) {
        buffer_append(&log->line, slice_of(json ? ",\"repeated\":" : "  repeated="));
        buffer_append_integer(&log->line, repeated);
    }
    buffer_append(&log->line, slice_of(json ? "}\n" : "\n"));
}

/* After a failed write(): whether another attempt makes sense. Waits a little where that is what it
 * needs, but not again and again while nobody reads. */
static bool may_retry(const struct log *log)
{
    if (errno == EINTR) {
        return true;
    }
    if (errno != EAGAIN) {
        return false;
    }
    struct pollfd poller = {.fd = log->fd, .events = POLLOUT};
    return !log->stuck && poll(&poller, 1, PATIENCE_MS) >= 0;
}

/* Writes what `line` holds. Of a line that is begun the rest stays for the next time, so that lines
 * stay whole; one that is not begun is lost. */
static void send_line(struct log *log)
{
    size_t sent = 0;
    int failures = 0;
    while (sent < log->line.size && failures < ATTEMPTS) {
        ssize_t size = write(log->fd, log->line.data + sent, log->line.size - sent);
        if (size > 0) {
            sent += (size_t)size;
        } else if (size < 0 && may_retry(log)) {
            failures++;
        } else {
            break;
        }
    }
    size_t rest = log->line.size - sent;
    log->stuck = rest > 0;
    if (sent > 0) {
        memmove(log->line.data, log->line.data + sent, rest);
        buffer_rollback(&log->line, rest);
    }
}

/* One line, with nothing before it that is not sent. */
static void put_line(struct log *log, enum log_level level, const char *event, struct slice fields,
                     int64_t repeated)
{
    append_line(log, level, event, fields, repeated);
    size_t size = log->line.size;
    bool whole = !log->line.failed;
    if (whole) {
        send_line(log);
    }
    if (!whole || log->line.size == size) {
        buffer_reset(&log->line);
        log->lost++;
    }
}

static void report_lost(struct log *log)
{
    int64_t lost = log->lost;
    log->lost = 0;
    put_line(log, LOG_LEVEL_WARNING, "log_line_lost", (struct slice){NULL, 0}, lost);
    if (log->lost > 0) {
        log->lost = lost;
    }
}

/* What has to go out before anything else can. */
static void catch_up(struct log *log)
{
    if (log->line.size > 0) {
        send_line(log);
    }
    if (log->line.size == 0 && log->lost > 0) {
        report_lost(log);
    }
}

static void write_line(struct log *log, enum log_level level, const char *event,
                       struct slice fields, int64_t repeated)
{
    catch_up(log);
    if (log->line.size > 0) {
        log->lost++;
    } else {
        put_line(log, level, event, fields, repeated);
    }
}

/* Of this event at this level; NULL when there are too many events to count them all, which are not
 * limited then. */
static struct repetition *find_repetition(struct log *log, enum log_level level, const char *event)
{
    for (size_t i = 0; i < log->count; i++) {
        struct repetition *repetition = &log->repetitions[i];
        if (repetition->level == level && strcmp(repetition->event, event) == 0) {
            return repetition;
        }
    }
    if (log->count == REPETITIONS_MAX) {
        return NULL;
    }
    log->repetitions = memory_resize(log->repetitions, log->count + 1, sizeof *log->repetitions);
    struct repetition *repetition = &log->repetitions[log->count++];
    *repetition = (struct repetition){.event = event, .level = level};
    buffer_init(&repetition->last, FIELDS_SIZE + NOTE_SIZE);
    return repetition;
}

static void end_window(struct log *log, struct repetition *repetition)
{
    if (repetition->count > LOG_BURST) {
        write_line(log, repetition->level, repetition->event, buffer_slice(&repetition->last),
                   repetition->count - LOG_BURST);
    }
    repetition->count = 0;
}

static void end_windows_before(struct log *log, int64_t start_ms)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->repetitions[i].count > 0 && log->repetitions[i].start_ms <= start_ms) {
            end_window(log, &log->repetitions[i]);
        }
    }
}

/* Counts the event at hand; true when it is one too many, and is kept instead of being written. */
static bool is_held_back(struct log *log, struct repetition *repetition)
{
    int64_t now_ms = read_clock(log).monotonic_ms;
    if (repetition->count > 0 && repetition->start_ms <= now_ms - LOG_WINDOW_MS) {
        end_window(log, repetition);
    }
    if (repetition->count == 0) {
        repetition->start_ms = now_ms;
    }
    repetition->count++;
    if (repetition->count <= LOG_BURST) {
        return false;
    }
    buffer_reset(&repetition->last);
    buffer_append(&repetition->last, buffer_slice(&log->fields));
    return true;
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field fields[])
{
    if (level < log->level) {
        return;
    }
    (void)pthread_mutex_lock(&log->mutex);
    render(log, fields);
    struct repetition *repetition = find_repetition(log, level, event);
    if (repetition == NULL || !is_held_back(log, repetition)) {
        write_line(log, level, event, buffer_slice(&log->fields), 0);
    }
    (void)pthread_mutex_unlock(&log->mutex);
}

void log_flush(struct log *log, int64_t now_ms)
{
    (void)pthread_mutex_lock(&log->mutex);
    end_windows_before(log, now_ms - LOG_WINDOW_MS);
    catch_up(log);
    (void)pthread_mutex_unlock(&log->mutex);
}

void log_free(struct log *log)
{
    if (log == NULL) {
        return;
    }
    log->stuck = false; /* the last chance is worth waiting for */
    end_windows_before(log, INT64_MAX);
    catch_up(log);
    for (size_t i = 0; i < log->count; i++) {
        buffer_done(&log->repetitions[i].last);
    }
    free(log->repetitions);
    buffer_done(&log->fields);
    buffer_done(&log->line);
    (void)pthread_mutex_destroy(&log->mutex);
    free(log);
}
