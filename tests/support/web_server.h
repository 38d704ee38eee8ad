/* web_server: a small HTTP server on loopback for tests of the transport: HTTP/1.1, with TLS or
 * without, and HTTP/2 where the client wants it.
 *
 * Answers every request 200 with {}, or what it is told. It knows of the protocols what an answer
 * needs and no more. A thread for each connection; what it counts may be read under its lock. */
#ifndef SUPPORT_WEB_SERVER_H
#define SUPPORT_WEB_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define WEB_SERVER_CONNECTIONS_MAX 32
#define WEB_SERVER_HEAD_MAX 8192

/* Set before the start, all else zero. */
struct web_server {
    const char *address;          /* NULL: 127.0.0.1 */
    unsigned port;                /* 0: a free one, which is set at the start */
    const char *certificate_file; /* NULL: no TLS */
    const char *key_file;
    const char *client_ca_file; /* demands a certificate of this authority; NULL: none */
    bool http2;                 /* offered */
    unsigned together;          /* HTTP/2: answers when so many requests have come */
    bool silent;                /* takes connections and requests and says nothing */

    int fd;
    SSL_CTX *tls;
    pthread_t thread;
    pthread_mutex_t lock;
    bool stopped;
    struct web_connection *connections[WEB_SERVER_CONNECTIONS_MAX];
    size_t connection_count; /* so far, refused ones too */
    size_t request_count;
    size_t streams_most;            /* HTTP/2: requests open at once on one connection, at most */
    char head[WEB_SERVER_HEAD_MAX]; /* HTTP/1.1: of the last request */
    char *body;                     /* HTTP/1.1: of the last request */
    size_t body_size;
};

void web_server_start(struct web_server *server);
void web_server_stop(struct web_server *server);

/* How many requests it has had. */
size_t web_server_requests(struct web_server *server);
size_t web_server_connections(struct web_server *server);

/* Whether the last request had that header line ("Name: value"). */
bool web_server_had_header(struct web_server *server, const char *line);

#endif
