/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack surface that `bulkhead report` shows: the figures are those of the tables. Runs in the
 * root of the tree.
 */
#include "arch/x86/grant/msr.c"
#include "arch/x86/grant/port.h"
#include "kernel/abi/manifest.h"
#include "tests/unit/arch/cpuid_samples.h"
#include "tools/report/surface.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>

/* Every MSR by itself, as the hypervisor's own array has it. */
static void msrs_are_counted(bool amd, const struct surface *surface)
{
    struct cpu_features features;
    uint32_t all = 0, read = 0, written = 0;

    features_read(&features, amd ? boastful_amd : boastful_intel);

    for (size_t i = 0; i < MSR_LINES; i++) {
        for (uint32_t msr = msr_table[i].first; msr <= msr_table[i].last; msr++) {
            if (msr_table[i].needs == FEATURE_INTEL ? amd
                                                    : msr_table[i].needs == FEATURE_AMD && !amd)
                continue;
            all++;
            read += msr_granted(&features, msr, false);
            written += msr_granted(&features, msr, true);
        }
    }
    assert_int_equal(surface->msrs, all);
    assert_int_equal(surface->msrs_read, read);
    assert_int_equal(surface->msrs_write, written);
    assert_in_range(surface->msrs_answered, 1, all);
}

static void leaves_are_counted(bool amd, const struct surface *surface)
{
    struct cpu_features features;
    struct vcpuid tables;
    uint32_t leaves = 0;

    features_read(&features, amd ? boastful_amd : boastful_intel);
    features.tsc_hz = 1000000000;
    cpuid_build(&tables, &features, amd ? boastful_amd : boastful_intel);
    for (uint64_t leaf = 0; leaf < 1ull << 32; leaf = leaf == 0x200        ? 0x40000000
                                                      : leaf == 0x40000200 ? 0x80000000
                                                      : leaf == 0x80000200 ? 1ull << 32
                                                                           : leaf + 1) {
        const struct cpuid_regs *found = cpuid_find(&tables, (uint32_t)leaf);
        struct cpuid_regs regs = found ? *found : cpuid_special(&tables, (uint32_t)leaf, 0, 0, 1);

        leaves += (regs.eax | regs.ebx | regs.ecx | regs.edx) != 0;
    }
    assert_int_equal(surface->cpuid_leaves, leaves);
}

static void figures_are_those_of_the_tables(void **state)
{
    (void)state;
    for (uint64_t vendor = MANIFEST_CPU_INTEL; vendor <= MANIFEST_CPU_AMD; vendor++) {
        struct surface surface = surface_of(vendor);
        uint32_t quiet = 0, answered = 0;

        for (uint32_t port = 0; port < 0x10000; port++) {
            quiet += port_owner((uint16_t)port, 1) == PORT_QUIET;
            answered += port_owner((uint16_t)port, 1) > PORT_NOBODY;
        }
        assert_int_equal(surface.ports_quiet, quiet);
        assert_int_equal(surface.ports, answered - quiet + 1); /* CONFIG_ADDRESS takes no byte */
        msrs_are_counted(vendor == MANIFEST_CPU_AMD, &surface);
        leaves_are_counted(vendor == MANIFEST_CPU_AMD, &surface);
        assert_in_range(surface.resident, 4000, 9800);
        assert_in_range(surface.start, 500, 3250);
        assert_true(surface.loader > 1000 && surface.compiler > 1000 && surface.console > 100);
    }
}

/* Lines of the dispatchers that name a reason; a range counts its first and last at least. */
static void exits_are_counted(void **state)
{
    static const struct {
        const char *command;
        const uint32_t *count;
        uint32_t ranges; /* numbers within ranges, beside the first of each */
    } sources[] = {
        {"grep -c 'case VMX_EXIT_' arch/x86/vtx/vmx.c", &surface_exits_intel, 8 + 1 + 1 + 1},
        {"grep -c 'case SVM_EXIT_' arch/x86/svm/svm.c", &surface_exits_amd, 4 + 2 + 4},
    };

    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *pipe = popen(sources[i].command, "r");
        unsigned int lines = 0;

        assert_non_null(pipe);
        assert_int_equal(fscanf(pipe, "%u", &lines), 1);
        pclose(pipe);
        assert_int_equal(*sources[i].count, lines + sources[i].ranges);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_tables),
        cmocka_unit_test(exits_are_counted),
    };

    return cmocka_run_group_tests_name("tool_surface", tests, NULL, NULL);
}
