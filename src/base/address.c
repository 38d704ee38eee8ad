#include "base/address.h"

#include "base/slice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 128

static bool set_ipv4(struct address *address, uint16_t port)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address->socket;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    address->size = sizeof *ipv4;
    return inet_pton(AF_INET, address->host, &ipv4->sin_addr) == 1;
}

static bool set_ipv6(struct address *address, uint16_t port)
{
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address->socket;
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    address->size = sizeof *ipv6;
    return inet_pton(AF_INET6, address->host, &ipv6->sin6_addr) == 1;
}

/* Splits at the last colon, and takes the brackets of an IPv6 address away. */
static bool split(struct slice text, struct slice *ret_host, struct slice *ret_port)
{
    size_t colon = text.size;
    while (colon > 0 && text.data[colon - 1] != ':') {
        colon--;
    }
    if (colon < 2) {
        return false;
    }
    *ret_port = slice_part(text, colon, SIZE_MAX);
    *ret_host = slice_part(text, 0, colon - 1);
    if (ret_host->data[0] == '[' && ret_host->data[ret_host->size - 1] == ']') {
        *ret_host = slice_part(*ret_host, 1, ret_host->size - 2);
    }
    return true;
}

static bool read_port(struct slice text, uint16_t *ret_port)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i > 4) {
            return false;
        }
        port = port * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret_port = (uint16_t)port;
    return text.size > 0 && port <= UINT16_MAX;
}

bool address_parse(const char *text, struct address *ret_address, struct error *error)
{
    struct address address = {.size = 0};
    struct slice host;
    struct slice port_text;
    uint16_t port = 0;
    if (!split(slice_of(text), &host, &port_text) || host.size >= sizeof address.host ||
        !read_port(port_text, &port)) {
        error_set(error, "\"%s\" is no address and port, like 127.0.0.1:8443", text);
        return false;
    }
    if (slice_equal(host, SLICE("localhost"))) {
        host = SLICE("127.0.0.1");
    }
    (void)snprintf(address.host, sizeof address.host, "%.*s", SLICE_PRINT(host));
    if (!set_ipv4(&address, port) && !set_ipv6(&address, port)) {
        error_set(error, "\"%s\" is neither localhost nor an IP address", address.host);
        return false;
    }
    *ret_address = address;
    return true;
}

struct address address_with_port(const struct address *address, uint16_t port)
{
    struct address other = *address;
    if (other.socket.ss_family == AF_INET) {
        ((struct sockaddr_in *)&other.socket)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)&other.socket)->sin6_port = htons(port);
    }
    return other;
}

static bool get_port(int fd, uint16_t *ret_port)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    memset(&bound, 0, sizeof bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return false;
    }
    *ret_port = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
                                                 : ((struct sockaddr_in6 *)&bound)->sin6_port);
    return true;
}

int address_listen(const struct address *address, uint16_t *ret_port, struct error *error)
{
    const int on = 1;
    int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&address->socket, address->size) == 0 &&
        listen(fd, BACKLOG) == 0 && get_port(fd, ret_port)) {
        return fd;
    }
    error_set(error, "cannot listen on %s: %s", address->host, strerror(errno));
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

void address_url_host(const struct address *address, char ret_host[static ADDRESS_HOST_SIZE + 2])
{
    const char *host = address->host;
    bool ipv6 = address->socket.ss_family == AF_INET6;
    if (strcmp(host, "0.0.0.0") == 0) {
        host = "127.0.0.1";
    } else if (strcmp(host, "::") == 0) {
        host = "::1";
    }
    (void)snprintf(ret_host, ADDRESS_HOST_SIZE + 2, "%s%s%s", ipv6 ? "[" : "", host,
                   ipv6 ? "]" : "");
}

bool address_is_loopback(const struct sockaddr *peer)
{
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)peer;
        return ntohl(ipv4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (peer->sa_family == AF_INET6) {
        const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(ipv6) ||
               (IN6_IS_ADDR_V4MAPPED(ipv6) && ipv6->s6_addr[12] == 127);
    }
    return false;
}
