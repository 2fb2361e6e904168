/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message interrupts of one function: MSI with one message, and MSI-X. What the guest writes is
 * kept and read back; hardware gets a message that selects an entry of the static remapping table
 * (TRAPS 39), or none. A message is good that goes to one processor of the domain, physical or
 * logical (the first of several), fixed or lowest priority, edge, vector 32 and up, in the format
 * that any PC has; others are counted (I4) and never reach hardware: the entry stays masked, MSI
 * stays off. All but vmsi_translate() and reads want the function's lock held.
 */
#ifndef BULKHEAD_VMSI_H
#define BULKHEAD_VMSI_H

#include "kernel/abi/function.h"
#include <stdbool.h>

/* What the guest has of it in configuration space, each in its dword; MSI_WORDS: nothing. */
enum msi_word { MSI_CONTROL, MSI_ADDRESS, MSI_UPPER, MSI_DATA, MSI_MASK, MSIX_CONTROL, MSI_WORDS };

struct vmsi {
    const struct function *function;
    volatile uint8_t *config; /* hardware's configuration space */
    volatile uint8_t *table;  /* hardware's MSI-X table */
    uint8_t *vectors;         /* the table as the guest wrote it */
    uint32_t entries;         /* of both; 0: no MSI-X */
    uint32_t words[MSI_WORDS];
};

/* Address in remappable format for a good message (address, upper address, data). */
bool vmsi_translate(const struct function *function, const uint32_t message[3], uint32_t *address);

/* As after power-on, hardware too: MSI and MSI-X off, all entries masked. */
void vmsi_reset(struct vmsi *msi);

/* Dwords below 0x100 of configuration space that are answered here, a bit each. */
uint64_t vmsi_registers(const struct vmsi *msi);

/* One of them: what it reads as, where `plain` has the bits that never change. */
uint32_t vmsi_read(const struct vmsi *msi, unsigned at, uint32_t plain);

/* The guest writes those bits of `value` that `mask` has. */
void vmsi_write(struct vmsi *msi, unsigned at, uint32_t mask, uint32_t value);

/* The guest writes `bytes` (4 or 8; less has no effect) at `offset` of the MSI-X table. */
void vmsi_write_table(struct vmsi *msi, uint32_t offset, unsigned bytes, uint64_t value);

#endif
