#include "account.h"

#include "id_table.h"
#include "recent.h"

#include "base/memory.h"
#include "json/writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define STATUS_MAX 600

/* Ids of one kind, and what their comings were. */
struct ids {
    struct id_table table;
    uint64_t unique;
    uint64_t repeated;  /* came again, with the same content */
    uint64_t changed;   /* came again, with another content */
    uint64_t untracked; /* the table was full: new or repeated, nobody knows */
};

/* All that is counted; all-zero but for the tables' limits when it is empty. */
struct book {
    uint64_t connections;
    uint64_t requests;
    uint64_t statuses[STATUS_MAX];
    uint64_t reset;
    uint64_t truncated;
    uint64_t bytes;
    uint64_t compressed;
    uint64_t irregular;
    uint64_t limited[RATE_VERDICTS];
    uint64_t accepted[API_KINDS];
    uint64_t dropped;
    uint64_t unacknowledged;
    uint64_t unprocessed;
    uint64_t nameless; /* events without a transaction */
    struct ids events;
    struct ids transactions;
    struct ids batches; /* by source_request_id */
    struct id_table types;
    struct recent recent;
};

struct account {
    pthread_mutex_t mutex;
    struct book book;
};

static void open_book(struct book *book)
{
    memset(book, 0, sizeof *book);
    id_table_init(&book->events.table, ACCOUNT_IDS_MAX);
    id_table_init(&book->transactions.table, ACCOUNT_IDS_MAX);
    id_table_init(&book->batches.table, ACCOUNT_IDS_MAX);
    id_table_init(&book->types, ACCOUNT_TYPES_MAX);
}

static void close_book(struct book *book)
{
    id_table_done(&book->events.table);
    id_table_done(&book->transactions.table);
    id_table_done(&book->batches.table);
    id_table_done(&book->types);
    recent_done(&book->recent);
}

struct account *account_new(void)
{
    struct account *account = memory_new(1, sizeof(struct account));
    (void)pthread_mutex_init(&account->mutex, NULL);
    open_book(&account->book);
    return account;
}

void account_free(struct account *account)
{
    if (account != NULL) {
        close_book(&account->book);
        (void)pthread_mutex_destroy(&account->mutex);
        free(account);
    }
}

/* The book, locked; give it back with unlock(). */
static struct book *lock(struct account *account)
{
    (void)pthread_mutex_lock(&account->mutex);
    return &account->book;
}

static void unlock(struct account *account)
{
    (void)pthread_mutex_unlock(&account->mutex);
}

void account_reset(struct account *account)
{
    struct book *book = lock(account);
    close_book(book);
    open_book(book);
    unlock(account);
}

void account_connection(struct account *account)
{
    struct book *book = lock(account);
    book->connections++;
    unlock(account);
}

static enum id_news add_id(struct ids *ids, struct slice id, uint32_t content)
{
    enum id_news news = id_table_add(&ids->table, id, content);
    switch (news) {
    case ID_NEW:
        ids->unique++;
        break;
    case ID_REPEATED:
        ids->repeated++;
        break;
    case ID_CHANGED:
        ids->changed++;
        break;
    case ID_UNTRACKED:
        ids->untracked++;
        break;
    }
    return news;
}

/* Whether the API has seen the batch before. */
static bool drops(struct book *book, const struct event *event)
{
    if (event->request_id.size == 0) {
        return false;
    }
    enum id_news news = add_id(&book->batches, event->request_id, event->content);
    return news == ID_REPEATED || news == ID_CHANGED;
}

static void add_event(struct book *book, enum api_kind api, const struct event *event)
{
    book->accepted[api]++;
    (void)add_id(&book->events, event->client_event_id, event->content);
    if (event->transaction_id.size == 0) {
        book->nameless++;
    } else {
        (void)add_id(&book->transactions, event->transaction_id, event->content);
    }
    (void)id_table_add(&book->types, event->type, 0);
    recent_add(&book->recent, event);
}

void account_request(struct account *account, const struct account_request *request)
{
    struct book *book = lock(account);
    book->requests++;
    book->bytes += request->bytes;
    book->truncated += request->truncated;
    book->compressed += request->compressed;
    book->irregular += request->irregular;
    book->limited[request->rate]++;
    book->unprocessed += request->unprocessed_count;
    book->unacknowledged += request->acknowledged ? 0 : request->event_count;
    if (request->status == 0) {
        book->reset++;
    } else if (request->status < STATUS_MAX) {
        book->statuses[request->status]++;
    }
    bool dropped = false;
    for (size_t i = 0; i < request->event_count; i++) {
        const struct event *event = &request->events[i];
        dropped = event->follows ? dropped : drops(book, event);
        if (dropped) {
            book->dropped++;
        } else {
            add_event(book, request->api, event);
        }
    }
    unlock(account);
}

static void write_requests(const struct book *book, struct buffer *buffer)
{
    buffer_printf(buffer, "\"requests\":{\"total\":%" PRIu64 ",\"status\":{", book->requests);
    const char *separator = "";
    for (unsigned status = 0; status < STATUS_MAX; status++) {
        if (book->statuses[status] > 0) {
            buffer_printf(buffer, "%s\"%u\":%" PRIu64, separator, status, book->statuses[status]);
            separator = ",";
        }
    }
    buffer_printf(buffer,
                  "},\"reset\":%" PRIu64 ",\"truncated\":%" PRIu64 ",\"compressed\":%" PRIu64
                  ",\"irregular\":%" PRIu64 ",\"limited\":{\"rate\":%" PRIu64
                  ",\"acceleration\":%" PRIu64 "}}",
                  book->reset, book->truncated, book->compressed, book->irregular,
                  book->limited[RATE_EXCEEDED], book->limited[RATE_ACCELERATED]);
}

static void write_ids(const struct ids *ids, struct buffer *buffer)
{
    buffer_printf(buffer,
                  "\"unique\":%" PRIu64 ",\"repeated\":%" PRIu64 ",\"changed\":%" PRIu64
                  ",\"untracked\":%" PRIu64,
                  ids->unique, ids->repeated, ids->changed, ids->untracked);
}

static void write_types(const struct id_table *types, struct buffer *buffer)
{
    buffer_append(buffer, SLICE("\"types\":{"));
    for (size_t i = 0; i < types->count; i++) {
        if (i > 0) {
            buffer_append_byte(buffer, ',');
        }
        json_write_string(buffer, id_table_text(types, i), JSON_UTF8);
        buffer_printf(buffer, ":%" PRIu32, id_table_count(types, i));
    }
    buffer_append_byte(buffer, '}');
}

static void write_events(const struct book *book, struct buffer *buffer)
{
    uint64_t accepted = book->accepted[API_EVENT] + book->accepted[API_AUDIENCE];
    buffer_printf(buffer, ",\"apis\":{\"event\":%" PRIu64 ",\"event-and-audience\":%" PRIu64 "}",
                  book->accepted[API_EVENT], book->accepted[API_AUDIENCE]);
    buffer_printf(buffer,
                  ",\"events\":{\"accepted\":%" PRIu64 ",\"dropped\":%" PRIu64
                  ",\"unacknowledged\":%" PRIu64 ",\"unprocessed\":%" PRIu64 ",",
                  accepted, book->dropped, book->unacknowledged, book->unprocessed);
    write_ids(&book->events, buffer);
    buffer_append_byte(buffer, '}');
}

void account_write(struct account *account, struct buffer *buffer)
{
    struct book *book = lock(account);
    buffer_append_byte(buffer, '{');
    write_requests(book, buffer);
    buffer_printf(buffer, ",\"connections\":%" PRIu64 ",\"bytes\":%" PRIu64, book->connections,
                  book->bytes);
    write_events(book, buffer);
    buffer_append(buffer, SLICE(",\"transactions\":{"));
    write_ids(&book->transactions, buffer);
    buffer_printf(buffer, ",\"missing\":%" PRIu64 "},\"batches\":{", book->nameless);
    write_ids(&book->batches, buffer);
    buffer_append(buffer, SLICE("},"));
    write_types(&book->types, buffer);
    buffer_append_byte(buffer, '}');
    unlock(account);
}

void account_write_ids(struct account *account, struct buffer *buffer)
{
    struct book *book = lock(account);
    const struct id_table *table = &book->transactions.table;
    for (size_t i = 0; i < table->count; i++) {
        buffer_append(buffer, SLICE("{\"transactionid\":"));
        json_write_string(buffer, id_table_text(table, i), JSON_UTF8);
        buffer_printf(buffer, ",\"count\":%" PRIu32 "}\n", id_table_count(table, i));
    }
    unlock(account);
}

void account_write_events(struct account *account, size_t limit, struct buffer *buffer)
{
    struct book *book = lock(account);
    size_t count = book->recent.count < limit ? book->recent.count : limit;
    struct event event;
    buffer_append(buffer, SLICE("{\"events\":["));
    for (size_t back = count; back > 0 && recent_get(&book->recent, back - 1, &event); back--) {
        if (back < count) {
            buffer_append_byte(buffer, ',');
        }
        buffer_append(buffer, event.text);
    }
    buffer_append(buffer, SLICE("]}"));
    unlock(account);
}

bool account_write_event(struct account *account, struct slice client_event_id,
                         struct slice transaction_id, struct buffer *buffer)
{
    struct book *book = lock(account);
    struct event event;
    bool found = recent_find(&book->recent, client_event_id, transaction_id, &event);
    if (found) {
        buffer_append(buffer, event.text);
    }
    unlock(account);
    return found;
}
