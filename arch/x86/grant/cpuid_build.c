/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a guest's CPUID answers from the allow-list in cpuid_table.h: compiled into the loader. */
#include "cpuid.h"
#include "cpuid_table.h"
#include "kernel/abi/guest_machine.h"

/* Leaves whose answer depends on the subleaf, CR4 or XCR0. */
#define SPECIAL (1u << 0x1 | 1u << 0x4 | 1u << 0x7 | 1u << 0xb | 1u << 0xd | 1u << 0x1f)

#define X(leaf) (0x80000000u + (leaf))

enum { XSAVE_LEGACY_BYTES = 576, FIRST_EXTENDED_COMPONENT = 2 };

/* The processor's own answer; none for a leaf that it hasn't got. */
static struct cpuid_regs native(features_cpuid *cpuid, uint32_t leaf, uint32_t subleaf)
{
    uint32_t out[4];

    cpuid(leaf & X(0), 0, out);
    if (leaf > out[EAX])
        return (struct cpuid_regs){0};
    cpuid(leaf, subleaf, out);
    return (struct cpuid_regs){out[EAX], out[EBX], out[ECX], out[EDX]};
}

/* The same, reduced to what the table has for this leaf. */
static struct cpuid_regs filtered(const struct cpu_features *features, features_cpuid *cpuid,
                                  uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs regs = native(cpuid, leaf, subleaf);
    uint32_t mask[4] = {0};

    for (size_t i = 0; i < sizeof(cpuid_table) / sizeof(cpuid_table[0]); i++) {
        const struct cpuid_line *line = &cpuid_table[i];

        if (line->leaf == leaf && line->subleaf == subleaf && features_have(features, line->needs))
            mask[line->reg] |= line->mask;
    }
    return (struct cpuid_regs){regs.eax & mask[EAX], regs.ebx & mask[EBX], regs.ecx & mask[ECX],
                               regs.edx & mask[EDX]};
}

static void add_subleaf(struct vcpuid *tables, uint32_t leaf, uint32_t subleaf,
                        struct cpuid_regs regs)
{
    if (tables->subleaf_count < CPUID_SUBLEAVES)
        tables->subleaves[tables->subleaf_count++] = (struct cpuid_subleaf){leaf, subleaf, regs};
}

/*
 * A subleaf of leaf 0xB is about threads (1) or cores (2). Others, which a processor may have in
 * its successor, leaf 0x1F, are dropped: Linux takes them for errors. Intel SDM, CPUID.
 */
static struct cpuid_regs topology_level(struct cpuid_regs regs)
{
    uint32_t type = regs.ecx >> 8 & 0xff;

    return type == 1 || type == 2 ? regs : (struct cpuid_regs){0};
}

static void build_native(struct vcpuid *tables, features_cpuid *cpuid)
{
    for (size_t i = 0; i < sizeof(native_leaves) / sizeof(native_leaves[0]); i++) {
        uint32_t leaf = native_leaves[i].leaf;

        for (uint32_t subleaf = 0; subleaf < native_leaves[i].subleaves; subleaf++) {
            struct cpuid_regs regs = native(cpuid, leaf, subleaf);

            add_subleaf(tables, leaf, subleaf, leaf == 0xb ? topology_level(regs) : regs);
        }
        if (leaf < CPUID_BASIC)
            tables->basic[leaf] = native(cpuid, leaf, 0);
        else
            tables->extended[leaf - X(0)] = native(cpuid, leaf, 0);
    }
}

/* Leaves 7 and 0xd, whose subleaves are filtered. */
static void build_subleaves(struct vcpuid *tables, const struct cpu_features *features,
                            features_cpuid *cpuid)
{
    struct cpuid_regs regs = {.eax = (uint32_t)features->xcr0, .ecx = XSAVE_LEGACY_BYTES};
    uint32_t last = native(cpuid, 7, 0).eax;

    for (uint32_t subleaf = 0; subleaf <= 2; subleaf++)
        add_subleaf(tables, 7, subleaf, filtered(features, cpuid, 7, subleaf));
    tables->subleaves[tables->subleaf_count - 3].regs.eax = last < 2 ? last : 2;

    if (!features_have(features, FEATURE_XSAVE))
        return;
    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < XSAVE_COMPONENTS; i++) {
        struct cpuid_regs component = native(cpuid, 0xd, i);

        if (!(features->xcr0 >> i & 1))
            continue;
        add_subleaf(tables, 0xd, i, component);
        if (component.eax + component.ebx > regs.ecx)
            regs.ecx = component.eax + component.ebx;
    }
    add_subleaf(tables, 0xd, 0, regs);
    add_subleaf(tables, 0xd, 1, filtered(features, cpuid, 0xd, 1));
}

/* What is ours, not the processor's: clocks, and whom the guest runs under. */
static void build_synthetic(struct vcpuid *tables, const struct cpu_features *features)
{
    if (features_have(features, FEATURE_INTEL)) {
        uint32_t mhz = (uint32_t)(features->tsc_hz / 1000000);

        if (tables->basic[0].eax < 0x16)
            tables->basic[0].eax = 0x16;
        if (features->tsc_hz >> 32 == 0)
            tables->basic[0x15] = (struct cpuid_regs){1, 1, (uint32_t)features->tsc_hz, 0};
        tables->basic[0x16] = (struct cpuid_regs){mhz, mhz, 100, 0};
    }
    if (features_have(features, FEATURE_INVARIANT_TSC))
        tables->extended[7].edx = 1u << X7D_INVARIANT_TSC;
    tables->basic[1].ecx |= 1u << L1C_HYPERVISOR;
    tables->own = (struct cpuid_regs){GUEST_CPUID_BASE, 0x6b6c7542, 0x64616568, 0x6b6c7542};
    /* A hypervisor that Linux knows, so it keeps x2APIC, but no paravirtual feature. */
    tables->kvm[0] = (struct cpuid_regs){GUEST_CPUID_KVM + 1, 0x4b4d564b, 0x564b4d56, 0x4d};
}

void cpuid_build(struct vcpuid *tables, const struct cpu_features *features, features_cpuid *cpuid)
{
    *tables =
        (struct vcpuid){.features = features->has, .xcr0 = features->xcr0, .special = SPECIAL};
    tables->basic[0] = native(cpuid, 0, 0);
    if (tables->basic[0].eax >= CPUID_BASIC)
        tables->basic[0].eax = CPUID_BASIC - 1;
    tables->basic[1] = filtered(features, cpuid, 1, 0);
    tables->basic[6] = filtered(features, cpuid, 6, 0);
    tables->extended[0] = native(cpuid, X(0), 0);
    if (tables->extended[0].eax >= X(CPUID_EXTENDED))
        tables->extended[0].eax = X(CPUID_EXTENDED) - 1;
    tables->extended[1] = filtered(features, cpuid, X(1), 0);
    tables->extended[8] = filtered(features, cpuid, X(8), 0);
    if ((tables->extended[8].eax >> 8 & 0xff) > 48) /* no five-level paging */
        tables->extended[8].eax = (tables->extended[8].eax & 0xff) | 48 << 8;
    tables->extended[0x21] = filtered(features, cpuid, X(0x21), 0);
    build_native(tables, cpuid);
    build_subleaves(tables, features, cpuid);
    build_synthetic(tables, features);
}
