/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page in which the other processors wait: boot/ starts them there, one after the other, the
 * kernel lets them go, all at once. Host-physical address: handoff.trampoline_hpa.
 */
#ifndef BULKHEAD_ABI_TRAMPOLINE_H
#define BULKHEAD_ABI_TRAMPOLINE_H

#include <stddef.h>
#include <stdint.h>

enum { TRAMPOLINE_WORDS = 0x800 }; /* where struct trampoline lies in the page */

/* boot/machine/trampoline.asm knows these offsets. */
struct trampoline {
    uint64_t boot_page_table; /* CR3 in which they wait */
    uint64_t page_table;      /* of the processor that is being started: it goes on with this one */
    uint32_t index;           /* its index into handoff.cpus */
    uint32_t arrived;         /* it has read the above and waits */
    /*
     * 0: wait. Else the address in the kernel at which each goes on, on the boot page table with
     * its index in EDI and its own page table in RSI. The kernel writes it, on a boot processor in
     * VMX root mode: an INIT can't send that one back to the firmware any more.
     */
    uint64_t release;
};

_Static_assert(offsetof(struct trampoline, page_table) == 8 &&
                   offsetof(struct trampoline, index) == 16 &&
                   offsetof(struct trampoline, arrived) == 20 &&
                   offsetof(struct trampoline, release) == 24,
               "trampoline ABI");

#endif
