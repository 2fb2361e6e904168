/* SPDX-License-Identifier: Apache-2.0 */
/* The files that domains boot, mapped for reading. */
#ifndef BULKHEAD_PAYLOAD_H
#define BULKHEAD_PAYLOAD_H

#include "../manifest/check.h"

enum payload_state {
    PAYLOAD_GOOD,
    PAYLOAD_UNREADABLE,  /* `error` says why; ENOENT: not there */
    PAYLOAD_NOT_REGULAR, /* a device, folder, pipe or socket */
    PAYLOAD_EMPTY,
};

struct payload {
    struct payload *next;
    const char *path;     /* as the manifest has it */
    const char *resolved; /* the file that was opened, or the last one that was tried */
    enum payload_state state;
    int error;        /* errno */
    const char *kind; /* of a file that is not regular: "a device" */
    const uint8_t *bytes;
    uint64_t size;
};

/*
 * The payload at `path`: a relative one is looked for in the manifest's folder, then in the
 * current directory. Opened once a run. Never opens what is no regular file.
 */
const struct payload *payload_open(struct check *check, const char *path);

/* Where a file is: in the manifest's folder if it is there, else as from the current directory. */
const char *payload_path(struct check *check, const char *path);

void payloads_close(struct check *check);

/* Where a missing payload was looked for, for a message. */
const char *payload_searched(struct check *check, const char *path);

#endif
