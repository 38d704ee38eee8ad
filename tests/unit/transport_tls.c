#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/authority.h"
#include "support/poster.h"
#include "support/web_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_S 3600L

static struct authority authority; /* that is trusted */
static struct authority stranger;  /* that is not */

static int make_authorities(void **state)
{
    (void)state;
    authority_init(&authority, "authority");
    authority_init(&stranger, "stranger");
    return 0;
}

static int remove_authorities(void **state)
{
    (void)state;
    authority_done(&authority);
    authority_done(&stranger);
    return 0;
}

/* A server with that certificate. */
static void start(struct web_server *server, const struct authority_paper *paper)
{
    server->certificate_file = paper->certificate_file;
    server->key_file = paper->key_file;
    web_server_start(server);
}

/* A client that trusts the authority. */
static struct transport_settings settings_for(const struct web_server *server, char url[static 64])
{
    (void)snprintf(url, 64, "https://127.0.0.1:%u/v2/events", server->port);
    struct transport_settings settings = poster_settings(url);
    settings.credentials.ca_file = authority.file;
    return settings;
}

/* --- The server's certificate ----------------------------------------------------------------- */

/* One request; the server sees it only when `why` is NULL. */
static void expect(const struct authority_paper *paper, const char *crl_file, const char *why)
{
    char url[64];
    struct web_server server = {0};
    start(&server, paper);
    struct transport_settings settings = settings_for(&server, url);
    settings.credentials.crl_file = crl_file;
    struct transport *transport = poster_open(&settings);
    if (why == NULL) {
        poster_expect_success(transport);
    } else {
        poster_expect_failure(transport, why);
    }
    assert_int_equal(web_server_requests(&server), why == NULL);
    poster_close(transport);
    web_server_stop(&server);
}

static void a_good_certificate_is_accepted(void **state)
{
    (void)state;
    struct authority_paper paper = authority_issue(&authority, "good", (struct authority_wish){0});
    expect(&paper, NULL, NULL);
}

static void a_bad_certificate_is_refused_with_what_is_bad_about_it(void **state)
{
    (void)state;
    const struct {
        struct authority *authority;
        struct authority_wish wish;
        const char *why;
    } cases[] = {
        {&authority, {.from_s = -2 * HOUR_S, .until_s = -HOUR_S}, "has expired"},
        {&authority, {.from_s = HOUR_S, .until_s = 2 * HOUR_S}, "is not valid yet"},
        {&authority, {.names = "DNS:api.example"}, "it is not for this host"},
        {&authority, {.self_signed = true}, "it is self-signed"},
        {&stranger, {0}, "it is from an authority that is not trusted"},
        {&authority, {.weak = true}, "its key is too weak"},
        {&authority, {.client = true}, "it is not for the use by a server"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct authority_paper paper = authority_issue(cases[i].authority, "bad", cases[i].wish);
        expect(&paper, NULL, "the server's certificate is refused: ");
        expect(&paper, NULL, cases[i].why);
    }
}

static void a_revoked_certificate_is_refused_when_there_is_a_list_of_them(void **state)
{
    (void)state;
    struct authority_paper good = authority_issue(&authority, "good", (struct authority_wish){0});
    struct authority_paper bad = authority_issue(&authority, "bad", (struct authority_wish){0});
    authority_revoke(&authority, bad.serial, HOUR_S);
    expect(&bad, NULL, NULL);
    expect(&bad, authority.crl_file,
           "certificate is refused: it, or one above it, has been revoked");
    expect(&good, authority.crl_file, NULL);
}

static void a_list_of_revoked_certificates_that_is_no_good_refuses_all(void **state)
{
    (void)state;
    struct authority_paper good = authority_issue(&authority, "good", (struct authority_wish){0});
    authority_revoke(&authority, 0, -HOUR_S);
    expect(&good, authority.crl_file, "(CRL) has expired");
    authority_revoke(&stranger, 0, HOUR_S);
    expect(&good, stranger.crl_file, "(CRL) of its authority, or of one above, is missing");
    expect(&good, authority.file, "(CRL) cannot be used");
}

/* --- The client's own certificate ------------------------------------------------------------- */

/* A server that wants one of the authority. */
static struct transport_settings start_demanding(struct web_server *server, char url[static 64])
{
    struct authority_paper paper =
        authority_issue(&authority, "server", (struct authority_wish){0});
    server->client_ca_file = authority.file;
    start(server, &paper);
    return settings_for(server, url);
}

static void a_client_certificate_is_shown(void **state)
{
    (void)state;
    char url[64];
    struct web_server server = {0};
    struct transport_settings settings = start_demanding(&server, url);
    struct authority_paper paper =
        authority_issue(&authority, "client", (struct authority_wish){.client = true});
    struct transport *transport = poster_open(&settings);
    poster_expect_failure(transport, "the server wants a certificate of the client");
    poster_close(transport);

    settings.credentials.certificate_file = paper.certificate_file;
    settings.credentials.key_file = paper.key_file;
    transport = poster_open(&settings);
    poster_expect_success(transport);
    poster_close(transport);
    web_server_stop(&server);
}

static void the_key_of_a_client_certificate_may_have_a_password(void **state)
{
    (void)state;
    char url[64];
    struct web_server server = {0};
    struct transport_settings settings = start_demanding(&server, url);
    struct authority_paper paper = authority_issue(
        &authority, "client", (struct authority_wish){.client = true, .password = "hunter2"});
    settings.credentials.certificate_file = paper.certificate_file;
    settings.credentials.key_file = paper.key_file;
    const char *const passwords[] = {NULL, "hunter1", "hunter2"};
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        settings.credentials.key_password = passwords[i];
        struct transport *transport = poster_open(&settings);
        if (i == 2) {
            poster_expect_success(transport);
        } else {
            poster_expect_failure(transport, "the client's own certificate or its key");
        }
        poster_close(transport);
    }
    web_server_stop(&server);
}

static void a_client_certificate_of_somebody_else_is_refused_by_the_server(void **state)
{
    (void)state;
    char url[64];
    struct web_server server = {0};
    struct transport_settings settings = start_demanding(&server, url);
    struct authority_paper paper =
        authority_issue(&stranger, "client", (struct authority_wish){.client = true});
    settings.credentials.certificate_file = paper.certificate_file;
    settings.credentials.key_file = paper.key_file;
    struct transport *transport = poster_open(&settings);
    poster_expect_failure(transport, "the server refuses the certificate of the client");
    poster_close(transport);
    web_server_stop(&server);
}

/* --- Other credentials later ------------------------------------------------------------------ */

static void renew(struct transport *transport, const struct transport_credentials *credentials)
{
    struct error error = {""};
    if (!transport_renew(transport, credentials, &error)) {
        fail_msg("%s", error.text);
    }
}

static void other_header_lines_are_for_the_requests_to_come(void **state)
{
    (void)state;
    static const char *const lines[] = {"Authorization: Basic bmV3"};
    char url[64];
    struct authority_paper paper =
        authority_issue(&authority, "server", (struct authority_wish){0});
    struct web_server server = {0};
    start(&server, &paper);
    struct transport_settings settings = settings_for(&server, url);
    struct transport *transport = poster_open(&settings);
    poster_expect_success(transport);
    assert_true(web_server_had_header(&server, "Authorization: Basic c2VjcmV0"));
    settings.credentials.headers = lines;
    settings.credentials.header_count = 1;
    renew(transport, &settings.credentials);
    for (size_t i = 0; i < 6; i++) { /* more than there are connections */
        poster_expect_success(transport);
        assert_true(web_server_had_header(&server, "Authorization: Basic bmV3"));
        assert_false(web_server_had_header(&server, "Charset: utf-8"));
    }
    assert_int_equal(web_server_connections(&server), 1);
    poster_close(transport);
    web_server_stop(&server);
}

static void other_certificates_are_for_new_connections_at_once(void **state)
{
    (void)state;
    char url[64];
    struct web_server server = {0};
    struct transport_settings settings = start_demanding(&server, url);
    struct authority_paper paper =
        authority_issue(&authority, "client", (struct authority_wish){.client = true});
    settings.credentials.certificate_file = paper.certificate_file;
    settings.credentials.key_file = paper.key_file;
    settings.connections_max = 1; /* the old one does not stand in the way either */
    struct transport *transport = poster_open(&settings);
    poster_expect_success(transport);

    (void)authority_issue(&stranger, "other", (struct authority_wish){0});
    (void)authority_issue(&authority, "client", (struct authority_wish){.client = true});
    renew(transport, &settings.credentials);
    poster_expect_success(transport);
    poster_expect_success(transport);
    assert_int_equal(web_server_connections(&server), 2);

    settings.credentials.ca_file = stranger.file;
    renew(transport, &settings.credentials);
    poster_expect_failure(transport, "from an authority that is not trusted");
    poster_close(transport);
    web_server_stop(&server);
}

static void what_cannot_be_used_changes_nothing(void **state)
{
    (void)state;
    char url[64];
    char empty[] = "/tmp/rokt-relay-test-XXXXXX";
    (void)close(mkstemp(empty));
    struct authority_paper paper =
        authority_issue(&authority, "server", (struct authority_wish){0});
    struct web_server server = {0};
    start(&server, &paper);
    struct transport_settings settings = settings_for(&server, url);
    struct transport *transport = poster_open(&settings);
    const struct {
        const char *file;
        const char *why;
    } cases[] = {
        {"/nowhere/ca.pem", "the file of certificates /nowhere/ca.pem cannot be read: No such"},
        {empty, "is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {""};
        settings.credentials.ca_file = cases[i].file;
        assert_false(transport_renew(transport, &settings.credentials, &error));
        if (strstr(error.text, cases[i].why) == NULL) {
            fail_msg("\"%s\" without \"%s\"", error.text, cases[i].why);
        }
        poster_expect_success(transport);
    }
    poster_close(transport);
    web_server_stop(&server);
    (void)unlink(empty);
}

/* The server answers the first request when the second has come, and that comes after the change. */
static void requests_under_way_keep_their_credentials(void **state)
{
    (void)state;
    char url[64];
    int owners[2];
    struct authority_paper paper =
        authority_issue(&authority, "server", (struct authority_wish){0});
    struct web_server server = {.http2 = true, .together = 2};
    start(&server, &paper);
    struct transport_settings settings = settings_for(&server, url);
    struct transport *transport = poster_open(&settings);
    struct transport_answer answer;
    transport->operations->submit(transport, &owners[0], SLICE("{}"), NULL);
    while (web_server_requests(&server) < 1) {
        assert_false(transport->operations->reap(transport, &answer));
        transport->operations->wait(transport, -1, 10);
    }
    for (size_t i = 0; i < 3; i++) {
        renew(transport, &settings.credentials);
    }
    transport->operations->submit(transport, &owners[1], SLICE("{}"), NULL);
    for (size_t i = 0; i < 2; i++) {
        answer = poster_await(transport);
        assert_false(answer.failed);
        assert_int_equal(answer.status, 200);
    }
    poster_close(transport);
    web_server_stop(&server);
}

/* --- HTTP/2 ----------------------------------------------------------------------------------- */

static void requests_share_one_connection_of_http_2(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    char url[64];
    int owners[COUNT];
    struct authority_paper paper =
        authority_issue(&authority, "server", (struct authority_wish){0});
    struct web_server server = {.http2 = true, .together = COUNT};
    start(&server, &paper);
    struct transport_settings settings = settings_for(&server, url);
    settings.connections_max = COUNT;
    struct transport *transport = poster_open(&settings);
    for (size_t i = 0; i < COUNT; i++) { /* all before the first connection is there */
        transport->operations->submit(transport, &owners[i], SLICE("{\"n\":1}"), NULL);
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct transport_answer answer = poster_await(transport);
        assert_false(answer.failed);
        assert_int_equal(answer.status, 200);
        assert_true(slice_equal(answer.body, SLICE("{}")));
    }
    assert_int_equal(web_server_connections(&server), 1);
    poster_close(transport);
    web_server_stop(&server);
    assert_int_equal(server.streams_most, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_accepted),
        cmocka_unit_test(a_bad_certificate_is_refused_with_what_is_bad_about_it),
        cmocka_unit_test(a_revoked_certificate_is_refused_when_there_is_a_list_of_them),
        cmocka_unit_test(a_list_of_revoked_certificates_that_is_no_good_refuses_all),
        cmocka_unit_test(a_client_certificate_is_shown),
        cmocka_unit_test(the_key_of_a_client_certificate_may_have_a_password),
        cmocka_unit_test(a_client_certificate_of_somebody_else_is_refused_by_the_server),
        cmocka_unit_test(other_header_lines_are_for_the_requests_to_come),
        cmocka_unit_test(other_certificates_are_for_new_connections_at_once),
        cmocka_unit_test(what_cannot_be_used_changes_nothing),
        cmocka_unit_test(requests_under_way_keep_their_credentials),
        cmocka_unit_test(requests_share_one_connection_of_http_2),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("no_proxy", "*", 1); /* whatever proxy this machine has */
    return cmocka_run_group_tests(tests, make_authorities, remove_authorities);
}
