/* reach: the options that say how the API is reached: certificates and the proxy. */
#ifndef CONFIG_REACH_H
#define CONFIG_REACH_H

#include "config/config.h"

/* Watches the files that values of the section rokt refer to, before they are read. */
void reach_watch(struct config *config);

/* Makes relative paths relative to the configuration's folder, and adds what is wrong. */
void reach_check(struct config *config, struct error_list *errors);

#endif
