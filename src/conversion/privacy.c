#include "conversion/privacy.h"

const struct conversion *privacy_apply(enum privacy_email email,
                                       const struct conversion *conversion,
                                       struct privacy_room *room)
{
    struct slice address = conversion->fields[FIELD_EMAIL];
    if (email == PRIVACY_EMAIL_PLAIN || address.size == 0) {
        return conversion;
    }
    room->conversion = *conversion;
    struct slice *fields = room->conversion.fields;
    if (fields[FIELD_EMAILSHA256].size == 0) {
        hash_sha256_hex(address, room->hash);
        fields[FIELD_EMAILSHA256] = (struct slice){room->hash, sizeof room->hash};
    }
    if (email == PRIVACY_EMAIL_SHA256) {
        fields[FIELD_EMAIL] = (struct slice){NULL, 0};
    }
    return &room->conversion;
}
