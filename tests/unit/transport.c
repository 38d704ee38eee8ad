#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "delivery/retry_after.h"
#include "support/poster.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (4 * 1024 * 1024)
#define HEADERS_MAX 4

/* --- A server that answers as it is told ------------------------------------------------------ */

struct site {
    /* Set before it starts. */
    unsigned status;
    struct slice answer;
    const char *names[HEADERS_MAX]; /* of the answer's headers */
    const char *values[HEADERS_MAX];
    unsigned together; /* answers only when so many requests have come; 0: at once */
    const char *key;   /* PEM: speaks TLS */
    const char *certificate;
    const char *priorities; /* of GnuTLS; NULL: the usual */

    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned requests;
    unsigned connections;
    char *method; /* of the last request, with its path, headers ("Name: value\n") and body */
    char *path;
    struct buffer headers;
    struct buffer body;
};

/* A request whose body is being read. */
struct visit {
    struct buffer body;
};

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    buffer_printf(context, "%s: %s\n", name, value);
    return MHD_YES;
}

static void note_request(struct site *site, struct MHD_Connection *connection, const char *path,
                         const char *method, struct visit *visit)
{
    free(site->method);
    free(site->path);
    site->method = memory_string(slice_of(method));
    site->path = memory_string(slice_of(path));
    buffer_reset(&site->headers);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, note_header, &site->headers);
    buffer_reset(&site->body);
    buffer_append(&site->body, buffer_slice(&visit->body));
    site->requests++;
    (void)pthread_cond_broadcast(&site->changed);
    while (site->requests < site->together) {
        (void)pthread_cond_wait(&site->changed, &site->lock);
    }
}

static enum MHD_Result answer(struct site *site, struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        site->answer.size, (void *)(uintptr_t)site->answer.data, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; i < HEADERS_MAX && site->names[i] != NULL; i++) {
        (void)MHD_add_response_header(response, site->names[i], site->values[i]);
    }
    enum MHD_Result result = MHD_queue_response(connection, site->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Called at the head of a request, with each piece of its body, and at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *piece, size_t *piece_size, void **state)
{
    (void)version;
    struct visit *visit = *state;
    if (visit == NULL) {
        visit = memory_new(1, sizeof *visit);
        buffer_init(&visit->body, REQUEST_MAX);
        *state = visit;
        return MHD_YES;
    }
    if (*piece_size > 0) {
        buffer_append(&visit->body, (struct slice){piece, *piece_size});
        *piece_size = 0;
        return MHD_YES;
    }
    struct site *site = context;
    (void)pthread_mutex_lock(&site->lock);
    note_request(site, connection, path, method, visit);
    (void)pthread_mutex_unlock(&site->lock);
    return answer(site, connection);
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct visit *visit = *state;
    if (visit != NULL) {
        buffer_done(&visit->body);
        free(visit);
    }
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)connection;
    (void)state;
    struct site *site = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        (void)pthread_mutex_lock(&site->lock);
        site->connections++;
        (void)pthread_mutex_unlock(&site->lock);
    }
}

/* Listens on a free port of the loopback. Returns the port. */
static unsigned start(struct site *site)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)site->key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)site->certificate},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t)(site->priorities == NULL ? "NORMAL" : site->priorities)},
        {MHD_OPTION_END, 0, NULL},
    };
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    (void)pthread_mutex_init(&site->lock, NULL);
    (void)pthread_cond_init(&site->changed, NULL);
    buffer_init(&site->headers, REQUEST_MAX);
    buffer_init(&site->body, REQUEST_MAX);
    if (site->status == 0) {
        site->status = 200;
    }
    site->daemon =
        MHD_start_daemon(flags | (site->key == NULL ? 0 : MHD_USE_TLS), 0, NULL, NULL, on_request,
                         site, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_end,
                         NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, site, MHD_OPTION_ARRAY,
                         site->key == NULL ? plain : tls, MHD_OPTION_END);
    assert_non_null(site->daemon);
    return MHD_get_daemon_info(site->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void stop(struct site *site)
{
    MHD_stop_daemon(site->daemon);
    free(site->method);
    free(site->path);
    buffer_done(&site->headers);
    buffer_done(&site->body);
    (void)pthread_cond_destroy(&site->changed);
    (void)pthread_mutex_destroy(&site->lock);
}

/* --- A server that says a few bytes and closes ------------------------------------------------ */

struct rude {
    int fd;
    const char *says; /* NULL: nothing, and it does not close before it is stopped */
    atomic_bool stopped;
    pthread_t thread;
};

static void *be_rude(void *context)
{
    struct rude *rude = context;
    char request[65536];
    int client = accept(rude->fd, NULL, NULL);
    while (client >= 0 && !atomic_load(&rude->stopped)) {
        (void)recv(client, request, sizeof request, 0);
        if (rude->says != NULL) {
            (void)send(client, rude->says, strlen(rude->says), MSG_NOSIGNAL);
        } else {
            (void)recv(client, request, sizeof request, 0); /* until the other side gives up */
        }
        (void)close(client);
        client = accept(rude->fd, NULL, NULL);
    }
    if (client >= 0) {
        (void)close(client);
    }
    return NULL;
}

/* A socket that listens on a free port of the loopback. */
static int listen_somewhere(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static unsigned rude_start(struct rude *rude, const char *says)
{
    unsigned port = 0;
    rude->says = says;
    atomic_init(&rude->stopped, false);
    rude->fd = listen_somewhere(&port);
    assert_int_equal(pthread_create(&rude->thread, NULL, be_rude, rude), 0);
    return port;
}

static void rude_stop(struct rude *rude)
{
    atomic_store(&rude->stopped, true);
    (void)shutdown(rude->fd, SHUT_RDWR); /* wakes accept() */
    assert_int_equal(pthread_join(rude->thread, NULL), 0);
    (void)close(rude->fd);
}

/* --- The tested side -------------------------------------------------------------------------- */

static const char *url_of(char text[static 64], const char *scheme, unsigned port)
{
    (void)snprintf(text, 64, "%s://127.0.0.1:%u/v2/events", scheme, port);
    return text;
}

static struct transport *open_to(const char *scheme, unsigned port)
{
    char url[64];
    struct transport_settings settings = poster_settings(url_of(url, scheme, port));
    return poster_open(&settings);
}

/* One request to that address, which must fail with words that hold `why`. */
static void expect_failure(const struct transport_settings *settings, const char *why)
{
    struct transport *transport = poster_open(settings);
    poster_expect_failure(transport, why);
    poster_close(transport);
}

static void assert_header(const struct site *site, const char *line)
{
    if (slice_find(buffer_slice(&site->headers), slice_of(line)) == SIZE_MAX) {
        fail_msg("no \"%s\" in:\n%.*s", line, SLICE_PRINT(buffer_slice(&site->headers)));
    }
}

static void a_post_arrives_byte_by_byte_with_its_headers(void **state)
{
    (void)state;
    struct site site = {.status = 201, .answer = SLICE("{\"data\":{}}")};
    struct transport *transport = open_to("http", start(&site));
    struct buffer body;
    buffer_init(&body, 1000000);
    for (size_t i = 0; i < 1000000; i++) {
        buffer_append_byte(&body, (char)(i * 31 / 7));
    }
    struct transport_answer answer = poster_post(transport, buffer_slice(&body));
    assert_false(answer.failed);
    assert_int_equal(answer.status, 201);
    assert_true(slice_equal(answer.body, SLICE("{\"data\":{}}")));
    assert_int_equal(answer.retry_after_ms, -1);
    assert_in_range((uint64_t)answer.duration_ms, 0, POSTER_PATIENCE_MS);
    assert_string_equal(site.method, "POST");
    assert_string_equal(site.path, "/v2/events");
    assert_true(slice_equal(buffer_slice(&site.body), buffer_slice(&body)));
    assert_header(&site, "Content-Type: application/json\n");
    assert_header(&site, "Charset: utf-8\n");
    assert_header(&site, "Authorization: Basic c2VjcmV0\n");
    assert_header(&site, "User-Agent: rokt-relay/" ROKT_RELAY_VERSION "\n");
    assert_header(&site, "Content-Length: 1000000\n");
    assert_int_equal(slice_find(buffer_slice(&site.headers), SLICE("Expect")), SIZE_MAX);
    assert_int_equal(slice_find(buffer_slice(&site.headers), SLICE("urlencoded")), SIZE_MAX);
    buffer_done(&body);
    poster_close(transport);
    stop(&site);
}

static void a_request_may_have_header_lines_of_its_own(void **state)
{
    (void)state;
    const char *const cases[][TRANSPORT_LINES_MAX + 1] = {
        {NULL},
        {"Content-Encoding: gzip", "traceparent: 00-1-2-3", NULL},
        {"traceparent: 00-4-5-6", NULL},
    };
    struct site site = {.answer = SLICE("{}")};
    struct transport *transport = open_to("http", start(&site));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int owner = 0;
        transport->operations->submit(transport, &owner, SLICE("{}"), cases[i]);
        assert_int_equal(poster_await(transport).status, 200);
        assert_header(&site, "Authorization: Basic c2VjcmV0\n");
        struct slice head = buffer_slice(&site.headers);
        assert_int_equal(slice_find(head, SLICE("Content-Encoding: gzip\n")) != SIZE_MAX, i == 1);
        assert_int_equal(slice_find(head, SLICE("traceparent: 00-1-2-3\n")) != SIZE_MAX, i == 1);
        assert_int_equal(slice_find(head, SLICE("traceparent: 00-4-5-6\n")) != SIZE_MAX, i == 2);
    }
    poster_close(transport);
    stop(&site);
}

static void answers_without_a_body_are_answers(void **state)
{
    (void)state;
    struct site site = {.status = 401, .answer = SLICE("")};
    struct transport *transport = open_to("http", start(&site));
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    assert_false(answer.failed);
    assert_int_equal(answer.status, 401);
    assert_int_equal(answer.body.size, 0);
    poster_close(transport);
    stop(&site);
}

static void retry_after_is_read(void **state)
{
    (void)state;
    const struct {
        const char *value;
        const char *date;
        int64_t ms;
    } cases[] = {
        {"7", NULL, 7000},
        {"999999999999", NULL, RETRY_AFTER_MAX_MS},
        {"soon", NULL, -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", NULL, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:17 GMT", 20000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct site site = {.status = 429, .names = {"Retry-After"}, .values = {cases[i].value}};
        if (cases[i].date != NULL) {
            site.names[1] = "Date";
            site.values[1] = cases[i].date;
        }
        struct transport *transport = open_to("http", start(&site));
        struct transport_answer answer = poster_post(transport, SLICE("{}"));
        assert_int_equal(answer.status, 429);
        assert_int_equal(answer.retry_after_ms, cases[i].ms);
        poster_close(transport);
        stop(&site);
    }
}

static void as_many_requests_as_allowed_are_under_way_at_once(void **state)
{
    (void)state;
    struct site site = {.answer = SLICE("{}"), .together = 4};
    struct transport *transport = open_to("http", start(&site));
    int owners[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        transport->operations->submit(transport, &owners[i], SLICE("{\"n\":1}"), NULL);
    }
    for (size_t i = 0; i < 8; i++) {
        struct transport_answer answer = poster_await(transport);
        assert_false(answer.failed);
        if (++*(int *)answer.owner ==
            1) { /* its place is free, though its body is still looked at */
            transport->operations->submit(transport, answer.owner, SLICE("{\"n\":2}"), NULL);
            assert_true(slice_equal(answer.body, SLICE("{}")));
        }
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(owners[i], 2);
    }
    assert_in_range(site.connections, 1, 4);
    poster_close(transport);
    stop(&site);
}

static void a_connection_is_used_again_and_memory_too(void **state)
{
    (void)state;
    struct site site = {.answer = SLICE("{\"data\":{}}")};
    struct transport *transport = open_to("http", start(&site));
    size_t before = 0;
    for (int i = 0; i < 50; i++) {
        if (i == 40) {
            before = memory_allocations(); /* those of the site grow no more either */
        }
        struct transport_answer answer = poster_post(transport, SLICE("{}"));
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body.size, strlen("{\"data\":{}}"));
    }
    /* For each request the site makes a visit, its body and two strings. */
    assert_int_equal(memory_allocations() - before, 10 * 4);
    assert_int_equal(site.requests, 50);
    assert_int_equal(site.connections, 1);
    poster_close(transport);
    stop(&site);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    struct site site = {.status = 307, .names = {"Location"}, .values = {"/elsewhere"}};
    struct transport *transport = open_to("http", start(&site));
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    assert_false(answer.failed);
    assert_int_equal(answer.status, 307);
    assert_int_equal(site.requests, 1);
    poster_close(transport);
    stop(&site);
}

static void an_answer_may_be_as_long_as_the_limit_and_no_longer(void **state)
{
    (void)state;
    char *text = memory_new(TRANSPORT_BODY_MAX + 1, 1);
    for (size_t over = 0; over < 2; over++) {
        struct site site = {.answer = {text, TRANSPORT_BODY_MAX + over}};
        struct transport *transport = open_to("http", start(&site));
        struct transport_answer answer = poster_post(transport, SLICE("{}"));
        assert_int_equal(answer.failed, over == 1);
        if (answer.failed) {
            assert_string_equal(answer.failure.text, "the answer is longer than 1048576 bytes");
        } else {
            assert_int_equal(answer.body.size, TRANSPORT_BODY_MAX);
        }
        poster_close(transport);
        stop(&site);
    }
    free(text);
}

/* Writes bits as deflate has them: the lowest first. */
struct bits {
    struct buffer bytes;
    unsigned pending;
    unsigned count;
};

static void put_bits(struct bits *bits, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bits->pending |= (value >> i & 1U) << bits->count;
        if (++bits->count == 8) {
            buffer_append_byte(&bits->bytes, (char)bits->pending);
            bits->pending = 0;
            bits->count = 0;
        }
    }
}

/* Two megabytes of one letter in 13 kilobytes of gzip: one literal, then "258 times the last
 * byte". */
static void make_bomb(struct bits *bits)
{
    buffer_append(&bits->bytes, (struct slice){"\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10});
    put_bits(bits, 3, 3);    /* last block, fixed codes */
    put_bits(bits, 0x89, 8); /* the code of 'a', 10010001, its bits reversed */
    for (size_t i = 0; i < 2 * 1024 * 1024 / 258; i++) {
        put_bits(bits, 0xA3, 8); /* length 258: 11000101 reversed */
        put_bits(bits, 0, 5);    /* distance 1 */
    }
    put_bits(bits, 0, 7 + 7); /* the end, and what fills the last byte */
}

static void a_compressed_answer_is_unpacked(void **state)
{
    (void)state;
    /* printf '{"data":{}}' | gzip -n */
    static const char packed[] = "\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xAB\x56\x4A\x49"
                                 "\x2C\x49\x54\xB2\xAA\xAE\xAD\x05\x00\xD6\x06\x7B\xF3\x0B"
                                 "\x00\x00\x00";
    struct site site = {
        .answer = {packed, sizeof packed - 1}, .names = {"Content-Encoding"}, .values = {"gzip"}};
    struct transport *transport = open_to("http", start(&site));
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    if (answer.failed) {
        fail_msg("%s", answer.failure.text);
    }
    assert_true(slice_equal(answer.body, SLICE("{\"data\":{}}")));
    assert_header(&site, "Accept-Encoding: ");
    poster_close(transport);
    stop(&site);
}

static void the_limit_holds_for_what_an_answer_unpacks_to(void **state)
{
    (void)state;
    struct bits bits = {0};
    buffer_init(&bits.bytes, 100000);
    make_bomb(&bits);
    struct site site = {
        .answer = buffer_slice(&bits.bytes), .names = {"Content-Encoding"}, .values = {"gzip"}};
    struct transport *transport = open_to("http", start(&site));
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    assert_true(answer.failed);
    assert_string_equal(answer.failure.text, "the answer is longer than 1048576 bytes");
    poster_close(transport);
    stop(&site);
    buffer_done(&bits.bytes);
}

/* The words are libcurl's, and differ between its versions. */
static void what_is_no_whole_answer_is_a_failure(void **state)
{
    (void)state;
    const char *const answers[] = {
        "",
        "I am a teapot\r\n",
        "HTTP/1.1 200",
        "HTTP/1.1 409 Conflict\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n{\"data\"",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct rude rude;
        char url[64];
        struct transport_settings settings =
            poster_settings(url_of(url, "http", rude_start(&rude, answers[i])));
        expect_failure(&settings, "");
        rude_stop(&rude);
    }
}

static void an_answer_may_end_with_its_connection_and_have_others_before_it(void **state)
{
    (void)state;
    const char *const answers[] = {
        "HTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\nServer: old\r\n\r\n{}",
        "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct rude rude;
        struct transport *transport = open_to("http", rude_start(&rude, answers[i]));
        struct transport_answer answer = poster_post(transport, SLICE("{}"));
        if (answer.failed) {
            fail_msg("%s: %s", answers[i], answer.failure.text);
        }
        assert_int_equal(answer.status, 200);
        assert_true(slice_equal(answer.body, SLICE("{}")));
        poster_close(transport);
        rude_stop(&rude);
    }
}

static void a_server_that_never_answers_is_given_up_in_time(void **state)
{
    (void)state;
    struct rude rude;
    char url[64];
    struct transport_settings settings =
        poster_settings(url_of(url, "http", rude_start(&rude, NULL)));
    settings.timeout_ms = 300;
    int64_t from_ms = poster_now_ms();
    expect_failure(&settings, "timed out");
    assert_in_range((uint64_t)(poster_now_ms() - from_ms), 250, 5000);
    rude_stop(&rude);
}

static void an_address_where_nobody_listens_is_a_failure(void **state)
{
    (void)state;
    unsigned port = 0;
    (void)close(listen_somewhere(&port));
    char url[64];
    struct transport_settings settings = poster_settings(url_of(url, "http", port));
    expect_failure(&settings, "onnect");
}

static void a_failure_is_followed_by_a_success(void **state)
{
    (void)state;
    struct rude rude;
    struct transport *transport = open_to("http", rude_start(&rude, ""));
    assert_true(poster_post(transport, SLICE("{}")).failed);
    rude.says = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    assert_false(answer.failed);
    assert_int_equal(answer.failure.text[0], '\0');
    assert_true(slice_equal(answer.body, SLICE("{}")));
    poster_close(transport);
    rude_stop(&rude);
}

static void the_password_of_a_proxy_is_never_told(void **state)
{
    (void)state;
    char url[64];
    struct transport_settings settings = poster_settings(url_of(url, "http", 9));
    (void)unsetenv("no_proxy");
    (void)setenv("http_proxy", "nonsense://user:hunter2@127.0.0.1:9", 1);
    struct transport *transport = poster_open(&settings);
    struct transport_answer answer = poster_post(transport, SLICE("{}"));
    assert_true(answer.failed);
    assert_true(answer.failure.text[0] != '\0');
    assert_null(strstr(answer.failure.text, "hunter2"));
    poster_close(transport);
    (void)unsetenv("http_proxy");
    (void)setenv("no_proxy", "*", 1);
}

static void requests_can_be_given_up_and_others_made(void **state)
{
    (void)state;
    struct rude rude;
    struct transport *transport = open_to("http", rude_start(&rude, NULL));
    char *body = memory_string(SLICE("{\"a\":1}"));
    int owners[3];
    for (size_t i = 0; i < 3; i++) {
        transport->operations->submit(transport, &owners[i], slice_of(body), NULL);
    }
    struct transport_answer answer;
    assert_false(transport->operations->reap(transport, &answer));
    transport->operations->wait(transport, -1, 50);
    assert_false(transport->operations->reap(transport, &answer));
    transport->operations->cancel(transport);
    free(body);
    for (size_t i = 0; i < 5; i++) {
        transport->operations->wait(transport, -1, 10);
        assert_false(transport->operations->reap(transport, &answer));
    }
    for (size_t i = 0; i < 4; i++) { /* all four places are free again */
        transport->operations->submit(transport, &owners[0], SLICE("{}"), NULL);
    }
    poster_close(transport);
    rude_stop(&rude);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

static int64_t wait_for(struct transport *transport, int fd, int timeout_ms)
{
    int64_t from_ms = poster_now_ms();
    transport->operations->wait(transport, fd, timeout_ms);
    return poster_now_ms() - from_ms;
}

static void waiting_ends_by_the_time_out_or_the_descriptor(void **state)
{
    (void)state;
    struct transport *transport = open_to("http", 9);
    int fd = eventfd(0, EFD_NONBLOCK);
    assert_in_range((uint64_t)wait_for(transport, -1, 60), 50, 5000);
    assert_in_range((uint64_t)wait_for(transport, fd, 60), 50, 5000);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_in_range((uint64_t)wait_for(transport, fd, POSTER_PATIENCE_MS), 0,
                    POSTER_PATIENCE_MS / 2);
    (void)close(fd);
    poster_close(transport);
}

static void waiting_ends_when_an_answer_comes(void **state)
{
    (void)state;
    struct site site = {.answer = SLICE("{}")};
    struct transport *transport = open_to("http", start(&site));
    int owner = 0;
    struct transport_answer answer;
    int64_t from_ms = poster_now_ms();
    transport->operations->submit(transport, &owner, SLICE("{}"), NULL);
    while (!transport->operations->reap(transport, &answer)) {
        transport->operations->wait(transport, -1, POSTER_PATIENCE_MS);
    }
    assert_in_range((uint64_t)(poster_now_ms() - from_ms), 0, POSTER_PATIENCE_MS / 2);
    poster_close(transport);
    stop(&site);
}

/* --- TLS -------------------------------------------------------------------------------------- */

struct identity {
    char *key;
    char *certificate;
    char file[32]; /* the certificate, as a file */
};

/* What a BIO in memory holds, terminated. */
static char *text_of_bio(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = memory_string((struct slice){data, (size_t)size});
    (void)BIO_free(bio);
    return text;
}

static X509 *sign_for(EVP_PKEY *key, const char *name)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, subject);
    (void)X509_set_pubkey(certificate, key);
    assert_non_null(names);
    (void)X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

/* A key with a certificate signed by itself, for "IP:127.0.0.1" or "DNS:name". */
static struct identity identity_new(const char *name)
{
    struct identity identity = {.file = "/tmp/rokt-relay-test-XXXXXX"};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *certificate = sign_for(key, name);
    BIO *bio = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    identity.key = text_of_bio(bio);
    bio = BIO_new(BIO_s_mem());
    (void)PEM_write_bio_X509(bio, certificate);
    identity.certificate = text_of_bio(bio);
    int fd = mkstemp(identity.file);
    assert_true(fd >= 0);
    struct slice text = slice_of(identity.certificate);
    assert_int_equal(write(fd, text.data, text.size), text.size);
    (void)close(fd);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return identity;
}

static void identity_done(struct identity *identity)
{
    (void)unlink(identity->file);
    free(identity->key);
    free(identity->certificate);
}

static void a_certificate_that_is_trusted_is_accepted(void **state)
{
    (void)state;
    struct identity identity = identity_new("IP:127.0.0.1");
    struct site site = {
        .answer = SLICE("{}"), .key = identity.key, .certificate = identity.certificate};
    char url[64];
    struct transport_settings settings = poster_settings(url_of(url, "https", start(&site)));
    settings.credentials.ca_file = identity.file;
    struct transport *transport = poster_open(&settings);
    struct transport_answer answer = poster_post(transport, SLICE("{\"secret\":1}"));
    if (answer.failed) {
        fail_msg("%s", answer.failure.text);
    }
    assert_int_equal(answer.status, 200);
    assert_true(slice_equal(buffer_slice(&site.body), SLICE("{\"secret\":1}")));
    poster_close(transport);
    stop(&site);
    identity_done(&identity);
}

/* The server must not see a request when the connection is refused. */
static void expect_distrust(struct site *site, const char *ca_file, const char *why)
{
    char url[64];
    struct transport_settings settings = poster_settings(url_of(url, "https", start(site)));
    settings.credentials.ca_file = ca_file;
    expect_failure(&settings, why);
    assert_int_equal(site->requests, 0);
    stop(site);
}

static void a_certificate_that_is_not_trusted_is_refused(void **state)
{
    (void)state;
    struct identity identity = identity_new("IP:127.0.0.1");
    struct identity other = identity_new("DNS:api.example");
    struct site site = {.key = identity.key, .certificate = identity.certificate};
    expect_distrust(&site, NULL, ""); /* by the system's certificates, if there are any */
    site = (struct site){.key = identity.key, .certificate = identity.certificate};
    expect_distrust(&site, other.file, "certificate");
    site = (struct site){.key = other.key, .certificate = other.certificate};
    expect_distrust(&site, other.file, "127.0.0.1"); /* no name of that certificate */
    identity_done(&identity);
    identity_done(&other);
}

static void an_old_version_of_tls_is_refused(void **state)
{
    (void)state;
    struct identity identity = identity_new("IP:127.0.0.1");
    struct site site = {.key = identity.key,
                        .certificate = identity.certificate,
                        .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0"};
    expect_distrust(&site, identity.file, "");
    identity_done(&identity);
}

/* --- Settings --------------------------------------------------------------------------------- */

static void expect_refused(const struct transport_settings *settings, const char *why)
{
    struct error error = {""};
    assert_null(transport_new(settings, &error));
    if (strstr(error.text, why) == NULL) {
        fail_msg("\"%s\" without \"%s\"", error.text, why);
    }
    assert_null(strstr(error.text, "hunter2"));
}

static void settings_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *url;
        const char *why;
    } cases[] = {
        {"", "address cannot be used"},
        {"api.rokt.com", "address cannot be used"},
        {"https://", "address cannot be used"},
        {"https://user:hunter2@api.rokt.com/", "address cannot be used"},
        {"https://api.rokt.com:99999/", "address cannot be used"},
        {"ftp://api.rokt.com/", "must begin with https://"},
        {"file:///etc/passwd", "must begin with https://"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transport_settings settings = poster_settings(cases[i].url);
        expect_refused(&settings, cases[i].why);
    }
    struct transport_settings settings = poster_settings("https://api.rokt.com/v2/events");
    settings.credentials.ca_file = "/nowhere/ca.pem";
    expect_refused(&settings, "/nowhere/ca.pem cannot be read: No such file");
}

static void header_lines_that_are_none_are_refused_and_not_quoted(void **state)
{
    (void)state;
    const struct {
        const char *line;
        const char *why;
    } cases[] = {
        {"Authorization: Basic hunter2\r\nX: y", "Authorization holds a control character"},
        {"Authorization: hunter2\n", "Authorization holds a control character"},
        {"hunter2", "has no name"},
        {": hunter2", "has no name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transport_settings settings = poster_settings("https://api.rokt.com/v2/events");
        settings.credentials.headers = &cases[i].line;
        settings.credentials.header_count = 1;
        expect_refused(&settings, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_arrives_byte_by_byte_with_its_headers),
        cmocka_unit_test(a_request_may_have_header_lines_of_its_own),
        cmocka_unit_test(answers_without_a_body_are_answers),
        cmocka_unit_test(retry_after_is_read),
        cmocka_unit_test(as_many_requests_as_allowed_are_under_way_at_once),
        cmocka_unit_test(a_connection_is_used_again_and_memory_too),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(an_answer_may_be_as_long_as_the_limit_and_no_longer),
        cmocka_unit_test(a_compressed_answer_is_unpacked),
        cmocka_unit_test(the_limit_holds_for_what_an_answer_unpacks_to),
        cmocka_unit_test(what_is_no_whole_answer_is_a_failure),
        cmocka_unit_test(an_answer_may_end_with_its_connection_and_have_others_before_it),
        cmocka_unit_test(a_server_that_never_answers_is_given_up_in_time),
        cmocka_unit_test(an_address_where_nobody_listens_is_a_failure),
        cmocka_unit_test(a_failure_is_followed_by_a_success),
        cmocka_unit_test(the_password_of_a_proxy_is_never_told),
        cmocka_unit_test(requests_can_be_given_up_and_others_made),
        cmocka_unit_test(waiting_ends_by_the_time_out_or_the_descriptor),
        cmocka_unit_test(waiting_ends_when_an_answer_comes),
        cmocka_unit_test(a_certificate_that_is_trusted_is_accepted),
        cmocka_unit_test(a_certificate_that_is_not_trusted_is_refused),
        cmocka_unit_test(an_old_version_of_tls_is_refused),
        cmocka_unit_test(settings_that_cannot_be_used_are_refused),
        cmocka_unit_test(header_lines_that_are_none_are_refused_and_not_quoted),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("no_proxy", "*", 1); /* whatever proxy this machine has */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
