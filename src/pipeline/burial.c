#include "burial.h"

#include "base/memory.h"
#include "delivery/original.h"

#include <assert.h>
#include <stdlib.h>

static void free_burial(struct burial *burial)
{
    buffer_done(&burial->original);
    free(burial);
}

void burials_done(struct burials *burials)
{
    while (burials->first != NULL) {
        burials_remove(burials, burials->first);
    }
}

static bool is_of(const struct burial *burial, struct token token)
{
    return burial->token.slot == token.slot && burial->token.epoch == token.epoch &&
           burial->token.sequence == token.sequence;
}

struct burial *burials_find(const struct burials *burials, struct token token)
{
    struct burial *burial = burials->first;
    while (burial != NULL && !is_of(burial, token)) {
        burial = burial->next;
    }
    return burial;
}

struct burial *burials_add(struct burials *burials, struct token token,
                           const struct message *message, const struct cause *cause)
{
    assert(burials_find(burials, token) == NULL);
    struct burial *burial = memory_new(1, sizeof *burial);
    burial->token = token;
    burial->cause = *cause;
    buffer_init(&burial->original, SIZE_MAX); /* Kafka's own limits bound a message */
    (void)original_keep(&burial->original, message);
    assert(!burial->original.failed);
    burial->next = burials->first;
    burials->first = burial;
    burials->count++;
    return burial;
}

void burials_remove(struct burials *burials, struct burial *burial)
{
    struct burial **link = &burials->first;
    while (*link != burial) {
        link = &(*link)->next;
    }
    *link = burial->next;
    burials->count--;
    free_burial(burial);
}

void burials_drop(struct burials *burials, uint32_t slot)
{
    struct burial *burial = burials->first;
    while (burial != NULL) {
        struct burial *next = burial->next;
        if (burial->token.slot == slot) {
            burials_remove(burials, burial);
        }
        burial = next;
    }
}

struct message burial_message(const struct burial *burial, struct arena *arena)
{
    return original_read(&burial->original, 0, arena);
}
