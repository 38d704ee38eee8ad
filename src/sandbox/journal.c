#include "journal.h"

#include "base/memory.h"
#include "json/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX ((size_t)16 * 1024 * 1024)

struct journal {
    FILE *file; /* has a lock of its own */
    atomic_bool failed;
};

struct journal *journal_open(const char *path, struct error *error)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        error_set(error, "cannot write %s: %s", path, strerror(errno));
        return NULL;
    }
    struct journal *journal = memory_new(1, sizeof(struct journal));
    journal->file = file;
    return journal;
}

static void write_ids(const struct account_request *request, struct buffer *line)
{
    for (size_t i = 0; i < request->event_count; i++) {
        const struct event *event = &request->events[i];
        bool named = event->transaction_id.size > 0;
        if (i > 0) {
            buffer_append_byte(line, ',');
        }
        json_write_string(line, named ? event->transaction_id : event->client_event_id, JSON_ASCII);
    }
}

void journal_write(struct journal *journal, const struct account_request *request,
                   int64_t received_ms, int64_t answered_ms)
{
    struct buffer line;
    if (request->event_count == 0) {
        return;
    }
    buffer_init(&line, LINE_MAX);
    buffer_printf(&line,
                  "{\"received_ms\":%" PRId64 ",\"answered_ms\":%" PRId64
                  ",\"status\":%u,\"told\":%s,\"ids\":[",
                  received_ms, answered_ms, request->status,
                  request->acknowledged ? "true" : "false");
    write_ids(request, &line);
    buffer_append(&line, SLICE("]}\n"));
    if (line.failed || fwrite(line.data, 1, line.size, journal->file) != line.size ||
        fflush(journal->file) != 0) {
        atomic_store(&journal->failed, true);
    }
    buffer_done(&line);
}

bool journal_close(struct journal *journal, struct error *error)
{
    if (journal == NULL) {
        return true;
    }
    bool failed = fclose(journal->file) != 0 || atomic_load(&journal->failed);
    if (failed) {
        error_set(error, "the journal is not whole: it could not be written");
    }
    free(journal);
    return !failed;
}
