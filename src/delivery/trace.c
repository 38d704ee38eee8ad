#include "delivery/trace.h"

#include "delivery/original.h"

#include <assert.h>
#include <stdio.h>

#define NAME SLICE("traceparent")

/* 00-TRACE-PARENT-FLAGS in lower hex digits. */
#define TRACE_AT 3
#define TRACE_SIZE 32
#define PARENT_AT 36
#define PARENT_SIZE 16
#define SIZE 55

static_assert(sizeof "traceparent: " + SIZE == BATCH_TRACE_SIZE, "a line holds a trace");

static bool is_dash(size_t at)
{
    return at == 2 || at == PARENT_AT - 1 || at == PARENT_AT + PARENT_SIZE;
}

static bool is_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

/* An id of zeros alone stands for none. */
static bool is_zero(struct slice id)
{
    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] != '0') {
            return false;
        }
    }
    return true;
}

static bool is_valid(struct slice trace)
{
    if (trace.size != SIZE || !slice_starts_with(trace, SLICE("00-"))) {
        return false;
    }
    for (size_t i = 0; i < trace.size; i++) {
        if (is_dash(i) ? trace.data[i] != '-' : !is_digit(trace.data[i])) {
            return false;
        }
    }
    return !is_zero(slice_part(trace, TRACE_AT, TRACE_SIZE)) &&
           !is_zero(slice_part(trace, PARENT_AT, PARENT_SIZE));
}

static struct slice trace_of(const struct batch *batch, size_t index)
{
    return original_header(&batch->messages, batch->items[index].message, NAME);
}

bool trace_line(const struct batch *batch, char ret_line[static BATCH_TRACE_SIZE])
{
    struct slice trace = trace_of(batch, 0);
    if (!is_valid(trace)) {
        return false;
    }
    for (size_t i = 1; i < batch->count; i++) {
        bool same = batch->items[i].message == batch->items[i - 1].message ||
                    slice_equal(trace_of(batch, i), trace);
        if (!same) {
            return false;
        }
    }
    (void)snprintf(ret_line, BATCH_TRACE_SIZE, "traceparent: %.*s", SLICE_PRINT(trace));
    return true;
}
