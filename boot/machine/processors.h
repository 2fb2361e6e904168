/* SPDX-License-Identifier: Apache-2.0 */
/* All processors, on their way from the firmware into the kernel. */
#ifndef BULKHEAD_BOOT_PROCESSORS_H
#define BULKHEAD_BOOT_PROCESSORS_H

#include "kernel/abi/handoff.h"

/*
 * Switches this processor's x2APIC on and sends INIT to every other one of the handoff: none runs
 * the firmware's code any more, in memory that is about to be written over. Intel SDM, "MP
 * Initialization Protocol Algorithm".
 */
void processors_stop(const struct handoff *handoff);

/*
 * Starts every other processor of the handoff, in order, after processors_stop(); each waits in the
 * trampoline for the kernel's word (kernel/abi/trampoline.h). Refuses, within a
 * quarter of a second, when one does not come. Intel SDM, "MP Initialization Protocol Algorithm".
 */
void processors_start(const struct handoff *handoff);

/* The page of the loader's text that the kernel's boot page table must let run. */
uint64_t processors_jump_page(void);

/* Switches to the kernel's boot page table and enters it. `kernel` is its ELF file. */
_Noreturn void processors_enter_kernel(const struct handoff *handoff, const void *kernel);

#endif
