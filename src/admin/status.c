#include "admin/status.h"

#include "base/entity.h"
#include "json/writer.h"

#include <inttypes.h>

/* ---- how it is ------------------------------------------------------------------------------- */

static const struct {
    const char *title;
    const char *text;
} holds[SNAPSHOT_HOLDS] = {
    [SNAPSHOT_HOLD_CREDENTIALS] =
        {"on hold: Rokt refuses the credentials or the address",
         "Nothing is lost. Check rokt.public_key, rokt.secret_key, rokt.account_id and "
         "rokt.base_url; keys that change in their files are tried at once. The log says more: "
         "delivery_on_hold."},
    [SNAPSHOT_HOLD_REFUSED] =
        {"on hold: Rokt refuses every request",
         "Nothing is lost. Check rokt.api and what the mapping makes, with rokt-relay map "
         "--request. The log says more: delivery_on_hold."},
    [SNAPSHOT_HOLD_DEAD_LETTER_SHARE] =
        {"a mapping kills too many of its messages",
         "What is dead waits. Mend the mapping and start the relay anew, or raise "
         "dead_letter.max_share. The log says more: dead_letters_on_hold."},
    [SNAPSHOT_HOLD_DEAD_LETTER_TOPIC] =
        {"letters cannot be written",
         "Does the dead-letter topic exist, may this client write to it, does it take messages of "
         "that size? The log says more: dead_letter_not_written."},
};

static const struct {
    const char *title;
    const char *text;
} waits[SNAPSHOT_WAITS] = {
    [SNAPSHOT_WAIT_NOTHING] = {"flowing", "Messages are read as they come."},
    [SNAPSHOT_WAIT_HOLD] = {"on hold", "The log says why."},
    [SNAPSHOT_WAIT_ROKT] =
        {"as fast as Rokt takes it",
         "As many requests are under way as may be: more relays would not help."},
    [SNAPSHOT_WAIT_DEAD_LETTER] = {"waiting for letters to be written",
                                   "As many letters wait for the brokers as may."},
    [SNAPSHOT_WAIT_OPEN] = {"waiting for an old message",
                            "As many messages wait for older ones as may: the log says which, "
                            "open_messages_limit."},
    [SNAPSHOT_WAIT_STOPPING] = {"stopping", "What is open is delivered and committed."},
};

static bool any_blocked(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->partition_count; i++) {
        if (snapshot->partitions[i].blocked) {
            return true;
        }
    }
    return false;
}

static const char *judge_hold(const struct snapshot *snapshot, struct error *ret_text)
{
    for (size_t i = 0; i < SNAPSHOT_HOLDS; i++) {
        if (snapshot->holds[i]) {
            error_set(ret_text, "%s", holds[i].text);
            return holds[i].title;
        }
    }
    if (any_blocked(snapshot)) {
        error_set(ret_text, "Its next message cannot be read. The log says why, and what to do: "
                            "partition_blocked.");
        return "a partition is blocked";
    }
    return NULL;
}

const char *status_judge(const struct status_view *view, enum status_state *ret_state,
                         struct error *ret_text)
{
    const struct snapshot *snapshot = view->snapshot;

    *ret_state = STATUS_ILL;
    if (!health_is_live(snapshot, view->health, view->now_ms, ret_text)) {
        return "stuck";
    }
    const char *hold = judge_hold(snapshot, ret_text);
    if (hold != NULL) {
        return hold;
    }
    *ret_state = STATUS_WAITS;
    if (!snapshot->assigned) {
        error_set(ret_text, "It waits for the group, or there are more members than partitions.");
        return "no partition was assigned yet";
    }
    *ret_state = snapshot->wait == SNAPSHOT_WAIT_NOTHING ? STATUS_WELL : STATUS_WAITS;
    error_set(ret_text, "%s", waits[snapshot->wait].text);
    return waits[snapshot->wait].title;
}

/* ---- the last minutes ----------------------------------------------------------------------- */

/* Of the samples there are, counted from the oldest. */
static const struct status_sample *sample_at(const struct status_history *history, size_t index)
{
    size_t first = history->next + STATUS_SAMPLES - history->count;

    return &history->samples[(first + index) % STATUS_SAMPLES];
}

static bool is_due(const struct status_history *history, int64_t taken_ms)
{
    return history->count == 0 ||
           taken_ms - sample_at(history, history->count - 1)->taken_ms >= STATUS_SAMPLE_MS;
}

void status_record(struct status_history *history, const struct status_view *view)
{
    const struct snapshot *snapshot = view->snapshot;
    enum status_state state;
    struct error text;
    const char *title = status_judge(view, &state, &text);

    if (title != history->title) {
        history->title = title;
        history->since_ms = snapshot->wall_ms;
    }
    if (snapshot->taken_ms > 0 && is_due(history, snapshot->taken_ms)) {
        history->samples[history->next] = (struct status_sample){
            .taken_ms = snapshot->taken_ms,
            .consumed = snapshot->consumed,
            .conversions = snapshot->conversions,
            .dead_lettered = snapshot->dead_lettered,
        };
        history->next = (history->next + 1) % STATUS_SAMPLES;
        history->count += history->count < STATUS_SAMPLES;
    }
}

static uint64_t figure_of(const struct status_sample *sample, size_t offset)
{
    uint64_t figure;

    memcpy(&figure, (const char *)sample + offset, sizeof figure);
    return figure;
}

/* A second, between two neighbouring samples, the second of which is `index`. */
static double rate_at(const struct status_history *history, size_t index, size_t offset)
{
    const struct status_sample *before = sample_at(history, index - 1);
    const struct status_sample *after = sample_at(history, index);
    uint64_t rise = figure_of(after, offset) - figure_of(before, offset);

    return (double)rise * 1000 / (double)(after->taken_ms - before->taken_ms);
}

static double last_rate(const struct status_history *history, size_t offset)
{
    return history->count < 2 ? 0 : rate_at(history, history->count - 1, offset);
}

/* ---- the page ------------------------------------------------------------------------------- */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"refresh\" content=\"5\"><title>rokt-relay</title>\n<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.45 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:1.5rem 0 .4rem}\n"
    ".state{border-left:.5rem solid;padding:.6rem 1rem;margin:1rem 0;background:#8882}\n"
    ".well{border-color:#2a9d4a}.waits{border-color:#d69a00}.ill{border-color:#d33}\n"
    ".plots{display:flex;flex-wrap:wrap;gap:1rem}.plots div{flex:1 1 16rem}\n"
    "svg{width:100%;height:5rem;background:#8882;display:block}\n"
    "polyline{fill:none;stroke:#3a7bd5;stroke-width:2;vector-effect:non-scaling-stroke}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;min-width:50%}\n"
    "th,td{text-align:right;padding:.2rem .7rem;border-bottom:1px solid #8884}\n"
    "th:first-child,td:first-child{text-align:left}\n"
    "</style></head><body>\n";

static void write_time(struct buffer *buffer, int64_t wall_ms)
{
    int64_t seconds = wall_ms / 1000;

    buffer_printf(buffer, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 " UTC", seconds / 3600 % 24,
                  seconds / 60 % 60, seconds % 60);
}

static void write_state(const struct status_history *history, const struct status_view *view,
                        struct buffer *buffer)
{
    static const char *const classes[] = {"well", "waits", "ill"};
    enum status_state state;
    struct error text;
    const char *title = status_judge(view, &state, &text);

    buffer_printf(buffer, "<h1>rokt-relay %s</h1>\n<div class=\"state %s\"><b>%s</b>",
                  view->facts->version, classes[state], title);
    if (history->title == title && history->since_ms > 0) {
        buffer_append(buffer, SLICE(" since "));
        write_time(buffer, history->since_ms);
    }
    buffer_append(buffer, SLICE("<br>"));
    entity_encode(buffer, slice_of(text.text));
    buffer_append(buffer, SLICE("</div>\n"));
}

static void write_plot(const struct status_history *history, const char *name, size_t offset,
                       struct buffer *buffer)
{
    double most = 1;

    for (size_t i = 1; i < history->count; i++) {
        double rate = rate_at(history, i, offset);
        most = rate > most ? rate : most;
    }
    buffer_printf(buffer,
                  "<div>%s: %.1f a second<svg viewBox=\"0 0 300 100\" preserveAspectRatio=\"none\" "
                  "role=\"img\" aria-label=\"%s, the last five minutes\"><polyline points=\"",
                  name, last_rate(history, offset), name);
    for (size_t i = 1; i < history->count; i++) {
        size_t x = 5 * (STATUS_SAMPLES - history->count + i);
        buffer_printf(buffer, "%zu,%.1f ", x, 97 - 94 * rate_at(history, i, offset) / most);
    }
    buffer_append(buffer, SLICE("\"/></svg></div>\n"));
}

static void write_plots(const struct status_history *history, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("<h2>The last five minutes</h2>\n<div class=\"plots\">\n"));
    write_plot(history, "messages read", offsetof(struct status_sample, consumed), buffer);
    write_plot(history, "conversions accepted", offsetof(struct status_sample, conversions),
               buffer);
    write_plot(history, "dead letters", offsetof(struct status_sample, dead_lettered), buffer);
    buffer_append(buffer, SLICE("</div>\n"));
}

static void write_figure(struct buffer *buffer, const char *name, uint64_t figure)
{
    buffer_printf(buffer, "<tr><td>%s</td><td>%" PRIu64 "</td></tr>\n", name, figure);
}

static void write_account(const struct snapshot *snapshot, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("<h2>Since the start</h2>\n<table>\n"));
    write_figure(buffer, "messages read", snapshot->consumed);
    write_figure(buffer, "delivered", snapshot->delivered);
    write_figure(buffer, "skipped", snapshot->skipped);
    write_figure(buffer, "dead-lettered", snapshot->dead_lettered);
    write_figure(buffer, "done before, by another process", snapshot->done_before);
    write_figure(buffer, "given back", snapshot->given_back);
    write_figure(buffer, "open now", snapshot->open);
    write_figure(buffer, "conversions accepted", snapshot->conversions);
    write_figure(buffer, "requests", snapshot->requests);
    write_figure(buffer, "of these sent again", snapshot->retries);
    write_figure(buffer, "requests at once, at most, now", snapshot->concurrency);
    write_figure(buffer, "conversions a second, at most, now (0: no limit)",
                 (uint64_t)snapshot->rate);
    write_figure(buffer, "offsets deleted before they were read", snapshot->deleted_unread);
    buffer_append(buffer, SLICE("</table>\n"));
}

static void write_reasons(const struct snapshot *snapshot, struct buffer *buffer)
{
    if (snapshot->reason_count == 0) {
        return;
    }
    buffer_append(buffer, SLICE("<h2>Skipped and dead, by reason</h2>\n<table>\n"));
    for (size_t i = 0; i < snapshot->reason_count; i++) {
        buffer_append(buffer, SLICE("<tr><td>"));
        entity_encode(buffer, slice_of(snapshot->reasons[i].name));
        buffer_printf(buffer, "</td><td>%s</td><td>%" PRIu64 "</td></tr>\n",
                      snapshot->reasons[i].dead ? "dead" : "skipped", snapshot->reasons[i].count);
    }
    buffer_append(buffer, SLICE("</table>\n"));
}

static int64_t lag_of(const struct snapshot_partition *partition)
{
    if (partition->end < 0 || partition->watermark < 0) {
        return -1;
    }
    return partition->end > partition->watermark ? partition->end - partition->watermark : 0;
}

/* "–" where it is not known. */
static void write_offset(struct buffer *buffer, int64_t offset)
{
    if (offset < 0) {
        buffer_append(buffer, SLICE("<td>–</td>"));
    } else {
        buffer_printf(buffer, "<td>%" PRId64 "</td>", offset);
    }
}

static void write_partitions(const struct snapshot *snapshot, struct buffer *buffer)
{
    buffer_append(buffer,
                  SLICE("<h2>Partitions</h2>\n<div class=\"wide\"><table>\n<tr><th>partition"
                        "<th>lag<th>watermark<th>waiting for<th>end<th>open</tr>\n"));
    for (size_t i = 0; i < snapshot->partition_count; i++) {
        const struct snapshot_partition *partition = &snapshot->partitions[i];

        buffer_append(buffer, SLICE("<tr><td>"));
        entity_encode(buffer, slice_of(partition->topic));
        buffer_printf(buffer, "-%" PRId32 "%s%s%s</td>", partition->number,
                      partition->blocked ? " (blocked)" : "", partition->full ? " (full)" : "",
                      partition->leaving ? " (leaving)" : "");
        write_offset(buffer, lag_of(partition));
        write_offset(buffer, partition->watermark);
        buffer_printf(buffer, "<td>%" PRId64 " s</td>",
                      (snapshot->taken_ms - partition->watermark_ms) / 1000);
        write_offset(buffer, partition->end);
        buffer_printf(buffer, "<td>%zu</td></tr>\n", partition->open);
    }
    buffer_append(buffer, SLICE("</table></div>\n"));
}

static void write_mappings(const struct metrics_facts *facts, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("<h2>Mappings</h2>\n<table>\n"));
    for (size_t i = 0; i < facts->mapping_count; i++) {
        buffer_append(buffer, SLICE("<tr><td>"));
        entity_encode(buffer, slice_of(facts->mappings[i].name));
        buffer_printf(buffer, "</td><td><code>%s</code></td></tr>\n", facts->mappings[i].hash);
    }
    buffer_append(buffer, SLICE("</table>\n"));
}

void status_page(const struct status_history *history, const struct status_view *view,
                 struct buffer *buffer)
{
    buffer_append(buffer, slice_of(head));
    write_state(history, view, buffer);
    write_plots(history, buffer);
    write_partitions(view->snapshot, buffer);
    write_account(view->snapshot, buffer);
    write_reasons(view->snapshot, buffer);
    write_mappings(view->facts, buffer);
    buffer_append(buffer, SLICE("</body></html>\n"));
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void write_member(struct buffer *buffer, const char *name, const char *text)
{
    buffer_printf(buffer, "\"%s\":", name);
    json_write_string(buffer, slice_of(text), JSON_UTF8);
}

static void write_json_partitions(const struct snapshot *snapshot, struct buffer *buffer)
{
    buffer_append(buffer, SLICE(",\"partitions\":["));
    for (size_t i = 0; i < snapshot->partition_count; i++) {
        const struct snapshot_partition *partition = &snapshot->partitions[i];

        buffer_printf(buffer, "%s{", i > 0 ? "," : "");
        write_member(buffer, "topic", partition->topic);
        buffer_printf(buffer,
                      ",\"partition\":%" PRId32 ",\"position\":%" PRId64 ",\"watermark\":%" PRId64
                      ",\"watermark_age_ms\":%" PRId64 ",\"end\":%" PRId64 ",\"lag\":%" PRId64
                      ",\"open\":%zu,\"blocked\":%s}",
                      partition->number, partition->position, partition->watermark,
                      snapshot->taken_ms - partition->watermark_ms, partition->end,
                      lag_of(partition), partition->open, partition->blocked ? "true" : "false");
    }
    buffer_append_byte(buffer, ']');
}

static void write_json_account(const struct snapshot *snapshot, struct buffer *buffer)
{
    buffer_printf(buffer,
                  ",\"consumed\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"skipped\":%" PRIu64
                  ",\"dead_lettered\":%" PRIu64 ",\"done_before\":%" PRIu64
                  ",\"given_back\":%" PRIu64 ",\"open\":%" PRIu64 ",\"held\":%" PRIu64
                  ",\"conversions\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"retries\":%" PRIu64,
                  snapshot->consumed, snapshot->delivered, snapshot->skipped,
                  snapshot->dead_lettered, snapshot->done_before, snapshot->given_back,
                  snapshot->open, snapshot->held, snapshot->conversions, snapshot->requests,
                  snapshot->retries);
}

void status_json(const struct status_history *history, const struct status_view *view,
                 struct buffer *buffer)
{
    static const char *const names[] = {"well", "waits", "ill"};
    enum status_state state;
    struct error text;
    const char *title = status_judge(view, &state, &text);

    buffer_printf(buffer, "{\"state\":\"%s\",", names[state]);
    write_member(buffer, "title", title);
    buffer_append_byte(buffer, ',');
    write_member(buffer, "text", text.text);
    buffer_printf(buffer, ",\"since_ms\":%" PRId64 ",", history->since_ms);
    write_member(buffer, "version", view->facts->version);
    buffer_printf(buffer, ",\"messages_per_second\":%.1f,\"conversions_per_second\":%.1f",
                  last_rate(history, offsetof(struct status_sample, consumed)),
                  last_rate(history, offsetof(struct status_sample, conversions)));
    write_json_account(view->snapshot, buffer);
    write_json_partitions(view->snapshot, buffer);
    buffer_append(buffer, SLICE("}\n"));
}
