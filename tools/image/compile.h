/* SPDX-License-Identifier: Apache-2.0 */
/* From a checked manifest to its compiled form (kernel/abi/manifest.h) and its payloads. */
#ifndef BULKHEAD_COMPILE_H
#define BULKHEAD_COMPILE_H

#include "kernel/abi/manifest.h"
#include "kernel/abi/server_key.h"
#include "tools/manifest/check.h"

/* One stored payload; files with the same content share one. */
struct compiled_payload {
    const char *path; /* the first one that named it */
    const struct payload *file;
    const void *bytes; /* in place of the file's, or NULL */
    uint64_t size;
    uint64_t offset; /* from the start of .payload */
    uint8_t digest[DIGEST_BYTES];
    bool pinned; /* the manifest says its digest */
};

struct compiled {
    struct manifest_header *manifest; /* total_bytes of them, in the check's arena */
    uint32_t manifest_bytes;
    uint32_t payload_count;
    struct compiled_payload payloads[MAX_PAYLOADS];
    uint64_t payload_bytes;           /* of .payload */
    uint32_t payload_paths;           /* boot, initrd ... keys that name a payload */
    uint32_t key;                     /* index of the server's private key, or MANIFEST_NONE */
    uint8_t key_digest[DIGEST_BYTES]; /* of its public key */
};

/*
 * Compiles a manifest that check_manifest() found without errors. `release` leaves out the LAB
 * flag. The same manifest and payloads give the same bytes on every machine. Returns NULL, or why
 * the manifest cannot be compiled.
 */
const char *compile(struct check *check, bool release, struct compiled *out);

#endif
