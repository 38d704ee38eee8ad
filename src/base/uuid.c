#include "base/uuid.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

/* Names of more parts than this cost an allocation. */
#define USUAL_PARTS 31

/* Where the two digits of each byte stand in the text; and the dashes between them. */
static const unsigned char places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const unsigned char dashes[4] = {8, 13, 18, 23};

static void write_text(const unsigned char uuid[static 16], char ret_text[static UUID_TEXT_SIZE])
{
    static const char hex[16] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof places; i++) {
        ret_text[places[i]] = hex[uuid[i] >> 4];
        ret_text[places[i] + 1] = hex[uuid[i] & 0xF];
    }
    for (size_t i = 0; i < sizeof dashes; i++) {
        ret_text[dashes[i]] = '-';
    }
}

void uuid_v5(const unsigned char space[static 16], const struct slice name_parts[], size_t count,
             char ret_text[static UUID_TEXT_SIZE])
{
    struct slice usual[1 + USUAL_PARTS];
    struct slice *many = count > USUAL_PARTS ? memory_new(count + 1, sizeof *many) : NULL;
    struct slice *parts = many == NULL ? usual : many;
    parts[0] = (struct slice){(const char *)space, 16};
    for (size_t i = 0; i < count; i++) {
        parts[i + 1] = name_parts[i];
    }
    unsigned char digest[HASH_SHA1_SIZE];
    hash_sha1(parts, count + 1, digest);
    free(many);
    /* RFC 9562 section 5.5: the version and the variant overwrite bits of the digest. */
    digest[6] = (unsigned char)(0x50 | (digest[6] & 0x0F));
    digest[8] = (unsigned char)(0x80 | (digest[8] & 0x3F));
    write_text(digest, ret_text);
}

/* The value of a hex digit, or 16. */
static unsigned char hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (unsigned char)(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return (unsigned char)(digit - 'a' + 10);
    }
    if (digit >= 'A' && digit <= 'F') {
        return (unsigned char)(digit - 'A' + 10);
    }
    return 16;
}

bool uuid_parse(struct slice text, unsigned char ret_uuid[static 16])
{
    unsigned char uuid[16];
    if (text.size != UUID_TEXT_SIZE) {
        return false;
    }
    for (size_t i = 0; i < sizeof dashes; i++) {
        if (text.data[dashes[i]] != '-') {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof places; i++) {
        unsigned char high = hex_value(text.data[places[i]]);
        unsigned char low = hex_value(text.data[places[i] + 1]);
        if (high > 15 || low > 15) {
            return false;
        }
        uuid[i] = (unsigned char)(high << 4 | low);
    }
    memcpy(ret_uuid, uuid, sizeof uuid);
    return true;
}
