#include "support/proxy.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool receive_head(struct proxy *proxy, int client)
{
    char head[PROXY_HEAD_MAX] = "";
    size_t size = 0;
    while (strstr(head, "\r\n\r\n") == NULL) {
        if (size + 1 == sizeof head || recv(client, head + size, 1, 0) != 1) {
            return false;
        }
        head[++size] = '\0';
    }
    memcpy(proxy->head, head, sizeof head);
    return true;
}

static bool is_authorized(const struct proxy *proxy)
{
    char line[256];
    (void)snprintf(line, sizeof line, "\r\nProxy-Authorization: %s\r\n",
                   proxy->authorization == NULL ? "" : proxy->authorization);
    return proxy->authorization == NULL || strstr(proxy->head, line) != NULL;
}

static void answer(int client, int status)
{
    char text[256];
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %d Proxy\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n%s\r\n",
                        status, status == 200 ? "" : "Content-Length: 0\r\n");
    (void)send(client, text, (size_t)size, MSG_NOSIGNAL);
}

/* To "CONNECT 127.0.0.1:PORT HTTP/1.1"; -1 when there is nobody. */
static int connect_target(const struct proxy *proxy)
{
    static const char start[] = "CONNECT 127.0.0.1:";
    if (strncmp(proxy->head, start, sizeof start - 1) != 0) {
        return -1;
    }
    unsigned long port = strtoul(proxy->head + sizeof start - 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool pass_on(int from, int to)
{
    char bytes[16384];
    ssize_t size = recv(from, bytes, sizeof bytes, 0);
    return size > 0 && send(to, bytes, (size_t)size, MSG_NOSIGNAL) == size;
}

static void shuttle(int client, int target)
{
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = target, .events = POLLIN}};
    bool open = true;
    while (open && poll(ends, 2, -1) > 0) {
        if (ends[0].revents != 0) {
            open = pass_on(client, target);
        }
        if (open && ends[1].revents != 0) {
            open = pass_on(target, client);
        }
    }
}

static void serve(struct proxy *proxy, int client)
{
    while (receive_head(proxy, client)) {
        int target = is_authorized(proxy) && proxy->status == 0 ? connect_target(proxy) : -1;
        if (proxy->status != 0) {
            answer(client, proxy->status);
        } else if (target < 0) {
            answer(client, is_authorized(proxy) ? 502 : 407);
        } else {
            atomic_fetch_add(&proxy->tunnels, 1);
            answer(client, 200);
            shuttle(client, target);
            (void)close(target);
            return;
        }
    }
}

static void *accept_all(void *context)
{
    struct proxy *proxy = context;
    while (!atomic_load(&proxy->stopped)) {
        int client = accept(proxy->fd, NULL, NULL);
        if (client >= 0) {
            serve(proxy, client);
            (void)close(client);
        }
    }
    return NULL;
}

void proxy_start(struct proxy *proxy)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    proxy->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int listening =
        bind(proxy->fd, (struct sockaddr *)&address, size) == 0 ? listen(proxy->fd, 16) : -1;
    assert(listening == 0);
    (void)getsockname(proxy->fd, (struct sockaddr *)&address, &size);
    proxy->port = ntohs(address.sin_port);
    int created = pthread_create(&proxy->thread, NULL, accept_all, proxy);
    assert(created == 0);
}

void proxy_stop(struct proxy *proxy)
{
    atomic_store(&proxy->stopped, true);
    (void)shutdown(proxy->fd, SHUT_RDWR); /* wakes accept() */
    (void)pthread_join(proxy->thread, NULL);
    (void)close(proxy->fd);
}
