/* url: the address of an API or a proxy: scheme, host and port, and nothing else. */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include "base/error.h"

/* What is wrong with an address, and where in it. */
struct url_problem {
    const char *message; /* static: follows the name of the option */
    const char *hint;    /* static, or NULL */
    size_t from;
    size_t size;
};

/* Takes https://HOST[:PORT], and http:// for loopback hosts alone, because what is sent is personal and
 * carries the keys. HOST is a name, an IPv4 address or an IPv6 address in brackets. One slash at the
 * end is nothing. */
__attribute__((warn_unused_result)) bool url_check(struct slice url,
                                                   struct url_problem *ret_problem);

/* Takes http://HOST:PORT. What goes through a proxy is encrypted up to the API. */
__attribute__((warn_unused_result)) bool url_check_proxy(struct slice url,
                                                         struct url_problem *ret_problem);

#endif
