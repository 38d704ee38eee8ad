#include "header.h"

#include "base/base64.h"

#include <stdio.h>
#include <string.h>

#define KEYS_SIZE_MAX 512 /* both, with the colon between them */

static bool has_control_character(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7F) {
            return true;
        }
    }
    return false;
}

bool header_check(const char *name, const char *text, struct error *error)
{
    struct slice value = slice_of(text);
    if (value.size == 0) {
        error_set(error, "the %s is empty", name);
        return false;
    }
    if (has_control_character(value)) {
        error_set(error, "the %s holds a control character or a line end", name);
        return false;
    }
    return true;
}

void header_add(struct rokt_headers *headers, const char *name, const char *value)
{
    char *line = headers->lines[headers->count++];
    (void)snprintf(line, sizeof headers->lines[0], "%s: %s", name, value);
}

static bool check_keys(const struct rokt_credentials *credentials, struct error *error)
{
    if (!header_check("public key", credentials->public_key, error) ||
        !header_check("secret key", credentials->secret_key, error)) {
        return false;
    }
    /* What stands before the first colon is the user. */
    if (strchr(credentials->public_key, ':') != NULL) {
        error_set(error, "the public key holds a colon");
        return false;
    }
    return true;
}

bool header_add_keys(struct rokt_headers *headers, const struct rokt_credentials *credentials,
                     struct error *error)
{
    if (!check_keys(credentials, error)) {
        return false;
    }
    char keys[KEYS_SIZE_MAX + 1];
    int size =
        snprintf(keys, sizeof keys, "%s:%s", credentials->public_key, credentials->secret_key);
    if (size < 0 || (size_t)size > KEYS_SIZE_MAX) {
        error_set(error, "the public key and the secret key are longer than %d bytes together",
                  KEYS_SIZE_MAX - 1);
        return false;
    }
    char basic[sizeof "Basic " + BASE64_SIZE(KEYS_SIZE_MAX)] = "Basic ";
    (void)base64_encode((struct slice){keys, (size_t)size}, basic + strlen("Basic "));
    header_add(headers, "Authorization", basic);
    explicit_bzero(keys, sizeof keys);
    explicit_bzero(basic, sizeof basic);
    return true;
}
