/* bench_sink: takes every POST and answers 200: where the requests of the benchmark go. It does as little as
 * it can, because it runs on the same processors as what is measured.
 *
 *   bench_sink CERTIFICATE KEY     PEM files
 *
 * The first line on standard output is {"event_api":"https://127.0.0.1:PORT"}. GET /_sandbox/account is
 * {"requests":N,"bytes":N,"unique":N}: requests and their bytes so far, and the events in them, which are
 * counted by their name, not compared. Ends on SIGTERM. */
#include "program.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTION_BYTES ((size_t)256 * 1024)
#define ANSWER "{\"data\":{}}"
#define ACCOUNT_MAX 256

/* What each event has once. */
static const char EVENT_MARK[] = "\"clientEventId\"";
#define MARK_SIZE (sizeof EVENT_MARK - 1)

static atomic_ullong requests, bytes, events;
static struct MHD_Response *taken;

/* A POST as far as it has come. */
struct upload {
    char seam[2 * MARK_SIZE]; /* end of what came before, then begin of what comes now */
    size_t tail;              /* bytes of the former */
    unsigned long long size, events;
};

static unsigned long long count_marks(const char *data, size_t size)
{
    unsigned long long count = 0;
    const char *end = data + size;
    for (const char *at = data;
         (at = memmem(at, (size_t)(end - at), EVENT_MARK, MARK_SIZE)) != NULL; at += MARK_SIZE) {
        count++;
    }
    return count;
}

/* Also counts a mark that is cut in two. The seam is shorter than two marks, and neither of its halves
 * holds a whole one, so that none is counted twice. */
static void take_piece(struct upload *upload, const char *data, size_t size)
{
    size_t head = size < MARK_SIZE - 1 ? size : MARK_SIZE - 1;
    memcpy(upload->seam + upload->tail, data, head);
    upload->events += count_marks(upload->seam, upload->tail + head) + count_marks(data, size);
    upload->size += size;
    if (size >= MARK_SIZE - 1) {
        memcpy(upload->seam, data + size - (MARK_SIZE - 1), MARK_SIZE - 1);
        upload->tail = MARK_SIZE - 1;
    } else {
        size_t all = upload->tail + size;
        size_t kept = all < MARK_SIZE - 1 ? all : MARK_SIZE - 1;
        memmove(upload->seam, upload->seam + all - kept, kept);
        upload->tail = kept;
    }
}

static enum MHD_Result answer_account(struct MHD_Connection *connection)
{
    char text[ACCOUNT_MAX];
    int length = snprintf(text, sizeof text, "{\"requests\":%llu,\"bytes\":%llu,\"unique\":%llu}",
                          atomic_load(&requests), atomic_load(&bytes), atomic_load(&events));
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)length, text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_post(struct MHD_Connection *connection, const struct upload *upload)
{
    atomic_fetch_add(&requests, 1);
    atomic_fetch_add(&bytes, upload->size);
    atomic_fetch_add(&events, upload->events);
    return MHD_queue_response(connection, MHD_HTTP_OK, taken);
}

/* libmicrohttpd calls it with the headers, with each piece of the body, and at the body's end. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct upload *upload = *state;
    (void)context;
    (void)url;
    (void)version;
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
        return answer_account(connection);
    }
    if (upload == NULL) {
        *state = calloc(1, sizeof *upload);
        return *state == NULL ? MHD_NO : MHD_YES;
    }
    if (*size > 0) {
        take_piece(upload, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return answer_post(connection, upload);
}

static void forget(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    (void)how;
    free(*state);
}

static char *read_file(const char *path)
{
    char *content = NULL;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL || getdelim(&content, &capacity, '\0', file) <= 0) {
        fail("%s cannot be read", path);
    }
    (void)fclose(file);
    return content;
}

static struct MHD_Daemon *listen_on_loopback(const char *certificate, const char *key)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ERROR_LOG, 0,
                            NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
                            MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_HTTPS_MEM_KEY, key,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
                            MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fail("usage: bench_sink CERTIFICATE KEY");
    }
    block_signals();
    char *certificate = read_file(argv[1]);
    char *key = read_file(argv[2]);
    static char body[] = ANSWER;
    taken = MHD_create_response_from_buffer(sizeof body - 1, body, MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(taken, "Content-Type", "application/json");
    struct MHD_Daemon *daemon = listen_on_loopback(certificate, key);
    if (daemon == NULL) {
        fail("the server cannot be started");
    }
    printf("{\"event_api\":\"https://127.0.0.1:%u\"}\n",
           MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    (void)fflush(stdout);
    wait_for_end();
    MHD_stop_daemon(daemon);
    MHD_destroy_response(taken);
    free(certificate);
    free(key);
    return 0;
}
