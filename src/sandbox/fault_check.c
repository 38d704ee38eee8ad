#include "fault_check.h"

/* Whether it gives any of the keys. */
static bool gives_any(const struct fault *fault, unsigned set)
{
    return (fault->given & set) != 0;
}

#define KEY(key) (1U << (key))
#define ANSWER (KEY(FAULT_STATUS) | KEY(FAULT_TRUNCATE))
#define ADORNMENT (KEY(FAULT_HEADER) | KEY(FAULT_RETRY) | KEY(FAULT_ENCODE))
#define EFFECT                                                                           \
    (ANSWER | ADORNMENT | KEY(FAULT_RESET) | KEY(FAULT_UNPROCESSED) | KEY(FAULT_DELAY) | \
     KEY(FAULT_PASS))

bool fault_answers(const struct fault *fault)
{
    return gives_any(fault, EFFECT & ~KEY(FAULT_DELAY) & ~KEY(FAULT_PASS));
}

/* What has no use without something else, or with it. */
static const struct pairing {
    unsigned keys;
    unsigned needs;   /* one of these; 0: nothing */
    unsigned forbids; /* any of these */
    const char *message;
} pairings[] = {
    {KEY(FAULT_PASS), 0, EFFECT & ~KEY(FAULT_PASS) & ~KEY(FAULT_DELAY),
     "with pass nothing else happens but a delay"},
    {KEY(FAULT_RESET), 0, ANSWER | ADORNMENT | KEY(FAULT_UNPROCESSED) | KEY(FAULT_BODY),
     "after a reset there is no answer"},
    {KEY(FAULT_BODY), ANSWER, KEY(FAULT_UNPROCESSED), "body belongs to status or truncate"},
    {KEY(FAULT_NAMED), KEY(FAULT_UNPROCESSED), 0, "named belongs to unprocessed"},
    {KEY(FAULT_DATE), KEY(FAULT_RETRY), 0, "date belongs to retry"},
    {KEY(FAULT_ACCEPT), ANSWER | KEY(FAULT_RESET), KEY(FAULT_UNPROCESSED),
     "accept belongs to status, reset and truncate"},
};

bool fault_check(const struct fault *fault, struct error *error)
{
    if (!gives_any(fault, EFFECT)) {
        error_set(error,
                  "a fault needs one of status, reset, truncate, delay, unprocessed, header, "
                  "retry, encode and pass");
        return false;
    }
    if (fault_gives(fault, FAULT_UNPROCESSED) && fault->unprocessed.size == 0) {
        error_set(error, "unprocessed is an error's code, like InternalError");
        return false;
    }
    for (size_t i = 0; i < sizeof pairings / sizeof pairings[0]; i++) {
        const struct pairing *pairing = &pairings[i];
        bool lacks = pairing->needs != 0 && !gives_any(fault, pairing->needs);
        if (gives_any(fault, pairing->keys) && (lacks || gives_any(fault, pairing->forbids))) {
            error_set(error, "%s", pairing->message);
            return false;
        }
    }
    return true;
}
