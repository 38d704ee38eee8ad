#include "server.h"

#include "base/clock.h"
#include "base/memory.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define CONNECTION_MEMORY ((size_t)128 * 1024)
/* What is read and thrown away of a body that is too large, so that its sender gets to see the answer. */
#define DISCARD_MAX ((size_t)16 * 1024 * 1024)

struct server {
    struct server_config config;
    struct MHD_Daemon *daemon;
    char url[ADDRESS_HOST_SIZE + 32];
    pthread_mutex_t mutex;
    pthread_cond_t stopped; /* wakes those that delay an answer */
    bool stopping;
};

/* What a connection keeps from one request to the next, mostly memory. */
struct channel {
    struct arena arena;
    struct buffer body; /* as much of it as the API takes */
    size_t received;    /* bytes of the body, also those thrown away */
    bool known;         /* to the account */
};

static struct clock time_now(void)
{
    struct clock clock = {0};
    clock_refresh(&clock);
    return clock;
}

/* Called when a connection begins and when it has ended. */
static void on_connection(void *context, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode code)
{
    const struct server *server = context;
    (void)connection;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct channel *channel = memory_new(1, sizeof(struct channel));
        arena_init(&channel->arena, 0);
        buffer_init(&channel->body, server->config.service->api->body_max);
        *place = channel;
    } else {
        struct channel *channel = *place;
        arena_done(&channel->arena);
        buffer_done(&channel->body);
        free(channel);
    }
}

static struct channel *channel_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static struct slice header(struct MHD_Connection *connection, const char *name)
{
    return slice_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

/* A body that ends in its middle. */
struct torn_body {
    size_t size; /* of the part that is sent */
    char data[];
};

static ssize_t read_torn_body(void *context, uint64_t position, char *room, size_t size)
{
    const struct torn_body *body = context;
    if (position >= body->size) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t left = body->size - (size_t)position;
    size_t part = size < left ? size : left;
    memcpy(room, body->data + position, part);
    return (ssize_t)part;
}

/* A body that is empty is torn from one of a single byte. */
static struct MHD_Response *torn_response(struct slice body)
{
    size_t whole = body.size == 0 ? 1 : body.size;
    size_t half = body.size / 2;
    struct torn_body *torn = memory_new(1, sizeof(struct torn_body) + half);
    torn->size = half;
    if (half > 0) {
        memcpy(torn->data, body.data, half);
    }
    return MHD_create_response_from_callback(whole, whole, read_torn_body, torn, free);
}

static struct MHD_Response *whole_response(struct slice body)
{
    /* libmicrohttpd copies, but has not declared so. */
    void *data = (void *)(uintptr_t)(body.size == 0 ? "" : body.data);
    return MHD_create_response_from_buffer(body.size, data, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct reply *reply,
                                  struct arena *arena)
{
    struct MHD_Response *response =
        reply->truncate ? torn_response(reply->body) : whole_response(reply->body);
    if (response == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < reply->header_count; i++) {
        (void)MHD_add_response_header(response, arena_string(arena, reply->headers[i].name),
                                      arena_string(arena, reply->headers[i].value));
    }
    enum MHD_Result queued = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* To dissolve a TCP connection sends RST, where close() would say goodbye. */
static enum MHD_Result reset(struct MHD_Connection *connection)
{
    const struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    int dissolved = connect(fd, &nothing, sizeof nothing);
    (void)dissolved; /* where that fails, the connection is closed: cut all the same */
    return MHD_NO;
}

/* Sleeps, but no longer than the server runs. */
static void delay(struct server *server, int64_t delay_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + delay_ms % 1000 * 1000000;
    until.tv_sec += delay_ms / 1000 + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    int result = 0;
    (void)pthread_mutex_lock(&server->mutex);
    while (!server->stopping && result == 0) {
        result = pthread_cond_timedwait(&server->stopped, &server->mutex, &until);
    }
    (void)pthread_mutex_unlock(&server->mutex);
}

static enum MHD_Result serve_api(struct server *server, struct MHD_Connection *connection,
                                 const char *method, const char *path)
{
    struct channel *channel = channel_of(connection);
    const struct service *service = server->config.service;
    struct api_request request = {
        .method = slice_of(method),
        .path = slice_of(path),
        .content_type = header(connection, "Content-Type"),
        .content_encoding = header(connection, "Content-Encoding"),
        .charset = header(connection, "Charset"),
        .version = header(connection, "Rokt-Version"),
        .authorization = header(connection, "Authorization"),
        .body = buffer_slice(&channel->body),
        .oversize = channel->body.failed,
        .bytes = channel->received,
    };
    struct clock now = time_now();
    struct fault_effect effect;
    struct reply reply;
    service_draw(service, &request, &now, &channel->arena, &effect);
    if (effect.delay_ms > 0) {
        delay(server, effect.delay_ms);
        clock_refresh(&now);
    }
    service_answer(service, &request, &effect, &now, &channel->arena, &reply);
    return reply.reset ? reset(connection) : send_reply(connection, &reply, &channel->arena);
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result serve_control(const struct server *server, struct MHD_Connection *connection,
                                     struct channel *channel, const char *method, const char *path)
{
    const struct control_request request = {
        .method = method,
        .path = path,
        .arguments = {.limit = argument(connection, "limit"),
                      .client_event_id = argument(connection, "clientEventId"),
                      .transaction_id = argument(connection, "transactionid"),
                      .group = argument(connection, "group")},
        .body = buffer_slice(&channel->body),
    };
    struct control_answer answer;
    control_answer(server->config.control, &request, &answer);
    const struct reply reply = {
        .status = answer.status,
        .body = buffer_slice(&answer.body),
        .headers = {{SLICE("Content-Type"),
                     answer.lines ? SLICE("application/jsonl") : SLICE("application/json")}},
        .header_count = 1,
    };
    enum MHD_Result sent = send_reply(connection, &reply, &channel->arena);
    buffer_done(&answer.body);
    return sent;
}

static void introduce(const struct server *server, struct channel *channel)
{
    if (!channel->known) {
        channel->known = true;
        account_connection(server->config.control->account);
    }
}

static enum MHD_Result serve(struct server *server, struct MHD_Connection *connection,
                             const char *method, const char *path)
{
    struct channel *channel = channel_of(connection);
    const struct sockaddr *peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    struct slice prefix = SLICE(CONTROL_PREFIX);
    if (slice_starts_with(slice_of(path), prefix) && address_is_loopback(peer)) {
        return serve_control(server, connection, channel, method, path + prefix.size);
    }
    introduce(server, channel);
    return serve_api(server, connection, method, path);
}

/* Called once when a request's headers are there, then with pieces of its body, then with none. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **place)
{
    (void)version;
    struct channel *channel = channel_of(connection);
    if (*place == NULL) {
        *place = channel;
        arena_reset(&channel->arena);
        buffer_reset(&channel->body);
        channel->received = 0;
        return MHD_YES;
    }
    if (*upload_size == 0) {
        return serve(context, connection, method, path);
    }
    channel->received += *upload_size;
    buffer_append(&channel->body, (struct slice){upload, *upload_size});
    *upload_size = 0;
    return channel->received <= DISCARD_MAX ? MHD_YES : MHD_NO;
}

static struct MHD_Daemon *start_daemon(struct server *server, int fd)
{
    const struct certificate *certificate = server->config.certificate;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, certificate == NULL ? NULL : certificate->key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate == NULL ? NULL : certificate->server},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = (unsigned)MHD_USE_THREAD_PER_CONNECTION |
                     (unsigned)MHD_USE_POLL_INTERNAL_THREAD | (unsigned)MHD_USE_ITC |
                     (certificate == NULL ? 0U : (unsigned)MHD_USE_TLS);
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_ARRAY,
                            certificate == NULL ? plain : secure, MHD_OPTION_END);
}

static void init_waiting(struct server *server)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->stopped, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&server->mutex, NULL);
}

static void set_url(struct server *server, uint16_t port)
{
    char host[ADDRESS_HOST_SIZE + 2];
    address_url_host(server->config.address, host);
    (void)snprintf(server->url, sizeof server->url, "%s://%s:%u",
                   server->config.certificate == NULL ? "http" : "https", host, (unsigned)port);
}

struct server *server_start(const struct server_config *config, struct error *error)
{
    uint16_t port = 0;
    int fd = address_listen(config->address, &port, error);
    if (fd < 0) {
        return NULL;
    }
    struct server *server = memory_new(1, sizeof(struct server));
    server->config = *config;
    init_waiting(server);
    set_url(server, port);
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        error_set(error, "cannot start the HTTP server at %s", server->url);
        (void)close(fd);
        server_stop(server);
        return NULL;
    }
    return server;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

void server_stop(struct server *server)
{
    if (server == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&server->mutex);
    server->stopping = true;
    (void)pthread_cond_broadcast(&server->stopped);
    (void)pthread_mutex_unlock(&server->mutex);
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    (void)pthread_cond_destroy(&server->stopped);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server);
}
