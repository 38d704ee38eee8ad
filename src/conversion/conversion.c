#include "conversion/conversion.h"

bool conversion_has_identity(const struct conversion *conversion)
{
    return conversion->fields[FIELD_EMAIL].size > 0 ||
           conversion->fields[FIELD_EMAILSHA256].size > 0 ||
           conversion->fields[FIELD_PASSBACKCONVERSIONTRACKINGID].size > 0;
}

bool conversion_is_account_id(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return text.size > 0 && text.size <= CONVERSION_ACCOUNT_ID_MAX;
}
