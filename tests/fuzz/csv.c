/* Any text as CSV: what is read without an error and written again is read as the same. */
#include "config/csv.h"

#include "base/buffer.h"

#include <stdlib.h>

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Every value in quotes. */
static void write_row(struct csv_row row, struct buffer *out)
{
    for (size_t i = 0; i < row.count; i++) {
        struct slice text = row.cells[i].text;
        buffer_append(out, i == 0 ? SLICE("\"") : SLICE(",\""));
        for (size_t j = 0; j < text.size; j++) {
            buffer_append(out, text.data[j] == '"' ? SLICE("\"\"") : slice_part(text, j, 1));
        }
        buffer_append(out, SLICE("\""));
    }
    buffer_append(out, SLICE("\n"));
}

/* The table as it is written by write_row(). Returns how many errors it has. */
static size_t copy(struct slice text, struct buffer *out)
{
    struct error_list errors = {0};
    struct csv *csv = csv_open("fuzz.csv", text, &errors);
    struct csv_row row;
    if (csv != NULL) {
        size_t columns = csv_names(csv).count;
        size_t limit = csv_row_limit(csv);
        write_row(csv_names(csv), out);
        for (size_t rows = 0; csv_next(csv, &row); rows++) {
            check(row.count == columns && rows < limit);
            check(csv_line(csv, &row.cells[0]) <= csv_line(csv, &row.cells[columns - 1]));
            write_row(row, out);
        }
    }
    csv_close(csv);
    size_t count = errors.errors;
    check(count <= CSV_ERRORS_MAX + 1);
    error_list_done(&errors);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer first;
    struct buffer second;
    buffer_init(&first, OUTPUT_MAX);
    buffer_init(&second, OUTPUT_MAX);
    if (copy((struct slice){(const char *)data, size}, &first) == 0) {
        check(copy(buffer_slice(&first), &second) == 0);
        check(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    }
    buffer_done(&first);
    buffer_done(&second);
    return 0;
}
