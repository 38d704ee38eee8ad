/* bench_mapping: what mapping one order costs, beside parsing it with yajl and keeping nothing.
 *
 *   bench_mapping MAPPING ORDER|- COUNT TURNS
 *
 * ORDER is a file; `-` is an order as bench_orders writes it. It is made compact first, as producers write JSON.
 * In each turn the order goes COUNT times through each step, one after the other. Prints
 *
 *   {"bytes":B,"parse":[ns, …],"read":[ns, …],"map":[ns, …]}
 *
 * the processor's nanoseconds for one order, a figure for each turn: `parse` is bare yajl, `read` makes the tree
 * that mappings run on, `map` is the whole of mapping_run(), which reads first. Then it waits for SIGTERM. */
#include "order.h"
#include "parse.h"
#include "program.h"

#include "json/reader.h"
#include "json/writer.h"
#include "mapping/mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX (8 * 1024 * 1024)
#define TURNS_MAX 1000
#define WARM_UP 20 /* orders, after which arenas have grown */

struct task {
    struct mapping *mapping;
    struct message message;
    struct arena arena;
};

/* ---- the steps -------------------------------------------------------------------------------- */

static void parse(struct task *task)
{
    (void)parse_bare(task->message.value.data, task->message.value.size);
}

static void read_tree(struct task *task)
{
    const struct json_value *root;
    struct error error;
    arena_reset(&task->arena);
    if (!json_read(task->message.value, &task->arena, &root, &error)) {
        fail("the order is no JSON: %s", error.text);
    }
}

static void map(struct task *task)
{
    struct mapping_result result;
    arena_reset(&task->arena);
    mapping_run(task->mapping, &task->message, &task->arena, &result);
    if (result.outcome != MAPPING_MAPPED) {
        fail("the order is not mapped: %s %s", result.reason, result.error.text);
    }
}

static const struct {
    const char *name;
    void (*once)(struct task *task);
} steps[] = {{"parse", parse}, {"read", read_tree}, {"map", map}};

#define STEPS (sizeof steps / sizeof *steps)

/* Callgrind counts within this function alone, so it must be one. */
__attribute__((noinline)) static void run_many(void (*once)(struct task *task), struct task *task,
                                               long count)
{
    for (long i = 0; i < count; i++) {
        once(task);
    }
}

/* ---- the order -------------------------------------------------------------------------------- */

static void read_file(const char *path, struct buffer *buffer)
{
    FILE *file = fopen(path, "rbe");
    char piece[4096];
    size_t size;
    if (file == NULL) {
        fail("%s: cannot be opened", path);
    }
    while ((size = fread(piece, 1, sizeof piece, file)) > 0) {
        buffer_append(buffer, (struct slice){piece, size});
    }
    if (ferror(file) || buffer->failed) {
        fail("%s: cannot be read, or is too large", path);
    }
    (void)fclose(file);
}

static void read_order(const char *path, struct buffer *buffer)
{
    if (path[0] == '-' && path[1] == '\0') {
        char order[ORDER_MAX];
        size_t size = order_write(order, 4711, "2026-11-23T10:03:00Z");
        buffer_append(buffer, (struct slice){order, size});
    } else {
        read_file(path, buffer);
    }
}

static void make_compact(struct buffer *order)
{
    struct arena arena;
    struct buffer compact;
    const struct json_value *root;
    struct error error;
    arena_init(&arena, 0);
    buffer_init(&compact, FILE_MAX);
    if (!json_read(buffer_slice(order), &arena, &root, &error)) {
        fail("the order is no JSON: %s", error.text);
    }
    json_write_value(&compact, root, JSON_UTF8);
    buffer_rollback(order, 0);
    buffer_append(order, buffer_slice(&compact));
    buffer_done(&compact);
    arena_done(&arena);
}

/* ---- the measurement -------------------------------------------------------------------------- */

static double cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(struct task *task, long count, long turns, double ns[STEPS][TURNS_MAX])
{
    for (size_t step = 0; step < STEPS; step++) {
        for (int i = 0; i < WARM_UP; i++) {
            steps[step].once(task);
        }
    }
    for (long turn = 0; turn < turns; turn++) {
        for (size_t step = 0; step < STEPS; step++) {
            double start = cpu_ns();
            run_many(steps[step].once, task, count);
            ns[step][turn] = (cpu_ns() - start) / (double)count;
        }
    }
}

static void print(size_t bytes, long turns, double ns[STEPS][TURNS_MAX])
{
    printf("{\"bytes\":%zu", bytes);
    for (size_t step = 0; step < STEPS; step++) {
        printf(",\"%s\":[", steps[step].name);
        for (long turn = 0; turn < turns; turn++) {
            printf("%s%.1f", turn == 0 ? "" : ",", ns[step][turn]);
        }
        printf("]");
    }
    printf("}\n");
    (void)fflush(stdout);
}

static struct mapping *load(const char *path)
{
    struct error_list errors = {0};
    struct mapping *mapping = mapping_load(path, &errors);
    if (mapping == NULL) {
        fail("%s has errors: `rokt-relay map -m` shows them", path);
    }
    error_list_done(&errors);
    return mapping;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fail("usage: bench_mapping MAPPING ORDER|- COUNT TURNS");
    }
    long turns = number_of(argv[4], 1);
    if (turns > TURNS_MAX) {
        fail("at most %d turns", TURNS_MAX);
    }
    static double ns[STEPS][TURNS_MAX];
    struct task task = {.mapping = load(argv[1])};
    struct buffer order;
    block_signals();
    buffer_init(&order, FILE_MAX);
    read_order(argv[2], &order);
    make_compact(&order);
    task.message = (struct message){
        .topic = SLICE("orders"), .timestamp_ms = 1795428180125, .value = buffer_slice(&order)};
    arena_init(&task.arena, 0);
    measure(&task, number_of(argv[3], 1), turns, ns);
    print(order.size, turns, ns);
    wait_for_end();
    arena_done(&task.arena);
    buffer_done(&order);
    mapping_free(task.mapping);
    return 0;
}
