/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's part of the separation check goes by: read here, for it alone. */
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/check_topology.h"
#include "arch/x86/include/cpu.h"

enum { EAX, EBX, ECX, EDX };

void machine_evidence(struct check_evidence *out)
{
    uint32_t leaf[4], last;
    *out = (struct check_evidence){.cr3 = cpu_read_cr3(),
                                   .apic_id = (uint32_t)cpu_rdmsr(IA32_X2APIC_APICID)};
    cpu_cpuid(0, 0, leaf);
    last = leaf[EAX];
    out->amd = leaf[EBX] == 0x68747541 && leaf[EDX] == 0x69746e65 && leaf[ECX] == 0x444d4163;
    cpu_cpuid(1, 0, leaf);
    out->signature = leaf[EAX];
    if (last < 7)
        return;
    cpu_cpuid(7, 0, leaf);
    out->features = leaf[EBX];
    if (leaf[EDX] >> 29 & 1)
        out->arch_capabilities = cpu_rdmsr(IA32_ARCH_CAPABILITIES);
}
