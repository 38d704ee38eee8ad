#include "identity.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "config/file.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (16 * 1024 * 1024) /* bytes of certificates; a system's authorities take a part */

struct identity {
    size_t users;
    struct curl_slist *headers;
    struct buffer authorities; /* PEM; empty: the system's */
    struct buffer certificate; /* PEM; empty: none */
    struct buffer key;         /* PEM; empty: it is in the certificate's file */
    char *key_password;
    char *crl_file;
    char *proxy_user;
    char *proxy_password;
};

/* --- Letting go ------------------------------------------------------------------------------- */

static void forget(char *secret)
{
    if (secret != NULL) {
        explicit_bzero(secret, strlen(secret));
    }
    free(secret);
}

static void forget_buffer(struct buffer *buffer)
{
    if (buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->size);
    }
    buffer_done(buffer);
}

static void forget_headers(struct curl_slist *headers)
{
    for (struct curl_slist *line = headers; line != NULL; line = line->next) {
        explicit_bzero(line->data, strlen(line->data));
    }
    curl_slist_free_all(headers);
}

struct identity *identity_share(struct identity *identity)
{
    identity->users++;
    return identity;
}

void identity_drop(struct identity *identity)
{
    if (identity == NULL || --identity->users > 0) {
        return;
    }
    forget_headers(identity->headers);
    forget_buffer(&identity->authorities);
    forget_buffer(&identity->certificate);
    forget_buffer(&identity->key);
    forget(identity->key_password);
    forget(identity->proxy_user);
    forget(identity->proxy_password);
    free(identity->crl_file);
    free(identity);
}

/* --- Making one ------------------------------------------------------------------------------- */

/* "Name: value" without a control character. The error names the header alone, its value may be a
 * secret. */
static bool check_header(const char *line, struct error *error)
{
    const char *colon = strchr(line, ':');
    if (colon == NULL || colon == line) {
        error_set(error, "a header line has no name");
        return false;
    }
    for (const char *byte = line; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F) {
            error_set(error, "the header %.*s holds a control character", (int)(colon - line),
                      line);
            return false;
        }
    }
    return true;
}

static void add_header(struct identity *identity, const char *line)
{
    struct curl_slist *headers = curl_slist_append(identity->headers, line);
    if (headers == NULL) {
        abort(); /* out of memory, as in base/memory */
    }
    identity->headers = headers;
}

static bool add_headers(struct identity *identity, const struct transport_credentials *credentials,
                        struct error *error)
{
    for (size_t i = 0; i < credentials->header_count; i++) {
        if (!check_header(credentials->headers[i], error)) {
            return false;
        }
        add_header(identity, credentials->headers[i]);
    }
    /* Without this libcurl asks before it sends a large body, and waits a second for the answer. */
    add_header(identity, "Expect:");
    return true;
}

/* `path` may be NULL: nothing is read then. */
static bool read_file(const char *what, const char *path, struct buffer *buffer,
                      struct error *error)
{
    struct error reason;
    if (path == NULL) {
        return true;
    }
    if (!file_read(path, buffer, &reason)) {
        error_set(error, "%s %s cannot be read: %s", what, path, reason.text);
        return false;
    }
    if (buffer->size == 0) {
        error_set(error, "%s %s is empty", what, path);
        return false;
    }
    return true;
}

/* libcurl reads the list itself, again for each connection. */
static bool check_crl(const char *path, struct error *error)
{
    struct error reason;
    if (path == NULL || file_readable(path, &reason)) {
        return true;
    }
    error_set(error, "the list of revoked certificates %s cannot be read: %s", path, reason.text);
    return false;
}

static bool read_files(struct identity *identity, const struct transport_credentials *credentials,
                       struct error *error)
{
    return read_file("the file of certificates", credentials->ca_file, &identity->authorities,
                     error) &&
           read_file("the client's certificate", credentials->certificate_file,
                     &identity->certificate, error) &&
           read_file("the client's key", credentials->key_file, &identity->key, error) &&
           check_crl(credentials->crl_file, error);
}

static char *copy(const char *text)
{
    return text == NULL ? NULL : memory_string(slice_of(text));
}

struct identity *identity_new(const struct transport_credentials *credentials, struct error *error)
{
    struct identity *identity = memory_new(1, sizeof *identity);
    identity->users = 1;
    buffer_init(&identity->authorities, FILE_MAX);
    buffer_init(&identity->certificate, FILE_MAX);
    buffer_init(&identity->key, FILE_MAX);
    identity->key_password = copy(credentials->key_password);
    identity->crl_file = copy(credentials->crl_file);
    identity->proxy_user = copy(credentials->proxy_user);
    identity->proxy_password = copy(credentials->proxy_password);
    if (!add_headers(identity, credentials, error) || !read_files(identity, credentials, error)) {
        identity_drop(identity);
        return NULL;
    }
    return identity;
}

/* --- Use -------------------------------------------------------------------------------------- */

/* An empty one is not set: it is empty in every identity of a transport, or in none. */
static CURLcode set_blob(CURL *easy, CURLoption option, const struct buffer *content)
{
    struct curl_blob blob = {
        .data = content->data, .len = content->size, .flags = CURL_BLOB_NOCOPY};
    return content->size == 0 ? CURLE_OK : curl_easy_setopt(easy, option, &blob);
}

/* The authorities stand in place of the system's, which are a file and a folder. A folder that is NULL
 * would be the system's again in newer versions of libcurl; this one is none. */
static CURLcode set_authorities(const struct identity *identity, CURL *easy)
{
    if (identity->authorities.size == 0) {
        return CURLE_OK;
    }
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CAPATH, "/dev/null");
    return code == CURLE_OK ? set_blob(easy, CURLOPT_CAINFO_BLOB, &identity->authorities) : code;
}

bool identity_set(const struct identity *identity, CURL *easy)
{
    /* Without a password OpenSSL would ask for it on the terminal. */
    const char *password = identity->key_password == NULL ? "" : identity->key_password;
    const CURLcode codes[] = {
        set_authorities(identity, easy),
        curl_easy_setopt(easy, CURLOPT_CRLFILE, identity->crl_file),
        set_blob(easy, CURLOPT_SSLCERT_BLOB, &identity->certificate),
        set_blob(easy, CURLOPT_SSLKEY_BLOB, &identity->key),
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, password),
        curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, identity->proxy_user),
        curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, identity->proxy_password),
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i] != CURLE_OK) {
            return false;
        }
    }
    return true;
}

struct curl_slist *identity_headers(const struct identity *identity)
{
    return identity->headers;
}
