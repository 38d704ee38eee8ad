#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/url.h"

static void addresses_of_an_api_are_taken(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "https://api.rokt.com",     "https://api.rokt.com/", "HTTPS://API.ROKT.COM:443",
        "https://203.0.113.7:8443", "https://[2001:db8::7]", "https://[2001:db8::7]:8443/",
        "http://localhost:9080",    "http://LOCALHOST",      "http://127.0.0.1:1/",
        "http://127.200.3.4",       "http://[::1]:65535",    "https://rokt_sandbox.shop-1.local",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct url_problem problem;
        assert_true(url_check(slice_of(urls[i]), &problem));
    }
}

static void others_are_refused_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *part;
        const char *message;
    } cases[] = {
        {"", "", "must begin with https://"},
        {"api.rokt.com", "api.rokt.com", "must begin with https://"},
        {"ftp://api.rokt.com", "ftp://api.rokt.com", "must begin with https://"},
        {"http://api.rokt.com", "http://", "must begin with https://"},
        {"http://127.0.0.1.evil.com", "http://", "must begin with https://"},
        {"http://localhost.evil.com", "http://", "must begin with https://"},
        {"http://127.1", "http://", "must begin with https://"},
        {"http://[::2]", "http://", "must begin with https://"},
        {"http://128.0.0.1", "http://", "must begin with https://"},
        {"https://a:b@api.rokt.com", "a:b@api.rokt.com", "must hold no user and no password"},
        {"http://localhost@evil.com", "localhost@evil.com", "must hold no user and no password"},
        {"https://", "https://", "must hold the name or the address of a host"},
        {"https://:443", "https://:443", "must hold the name or the address of a host"},
        {"https://[::1", "[::1", "must hold the name or the address of a host"},
        {"https://[api]", "[api]", "must hold the name or the address of a host"},
        {"https://[]", "[]", "must hold the name or the address of a host"},
        {"https://a b", "a b", "must hold the name or the address of a host"},
        {"https://.rokt.com", ".rokt.com", "must hold the name or the address of a host"},
        {"https://a:", ":", "must hold a port from 1 to 65535, or none"},
        {"https://a:0", ":0", "must hold a port from 1 to 65535, or none"},
        {"https://a:65536", ":65536", "must hold a port from 1 to 65535, or none"},
        {"https://a:99999999999999999999", ":99999999999999999999",
         "must hold a port from 1 to 65535, or none"},
        {"https://a:8x", ":8x", "must hold a port from 1 to 65535, or none"},
        {"https://[::1]8", "8", "must hold a port from 1 to 65535, or none"},
        {"https://a/v2", "/v2", "must end behind the host"},
        {"https://a//", "//", "must end behind the host"},
        {"https://a?b", "?b", "must end behind the host"},
        {"https://a/#", "/#", "must end behind the host"},
        {"https://a\\b", "\\b", "must end behind the host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url_problem problem = {0};
        struct slice url = slice_of(cases[i].url);
        assert_false(url_check(url, &problem));
        assert_string_equal(problem.message, cases[i].message);
        struct slice part = slice_part(url, problem.from, problem.size);
        assert_true(slice_equal(part, slice_of(cases[i].part)));
    }
}

static void a_long_host_is_refused(void **state)
{
    (void)state;
    char url[8 + 254 + 1] = "https://";
    memset(url + 8, 'a', 253);
    struct url_problem problem;
    assert_true(url_check(slice_of(url), &problem));
    url[8 + 253] = 'a';
    assert_false(url_check((struct slice){url, 8 + 254}, &problem));
}

static void a_proxy_has_a_host_and_a_port(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://proxy:3128", "HTTP://10.0.0.1:80/",
                                       "http://[2001:db8::7]:3128"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct url_problem problem;
        assert_true(url_check_proxy(slice_of(urls[i]), &problem));
    }
    static const struct {
        const char *url;
        const char *part;
        const char *message;
    } cases[] = {
        {"proxy:3128", "proxy:3128", "must begin with http://"},
        {"https://proxy:3128", "https://", "must begin with http://"},
        {"socks5://proxy:1080", "socks5://", "must begin with http://"},
        {"http://a:b@proxy:1", "a:b@proxy:1", "must hold no user and no password"},
        {"http://proxy", "proxy", "must hold a port"},
        {"http://proxy:0", ":0", "must hold a port from 1 to 65535, or none"},
        {"http://proxy:1/path", "/path", "must end behind the host"},
        {"http://", "http://", "must hold the name or the address of a host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url_problem problem = {0};
        struct slice url = slice_of(cases[i].url);
        assert_false(url_check_proxy(url, &problem));
        assert_string_equal(problem.message, cases[i].message);
        struct slice part = slice_part(url, problem.from, problem.size);
        assert_true(slice_equal(part, slice_of(cases[i].part)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_an_api_are_taken),
        cmocka_unit_test(others_are_refused_at_their_place),
        cmocka_unit_test(a_long_host_is_refused),
        cmocka_unit_test(a_proxy_has_a_host_and_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
