#include "group.h"

#include "base/memory.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#define TIMEOUT_MS 10000

struct group {
    rd_kafka_t *client;
    const struct catalogue *catalogue;
};

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error)
{
    char text[ERROR_SIZE];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK) {
        return true;
    }
    error_set(error, "%s", text);
    return false;
}

struct group *group_open(const char *bootstrap, const char *name, const struct catalogue *catalogue,
                         struct error *error)
{
    char text[ERROR_SIZE];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client = NULL;
    if (set(conf, "bootstrap.servers", bootstrap, error) &&
        set(conf, "group.id", name == NULL ? "rokt-sandbox" : name, error)) {
        client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
        if (client == NULL) {
            error_set(error, "%s", text);
        }
    }
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    struct group *group = memory_new(1, sizeof(struct group));
    *group = (struct group){.client = client, .catalogue = catalogue};
    return group;
}

/* It never joined, so there is nothing to leave. */
void group_close(struct group *group)
{
    if (group != NULL) {
        rd_kafka_destroy_flags(group->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        free(group);
    }
}

bool group_committed(struct group *group, int64_t ret_committed[], struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (size_t i = 0; i < group->catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &group->catalogue->topics[i];
        rd_kafka_topic_partition_list_add_range(list, topic->name, 0,
                                                (int32_t)topic->partitions - 1);
    }
    rd_kafka_resp_err_t result = rd_kafka_committed(group->client, list, TIMEOUT_MS);
    for (int i = 0; i < list->cnt; i++) {
        int64_t offset = list->elems[i].offset;
        ret_committed[i] = offset < 0 ? -1 : offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "cannot read what the group has committed: %s", rd_kafka_err2str(result));
        return false;
    }
    return true;
}

bool group_ends(struct group *group, int64_t ret_low[], int64_t ret_end[], struct error *error)
{
    size_t index = 0;
    for (size_t i = 0; i < group->catalogue->topic_count; i++) {
        const struct catalogue_topic *topic = &group->catalogue->topics[i];
        for (uint32_t partition = 0; partition < topic->partitions; partition++) {
            rd_kafka_resp_err_t result =
                rd_kafka_query_watermark_offsets(group->client, topic->name, (int32_t)partition,
                                                 &ret_low[index], &ret_end[index], TIMEOUT_MS);
            if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
                error_set(error, "cannot read the end of %s, partition %" PRIu32 ": %s",
                          topic->name, partition, rd_kafka_err2str(result));
                return false;
            }
            index++;
        }
    }
    return true;
}
