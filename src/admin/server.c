#include "admin/server.h"

#include "admin/status.h"
#include "base/clock.h"
#include "base/memory.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 250
#define ANSWER_MAX ((size_t)16 * 1024 * 1024) /* some thousand partitions */

/* A connection. The list is in the order of their beginnings. */
struct visitor {
    struct visitor *previous;
    struct visitor *next;
    int fd;
    int64_t since_ms;
    size_t bytes; /* of the answer that is under way */
};

struct server {
    struct server_settings settings;
    struct snapshot_exchange *exchange;
    struct log *log;
    pthread_t thread;
    int stop_fd;

    /* All below is the thread's alone. */
    struct clock clock;
    struct MHD_Daemon *daemon; /* NULL: it does not listen */
    int64_t listen_due_ms;
    bool refusal_said;
    struct visitor *first;
    struct visitor *last;
    size_t visitors;
    size_t bytes;
    struct buffer body;
    struct status_history history;
};

/* ---- what is answered ------------------------------------------------------------------------ */

struct answer {
    unsigned status;
    const char *type;
};

#define TEXT "text/plain; charset=utf-8"

typedef struct answer page_function(struct server *server, struct buffer *body);

static struct answer answer_metrics(struct server *server, struct buffer *body)
{
    metrics_write(snapshot_read(server->exchange), &server->settings.facts,
                  server->clock.monotonic_ms, body);
    return (struct answer){MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8"};
}

static struct answer answer_health(bool well, const struct error *why, struct buffer *body)
{
    buffer_printf(body, "%s\n", well ? "ok" : why->text);
    return (struct answer){well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, TEXT};
}

static struct answer answer_live(struct server *server, struct buffer *body)
{
    struct error why;
    bool live = health_is_live(snapshot_read(server->exchange), &server->settings.health,
                               server->clock.monotonic_ms, &why);

    return answer_health(live, &why, body);
}

static struct answer answer_ready(struct server *server, struct buffer *body)
{
    struct error why;
    bool ready = health_is_ready(snapshot_read(server->exchange), &server->settings.health,
                                 server->clock.monotonic_ms, &why);

    return answer_health(ready, &why, body);
}

static struct status_view view_of(const struct server *server)
{
    return (struct status_view){
        .snapshot = snapshot_read(server->exchange),
        .facts = &server->settings.facts,
        .health = &server->settings.health,
        .now_ms = server->clock.monotonic_ms,
    };
}

static struct answer answer_status(struct server *server, struct buffer *body)
{
    struct status_view view = view_of(server);

    status_page(&server->history, &view, body);
    return (struct answer){MHD_HTTP_OK, "text/html; charset=utf-8"};
}

static struct answer answer_status_json(struct server *server, struct buffer *body)
{
    struct status_view view = view_of(server);

    status_json(&server->history, &view, body);
    return (struct answer){MHD_HTTP_OK, "application/json"};
}

static const struct page {
    const char *path;
    page_function *answer;
} pages[] = {
    {"/metrics", answer_metrics},
    {"/livez", answer_live},
    {"/readyz", answer_ready},
    {"/status", answer_status},
    {"/status.json", answer_status_json},
};

#define PAGE_COUNT (sizeof pages / sizeof pages[0])

static struct answer answer_unknown(struct buffer *body)
{
    buffer_append(body, SLICE("there is nothing here; there is:"));
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        buffer_printf(body, " %s", pages[i].path);
    }
    buffer_append_byte(body, '\n');
    return (struct answer){MHD_HTTP_NOT_FOUND, TEXT};
}

static struct answer answer_path(struct server *server, const char *path, struct buffer *body)
{
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        if (strcmp(pages[i].path, path) == 0) {
            return pages[i].answer(server, body);
        }
    }
    return answer_unknown(body);
}

/* What does not fit, by itself or beside the answers that slow clients have not read yet, is not
 * sent in part. */
static struct answer fit(const struct server *server, struct answer answer, struct buffer *body)
{
    if (!body->failed && body->size + server->bytes <= SERVER_ANSWERS_MAX) {
        return answer;
    }
    buffer_reset(body);
    buffer_append(body, SLICE("the answer is too large, or too many are under way: ask again\n"));
    return (struct answer){MHD_HTTP_SERVICE_UNAVAILABLE, TEXT};
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
    static const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CONNECTION, "close"},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
    };

    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
}

static enum MHD_Result send_answer(struct server *server, struct MHD_Connection *connection,
                                   struct answer answer)
{
    struct buffer *body = &server->body;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_COPY);

    if (response == NULL) {
        return MHD_NO;
    }
    visitor_of(connection)->bytes += body->size;
    server->bytes += body->size;
    add_headers(response, &answer);
    enum MHD_Result queued = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Called when the head of a request is there, and again when all of it is: a body is never waited
 * for. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **place)
{
    struct server *server = context;
    struct answer answer = {MHD_HTTP_METHOD_NOT_ALLOWED, TEXT};

    (void)version;
    (void)upload;
    *upload_size = 0;
    *place = server;
    buffer_reset(&server->body);
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        answer = answer_path(server, path, &server->body);
    } else {
        buffer_append(&server->body, SLICE("only GET and HEAD\n"));
    }
    answer = fit(server, answer, &server->body);
    return send_answer(server, connection, answer);
}

/* Paths are taken as they stand: none of ours has anything to decode, and nothing else is to look
 * like one. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* ---- connections ---------------------------------------------------------------------------- */

static struct visitor *enter(struct server *server, int fd)
{
    struct visitor *visitor = memory_new(1, sizeof *visitor);

    visitor->fd = fd;
    visitor->since_ms = server->clock.monotonic_ms;
    visitor->previous = server->last;
    if (server->last == NULL) {
        server->first = visitor;
    } else {
        server->last->next = visitor;
    }
    server->last = visitor;
    server->visitors++;
    return visitor;
}

static void leave(struct server *server, struct visitor *visitor)
{
    if (visitor->previous == NULL) {
        server->first = visitor->next;
    } else {
        visitor->previous->next = visitor->next;
    }
    if (visitor->next == NULL) {
        server->last = visitor->previous;
    } else {
        visitor->next->previous = visitor->previous;
    }
    server->visitors--;
    server->bytes -= visitor->bytes;
    free(visitor);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *place = enter(
            context,
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    } else {
        leave(context, *place);
    }
}

/* A connection whose time is over is cut, whatever it is doing: a time-out of inactivity alone
 * would let one stay that sends a byte now and then. libmicrohttpd sees it closed and says so. */
static void cut_old(const struct server *server)
{
    bool crowded = server->visitors > SERVER_CONNECTIONS_MAX / 2;
    int64_t patience_ms = crowded ? SERVER_PATIENCE_CROWDED_MS : SERVER_PATIENCE_MS;
    int64_t before_ms = server->clock.monotonic_ms - patience_ms;

    for (const struct visitor *visitor = server->first;
         visitor != NULL && visitor->since_ms < before_ms; visitor = visitor->next) {
        (void)shutdown(visitor->fd, SHUT_RDWR);
    }
}

/* ---- listening ------------------------------------------------------------------------------ */

static struct MHD_Daemon *start_daemon(struct server *server, int fd)
{
    return MHD_start_daemon(
        (unsigned)MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_HEAD_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(SERVER_PATIENCE_MS / 1000), MHD_OPTION_END);
}

/* Once: a port that stays in use is tried without an end. */
static void say_refusal(struct server *server, const struct error *error)
{
    if (!server->refusal_said) {
        log_event(server->log, LOG_LEVEL_ERROR, "admin_not_listening",
                  LOG_TEXT("message", error->text),
                  LOG_TEXT("hint", "orders are delivered all the same, but nobody can see it; it "
                                   "is tried again. Give each relay of a host an address of its "
                                   "own in admin.listen"));
    }
    server->refusal_said = true;
}

static void say_listening(struct server *server, uint16_t port)
{
    char host[ADDRESS_HOST_SIZE + 2];
    char url[sizeof host + 32];

    address_url_host(&server->settings.address, host);
    (void)snprintf(url, sizeof url, "http://%s:%u", host, (unsigned)port);
    log_event(server->log, LOG_LEVEL_INFO, "admin_listening", LOG_TEXT("url", url));
}

static void listen_now(struct server *server)
{
    struct error error;
    uint16_t port = 0;
    int fd = address_listen(&server->settings.address, &port, &error);

    server->listen_due_ms = server->clock.monotonic_ms + SERVER_LISTEN_AGAIN_MS;
    if (fd < 0) {
        say_refusal(server, &error);
        return;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        error_set(&error, "the HTTP server cannot be started");
        say_refusal(server, &error);
        (void)close(fd);
        return;
    }
    say_listening(server, port);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static int wait_fd(const struct server *server)
{
    return server->daemon == NULL
               ? -1
               : MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

/* False when it is to stop. */
static bool wait_for_visitors(const struct server *server)
{
    struct pollfd fds[] = {
        {.fd = server->stop_fd, .events = POLLIN},
        {.fd = wait_fd(server), .events = POLLIN},
    };

    (void)poll(fds, sizeof fds / sizeof fds[0], TICK_MS);
    return fds[0].revents == 0;
}

static void *serve(void *context)
{
    struct server *server = context;

    do {
        clock_refresh(&server->clock);
        struct status_view view = view_of(server);
        status_record(&server->history, &view);
        if (server->daemon == NULL && server->clock.monotonic_ms >= server->listen_due_ms) {
            listen_now(server);
        }
        if (server->daemon != NULL) {
            cut_old(server);
            (void)MHD_run(server->daemon);
        }
    } while (wait_for_visitors(server));
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    return NULL;
}

struct server *server_new(const struct server_settings *settings,
                          struct snapshot_exchange *exchange, struct log *log, struct error *error)
{
    struct server *server = memory_new(1, sizeof *server);

    server->settings = *settings;
    server->exchange = exchange;
    server->log = log;
    server->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    buffer_init(&server->body, ANSWER_MAX);
    if (server->stop_fd < 0 || pthread_create(&server->thread, NULL, serve, server) != 0) {
        error_set(error, "no thread or eventfd for the admin server could be made");
        if (server->stop_fd >= 0) {
            (void)close(server->stop_fd);
        }
        buffer_done(&server->body);
        free(server);
        return NULL;
    }
    return server;
}

void server_free(struct server *server)
{
    uint64_t one = 1;

    if (server == NULL) {
        return;
    }
    ssize_t written = write(server->stop_fd, &one, sizeof one);
    (void)written; /* cannot fail: it is written once */
    (void)pthread_join(server->thread, NULL);
    (void)close(server->stop_fd);
    buffer_done(&server->body);
    free(server);
}
