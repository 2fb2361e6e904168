/* SPDX-License-Identifier: Apache-2.0 */
/* What is done about each thing that makes a guest exit, common to both backends. */
#include "arch/x86/include/exit.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/grant/port.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/lapic.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/interrupt/icr.h"

uint64_t exit_gpr(unsigned n)
{
    return n == RSP ? vcpu_rsp() : vcpu.gpr[n];
}

static void refuse_with_gp(void)
{
    vcpu_inject(VECTOR_GP, true, 0);
}

void exit_cpuid(uint64_t length)
{
    uint32_t leaf = (uint32_t)vcpu.gpr[RAX];
    const struct cpuid_regs *answer = cpuid_find(&machine_cpuid, leaf);
    struct cpuid_regs special;
    if (__builtin_expect(!answer, 0)) {
        uint64_t xcr0 = machine.features.xcr0 ? cpu_xgetbv(0) : 0;
        special = cpuid_special(&machine_cpuid, leaf, (uint32_t)vcpu.gpr[RCX], vcpu_cr4(), xcr0);
        answer = &special;
    }
    vcpu.gpr[RAX] = answer->eax;
    vcpu.gpr[RBX] = answer->ebx;
    vcpu.gpr[RCX] = answer->ecx;
    vcpu.gpr[RDX] = answer->edx;
    vcpu_skip(length);
}

static void read_control_registers(struct control_registers *guest)
{
    guest->cr0 = vcpu_cr0();
    guest->cr3 = vcpu_cr3();
    guest->cr4 = vcpu_cr4();
    guest->efer = vcpu_efer();
    guest->cs_long = vcpu_cs_rights() & 1 << 13;
}

static bool write_efer(uint64_t value)
{
    struct control_registers guest;
    read_control_registers(&guest);
    if (!efer_write(&guest, &machine.features, value))
        return false;
    vcpu_set_efer(guest.efer);
    return true;
}

void exit_rdmsr(uint64_t length)
{
    uint32_t msr = (uint32_t)vcpu.gpr[RCX];
    uint64_t value;
    if (msr == IA32_EFER)
        value = vcpu_efer() & ~EFER_SVME;
    else if (!msr_read(&machine.msr, msr, &value)) {
        refuse_with_gp();
        return;
    }
    vcpu.gpr[RAX] = (uint32_t)value;
    vcpu.gpr[RDX] = value >> 32;
    vcpu_skip(length);
}

/* I4: every interrupt that leaves this processor was first resolved to one of its own domain. */
static bool write_icr(uint64_t value)
{
    struct icr_request request =
        icr_decode(value, machine.apic_ids, cpu.domain->cpu_count, cpu.local);
    if (request.refused != 0)
        machine_refused_interrupts(request.refused);
    if (request.action == ICR_FAULT)
        return false;
    machine.msr.icr = icr_value(value);
    /* Hardware notes the error in ESR; the emulator with AMD-V would deliver the vector. */
    if (request.action == ICR_ILLEGAL_VECTOR && features_have(&machine.features, FEATURE_INTEL))
        cpu_wrmsr(IA32_X2APIC_SELF_IPI, request.vector);
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++) {
        if (!(request.targets >> local & 1))
            continue;
        switch (request.action) {
        case ICR_FIXED:
            lapic_send(machine.apic_ids[local], LAPIC_FIXED, (uint8_t)request.vector);
            break;
        case ICR_NMI:
            life_request(local, REQUEST_NMI, 0);
            break;
        case ICR_INIT:
            life_request(local, REQUEST_INIT, 0);
            break;
        case ICR_STARTUP:
            life_request(local, REQUEST_SIPI, (uint8_t)request.vector);
            break;
        default:
            break;
        }
    }
    return true;
}

void exit_wrmsr(uint64_t length)
{
    uint32_t msr = (uint32_t)vcpu.gpr[RCX];
    uint64_t value = vcpu.gpr[RDX] << 32 | (uint32_t)vcpu.gpr[RAX];
    bool done;
    if (msr == IA32_X2APIC_ICR) {
        int vector = icr_self_vector(value, cpu.apic_id);
        if (vector != ICR_NOT_SELF) {
            machine.msr.icr = value;
            cpu_wrmsr(IA32_X2APIC_SELF_IPI, (uint32_t)vector);
            done = true;
        } else {
            done = write_icr(value);
        }
    } else if (msr == IA32_X2APIC_SIVR) {
        done = lapic_set_spurious(value);
    } else if (msr == IA32_EFER) {
        done = write_efer(value);
    } else if (msr == IA32_X2APIC_LVT_TIMER || msr == IA32_X2APIC_LVT_ERROR) {
        done = lvt_own(msr, &value, features_have(&machine.features, FEATURE_TSC_DEADLINE));
        if (done)
            cpu_wrmsr(msr, value);
    } else {
        done = msr_write(&machine.msr, msr, value);
    }
    if (done)
        vcpu_skip(length);
    else
        refuse_with_gp();
}

void exit_xsetbv(uint64_t length)
{
    uint64_t value = vcpu.gpr[RDX] << 32 | (uint32_t)vcpu.gpr[RAX];
    /* AMD-V, and emulators of VT-x, exit at any level, and QEMU whether the instruction is on. */
    if (!(vcpu_cr4() & CR4_OSXSAVE)) {
        vcpu_inject(VECTOR_UD, false, 0);
        return;
    }
    if (vcpu_cpl() != 0 || !xcr0_write(&machine.features, (uint32_t)vcpu.gpr[RCX], value)) {
        refuse_with_gp();
        return;
    }
    cpu_xsetbv(0, value);
    vcpu_skip(length);
}

void exit_write_cr0(uint64_t value, uint64_t length)
{
    struct control_registers guest;
    read_control_registers(&guest);
    uint64_t paging = CR0_CD | CR0_NW | CR0_PG, old = guest.cr0;
    if (!cr0_write(&guest, value) ||
        ((guest.cr0 ^ old) & paging && !vcpu_load_pdptes(guest.cr0, guest.cr4, guest.efer))) {
        refuse_with_gp();
        return;
    }
    vcpu_set_efer(guest.efer);
    vcpu_set_cr0(cr0_hardware(guest.cr0), guest.cr0);
    vcpu_flush();
    vcpu_skip(length);
}

void exit_write_cr4(uint64_t value, uint64_t length)
{
    struct control_registers guest;
    read_control_registers(&guest);
    uint64_t paging = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP, old = guest.cr4;
    if (!cr4_write(&guest, &machine.features, value) ||
        ((guest.cr4 ^ old) & paging && !vcpu_load_pdptes(guest.cr0, guest.cr4, guest.efer))) {
        refuse_with_gp();
        return;
    }
    vcpu_set_cr4(cr4_hardware(&machine.features, guest.cr4), guest.cr4);
    vcpu_flush();
    vcpu_skip(length);
}

static void write_accumulator(unsigned bytes, uint32_t value)
{
    if (bytes == 1)
        vcpu.gpr[RAX] = (vcpu.gpr[RAX] & ~0xffull) | (value & 0xff);
    else if (bytes == 2)
        vcpu.gpr[RAX] = (vcpu.gpr[RAX] & ~0xffffull) | (value & 0xffff);
    else
        vcpu.gpr[RAX] = value;
}

void exit_io_slow(uint16_t port, unsigned bytes, bool in, bool string, uint64_t length)
{
    if (string) {
        refuse_with_gp();
        return;
    }
    enum port_owner owner = port_owner(port, bytes);
    if (in)
        write_accumulator(bytes, devices_in(owner, port));
    else
        devices_out(owner, port, bytes, (uint32_t)vcpu.gpr[RAX]);
    vcpu_skip(length);
}
