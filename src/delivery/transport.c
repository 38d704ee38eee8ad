#include "delivery/transport.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "delivery/retry_after.h"
#include "failure.h"
#include "identity.h"

#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* A connection is not used for longer, nor what its host was resolved to, so that a host that has
 * moved to another address is followed. */
#define CONNECTION_AGE_MAX_S 300L
#define RESOLUTION_AGE_MAX_S 60L
#define KEEP_ALIVE_IDLE_S 30L
#define KEEP_ALIVE_INTERVAL_S 10L

/* Made at the start and used for one request after the other. There is one more than may be in flight:
 * the one whose answer the caller is looking at. */
struct request {
    CURL *easy;
    struct identity *identity;                    /* that is set in `easy` */
    void *owner;                                  /* NULL: idle */
    struct curl_slist lines[TRANSPORT_LINES_MAX]; /* of this request alone */
    struct buffer answer;                         /* the body as far as it has come */
    bool head_whole; /* the blank line behind the answer's headers has come */
    char words[CURL_ERROR_SIZE];
    struct request *next; /* of the idle ones */
};

struct curl_transport {
    struct transport transport; /* the first member: what callers see */
    CURLM *multi;
    struct identity *identity; /* of requests to come */
    char *url;
    bool secure;     /* https */
    char *proxy_url; /* NULL: the environment's */
    const char *answer_headers[TRANSPORT_ANSWER_HEADERS];
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    int64_t stall_timeout_ms;
    struct request *requests;
    size_t request_count;
    struct request *idle;
    struct request *reported; /* its body is the caller's until the next reap */
};

static struct curl_transport *of(struct transport *transport)
{
    return (struct curl_transport *)transport;
}

/* --- One request ------------------------------------------------------------------------------ */

/* Called by libcurl with the next piece of the body, decompressed already: the limit holds for what
 * a small answer unpacks to as well. Taking less than there is ends the request. */
static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct request *request = context;
    buffer_append(&request->answer, (struct slice){data, size * count});
    return request->answer.failed ? 0 : size * count;
}

/* Called by libcurl with each line of the head, its end included. libcurl takes a connection that
 * is closed within the head for an answer without a body, so the end is looked for here. The head
 * of a 1xx answer comes before that of the real one; trailers come behind the body. */
static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct request *request = context;
    struct slice text = {line, size * count};
    if (slice_starts_with(text, SLICE("HTTP/"))) {
        request->head_whole = false;
    } else if (slice_trim(text).size == 0) {
        request->head_whole = true;
    }
    return text.size;
}

/* Whether every call of a row succeeded. */
static bool all_ok(const CURLcode codes[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i] != CURLE_OK) {
            return false;
        }
    }
    return true;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool set_what_is_sent(const struct curl_transport *transport, struct request *request)
{
    CURL *easy = request->easy;
    const CURLcode codes[] = {
        curl_easy_setopt(easy, CURLOPT_URL, transport->url),
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(easy, CURLOPT_POST, 1L),
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "rokt-relay/" ROKT_RELAY_VERSION),
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, ""), /* all that this libcurl knows */
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header),
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, request),
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L), /* those of a proxy */
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer),
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, request),
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->words),
        curl_easy_setopt(easy, CURLOPT_PRIVATE, request),
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transport->timeout_ms),
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L), /* bytes a second */
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         (long)((transport->stall_timeout_ms + 999) / 1000)),
    };
    return all_ok(codes, COUNT(codes));
}

/* Called by libcurl with each new socket. A connection on which nothing is acknowledged any more is
 * broken, though the system would try for a quarter of an hour: with HTTP/2 all requests to come
 * would go that way, each until its time is over. */
static int set_socket(void *context, curl_socket_t socket, curlsocktype purpose)
{
    const struct curl_transport *transport = context;
    int64_t limit_ms = transport->timeout_ms < transport->stall_timeout_ms
                           ? transport->timeout_ms
                           : transport->stall_timeout_ms;
    unsigned unacknowledged_ms = (unsigned)limit_ms;
    (void)purpose;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                     sizeof unacknowledged_ms);
    return CURL_SOCKOPT_OK;
}

/* PIPEWAIT: while the first connection is being made, the others wait for it to say whether it
 * speaks HTTP/2, and then share it; without, each would open one of its own at the start. Without
 * TLS nothing is said, and they would wait for the first answer. */
static bool set_how_it_connects(struct curl_transport *transport, CURL *easy)
{
    const CURLcode codes[] = {
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS),
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, transport->secure ? 1L : 0L),
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2),
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L),
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L),
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)transport->connect_timeout_ms),
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, set_socket),
        curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, transport),
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L),
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S),
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S),
        curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_AGE_MAX_S),
        curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, RESOLUTION_AGE_MAX_S),
    };
    return all_ok(codes, COUNT(codes));
}

/* A proxy of the settings is used in any case; no_proxy is about that of the environment. */
static bool set_proxy(const struct curl_transport *transport, CURL *easy)
{
    if (transport->proxy_url == NULL) {
        return true;
    }
    const CURLcode codes[] = {
        curl_easy_setopt(easy, CURLOPT_PROXY, transport->proxy_url),
        curl_easy_setopt(easy, CURLOPT_NOPROXY, ""),
        curl_easy_setopt(easy, CURLOPT_PROXYAUTH, CURLAUTH_BASIC),
    };
    return all_ok(codes, COUNT(codes));
}

/* The transport's present identity, unless the request has it already. */
static void set_identity(const struct curl_transport *transport, struct request *request)
{
    if (request->identity == transport->identity) {
        return;
    }
    bool set = identity_set(transport->identity, request->easy);
    /* What this libcurl can do has been seen when the request was made: memory is out. */
    assert(set);
    (void)set;
    identity_drop(request->identity);
    request->identity = identity_share(transport->identity);
}

static void make_idle(struct curl_transport *transport, struct request *request)
{
    set_identity(transport, request);
    request->owner = NULL;
    request->next = transport->idle;
    transport->idle = request;
}

static bool prepare(struct curl_transport *transport, struct request *request)
{
    buffer_init(&request->answer, TRANSPORT_BODY_MAX);
    request->easy = curl_easy_init();
    if (request->easy == NULL || !set_what_is_sent(transport, request) ||
        !set_how_it_connects(transport, request->easy) || !set_proxy(transport, request->easy) ||
        !identity_set(transport->identity, request->easy)) {
        return false;
    }
    request->identity = identity_share(transport->identity);
    make_idle(transport, request);
    return true;
}

/* --- Answers ---------------------------------------------------------------------------------- */

static void describe_failure(const struct request *request, CURLcode code,
                             struct error *ret_failure)
{
    if (code == CURLE_OK) {
        error_set(ret_failure, "the answer broke off within its headers");
    } else if (request->answer.failed) {
        error_set(ret_failure, "the answer is longer than %d bytes", TRANSPORT_BODY_MAX);
    } else {
        failure_describe(request->easy, code, request->words, ret_failure);
    }
}

static struct slice header_of(CURL *easy, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return (struct slice){NULL, 0};
    }
    return slice_of(header->value);
}

static void read_headers(const struct curl_transport *transport, CURL *easy,
                         struct transport_answer *answer)
{
    for (size_t i = 0; i < TRANSPORT_ANSWER_HEADERS && transport->answer_headers[i] != NULL; i++) {
        answer->headers[i] = header_of(easy, transport->answer_headers[i]);
    }
}

static void read_answer(const struct curl_transport *transport, struct request *request,
                        CURLcode code, struct transport_answer *ret_answer)
{
    long status = 0;
    curl_off_t duration_us = 0;
    (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(request->easy, CURLINFO_TOTAL_TIME_T, &duration_us);
    *ret_answer = (struct transport_answer){
        .owner = request->owner,
        .failed = code != CURLE_OK || !request->head_whole,
        .retry_after_ms = -1,
        .duration_ms = (int64_t)duration_us / 1000,
    };
    if (ret_answer->failed) {
        describe_failure(request, code, &ret_answer->failure);
        return;
    }
    ret_answer->status = (int)status;
    ret_answer->body = buffer_slice(&request->answer);
    read_headers(transport, request->easy, ret_answer);
    ret_answer->retry_after_ms =
        retry_after_ms(header_of(request->easy, "Retry-After"), header_of(request->easy, "Date"),
                       (int64_t)time(NULL) * 1000);
}

/* The next request that has come to its end, taken out of the multi handle. */
static struct request *next_finished(struct curl_transport *transport, CURLcode *ret_code)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(transport->multi, &left);
    if (message == NULL) {
        return NULL;
    }
    assert(message->msg == CURLMSG_DONE); /* there is no other */
    struct request *request = NULL;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
    *ret_code = message->data.result;
    (void)curl_multi_remove_handle(transport->multi, request->easy); /* invalidates the message */
    return request;
}

/* --- The operations --------------------------------------------------------------------------- */

/* The request's own lines with those of its identity behind them. */
static struct curl_slist *chain_lines(struct request *request, const char *const *lines)
{
    struct curl_slist *common = identity_headers(request->identity);
    size_t count = 0;
    while (lines != NULL && lines[count] != NULL) {
        assert(count < TRANSPORT_LINES_MAX);
        request->lines[count] = (struct curl_slist){
            .data = (char *)(uintptr_t)lines[count], /* libcurl does not change it */
            .next = lines[count + 1] == NULL ? common : &request->lines[count + 1],
        };
        count++;
    }
    return count == 0 ? common : request->lines;
}

static void transport_submit(struct transport *interface, void *owner, struct slice body,
                             const char *const *lines)
{
    struct curl_transport *transport = of(interface);
    struct request *request = transport->idle;
    assert(request != NULL && owner != NULL);
    transport->idle = request->next;
    request->owner = owner;
    request->words[0] = '\0';
    request->head_whole = false;
    buffer_reset(&request->answer);
    const CURLcode codes[] = {
        curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size),
        curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, body.data), /* not copied */
        curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, chain_lines(request, lines)),
    };
    bool added = all_ok(codes, COUNT(codes)) &&
                 curl_multi_add_handle(transport->multi, request->easy) == CURLM_OK;
    /* Fails when memory is out, or on a mistake of ours. */
    assert(added);
    (void)added;
}

static bool transport_reap(struct transport *interface, struct transport_answer *ret_answer)
{
    struct curl_transport *transport = of(interface);
    if (transport->reported != NULL) {
        make_idle(transport, transport->reported);
        transport->reported = NULL;
    }
    CURLcode code = CURLE_OK;
    struct request *request = next_finished(transport, &code);
    if (request == NULL) {
        int running = 0;
        (void)curl_multi_perform(transport->multi, &running);
        request = next_finished(transport, &code);
    }
    if (request == NULL) {
        return false;
    }
    read_answer(transport, request, code, ret_answer);
    transport->reported = request;
    return true;
}

static void transport_wait(struct transport *interface, int fd, int timeout_ms)
{
    struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
    (void)curl_multi_poll(of(interface)->multi, &extra, fd < 0 ? 0 : 1, timeout_ms, NULL);
}

static void transport_cancel(struct transport *interface)
{
    struct curl_transport *transport = of(interface);
    for (size_t i = 0; i < transport->request_count; i++) {
        struct request *request = &transport->requests[i];
        if (request->owner != NULL && request != transport->reported) {
            (void)curl_multi_remove_handle(transport->multi, request->easy);
            make_idle(transport, request);
        }
    }
}

static void transport_free(struct transport *interface)
{
    struct curl_transport *transport = of(interface);
    transport_cancel(interface);
    for (size_t i = 0; i < transport->request_count; i++) {
        curl_easy_cleanup(transport->requests[i].easy);
        identity_drop(transport->requests[i].identity);
        buffer_done(&transport->requests[i].answer);
    }
    curl_multi_cleanup(transport->multi);
    identity_drop(transport->identity);
    free(transport->requests);
    free(transport->url);
    free(transport->proxy_url);
    free(transport);
}

static const struct transport_operations operations = {
    .submit = transport_submit,
    .reap = transport_reap,
    .wait = transport_wait,
    .cancel = transport_cancel,
    .free = transport_free,
};

/* --- Making one ------------------------------------------------------------------------------- */

static CURLcode global_code;

static void init_global(void)
{
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Once in a process and never undone: other transports may be alive. */
static bool init_libcurl(struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_global);
    if (global_code != CURLE_OK) {
        error_set(error, "libcurl cannot be used: %s", curl_easy_strerror(global_code));
        return false;
    }
    return true;
}

/* Whether the scheme can be used, and is the secure one. */
static bool check_scheme(CURLU *url, bool *ret_secure, struct error *error)
{
    char *scheme = NULL;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
        abort(); /* out of memory, as in base/memory */
    }
    *ret_secure = strcmp(scheme, "https") == 0;
    bool known = *ret_secure || strcmp(scheme, "http") == 0;
    curl_free(scheme);
    if (!known) {
        error_set(error, "the address must begin with https:// or http://");
    }
    return known;
}

/* The error does not quote the address: there may be a password in it. */
static bool check_url(const char *text, bool *ret_secure, struct error *error)
{
    CURLU *url = curl_url();
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    bool usable = code == CURLUE_OK;
    if (usable) {
        usable = check_scheme(url, ret_secure, error);
    } else {
        error_set(error, "the address cannot be used: %s", curl_url_strerror(code));
    }
    curl_url_cleanup(url);
    return usable;
}

static bool make_requests(struct curl_transport *transport, size_t count, struct error *error)
{
    const CURLMcode codes[] = {
        curl_multi_setopt(transport->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX),
        curl_multi_setopt(transport->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)count),
        curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)count),
    };
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i] != CURLM_OK) {
            error_set(error, "libcurl cannot be used: %s", curl_multi_strerror(codes[i]));
            return false;
        }
    }
    transport->request_count = count + 1;
    transport->requests = memory_new(transport->request_count, sizeof *transport->requests);
    for (size_t i = 0; i < transport->request_count; i++) {
        if (!prepare(transport, &transport->requests[i])) {
            error_set(error, "this libcurl (%s) lacks what is needed", curl_version());
            return false;
        }
    }
    return true;
}

static char *copy(const char *text)
{
    return text == NULL ? NULL : memory_string(slice_of(text));
}

/* What the settings say, in words and numbers. */
static struct curl_transport *new_transport(const struct transport_settings *settings, bool secure)
{
    struct curl_transport *transport = memory_new(1, sizeof *transport);
    transport->transport.operations = &operations;
    transport->url = copy(settings->url);
    transport->secure = secure;
    transport->proxy_url = copy(settings->proxy_url);
    memcpy(transport->answer_headers, settings->answer_headers, sizeof transport->answer_headers);
    transport->timeout_ms = settings->timeout_ms;
    transport->connect_timeout_ms = settings->connect_timeout_ms;
    transport->stall_timeout_ms = settings->stall_timeout_ms;
    return transport;
}

struct transport *transport_new(const struct transport_settings *settings, struct error *error)
{
    assert(settings->connections_max > 0 && settings->timeout_ms > 0);
    bool secure = false;
    if (!init_libcurl(error) || !check_url(settings->url, &secure, error)) {
        return NULL;
    }
    struct identity *identity = identity_new(&settings->credentials, error);
    if (identity == NULL) {
        return NULL;
    }
    struct curl_transport *transport = new_transport(settings, secure);
    transport->identity = identity;
    transport->multi = curl_multi_init();
    if (transport->multi == NULL) {
        abort(); /* out of memory, as in base/memory */
    }
    if (!make_requests(transport, settings->connections_max, error)) {
        transport_free(&transport->transport);
        return NULL;
    }
    return &transport->transport;
}

bool transport_renew(struct transport *interface, const struct transport_credentials *credentials,
                     struct error *error)
{
    struct curl_transport *transport = of(interface);
    struct identity *identity = identity_new(credentials, error);
    if (identity == NULL) {
        return false;
    }
    identity_drop(transport->identity);
    transport->identity = identity;
    for (struct request *idle = transport->idle; idle != NULL; idle = idle->next) {
        set_identity(transport, idle);
    }
    return true;
}
