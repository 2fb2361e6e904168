/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's part of the separation check goes by: read here, for it alone. */
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/check_topology.h"
#include "arch/x86/include/cpu.h"

enum { EAX, EBX, ECX, EDX };

/* CPUID `number`, subleaf 0, if this processor has it; else zeros. */
static bool read_leaf(uint32_t number, uint32_t leaf[4])
{
    cpu_cpuid(number & 0x80000000, 0, leaf);
    bool known = leaf[0] >= number;
    if (known)
        cpu_cpuid(number, 0, leaf);
    for (unsigned i = 0; i < 4 && !known; i++)
        leaf[i] = 0;
    return known;
}

static bool is_amd(void)
{
    uint32_t leaf[4];
    read_leaf(0, leaf);
    return leaf[EBX] == 0x68747541 && leaf[EDX] == 0x69746e65 && leaf[ECX] == 0x444d4163;
}

void machine_evidence(struct check_evidence *out)
{
    uint32_t leaf[4];
    *out = (struct check_evidence){
        .amd = is_amd(), .cr3 = cpu_read_cr3(), .apic_id = (uint32_t)cpu_rdmsr(IA32_X2APIC_APICID)};
    read_leaf(1, leaf);
    out->signature = leaf[EAX];
    read_leaf(7, leaf);
    out->features = leaf[EBX];
    if (leaf[EDX] >> 29 & 1)
        out->arch_capabilities = cpu_rdmsr(IA32_ARCH_CAPABILITIES);
}

void machine_topology(struct check_topology *topology)
{
    uint32_t leaf[4];
    topology->amd = is_amd();
    read_leaf(1, leaf);
    topology->package[0] = leaf[1];
    topology->package[1] = leaf[3];
    read_leaf(4, leaf);
    topology->caches = leaf[0];
    topology->unit_known = read_leaf(0x8000001e, leaf);
    topology->unit = leaf[1];
    read_leaf(0xb, topology->extended);
}
