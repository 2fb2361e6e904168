/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a domain finds in its RAM at entry: which payload comes where, and the low memory of
 * kernel/abi/guest.h as templates. The payload extent holds the raw payload files, each from a
 * page boundary, then the templates.
 */
#ifndef BULKHEAD_BOOT_GUEST_MEMORY_H
#define BULKHEAD_BOOT_GUEST_MEMORY_H

#include "boot/plan/plan.h"
#include "kernel/abi/guest.h"

enum { GUEST_MEMORY_MAX = 6 };

/*
 * Lists RAM, reserved ranges and windows of a domain with `ram_bytes` of memory, ascending, as
 * e820 and the boot information page show it. Returns the number of entries.
 */
uint32_t guest_memory_map(uint64_t ram_bytes, struct guest_memory map[GUEST_MEMORY_MAX]);

/* Bytes of RAM that lie below the hole. */
uint64_t guest_low_bytes(uint64_t ram_bytes);

/*
 * Reads the payloads of domain `index` and fills load[], digest[], entry and payload_bytes of
 * `out`; false, with `why` filled, when one is not what it claims to be or does not fit.
 */
bool guest_plan(const struct plan_input *in, uint32_t index, struct handoff_domain *out,
                struct diagnostic *why);

/* Bytes of the templates of domain `index`, and where in its payload extent they start. */
uint64_t guest_template_bytes(const struct plan_input *in, uint32_t index);
uint64_t guest_template_offset(const struct plan_input *in, uint32_t index);

/* Fills the zeroed templates of domain `index`. */
void guest_build_templates(const struct plan_input *in, const struct handoff *handoff,
                           uint32_t index, uint8_t *all);

#endif
