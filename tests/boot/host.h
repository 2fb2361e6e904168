/* SPDX-License-Identifier: Apache-2.0 */
/* A program on the host that a boot test starts beside the emulator: what comes over a network. */
#ifndef BULKHEAD_TESTS_HOST_H
#define BULKHEAD_TESTS_HOST_H

#include "tools/run/line.h"
#include <stdbool.h>
#include <sys/types.h>

struct host {
    pid_t pid; /* its process group's too; 0: none runs */
    int words; /* what it prints; 0: nothing yet was started */
    char line[LINE_BYTES];
    size_t length;
};

/* Starts `command` with sh; its output and errors are its words. False: it can't be started. */
bool host_start(struct host *host, const char *command);

/*
 * Gives `sink` each line that it has printed meanwhile, without waiting, and once it has ended
 * "exit STATUS".
 */
void host_read(struct host *host, void (*sink)(void *context, const char *line), void *context);

/* Ends it and all that it started. */
void host_stop(struct host *host);

#endif
