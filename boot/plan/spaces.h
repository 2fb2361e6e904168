/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each set of tables maps (I11, kernel/abi/layout.h). The addresses come from the handoff;
 * those not placed yet may be 0, only RAM's and payloads' decide about the size of leaves.
 */
#ifndef BULKHEAD_BOOT_SPACES_H
#define BULKHEAD_BOOT_SPACES_H

#include "kernel_image.h"
#include "paging.h"

struct spaces {
    const struct facts *facts;
    const struct handoff *handoff;
    const struct kernel_image *image;
    const struct manifest *manifest;
};

/* What processor `cpu` maps in its hypervisor: shared text, its own state, its domain's memory. */
void space_of_cpu(const struct spaces *spaces, uint32_t cpu, struct paging_space *out);

/* What it maps before, while start-up code runs. */
void space_of_start(const struct spaces *spaces, uint32_t cpu, struct paging_space *out);

/* What kernel_main maps: all memory one to one, and what the boot processor needs of the above. */
void space_of_boot(const struct spaces *spaces, struct paging_space *out);

/* What domain `index` can reach: its RAM and nothing else. */
void space_of_domain(const struct spaces *spaces, uint32_t index, struct paging_space *out);

#endif
