/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.h, the inline part, for VT-x: guest registers lie in the VMCS. */
#ifndef BULKHEAD_VCPU_VMX_H
#define BULKHEAD_VCPU_VMX_H

#include "arch/x86/include/cpu.h"
#include "vmcs.h"

/* vcpu_NAME() and vcpu_set_NAME(). */
#define VCPU_REGISTER(name, field)                                                                 \
    static inline uint64_t vcpu_##name(void)                                                       \
    {                                                                                              \
        return vmcs_read(field);                                                                   \
    }                                                                                              \
    static inline void vcpu_set_##name(uint64_t value)                                             \
    {                                                                                              \
        vmcs_write(field, value);                                                                  \
    }
VCPU_REGISTER(rip, VMCS_GUEST_RIP)
VCPU_REGISTER(rflags, VMCS_GUEST_RFLAGS)
VCPU_REGISTER(rsp, VMCS_GUEST_RSP)
VCPU_REGISTER(cr3, VMCS_GUEST_CR3)
#undef VCPU_REGISTER

static inline void vcpu_set_cr2(uint64_t value)
{
    cpu_write_cr2(value); /* not in the VMCS */
}

/* CR0 and CR4 as the guest sees them. */
static inline uint64_t vcpu_cr0(void)
{
    uint64_t mask = vmcs_read(VMCS_CR0_MASK);
    return (vmcs_read(VMCS_GUEST_CR0) & ~mask) | (vmcs_read(VMCS_CR0_SHADOW) & mask);
}

static inline uint64_t vcpu_cr4(void)
{
    uint64_t mask = vmcs_read(VMCS_CR4_MASK);
    return (vmcs_read(VMCS_GUEST_CR4) & ~mask) | (vmcs_read(VMCS_CR4_SHADOW) & mask);
}

static inline uint64_t vcpu_efer(void)
{
    return vmcs_read(VMCS_GUEST_EFER);
}

static inline uint64_t vcpu_cs_base(void)
{
    return vmcs_read(VMCS_GUEST_CS_BASE);
}

static inline uint32_t vcpu_cs_rights(void)
{
    return (uint32_t)vmcs_read(VMCS_GUEST_CS_RIGHTS);
}

/* Current privilege level: DPL of SS. */
static inline unsigned vcpu_cpl(void)
{
    return (unsigned)vmcs_read(VMCS_GUEST_SS_RIGHTS) >> 5 & 3;
}

/* The control that exits behind the instruction after STI: the monitor trap flag if there is one.
 */
extern uint32_t vmx_behind_sti;

#endif
