/* Transforms of what tells who somebody, or which order it, is. */
#include "call.h"

#include "base/hash.h"
#include "base/uuid.h"
#include "conversion/field.h"

#include <arpa/inet.h>

/* The first bits of addresses that are nobody's on the Internet. */
struct network {
    unsigned char prefix[16];
    unsigned bits;
};

/* IANA's special-purpose registries (RFC 6890), less the networks for documentation: they stand in
 * everybody's examples and test data, and for nothing else. */
static const struct network networks4[] = {
    {{0}, 8},                            /* this network, 0.0.0.0 among them */
    {{10}, 8},                           /* private */
    {{100, 64}, 10},                     /* carriers' NAT */
    {{127}, 8},                          /* loopback */
    {{169, 254}, 16},                    /* link-local */
    {{172, 16}, 12},                     /* private */
    {{192, 0, 0}, 24}, {{192, 168}, 16}, /* private */
    {{198, 18}, 15},                     /* benchmarks */
    {{224}, 4},                          /* multicast */
    {{240}, 4},                          /* reserved, broadcast */
};

static const struct network networks6[] = {
    {{0}, 127},         /* :: and ::1 */
    {{0xFC}, 7},        /* unique local */
    {{0xFE, 0x80}, 10}, /* link-local */
    {{0xFF}, 8},        /* multicast */
};

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_in(const unsigned char *address, const struct network *network)
{
    unsigned bytes = network->bits / 8;
    unsigned rest = network->bits % 8;
    unsigned char mask = (unsigned char)(0xFF00u >> rest);
    return memcmp(address, network->prefix, bytes) == 0 &&
           (rest == 0 || (address[bytes] & mask) == (network->prefix[bytes] & mask));
}

static bool is_in_any(const unsigned char *address, const struct network networks[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(address, &networks[i])) {
            return true;
        }
    }
    return false;
}

static bool is_public4(const unsigned char *address)
{
    return !is_in_any(address, networks4, sizeof networks4 / sizeof *networks4);
}

/* An IPv4 address within an IPv6 one is judged as what it is. */
static bool is_public6(const unsigned char *address)
{
    if (memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0) {
        return is_public4(address + sizeof mapped_prefix);
    }
    return !is_in_any(address, networks6, sizeof networks6 / sizeof *networks6);
}

enum call_result call_public_ip(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice trimmed = slice_trim(text);
    char name[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (trimmed.size >= sizeof name || memchr(trimmed.data, '\0', trimmed.size) != NULL) {
        return call_misfit(call, "a text that is no IP address");
    }
    memcpy(name, trimmed.data, trimmed.size);
    name[trimmed.size] = '\0';
    bool public = false;
    if (inet_pton(AF_INET, name, address) == 1) {
        public = is_public4(address);
    } else if (inet_pton(AF_INET6, name, address) == 1) {
        public = is_public6(address);
    }
    *ret_text = trimmed;
    return public ? CALL_GAVE : call_misfit(call, "an address that is none, or not public");
}

static enum call_result sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    char *room = arena_alloc(call->arena, HASH_SHA256_HEX_SIZE);
    hash_sha256_hex(text, room);
    *ret_text = (struct slice){room, HASH_SHA256_HEX_SIZE};
    return CALL_GAVE;
}

/* What the field's rule refuses (a masked address, a hash) would give a hash that matches
 * nobody. */
enum call_result call_email_sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    struct slice email;
    struct error error;
    const struct field_context context = {.arena = call->arena};
    if (!field_normalise(FIELD_EMAIL, text, &context, &email, &error)) {
        return call_misfit(call, "a text that is no e-mail address");
    }
    return email.size == 0 ? CALL_NOTHING : sha256(call, email, ret_text);
}

enum call_result call_sha256(struct call *call, struct slice text, struct slice *ret_text)
{
    return sha256(call, text, ret_text);
}

/* The namespace for names that are no UUID themselves. It must never change: ids of events that
 * were sent are made with it. */
static const unsigned char project_space[16] = {0x5d, 0x1f, 0x6e, 0x0a, 0x8b, 0x64, 0x4c, 0x39,
                                                0x9b, 0x7e, 0x2a, 0xc4, 0x11, 0xd8, 0x73, 0xf5};

/* Stands between parts, so that 1 and 23 are not 12 and 3. */
#define PART_SEPARATOR "\x1f"

/* The namespace that a text stands for, which is a UUID; its own namespace is the same. */
struct slice call_uuid5_space(struct slice text, struct arena *arena)
{
    unsigned char ignored[16];
    if (uuid_parse(text, ignored)) {
        return text;
    }
    char *room = arena_alloc(arena, UUID_TEXT_SIZE);
    uuid_v5(project_space, &text, 1, room);
    return (struct slice){room, UUID_TEXT_SIZE};
}

enum call_result call_uuid5(struct call *call, struct slice text, struct slice *ret_text)
{
    unsigned char space[16];
    if (!uuid_parse(text, space) && !uuid_parse(call_uuid5_space(text, call->arena), space)) {
        return call_misfit(call, "that namespace"); /* cannot be: it was just made */
    }
    struct slice parts[2 * TRANSFORM_ARGUMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < call->argument_count; i++) {
        if (i > 0) {
            parts[count++] = SLICE(PART_SEPARATOR);
        }
        if (value_is_missing(&call->arguments[i])) {
            return CALL_NOTHING;
        }
        if (!call_text(call, i, &parts[count++])) {
            return CALL_MISFIT;
        }
    }
    char *room = arena_alloc(call->arena, UUID_TEXT_SIZE);
    uuid_v5(space, parts, count, room);
    *ret_text = (struct slice){room, UUID_TEXT_SIZE};
    return CALL_GAVE;
}
