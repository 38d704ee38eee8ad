/* proxy: an HTTP proxy on loopback for tests, which knows CONNECT and one connection at a time. */
#ifndef SUPPORT_PROXY_H
#define SUPPORT_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define PROXY_HEAD_MAX 4096

/* Set before the start, all else zero. */
struct proxy {
    const char *authorization; /* "Basic …" that it demands; NULL: none */
    int status;                /* of every answer to CONNECT instead; 0: as it should be */

    unsigned port; /* set at the start */
    int fd;
    pthread_t thread;
    atomic_bool stopped;
    atomic_size_t tunnels;     /* connections that were made so far */
    char head[PROXY_HEAD_MAX]; /* of the last request; to be read when that has been answered */
};

void proxy_start(struct proxy *proxy);
/* Its clients must have gone. */
void proxy_stop(struct proxy *proxy);

#endif
