/* The transform of addresses on the Internet. */
#include "call.h"

#include <arpa/inet.h>

/* The first bits of addresses. */
struct network {
    unsigned char prefix[16];
    unsigned bits;
};

/* IANA's special-purpose registries (RFC 6890), less the networks for documentation: they stand in
 * everybody's examples and test data, and for nothing else. */
static const struct network networks4[] = {
    {{0}, 8},          /* this network, 0.0.0.0 among them */
    {{10}, 8},         /* private */
    {{100, 64}, 10},   /* carriers' NAT */
    {{127}, 8},        /* loopback */
    {{169, 254}, 16},  /* link-local */
    {{172, 16}, 12},   /* private */
    {{192, 0, 0}, 24}, /* protocols' own */
    {{192, 168}, 16},  /* private */
    {{198, 18}, 15},   /* benchmarks */
    {{224}, 4},        /* multicast */
    {{240}, 4},        /* reserved, broadcast */
};

/* Of IPv6 this alone has been given out (RFC 4291), less the protocols' own. */
static const struct network global6 = {{0x20}, 3};
static const struct network protocols6 = {{0x20, 0x01}, 23};

/* One of IPv4 as dual-stack servers log it: ::ffff:8.8.8.8. */
static const struct network mapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};
#define MAPPED_AT 12

/* Networks of IPv6 in whose addresses there is one of IPv4, which says whose it is. */
struct carrier {
    struct network network;
    size_t at; /* the byte at which that begins */
};

static const struct carrier carriers[] = {
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}, MAPPED_AT},
    {{{0, 0x64, 0xFF, 0x9B}, 96}, 12}, /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},           /* 6to4 */
};

static bool is_in(const unsigned char *address, const struct network *network)
{
    unsigned bytes = network->bits / 8;
    unsigned rest = network->bits % 8;
    unsigned char mask = (unsigned char)(0xFF00u >> rest);
    return memcmp(address, network->prefix, bytes) == 0 &&
           (rest == 0 || (address[bytes] & mask) == (network->prefix[bytes] & mask));
}

static bool is_public4(const unsigned char *address)
{
    for (size_t i = 0; i < sizeof networks4 / sizeof *networks4; i++) {
        if (is_in(address, &networks4[i])) {
            return false;
        }
    }
    return true;
}

static bool is_public6(const unsigned char *address)
{
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
        if (is_in(address, &carriers[i].network)) {
            return is_public4(address + carriers[i].at);
        }
    }
    return is_in(address, &global6) && !is_in(address, &protocols6);
}

/* ":80", or nothing. */
static bool is_port(struct slice text)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.size == 0 || (text.size > 1 && text.data[0] == ':');
}

/* Without a port: of "1.2.3.4:80", "[2001:db8::1]:80" and "[2001:db8::1]". */
static struct slice without_port(struct slice text)
{
    bool brackets = slice_starts_with(text, SLICE("["));
    size_t end = slice_find(text, brackets ? SLICE("]") : SLICE(":"));
    if (end == SIZE_MAX || !is_port(slice_part(text, end + brackets, SIZE_MAX))) {
        return text;
    }
    return slice_part(text, brackets, end - brackets);
}

/* The address, when it is public: one of IPv4 that is mapped into IPv6 as what it is. */
static bool take_public(struct slice text, struct arena *arena, struct slice *ret_address)
{
    char name[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    struct slice address = without_port(text);
    if (address.size == 0 || address.size >= sizeof name ||
        memchr(address.data, '\0', address.size) != NULL) {
        return false;
    }
    memcpy(name, address.data, address.size);
    name[address.size] = '\0';
    *ret_address = address;
    if (inet_pton(AF_INET, name, bytes) == 1) {
        return is_public4(bytes);
    }
    if (inet_pton(AF_INET6, name, bytes) != 1 || !is_public6(bytes)) {
        return false;
    }
    if (is_in(bytes, &mapped) && inet_ntop(AF_INET, bytes + MAPPED_AT, name, sizeof name) != NULL) {
        *ret_address = arena_copy(arena, slice_of(name));
    }
    return true;
}

/* As X-Forwarded-For has them: the customer's first, then those of proxies. */
enum call_result call_public_ip(struct call *call, struct slice text, struct slice *ret_text)
{
    size_t size = 0;
    for (size_t from = 0; from <= text.size; from += size + 1) {
        struct slice rest = slice_part(text, from, SIZE_MAX);
        struct slice one = slice_part(rest, 0, slice_find(rest, SLICE(",")));
        size = one.size;
        if (take_public(slice_trim(one), call->arena, ret_text)) {
            return CALL_GAVE;
        }
    }
    return call_misfit(call, "an address that is none, or not public");
}
