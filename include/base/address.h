/* address: an IP address and a port to listen at. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_HOST_SIZE INET6_ADDRSTRLEN

struct address {
    struct sockaddr_storage socket;
    socklen_t size;
    char host[ADDRESS_HOST_SIZE]; /* the IP address as text, without brackets */
};

/* Reads 127.0.0.1:8443, [::1]:8443 or localhost:8443; port 0 lets the system choose. */
__attribute__((warn_unused_result)) bool
address_parse(const char *text, struct address *ret_address, struct error *error);

/* The same address with another port. */
struct address address_with_port(const struct address *address, uint16_t port);

/* Opens a listening socket there; -1 with an error when it cannot. `ret_port` is the port it got. */
__attribute__((warn_unused_result)) int address_listen(const struct address *address,
                                                       uint16_t *ret_port, struct error *error);

/* The host to connect to, as it stands in a URL: the wildcard is reached by the loopback address. */
void address_url_host(const struct address *address, char ret_host[static ADDRESS_HOST_SIZE + 2]);

/* Whether the peer is on this machine. */
bool address_is_loopback(const struct sockaddr *peer);

#endif
