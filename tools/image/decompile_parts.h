/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of decompile() share. */
#ifndef BULKHEAD_DECOMPILE_PARTS_H
#define BULKHEAD_DECOMPILE_PARTS_H

#include "kernel/manifest.h"
#include <stdbool.h>
#include <stdio.h>

/* A text as a YAML scalar; quoted unless it is plainly a word or path. */
void put_scalar(FILE *out, const char *text);

/* A size with its unit. */
void put_size(FILE *out, uint64_t bytes);

/* "2", or "[4, 5]". */
void put_cpus(FILE *out, bool pinned, uint32_t count, const uint32_t *cpus);

/* The keys before `domains`, those of one domain, and those behind the last. */
void put_policy_head(const struct manifest *manifest, FILE *out);
void put_policy_platform(const struct manifest *manifest, FILE *out);
void put_policy_domain(const struct manifest *manifest, uint32_t index, FILE *out);
void put_policy_tail(const struct manifest *manifest, FILE *out);

#endif
