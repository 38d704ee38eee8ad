#include "recent.h"

#include "base/memory.h"

#include <stdlib.h>

/* The texts stand behind it, in one piece of memory. */
struct recent_item {
    struct event event;
    size_t size;
    char texts[];
};

static struct slice move_in(char **place, struct slice text)
{
    if (text.size == 0) {
        return (struct slice){"", 0};
    }
    memcpy(*place, text.data, text.size);
    struct slice copy = {*place, text.size};
    *place += text.size;
    return copy;
}

static struct recent_item *new_item(const struct event *event)
{
    size_t size = event->client_event_id.size + event->transaction_id.size + event->type.size +
                  event->text.size;
    struct recent_item *item = memory_new(1, sizeof(struct recent_item) + size);
    char *place = item->texts;
    item->size = size;
    item->event = (struct event){
        .client_event_id = move_in(&place, event->client_event_id),
        .transaction_id = move_in(&place, event->transaction_id),
        .type = move_in(&place, event->type),
        .text = move_in(&place, event->text),
    };
    return item;
}

static void drop_oldest(struct recent *recent)
{
    struct recent_item **item = &recent->items[recent->oldest];
    recent->bytes -= (*item)->size;
    free(*item);
    *item = NULL;
    recent->oldest = (recent->oldest + 1) % RECENT_EVENTS;
    recent->count--;
}

void recent_done(struct recent *recent)
{
    while (recent->count > 0) {
        drop_oldest(recent);
    }
}

void recent_add(struct recent *recent, const struct event *event)
{
    struct recent_item *item = new_item(event);
    while (recent->count > 0 &&
           (recent->count == RECENT_EVENTS || recent->bytes + item->size > RECENT_BYTES)) {
        drop_oldest(recent);
    }
    recent->items[(recent->oldest + recent->count) % RECENT_EVENTS] = item;
    recent->count++;
    recent->bytes += item->size;
}

bool recent_get(const struct recent *recent, size_t back, struct event *ret_event)
{
    if (back >= recent->count) {
        return false;
    }
    size_t index = (recent->oldest + recent->count - 1 - back) % RECENT_EVENTS;
    *ret_event = recent->items[index]->event;
    return true;
}

bool recent_find(const struct recent *recent, struct slice client_event_id,
                 struct slice transaction_id, struct event *ret_event)
{
    bool by_event = client_event_id.size > 0;
    struct event event;
    for (size_t back = 0; recent_get(recent, back, &event); back++) {
        if (by_event ? slice_equal(event.client_event_id, client_event_id)
                     : slice_equal(event.transaction_id, transaction_id)) {
            *ret_event = event;
            return true;
        }
    }
    return false;
}
