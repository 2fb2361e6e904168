/* SPDX-License-Identifier: Apache-2.0 */
/* Output files that appear whole or not at all. */
#include "output.h"
#include "text.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
enum { ENDING_SIGNALS = sizeof(ending_signals) / sizeof(ending_signals[0]) };

static struct sigaction actions_before[ENDING_SIGNALS];
static const char *volatile half_made; /* what to remove when a signal comes */

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* Of a file that cannot be made: often its folder is not there. */
static bool complain_of_place(const char *path, int error)
{
    const char *slash = strrchr(path, '/');
    char folder[OUTPUT_PATH_BYTES];

    if (error != ENOENT || !slash)
        return complain(path, strerror(error));
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fputs(": the folder ", stderr);
    put_safely(stderr, folder);
    fputs(" does not exist: make it, or name another\n", stderr);
    return false;
}

static void give_signals_back(void)
{
    for (int i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &actions_before[i], NULL);
}

/* Whoever had the signal before gets it now. */
static void on_signal(int number)
{
    if (half_made)
        unlink(half_made);
    give_signals_back();
    raise(number);
}

bool output_open(struct output *output, const char *path)
{
    struct stat existing;

    *output = (struct output){.path = path, .file = -1};
    if (stat(path, &existing) == 0 && !S_ISREG(existing.st_mode))
        return complain(path, "exists and is no regular file");
    if ((size_t)snprintf(output->temporary, OUTPUT_PATH_BYTES, "%s.XXXXXX", path) >=
        OUTPUT_PATH_BYTES)
        return complain(path, strerror(ENAMETOOLONG));
    output->file = mkstemp(output->temporary);
    if (output->file < 0)
        return complain_of_place(path, errno);
    half_made = output->temporary;
    for (int i = 0; i < ENDING_SIGNALS; i++) {
        sigaction(ending_signals[i], NULL, &actions_before[i]);
        if (actions_before[i].sa_handler != SIG_IGN)
            sigaction(ending_signals[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
    }
    return true;
}

bool output_close(struct output *output, bool good)
{
    mode_t mask = umask(0);

    umask(mask);
    errno = 0;
    bool whole = fchmod(output->file, 0666 & ~mask) == 0;
    whole = close(output->file) == 0 && whole;
    output->file = -1;
    whole = good && whole && rename(output->temporary, output->path) == 0;
    if (!whole && good)
        complain(output->path, strerror(errno));
    if (!whole)
        unlink(output->temporary);
    half_made = NULL;
    give_signals_back();
    return whole || !good;
}

bool folder_make(const char *path)
{
    char part[OUTPUT_PATH_BYTES];
    struct stat status;

    if ((size_t)snprintf(part, sizeof(part), "%s/", path) >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *at = strchr(part + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    if (stat(path, &status) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

bool output_is_input(const char *path, const char *input)
{
    struct stat out, in;

    if (stat(path, &out) != 0 || stat(input, &in) != 0 || out.st_dev != in.st_dev ||
        out.st_ino != in.st_ino)
        return false;
    complain(path, "is what would be read: name another file to write");
    return true;
}
