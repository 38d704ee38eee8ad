#include "support/completions_text.h"

#include "base/base64.h"
#include "base/hash.h"

#include <inttypes.h>

void completions_text(struct buffer *out, struct slice content,
                      const struct completions_place *place)
{
    unsigned char digest[HASH_SHA256_SIZE];
    char sum[BASE64_SIZE(9)];
    struct buffer hashed;
    buffer_init(&hashed, 1 << 20);
    buffer_printf(&hashed, "%" PRId32 " %" PRId64 " %.*s%s", place->partition, place->offset,
                  SLICE_PRINT(content), place->topic);
    hash_sha256(buffer_slice(&hashed), digest);
    buffer_done(&hashed);
    (void)base64_encode((struct slice){(const char *)digest, 9}, sum);
    buffer_printf(out, "%.*s:%s", SLICE_PRINT(content), sum);
}
