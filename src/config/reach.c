#include "reach.h"

#include "base/memory.h"
#include "config/file.h"
#include "config/reference.h"
#include "config/url.h"

#include <stdlib.h>

#define FILE_MAX (16 * 1024 * 1024) /* bytes; all authorities of a system take a fraction of it */

#define MARKS_MAX 4

/* An option that names a file of PEM. */
struct pem_option {
    const char *path;
    const char *holds;            /* "certificate" */
    const char *marks[MARKS_MAX]; /* one of these begins what it must hold */
    const char *hint;
};

static const char path_hint[] =
    "a path that does not begin with / starts at the folder of this file";

/* What OpenSSL takes for a certificate in a file of them: PEM_read_bio_X509_AUX(3). */
static const struct pem_option ca_file = {
    "rokt.ca_file",
    "certificate",
    {"-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"},
    "it needs PEM, which has lines of -----BEGIN CERTIFICATE-----",
};
static const struct pem_option crl_file = {
    "rokt.crl_file",
    "list of revoked certificates",
    {"-----BEGIN X509 CRL-----"},
    "it needs PEM, which has lines of -----BEGIN X509 CRL-----",
};
static const struct pem_option client_certificate = {
    "rokt.client_certificate",
    "certificate",
    {"-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"},
    "it needs PEM, which has lines of -----BEGIN CERTIFICATE-----",
};
static const struct pem_option client_key = {
    "rokt.client_key",
    "private key",
    {"PRIVATE KEY-----"},
    "it needs PEM, which has lines of -----BEGIN PRIVATE KEY-----",
};

static bool holds_mark(const struct pem_option *option, struct slice content)
{
    for (size_t i = 0; i < MARKS_MAX && option->marks[i] != NULL; i++) {
        if (slice_find(content, slice_of(option->marks[i])) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

/* `path` is the option's value, or NULL; what the file holds is not told. */
static void check_pem(const struct config *config, const struct pem_option *option, char **path,
                      struct error_list *errors)
{
    if (*path == NULL) {
        return;
    }
    char *resolved = file_resolve(document_source(config->document)->name, *path);
    free(*path);
    *path = resolved;
    struct place place = option_place(config->document, option->path);
    struct buffer content;
    buffer_init(&content, FILE_MAX);
    struct error error;
    watch_add(config->watch, resolved);
    if (!file_read(resolved, &content, &error)) {
        document_error(config->document, errors, place, path_hint, "cannot read %s: %s",
                       option->path, error.text);
    } else if (!holds_mark(option, buffer_slice(&content))) {
        document_error(config->document, errors, place, option->hint, "%s holds no %s",
                       option->path, option->holds);
    }
    if (content.data != NULL) {
        explicit_bzero(content.data, content.size);
    }
    buffer_done(&content);
}

/* An option that means nothing without another one. */
static void check_needed(const struct config *config, const char *path, const char *value,
                         const char *needed_path, const char *needed, struct error_list *errors)
{
    if (value != NULL && needed == NULL && option_find(config->document, needed_path) == NULL) {
        document_error(config->document, errors, option_place(config->document, path), NULL,
                       "%s is there without %s", path, needed_path);
    }
}

static void check_certificates(struct config *config, struct error_list *errors)
{
    check_pem(config, &ca_file, &config->ca_file, errors);
    check_pem(config, &crl_file, &config->crl_file, errors);
    check_pem(config, &client_certificate, &config->client_certificate, errors);
    check_pem(config, &client_key, &config->client_key, errors);
    check_needed(config, "rokt.client_key", config->client_key, "rokt.client_certificate",
                 config->client_certificate, errors);
    check_needed(config, "rokt.client_key_password", config->client_key_password,
                 "rokt.client_certificate", config->client_certificate, errors);
}

static void check_proxy_url(const struct config *config, struct error_list *errors)
{
    static const char path[] = "rokt.proxy.url";
    struct url_problem problem;
    if (config->proxy_url != NULL && !url_check_proxy(slice_of(config->proxy_url), &problem)) {
        document_error(config->document, errors,
                       option_part_place(config->document, path, problem.from, problem.size),
                       problem.hint, "%s %s", path, problem.message);
    }
}

/* Both travel as "user:password", so a colon in the first would move the border. */
static void check_proxy_user(const struct config *config, struct error_list *errors)
{
    static const char path[] = "rokt.proxy.user";
    const char *colon = config->proxy_user == NULL ? NULL : strchr(config->proxy_user, ':');
    if (colon != NULL) {
        document_error(config->document, errors, option_place(config->document, path),
                       "the user and the password are two options", "%s must not hold a \":\"",
                       path);
    }
}

static void check_proxy(const struct config *config, struct error_list *errors)
{
    check_proxy_url(config, errors);
    check_proxy_user(config, errors);
    check_needed(config, "rokt.proxy.user", config->proxy_user, "rokt.proxy.url", config->proxy_url,
                 errors);
    check_needed(config, "rokt.proxy.password", config->proxy_password, "rokt.proxy.user",
                 config->proxy_user, errors);
}

/* What ${file:…} of a scalar stands for. */
static void watch_references(const struct config *config, const struct node *scalar)
{
    struct reference reference = reference_next(scalar->text, 0);
    while (reference.kind != REFERENCE_END) {
        if (reference.kind == REFERENCE_FILE) {
            char *name = memory_string(reference.text);
            char *path = file_resolve(document_source(config->document)->name, name);
            watch_add(config->watch, path);
            free(path);
            free(name);
        }
        reference = reference_next(scalar->text, reference.from + reference.size);
    }
}

/* As deep as a document may be. */
static void watch_section(const struct config *config, const struct node *section)
{
    for (const struct node *node = section->first; node != NULL; node = node->next) {
        if (node->kind == NODE_SCALAR) {
            watch_references(config, node);
        } else {
            watch_section(config, node);
        }
    }
}

void reach_watch(struct config *config)
{
    const struct node *section = node_child(document_root(config->document), "rokt");
    if (section != NULL) {
        watch_section(config, section);
    }
}

void reach_check(struct config *config, struct error_list *errors)
{
    check_certificates(config, errors);
    check_proxy(config, errors);
}
