/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which PCI functions a domain gets (I3): the manifest held against what the machine has.
 * Arithmetic; groups.c says what the hardware can't separate, config_space.c what a guest reads.
 */
#ifndef BULKHEAD_BOOT_ASSIGN_H
#define BULKHEAD_BOOT_ASSIGN_H

#include "plan.h"

/*
 * Fills handoff->functions[] and function_count, and of each domain function_count, windows[]
 * (ascending, disjoint, trapped pages left out) and the sizes devices_bytes and vectors_bytes;
 * gpa of each BAR: naturally aligned, 32-bit ones and what fits from GUEST_DEVICES, else above the
 * domain's RAM. False, with `why`: a function is missing, another one, has no message interrupts,
 * no reset, reserved memory, shares its group or a page with another owner ..., and, whenever
 * something is assigned, no ECAM, IOMMU unit or interrupt remapping that serves (I10).
 */
bool assign_functions(const struct plan_input *in, struct handoff *handoff, struct diagnostic *why);

/* Whether some domain has the function `pci` (segment included). */
bool is_assigned(const struct handoff *handoff, uint32_t pci);

/* The function `pci` (segment included) that the scan found; NULL: none. */
const struct fact_function *fact_function(const struct facts *facts, uint32_t pci);

/*
 * The group of a function, as the index of its lowest member in facts->functions: two functions
 * with the same one can reach each other or share a requester id behind the IOMMU's back (TRAPS
 * 59, 60). Functions with an isolated port above, or on a root bus alone, have their own.
 */
uint32_t group_of(const struct facts *facts, uint32_t index);

/*
 * Whether some scope of the list names the function `index`, or a bridge above it. A scope that
 * can't be followed names nothing here: no unit is said to serve what it may not.
 */
bool scope_covers(const struct facts *facts, uint32_t segment, uint32_t scope_first,
                  uint32_t scope_count, uint32_t index);

/* Writes the two pages of kernel/abi/function.h for an assigned function. */
void config_space_build(const struct fact_function *fact, const struct function *function,
                        uint8_t reads[CONFIG_SPACE_BYTES], uint8_t hardware[CONFIG_SPACE_BYTES]);

#endif
