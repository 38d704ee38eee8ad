#include "config/watch.h"

#include "base/memory.h"

#include <stdlib.h>
#include <sys/stat.h>

/* What a look at a file finds; all-zero when it is not there. */
struct sight {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct watched {
    char *path;
    struct sight last;
};

struct watch {
    struct watched *files;
    size_t count;
};

struct watch *watch_new(void)
{
    return memory_new(1, sizeof(struct watch));
}

void watch_free(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    for (size_t i = 0; i < watch->count; i++) {
        free(watch->files[i].path);
    }
    free(watch->files);
    free(watch);
}

/* The time of change, which nobody can set, not that of modification. */
static struct sight look(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return (struct sight){0};
    }
    return (struct sight){status.st_dev, status.st_ino, status.st_size, status.st_ctim};
}

static bool is_same(const struct sight *a, const struct sight *b)
{
    return a->device == b->device && a->number == b->number && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

void watch_add(struct watch *watch, const char *path)
{
    watch->files = memory_resize(watch->files, watch->count + 1, sizeof *watch->files);
    watch->files[watch->count++] = (struct watched){memory_string(slice_of(path)), look(path)};
}

bool watch_changed(struct watch *watch)
{
    bool changed = false;
    for (size_t i = 0; i < watch->count; i++) {
        struct sight now = look(watch->files[i].path);
        changed = changed || !is_same(&now, &watch->files[i].last);
        watch->files[i].last = now;
    }
    return changed;
}
