/* relay: everything that delivers, made from a setup in the right order, and the two threads of a
 * process that does: the pipeline's, and the main one, which waits for signals. */
#ifndef APP_RELAY_H
#define APP_RELAY_H

#include "app.h"
#include "base/log.h"
#include "kafka/consumer.h"
#include "pipeline/pipeline.h"
#include "setup.h"

#include <signal.h>

/* Where messages come from. */
struct relay_source {
    void *owner; /* given to the function */
    /* NULL, with `error`, when it cannot be opened. What it returns is the relay's. */
    struct consumer *(*open)(void *owner, int wake_fd, struct error *error);
    /* It gives out what was read before, letters too: those that fail again are letters again, however
     * many they are. */
    bool again;
    /* Called after each turn, on the pipeline's thread: whether that was all, so that the relay is to
     * stop. NULL: never. */
    bool (*turned)(void *owner, const struct pipeline_account *account, int64_t now_ms);
};

struct relay_settings {
    const char *path;          /* of the configuration */
    const struct setup *setup; /* it and the log must outlive the relay */
    struct log *log;
    int64_t rate; /* conversions a second at most; 0: no limit */
    struct relay_source source;
    bool watched; /* it has an admin server, if the configuration says so */
};

struct relay;

/* Before any thread is made, so that all signals come to the main thread. */
void relay_block_signals(sigset_t *ret_signals);

/* NULL, with `error`, when something cannot be made. Settings are copied. */
struct relay *relay_new(const struct relay_settings *settings, struct error *error);

/* The consumer leaves the group here; all that may be committed has been. free(NULL) is fine. */
void relay_free(struct relay *relay);

/* Delivers until a signal asks it to stop, and what is open is drained: EXIT_OK; or until it cannot go
 * on: EXIT_FAILED, or EXIT_FENCED. A second signal ends the process at once, which commits nothing.
 * Returns an exit_code. */
int relay_run(struct relay *relay, const sigset_t *signals);

/* When it has run. */
const struct pipeline_account *relay_account(const struct relay *relay);

#endif
