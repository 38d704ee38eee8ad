#include "support/shared.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ROKT_RELAY_SHARED
#define ROKT_RELAY_SHARED "../shared"
#endif

const char *shared_path(const char *name)
{
    static char path[4096];
    const char *directory = getenv("ROKT_RELAY_SHARED");
    (void)snprintf(path, sizeof(path), "%s/%s", directory ? directory : ROKT_RELAY_SHARED, name);
    return path;
}

struct slice shared_read(const char *name)
{
    return shared_read_file(shared_path(name));
}

struct slice shared_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return (struct slice){NULL, 0};
    }
    char *data = NULL;
    size_t size = 0;
    size_t got;
    do {
        data = memory_resize(data, size + 65536, 1);
        got = fread(data + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    (void)fclose(file);
    return (struct slice){data, size};
}

void shared_free(struct slice content)
{
    free((void *)(uintptr_t)content.data); /* the slice is all that is left of the pointer */
}
