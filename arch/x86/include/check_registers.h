/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor reads back of itself for the separation check (I12, kernel/check/). */
#ifndef BULKHEAD_CHECK_REGISTERS_H
#define BULKHEAD_CHECK_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

enum { CHECK_STRUCTURES = 6, CHECK_CONTROLS = 7 };

enum check_nested { CHECK_EPT, CHECK_NPT };

/* Registers that the hypervisor runs with. */
struct check_host {
    uint64_t cr0, cr3, cr4, efer, pat;
};

/* What the hardware uses, read back from it; addresses are host-physical. */
struct check_registers {
    enum check_nested nested;
    struct check_host now;     /* the registers themselves */
    struct check_host on_exit; /* what a VM exit loads; AMD-V: as `now` */
    uint64_t cr4_offered;      /* bits UMIP, SMEP, SMAP of CR4 that this processor has */
    uint64_t nested_root;      /* EPT pointer, or nCR3 */
    uint64_t exceptions;       /* exception bitmap */
    /*
     * VT-x: pin-based, primary, secondary and VM-exit controls; host-owned bits of CR0 and CR4;
     * MSRs that entries and exits load or store. AMD-V: VMCB offsets 0x00c, 0x010 (intercepts),
     * 0x090 (nested control), 0x060 (virtual interrupt), 0x014 and 0x000 (intercepts), 32 bits
     * each.
     */
    uint64_t controls[CHECK_CONTROLS];
    uint64_t msr_bitmap; /* VT-x: one page; AMD-V: two */
    uint64_t io_bitmap;  /* AMD-V: three pages, ones throughout; VT-x uses none */
    /* One page each that only the hypervisor may reach: VMCS, VMXON region, VMCB, save areas. */
    struct check_structure {
        const char *name; /* NULL: none */
        uint64_t hpa;
    } structures[CHECK_STRUCTURES];
};

#endif
