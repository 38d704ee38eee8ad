#include "base/zone.h"

#include "base/error.h"
#include "base/memory.h"

#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATABASE "/usr/share/zoneinfo"
#define ZONES_MAX 1024              /* more than the database has */
#define LIST_MAX (256 * 1024)       /* bytes of the file that lists the zones */
#define LATEST_S 2114380800         /* the end of ZONE_YEAR_MAX */
#define OFFSET_MAX_S (26 * 60 * 60) /* beyond all that were ever in use */

const struct zone zone_utc = {NULL, 0};

/* --- Offsets --------------------------------------------------------------------------------- */

/* The number of two digits at `at`, or -1. */
static int two_digits(struct slice text, size_t at)
{
    int number = 0;
    for (size_t i = at; i < at + 2; i++) {
        if (i >= text.size || text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

bool zone_offset(struct slice text, int32_t *ret_offset_s)
{
    if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    bool colon = text.size == 6 && text.data[3] == ':';
    if ((text.size != 3 && text.size != 5 && !colon) ||
        (text.data[0] != '+' && text.data[0] != '-')) {
        return false;
    }
    int hours = two_digits(text, 1);
    int minutes = text.size == 3 ? 0 : two_digits(text, colon ? 4 : 3);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return false;
    }
    int32_t offset_s = (hours * 60 + minutes) * 60;
    *ret_offset_s = text.data[0] == '-' ? -offset_s : offset_s;
    return true;
}

/* --- Names ----------------------------------------------------------------------------------- */

/* As IANA's are: what GLib takes besides, from "UTC+2" (which POSIX means the other way round)
 * to paths of any file, is refused here or by is_in_database(). */
static bool is_name(struct slice text)
{
    if (text.size == 0 || text.size >= ZONE_NAME_SIZE || text.data[0] < 'A' || text.data[0] > 'Z') {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        bool other = (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("/_+-", byte) != NULL);
        if (!letter && !other) {
            return false;
        }
    }
    return true;
}

/* The path of a file of the database, where GLib looks for it too. */
static void database_path(const char *name, char *room, size_t size)
{
    const char *database = getenv("TZDIR");
    int length = snprintf(room, size, "%s/%s", database == NULL ? DATABASE : database, name);
    if (length < 0 || (size_t)length >= size) {
        room[0] = '\0';
    }
}

static bool is_in_database(const char *name)
{
    char path[4096];
    char magic[4] = "";
    database_path(name, path, sizeof path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool is_zone =
        read(file, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
    (void)close(file);
    return is_zone;
}

/* --- Rules ----------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GTimeZone *loaded[ZONES_MAX];
static size_t loaded_count;

static GTimeZone *find_loaded(const char *name)
{
    for (size_t i = 0; i < loaded_count; i++) {
        if (strcmp(g_time_zone_get_identifier(loaded[i]), name) == 0) {
            return loaded[i];
        }
    }
    return NULL;
}

static GTimeZone *load(const char *name)
{
    if (loaded_count == ZONES_MAX || !is_in_database(name)) {
        return NULL;
    }
    GTimeZone *rules = g_time_zone_new_identifier(name);
    if (rules != NULL) {
        loaded[loaded_count++] = rules;
    }
    return rules;
}

bool zone_find(struct slice name, struct zone *ret_zone)
{
    struct zone zone = {NULL, 0};
    if (slice_equal_ignoring_case(name, SLICE("utc")) || zone_offset(name, &zone.offset_s)) {
        *ret_zone = zone;
        return true;
    }
    if (!is_name(name)) {
        return false;
    }
    char text[ZONE_NAME_SIZE];
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    (void)pthread_mutex_lock(&lock);
    GTimeZone *rules = find_loaded(text);
    zone.rules = rules != NULL ? rules : load(text);
    (void)pthread_mutex_unlock(&lock);
    if (zone.rules == NULL) {
        return false;
    }
    *ret_zone = zone;
    return true;
}

/* --- The nearest name ------------------------------------------------------------------------ */

/* The third column of zone.tab: "DE\t+5230+01322\tEurope/Berlin\tmost of Germany". Cuts the list
 * into texts that end with a NUL. */
static size_t cut_names(char *list, const char *names[static ZONES_MAX])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(list, "\n", &rest); line != NULL && count < ZONES_MAX;
         line = strtok_r(NULL, "\n", &rest)) {
        char *columns = NULL;
        (void)strtok_r(line, "\t", &columns);
        (void)strtok_r(NULL, "\t", &columns);
        const char *name = strtok_r(NULL, "\t", &columns);
        if (line[0] != '#' && name != NULL) {
            names[count++] = name;
        }
    }
    return count;
}

void zone_nearest(struct slice name, char ret_name[static ZONE_NAME_SIZE])
{
    char path[4096];
    ret_name[0] = '\0';
    database_path("zone.tab", path, sizeof path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    char *list = memory_new(LIST_MAX, 1);
    const char **names = memory_new(ZONES_MAX, sizeof *names);
    list[fread(list, 1, LIST_MAX - 1, file)] = '\0';
    const char *nearest = error_nearest(name, names, cut_names(list, names));
    if (nearest != NULL && strlen(nearest) < ZONE_NAME_SIZE) {
        memcpy(ret_name, nearest, strlen(nearest) + 1);
    }
    free(names);
    free(list);
    (void)fclose(file);
}

/* --- Local time ------------------------------------------------------------------------------ */

/* GLib takes its own zones as not constant, though it only reads them here. */
static GTimeZone *rules_of(const struct zone *zone)
{
    return (GTimeZone *)(uintptr_t)zone->rules;
}

/* An interval is a time during which the offset stays. The first one in which the local time
 * lies is the one meant: of those that can have it, each is asked in turn. */
static enum zone_result by_rules(GTimeZone *rules, int64_t local_s, int64_t *ret_utc_s)
{
    int first = g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, local_s - OFFSET_MAX_S);
    int last = g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, local_s + OFFSET_MAX_S);
    for (int interval = first; interval <= last; interval++) {
        int64_t utc_s = local_s - g_time_zone_get_offset(rules, interval);
        if (g_time_zone_find_interval(rules, G_TIME_TYPE_UNIVERSAL, utc_s) == interval) {
            *ret_utc_s = utc_s;
            return ZONE_KNOWN;
        }
    }
    return ZONE_SKIPPED;
}

enum zone_result zone_to_utc(const struct zone *zone, int64_t local_s, int64_t *ret_utc_s)
{
    if (zone->rules == NULL) {
        *ret_utc_s = local_s - zone->offset_s;
        return ZONE_KNOWN;
    }
    return local_s < LATEST_S ? by_rules(rules_of(zone), local_s, ret_utc_s) : ZONE_TOO_LATE;
}
