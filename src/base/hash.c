#include "base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Prepared once: looking an algorithm up by its name takes longer than to hash an e-mail address. */
struct algorithm {
    EVP_MD *digest;
    pthread_key_t contexts; /* each thread has its own, which it uses again and again */
};

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static struct algorithm sha1;
static struct algorithm sha256;

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

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void prepare_one(struct algorithm *algorithm, const char *name)
{
    algorithm->digest = EVP_MD_fetch(NULL, name, NULL);
    require(algorithm->digest != NULL &&
            pthread_key_create(&algorithm->contexts, free_context) == 0);
}

static void prepare(void)
{
    prepare_one(&sha1, "SHA1");
    prepare_one(&sha256, "SHA256");
}

static EVP_MD_CTX *own_context(const struct algorithm *algorithm)
{
    EVP_MD_CTX *context = pthread_getspecific(algorithm->contexts);
    if (context == NULL) {
        context = EVP_MD_CTX_new();
        require(context != NULL && pthread_setspecific(algorithm->contexts, context) == 0);
    }
    return context;
}

/* OpenSSL 3.0 allocates once for each digest, whichever way it is asked for. */
static void hash(const struct algorithm *algorithm, const struct slice parts[], size_t count,
                 unsigned char *ret_digest)
{
    (void)pthread_once(&prepared, prepare);
    EVP_MD_CTX *context = own_context(algorithm);
    require(EVP_DigestInit_ex2(context, algorithm->digest, NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        require(EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1);
    }
    require(EVP_DigestFinal_ex(context, ret_digest, NULL) == 1);
}

void hash_sha1(const struct slice parts[], size_t count,
               unsigned char ret_digest[static HASH_SHA1_SIZE])
{
    hash(&sha1, parts, count, ret_digest);
}

void hash_sha256(struct slice bytes, unsigned char ret_digest[static HASH_SHA256_SIZE])
{
    hash(&sha256, &bytes, 1, ret_digest);
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
