/* poster: requests through a real transport, as tests make them. */
#ifndef SUPPORT_POSTER_H
#define SUPPORT_POSTER_H

#include "delivery/transport.h"

#define POSTER_PATIENCE_MS 20000

int64_t poster_now_ms(void);

/* Time-outs that no test should meet, four connections; the URL must outlive it. */
struct transport_settings poster_settings(const char *url);

/* Fails the test when the settings cannot be used. */
struct transport *poster_open(const struct transport_settings *settings);
void poster_close(struct transport *transport);

/* The next answer; one must come. */
struct transport_answer poster_await(struct transport *transport);

/* One request, and its answer. */
struct transport_answer poster_post(struct transport *transport, struct slice body);

/* The same, and the answer must be 200 or a failure whose words hold `why`. */
void poster_expect_success(struct transport *transport);
void poster_expect_failure(struct transport *transport, const char *why);

#endif
