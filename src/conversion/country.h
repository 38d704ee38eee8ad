/* country: the alpha-2 codes of ISO 3166-1, and XK (Kosovo), which shops and payment processors use
 * although it is only user-assigned. */
#ifndef CONVERSION_COUNTRY_H
#define CONVERSION_COUNTRY_H

#include "base/slice.h"

/* `code` is in upper case. */
bool country_is_known(struct slice code);

#endif
