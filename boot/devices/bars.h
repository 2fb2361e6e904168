/* SPDX-License-Identifier: Apache-2.0 */
/* How large a PCI function's windows are. */
#ifndef BULKHEAD_BOOT_BARS_H
#define BULKHEAD_BOOT_BARS_H

#include "boot/plan/facts.h"
#include "drivers/pci.h"

/*
 * Fills `bars` of a function with a header of type 0: each register is written with all ones, with
 * the function's decoding switched off meanwhile, and then as it was. Nobody else may use the
 * function until this returns. False: a register did not come back. PCI Local Bus Specification,
 * "Base Addresses".
 */
bool bars_size(const struct pci *pci, uint32_t function, struct fact_bar bars[MAX_BARS]);

/*
 * Where the first `count` registers lie that are of memory, without a size; nothing is written. Of
 * a function that does not decode them: none.
 */
void bars_read(const struct pci *pci, uint32_t function, unsigned count,
               struct fact_bar bars[MAX_BARS]);

#endif
