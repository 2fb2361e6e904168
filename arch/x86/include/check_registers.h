/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor reads back of itself for the separation check (I12, kernel/check/). */
#ifndef BULKHEAD_CHECK_REGISTERS_H
#define BULKHEAD_CHECK_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

enum { CHECK_CAPABILITIES = 5, CHECK_CONTROLS = 9 };

enum check_nested { CHECK_EPT, CHECK_NPT };

/* What only the hypervisor may reach, each in pages of its own. */
enum check_structure {
    CHECK_CONTROL_BLOCK, /* VMCS, VMCB */
    CHECK_SAVE_AREA,     /* VMXON region, host save area */
    CHECK_MSR_BITMAP,    /* VT-x: one page; AMD-V: two */
    CHECK_IO_BITMAP,     /* AMD-V: three pages, ones throughout; VT-x uses none */
    CHECK_HOST_STATE,    /* AMD-V: VMCB of the host */
    CHECK_STRUCTURES,
};

/* Registers that the hypervisor runs with. */
struct check_host {
    uint64_t cr0, cr3, cr4, efer, pat;
};

/* What the hardware uses, read back from it; addresses are host-physical. */
struct check_registers {
    enum check_nested nested;
    struct check_host now;     /* the registers themselves */
    struct check_host on_exit; /* what a VM exit loads; AMD-V: as `now` */
    uint32_t apic_id;          /* of this processor, by its x2APIC */
    uint64_t cr4_offered;      /* bits UMIP, SMEP, SMAP of CR4 that this processor has */
    uint64_t nested_root;      /* EPT pointer, or nCR3 */
    /*
     * VT-x: pin-based, primary, secondary, VM-exit and VM-entry controls; exception bitmap;
     * host-owned bits of CR0 and CR4; MSRs that entries and exits load or store. Of AMD-V the
     * check reads the VMCB itself.
     */
    uint64_t controls[CHECK_CONTROLS];
    /*
     * As a capability MSR has it: bits that must be 1 in the low half, bits that may be in the
     * high one. VT-x: of the first controls; AMD-V: of the virtual interrupt control, alone.
     */
    uint64_t offered[CHECK_CAPABILITIES];
    uint64_t ept_vpid; /* VT-x: IA32_VMX_EPT_VPID_CAP */
    uint64_t structures[CHECK_STRUCTURES];
};

#endif
