#include "conversion/conversion.h"

bool conversion_has_identity(const struct conversion *conversion)
{
    return conversion->fields[FIELD_EMAIL].size > 0 ||
           conversion->fields[FIELD_EMAILSHA256].size > 0 ||
           conversion->fields[FIELD_PASSBACKCONVERSIONTRACKINGID].size > 0;
}
