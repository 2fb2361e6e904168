/* SPDX-License-Identifier: Apache-2.0 */
/* Which processors are threads of one core: see the header. */
#include "threads.h"
#include "diagnostic.h"

enum { LEVEL_THREADS = 1 };

static uint32_t level_type(const struct fact_cpu *cpu)
{
    return cpu->topology[2] >> 8 & 0xff;
}

static uint32_t level_count(const struct fact_cpu *cpu)
{
    return cpu->topology[1] & 0xffff;
}

/*
 * Low bits of the APIC id that tell threads of this processor's core apart. A first level of
 * another type means a core of one thread. Where a core has one, its shift says nothing: Bochs 3.0
 * gives one.
 */
static uint32_t thread_bits(const struct fact_cpu *cpu)
{
    return level_type(cpu) == LEVEL_THREADS && level_count(cpu) > 1 ? cpu->topology[0] & 31 : 0;
}

static bool leaf_makes_sense(const struct fact_cpu *cpu, struct diagnostic *why)
{
    if (level_count(cpu) == 0)
        return diagnose(why,
                        "I2: the processor with APIC id %u does not say which others are threads "
                        "of its core (CPUID leaf 0xB is missing): switch \"Limit CPUID Maximum\" "
                        "off in the firmware's setup; in a virtual machine, show the leaf",
                        cpu->apic_id);
    if (cpu->topology[3] != cpu->apic_id)
        return diagnose(why,
                        "I2: the firmware lists a processor with APIC id %u, and CPUID leaf 0xB "
                        "calls it %u: update the firmware",
                        cpu->apic_id, cpu->topology[3]);
    if (level_type(cpu) == LEVEL_THREADS && level_count(cpu) > 1u << thread_bits(cpu))
        return diagnose(why,
                        "I2: the processor with APIC id %u says that its core has %u threads and "
                        "%u bits for their numbers (CPUID leaf 0xB): update the firmware",
                        cpu->apic_id, level_count(cpu), thread_bits(cpu));
    return true;
}

/* By either one's shift. */
static bool one_core(const struct fact_cpu *one, const struct fact_cpu *other)
{
    uint32_t differ = one->apic_id ^ other->apic_id;
    return differ >> thread_bits(one) == 0 || differ >> thread_bits(other) == 0;
}

static void join(struct facts *facts, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        if (facts->cpus[i].core_id == from)
            facts->cpus[i].core_id = to;
}

bool threads_judge(struct facts *facts, struct diagnostic *why)
{
    for (uint32_t i = 0; i < facts->cpu_count; i++) {
        struct fact_cpu *cpu = &facts->cpus[i];
        cpu->core_id = i + 1;
        if (facts->cpu_count == 1)
            return true;
        if (!leaf_makes_sense(cpu, why))
            return false;
        for (uint32_t k = 0; k < i; k++)
            if (one_core(cpu, &facts->cpus[k]))
                join(facts, facts->cpus[k].core_id, cpu->core_id);
    }
    return true;
}
