/* file: the files that a configuration names: where they are, and what they hold. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "base/buffer.h"
#include "base/error.h"

/* Appends the content of the file to `buffer`, whose limit is the most that it may hold. `error` is the
 * bare reason ("No such file or directory"); `buffer` may hold a part then. */
__attribute__((warn_unused_result)) bool file_read(const char *path, struct buffer *buffer,
                                                   struct error *error);

/* Whether it can be read and is no folder; `error` is the bare reason. */
__attribute__((warn_unused_result)) bool file_readable(const char *path, struct error *error);

/* The path as it is to be opened, allocated: a relative one starts at the folder of the file `origin`,
 * in which it is written, so that it means the same from wherever the program is started. */
char *file_resolve(const char *origin, const char *path);

#endif
