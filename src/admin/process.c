#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

double process_cpu_seconds(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/* proc(5): the second number of statm, in pages. */
double process_resident_bytes(void)
{
    char line[128] = "";
    char *behind = line;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL) {
        return 0;
    }
    if (fgets(line, sizeof line, file) != NULL) {
        (void)strtoul(line, &behind, 10); /* all of it, resident or not */
    }
    (void)fclose(file);
    return (double)strtoul(behind, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}
