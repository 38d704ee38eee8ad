#include "record.h"

static bool read_headers(const rd_kafka_message_t *rkmessage, struct arena *arena,
                         struct message *message)
{
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_resp_err_t err = rd_kafka_message_headers(rkmessage, &headers);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err == RD_KAFKA_RESP_ERR__NOENT; /* there are none */
    }
    size_t count = rd_kafka_header_cnt(headers);
    struct message_header *list = arena_calloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        (void)rd_kafka_header_get_all(headers, i, &name, &value, &size);
        list[i] = (struct message_header){slice_of(name), {value, size}};
    }
    message->headers = list;
    message->header_count = count;
    return true;
}

bool record_read(const rd_kafka_message_t *rkmessage, struct arena *arena,
                 struct message *ret_message)
{
    rd_kafka_timestamp_type_t type;
    *ret_message = (struct message){
        .partition = rkmessage->partition,
        .offset = rkmessage->offset,
        .timestamp_ms = rd_kafka_message_timestamp(rkmessage, &type),
        .key = {rkmessage->key, rkmessage->key_len},
        .value = {rkmessage->payload, rkmessage->len},
    };
    return read_headers(rkmessage, arena, ret_message);
}
