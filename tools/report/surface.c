/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the tables of arch/x86, which are compiled into the tool for that. */
#include "surface.h"

#include "arch/x86/grant/cpuid.h"
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/grant/port.h"
#include "counted.h"
#include "kernel/abi/manifest.h"
#include <string.h>

enum access { DENY, DIRECT, LVT, VALUE, IGNORE, ZERO, ASK };

static const struct {
    uint32_t first, last;
    enum access read, write;
    enum cpu_feature needs;
} msr_lines[] = {
#define MSR(first, last, read, write, needs, reset, value)                                         \
    {first, last, read, write, FEATURE_##needs},
#include "arch/x86/grant/msr_table.h"
};

/* Writing the LVT takes no exit on Intel only, as arch/x86/grant/msr.c has it. */
static bool is_direct(bool amd, enum access access)
{
    return access == DIRECT || (access == LVT && !amd);
}

static void count_msrs(bool amd, struct surface *surface)
{
    for (size_t i = 0; i < sizeof(msr_lines) / sizeof(msr_lines[0]); i++) {
        enum access read = msr_lines[i].read, write = msr_lines[i].write;
        uint32_t count = msr_lines[i].last - msr_lines[i].first + 1;
        bool answered =
            (read != DENY && !is_direct(amd, read)) || (write != DENY && !is_direct(amd, write));

        if (msr_lines[i].needs == (amd ? FEATURE_INTEL : FEATURE_AMD))
            continue;
        surface->msrs += count;
        surface->msrs_read += is_direct(amd, read) ? count : 0;
        surface->msrs_write += is_direct(amd, write) ? count : 0;
        surface->msrs_answered += answered ? count : 0;
    }
}

static void count_ports(struct surface *surface)
{
    for (uint32_t port = 0; port < 0x10000; port++) {
        enum port_owner byte = port_owner((uint16_t)port, 1);
        bool dword = port_owner((uint16_t)port, 4) != PORT_NOBODY;

        surface->ports_quiet += byte == PORT_QUIET;
        surface->ports += (byte != PORT_NOBODY || dword) && byte != PORT_QUIET;
    }
}

/* A processor that claims every leaf and bit. */
static void claim_all(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    enum { COMPONENT_BYTES = 64, LEGACY_BYTES = 576 };

    memset(out, 0xff, 4 * sizeof(out[0]));
    if (leaf == 0xd && subleaf > 1) {
        out[0] = COMPONENT_BYTES;
        out[1] = LEGACY_BYTES + COMPONENT_BYTES * subleaf;
    }
}

static void claim_all_intel(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    claim_all(leaf, subleaf, out);
    if (leaf == 0)
        out[2] = 0x6c65746e; /* "ntel" */
}

static void claim_all_amd(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    claim_all(leaf, subleaf, out);
    if (leaf == 0)
        out[2] = 0x444d4163; /* "cAMD" */
}

static bool is_answered(const struct cpuid_regs *regs)
{
    return (regs->eax | regs->ebx | regs->ecx | regs->edx) != 0;
}

static void count_leaves(bool amd, struct surface *surface)
{
    features_cpuid *cpuid = amd ? claim_all_amd : claim_all_intel;
    struct cpu_features features;
    struct vcpuid tables;

    features_read(&features, cpuid);
    features.tsc_hz = 1000000000;
    cpuid_build(&tables, &features, cpuid);
    for (uint32_t leaf = 0; leaf < CPUID_BASIC; leaf++) {
        bool answered = is_answered(&tables.basic[leaf]);

        for (uint32_t i = 0; i < tables.subleaf_count; i++)
            answered |= tables.subleaves[i].leaf == leaf && is_answered(&tables.subleaves[i].regs);
        surface->cpuid_leaves += answered;
    }
    for (uint32_t leaf = 0; leaf < CPUID_EXTENDED; leaf++)
        surface->cpuid_leaves += is_answered(&tables.extended[leaf]);
    surface->cpuid_leaves +=
        is_answered(&tables.own) + is_answered(&tables.kvm[0]) + is_answered(&tables.kvm[1]);
}

struct surface surface_of(uint64_t vendor)
{
    bool amd = vendor == MANIFEST_CPU_AMD;
    struct surface surface = {
        .exits = amd ? surface_exits_amd : surface_exits_intel,
        .resident = amd ? LINES_RESIDENT_AMD : LINES_RESIDENT_INTEL,
        .start = amd ? LINES_START_AMD : LINES_START_INTEL,
        .loader = LINES_LOADER,
        .compiler = LINES_COMPILER,
        .console = LINES_CONSOLE,
    };

    count_msrs(amd, &surface);
    count_ports(&surface);
    count_leaves(amd, &surface);
    return surface;
}
