#include "delivery/retry_after.h"

#include <curl/curl.h>

#define DATE_SIZE 64 /* the longest form, "Wednesday, 09-Nov-94 08:49:37 GMT", has 33 */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Digits alone; however many there are, the most is RETRY_AFTER_MAX_MS. */
static bool read_seconds(struct slice value, int64_t *ret_ms)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.data[i])) {
            return false;
        }
        seconds = seconds * 10 + (value.data[i] - '0');
        if (seconds > RETRY_AFTER_MAX_MS / 1000) {
            seconds = RETRY_AFTER_MAX_MS / 1000;
        }
    }
    *ret_ms = seconds * 1000;
    return value.size > 0;
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* All three forms begin with the day's name. curl_getdate() reads much else besides, a lone number
 * among it, which would be a wait that nobody meant. */
static bool read_date(struct slice value, int64_t *ret_ms)
{
    char text[DATE_SIZE];
    if (value.size == 0 || value.size >= sizeof text || !is_letter(value.data[0])) {
        return false;
    }
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    time_t seconds = curl_getdate(text, NULL);
    if (seconds == -1) {
        return false;
    }
    *ret_ms = (int64_t)seconds * 1000;
    return true;
}

int64_t retry_after_ms(struct slice value, struct slice date, int64_t wall_ms)
{
    value = slice_trim(value);
    int64_t ms = -1;
    if (read_seconds(value, &ms)) {
        return ms;
    }
    if (!read_date(value, &ms)) {
        return -1;
    }
    int64_t now_ms = wall_ms;
    (void)read_date(slice_trim(date), &now_ms);
    int64_t wait_ms = ms - now_ms;
    if (wait_ms > RETRY_AFTER_MAX_MS) {
        return RETRY_AFTER_MAX_MS;
    }
    return wait_ms < 0 ? 0 : wait_ms;
}
