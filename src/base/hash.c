#include "base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Fetched once: looking an algorithm up by its name takes longer than to hash an e-mail address. */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha1;
static EVP_MD *sha256;

/* A digest cannot fail but for want of memory, or by an OpenSSL without it: nothing can be sent
 * without digests, so there is nothing to go on with. */
static void require(bool done)
{
    if (!done) {
        static const char reason[] = "rokt-relay: OpenSSL cannot compute a SHA-1 or SHA-256\n";
        ssize_t ignored = write(STDERR_FILENO, reason, sizeof reason - 1);
        (void)ignored;
        abort();
    }
}

static void fetch(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    require(sha1 != NULL && sha256 != NULL);
}

void hash_sha1(const struct slice parts[], size_t count,
               unsigned char ret_digest[static HASH_SHA1_SIZE])
{
    (void)pthread_once(&fetched, fetch);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    require(context != NULL && EVP_DigestInit_ex(context, sha1, NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        require(EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1);
    }
    require(EVP_DigestFinal_ex(context, ret_digest, NULL) == 1);
    EVP_MD_CTX_free(context);
}

void hash_sha256(struct slice bytes, unsigned char ret_digest[static HASH_SHA256_SIZE])
{
    (void)pthread_once(&fetched, fetch);
    require(EVP_Digest(bytes.data, bytes.size, ret_digest, NULL, sha256, NULL) == 1);
}

void hash_sha256_hex(struct slice bytes, char ret_hex[static HASH_SHA256_HEX_SIZE])
{
    static const char hex[16] = "0123456789abcdef";
    unsigned char digest[HASH_SHA256_SIZE];
    hash_sha256(bytes, digest);
    for (size_t i = 0; i < HASH_SHA256_SIZE; i++) {
        ret_hex[2 * i] = hex[digest[i] >> 4];
        ret_hex[2 * i + 1] = hex[digest[i] & 0xF];
    }
}

/* Four characters for the three bytes at `from`; missing ones count as 0. */
static void encode_group(struct slice bytes, size_t from, char ret_group[static 4])
{
    static const char alphabet[64] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = 0;
    for (size_t i = from; i < from + 3; i++) {
        group = group << 8 | (i < bytes.size ? (unsigned char)bytes.data[i] : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        ret_group[i] = alphabet[group >> (18 - 6 * i) & 0x3F];
    }
}

size_t hash_base64(struct slice bytes, char *ret_text)
{
    size_t length = 0;
    for (size_t from = 0; from < bytes.size; from += 3) {
        encode_group(bytes, from, ret_text + length);
        length += 4;
    }
    size_t padding = (3 - bytes.size % 3) % 3;
    memset(ret_text + length - padding, '=', padding);
    ret_text[length] = '\0';
    return length;
}
