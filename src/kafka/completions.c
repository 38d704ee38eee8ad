#include "kafka/completions.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/hash.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define PROGRAM SLICE("rokt-relay/")
#define PREFIX SLICE("rokt-relay/1:")

/* 9 bytes of a digest make 12 characters without padding. */
#define CHECKSUM_BYTES 9
#define CHECKSUM_SIZE 12
#define TAIL_SIZE (1 + CHECKSUM_SIZE)

/* A number of 63 bits takes 13 digits at most. */
#define NUMBER_SIZE_MAX 13

#define HASHED_MAX (COMPLETIONS_TEXT_MAX + 4096)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool completions_add(struct completions *completions, int64_t first, int64_t last)
{
    struct completions_run *before =
        completions->count == 0 ? NULL : &completions->runs[completions->count - 1];
    assert(first >= 0 && first <= last && (before == NULL || first > before->last));
    if (before != NULL && first == before->last + 1) {
        before->last = last;
        return true;
    }
    if (completions->count == COMPLETIONS_RUNS_MAX) {
        return false;
    }
    completions->runs[completions->count++] = (struct completions_run){first, last};
    return true;
}

static void checksum(struct slice content, const struct completions_place *place,
                     char ret_text[static BASE64_SIZE(CHECKSUM_BYTES)])
{
    unsigned char digest[HASH_SHA256_SIZE];
    struct buffer hashed;
    buffer_init(&hashed, HASHED_MAX);
    buffer_printf(&hashed, "%" PRId32 " %" PRId64 " ", place->partition, place->offset);
    buffer_append(&hashed, content);
    buffer_append(&hashed, slice_of(place->topic)); /* last, as any text may follow here */
    hash_sha256(buffer_slice(&hashed), digest);
    buffer_done(&hashed);
    (void)base64_encode((struct slice){(const char *)digest, CHECKSUM_BYTES}, ret_text);
}

/* ---- encode ---------------------------------------------------------------------------------- */

/* The lowest 5 bits first; each digit but the last has the sixth bit set. */
static size_t write_number(char *text, uint64_t number)
{
    size_t size = 0;
    while (number >= 32) {
        text[size++] = digits[32 | (number & 31)];
        number >>= 5;
    }
    text[size++] = digits[number];
    return size;
}

/* Where the first run begins is said from the committed offset on. Between two runs lies one offset
 * at least, or they would be one. */
static size_t write_runs(const struct completions *completions, int64_t from, char *text,
                         size_t room)
{
    size_t size = 0;
    for (size_t i = 0; i < completions->count; i++) {
        const struct completions_run *run = &completions->runs[i];
        char pair[2 * NUMBER_SIZE_MAX];
        assert(run->first >= from);
        size_t pair_size = write_number(pair, (uint64_t)(run->first - from));
        pair_size += write_number(pair + pair_size, (uint64_t)(run->last - run->first));
        if (pair_size > room - size) {
            break;
        }
        memcpy(text + size, pair, pair_size);
        size += pair_size;
        from = run->last + 2;
    }
    return size;
}

size_t completions_encode(const struct completions *completions,
                          const struct completions_place *place,
                          char ret_text[static COMPLETIONS_TEXT_MAX])
{
    char sum[BASE64_SIZE(CHECKSUM_BYTES)];
    if (completions->count == 0) {
        return 0;
    }
    memcpy(ret_text, PREFIX.data, PREFIX.size);
    size_t size = PREFIX.size;
    size += write_runs(completions, place->offset, ret_text + size,
                       COMPLETIONS_TEXT_MAX - PREFIX.size - TAIL_SIZE);
    checksum((struct slice){ret_text, size}, place, sum);
    ret_text[size++] = ':';
    memcpy(ret_text + size, sum, CHECKSUM_SIZE);
    return size + CHECKSUM_SIZE;
}

/* ---- decode ---------------------------------------------------------------------------------- */

static const char *find_digit(char character)
{
    return character == '\0' ? NULL : strchr(digits, character);
}

/* Takes one number from the beginning of `text`. False when it is none, larger than an offset can
 * be, or has digits that it does not need. */
static bool read_number(struct slice *text, int64_t *ret_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text->size && i < NUMBER_SIZE_MAX; i++) {
        const char *digit = find_digit(text->data[i]);
        if (digit == NULL) {
            return false;
        }
        uint64_t value = (uint64_t)(digit - digits);
        if ((value & 31) > (uint64_t)INT64_MAX >> (5 * i)) {
            return false;
        }
        number |= (value & 31) << (5 * i);
        if (value < 32) {
            *text = slice_part(*text, i + 1, text->size);
            *ret_number = (int64_t)number;
            return value > 0 || i == 0;
        }
    }
    return false;
}

static bool read_run(struct slice *text, int64_t from, struct completions_run *ret_run)
{
    int64_t gap = 0;
    int64_t length = 0;
    return read_number(text, &gap) && read_number(text, &length) &&
           !__builtin_add_overflow(from, gap, &ret_run->first) &&
           !__builtin_add_overflow(ret_run->first, length, &ret_run->last) &&
           ret_run->last <= INT64_MAX - 2;
}

static bool read_runs(struct slice text, int64_t from, struct completions *completions)
{
    struct completions_run run;
    while (text.size > 0) {
        if (!read_run(&text, from, &run) || !completions_add(completions, run.first, run.last)) {
            return false;
        }
        from = run.last + 2;
    }
    return completions->count > 0;
}

static bool has_checksum(struct slice text, const struct completions_place *place)
{
    char sum[BASE64_SIZE(CHECKSUM_BYTES)];
    struct slice content = slice_part(text, 0, text.size - TAIL_SIZE);
    struct slice tail = slice_part(text, content.size + 1, text.size);
    checksum(content, place, sum);
    return text.data[content.size] == ':' && slice_equal(tail, (struct slice){sum, CHECKSUM_SIZE});
}

bool completions_decode(struct slice text, const struct completions_place *place,
                        struct completions *ret_completions, struct error *error)
{
    if (!slice_starts_with(text, PROGRAM)) {
        error_set(error, "another program wrote it");
        return false;
    }
    if (!slice_starts_with(text, PREFIX)) {
        error_set(error, "it has a form that this version does not know");
        return false;
    }
    bool sized = text.size <= COMPLETIONS_TEXT_MAX && text.size > PREFIX.size + TAIL_SIZE;
    ret_completions->count = 0;
    if (!sized || !has_checksum(text, place) ||
        !read_runs(slice_part(text, PREFIX.size, text.size - PREFIX.size - TAIL_SIZE),
                   place->offset, ret_completions)) {
        ret_completions->count = 0;
        error_set(error, "it is damaged, or of another partition or offset");
        return false;
    }
    return true;
}
