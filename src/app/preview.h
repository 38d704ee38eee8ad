/* preview: what a message becomes, for a person to look at: the conversions, and the bodies of the
 * requests that would take them to Rokt. Nothing is sent. */
#ifndef APP_PREVIEW_H
#define APP_PREVIEW_H

#include "conversion/mask.h"
#include "mapping/mapping.h"
#include "rokt/api.h"

struct preview {
    struct rokt_api api;    /* with its settings */
    const char *account_id; /* of conversions whose mapping names none */
    struct mask *mask;      /* NULL: nothing is hidden */
};

/* Whether all conversions would be sent at that time; else `error` says of the first why not. */
bool preview_sendable(const struct preview *preview, const struct mapping_result *result,
                      int64_t wall_ms, struct error *error);

/* The bodies with the conversions, one for each account, with a line end between them. Of an order that is
 * too old to be sent they are those of its own time. Without a mask they are the very bytes; with one,
 * ids are still those of the real bytes. False, with nothing appended, when the API would refuse one
 * in any case. */
__attribute__((warn_unused_result)) bool preview_requests(const struct preview *preview,
                                                          const struct mapping_result *result,
                                                          int64_t wall_ms, struct buffer *buffer,
                                                          struct error *error);

/* As mapping_result_write() has it. */
void preview_result(const struct preview *preview, const struct mapping_result *result,
                    struct buffer *buffer);

#endif
