/* file: whole files, read and written. */
#ifndef SANDBOX_FILE_H
#define SANDBOX_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>

/* Appends the file's content. False when it cannot be read, or has more than the buffer takes. */
__attribute__((warn_unused_result)) bool file_read(const char *path, struct buffer *text,
                                                   struct error *error);

/* Writes the file whole or not at all, so that whoever waits for it never reads a part. */
__attribute__((warn_unused_result)) bool file_write(const char *path, struct slice text,
                                                    struct error *error);

#endif
