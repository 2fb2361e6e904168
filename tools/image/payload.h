/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a manifest names, for reading: payloads, keys, included files. They may be larger
 * than memory, so only their beginning is mapped.
 */
#ifndef BULKHEAD_PAYLOAD_H
#define BULKHEAD_PAYLOAD_H

#include "tools/manifest/check.h"

enum payload_state {
    PAYLOAD_GOOD,
    PAYLOAD_UNREADABLE,  /* `error` says why; ENOENT: not there */
    PAYLOAD_NOT_REGULAR, /* a device, folder, pipe or socket */
    PAYLOAD_EMPTY,
};

/* Mapped of each file: all of an included one, and wherever formats have their headers. */
enum { PAYLOAD_HEAD_BYTES = 1 << 20 };

struct payload_digest;

struct payload {
    struct payload *next;
    const char *path;     /* as the manifest has it */
    const char *resolved; /* the file that was opened, or the last one that was tried */
    enum payload_state state;
    int error;            /* errno */
    const char *kind;     /* of a file that is not regular: "a device" */
    const uint8_t *bytes; /* the first head_bytes of `size` */
    uint64_t size, head_bytes;
    uint64_t device, inode;        /* of the file that was opened */
    struct payload_digest *digest; /* once it was asked for */
};

/*
 * The payload at `path`: a relative one is looked for in the manifest's folder, then in the
 * current directory. Opened once a run. Never opens what is no regular file.
 */
const struct payload *payload_open(struct check *check, const char *path);

/*
 * Hands the whole file over in pieces, in order. A file that is no longer the one that was opened
 * ends the program with EXIT_ENVIRONMENT.
 */
void payload_read(const struct payload *payload,
                  void (*take)(void *context, const void *bytes, size_t count), void *context);

/* The SHA-256 of a good payload's content; computed once. */
void payload_sha256(const struct payload *payload, uint8_t digest[32]);

/* Whether two good payloads are one file or have the same content. */
bool payload_same(const struct payload *one, const struct payload *other);

/* Where a file is: in the manifest's folder if it is there, else as from the current directory. */
const char *payload_path(struct check *check, const char *path);

/* Unmaps the files' beginnings; what else is known of them stays. */
void payloads_unmap(struct check *check);

void payloads_close(struct check *check);

/* Where a missing payload was looked for, for a message. */
const char *payload_searched(struct check *check, const char *path);

#endif
