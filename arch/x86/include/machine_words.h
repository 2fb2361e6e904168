/* SPDX-License-Identifier: Apache-2.0 */
/* What kernel/ asks of the processor, in words without a register in them. */
#ifndef BULKHEAD_MACHINE_WORDS_H
#define BULKHEAD_MACHINE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Local APIC emptied and registers that no control structure holds at reset values (I7). */
void machine_reset(void);

/*
 * Empties the local APIC of whatever a stopped domain left (I7): in service, pending, timers,
 * priority; after machine_reset() once more, of what was in flight. False if something is left or
 * came meanwhile, and the domain must not run: impossible once every processor of the domain is in
 * root mode and its devices are quiet, but a running sibling may keep sending.
 */
bool machine_settle(void);

/* No guest has the local APIC: it is on, and hears the board's NMIs. */
void machine_listen(void);

/* Guest state after INIT; the local APIC keeps its mode (TRAPS 16). */
void machine_init(void);

/* The x2APIC id of the domain's processor `local`. */
uint32_t machine_apic_id(uint32_t local);

void machine_send_fixed(uint32_t apic_id, uint8_t vector);
void machine_knock(uint32_t apic_id);

/* Counts interrupts that the guest sent, or would have sent, to where it may not (I4). */
void machine_refused_interrupts(uint32_t number);

uint64_t machine_tsc(void);

/* Out of every cache into memory: a reset loses what is in a cache only. */
void machine_write_back(const volatile void *from, uint64_t bytes);

struct check_registers;
/* What this processor really uses, for the separation check (I12). */
void machine_read_back(struct check_registers *registers);
bool machine_msr_granted(uint32_t msr, bool write);

/* Loads a page table root; the boot processor changes to its own and back while it checks. */
void machine_use_page_table(uint64_t root);

/* Before a life: this processor's numbers in the public page begin at 0. */
void machine_clear_counts(void);

#endif
