/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI bus that a domain finds, by ports 0xCF8/0xCFC and by ECAM, one path for both: a host
 * bridge at 00:00.0 that does nothing, since bus scans want a function 0, and each of the domain's
 * functions as a device of its own (vfunction.h). Else the bus is empty. An access that leaves a
 * function's configuration space reads all ones and writes nothing.
 */
#ifndef BULKHEAD_VPCI_H
#define BULKHEAD_VPCI_H

#include "vfunction.h"

/* The domain's functions: pages as function.h says, from layout.h's VA_CONFIG and VA_VECTORS. */
void vpci_setup(const struct function *functions, uint32_t count, volatile uint8_t *config,
                uint8_t *vectors);

/* Before each life; the functions must decode memory. */
void vpci_reset(void);

/* The domain's function `n`, silent ones included, in the order of its list. */
struct vfunction *vpci_function(uint32_t n);

/* CONFIG_ADDRESS (a dword), and CONFIG_DATA at port 0xCFC + `at`. */
void vpci_write_address(uint32_t value);
uint32_t vpci_read_address(void);
uint32_t vpci_read_data(unsigned at);
void vpci_write_data(unsigned at, unsigned bytes, uint32_t value);

/* `bytes` (1, 2, 4, 8) at `offset` of the ECAM window. */
uint64_t vpci_read_ecam(uint64_t offset, unsigned bytes);
void vpci_write_ecam(uint64_t offset, unsigned bytes, uint64_t value);

/* Pages of BARs that no table maps; all else reads all ones. */
uint64_t vpci_read_memory(uint64_t gpa, unsigned bytes);
void vpci_write_memory(uint64_t gpa, unsigned bytes, uint64_t value);

#endif
