/* log: one event a line, for machines (JSON) or for a person at a terminal (text).
 *
 * An event has a level, a time, a name that never changes (`batch_delivered`) and typed fields.
 * Only the top (app, pipeline) logs; rooms below return errors as text. Nothing personal and no
 * secret is ever given to this module. An event that repeats is limited per name and level: the
 * first LOG_BURST within a window are written, the rest are counted and reported in one line at the
 * window's end. Lines may be written from several threads, and are whole; those that the file
 * cannot take within a second are lost, and counted in the line that stands before the next one. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"
#include "base/slice.h"

#include <stdint.h>

#define LOG_BURST 5
#define LOG_WINDOW_MS 60000

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* AUTO is text on a terminal, else JSON. */
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

enum log_kind { LOG_KIND_END, LOG_KIND_TEXT, LOG_KIND_INTEGER, LOG_KIND_BOOLEAN };

struct log_field {
    const char *name;
    enum log_kind kind;
    struct slice text;
    int64_t integer;
};

#define LOG_TEXT(key, value) ((struct log_field){(key), LOG_KIND_TEXT, slice_of(value), 0})
#define LOG_SLICE(key, value) ((struct log_field){(key), LOG_KIND_TEXT, (value), 0})
#define LOG_INTEGER(key, value) \
    ((struct log_field){(key), LOG_KIND_INTEGER, {NULL, 0}, (int64_t)(value)})
#define LOG_BOOLEAN(key, value) ((struct log_field){(key), LOG_KIND_BOOLEAN, {NULL, 0}, (value)})

/* log_event(log, LOG_LEVEL_INFO, "assigned", LOG_TEXT("topic", name), LOG_INTEGER("part", 3)); */
#define log_event(log, level, ...) log_event_(log, level, __VA_ARGS__, LOG_FIELD_END)
#define log_event_(log, level, event, ...) \
    log_write((log), (level), (event), (const struct log_field[]){__VA_ARGS__})
#define LOG_FIELD_END ((struct log_field){NULL, LOG_KIND_END, {NULL, 0}, 0})

struct log;

/* Writes to the file descriptor `fd`, which stays the caller's. */
struct log *log_new(int fd, enum log_format format, enum log_level level);
/* Reports what was held back, then frees. free(NULL) is fine. */
void log_free(struct log *log);

/* Takes the times from `clock`, which outlives the log, instead of the system: for tests. */
void log_set_clock(struct log *log, const struct clock *clock);

/* `event` is a literal; `fields` ends with LOG_FIELD_END. Its text "message" says it in words. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field fields[]);

/* Once a turn: reports what was held back in windows that have ended. `now_ms` is monotonic. */
void log_flush(struct log *log, int64_t now_ms);

/* "debug", "info", "warning", "error" to the level; false when it is none of them. */
bool log_level_parse(struct slice name, enum log_level *ret_level);

#endif
