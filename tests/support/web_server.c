#include "support/web_server.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX (4 * 1024 * 1024)
#define STREAMS_MAX 128

struct web_connection {
    struct web_server *server;
    int fd;
    SSL *tls; /* NULL: plain */
    pthread_t thread;
};

/* --- Bytes ------------------------------------------------------------------------------------ */

/* At least one byte; 0 at the end. */
static size_t receive(struct web_connection *connection, char *data, size_t size)
{
    ssize_t count = connection->tls != NULL ? SSL_read(connection->tls, data, (int)size)
                                            : recv(connection->fd, data, size, 0);
    return count > 0 ? (size_t)count : 0;
}

static bool receive_all(struct web_connection *connection, char *data, size_t size)
{
    while (size > 0) {
        size_t count = receive(connection, data, size);
        if (count == 0) {
            return false;
        }
        data += count;
        size -= count;
    }
    return true;
}

static void send_all(struct web_connection *connection, const char *data, size_t size)
{
    if (connection->tls != NULL) {
        (void)SSL_write(connection->tls, data, (int)size);
    } else {
        (void)send(connection->fd, data, size, MSG_NOSIGNAL);
    }
}

/* --- HTTP/1.1 --------------------------------------------------------------------------------- */

/* Byte by byte, so that nothing of the body is taken with it. */
static bool receive_head(struct web_connection *connection, struct buffer *head)
{
    char byte;
    buffer_reset(head);
    while (!slice_ends_with(buffer_slice(head), SLICE("\r\n\r\n"))) {
        if (head->failed || receive(connection, &byte, 1) == 0) {
            return false;
        }
        buffer_append_byte(head, byte);
    }
    buffer_append_byte(head, '\0');
    return !head->failed;
}

static size_t content_length(const char *head)
{
    const char *line = strcasestr(head, "\r\nContent-Length:");
    return line == NULL ? 0 : strtoul(line + strlen("\r\nContent-Length:"), NULL, 10);
}

static void note_request(struct web_server *server, const struct buffer *head, char *body,
                         size_t size)
{
    (void)pthread_mutex_lock(&server->lock);
    server->request_count++;
    memcpy(server->head, head->data, head->size);
    free(server->body);
    server->body = body;
    server->body_size = size;
    (void)pthread_mutex_unlock(&server->lock);
}

static void serve_http1(struct web_connection *connection)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    struct buffer head;
    buffer_init(&head, WEB_SERVER_HEAD_MAX);
    while (receive_head(connection, &head)) {
        size_t size = content_length(head.data);
        assert(size <= BODY_MAX);
        char *body = memory_new(size + 1, 1);
        if (!receive_all(connection, body, size)) {
            free(body);
            break;
        }
        note_request(connection->server, &head, body, size);
        if (!connection->server->silent) {
            send_all(connection, answer, sizeof answer - 1);
        }
    }
    buffer_done(&head);
}

/* --- HTTP/2 (RFC 9113) ------------------------------------------------------------------------ */

enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_SETTINGS = 4, FRAME_PING = 6 };
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1, FLAG_END_HEADERS = 4 };

#define FRAME_HEAD_SIZE 9
#define FRAME_SIZE_MAX 16384

struct frame {
    size_t size;
    int type;
    int flags;
    uint32_t stream;
    char payload[FRAME_SIZE_MAX];
};

static bool receive_frame(struct web_connection *connection, struct frame *frame)
{
    unsigned char head[FRAME_HEAD_SIZE];
    if (!receive_all(connection, (char *)head, sizeof head)) {
        return false;
    }
    frame->size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    frame->type = head[3];
    frame->flags = head[4];
    frame->stream =
        (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
    return frame->size <= sizeof frame->payload &&
           receive_all(connection, frame->payload, frame->size);
}

static void send_frame(struct web_connection *connection, int type, int flags, uint32_t stream,
                       struct slice payload)
{
    char bytes[FRAME_HEAD_SIZE + 64];
    assert(payload.size <= sizeof bytes - FRAME_HEAD_SIZE);
    const char head[FRAME_HEAD_SIZE] = {
        0,
        0,
        (char)payload.size,
        (char)type,
        (char)flags,
        (char)(stream >> 24),
        (char)(stream >> 16),
        (char)(stream >> 8),
        (char)stream,
    };
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, payload.data, payload.size);
    send_all(connection, bytes, sizeof head + payload.size);
}

/* 0x88 is ":status: 200" (RFC 7541, appendix A, index 8). */
static void answer_streams(struct web_connection *connection, const uint32_t streams[],
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        send_frame(connection, FRAME_HEADERS, FLAG_END_HEADERS, streams[i], SLICE("\x88"));
        send_frame(connection, FRAME_DATA, FLAG_END_STREAM, streams[i], SLICE("{}"));
    }
}

/* A request has come to its end. Whether it is time to answer. */
static bool note_stream(struct web_server *server, size_t open)
{
    (void)pthread_mutex_lock(&server->lock);
    server->request_count++;
    if (open > server->streams_most) {
        server->streams_most = open;
    }
    bool all = server->request_count >= server->together;
    (void)pthread_mutex_unlock(&server->lock);
    return all;
}

static void serve_http2(struct web_connection *connection)
{
    char preface[24];
    uint32_t streams[STREAMS_MAX];
    size_t open = 0;
    struct frame *frame = memory_new(1, sizeof *frame);
    if (receive_all(connection, preface, sizeof preface)) {
        send_frame(connection, FRAME_SETTINGS, 0, 0, SLICE(""));
    }
    while (open < STREAMS_MAX && receive_frame(connection, frame)) {
        bool carries = frame->type == FRAME_DATA || frame->type == FRAME_HEADERS;
        if (frame->type == FRAME_SETTINGS && (frame->flags & FLAG_ACK) == 0) {
            send_frame(connection, FRAME_SETTINGS, FLAG_ACK, 0, SLICE(""));
        } else if (frame->type == FRAME_PING) {
            send_frame(connection, FRAME_PING, FLAG_ACK, 0,
                       (struct slice){frame->payload, frame->size});
        } else if (carries && (frame->flags & FLAG_END_STREAM) != 0) {
            streams[open++] = frame->stream;
            if (note_stream(connection->server, open)) {
                answer_streams(connection, streams, open);
                open = 0;
            }
        }
    }
    free(frame);
}

/* --- Connections ------------------------------------------------------------------------------ */

static bool is_http2(const struct web_connection *connection)
{
    const unsigned char *name = NULL;
    unsigned size = 0;
    if (connection->tls != NULL) {
        SSL_get0_alpn_selected(connection->tls, &name, &size);
    }
    return size == 2 && memcmp(name, "h2", 2) == 0;
}

static void *serve(void *context)
{
    struct web_connection *connection = context;
    struct web_server *server = connection->server;
    bool connected = true;
    if (server->tls != NULL) {
        connection->tls = SSL_new(server->tls);
        (void)SSL_set_fd(connection->tls, connection->fd);
        connected = SSL_accept(connection->tls) == 1;
    }
    if (connected && is_http2(connection)) {
        serve_http2(connection);
    } else if (connected) {
        serve_http1(connection);
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static void take_connection(struct web_server *server, int fd)
{
    struct web_connection *connection = memory_new(1, sizeof *connection);
    connection->server = server;
    connection->fd = fd;
    assert(server->connection_count < WEB_SERVER_CONNECTIONS_MAX);
    server->connections[server->connection_count++] = connection;
    int created = pthread_create(&connection->thread, NULL, serve, connection);
    assert(created == 0);
}

static void *accept_all(void *context)
{
    struct web_server *server = context;
    bool stopped = false;
    while (!stopped) {
        int fd = accept(server->fd, NULL, NULL);
        (void)pthread_mutex_lock(&server->lock);
        stopped = server->stopped;
        if (fd >= 0 && !stopped) {
            take_connection(server, fd);
        } else if (fd >= 0) {
            (void)close(fd);
        }
        (void)pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

/* --- Start and end ---------------------------------------------------------------------------- */

static int choose_protocol(SSL *tls, const unsigned char **ret_name, unsigned char *ret_size,
                           const unsigned char *offered, unsigned offered_size, void *context)
{
    static const unsigned char known[] = "\x02h2";
    (void)tls;
    (void)context;
    unsigned char *name = NULL;
    if (SSL_select_next_proto(&name, ret_size, known, sizeof known - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *ret_name = name;
    return SSL_TLSEXT_ERR_OK;
}

/* Level 0: a key that is too weak is for the client to refuse. */
static SSL_CTX *new_tls(const struct web_server *server)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(tls, 0);
    int used = SSL_CTX_use_certificate_chain_file(tls, server->certificate_file);
    assert(used == 1);
    used = SSL_CTX_use_PrivateKey_file(tls, server->key_file, SSL_FILETYPE_PEM);
    assert(used == 1);
    if (server->client_ca_file != NULL) {
        used = SSL_CTX_load_verify_locations(tls, server->client_ca_file, NULL);
        assert(used == 1);
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    if (server->http2) {
        SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
    }
    return tls;
}

static int listen_at(const char *address, unsigned *port)
{
    int one = 1;
    bool six = strchr(address, ':') != NULL;
    struct sockaddr_in6 six_address = {.sin6_family = AF_INET6,
                                       .sin6_port = htons((uint16_t)*port)};
    struct sockaddr_in four_address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    int parsed = six ? inet_pton(AF_INET6, address, &six_address.sin6_addr)
                     : inet_pton(AF_INET, address, &four_address.sin_addr);
    assert(parsed == 1);
    struct sockaddr *bound =
        six ? (struct sockaddr *)&six_address : (struct sockaddr *)&four_address;
    socklen_t size = six ? sizeof six_address : sizeof four_address;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int listening = bind(fd, bound, size) == 0 ? listen(fd, 64) : -1;
    assert(listening == 0);
    (void)getsockname(fd, bound, &size);
    *port = ntohs(six ? six_address.sin6_port : four_address.sin_port);
    return fd;
}

void web_server_start(struct web_server *server)
{
    (void)pthread_mutex_init(&server->lock, NULL);
    server->tls = server->certificate_file == NULL ? NULL : new_tls(server);
    server->fd = listen_at(server->address == NULL ? "127.0.0.1" : server->address, &server->port);
    int created = pthread_create(&server->thread, NULL, accept_all, server);
    assert(created == 0);
}

static void end_connection(struct web_connection *connection)
{
    (void)shutdown(connection->fd, SHUT_RDWR); /* wakes its thread */
    (void)pthread_join(connection->thread, NULL);
    SSL_free(connection->tls);
    (void)close(connection->fd);
    free(connection);
}

void web_server_stop(struct web_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stopped = true;
    (void)pthread_mutex_unlock(&server->lock);
    (void)shutdown(server->fd, SHUT_RDWR); /* wakes accept() */
    (void)pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->connection_count; i++) {
        end_connection(server->connections[i]);
    }
    (void)close(server->fd);
    SSL_CTX_free(server->tls);
    free(server->body);
    (void)pthread_mutex_destroy(&server->lock);
}

size_t web_server_requests(struct web_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

size_t web_server_connections(struct web_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

bool web_server_had_header(struct web_server *server, const char *line)
{
    char wanted[WEB_SERVER_HEAD_MAX];
    (void)snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    (void)pthread_mutex_lock(&server->lock);
    bool had = strstr(server->head, wanted) != NULL;
    (void)pthread_mutex_unlock(&server->lock);
    return had;
}
