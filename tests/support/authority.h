/* authority: a certificate authority of the tests' own, and what it issues, as PEM files in a folder
 * that goes with it. */
#ifndef SUPPORT_AUTHORITY_H
#define SUPPORT_AUTHORITY_H

#include <openssl/x509.h>

#include <stdbool.h>

#define AUTHORITY_PATH_SIZE 64

struct authority {
    char folder[AUTHORITY_PATH_SIZE];
    char file[AUTHORITY_PATH_SIZE];     /* its own certificate */
    char crl_file[AUTHORITY_PATH_SIZE]; /* once there is one */
    EVP_PKEY *key;
    X509 *certificate;
    long serial; /* of the last that was issued */
};

/* All-zero is a certificate for servers at 127.0.0.1, valid for an hour before and after now. */
struct authority_wish {
    const char *names; /* "DNS:api.example,IP:127.0.0.1" */
    long from_s;       /* relative to now */
    long until_s;
    bool weak; /* RSA with 1024 bits; else P-256 */
    bool client;
    bool self_signed;
    const char *password; /* that encrypts the key */
};

struct authority_paper {
    char certificate_file[AUTHORITY_PATH_SIZE];
    char key_file[AUTHORITY_PATH_SIZE];
    long serial;
};

void authority_init(struct authority *authority, const char *name);
/* Removes its files. */
void authority_done(struct authority *authority);

/* `name` is that of the files; issued again, they are overwritten. */
struct authority_paper authority_issue(struct authority *authority, const char *name,
                                       struct authority_wish wish);

/* Writes the list of revoked certificates with one serial number in it (0: none), valid until then,
 * in seconds from now. */
void authority_revoke(struct authority *authority, long serial, long until_s);

#endif
