#include "config/file.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define CHUNK 65536

/* The first byte that does not fit fails the buffer. */
static bool read_all(FILE *file, struct buffer *buffer, struct error *error)
{
    char chunk[CHUNK];
    size_t size;
    do {
        size = fread(chunk, 1, sizeof chunk, file);
        buffer_append(buffer, (struct slice){chunk, size});
    } while (size == sizeof chunk && !buffer->failed);
    if (buffer->failed) {
        error_set(error, "it is larger than %zu bytes", buffer->limit);
        return false;
    }
    if (ferror(file) != 0) {
        error_set(error, "%s", strerror(errno));
        return false;
    }
    return true;
}

static FILE *open_file(const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        error_set(error, "%s", strerror(errno));
        return NULL;
    }
    struct stat status;
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        error_set(error, "it is a folder");
        (void)fclose(file);
        return NULL;
    }
    return file;
}

bool file_read(const char *path, struct buffer *buffer, struct error *error)
{
    FILE *file = open_file(path, error);
    if (file == NULL) {
        return false;
    }
    bool read = read_all(file, buffer, error);
    (void)fclose(file);
    return read;
}

bool file_readable(const char *path, struct error *error)
{
    FILE *file = open_file(path, error);
    if (file == NULL) {
        return false;
    }
    (void)fclose(file);
    return true;
}

char *file_resolve(const char *origin, const char *path)
{
    const char *slash = strrchr(origin, '/');
    if (path[0] == '/' || slash == NULL) {
        return memory_string(slice_of(path));
    }
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX - 1);
    buffer_append(&buffer, (struct slice){origin, (size_t)(slash - origin) + 1});
    buffer_append(&buffer, slice_of(path));
    char *resolved = memory_string(buffer_slice(&buffer));
    buffer_done(&buffer);
    return resolved;
}
