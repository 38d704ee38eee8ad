#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/poster.h"
#include "support/web_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* --- Names and time, as the tests say --------------------------------------------------------- */

/* The functions below stand before those of the C library for libcurl as well: what a name stands for
 * and what time it is are the tests' to say, and nothing is waited for. */

#define NAME "api.example"

static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static char resolver_addresses[128]; /* of NAME, with blanks between */
static atomic_size_t resolutions;
static atomic_llong ahead_ms; /* of the true time */

static void resolve_to(const char *addresses)
{
    (void)pthread_mutex_lock(&resolver_lock);
    (void)snprintf(resolver_addresses, sizeof resolver_addresses, "%s", addresses);
    (void)pthread_mutex_unlock(&resolver_lock);
}

typedef int resolve(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* The list of all of them: those of the C library for each, one behind the other. */
static int resolve_all(resolve *real, char *addresses, const char *service,
                       const struct addrinfo *hints, struct addrinfo **ret_list)
{
    struct addrinfo **end = ret_list;
    char *rest = NULL;
    *ret_list = NULL;
    for (char *one = strtok_r(addresses, " ", &rest); one != NULL;
         one = strtok_r(NULL, " ", &rest)) {
        struct addrinfo numeric = *hints;
        numeric.ai_flags = AI_NUMERICHOST;
        numeric.ai_family = strchr(one, ':') == NULL ? AF_INET : AF_INET6;
        int code = real(one, service, &numeric, end);
        if (code != 0) {
            return code;
        }
        end = &(*end)->ai_next;
    }
    return *ret_list == NULL ? EAI_NONAME : 0;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library has others */

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    char addresses[sizeof resolver_addresses];
    resolve *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(name, NAME) != 0) {
        return real(name, service, hints, ret_list);
    }
    atomic_fetch_add(&resolutions, 1);
    (void)pthread_mutex_lock(&resolver_lock);
    memcpy(addresses, resolver_addresses, sizeof addresses);
    (void)pthread_mutex_unlock(&resolver_lock);
    return resolve_all(real, addresses, service, hints, ret_list);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    long code = syscall(SYS_clock_gettime, clock, time);
    long long ahead = atomic_load(&ahead_ms);
    time->tv_sec += ahead / 1000;
    time->tv_nsec += ahead % 1000 * 1000000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_sec++;
        time->tv_nsec -= 1000000000;
    }
    return (int)code;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL) {
        *ret_time = now.tv_sec;
    }
    return now.tv_sec;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* What the last socket was set to that libcurl has made; -1: not at all. */
static atomic_int unacknowledged_ms = -1;
static atomic_int keep_alive_s = -1;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library has others */
int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    int number = 0;
    memcpy(&number, value, size < sizeof number ? size : sizeof number);
    if (level == IPPROTO_TCP && option == TCP_USER_TIMEOUT) {
        atomic_store(&unacknowledged_ms, number);
    } else if (level == IPPROTO_TCP && option == TCP_KEEPIDLE) {
        atomic_store(&keep_alive_s, number);
    }
    return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}

static void advance(int64_t ms)
{
    atomic_fetch_add(&ahead_ms, ms);
}

/* How fast time goes while a request is under way. */
enum pace {
    PACE_QUICK, /* about three times as fast: others have to do something meanwhile */
    PACE_FLYING /* fifty times: nobody will do anything */
};

/* One request at that pace; how long it took, in that time. */
static int64_t post(struct transport *transport, enum pace pace,
                    struct transport_answer *ret_answer)
{
    int owner = 0;
    int64_t from_ms = poster_now_ms();
    transport->operations->submit(transport, &owner, SLICE("{}"), NULL);
    while (!transport->operations->reap(transport, ret_answer)) {
        assert_true(poster_now_ms() - from_ms < 400000);
        transport->operations->wait(transport, -1, pace == PACE_QUICK ? 10 : 2);
        advance(pace == PACE_QUICK ? 20 : 100);
    }
    return poster_now_ms() - from_ms;
}

/* --- Servers ---------------------------------------------------------------------------------- */

static struct transport_settings settings_for(unsigned port, char url[static 64])
{
    (void)snprintf(url, 64, "http://" NAME ":%u/v2/events", port);
    return poster_settings(url);
}

/* A port that is free at all addresses of the tests, more or less. */
static unsigned free_port(void)
{
    struct web_server server = {0};
    web_server_start(&server);
    web_server_stop(&server);
    return server.port;
}

/* A listener that never takes a connection, with its queue full: who comes is not even refused. */
struct hole {
    int fd;
    int clients[4];
};

static void hole_open(struct hole *hole, const char *address, unsigned port)
{
    bool six = strchr(address, ':') != NULL;
    int family = six ? AF_INET6 : AF_INET;
    struct sockaddr_in6 six_address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four_address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    void *where = six ? (void *)&six_address.sin6_addr : (void *)&four_address.sin_addr;
    struct sockaddr *bound =
        six ? (struct sockaddr *)&six_address : (struct sockaddr *)&four_address;
    socklen_t size = six ? sizeof six_address : sizeof four_address;
    assert_int_equal(inet_pton(family, address, where), 1);
    hole->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(hole->fd, bound, size), 0);
    assert_int_equal(listen(hole->fd, 0), 0);
    for (size_t i = 0; i < sizeof hole->clients / sizeof *hole->clients; i++) {
        hole->clients[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(hole->clients[i], bound, size);
    }
}

static void hole_close(struct hole *hole)
{
    for (size_t i = 0; i < sizeof hole->clients / sizeof *hole->clients; i++) {
        (void)close(hole->clients[i]);
    }
    (void)close(hole->fd);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return bound;
}

/* --- Several addresses ------------------------------------------------------------------------ */

#define CONNECT_TIMEOUT_MS 6000

/* Well within that time, however busy this machine is. */
static void expect_delivery(const char *addresses, unsigned port)
{
    char url[64];
    struct transport_answer answer;
    struct transport_settings settings = settings_for(port, url);
    settings.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    resolve_to(addresses);
    struct transport *transport = poster_open(&settings);
    int64_t took_ms = post(transport, PACE_QUICK, &answer);
    if (answer.failed) {
        fail_msg("%s: %s", addresses, answer.failure.text);
    }
    assert_in_range((uint64_t)took_ms, 0, CONNECT_TIMEOUT_MS - 500);
    poster_close(transport);
}

static void an_address_that_refuses_leaves_the_others(void **state)
{
    (void)state;
    struct web_server server = {0};
    web_server_start(&server);
    expect_delivery("127.0.0.2 127.0.0.3 127.0.0.1", server.port);
    assert_int_equal(web_server_requests(&server), 1);
    web_server_stop(&server);
}

static void an_address_that_is_silent_leaves_the_others_half_of_the_time(void **state)
{
    (void)state;
    struct web_server server = {0};
    struct hole hole;
    web_server_start(&server);
    hole_open(&hole, "127.0.0.2", server.port);
    expect_delivery("127.0.0.2 127.0.0.1", server.port);
    assert_int_equal(web_server_requests(&server), 1);
    hole_close(&hole);
    web_server_stop(&server);
}

static void ipv6_that_is_broken_leaves_ipv4(void **state)
{
    (void)state;
    struct web_server server = {0};
    struct hole hole;
    if (!has_ipv6()) {
        print_message("skipped: this machine has no IPv6\n");
        skip();
    }
    web_server_start(&server);
    expect_delivery("::1 127.0.0.1", server.port); /* refused */
    hole_open(&hole, "::1", server.port);
    expect_delivery("::1 127.0.0.1", server.port); /* silent */
    assert_int_equal(web_server_requests(&server), 2);
    hole_close(&hole);
    web_server_stop(&server);
}

static void ipv6_alone_will_do(void **state)
{
    (void)state;
    struct web_server server = {.address = "::1"};
    if (!has_ipv6()) {
        print_message("skipped: this machine has no IPv6\n");
        skip();
    }
    web_server_start(&server);
    expect_delivery("::1", server.port);
    web_server_stop(&server);
}

/* --- A host that moves ------------------------------------------------------------------------ */

/* The old address goes on answering: nothing tells the client but the name. */
static void a_host_that_has_moved_is_followed_though_the_old_address_answers(void **state)
{
    (void)state;
    char url[64];
    struct web_server old = {0};
    web_server_start(&old);
    struct web_server new = {.address = "127.0.0.2", .port = old.port};
    web_server_start(&new);
    struct transport_settings settings = settings_for(old.port, url);
    resolve_to("127.0.0.1");
    struct transport *transport = poster_open(&settings);
    poster_expect_success(transport);
    resolve_to("127.0.0.2");
    size_t posts = 1;
    while (web_server_requests(&new) == 0 && posts < 40) { /* ten minutes, in quarters of one */
        advance(15000);
        poster_expect_success(transport);
        posts++;
    }
    assert_in_range(posts, 2, 1 + 4 * 6); /* five minutes, and the one that a resolution is kept */
    assert_int_equal(web_server_connections(&old), 1);
    poster_close(transport);
    web_server_stop(&old);
    web_server_stop(&new);
}

static void a_host_that_has_moved_is_followed_when_the_old_address_is_gone(void **state)
{
    (void)state;
    char url[64];
    struct transport_answer answer;
    struct web_server old = {0};
    web_server_start(&old);
    struct transport_settings settings = settings_for(old.port, url);
    resolve_to("127.0.0.1");
    struct transport *transport = poster_open(&settings);
    poster_expect_success(transport);
    web_server_stop(&old);
    struct web_server new = {.address = "127.0.0.2", .port = old.port};
    web_server_start(&new);
    resolve_to("127.0.0.2");
    size_t seconds = 0;
    do {
        advance(1000);
        answer = poster_post(transport, SLICE("{}"));
        seconds++;
    } while (answer.failed && seconds < 100);
    assert_false(answer.failed);
    assert_in_range(seconds, 1, 62);
    assert_int_equal(atomic_load(&resolutions) > 0, 1);
    poster_close(transport);
    web_server_stop(&new);
}

static void a_name_is_resolved_once_for_many_connections(void **state)
{
    (void)state;
    char url[64];
    struct web_server server = {0};
    web_server_start(&server);
    struct transport_settings settings = settings_for(server.port, url);
    resolve_to("127.0.0.1");
    struct transport *transport = poster_open(&settings);
    poster_expect_success(transport);
    size_t before = atomic_load(&resolutions);
    int owners[4];
    for (size_t i = 0; i < 4; i++) {
        transport->operations->submit(transport, &owners[i], SLICE("{}"), NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_false(poster_await(transport).failed);
    }
    assert_int_equal(atomic_load(&resolutions), before);
    assert_in_range(web_server_connections(&server), 2, 4);
    poster_close(transport);
    web_server_stop(&server);
}

static void a_name_that_stands_for_nothing_is_a_failure(void **state)
{
    (void)state;
    char url[64];
    struct transport_settings settings = settings_for(free_port(), url);
    resolve_to("");
    struct transport *transport = poster_open(&settings);
    poster_expect_failure(transport, "resolve host");
    poster_close(transport);
}

/* --- Times ------------------------------------------------------------------------------------ */

static void a_connection_that_is_not_made_in_time_is_given_up(void **state)
{
    (void)state;
    char url[64];
    struct hole hole;
    struct transport_answer answer;
    struct transport_settings settings = settings_for(free_port(), url);
    hole_open(&hole, "127.0.0.1", (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10));
    resolve_to("127.0.0.1");
    settings.timeout_ms = 100000;
    settings.stall_timeout_ms = 100000;
    settings.connect_timeout_ms = 7000;
    struct transport *transport = poster_open(&settings);
    int64_t took_ms = post(transport, PACE_FLYING, &answer);
    assert_true(answer.failed);
    assert_non_null(strstr(answer.failure.text, "it took too long: "));
    assert_in_range((uint64_t)took_ms, 7000, 9000);
    poster_close(transport);
    hole_close(&hole);
}

static void a_server_that_says_nothing_is_given_up_when_the_stall_has_lasted(void **state)
{
    (void)state;
    char url[64];
    struct transport_answer answer;
    struct web_server server = {.silent = true};
    web_server_start(&server);
    struct transport_settings settings = settings_for(server.port, url);
    resolve_to("127.0.0.1");
    settings.timeout_ms = 300000;
    settings.stall_timeout_ms = 20000;
    struct transport *transport = poster_open(&settings);
    int64_t took_ms = post(transport, PACE_FLYING, &answer);
    assert_true(answer.failed);
    assert_non_null(strstr(answer.failure.text, "it took too long: Operation too slow"));
    assert_in_range((uint64_t)took_ms, 20000, 30000);
    poster_close(transport);
    web_server_stop(&server);
}

static void a_request_that_takes_too_long_in_all_is_given_up(void **state)
{
    (void)state;
    char url[64];
    struct transport_answer answer;
    struct web_server server = {.silent = true};
    web_server_start(&server);
    struct transport_settings settings = settings_for(server.port, url);
    resolve_to("127.0.0.1");
    settings.timeout_ms = 20000;
    settings.stall_timeout_ms = 300000;
    struct transport *transport = poster_open(&settings);
    int64_t took_ms = post(transport, PACE_FLYING, &answer);
    assert_true(answer.failed);
    assert_non_null(strstr(answer.failure.text, "timed out"));
    assert_in_range((uint64_t)took_ms, 20000, 22000);
    poster_close(transport);
    web_server_stop(&server);
}

/* Nothing on a loopback is ever lost: that the system is asked for it has to do. */
static void a_connection_is_watched_by_the_system(void **state)
{
    (void)state;
    const struct {
        int64_t timeout_ms;
        int64_t stall_timeout_ms;
        int expected_ms;
    } cases[] = {{10000, 30000, 10000}, {60000, 30000, 30000}};
    struct web_server server = {0};
    web_server_start(&server);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[64];
        struct transport_settings settings = settings_for(server.port, url);
        resolve_to("127.0.0.1");
        settings.timeout_ms = cases[i].timeout_ms;
        settings.stall_timeout_ms = cases[i].stall_timeout_ms;
        struct transport *transport = poster_open(&settings);
        poster_expect_success(transport);
        assert_int_equal(atomic_load(&unacknowledged_ms), cases[i].expected_ms);
        assert_int_equal(atomic_load(&keep_alive_s), 30);
        poster_close(transport);
    }
    web_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_refuses_leaves_the_others),
        cmocka_unit_test(an_address_that_is_silent_leaves_the_others_half_of_the_time),
        cmocka_unit_test(ipv6_that_is_broken_leaves_ipv4),
        cmocka_unit_test(ipv6_alone_will_do),
        cmocka_unit_test(a_host_that_has_moved_is_followed_though_the_old_address_answers),
        cmocka_unit_test(a_host_that_has_moved_is_followed_when_the_old_address_is_gone),
        cmocka_unit_test(a_name_is_resolved_once_for_many_connections),
        cmocka_unit_test(a_name_that_stands_for_nothing_is_a_failure),
        cmocka_unit_test(a_connection_that_is_not_made_in_time_is_given_up),
        cmocka_unit_test(a_server_that_says_nothing_is_given_up_when_the_stall_has_lasted),
        cmocka_unit_test(a_request_that_takes_too_long_in_all_is_given_up),
        cmocka_unit_test(a_connection_is_watched_by_the_system),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("no_proxy", "*", 1); /* whatever proxy this machine has */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
