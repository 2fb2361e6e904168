/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader's arithmetic, with no firmware call in it, so that the host can test all of it:
 * where everything goes (place.c), what the tables say (paging.c), what a guest finds (acpi.c,
 * linux.c, elf64.c, guest_memory.c). Deterministic: the same facts and manifest give the same
 * bytes.
 */
#ifndef BULKHEAD_BOOT_PLAN_H
#define BULKHEAD_BOOT_PLAN_H

#include "facts.h"
#include "kernel/manifest.h"

struct plan_input {
    const struct facts *facts;
    const struct manifest *manifest;
    const void *kernel; /* ELF64 of the resident hypervisor, linked by linker.ld */
    size_t kernel_bytes;
    const uint8_t *payload; /* content of .payload, digests checked already */
    size_t payload_bytes;
    uint64_t (*ticks)(void); /* reads the TSC, to account for copying and zeroing; may be NULL */
};

/*
 * Places the hypervisor, every domain's processors, RAM, tables, payloads and state, and fills
 * `handoff` (zeroed by the caller). Touches no other memory. Returns false, with `why` filled,
 * when the manifest does not fit the machine or a payload is not what it claims to be.
 */
bool plan_place(const struct plan_input *in, struct handoff *handoff, struct diagnostic *why);

/*
 * Writes everything that `handoff` placed: kernel segments, handoff and manifest, page tables of
 * each processor and of kernel_main, nested tables, payload copies and load templates. Reaches
 * host-physical address A at `memory(A, bytes, context)`: the loader passes the identity, tests a
 * buffer. All frames that plan_place chose are zeroed here first (domain RAM is not touched: its
 * own processor zeroes it); what outlived a warm reset goes into handoff->audit before.
 * What copying and zeroing took is added to work_tsc and work_bytes before the handoff itself is
 * written, last of all. Cannot fail after plan_place succeeded.
 */
typedef void *(*plan_memory)(uint64_t hpa, uint64_t bytes, void *context);
void plan_build(const struct plan_input *in, struct handoff *handoff, plan_memory memory,
                void *context);

#endif
