#include "support/authority.h"

#include <assert.h>
#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_S 3600L

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    assert(extension != NULL);
    int added = X509_add_ext(certificate, extension, -1);
    assert(added == 1);
    X509_EXTENSION_free(extension);
}

static X509 *new_certificate(EVP_PKEY *key, const char *name, long serial, long from_s,
                             long until_s)
{
    X509 *certificate = X509_new();
    (void)X509_set_version(certificate, X509_VERSION_3);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
    (void)X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                     (const unsigned char *)name, -1, -1, 0);
    (void)X509_set_pubkey(certificate, key);
    return certificate;
}

static void sign(X509 *certificate, const X509 *issuer, EVP_PKEY *key)
{
    (void)X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    int size = X509_sign(certificate, key, EVP_sha256());
    assert(size > 0);
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "we");
    assert(file != NULL);
    return file;
}

static void write_certificate(const char *path, X509 *certificate)
{
    FILE *file = open_file(path);
    int written = PEM_write_X509(file, certificate);
    assert(written == 1);
    (void)fclose(file);
}

static void write_key(const char *path, EVP_PKEY *key, const char *password)
{
    FILE *file = open_file(path);
    int written = PEM_write_PrivateKey(file, key, password == NULL ? NULL : EVP_aes_128_cbc(),
                                       (const unsigned char *)password,
                                       password == NULL ? 0 : (int)strlen(password), NULL, NULL);
    assert(written == 1);
    (void)fclose(file);
}

static void set_path(const struct authority *authority, const char *name, const char *kind,
                     char ret_path[static AUTHORITY_PATH_SIZE])
{
    int size =
        snprintf(ret_path, AUTHORITY_PATH_SIZE, "%.32s/%.16s%.8s", authority->folder, name, kind);
    assert(size > 0 && size < AUTHORITY_PATH_SIZE);
}

void authority_init(struct authority *authority, const char *name)
{
    *authority = (struct authority){.folder = "/tmp/rokt-relay-test-XXXXXX"};
    char *folder = mkdtemp(authority->folder);
    assert(folder != NULL);
    set_path(authority, "ca", ".pem", authority->file);
    set_path(authority, "ca", ".crl.pem", authority->crl_file);
    authority->key = EVP_EC_gen("P-256");
    X509 *certificate = new_certificate(authority->key, name, ++authority->serial, -HOUR_S, HOUR_S);
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    sign(certificate, certificate, authority->key);
    authority->certificate = certificate;
    write_certificate(authority->file, certificate);
}

void authority_done(struct authority *authority)
{
    DIR *folder = opendir(authority->folder);
    assert(folder != NULL);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
    (void)rmdir(authority->folder);
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

struct authority_paper authority_issue(struct authority *authority, const char *name,
                                       struct authority_wish wish)
{
    struct authority_paper paper = {.serial = ++authority->serial};
    bool timed = wish.from_s != 0 || wish.until_s != 0;
    EVP_PKEY *key = wish.weak ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256");
    X509 *certificate = new_certificate(key, name, paper.serial, timed ? wish.from_s : -HOUR_S,
                                        timed ? wish.until_s : HOUR_S);
    X509 *issuer = wish.self_signed ? certificate : authority->certificate;
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuer, NID_ext_key_usage,
                  wish.client ? "clientAuth" : "serverAuth");
    add_extension(certificate, issuer, NID_subject_alt_name,
                  wish.names == NULL ? "IP:127.0.0.1" : wish.names);
    sign(certificate, issuer, wish.self_signed ? key : authority->key);
    set_path(authority, name, ".pem", paper.certificate_file);
    set_path(authority, name, ".key.pem", paper.key_file);
    write_certificate(paper.certificate_file, certificate);
    write_key(paper.key_file, key, wish.password);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return paper;
}

static void add_revoked(X509_CRL *list, long serial, const ASN1_TIME *when)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    (void)ASN1_INTEGER_set(number, serial);
    (void)X509_REVOKED_set_serialNumber(revoked, number);
    (void)X509_REVOKED_set_revocationDate(revoked, (ASN1_TIME *)(uintptr_t)when);
    (void)X509_CRL_add0_revoked(list, revoked);
    ASN1_INTEGER_free(number);
}

void authority_revoke(struct authority *authority, long serial, long until_s)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * HOUR_S);
    ASN1_TIME *until = X509_gmtime_adj(NULL, until_s);
    (void)X509_CRL_set_version(list, X509_CRL_VERSION_2);
    (void)X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate));
    (void)X509_CRL_set1_lastUpdate(list, from);
    (void)X509_CRL_set1_nextUpdate(list, until);
    if (serial != 0) {
        add_revoked(list, serial, from);
    }
    int size = X509_CRL_sign(list, authority->key, EVP_sha256());
    assert(size > 0);
    FILE *file = open_file(authority->crl_file);
    int written = PEM_write_X509_CRL(file, list);
    assert(written == 1);
    (void)fclose(file);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_CRL_free(list);
}
