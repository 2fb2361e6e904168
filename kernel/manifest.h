/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled manifest, read defensively: after manifest_open() returned MANIFEST_OK every
 * accessor is safe for every index below the count. Shared by boot/, kernel/ and tools/.
 */
#ifndef BULKHEAD_MANIFEST_H
#define BULKHEAD_MANIFEST_H

#include "kernel/abi/manifest.h"
#include <stddef.h>

enum manifest_error {
    MANIFEST_OK,
    MANIFEST_TOO_SHORT, /* fewer bytes than a header, or than the header says */
    MANIFEST_BAD_MAGIC,
    MANIFEST_BAD_VERSION,
    MANIFEST_BAD_DIGEST,
    MANIFEST_BAD_HEADER,  /* a field of the header is out of range */
    MANIFEST_BAD_TABLE,   /* a table lies outside, is misaligned, overlaps or has a wrong entry */
    MANIFEST_BAD_STRING,  /* a name or string without its zero, or outside the strings */
    MANIFEST_BAD_DOMAIN,  /* a domain's field out of range */
    MANIFEST_BAD_POLICY,  /* an entry of a table that may be absent has a field out of range */
    MANIFEST_BAD_PAYLOAD, /* a payload's field out of range, or payloads that overlap */
    MANIFEST_ERRORS,
};

struct manifest {
    const struct manifest_header *header;
    const struct manifest_domain *domains;
    const struct manifest_payload *payloads;
    const char *strings;
    uint32_t domain_count, payload_count, string_bytes;
};

/*
 * Checks `size` bytes at `bytes` (8-byte aligned; bytes after total_bytes are ignored) and fills
 * `out`, which lies apart from them. Anything but MANIFEST_OK leaves `out` zeroed.
 */
enum manifest_error manifest_open(const void *bytes, size_t size, struct manifest *out);

/*
 * Only that the bytes are what was built and that each table lies inside: for a reader of bytes
 * that manifest_open() has taken before.
 */
enum manifest_error manifest_read(const void *bytes, size_t size, struct manifest *out);

/*
 * The entries of a table in `count`; NULL and 0 for one that is absent. Their fields are within
 * the bounds that abi/manifest.h gives.
 */
const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id table,
                             uint32_t *count);

/* The index of the management domain, or MANIFEST_NONE where none boots; manifest_open() took it.
 */
uint32_t manifest_management(const struct manifest *manifest);

/* One sentence: what is wrong and what to do about it. */
const char *manifest_error_text(enum manifest_error error);

/* The string at `offset`; "" for an offset outside the strings. */
const char *manifest_string(const struct manifest *manifest, uint32_t offset);

/* SHA-256 of `bytes` bytes of a compiled manifest with its digest field taken as zero. */
void manifest_digest(const struct manifest_header *header, uint8_t digest[DIGEST_BYTES]);

#endif
