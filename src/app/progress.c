#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 24
#define BAR_INTERVAL_MS 200
#define LINE_INTERVAL_MS 10000

/* So much must have passed before an estimate is worth anything. */
#define ESTIMATE_MS 1000

static uint64_t per_second(uint64_t done, int64_t elapsed_ms)
{
    return elapsed_ms <= 0 ? 0 : (uint64_t)((double)done * 1000 / (double)elapsed_ms);
}

/* Seconds; -1 when nothing can be said. */
static int64_t left_s(uint64_t done, uint64_t all, int64_t elapsed_ms)
{
    if (done == 0 || done > all || elapsed_ms < ESTIMATE_MS) {
        return -1;
    }
    return (int64_t)((double)(all - done) * (double)elapsed_ms / (double)done / 1000);
}

static void format_left(int64_t seconds, char *ret_text, size_t size)
{
    if (seconds < 0) {
        ret_text[0] = '\0';
    } else if (seconds < 60) {
        (void)snprintf(ret_text, size, "  %" PRId64 " s left", seconds);
    } else if (seconds < 3600) {
        (void)snprintf(ret_text, size, "  %" PRId64 " min left", (seconds + 59) / 60);
    } else {
        (void)snprintf(ret_text, size, "  %" PRId64 " h left", (seconds + 3599) / 3600);
    }
}

void progress_format(uint64_t done, uint64_t all, int64_t elapsed_ms,
                     char ret_text[static PROGRESS_SIZE])
{
    double share = done >= all ? 1 : (double)done / (double)all;
    int filled = (int)(share * BAR_WIDTH);
    char bar[BAR_WIDTH + 1];
    char left[40];

    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    format_left(left_s(done, all, elapsed_ms), left, sizeof left);
    (void)snprintf(ret_text, PROGRESS_SIZE,
                   "[%s] %3d%%  %" PRIu64 " of %" PRIu64 "  %" PRIu64 "/s%s", bar,
                   (int)(share * 100), done, all, per_second(done, elapsed_ms), left);
}

/* The cursor goes back to the line's start: a line of the log overwrites the bar. */
static void draw(struct progress *progress, uint64_t done, uint64_t all, int64_t now_ms)
{
    char text[PROGRESS_SIZE];

    progress_format(done, all, now_ms - progress->begin_ms, text);
    fprintf(stderr, "\033[K%s\r", text);
    (void)fflush(stderr);
    progress->drawn = true;
}

static void say(const struct progress *progress, uint64_t done, uint64_t all, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - progress->begin_ms;

    log_event(progress->log, LOG_LEVEL_INFO, "replay_progress", LOG_INTEGER("done", done),
              LOG_INTEGER("of", all), LOG_INTEGER("per_second", per_second(done, elapsed_ms)),
              LOG_INTEGER("seconds_left", left_s(done, all, elapsed_ms)));
}

void progress_show(struct progress *progress, uint64_t done, uint64_t all, int64_t now_ms)
{
    if (!progress->begun) {
        progress->begun = true;
        progress->terminal = isatty(STDERR_FILENO) == 1;
        progress->begin_ms = now_ms;
        progress->shown_ms = now_ms;
    }
    if (now_ms - progress->shown_ms < (progress->terminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS)) {
        return;
    }
    progress->shown_ms = now_ms;
    if (progress->terminal) {
        draw(progress, done, all, now_ms);
    } else if (progress->log != NULL) {
        say(progress, done, all, now_ms);
    }
}

void progress_end(struct progress *progress)
{
    if (progress->drawn) {
        fputs("\033[K", stderr);
        (void)fflush(stderr);
        progress->drawn = false;
    }
}
