#include "names.h"

#include "id_table.h"

void names_init(struct names *names, size_t count, struct arena *arena)
{
    names->slot_count = 8;
    while (names->slot_count < count * 2) {
        names->slot_count *= 2;
    }
    names->slots = arena_calloc(arena, names->slot_count, sizeof(struct slice));
}

bool names_add(struct names *names, struct slice name)
{
    size_t mask = names->slot_count - 1;
    size_t at = id_digest(name) & mask;
    while (names->slots[at].data != NULL) {
        if (slice_equal(names->slots[at], name)) {
            return false;
        }
        at = (at + 1) & mask;
    }
    names->slots[at] = name.data == NULL ? SLICE("") : name;
    return true;
}
