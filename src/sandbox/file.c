#include "file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 16384

bool file_read(const char *path, struct buffer *text, struct error *error)
{
    char piece[PIECE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t part = fd < 0 ? -1 : 1;
    while (part > 0 && !text->failed) {
        part = read(fd, piece, sizeof piece);
        buffer_append(text, (struct slice){piece, part > 0 ? (size_t)part : 0});
    }
    if (part < 0) {
        error_set(error, "cannot read %s: %s", path, strerror(errno));
    } else if (text->failed) {
        error_set(error, "%s has more than %zu bytes", path, text->limit);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return part == 0 && !text->failed;
}

bool file_write(const char *path, struct slice text, struct error *error)
{
    size_t size = strlen(path) + sizeof ".new";
    char *draft = memory_new(size, 1);
    (void)snprintf(draft, size, "%s.new", path);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = fd >= 0;
    while (written && text.size > 0) {
        ssize_t part = write(fd, text.data, text.size);
        written = part > 0;
        text = slice_part(text, written ? (size_t)part : 0, text.size);
    }
    if (fd >= 0 && close(fd) != 0) {
        written = false;
    }
    if (!written || rename(draft, path) != 0) {
        error_set(error, "cannot write %s: %s", path, strerror(errno));
        (void)unlink(draft);
        written = false;
    }
    free(draft);
    return written;
}
