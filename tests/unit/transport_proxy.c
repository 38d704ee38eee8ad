#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/authority.h"
#include "support/poster.h"
#include "support/proxy.h"
#include "support/web_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "ada:hunter2" */
#define AUTHORIZATION "Basic YWRhOmh1bnRlcjI="

static struct authority authority;

static int make_authority(void **state)
{
    (void)state;
    authority_init(&authority, "authority");
    return 0;
}

static int remove_authority(void **state)
{
    (void)state;
    authority_done(&authority);
    return 0;
}

/* A proxy, a server behind it, and what a client of both is told. */
struct scene {
    struct proxy proxy;
    struct web_server server;
    struct authority_paper paper;
    char url[64];
    char proxy_url[64];
    struct transport_settings settings;
};

static void scene_start(struct scene *scene)
{
    scene->paper = authority_issue(&authority, "server", (struct authority_wish){0});
    scene->server.certificate_file = scene->paper.certificate_file;
    scene->server.key_file = scene->paper.key_file;
    web_server_start(&scene->server);
    proxy_start(&scene->proxy);
    (void)snprintf(scene->url, sizeof scene->url, "https://127.0.0.1:%u/v2/events",
                   scene->server.port);
    (void)snprintf(scene->proxy_url, sizeof scene->proxy_url, "http://127.0.0.1:%u",
                   scene->proxy.port);
    scene->settings = poster_settings(scene->url);
    scene->settings.credentials.ca_file = authority.file;
    scene->settings.proxy_url = scene->proxy_url;
}

static void scene_stop(struct scene *scene)
{
    proxy_stop(&scene->proxy);
    web_server_stop(&scene->server);
}

static void requests_go_through_a_proxy_with_a_user(void **state)
{
    (void)state;
    struct scene scene = {.proxy = {.authorization = AUTHORIZATION}};
    scene_start(&scene);
    scene.settings.credentials.proxy_user = "ada";
    scene.settings.credentials.proxy_password = "hunter2";
    struct transport *transport = poster_open(&scene.settings);
    poster_expect_success(transport);
    poster_expect_success(transport);
    assert_int_equal(atomic_load(&scene.proxy.tunnels), 1);
    assert_int_equal(web_server_requests(&scene.server), 2);
    /* Neither learns what is for the other. */
    assert_true(web_server_had_header(&scene.server, "Authorization: Basic c2VjcmV0"));
    poster_close(transport);
    scene_stop(&scene);
    assert_null(strstr(scene.server.head, "Proxy-Authorization"));
    assert_null(strstr(scene.proxy.head, "c2VjcmV0"));
    assert_null(strstr(scene.proxy.head, "v2/events"));
}

static void a_proxy_that_does_not_let_through_is_told_without_the_password(void **state)
{
    (void)state;
    const struct {
        const char *password;
        int status;
        const char *why;
    } cases[] = {
        {"hunter1", 0, "the proxy answers 407: it wants a user and a password, or others"},
        {NULL, 0, "the proxy answers 407: it wants a user and a password, or others"},
        {"hunter2", 403, "the proxy answers 403"},
        {"hunter2", 503, "the proxy answers 503"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene = {.proxy = {AUTHORIZATION, .status = cases[i].status}};
        scene_start(&scene);
        scene.settings.credentials.proxy_user = cases[i].password == NULL ? NULL : "ada";
        scene.settings.credentials.proxy_password = cases[i].password;
        struct transport *transport = poster_open(&scene.settings);
        poster_expect_failure(transport, cases[i].why);
        assert_int_equal(web_server_requests(&scene.server), 0);
        poster_close(transport);
        scene_stop(&scene);
    }
}

static void another_password_of_the_proxy_is_for_the_requests_to_come(void **state)
{
    (void)state;
    struct scene scene = {.proxy = {.authorization = AUTHORIZATION}};
    struct error error = {""};
    scene_start(&scene);
    scene.settings.credentials.proxy_user = "ada";
    scene.settings.credentials.proxy_password = "hunter1";
    struct transport *transport = poster_open(&scene.settings);
    poster_expect_failure(transport, "the proxy answers 407");
    scene.settings.credentials.proxy_password = "hunter2";
    assert_true(transport_renew(transport, &scene.settings.credentials, &error));
    poster_expect_success(transport);
    poster_close(transport);
    scene_stop(&scene);
}

static void the_proxy_of_the_environment_is_used_but_for_no_proxy(void **state)
{
    (void)state;
    struct scene scene = {.proxy = {.authorization = AUTHORIZATION}};
    scene_start(&scene);
    char proxy_url[64];
    (void)snprintf(proxy_url, sizeof proxy_url, "http://ada:hunter2@127.0.0.1:%u",
                   scene.proxy.port);
    scene.settings.proxy_url = NULL;
    (void)setenv("https_proxy", proxy_url, 1);
    (void)setenv("no_proxy", "localhost", 1);
    struct transport *transport = poster_open(&scene.settings);
    poster_expect_success(transport);
    assert_int_equal(atomic_load(&scene.proxy.tunnels), 1);
    poster_close(transport);

    (void)setenv("no_proxy", "127.0.0.1", 1);
    transport = poster_open(&scene.settings);
    poster_expect_success(transport);
    assert_int_equal(atomic_load(&scene.proxy.tunnels), 1);
    poster_close(transport);
    (void)unsetenv("https_proxy");
    (void)unsetenv("no_proxy");
    scene_stop(&scene);
}

static void the_proxy_of_the_settings_comes_before_the_environment(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_start(&scene);
    (void)setenv("https_proxy", "http://127.0.0.1:9", 1);
    (void)setenv("no_proxy", "*", 1);
    struct transport *transport = poster_open(&scene.settings);
    poster_expect_success(transport);
    assert_int_equal(atomic_load(&scene.proxy.tunnels), 1);
    poster_close(transport);
    (void)unsetenv("https_proxy");
    (void)unsetenv("no_proxy");
    scene_stop(&scene);
}

static void what_an_environment_says_of_a_proxy_is_never_told(void **state)
{
    (void)state;
    static const char *const proxies[] = {
        "http://ada:hunter2@127.0.0.1:9",
        "nonsense://ada:hunter2@127.0.0.1:9",
        "http://ada:hunter2@:x",
    };
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        struct transport_settings settings = poster_settings("https://127.0.0.1:9/v2/events");
        (void)setenv("https_proxy", proxies[i], 1);
        struct transport *transport = poster_open(&settings);
        struct transport_answer answer = poster_post(transport, SLICE("{}"));
        assert_true(answer.failed);
        assert_true(answer.failure.text[0] != '\0');
        assert_null(strstr(answer.failure.text, "hunter2"));
        assert_null(strstr(answer.failure.text, "ada"));
        poster_close(transport);
    }
    (void)unsetenv("https_proxy");
}

int main(void)
{
    static const char *const variables[] = {"http_proxy",  "https_proxy", "all_proxy", "no_proxy",
                                            "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_through_a_proxy_with_a_user),
        cmocka_unit_test(a_proxy_that_does_not_let_through_is_told_without_the_password),
        cmocka_unit_test(another_password_of_the_proxy_is_for_the_requests_to_come),
        cmocka_unit_test(the_proxy_of_the_environment_is_used_but_for_no_proxy),
        cmocka_unit_test(the_proxy_of_the_settings_comes_before_the_environment),
        cmocka_unit_test(what_an_environment_says_of_a_proxy_is_never_told),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        (void)unsetenv(variables[i]); /* whatever proxy this machine has */
    }
    return cmocka_run_group_tests(tests, make_authority, remove_authority);
}
