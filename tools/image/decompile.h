/* SPDX-License-Identifier: Apache-2.0 */
/* From the compiled form back to YAML. */
#ifndef BULKHEAD_DECOMPILE_H
#define BULKHEAD_DECOMPILE_H

#include "kernel/manifest.h"
#include <stdio.h>

/*
 * Writes a manifest that compiles, with the same payloads at their paths, to the same bytes.
 * What a manifest cannot say (digests, sizes) stands in comments.
 */
void decompile(const struct manifest *manifest, FILE *out);

#endif
