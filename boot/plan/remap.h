/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the VT-d units: which function's DMA goes through which domain's nested tables,
 * and which interrupts it may raise (I3, I4). One root table and one interrupt-remapping table
 * serve all units. Intel VT-d Specification, "Translation Structure Formats" (legacy mode) and
 * "Interrupt Remapping Table Entry".
 */
#ifndef BULKHEAD_BOOT_REMAP_H
#define BULKHEAD_BOOT_REMAP_H

#include "plan.h"

/* Whether there are units and all of them have what confining takes; if not, `why` says what. */
bool remap_serves(const struct facts *facts, struct diagnostic *why);

/* The requester id of the I/O APIC with this id of the MADT; FUNCTION_NONE: nothing names it. */
uint32_t remap_requester(const struct facts *facts, uint32_t ioapic_id);

/* The I/O APIC that ISA line `line` is a pin of; NULL: none. */
const struct handoff_ioapic *remap_ioapic(const struct handoff *handoff, uint32_t line);

/* The largest leaf of nested tables that all units know. */
uint64_t remap_leaf(const struct handoff *handoff);

/*
 * Bytes at iommu_root: the root table, a context table for each bus that may need one, and the
 * tables of what handoff->display says.
 */
uint64_t remap_bytes(const struct handoff *handoff);

/*
 * Writes into each function that has them where its entries of these tables are, and where the
 * display's are: once it is known which functions are muted, and before remap_build().
 */
void remap_locate(struct handoff *handoff);

/*
 * Fills the zeroed tables: context entries and blocks of remapping entries of all functions that
 * are assigned and not silent, and of the muted ones entries that block without a report, but for
 * what the display reads. The
 * domains' nested tables are there already.
 */
void remap_build(const struct handoff *handoff, plan_memory memory, void *context);

/* The remapping entry that makes a message of the I/O APIC an NMI at one processor. */
void remap_line(const struct handoff_ioapic *ioapic, uint32_t apic_id, uint64_t entry[2]);

#endif
