/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part, threads of one core (I2). The loader goes by CPUID leaf
 * 0xB; this goes by how many logical processors and cores a package has room for (Intel SDM,
 * "Hardware Multi- Threading Support and Topology", leaves 1 and 4), or by AMD's leaf 0x8000001E.
 * What isn't known is taken for the widest core there can be.
 */
#include "check_machine.h"
#include "kernel/check/check_parts.h"

enum { HTT = 1 << 28, LEVEL_THREADS = 1, PACKAGE_BITS = 8 };

/* Bits that number `count` things. */
static uint32_t bits_for(uint32_t count)
{
    uint32_t bits = 0;
    while (1u << bits < count)
        bits++;
    return bits;
}

/* Low bits of an APIC id in which threads of this processor's core differ. */
static uint32_t core_bits(const struct check_topology *topology)
{
    uint32_t count = topology->package[0] >> 16 & 0xff;
    uint32_t package = count ? bits_for(count) : PACKAGE_BITS, core = package;
    if (topology->package[1] && !(topology->package[1] & HTT))
        return 0;
    if (topology->amd && topology->unit_known)
        core = bits_for((topology->unit >> 8 & 0xff) + 1);
    if (!topology->amd && topology->caches & 31) {
        uint32_t cores = bits_for((topology->caches >> 26) + 1);
        core = cores <= package ? package - cores : package;
    }
    return core < package ? core : package;
}

/* The same by leaf 0xB; 0 where it says nothing. */
static uint32_t leaf_bits(const struct check_topology *topology)
{
    bool several = (topology->extended[1] & 0xffff) > 1;
    return several && (topology->extended[2] >> 8 & 0xff) == LEVEL_THREADS
               ? topology->extended[0] & 31
               : 0;
}

static bool no_threads_wanted(const struct check_machine *check)
{
    uint32_t count;
    const struct manifest_policy *policy =
        manifest_entries(check->manifest, MANIFEST_POLICY, &count);
    return count && policy->smt == MANIFEST_SMT_OFF;
}

static bool check_one(const struct check_machine *check, uint32_t index)
{
    const struct check_topology *topology = check->topology(index, check->context);
    const struct handoff_cpu *self = &check->handoff->cpus[index];
    uint32_t core = core_bits(topology), leaf = leaf_bits(topology);
    bool none = no_threads_wanted(check);
    if (topology->extended[1] && topology->extended[3] != self->apic_id)
        return check_fail(check->result, "I2", "cpu %u, APIC id %u: CPUID leaf 0xB says %u", index,
                          self->apic_id, topology->extended[3]);
    for (uint32_t i = 0; i < check->handoff->cpu_count; i++) {
        const struct handoff_cpu *other = &check->handoff->cpus[i];
        uint32_t differ = other->apic_id ^ self->apic_id;
        bool apart = other->domain != self->domain && other->domain != HANDOFF_NOBODY &&
                     self->domain != HANDOFF_NOBODY;
        bool by_core = differ >> core == 0, by_leaf = differ >> leaf == 0;
        if (differ == 0 || !(apart || none) || !(by_core || by_leaf))
            continue;
        return check_fail(check->result, "I2", "cpus with APIC ids %u and %u: %s%s", self->apic_id,
                          other->apic_id,
                          apart ? "threads of one core in different domains"
                                : "threads, where none may be",
                          !by_core  ? "; CPUID leaf 0xB alone says it"
                          : by_leaf ? ""
                                    : "; CPUID leaf 0xB denies it");
    }
    return true;
}

bool check_threads(const struct check_machine *check)
{
    return check_each(check, check->handoff->cpu_count, check_one);
}
