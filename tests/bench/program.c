#include "program.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    /* clang-tidy 14 does not see va_start here, as it does in the same function elsewhere. */
    vfprintf(stderr, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

long number_of(const char *text, long min)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < min || number > INT_MAX) {
        fail("\"%s\" is no whole number from %ld on", text, min);
    }
    return number;
}

static void end_signals(sigset_t *ret_signals)
{
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
}

void block_signals(void)
{
    sigset_t signals;
    end_signals(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void wait_for_end(void)
{
    sigset_t signals;
    int number;
    end_signals(&signals);
    (void)sigwait(&signals, &number);
}
