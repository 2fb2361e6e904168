/* SPDX-License-Identifier: Apache-2.0 */
/* Is the image whole: the manifest's self-digest, and by it the kernel's and every payload's. */
#ifndef BULKHEAD_BOOT_SECTIONS_H
#define BULKHEAD_BOOT_SECTIONS_H

#include "kernel/manifest.h"

struct image_section {
    const uint8_t *data;
    uint64_t bytes;
};
struct image {
    struct image_section kernel, manifest, payload;
};

/*
 * Opens the compiled manifest and checks all digests; refuses at the first that differs. Called
 * again once no device can write any more (TRAPS 49), it also refuses another manifest than the
 * first time: places were chosen and the TPM was told by that one.
 */
void sections_check(const struct image *image, struct manifest *manifest);

/* TSC ticks and bytes spent hashing so far, for the handover figure. */
extern uint64_t sections_hash_tsc, sections_hash_bytes;

#endif
