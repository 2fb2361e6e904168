/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled manifest made in a test, small enough to be changed field by field. */
#ifndef BULKHEAD_MADE_MANIFEST_H
#define BULKHEAD_MADE_MANIFEST_H

#include "kernel/manifest.h"

struct made_manifest {
    struct manifest_header header;
    struct manifest_domain domains[MAX_DOMAINS];
    struct manifest_payload payloads[MAX_PAYLOADS];
    char strings[4096];
};

/* No domain, no payload; cpu_vendor Intel, a guard of 2 MiB. */
void made_manifest_init(struct made_manifest *made);

/* Appends a string, a payload of `bytes` bytes behind the last, a domain that boots it. */
uint32_t made_manifest_string(struct made_manifest *made, const char *text);
uint32_t made_manifest_payload(struct made_manifest *made, const char *path, const void *data,
                               uint64_t bytes);
struct manifest_domain *made_manifest_domain(struct made_manifest *made, const char *name,
                                             uint32_t cpus, uint64_t memory, uint32_t payload);

/* Sets the digest, after any change. */
void made_manifest_seal(struct made_manifest *made);

#endif
