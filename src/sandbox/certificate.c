#include "certificate.h"

#include "base/memory.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>

#define DAY_SECONDS (24L * 60 * 60)
#define VALID_DAYS 365
#define NAMES_SIZE 256

/* Who is who when a certificate is signed. */
struct party {
    const char *name;
    EVP_PKEY *key;
    X509 *certificate;
};

static bool fail(const char *what, struct error *error)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    error_set(error, "cannot make a certificate: %s: %s", what, reason);
    return false;
}

static bool add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* Serial numbers differ between runs: clients may remember a certificate by it. */
static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool set = number != NULL && BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool set_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

/* A certificate of `subject` that its issuer has yet to sign. */
static bool draft(struct party *subject, const struct party *issuer)
{
    X509 *certificate = X509_new();
    subject->certificate = certificate;
    return certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
           set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_SECONDS) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_DAYS * DAY_SECONDS) != NULL &&
           set_name(X509_get_subject_name(certificate), subject->name) &&
           set_name(X509_get_issuer_name(certificate), issuer->name) &&
           X509_set_pubkey(certificate, subject->key) == 1;
}

static bool make_authority(struct party *authority)
{
    authority->key = EVP_EC_gen("P-256");
    return authority->key != NULL && draft(authority, authority) &&
           add_extension(authority->certificate, authority->certificate, NID_basic_constraints,
                         "critical,CA:TRUE,pathlen:0") &&
           add_extension(authority->certificate, authority->certificate, NID_key_usage,
                         "critical,keyCertSign,cRLSign") &&
           add_extension(authority->certificate, authority->certificate, NID_subject_key_identifier,
                         "hash") &&
           X509_sign(authority->certificate, authority->key, EVP_sha256()) > 0;
}

static bool make_server(struct party *server, const struct party *authority, const char *names)
{
    server->key = EVP_EC_gen("P-256");
    return server->key != NULL && draft(server, authority) &&
           add_extension(server->certificate, authority->certificate, NID_basic_constraints,
                         "critical,CA:FALSE") &&
           add_extension(server->certificate, authority->certificate, NID_key_usage,
                         "critical,digitalSignature") &&
           add_extension(server->certificate, authority->certificate, NID_ext_key_usage,
                         "serverAuth") &&
           add_extension(server->certificate, authority->certificate, NID_authority_key_identifier,
                         "keyid") &&
           add_extension(server->certificate, authority->certificate, NID_subject_alt_name,
                         names) &&
           X509_sign(server->certificate, authority->key, EVP_sha256()) > 0;
}

static char *text_of(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    return memory_string((struct slice){data, size < 0 ? 0 : (size_t)size});
}

static char *certificate_pem(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio != NULL && PEM_write_bio_X509(bio, certificate) == 1) {
        text = text_of(bio);
    }
    BIO_free(bio);
    return text;
}

static char *key_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        text = text_of(bio);
    }
    BIO_free(bio);
    return text;
}

static bool write_all(const struct party *authority, const struct party *server,
                      struct certificate *certificate)
{
    certificate->authority = certificate_pem(authority->certificate);
    certificate->server = certificate_pem(server->certificate);
    certificate->key = key_pem(server->key);
    return certificate->authority != NULL && certificate->server != NULL &&
           certificate->key != NULL;
}

static void free_party(struct party *party)
{
    X509_free(party->certificate);
    EVP_PKEY_free(party->key);
}

bool certificate_make(const char *address, struct certificate *ret_certificate, struct error *error)
{
    struct party authority = {.name = "rokt-sandbox authority"};
    struct party server = {.name = "rokt-sandbox"};
    struct certificate certificate = {0};
    char names[NAMES_SIZE];
    (void)snprintf(names, sizeof names, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s",
                   address == NULL ? "" : ",IP:", address == NULL ? "" : address);
    bool made = true;
    if (!make_authority(&authority)) {
        made = fail("the authority", error);
    } else if (!make_server(&server, &authority, names)) {
        made = fail("the server", error);
    } else if (!write_all(&authority, &server, &certificate)) {
        made = fail("as PEM", error);
    }
    free_party(&authority);
    free_party(&server);
    if (made) {
        *ret_certificate = certificate;
    } else {
        certificate_done(&certificate);
    }
    return made;
}

void certificate_done(struct certificate *certificate)
{
    free(certificate->authority);
    free(certificate->server);
    free(certificate->key);
    *certificate = (struct certificate){0};
}
