/* SPDX-License-Identifier: Apache-2.0 */
/* A folder in memory for the inventories of a group of tests: its set-up and its end. */
#ifndef BULKHEAD_TESTS_MEMORY_FOLDER_H
#define BULKHEAD_TESTS_MEMORY_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/dev/shm/bulkhead-agree-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

#endif
