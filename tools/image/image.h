/* SPDX-License-Identifier: Apache-2.0 */
/* Images as `bulkhead build` makes them, from outside. */
#ifndef BULKHEAD_IMAGE_H
#define BULKHEAD_IMAGE_H

#include "kernel/abi/manifest_policy.h"
#include "kernel/manifest.h"
#include "tools/mapped.h"
#include "tools/text.h"

struct image {
    struct manifest manifest; /* in the arena */
    struct mapped payload;    /* the section; empty: there is none */
    struct mapped kernel;
};

/* Whether the file is a PE file at all. */
bool image_is_pe(const void *bytes, size_t size);

/*
 * Reads an image. Returns NULL, or why it is none of ours as the rest of a sentence ("has no .manif
 * section ..."). The payloads are not compared with their digests.
 */
const char *image_open(struct arena *arena, const void *bytes, size_t size, struct image *out);

/* Whether the image holds the server's private key: it, and copies of it, get mode 0600. */
static inline bool holds_server_key(const struct manifest *manifest)
{
    uint32_t count;
    const struct manifest_management *management =
        manifest_entries(manifest, MANIFEST_MANAGEMENT, &count);

    return count > 0 && management->key != MANIFEST_NONE;
}

#endif
