#include "config/url.h"

#include <arpa/inet.h>

#define HOST_MAX 253 /* bytes of a name: RFC 1035 */
#define PORT_MAX 65535

static const char no_user[] = "must hold no user and no password";

/* The parts of an address, as slices of it. */
struct parts {
    struct slice scheme; /* with "://" */
    struct slice authority;
    struct slice rest;
    struct slice host;
    struct slice port; /* with ':' */
};

static bool refuse(struct url_problem *problem, struct slice url, struct slice part,
                   const char *message, const char *hint)
{
    *problem = (struct url_problem){
        .message = message,
        .hint = hint,
        .from = part.data == NULL ? 0 : (size_t)(part.data - url.data),
        .size = part.size,
    };
    return false;
}

static size_t find_any(struct slice text, const char *bytes)
{
    size_t at = 0;
    while (at < text.size && strchr(bytes, text.data[at]) == NULL) {
        at++;
    }
    return at;
}

/* Where the host ends: behind the bracket of an IPv6 address, else at the colon. */
static size_t host_size(struct slice authority)
{
    if (!slice_starts_with(authority, SLICE("["))) {
        return find_any(authority, ":");
    }
    size_t bracket = find_any(authority, "]");
    return bracket < authority.size ? bracket + 1 : bracket;
}

static struct parts split(struct slice url)
{
    struct parts parts = {0};
    size_t scheme = slice_find(url, SLICE("://"));
    scheme = scheme == SIZE_MAX ? 0 : scheme + 3;
    parts.scheme = slice_part(url, 0, scheme);
    struct slice behind = slice_part(url, scheme, url.size);
    size_t authority = find_any(behind, "/?#\\");
    parts.authority = slice_part(behind, 0, authority);
    parts.rest = slice_part(behind, authority, behind.size);
    size_t host = host_size(parts.authority);
    parts.host = slice_part(parts.authority, 0, host);
    parts.port = slice_part(parts.authority, host, parts.authority.size);
    return parts;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
}

/* As inet_pton() reads it; `ret_address` has room for an IPv6 address. */
static bool read_address(int family, struct slice text, unsigned char ret_address[static 16])
{
    char copy[INET6_ADDRSTRLEN];
    if (text.size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return inet_pton(family, copy, ret_address) == 1;
}

static struct slice without_brackets(struct slice host)
{
    return host.size < 2 ? host : slice_part(host, 1, host.size - 2);
}

static bool is_host(struct slice host)
{
    unsigned char address[16];
    if (slice_starts_with(host, SLICE("["))) {
        return slice_ends_with(host, SLICE("]")) &&
               read_address(AF_INET6, without_brackets(host), address);
    }
    for (size_t i = 0; i < host.size; i++) {
        if (!is_name_byte(host.data[i])) {
            return false;
        }
    }
    return host.size > 0 && host.size <= HOST_MAX && host.data[0] != '.' && host.data[0] != '-';
}

static bool is_port(struct slice port)
{
    unsigned number = 0;
    for (size_t i = 1; i < port.size; i++) {
        if (port.data[i] < '0' || port.data[i] > '9' || number > PORT_MAX) {
            return false;
        }
        number = number * 10 + (unsigned)(port.data[i] - '0');
    }
    return port.size > 1 && port.data[0] == ':' && number > 0 && number <= PORT_MAX;
}

static bool is_loopback(struct slice host)
{
    static const unsigned char loopback[16] = {[15] = 1};
    unsigned char address[16];
    if (slice_equal_ignoring_case(host, SLICE("localhost"))) {
        return true;
    }
    if (slice_starts_with(host, SLICE("["))) {
        return read_address(AF_INET6, without_brackets(host), address) &&
               memcmp(address, loopback, sizeof loopback) == 0;
    }
    return read_address(AF_INET, host, address) && address[0] == 127;
}

static bool check_scheme(const struct parts *parts, struct slice url, struct url_problem *problem)
{
    if (slice_equal_ignoring_case(parts->scheme, SLICE("https://"))) {
        return true;
    }
    if (!slice_equal_ignoring_case(parts->scheme, SLICE("http://"))) {
        return refuse(problem, url, url, "must begin with https://", NULL);
    }
    return is_loopback(parts->host) ||
           refuse(problem, url, parts->scheme, "must begin with https://",
                  "plain http is for this machine itself: localhost, 127.0.0.1 or [::1]");
}

/* What stands behind the scheme. */
static bool check_host(const struct parts *parts, struct slice url, const char *beyond_hint,
                       struct url_problem *problem)
{
    if (!is_host(parts->host)) {
        return refuse(problem, url, parts->host.size > 0 ? parts->host : url,
                      "must hold the name or the address of a host", NULL);
    }
    if (parts->port.size > 0 && !is_port(parts->port)) {
        return refuse(problem, url, parts->port, "must hold a port from 1 to 65535, or none", NULL);
    }
    if (parts->rest.size > 0 && !slice_equal(parts->rest, SLICE("/"))) {
        return refuse(problem, url, parts->rest, "must end behind the host", beyond_hint);
    }
    return true;
}

static bool has_user(const struct parts *parts)
{
    return slice_find(parts->authority, SLICE("@")) != SIZE_MAX;
}

bool url_check(struct slice url, struct url_problem *ret_problem)
{
    struct parts parts = split(url);
    if (has_user(&parts)) {
        return refuse(ret_problem, url, parts.authority, no_user,
                      "the keys have options of their own");
    }
    return check_scheme(&parts, url, ret_problem) &&
           check_host(&parts, url, "the paths are the API's, and known", ret_problem);
}

bool url_check_proxy(struct slice url, struct url_problem *ret_problem)
{
    struct parts parts = split(url);
    if (has_user(&parts)) {
        return refuse(ret_problem, url, parts.authority, no_user,
                      "they have options of their own: rokt.proxy.user, rokt.proxy.password");
    }
    if (!slice_equal_ignoring_case(parts.scheme, SLICE("http://"))) {
        return refuse(ret_problem, url, parts.scheme.size > 0 ? parts.scheme : url,
                      "must begin with http://",
                      "what goes through the proxy is encrypted up to the API all the same");
    }
    if (!check_host(&parts, url, NULL, ret_problem)) {
        return false;
    }
    return parts.port.size > 0 ||
           refuse(ret_problem, url, parts.host, "must hold a port", "as http://proxy.example:3128");
}
