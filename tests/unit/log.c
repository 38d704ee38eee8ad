#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"

#define START_MS 1795428180125 /* 2026-11-23T10:03:00.125Z */

/* A log into a file in memory, with a clock of its own. */
struct fixture {
    int fd;
    struct clock clock;
    struct log *log;
    off_t read; /* how much of the file has been looked at */
};

static void open_log(struct fixture *fixture, enum log_format format, enum log_level level)
{
    *fixture = (struct fixture){
        .fd = memfd_create("log", MFD_CLOEXEC),
        .clock = {.monotonic_ms = 1000, .wall_ms = START_MS, .frozen = true},
    };
    assert_true(fixture->fd >= 0);
    fixture->log = log_new(fixture->fd, format, level);
    log_set_clock(fixture->log, &fixture->clock);
}

static void close_log(struct fixture *fixture)
{
    log_free(fixture->log);
    assert_int_equal(close(fixture->fd), 0);
}

/* What was written since the last look. */
static void assert_written(struct fixture *fixture, const char *expected)
{
    static char text[256 * 1024];
    ssize_t size = pread(fixture->fd, text, sizeof text - 1, fixture->read);
    assert_true(size >= 0);
    text[size] = '\0';
    fixture->read += size;
    assert_string_equal(text, expected);
}

/* A text of `size` bytes that doubles when it is escaped. */
static const char *newlines(size_t size)
{
    static char text[2001];
    memset(text, '\n', size);
    text[size] = '\0';
    return text;
}

static struct slice written_by(struct fixture *fixture)
{
    static char text[256 * 1024];
    ssize_t size = pread(fixture->fd, text, sizeof text, fixture->read);
    assert_true(size >= 0);
    fixture->read += size;
    return (struct slice){text, (size_t)size};
}

static void pass(struct fixture *fixture, int64_t ms)
{
    fixture->clock.monotonic_ms += ms;
    fixture->clock.wall_ms += ms;
}

static void json_has_time_level_event_and_fields(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "assigned", LOG_TEXT("topic", "orders"),
              LOG_INTEGER("partition", 3));
    log_event(fixture.log, LOG_LEVEL_ERROR, "stopped");
    log_event(fixture.log, LOG_LEVEL_DEBUG, "kept", LOG_BOOLEAN("yes", true),
              LOG_BOOLEAN("no", false), LOG_INTEGER("smallest", INT64_MIN),
              LOG_SLICE("part", slice_part(SLICE("abc"), 1, 1)), LOG_TEXT("none", NULL));
    assert_written(
        &fixture,
        "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"info\",\"event\":\"assigned\","
        "\"topic\":\"orders\",\"partition\":3}\n"
        "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"error\",\"event\":\"stopped\"}\n"
        "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"debug\",\"event\":\"kept\","
        "\"yes\":true,\"no\":false,\"smallest\":-9223372036854775808,\"part\":\"b\","
        "\"none\":\"\"}\n");
    close_log(&fixture);
}

static void text_is_for_a_person(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "assigned", LOG_TEXT("topic", "orders"),
              LOG_TEXT("message", "took over a partition"), LOG_INTEGER("partition", 3));
    log_event(fixture.log, LOG_LEVEL_WARNING, "stopped");
    log_event(fixture.log, LOG_LEVEL_ERROR, "failed", LOG_TEXT("message", "no \"way\""));
    log_event(fixture.log, LOG_LEVEL_DEBUG, "odd", LOG_TEXT("a", "b c"), LOG_TEXT("d", ""),
              LOG_TEXT("e", "x\"y"), LOG_TEXT("f", "x=y"), LOG_TEXT("g", "x\\y"),
              LOG_BOOLEAN("h", true));
    assert_written(
        &fixture,
        "10:03:00 info  assigned  topic=orders partition=3  took over a partition\n"
        "10:03:00 warn  stopped\n"
        "10:03:00 error failed  no \"way\"\n"
        "10:03:00 debug odd  a=\"b c\" d=\"\" e=\"x\\\"y\" f=\"x=y\" g=\"x\\\\y\" h=true\n");
    close_log(&fixture);
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
    log_event(fixture.log, LOG_LEVEL_DEBUG, "a");
    log_event(fixture.log, LOG_LEVEL_INFO, "b");
    assert_written(&fixture, "");
    log_event(fixture.log, LOG_LEVEL_WARNING, "c");
    assert_written(&fixture, "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"warning\","
                             "\"event\":\"c\"}\n");
    close_log(&fixture);
}

static void whatever_a_text_holds_the_line_is_one_line(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "x",
              LOG_SLICE("t", SLICE("\"\\\b\f\n\r\t\0\x1B\x7F\xC2\x9B\xE2\x80\xA8/\xC3\xA9")),
              LOG_SLICE("bad", SLICE("a\xFF\xED\xA0\x80z\xE2\x82")));
    assert_written(&fixture,
                   "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"info\",\"event\":\"x\","
                   "\"t\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001b\\u007f\\u009b\\u2028/\xC3\xA9\","
                   "\"bad\":\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"
                   "\xEF\xBF\xBD\xEF\xBF\xBD\"}\n");
    close_log(&fixture);
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "x", LOG_TEXT("v", "a\x7F"), LOG_TEXT("w", "\x1B[31m"),
              LOG_TEXT("message", "one\ntwo\xFF"));
    assert_written(&fixture, "10:03:00 info  x  v=a\\u007f w=\"\\u001b[31m\"  "
                             "one\\ntwo\xEF\xBF\xBD\n");
    close_log(&fixture);
}

static void a_long_text_is_cut_between_code_points(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[3002] = "x";
    for (size_t i = 1; i < 3000; i += 2) {
        memcpy(text + i, "\xC3\xA9", 2);
    }
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "x", LOG_TEXT("v", text));
    char expected[4096];
    (void)snprintf(expected, sizeof expected, "10:03:00 info  x  v=%.2001s\xE2\x80\xA6\n", text);
    assert_written(&fixture, expected);
    close_log(&fixture);
}

static void fields_that_find_no_room_are_told_of(void **state)
{
    (void)state;
    struct fixture fixture;
    const char *text = newlines(2000);
    static const enum log_format formats[] = {LOG_FORMAT_JSON, LOG_FORMAT_TEXT};
    static const char *const ends[] = {",\"small\":1,\"truncated\":true}\n",
                                       " small=1 truncated=true\n"};
    for (size_t i = 0; i < 2; i++) {
        open_log(&fixture, formats[i], LOG_LEVEL_DEBUG);
        log_event(fixture.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", text), LOG_TEXT("b", text),
                  LOG_TEXT("c", text), LOG_TEXT("d", text), LOG_TEXT("e", text),
                  LOG_INTEGER("small", 1), LOG_TEXT("message", text));
        struct slice written = written_by(&fixture);
        assert_in_range(written.size, 16000, 20 * 1024);
        assert_true(slice_ends_with(written, slice_of(ends[i])));
        close_log(&fixture);
    }
}

/* `f` fills the room for fields to the last byte: 4 * (7 + 4000) + 7 + 349 = 16 KiB. */
static void fields_have_room_to_the_byte(void **state)
{
    (void)state;
    char filler[351];
    memset(filler, 'f', sizeof filler - 1);
    filler[350] = '\0';
    for (size_t from = 0; from < 2; from++) {
        struct fixture fixture;
        open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
        for (int i = 0; i < LOG_BURST + 1; i++) {
            log_event(fixture.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", newlines(2000)),
                      LOG_TEXT("b", newlines(2000)), LOG_TEXT("c", newlines(2000)),
                      LOG_TEXT("d", newlines(2000)), LOG_TEXT("f", filler + from),
                      LOG_TEXT("g", ""));
        }
        bool fits = from == 1;
        struct slice text = written_by(&fixture);
        assert_int_equal(slice_find(text, SLICE("\"f\":\"ff")) != SIZE_MAX, fits);
        assert_int_equal(slice_find(text, SLICE("\"g\"")) == SIZE_MAX, fits);
        assert_true(slice_ends_with(text, SLICE(",\"truncated\":true}\n")));
        pass(&fixture, LOG_WINDOW_MS);
        log_flush(fixture.log, fixture.clock.monotonic_ms);
        text = written_by(&fixture);
        assert_true(slice_ends_with(text, SLICE(",\"truncated\":true,\"repeated\":1}\n")));
        close_log(&fixture);
    }
}

static void a_message_that_finds_no_room_is_told_of(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    log_event(fixture.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", newlines(2000)),
              LOG_TEXT("b", newlines(2000)), LOG_TEXT("c", newlines(2000)),
              LOG_TEXT("d", newlines(2000)), LOG_TEXT("message", newlines(2000)));
    assert_true(slice_ends_with(written_by(&fixture), SLICE("\\n\" truncated=true\n")));
    close_log(&fixture);
}

static void write_often(struct fixture *fixture, int times)
{
    for (int i = 1; i <= times; i++) {
        log_event(fixture->log, LOG_LEVEL_INFO, "retry", LOG_INTEGER("n", i),
                  LOG_TEXT("message", "again"));
    }
}

static void repetitions_are_counted_and_reported_at_the_end(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    write_often(&fixture, 12);
    assert_written(&fixture, "10:03:00 info  retry  n=1  again\n"
                             "10:03:00 info  retry  n=2  again\n"
                             "10:03:00 info  retry  n=3  again\n"
                             "10:03:00 info  retry  n=4  again\n"
                             "10:03:00 info  retry  n=5  again\n");
    pass(&fixture, LOG_WINDOW_MS - 1);
    log_flush(fixture.log, fixture.clock.monotonic_ms);
    assert_written(&fixture, "");
    pass(&fixture, 1);
    log_flush(fixture.log, fixture.clock.monotonic_ms);
    assert_written(&fixture, "10:04:00 info  retry  n=12  again  repeated=7\n");
    log_flush(fixture.log, fixture.clock.monotonic_ms);
    assert_written(&fixture, "");
    write_often(&fixture, 1);
    assert_written(&fixture, "10:04:00 info  retry  n=1  again\n");
    close_log(&fixture);
}

static void a_window_begins_with_its_first_event(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    write_often(&fixture, 6);
    fixture.read = lseek(fixture.fd, 0, SEEK_END);
    pass(&fixture, LOG_WINDOW_MS / 2);
    write_often(&fixture, 1);
    pass(&fixture, LOG_WINDOW_MS / 2);
    log_flush(fixture.log, fixture.clock.monotonic_ms);
    assert_written(&fixture, "10:04:00 info  retry  n=1  again  repeated=2\n");
    close_log(&fixture);
}

static void a_burst_that_is_written_whole_reports_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
    for (int i = 0; i < LOG_BURST; i++) {
        log_event(fixture.log, LOG_LEVEL_ERROR, "x");
    }
    assert_written(&fixture, "10:03:00 error x\n10:03:00 error x\n10:03:00 error x\n"
                             "10:03:00 error x\n10:03:00 error x\n");
    pass(&fixture, LOG_WINDOW_MS);
    log_flush(fixture.log, fixture.clock.monotonic_ms);
    assert_written(&fixture, "");
    close_log(&fixture);
}

static void a_window_ends_without_a_flush_too(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    write_often(&fixture, 7);
    fixture.read = lseek(fixture.fd, 0, SEEK_END);
    pass(&fixture, LOG_WINDOW_MS);
    log_event(fixture.log, LOG_LEVEL_INFO, "retry");
    assert_written(&fixture,
                   "{\"time\":\"2026-11-23T10:04:00.125Z\",\"level\":\"info\",\"event\":\"retry\","
                   "\"n\":7,\"message\":\"again\",\"repeated\":2}\n"
                   "{\"time\":\"2026-11-23T10:04:00.125Z\",\"level\":\"info\",\"event\":\"retry\"}"
                   "\n");
    close_log(&fixture);
}

static void what_is_held_back_is_reported_when_the_log_ends(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    write_often(&fixture, 6);
    fixture.read = lseek(fixture.fd, 0, SEEK_END);
    log_free(fixture.log);
    assert_written(&fixture, "10:03:00 info  retry  n=6  again  repeated=1\n");
    assert_int_equal(close(fixture.fd), 0);
}

static void events_and_levels_are_limited_apart(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    write_often(&fixture, 20);
    fixture.read = lseek(fixture.fd, 0, SEEK_END);
    log_event(fixture.log, LOG_LEVEL_ERROR, "retry");
    log_event(fixture.log, LOG_LEVEL_INFO, "other");
    log_event(fixture.log, LOG_LEVEL_INFO, "retry");
    assert_written(&fixture, "10:03:00 error retry\n10:03:00 info  other\n");
    close_log(&fixture);
}

static void more_events_than_are_counted_are_all_written(void **state)
{
    (void)state;
    static char names[300][8];
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    for (size_t i = 0; i < 300; i++) {
        (void)snprintf(names[i], sizeof names[i], "e%zu", i);
        log_event(fixture.log, LOG_LEVEL_INFO, names[i]);
    }
    fixture.read = lseek(fixture.fd, 0, SEEK_END);
    for (int i = 0; i < 8; i++) {
        log_event(fixture.log, LOG_LEVEL_INFO, names[299]);
    }
    assert_written(&fixture, "10:03:00 info  e299\n10:03:00 info  e299\n10:03:00 info  e299\n"
                             "10:03:00 info  e299\n10:03:00 info  e299\n10:03:00 info  e299\n"
                             "10:03:00 info  e299\n10:03:00 info  e299\n");
    close_log(&fixture);
}

static void a_held_back_event_allocates_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    write_often(&fixture, 10);
    size_t before = memory_allocations();
    write_often(&fixture, 1000);
    assert_int_equal(memory_allocations(), before);
    close_log(&fixture);
}

static void the_system_has_the_time_unless_a_clock_is_given(void **state)
{
    (void)state;
    int fd = memfd_create("log", MFD_CLOEXEC);
    struct log *log = log_new(fd, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_event(log, LOG_LEVEL_INFO, "x");
    char text[100] = {0};
    assert_true(pread(fd, text, sizeof text - 1, 0) > 20);
    assert_memory_equal(text, "{\"time\":\"20", 11);
    log_free(log);
    assert_int_equal(close(fd), 0);
}

static void levels_have_names(void **state)
{
    (void)state;
    enum log_level level = LOG_LEVEL_DEBUG;
    assert_true(log_level_parse(SLICE("warning"), &level));
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_true(log_level_parse(SLICE("debug"), &level));
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_true(log_level_parse(SLICE("info"), &level));
    assert_int_equal(level, LOG_LEVEL_INFO);
    assert_true(log_level_parse(SLICE("error"), &level));
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_false(log_level_parse(SLICE("warn"), &level));
    assert_false(log_level_parse(SLICE(""), &level));
    assert_false(log_level_parse(SLICE("Error"), &level));
    assert_int_equal(level, LOG_LEVEL_ERROR);
}

static void freeing_no_log_is_fine(void **state)
{
    (void)state;
    log_free(NULL);
}

/* A pipe that holds one page and never blocks the writer. */
static void open_pipe(int ends[2])
{
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
}

static size_t read_all(int fd, char *text, size_t capacity)
{
    size_t size = 0;
    ssize_t more = 0;
    while (size < capacity && (more = read(fd, text + size, capacity - size)) > 0) {
        size += (size_t)more;
    }
    return size;
}

/* Whether `text` is nothing but whole JSON lines of the log. */
static void assert_whole_lines(struct slice text)
{
    while (text.size > 0) {
        size_t end = slice_find(text, SLICE("\n"));
        assert_true(end != SIZE_MAX);
        struct slice line = slice_part(text, 0, end);
        assert_true(slice_starts_with(line, SLICE("{\"time\":\"")));
        assert_true(slice_ends_with(line, SLICE("}")));
        assert_int_equal(slice_find(slice_part(line, 1, SIZE_MAX), SLICE("{\"time\"")), SIZE_MAX);
        text = slice_part(text, end + 1, SIZE_MAX);
    }
}

static int64_t now_ms(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock.monotonic_ms;
}

/* A line of more than the pipe holds is begun, and finished once there is room again. */
static void a_line_that_is_begun_is_finished_later(void **state)
{
    (void)state;
    int ends[2];
    static char text[64 * 1024];
    const char *value = newlines(2000);
    open_pipe(ends);
    struct log *log = log_new(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_event(log, LOG_LEVEL_INFO, "long", LOG_TEXT("a", value), LOG_TEXT("b", value));
    int64_t start_ms = now_ms();
    for (int i = 0; i < LOG_BURST; i++) {
        log_event(log, LOG_LEVEL_INFO, "lost");
        log_event(log, LOG_LEVEL_ERROR, "lost");
    }
    assert_true(now_ms() - start_ms < 5000); /* not waiting each time */
    size_t size = read_all(ends[0], text, sizeof text);
    assert_int_equal(size, 4096);
    log_flush(log, 0);
    size += read_all(ends[0], text + size, sizeof text - size);
    log_flush(log, 0);
    log_event(log, LOG_LEVEL_INFO, "after");
    size += read_all(ends[0], text + size, sizeof text - size);
    struct slice all = {text, size};
    assert_whole_lines(all);
    assert_true(slice_find(all, SLICE("\"event\":\"long\"")) != SIZE_MAX);
    assert_int_equal(slice_find(all, SLICE("\"event\":\"lost\"")), SIZE_MAX);
    size_t report = slice_find(all, SLICE("\"event\":\"log_line_lost\",\"repeated\":10}"));
    size_t after = slice_find(all, SLICE("\"event\":\"after\""));
    assert_true(report < after);
    assert_true(after != SIZE_MAX);
    log_free(log);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void *read_slowly(void *argument)
{
    int fd = *(int *)argument;
    struct buffer *all = memory_new(1, sizeof *all);
    buffer_init(all, 16 * 1024 * 1024);
    for (;;) {
        char piece[512];
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        assert_true(poll(&poller, 1, 10000) > 0);
        ssize_t size = read(fd, piece, sizeof piece);
        if (size <= 0) {
            return all;
        }
        buffer_append(all, (struct slice){piece, (size_t)size});
    }
}

struct writer {
    struct log *log;
    const char (*names)[8];
};

static void *write_some(void *argument)
{
    const struct writer *writer = argument;
    static const char value[6000] = "longer than the pipe"; /* and the rest is NUL */
    for (size_t i = 0; i < 40 * LOG_BURST; i++) {
        log_event(writer->log, LOG_LEVEL_INFO, writer->names[i % 40],
                  LOG_SLICE("value", ((struct slice){value, sizeof value})));
    }
    return NULL;
}

/* How many lines there are, or are said to be lost. */
static long long accounted_for(const char *text)
{
    static const char lost[] = "\"event\":\"log_line_lost\",\"repeated\":";
    long long count = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    assert_true(count > 4 * 40 * LOG_BURST / 2); /* a reader that is slow is waited for */
    for (const char *at = text; (at = strstr(at, lost)) != NULL; at += sizeof lost) {
        count += strtoll(at + sizeof lost - 1, NULL, 10) - 1;
    }
    return count;
}

/* Into a pipe that is always full, whose reader is slower than they are. */
static void threads_write_whole_lines_and_count_lost_ones(void **state)
{
    (void)state;
    static char names[4][40][8];
    int ends[2];
    open_pipe(ends);
    struct log *log = log_new(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    pthread_t reader;
    pthread_t threads[4];
    struct writer writers[4];
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 40; j++) {
            (void)snprintf(names[i][j], sizeof names[i][j], "e%zu_%zu", i, j);
        }
        writers[i] = (struct writer){log, (const char(*)[8])names[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    log_free(log);
    (void)close(ends[1]);
    void *result = NULL;
    assert_int_equal(pthread_join(reader, &result), 0);
    struct buffer *all = result;
    assert_whole_lines(buffer_slice(all));
    buffer_append_byte(all, '\0');
    assert_int_equal(accounted_for(all->data), 4 * 40 * LOG_BURST);
    buffer_done(all);
    free(all);
    (void)close(ends[0]);
}

static int go; /* what the reader waits for before it reads */

static void give_the_go(int signal)
{
    (void)signal;
    ssize_t ignored = write(go, "!", 1);
    (void)ignored;
}

static void *read_after_the_go(void *argument)
{
    const int *ends = argument;
    char text[8192];
    bool both = read(ends[0], text, 1) == 1 && read(ends[1], text, sizeof text) == 4096;
    return both ? argument : NULL;
}

/* The pipe is full, so the write blocks until the signal comes, and only then it is emptied. */
static void a_write_that_a_signal_interrupts_is_repeated(void **state)
{
    (void)state;
    int ends[2];
    int gate[2];
    open_pipe(ends);
    assert_int_equal(write(ends[1], newlines(2000), 2000), 2000);
    assert_int_equal(write(ends[1], newlines(2000), 2000), 2000);
    assert_int_equal(write(ends[1], newlines(96), 96), 96);
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    go = gate[1];
    sigset_t alarm_only;
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &alarm_only, NULL), 0);
    pthread_t reader;
    int reads[2] = {gate[0], ends[0]};
    assert_int_equal(pthread_create(&reader, NULL, read_after_the_go, reads), 0);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL), 0);
    const struct sigaction action = {.sa_handler = give_the_go}; /* without SA_RESTART */
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    struct log *log = log_new(ends[1], LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    log_event(log, LOG_LEVEL_INFO, "x");
    void *result = NULL;
    assert_int_equal(pthread_join(reader, &result), 0);
    assert_ptr_equal(result, reads);
    char text[200] = {0};
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "\"event\":\"x\"}\n"));
    log_free(log);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(gate[0]);
    (void)close(gate[1]);
}

static void lines_that_are_lost_are_counted_before_the_next(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    int good = dup(fixture.fd);
    int bad = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(good >= 0 && bad >= 0);
    assert_int_equal(dup2(bad, fixture.fd), fixture.fd);
    for (int i = 0; i < 3; i++) {
        log_event(fixture.log, LOG_LEVEL_INFO, "x");
    }
    assert_int_equal(dup2(good, fixture.fd), fixture.fd);
    assert_written(&fixture, "");
    log_event(fixture.log, LOG_LEVEL_INFO, "y");
    assert_written(&fixture, "10:03:00 warn  log_line_lost  repeated=3\n10:03:00 info  y\n");
    log_event(fixture.log, LOG_LEVEL_INFO, "y");
    assert_written(&fixture, "10:03:00 info  y\n");
    (void)close(good);
    (void)close(bad);
    close_log(&fixture);
}

static void a_file_that_takes_nothing_does_no_harm(void **state)
{
    (void)state;
    struct log *log = log_new(-1, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    for (int i = 0; i < 20; i++) {
        log_event(log, LOG_LEVEL_INFO, "x", LOG_INTEGER("i", i));
    }
    log_free(log);
}

static int open_terminal(char *name, size_t size)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0 ||
        ptsname_r(terminal, name, size) != 0) {
        return -1;
    }
    return terminal;
}

static void assert_on_terminal(const char *no_colour, const char *terminal_name,
                               const char *expected)
{
    char name[100];
    int terminal = open_terminal(name, sizeof name);
    if (terminal < 0) {
        print_message("no pseudo terminal here\n");
        skip();
    }
    int side = open(name, O_RDWR | O_NOCTTY);
    assert_true(side >= 0);
    assert_int_equal(setenv("TERM", terminal_name, 1), 0);
    assert_int_equal(setenv("NO_COLOR", no_colour, 1), 0);
    struct clock clock = {.wall_ms = START_MS};
    struct log *log = log_new(side, LOG_FORMAT_AUTO, LOG_LEVEL_INFO);
    log_set_clock(log, &clock);
    log_event(log, LOG_LEVEL_WARNING, "x", LOG_INTEGER("n", 1));
    char text[200] = {0};
    assert_true(read(terminal, text, sizeof text - 1) > 0);
    assert_string_equal(text, expected);
    log_free(log);
    (void)close(side);
    (void)close(terminal);
}

static void a_terminal_gets_text_in_colour_unless_it_is_unwanted(void **state)
{
    (void)state;
    assert_on_terminal("", "xterm", "10:03:00 \x1B[33mwarn \x1B[0m x  n=1\r\n");
    assert_on_terminal("1", "xterm", "10:03:00 warn  x  n=1\r\n");
    assert_on_terminal("", "dumb", "10:03:00 warn  x  n=1\r\n");
}

static void a_file_gets_json_without_being_told(void **state)
{
    (void)state;
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_AUTO, LOG_LEVEL_INFO);
    log_event(fixture.log, LOG_LEVEL_INFO, "x");
    assert_written(&fixture,
                   "{\"time\":\"2026-11-23T10:03:00.125Z\",\"level\":\"info\",\"event\":\"x\"}\n");
    close_log(&fixture);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_time_level_event_and_fields),
        cmocka_unit_test(text_is_for_a_person),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(whatever_a_text_holds_the_line_is_one_line),
        cmocka_unit_test(a_long_text_is_cut_between_code_points),
        cmocka_unit_test(fields_that_find_no_room_are_told_of),
        cmocka_unit_test(fields_have_room_to_the_byte),
        cmocka_unit_test(a_message_that_finds_no_room_is_told_of),
        cmocka_unit_test(repetitions_are_counted_and_reported_at_the_end),
        cmocka_unit_test(a_window_begins_with_its_first_event),
        cmocka_unit_test(a_burst_that_is_written_whole_reports_nothing),
        cmocka_unit_test(a_window_ends_without_a_flush_too),
        cmocka_unit_test(what_is_held_back_is_reported_when_the_log_ends),
        cmocka_unit_test(events_and_levels_are_limited_apart),
        cmocka_unit_test(more_events_than_are_counted_are_all_written),
        cmocka_unit_test(a_held_back_event_allocates_nothing),
        cmocka_unit_test(the_system_has_the_time_unless_a_clock_is_given),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(freeing_no_log_is_fine),
        cmocka_unit_test(a_line_that_is_begun_is_finished_later),
        cmocka_unit_test(threads_write_whole_lines_and_count_lost_ones),
        cmocka_unit_test(a_write_that_a_signal_interrupts_is_repeated),
        cmocka_unit_test(lines_that_are_lost_are_counted_before_the_next),
        cmocka_unit_test(a_file_that_takes_nothing_does_no_harm),
        cmocka_unit_test(a_terminal_gets_text_in_colour_unless_it_is_unwanted),
        cmocka_unit_test(a_file_gets_json_without_being_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
