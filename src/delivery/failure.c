#include "failure.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What OpenSSL finds wrong with a certificate, X509_V_ERR_… of its x509_vfy.h: libcurl hands the
 * number on, CURLINFO_SSL_VERIFYRESULT(3). */
static const struct {
    long result;
    const char *words;
} certificate_problems[] = {
    {9, "it, or one above it, is not valid yet; is the clock of this machine right?"},
    {10, "it, or one above it, has expired"},
    {18, "it is self-signed, and not among those that are trusted"},
    {2, "it is from an authority that is not trusted"},
    {19, "it is from an authority that is not trusted"},
    {20, "it is from an authority that is not trusted"},
    {21, "it is from an authority that is not trusted"},
    {7, "it, or one above it, is not signed by its authority"},
    {23, "it, or one above it, has been revoked"},
    {3, "the list of revoked certificates (CRL) of its authority, or of one above, is missing"},
    {8, "the list of revoked certificates (CRL) is not signed by its authority"},
    {11, "the list of revoked certificates (CRL) is not valid yet"},
    {12, "the list of revoked certificates (CRL) has expired"},
    {26, "it is not for the use by a server, or one above it is not an authority's"},
    {79, "one above it is not an authority's"},
    {66, "its key is too weak"},
    {67, "the key of an authority above it is too weak"},
    {68, "it, or one above it, is signed with too weak a digest"},
};

/* libcurl compares the host itself; the result is then as it was before the check, 1 or 0. */
static bool is_other_host(long result, const char *words)
{
    return result <= 1 && strstr(words, "subject name") != NULL;
}

static void describe_certificate(CURL *easy, const char *words, struct error *failure)
{
    long result = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    for (size_t i = 0; i < COUNT(certificate_problems); i++) {
        if (certificate_problems[i].result == result) {
            error_set(failure, "%s", certificate_problems[i].words);
        }
    }
    if (is_other_host(result, words)) {
        error_prefix(failure, "it is not for this host");
    }
    error_prefix(failure, "the server's certificate is refused");
}

/* Alerts of TLS that end a handshake on the server's side, in OpenSSL's words. A server of TLS 1.3
 * says them behind the handshake: then they come in place of the answer. */
static void describe_alert(const char *words, struct error *failure)
{
    static const char *const refusals[] = {
        "alert bad certificate",         "alert unknown ca",          "alert certificate expired",
        "alert certificate revoked",     "alert certificate unknown", "alert access denied",
        "alert unsupported certificate",
    };
    if (strstr(words, "alert certificate required") != NULL) {
        error_prefix(failure, "the server wants a certificate of the client");
    }
    for (size_t i = 0; i < COUNT(refusals); i++) {
        if (strstr(words, refusals[i]) != NULL) {
            error_prefix(failure, "the server refuses the certificate of the client");
        }
    }
}

/* A proxy that does not let through answers CONNECT with something else than 2xx. */
static bool describe_proxy(CURL *easy, struct error *failure)
{
    long status = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
    if (status < 300) {
        return false;
    }
    error_set(failure, "the proxy answers %ld%s", status,
              status == 407 ? ": it wants a user and a password, or others than it got" : "");
    return true;
}

/* Words may repeat an address with what stands before an @ or behind a ?: then the general ones for
 * the code have to do. */
static void take_words(CURLcode code, const char *words, struct error *ret_failure)
{
    bool told = words[0] != '\0' && strpbrk(words, "@?") == NULL;
    error_set(ret_failure, "%s", told ? words : curl_easy_strerror(code));
}

void failure_describe(CURL *easy, CURLcode code, const char *words, struct error *ret_failure)
{
    take_words(code, words, ret_failure);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        describe_certificate(easy, words, ret_failure);
        break;
    case CURLE_OPERATION_TIMEDOUT: /* in making the connection, without a byte, or in all */
        error_prefix(ret_failure, "it took too long");
        break;
    case CURLE_SSL_CERTPROBLEM:
        error_prefix(ret_failure, "the client's own certificate or its key cannot be used");
        break;
    case CURLE_SSL_CACERT_BADFILE:
        error_prefix(ret_failure, "the certificates of trusted authorities cannot be used");
        break;
    case CURLE_SSL_CRL_BADFILE:
        error_prefix(ret_failure, "the list of revoked certificates (CRL) cannot be used");
        break;
    default:
        if (!describe_proxy(easy, ret_failure)) {
            describe_alert(words, ret_failure);
        }
        break;
    }
}
