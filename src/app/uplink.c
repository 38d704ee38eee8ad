#include "uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The API's header lines, one of which holds the keys: to be forgotten. */
struct lines {
    struct rokt_headers headers;
    const char *lines[ROKT_HEADERS_MAX];
};

static bool make_lines(const struct config *config, const struct rokt_api *api,
                       struct lines *ret_lines, struct error *error)
{
    struct rokt_credentials keys = {config->account_id, config->public_key, config->secret_key};

    if (!api->headers(&keys, &ret_lines->headers, error)) {
        return false;
    }
    for (size_t i = 0; i < ret_lines->headers.count; i++) {
        ret_lines->lines[i] = ret_lines->headers.lines[i];
    }
    return true;
}

/* What means nothing without another option, which may be empty, is left out with it. */
static struct transport_credentials credentials(const struct config *config,
                                                const struct lines *lines)
{
    bool certified = config->client_certificate != NULL;
    bool proxied = config->proxy_url != NULL;

    return (struct transport_credentials){
        .headers = lines->lines,
        .header_count = lines->headers.count,
        .ca_file = config->ca_file,
        .crl_file = config->crl_file,
        .certificate_file = config->client_certificate,
        .key_file = certified ? config->client_key : NULL,
        .key_password = certified ? config->client_key_password : NULL,
        .proxy_user = proxied ? config->proxy_user : NULL,
        .proxy_password = proxied ? config->proxy_password : NULL,
    };
}

struct transport *uplink_new(const struct config *config, const struct rokt_api *api,
                             struct error *error)
{
    struct lines lines;
    struct transport *transport = NULL;
    char *url = NULL;

    if (!make_lines(config, api, &lines, error)) {
        return NULL;
    }
    if (asprintf(&url, "%s%s", config->base_url, api->path) < 0) {
        abort();
    }
    transport = transport_new(
        &(struct transport_settings){
            .url = url,
            .credentials = credentials(config, &lines),
            .answer_headers = {api->answer_headers[0], api->answer_headers[1]},
            .proxy_url = config->proxy_url,
            .timeout_ms = config->requests_timeout_ms,
            .connect_timeout_ms = config->requests_connect_timeout_ms,
            .stall_timeout_ms = config->requests_stall_timeout_ms,
            .connections_max = (size_t)config->requests_in_flight,
        },
        error);
    free(url);
    explicit_bzero(&lines, sizeof lines);
    return transport;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool leads_to_the_same(const struct config *a, const struct config *b)
{
    return a->api == b->api && a->environment == b->environment && same(a->base_url, b->base_url) &&
           same(a->account_id, b->account_id) && same(a->proxy_url, b->proxy_url) &&
           same(a->ca_file, b->ca_file) && same(a->crl_file, b->crl_file) &&
           same(a->client_certificate, b->client_certificate) && same(a->client_key, b->client_key);
}

bool uplink_renew(struct transport *transport, const struct config *before,
                  const struct config *after, const struct rokt_api *api, struct error *error)
{
    struct lines lines;

    if (!leads_to_the_same(before, after)) {
        error_set(error, "the configuration differs in more than its secrets from the one that the "
                         "relay was started with");
        return false;
    }
    if (!make_lines(after, api, &lines, error)) {
        return false;
    }
    struct transport_credentials renewed = credentials(after, &lines);
    bool taken = transport_renew(transport, &renewed, error);
    explicit_bzero(&lines, sizeof lines);
    return taken;
}
