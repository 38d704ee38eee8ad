/* bench_allocations: loaded in front of the C library (LD_PRELOAD), counts calls of malloc, calloc and realloc
 * by the stack that they come from.
 *
 * The table is the file named by BENCH_ALLOCATIONS, shared, so that it can be read whatever becomes of the
 * process: TABLE_SIZE entries of { uint64 count; uint64 frames[DEPTH]; }, innermost first, 0 behind the
 * last; then uint64 lost: what found no room. tests/bench/run knows this layout. */
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TABLE_SIZE 32768
#define DEPTH 31
#define OWN_FRAMES 2 /* count_stack and malloc */

struct entry {
    uint64_t count;
    uint64_t frames[DEPTH];
};

struct table {
    struct entry entries[TABLE_SIZE];
    uint64_t lost;
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nmemb, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static struct table *_Atomic table;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What backtrace() itself allocates is not counted. Initial-exec: else the variable would be allocated. */
static _Thread_local int inside __attribute__((tls_model("initial-exec")));

static struct entry *find_entry(struct table *counts, const uint64_t frames[DEPTH])
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < DEPTH; i++) {
        hash = (hash ^ frames[i]) * 1099511628211u;
        hash ^= hash >> 29;
    }
    for (size_t tried = 0; tried < TABLE_SIZE; tried++) {
        struct entry *entry = &counts->entries[(hash + tried) % TABLE_SIZE];
        if (entry->count == 0) {
            memcpy(entry->frames, frames, sizeof entry->frames);
            return entry;
        }
        if (memcmp(entry->frames, frames, sizeof entry->frames) == 0) {
            return entry;
        }
    }
    return NULL;
}

__attribute__((noinline)) static void count_stack(void)
{
    struct table *counts = atomic_load(&table);
    if (counts == NULL || inside) {
        return;
    }
    inside = 1;
    void *stack[DEPTH + OWN_FRAMES];
    uint64_t frames[DEPTH] = {0};
    int depth = backtrace(stack, DEPTH + OWN_FRAMES);
    for (int i = OWN_FRAMES; i < depth; i++) {
        frames[i - OWN_FRAMES] = (uint64_t)(uintptr_t)stack[i];
    }
    (void)pthread_mutex_lock(&lock);
    struct entry *entry = find_entry(counts, frames);
    *(entry == NULL ? &counts->lost : &entry->count) += 1;
    (void)pthread_mutex_unlock(&lock);
    inside = 0;
}

void *malloc(size_t size)
{
    count_stack();
    return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
    count_stack();
    return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
    count_stack();
    return __libc_realloc(ptr, size);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("BENCH_ALLOCATIONS");
    void *first[1];
    if (path == NULL) {
        return;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof(struct table)) != 0) {
        abort();
    }
    void *memory = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    (void)close(file);
    if (memory == MAP_FAILED) {
        abort();
    }
    (void)backtrace(first, 1); /* loads its library now */
    atomic_store(&table, memory);
}
