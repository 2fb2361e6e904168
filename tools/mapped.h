/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the command line names, mapped whole for reading. */
#ifndef BULKHEAD_MAPPED_H
#define BULKHEAD_MAPPED_H

#include <stdbool.h>
#include <stddef.h>

struct mapped {
    const void *bytes;
    size_t size;
};

/* Maps the regular file at `path`. Returns false with a message on stderr. */
bool mapped_open(const char *path, struct mapped *out);
void mapped_close(struct mapped *mapped);

#endif
