#include "guard.h"

#include <string.h>

static void judge(struct guard *guard, unsigned percent)
{
    bool many = guard->dead_count >= GUARD_LEAST;
    bool past = guard->dead_count * 100 > guard->count * percent;
    guard->tripped = guard->tripped || (percent > 0 && many && past);
}

void guard_see(struct guard *guard, bool dead, unsigned percent)
{
    if (guard->count == GUARD_WINDOW) {
        guard->dead_count -= guard->dead[guard->next];
    } else {
        guard->count++;
    }
    guard->dead[guard->next] = dead;
    guard->dead_count += dead;
    guard->next = (guard->next + 1) % GUARD_WINDOW;
    judge(guard, percent);
}

/* Which one it was nobody knows any more: the last that was not dead is as good. */
void guard_see_turn(struct guard *guard, unsigned percent)
{
    for (size_t i = 1; i <= guard->count; i++) {
        bool *dead = &guard->dead[(guard->next + GUARD_WINDOW - i) % GUARD_WINDOW];
        if (!*dead) {
            *dead = true;
            guard->dead_count++;
            judge(guard, percent);
            return;
        }
    }
}

/* Keeps the order. */
static void move_up(struct guard *guard, struct guard_reason *own)
{
    for (; own > guard->reasons && own->count > own[-1].count; own--) {
        struct guard_reason before = own[-1];
        own[-1] = *own;
        *own = before;
    }
}

void guard_hold(struct guard *guard, const char *reason)
{
    size_t at = 0;
    guard->held++;
    while (at < guard->reason_count && strcmp(guard->reasons[at].reason, reason) != 0) {
        at++;
    }
    if (at == GUARD_REASONS_MAX) {
        return; /* there are fewer reasons than that */
    }
    if (at == guard->reason_count) {
        guard->reasons[guard->reason_count++] = (struct guard_reason){reason, 0};
    }
    guard->reasons[at].count++;
    move_up(guard, &guard->reasons[at]);
}

unsigned guard_percent(const struct guard *guard)
{
    return guard->count == 0 ? 0 : (unsigned)(guard->dead_count * 100 / guard->count);
}
