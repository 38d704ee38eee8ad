/* server: answers those who watch the relay, over HTTP: /metrics, /livez, /readyz, /status and
 * /status.json.
 *
 * One thread of its own, which reads snapshots and touches nothing else: whatever clients do, the
 * pipeline does not notice. Only GET and HEAD, one request a connection, no body is read; a head of
 * more than SERVER_HEAD_MAX is refused; connections, the time that each may take, and what is kept
 * for slow readers are bounded. When more than half of the connections are taken, each has a second
 * only: so a probe gets through beside any number of clients that hold connections open. An address
 * that cannot be listened at (it is in use) is said in the log and tried again: orders are
 * delivered meanwhile. */
#ifndef ADMIN_SERVER_H
#define ADMIN_SERVER_H

#include "admin/health.h"
#include "admin/metrics.h"
#include "base/address.h"
#include "base/log.h"

#define SERVER_CONNECTIONS_MAX 256
#define SERVER_HEAD_MAX 16384
#define SERVER_PATIENCE_MS 10000                      /* of a connection, from its beginning … */
#define SERVER_PATIENCE_CROWDED_MS 1000               /* … and when many are there */
#define SERVER_ANSWERS_MAX ((size_t)32 * 1024 * 1024) /* bytes of all answers under way */
#define SERVER_LISTEN_AGAIN_MS 5000

struct server_settings {
    struct address address; /* a port of 0: the system chooses; the log says which */
    struct health_settings health;
    struct metrics_facts facts; /* what it points to must outlive the server */
};

struct server;

/* Starts the thread. The exchange (of which it is the reader) and the log must outlive the server.
 * NULL, with `error`, when the thread cannot be made. */
struct server *server_new(const struct server_settings *settings,
                          struct snapshot_exchange *exchange, struct log *log, struct error *error);

/* Cuts what is under way. free(NULL) is fine. */
void server_free(struct server *server);

#endif
